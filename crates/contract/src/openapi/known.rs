//! The well-known types, as canonical proto3 JSON writes them.

use prost_reflect::MessageDescriptor;
use serde_json::{Value, json};

use super::field;

/// The schema of a well-known type; `None` for any other message.
pub(super) fn schema(message: &MessageDescriptor) -> Option<Value> {
    let name = message.full_name().strip_prefix("google.protobuf.")?;
    Some(match name {
        "Timestamp" => json!({
            "type": "string", "format": "date-time", "examples": ["2026-12-01T06:30:00Z"],
        }),
        "Duration" => json!({
            "type": "string", "pattern": r"^-?[0-9]{1,12}(?:\.[0-9]{1,9})?s$", "examples": ["1.5s"],
        }),
        // no example: a page would send it along, and it names the fields of one message alone
        "FieldMask" => json!({
            "type": "string",
            "pattern": r"^(?:[a-z][a-zA-Z0-9]*(?:[.,][a-z][a-zA-Z0-9]*)*)?$",
        }),
        "Empty" => json!({ "type": "object", "additionalProperties": false }),
        "Struct" => json!({ "type": "object", "additionalProperties": true }),
        "ListValue" => json!({ "type": "array", "items": {} }),
        "Value" => json!({}),
        _ => wrapper(message)?,
    })
}

/// A wrapper is its value, or null.
fn wrapper(message: &MessageDescriptor) -> Option<Value> {
    let value = message.get_field_by_name("value")?;
    Some(match value.kind() {
        prost_reflect::Kind::Bool => json!({ "type": ["boolean", "null"] }),
        prost_reflect::Kind::String => json!({ "type": ["string", "null"] }),
        prost_reflect::Kind::Bytes => {
            json!({ "type": ["string", "null"], "format": "byte", "contentEncoding": "base64" })
        }
        number => {
            let (schema, ..) = field::number(&number);
            json!({ "anyOf": [schema, { "type": "null" }] })
        }
    })
}
