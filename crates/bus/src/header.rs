//! The NATS headers of requests and answers.
//!
//! Names are case-sensitive on NATS. The caller headers are believed only from the gateway.

use async_nats::HeaderName;

/// The caller's user id, a UUID. Absent for an anonymous caller.
pub const CALLER_ID: &str = "Seasonal-Caller-Id";
/// The caller's roles, separated by commas.
pub const CALLER_ROLES: &str = "Seasonal-Caller-Roles";
/// The caller's session at the identity provider.
pub const CALLER_SESSION: &str = "Seasonal-Caller-Session";
/// The caller's verified e-mail address, in lower case.
pub const CALLER_EMAIL: &str = "Seasonal-Caller-Email";
/// How many milliseconds the asker still waits: a duration, so that a skewed clock harms nothing.
pub const DEADLINE_MS: &str = "Seasonal-Deadline-Ms";
/// The id of the request that the outside world sees.
pub const REQUEST_ID: &str = "Seasonal-Request-Id";
/// The language of the answer's texts, a BCP 47 tag. Absent for [`crate::context::LANGUAGE`].
pub const LANGUAGE: &str = "Seasonal-Language";
/// The process that gave an answer.
pub const INSTANCE: &str = "Seasonal-Instance";
/// W3C trace context; lower case, because tools look for it so.
pub const TRACEPARENT: &str = "traceparent";
/// Makes a repeat of the request the same request.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The revision that the caller saw.
pub const IF_MATCH: &str = "If-Match";
/// The HTTP-like number of an error: `Nats-Service-Error-Code` of the NATS service API.
pub const ERROR_CODE: &str = "Nats-Service-Error-Code";
/// The reason of an error in capitals: `Nats-Service-Error` of the NATS service API.
pub const ERROR: &str = "Nats-Service-Error";
/// Marks a message that a stream delivered: a request never carries it.
pub const NATS_STREAM: &str = "Nats-Stream";

/// A header's name without the cost of checking it again.
#[must_use]
pub const fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

/// Whether a value may stand in a header; NATS ends a header at a line break.
#[must_use]
pub fn is_valid(value: &str) -> bool {
    !value.bytes().any(|byte| byte.is_ascii_control())
}
