//! `provision` against a real nats-server: `NATS_SERVER_BIN`, or `nats-server` on the path.

#![cfg(test)]

#[expect(dead_code, reason = "the tests of the bus use more of it")]
#[path = "../../../crates/bus/tests/bus/broker.rs"]
mod broker;
mod streams;
mod taken_over;
mod world;
