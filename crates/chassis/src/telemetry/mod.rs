//! What a process tells of itself: logs on standard output, metrics, traces.

mod format;
mod log;
pub mod metric;
pub mod trace;

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

use crate::config::Common;

/// How long one batch of spans may take to be sent.
const EXPORT_BOUND: Duration = Duration::from_secs(5);
/// How long the last batch may take.
const FLUSH_BOUND: Duration = Duration::from_secs(3);

/// The telemetry of the process; [`Telemetry::flush`] ends it.
#[derive(Debug)]
pub(crate) struct Telemetry {
    tracer: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts logs, metrics and, where an endpoint is set, traces. To be called before the runtime
    /// starts: the exporter's HTTP client blocks, and must be made and dropped outside of it.
    pub(crate) fn start(name: &'static str, common: &Common) -> anyhow::Result<Self> {
        let tracer = common.otlp().map(|endpoint| tracer(name, endpoint)).transpose()?;
        log::install(common, tracer.as_ref().map(|provider| provider.tracer("seasonal")))?;
        if tracer.is_some() {
            trace::install(common.trace_sample_ratio);
        }
        metric::install()?;
        Ok(Self { tracer })
    }

    /// Sends the spans that are still here. To be called when the runtime has ended.
    pub(crate) fn flush(self) {
        let Some(tracer) = self.tracer else { return };
        if let Err(error) = tracer.shutdown_with_timeout(FLUSH_BOUND) {
            tracing::warn!(error = %error, "the last spans could not be sent");
        }
    }
}

fn tracer(name: &'static str, endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_BOUND)
        .build()
        .map_err(|error| anyhow::anyhow!("OTLP_ENDPOINT cannot be used: {error}"))?;
    let resource = Resource::builder()
        .with_service_name(name)
        .with_attribute(opentelemetry::KeyValue::new("service.version", crate::VERSION))
        .with_attribute(opentelemetry::KeyValue::new("service.namespace", "seasonal"))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .build())
}
