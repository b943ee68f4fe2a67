//! Free ports of 127.0.0.1.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, Result};

/// Below the ports that the kernel hands out for outgoing connections, so that a stopped process
/// finds its port free when it comes back.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Whether nobody listens on the port.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A free port that is not among `taken`. Starts at a random place, so that two stacks that start
/// at the same time do not meet.
pub(crate) fn free(taken: &[u16]) -> Result<u16> {
    let [low, high, ..] = *uuid::Uuid::new_v4().as_bytes();
    let start = u16::from_le_bytes([low, high]) % COUNT;
    (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        .find(|port| !taken.contains(port) && is_free(*port))
        .context("no port of 127.0.0.1 is free between 20000 and 32000")
}
