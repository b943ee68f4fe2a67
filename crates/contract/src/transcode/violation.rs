//! What can be wrong, and where.
use std::fmt;

/// No more violations than this are told at once.
pub(super) const VIOLATIONS_MAX: usize = 32;

/// What is wrong with one place of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the body, as a JSON pointer (RFC 6901); empty for the whole of it.
    pub pointer: String,
    /// The path or query parameter instead, where the value did not come with the body.
    pub parameter: Option<String>,
    /// One of [`reason`].
    pub reason: &'static str,
    /// A sentence for the person who wrote the request.
    pub message: String,
}

impl Violation {
    /// Something wrong in the body.
    pub(crate) fn body(pointer: String, reason: &'static str, message: impl Into<String>) -> Self {
        Self { pointer, parameter: None, reason, message: message.into() }
    }

    /// Something wrong with a path or query parameter.
    pub(crate) fn parameter(
        name: impl Into<String>,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            pointer: String::new(),
            parameter: Some(name.into()),
            reason,
            message: message.into(),
        }
    }
}

/// Wire bytes that are no message of their shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// How many bytes into the message the trouble is; never beyond its end.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

impl std::error::Error for WireError {}

/// The reasons of violations.
pub mod reason {
    /// Not JSON, or not percent-encoding.
    pub const SYNTAX: &str = "SYNTAX";
    /// Nested deeper than 64 levels.
    pub const TOO_DEEP: &str = "TOO_DEEP";
    /// Not UTF-8, a lone surrogate, or the character U+0000.
    pub const BAD_UTF8: &str = "BAD_UTF8";
    /// The message has no such field.
    pub const UNKNOWN_FIELD: &str = "UNKNOWN_FIELD";
    /// The query has a parameter that the request has not.
    pub const UNKNOWN_PARAMETER: &str = "UNKNOWN_PARAMETER";
    /// A field, a map key or a oneof is given twice.
    pub const DUPLICATE_FIELD: &str = "DUPLICATE_FIELD";
    /// Only the server writes this field.
    pub const OUTPUT_ONLY: &str = "OUTPUT_ONLY";
    /// A value of another type than the field's.
    pub const WRONG_TYPE: &str = "WRONG_TYPE";
    /// A number, a time or a duration beyond its limits.
    pub const OUT_OF_RANGE: &str = "OUT_OF_RANGE";
    /// The enum has no value of this name.
    pub const UNKNOWN_ENUM: &str = "UNKNOWN_ENUM";
    /// A string that is no time, duration, field mask or base64.
    pub const BAD_FORMAT: &str = "BAD_FORMAT";
}
