//! The local stack: real nats-server, PostgreSQL and Keycloak as child processes on free ports of
//! 127.0.0.1, and our processes on top. `./dev up` and the integration tests both stand on it, so
//! what a developer runs is what the tests run.
//!
//! A **supervisor** (the binary `stack`, module [`supervisor`]) owns the processes. It starts each
//! one through `setpriv --pdeathsig` from its only thread, so that the kernel ends them all with
//! it, however it ends. It restarts what crashes, and takes orders on a unix socket ([`control`]).
//!
//! Everything of one stack lies in one folder, `.dev/<name>` ([`folder`]): data, logs, ports and
//! passwords (`settings.json`), and what runs right now (`state.json`).
//!
//! Tests hold a [`Stack`]: joined with [`Stack::join`] when `./dev test` started it, or one of
//! their own from [`Own::start`] when they are going to break it.

pub mod board;
pub mod cli;
pub mod control;
pub mod demo;
pub mod folder;
mod install;
pub mod keycloak;
mod nats;
mod own;
mod part;
mod plan;
mod port;
mod postgres;
mod probe;
mod progress;
mod service;
pub mod settings;
mod signal;
mod stack;
pub mod supervisor;

pub use crate::own::Own;
pub use crate::signal::Signal;
pub use crate::stack::Stack;
