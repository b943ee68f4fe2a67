//! The gateway: HTTP and JSON outside, NATS and protobuf inside.
//!
//! It knows no domain. Services announce their contracts in a NATS bucket; from those it learns
//! routes, access rules, messages and documentation while it runs, so that a new service or method
//! is served, guarded and documented without touching it.
//!
//! The way of a request is [`Gateway::handle`]: edge, limits, token, access rule, message, ask,
//! answer. Every error that leaves is a problem by RFC 9457.

mod answer;
mod ask;
mod auth;
mod config;
mod docs;
mod edge;
mod etag;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
mod gateway;
mod limit;
mod listen;
mod problem;
mod request;
mod route;

use std::sync::Arc;
use std::time::Duration;

use chassis::Lifecycle;

pub use ask::Asker;
pub use auth::{Keys, Rules};
pub use config::{Config, List};
pub use docs::Settings as DocsSettings;
pub use gateway::{Gateway, Settings};
pub use limit::Rates;
pub use listen::{Listener, Options};

/// How often callers are forgotten who have not asked for a while.
const SWEEP_PERIOD: Duration = Duration::from_mins(1);

/// Starts the gateway. It is ready when NATS is there, the realm's keys are known and a contract was
/// seen.
///
/// # Errors
/// An address that cannot be listened on, a certificate that cannot be used.
pub async fn start(config: Config, life: &mut Lifecycle) -> anyhow::Result<()> {
    let bus = life.bus().await?;
    let keys = auth::Discovery::new(&config.issuer, config.issuer_address())?;
    let keys = Arc::new(Keys::of(keys));
    let gateway = Gateway::new(config.settings(), bus.clone(), keys.clone(), life.clock());
    let gateway = Arc::new(gateway);

    life.spawn("keys", keys.clone().keep());
    life.spawn("contracts", gateway.follow(bus::contract::watch(&bus)));
    life.spawn("sweep", sweep(gateway.clone()));
    depend(life, &gateway, &keys);

    let listener = Listener::bind(Options::of(&config)?).await?;
    tracing::info!(address = %listener.address(), "listening");
    // What does not end in its time is cut off while there is still some left for the rest.
    let (stopping, bound) = (life.stopping(), config.common.stop_bound() * 3 / 4);
    let serving = tokio::spawn(listener.serve(gateway, stopping, bound));
    life.on_stop("http", async move { drop(serving.await) });
    Ok(())
}

/// Says in the health what it takes to be ready. Keys that are known stay known while the identity
/// provider is away.
fn depend(life: &Lifecycle, gateway: &Arc<Gateway<bus::Client>>, keys: &Arc<Keys>) {
    let (gateway, keys) = (gateway.clone(), keys.clone());
    life.health().depend("keys", move || {
        let known = keys.are_known();
        async move { if known { Ok(()) } else { Err("unknown") } }
    });
    life.health().depend("contracts", move || {
        let seen = gateway.has_routes();
        async move { if seen { Ok(()) } else { Err("none") } }
    });
}

async fn sweep(gateway: Arc<Gateway<bus::Client>>) {
    let mut ticks = tokio::time::interval(SWEEP_PERIOD);
    loop {
        ticks.tick().await;
        gateway.sweep();
    }
}
