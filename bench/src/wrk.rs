//! `wrk` as the load.

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

/// The connections that everything is measured at.
pub(crate) const CONNECTIONS: [u32; 3] = [1, 32, 128];

/// What one run of `wrk` measured.
#[derive(Debug, PartialEq)]
pub(crate) struct Measured {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Loads `url` for `seconds` over `connections`, all of it on one thread. Fails when any answer is
/// not a success: a fast refusal is no speed.
pub(crate) async fn run(
    url: &str,
    token: Option<&str>,
    connections: u32,
    seconds: u32,
) -> Result<Measured> {
    let mut command = Command::new("wrk");
    command
        .args(["-t1", "--latency", "--timeout", "10s"])
        .args([format!("-c{connections}"), format!("-d{seconds}s")]);
    if let Some(token) = token {
        command.args(["-H", &format!("Authorization: Bearer {token}")]);
    }
    let output =
        command.arg(url).output().await.context("wrk (Debian's package) does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "wrk failed: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(!text.contains("Non-2xx"), "{url} was refused under load:\n{text}");
    read(&text).with_context(|| format!("wrk says something new:\n{text}"))
}

fn read(text: &str) -> Option<Measured> {
    let after =
        |label: &str| text.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
    let requests =
        text.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.parse().ok()?;
    Some(Measured {
        requests,
        requests_per_second: after("Requests/sec:")?.parse().ok()?,
        p50_ms: milliseconds(after("50%")?)?,
        p99_ms: milliseconds(after("99%")?)?,
    })
}

fn milliseconds(text: &str) -> Option<f64> {
    let (number, factor) = match text {
        it if it.ends_with("us") => (it.strip_suffix("us")?, 0.001),
        it if it.ends_with("ms") => (it.strip_suffix("ms")?, 1.0),
        it => (it.strip_suffix('s')?, 1000.0),
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_wrk_are_understood() {
        let text = "Running 2s test @ http://127.0.0.1:1/
  1 threads and 32 connections
  Latency Distribution
     50%  850.00us
     75%    1.10ms
     90%    1.40ms
     99%    1.20s
  79800 requests in 2.00s, 50.00MB read
Requests/sec:  39900.12
Transfer/sec:     25.00MB
";

        let measured = read(text);

        let expected = Measured {
            requests: 79_800,
            requests_per_second: 39_900.12,
            p50_ms: 0.85,
            p99_ms: 1200.0,
        };
        assert_eq!(measured, Some(expected));
    }
}
