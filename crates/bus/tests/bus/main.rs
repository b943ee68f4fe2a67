//! The bus against a real nats-server: `NATS_SERVER_BIN`, or `nats-server` on the path.

#![cfg(test)]

mod answer;
mod broker;
mod contract;
mod drain;
mod fake;
mod micro;
mod overload;
mod second;
