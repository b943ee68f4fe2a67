//! The gateway from outside, with a fake in the place of the services.

#![cfg(test)]

mod access;
mod answer;
mod contract;
mod docs;
mod error;
mod header;
mod http2;
mod limit;
mod listen;
mod path;
mod request;
mod server;
mod world;
