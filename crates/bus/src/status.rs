//! How a request fails: a code, a reason, a message, and what helps to put it right.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use bytes::Bytes;
use prost::Message as _;

/// What a handler returns.
pub type Result<T, E = Status> = std::result::Result<T, E>;

/// The fact that says how long to wait before asking again, in milliseconds.
pub const RETRY_AFTER_MS: &str = "retry_after_ms";

/// The reason of an answer that says: this process is stopping and did not begin the request.
pub const DRAINING: &str = "DRAINING";

/// The reason of an answer that says: this process does not serve the method, another may.
pub const NOT_HERE: &str = "NOT_HERE";

/// The reason of an answer that says: this process has too much to do and did not begin the request.
pub const OVERLOADED: &str = "OVERLOADED";

/// The kind of a failure. Each has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request says something that cannot be, whatever the state: 400.
    InvalidArgument = 1,
    /// Nobody is signed in, and somebody must be: 401.
    Unauthenticated = 2,
    /// The caller may not: 403.
    PermissionDenied = 3,
    /// It does not exist, or its existence may not be known: 404.
    NotFound = 4,
    /// Not in this state: 409.
    FailedPrecondition = 5,
    /// There is one already: 409.
    AlreadyExists = 6,
    /// Another request came between: 409.
    Aborted = 7,
    /// A request with the same idempotency key is under way: 409.
    KeyInFlight = 8,
    /// It existed and does no more: 410.
    Gone = 9,
    /// The revision is not the one that the caller saw: 412.
    PreconditionFailed = 10,
    /// The request is too large: 413.
    TooLarge = 11,
    /// The idempotency key was used with another request: 422.
    KeyReused = 12,
    /// The caller has to accept the terms first: 428.
    TermsRequired = 13,
    /// The caller asks too much: 429.
    ResourceExhausted = 14,
    /// Our fault: 500.
    Internal = 15,
    /// Not now; later perhaps: 503.
    Unavailable = 16,
    /// No answer in time: 504. Whether it was done is unknown.
    DeadlineExceeded = 17,
}

/// All codes, with their names and HTTP statuses.
const CODES: [(Code, &str, u16); 17] = [
    (Code::InvalidArgument, "INVALID_ARGUMENT", 400),
    (Code::Unauthenticated, "UNAUTHENTICATED", 401),
    (Code::PermissionDenied, "PERMISSION_DENIED", 403),
    (Code::NotFound, "NOT_FOUND", 404),
    (Code::FailedPrecondition, "FAILED_PRECONDITION", 409),
    (Code::AlreadyExists, "ALREADY_EXISTS", 409),
    (Code::Aborted, "ABORTED", 409),
    (Code::KeyInFlight, "KEY_IN_FLIGHT", 409),
    (Code::Gone, "GONE", 410),
    (Code::PreconditionFailed, "PRECONDITION_FAILED", 412),
    (Code::TooLarge, "TOO_LARGE", 413),
    (Code::KeyReused, "KEY_REUSED", 422),
    (Code::TermsRequired, "TERMS_REQUIRED", 428),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", 429),
    (Code::Internal, "INTERNAL", 500),
    (Code::Unavailable, "UNAVAILABLE", 503),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", 504),
];

impl Code {
    /// The name in capitals: `INVALID_ARGUMENT`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.entry().1
    }

    /// The HTTP status.
    #[must_use]
    pub fn http_status(self) -> u16 {
        self.entry().2
    }

    fn entry(self) -> &'static (Self, &'static str, u16) {
        CODES.iter().find(|(code, ..)| *code == self).unwrap_or(&CODES[14])
    }

    fn from_number(number: i32) -> Option<Self> {
        CODES.iter().map(|(code, ..)| *code).find(|code| *code as i32 == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A JSON pointer into the request message, in camelCase: `/offer/startDate`.
    pub field: String,
    /// The reason in capitals: `TOO_LONG`.
    pub reason: Cow<'static, str>,
    /// An English sentence.
    pub message: String,
}

/// A failure, small to pass around.
#[derive(Clone, PartialEq, Eq)]
pub struct Status(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: Code,
    reason: Cow<'static, str>,
    message: String,
    violations: Vec<Violation>,
    facts: BTreeMap<String, String>,
    stored: Option<Bytes>,
}

impl Status {
    /// A failure of the kind `code`, with its reason in capitals (`OFFER_NOT_FOUND`) and an
    /// English sentence that says what to do.
    pub fn new(
        code: Code,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Inner {
            code,
            reason: reason.into(),
            message: message.into(),
            violations: Vec::new(),
            facts: BTreeMap::new(),
            stored: None,
        }))
    }

    /// A failure with the code's own name as its reason.
    pub fn of(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, code.as_str(), message)
    }

    /// Our fault. The message is what the caller may know; log the cause where it is handled.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::of(Code::Internal, message)
    }

    /// All that is wrong with the fields of a request.
    #[must_use]
    pub fn invalid(violations: Vec<Violation>) -> Self {
        let mut status =
            Self::of(Code::InvalidArgument, "the request has fields that cannot be so");
        status.0.violations = violations;
        status
    }

    /// The stored answer of an earlier, equal request: leaves a handler through `?` and reaches
    /// the caller as a **success** with these bytes.
    #[must_use]
    pub fn stored(answer: Bytes) -> Self {
        let mut status = Self::of(Code::AlreadyExists, "the answer is stored");
        status.0.stored = Some(answer);
        status
    }

    /// With a fact that helps to put it right: the allowed verbs, the current revision.
    #[must_use]
    pub fn fact(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.facts.insert(key.to_owned(), value.into());
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The reason in capitals.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The English sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What is wrong with the request's fields.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0.violations
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &BTreeMap<String, String> {
        &self.0.facts
    }

    /// The bytes of the stored answer, where this is one.
    #[must_use]
    pub fn stored_answer(&self) -> Option<&Bytes> {
        self.0.stored.as_ref()
    }

    /// The protobuf payload of an error answer.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        Wire {
            code: self.0.code as i32,
            reason: self.0.reason.clone().into_owned(),
            message: self.0.message.clone(),
            violations: self.0.violations.iter().map(WireViolation::from).collect(),
            facts: self.0.facts.clone(),
        }
        .encode_to_vec()
        .into()
    }

    /// Reads the payload of an error answer. What cannot be read is INTERNAL.
    #[must_use]
    pub fn decode(payload: &[u8]) -> Self {
        let Ok(wire) = Wire::decode(payload) else {
            return Self::internal("the answer is an error that cannot be read");
        };
        Self(Box::new(Inner {
            code: Code::from_number(wire.code).unwrap_or(Code::Internal),
            reason: wire.reason.into(),
            message: wire.message,
            violations: wire.violations.into_iter().map(Violation::from).collect(),
            facts: wire.facts,
            stored: None,
        }))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.0.code, self.0.reason, self.0.message)?;
        for violation in &self.0.violations {
            write!(f, "; {} {}", violation.field, violation.reason)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Status {}

#[derive(prost::Message)]
struct Wire {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    reason: String,
    #[prost(string, tag = "3")]
    message: String,
    #[prost(message, repeated, tag = "4")]
    violations: Vec<WireViolation>,
    #[prost(btree_map = "string, string", tag = "5")]
    facts: BTreeMap<String, String>,
}

#[derive(prost::Message)]
struct WireViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    reason: String,
    #[prost(string, tag = "3")]
    message: String,
}

impl From<&Violation> for WireViolation {
    fn from(violation: &Violation) -> Self {
        Self {
            field: violation.field.clone(),
            reason: violation.reason.clone().into_owned(),
            message: violation.message.clone(),
        }
    }
}

impl From<WireViolation> for Violation {
    fn from(wire: WireViolation) -> Self {
        Self { field: wire.field, reason: wire.reason.into(), message: wire.message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_crosses_the_wire_whole() {
        let status = Status::invalid(vec![Violation {
            field: "/offer/startDate".to_owned(),
            reason: "REQUIRED".into(),
            message: "must be given".to_owned(),
        }])
        .fact("state", "PUBLISHED");

        assert_eq!(Status::decode(&status.encode()), status);
    }

    #[test]
    fn every_code_crosses_the_wire_and_has_a_status() {
        for (code, name, http_status) in CODES {
            let status = Status::of(code, "so");

            assert_eq!(Status::decode(&status.encode()).code(), code);
            assert_eq!((code.as_str(), code.http_status()), (name, http_status));
        }
    }

    #[test]
    fn an_error_that_cannot_be_read_is_internal() {
        assert_eq!(Status::decode(&[0xff, 0xff]).code(), Code::Internal);
    }
}
