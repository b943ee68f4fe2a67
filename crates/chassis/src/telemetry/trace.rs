//! Traces: how a request continues the trace of the one who asks, as W3C `traceparent`.
//!
//! Spans of requests come from two places: the bus makes one for each request that a service serves,
//! the gateway calls [`begin`] for each that comes from outside. Whether a trace is kept is decided
//! once, where it begins; all others follow the flag that they are given. A request that is not kept
//! costs a span for its log lines and nothing else.

use std::fmt::Write as _;
use std::sync::OnceLock;

use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Which share of the traces that begin here is kept; unset where traces go nowhere.
static RATIO: OnceLock<f64> = OnceLock::new();

/// A request from outside.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The span that the request is served in.
    pub span: Span,
    /// What the requests that it causes carry on, for `Context.traceparent`.
    pub traceparent: String,
}

/// Begins the span of a request that comes from outside. `name` is that of the method, such as
/// `seasonal.ad.v1.OfferService/GetOffer`, and `traceparent` what the client sent.
#[must_use]
pub fn begin(name: &str, request_id: &str, traceparent: Option<&str>) -> Trace {
    let parent = traceparent.and_then(parse);
    let sampled = match &parent {
        Some(parent) => RATIO.get().is_some() && parent.is_sampled(),
        None => RATIO.get().is_some_and(|ratio| is_chosen(*ratio)),
    };
    if sampled { recorded(name, request_id, parent) } else { unrecorded(request_id, parent) }
}

/// Makes `span` a child of what `traceparent` names; what cannot be read is left aside.
pub fn adopt(span: &Span, traceparent: &str) {
    if let Some(parent) = parse(traceparent) {
        // Refused only for a span that nobody records.
        drop(span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent)));
    }
}

/// The `traceparent` of the current span, if it is recorded.
#[must_use]
pub fn current() -> Option<String> {
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| render(span.trace_id(), span.span_id(), span.is_sampled()))
}

/// From now on traces are kept.
pub(super) fn install(ratio: f64) {
    let _ = RATIO.set(ratio);
    bus::trace::set(bus::trace::Propagation { adopt, current });
}

fn recorded(name: &str, request_id: &str, parent: Option<SpanContext>) -> Trace {
    let span = tracing::error_span!(
        "request",
        otel.name = name,
        otel.kind = "server",
        request.id = request_id,
        trace.id = Empty,
    );
    if let Some(parent) = parent {
        drop(span.set_parent(opentelemetry::Context::new().with_remote_span_context(parent)));
    }
    let context = span.context();
    let own = context.span().span_context().clone();
    span.record("trace.id", own.trace_id().to_string());
    Trace { span, traceparent: render(own.trace_id(), own.span_id(), own.is_sampled()) }
}

fn unrecorded(request_id: &str, parent: Option<SpanContext>) -> Trace {
    let (trace, id) = match parent {
        Some(parent) => (parent.trace_id(), parent.span_id()),
        None => (RandomIdGenerator::default().new_trace_id(), new_span_id()),
    };
    let traceparent = render(trace, id, false);
    let trace = traceparent.get(3..35).unwrap_or_default();
    let span = tracing::error_span!("request", request.id = request_id, trace.id = trace);
    Trace { span, traceparent }
}

fn new_span_id() -> SpanId {
    RandomIdGenerator::default().new_span_id()
}

/// A random number below the ratio; the span id's 64 bits are as random as any.
#[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
fn is_chosen(ratio: f64) -> bool {
    let number = u64::from_be_bytes(new_span_id().to_bytes());
    (number as f64) < ratio * (u64::MAX as f64)
}

/// Reads `00-<32 hex>-<16 hex>-<2 hex>`, and from later versions what stands in the same places.
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace) = (hex(parts.next()?, 2)?, hex(parts.next()?, 32)?);
    let (span, flags) = (hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
    if version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

fn hex(part: &str, length: usize) -> Option<&str> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (part.len() == length && part.bytes().all(is_hex)).then_some(part)
}

fn render(trace: TraceId, span: SpanId, sampled: bool) -> String {
    let mut text = String::with_capacity(55);
    let _ = write!(text, "00-{trace:032x}-{span:016x}-{:02x}", u8::from(sampled));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_reads_as_it_was_written() {
        let context = parse(PARENT).unwrap();

        assert_eq!(render(context.trace_id(), context.span_id(), true), PARENT);
        assert!(context.is_sampled());
    }

    #[test]
    fn what_is_no_traceparent_is_left_aside() {
        let zeros = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        let upper = PARENT.to_uppercase();
        let longer = format!("{PARENT}-00");
        let signed = "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

        for text in ["", "00", "ä", zeros, &upper, &longer, signed, &PARENT.replace("00-4", "ff-4")]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_request_without_tracer_carries_the_trace_on_and_asks_nobody_to_keep_it() {
        let trace = begin("a/B", "r1", Some(PARENT));

        assert_eq!(trace.traceparent, PARENT.replace("-01", "-00"));
    }

    #[test]
    fn a_request_without_trace_begins_one() {
        let (one, other) = (begin("a/B", "r1", None), begin("a/B", "r2", None));

        assert!(parse(&one.traceparent).is_some());
        assert_ne!(one.traceparent, other.traceparent);
    }

    #[test]
    fn nothing_is_chosen_at_zero_and_all_at_one() {
        assert!((0..1_000).all(|_| !is_chosen(0.0)));
        assert!((0..1_000).all(|_| is_chosen(1.0)));
    }
}
