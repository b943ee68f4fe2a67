//! The connection to the broker.

use std::time::Duration;

use async_nats::{ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;

use super::{Connect, ConnectError};
use crate::subject;

/// A broker or network that is silent is noticed within three of these.
const PING_INTERVAL: Duration = Duration::from_secs(5);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(3);
const RECONNECT_DELAY_MAX_MS: u64 = 1_000;
/// How many messages a subscription holds before it drops some. The serving loop takes all that is
/// there and refuses what it cannot serve, so this is reached only by a process that stands still.
const SUBSCRIPTION_CAPACITY: usize = 16_384;

/// A connection that is tried for ever, and how often it was made.
pub(super) async fn connect(
    settings: Connect,
    instance: &str,
) -> Result<(async_nats::Client, watch::Receiver<u64>), ConnectError> {
    if !subject::is_token(&settings.kind) {
        return Err(ConnectError::Kind(settings.kind));
    }
    let servers = servers(&settings.url)?;
    let (connections, watched) = watch::channel(0);
    let mut options = ConnectOptions::new()
        .name(format!("{}@{instance}", settings.kind))
        .custom_inbox_prefix(format!("_INBOX.{}", settings.kind))
        .ping_interval(PING_INTERVAL)
        .connection_timeout(CONNECTION_TIMEOUT)
        .subscription_capacity(SUBSCRIPTION_CAPACITY)
        .reconnect_delay_callback(reconnect_delay)
        // subjects are generated from the contract and from tokens that were checked
        .skip_subject_validation(true)
        .retry_on_initial_connect()
        .event_callback(move |event| {
            note(&event, &connections);
            std::future::ready(())
        });
    if let Some(seed) = settings.seed {
        options = options.nkey(seed.trim().to_owned());
    }
    Ok((options.connect(servers).await?, watched))
}

fn servers(url: &str) -> Result<Vec<ServerAddr>, ConnectError> {
    url.split(',').map(|url| url.trim().parse().map_err(ConnectError::Url)).collect()
}

/// At once, then doubling to a second, a little different for each process and attempt.
fn reconnect_delay(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(10);
    if doublings <= 1 {
        return Duration::ZERO;
    }
    let most = (10 << doublings).min(RECONNECT_DELAY_MAX_MS);
    let [random, ..] = uuid::Uuid::new_v4().into_bytes();
    Duration::from_millis(most / 2 + most * u64::from(random) / 512)
}

/// A denied publish is a time-out to who waits for the answer: here it can be seen.
#[expect(clippy::cognitive_complexity, reason = "counts what the log macros expand to")]
fn note(event: &Event, connections: &watch::Sender<u64>) {
    match event {
        Event::Connected => {
            metrics::counter!("bus_connections_total").increment(1);
            connections.send_modify(|count| *count += 1);
            tracing::info!("connected to the broker");
        }
        Event::Disconnected => tracing::warn!("the connection to the broker is lost"),
        Event::LameDuckMode => tracing::info!("the broker is about to stop"),
        Event::SlowConsumer(_) => {
            metrics::counter!("bus_slow_subscriptions_total").increment(1);
            tracing::warn!("a subscription drops messages: this process is too slow");
        }
        Event::ServerError(error) => {
            metrics::counter!("bus_broker_errors_total").increment(1);
            tracing::error!(error = %error, "the broker refused something");
        }
        Event::ClientError(error) => {
            metrics::counter!("bus_connection_errors_total").increment(1);
            tracing::warn!(error = %error, "cannot connect to the broker");
        }
        Event::Draining | Event::Closed => {}
    }
}
