//! Contracts that come while the gateway runs. On a stack of its own: a contract stays.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test ends where it cannot go on")]

mod newcomer;
mod refused;
