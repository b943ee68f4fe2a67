//! Where traces cross NATS.
//!
//! The bus knows spans and the `traceparent` header, but no tracing system. The process says once,
//! with [`set`], how a span takes over a `traceparent` and how the current one is read; without
//! that, the header is carried on as it came.

use std::sync::OnceLock;

use tracing::Span;

/// How `traceparent` and spans meet.
#[derive(Clone, Copy, Debug)]
pub struct Propagation {
    /// Makes the span a child of what the `traceparent` names.
    pub adopt: fn(&Span, &str),
    /// The `traceparent` of the span that is current, if it is recorded.
    pub current: fn() -> Option<String>,
}

static PROPAGATION: OnceLock<Propagation> = OnceLock::new();

/// Sets how traces are propagated, for the life of the process; the first one stays.
pub fn set(propagation: Propagation) {
    let _: Result<(), Propagation> = PROPAGATION.set(propagation);
}

/// Whether the `traceparent` is one that is being recorded: its last byte of flags says so.
pub(crate) fn is_sampled(traceparent: &str) -> bool {
    traceparent
        .as_bytes()
        .last()
        .is_some_and(|flag| matches!(flag, b'1' | b'3' | b'5' | b'7' | b'9'))
}

/// The name of the trace in `00-<trace>-<span>-<flags>`.
pub(crate) fn id(traceparent: &str) -> Option<&str> {
    traceparent.split('-').nth(1)
}

/// The `traceparent` of the current span.
pub(crate) fn current() -> Option<String> {
    PROPAGATION.get().and_then(|propagation| (propagation.current)())
}

/// Makes `span` a child of `traceparent`.
pub(crate) fn adopt(span: &Span, traceparent: &str) {
    if let Some(propagation) = PROPAGATION.get() {
        (propagation.adopt)(span, traceparent);
    }
}
