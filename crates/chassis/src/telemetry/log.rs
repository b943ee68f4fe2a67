//! Logs on standard output, and the layers that events and spans go through.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic;

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Level, Metadata, Subscriber, field};
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use super::format::Json;
use crate::config::{Common, LogFormat};

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

/// Installs the subscriber of the process.
pub(super) fn install(common: &Common, tracer: Option<SdkTracer>) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&common.log)
        .map_err(|error| anyhow::anyhow!("LOG cannot be read: {error}"))?;
    let log: Boxed = match common.log_format {
        LogFormat::Json => {
            let layer = fmt::layer().fmt_fields(JsonFields::new()).event_format(Json);
            layer.with_filter(filter).boxed()
        }
        LogFormat::Text => fmt::layer().compact().with_filter(filter).boxed(),
    };
    let mut layers = vec![log];
    if let Some(tracer) = tracer {
        let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false);
        let filter = dynamic_filter_fn(is_traced).with_max_level_hint(LevelFilter::INFO);
        layers.push(layer.with_filter(filter).boxed());
    }
    tracing_subscriber::registry().with(layers).try_init()?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// A span is traced when it says of itself what it is to OpenTelemetry, or when it lies within one that
/// does. So a request that is not sampled costs the tracer nothing. What is finer than INFO is not: the
/// statements of sqlx are.
fn is_traced<S>(metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_root = metadata.is_span() && metadata.fields().field("otel.kind").is_some();
    *metadata.level() <= Level::INFO && (is_root || context.lookup_current().is_some())
}

fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("no message");
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    let backtrace = backtrace.as_ref().map(field::display);
    tracing::error!(panic.place = place, panic.message = message, backtrace, "something panicked");
}
