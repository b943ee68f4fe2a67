//! Whether the broker is one that keeps our promise.

use std::sync::Once;

use anyhow::Context as _;
use bus::Client;
use serde_json::Value;

/// The oldest that does: before, `sync_interval: always` had a hole.
const OLDEST: [u64; 3] = [2, 15, 1];

static SAID: Once = Once::new();

/// Holds the broker against what must be so: its version, and that it has JetStream.
///
/// `sync_interval` is told to no client, so it cannot be checked from here: the one who starts the
/// broker checks its configuration. This is said once.
pub(crate) async fn check(client: &Client) -> anyhow::Result<()> {
    let account = client
        .ask_jetstream("INFO", &Value::Null)
        .await
        .context("JetStream does not answer: is the broker up, and JetStream on?")?;
    let version = client.nats().server_info().version;
    anyhow::ensure!(
        is_new_enough(&version),
        "nats-server {version} is too old: 2.15.1 or newer is needed. Older ones lose what they \
         acknowledged, and Debian's 2.9 has no sync_interval at all"
    );
    SAID.call_once(|| {
        let streams = account.get("streams").and_then(Value::as_u64).unwrap_or_default();
        tracing::info!(
            nats.version = version,
            nats.streams = streams,
            "the broker is new enough; that sync_interval is `always` no client can see"
        );
    });
    Ok(())
}

fn is_new_enough(version: &str) -> bool {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Option<Vec<u64>> = release.split('.').map(|number| number.parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers.len() == 3 && numbers.as_slice() >= OLDEST.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_broker_without_the_hole_will_do() {
        for version in ["2.15.1", "2.15.10", "2.16.0", "3.0.0", "2.16.0-RC.1"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["2.15.0", "2.9.10", "1.20.0", "", "2.15", "two"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
