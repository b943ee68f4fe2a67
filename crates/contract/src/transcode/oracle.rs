//! The same two functions on prost-reflect's `DynamicMessage`: slow, and written by others. The
//! tests hold the one-pass code against it, and the bench measures the distance.
//!
//! The two differ on purpose in these:
//!
//! - **Wire to JSON.** NaN and the infinities in a `DoubleValue` or `FloatValue` are strings (the
//!   oracle says null). A time whose nanoseconds are no part of a second, or a duration whose
//!   parts differ in sign, is an error (the oracle shifts it, and gets the sign wrong). A path
//!   with a trailing underscore is an error. What a later occurrence of a field overwrites is not
//!   validated. Of the 100 levels, the entries of maps count as prost's own decoder counts them.
//! - **JSON to wire.** Duplicate keys, fields in both spellings, output-only fields and the
//!   character U+0000 are refused. Whole numbers with point or exponent are exact beyond 2^53, in
//!   quotes too; quoted numbers are written as JSON's (no `+1`, `01`, `inf`); a whole number may
//!   stand for an enum with a point (`1.0`). Null for a list of values leaves it unset (the oracle
//!   makes it an item). More than nine digits of a second are refused, not cut. 64 levels of JSON
//!   are the most (the oracle: 128).
use super::{ShapeId, Shapes, Violation, WireError, reason};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};

fn descriptor(shapes: &Shapes, shape: ShapeId) -> Option<MessageDescriptor> {
    shapes.descriptor(shape)
}

/// Protobuf wire to JSON with default values, appended to `out`.
///
/// # Errors
/// The bytes are no message of this shape.
pub fn to_json(
    shapes: &Shapes,
    shape: ShapeId,
    wire: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let wrong = |what| WireError { offset: 0, what };
    let descriptor = descriptor(shapes, shape).ok_or_else(|| wrong("no such shape"))?;
    let message = DynamicMessage::decode(descriptor, wire)
        .map_err(|_| wrong("not a message of this shape"))?;
    let options = SerializeOptions::new().skip_default_fields(false);
    message
        .serialize_with_options(&mut serde_json::Serializer::new(out), &options)
        .map_err(|_| wrong("a value that JSON cannot hold"))
}

/// JSON to protobuf wire, appended to `out`.
///
/// # Errors
/// The first thing that is wrong, without saying where.
pub fn to_wire(
    shapes: &Shapes,
    shape: ShapeId,
    json: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Vec<Violation>> {
    let wrong = |message: String| vec![Violation::body(String::new(), reason::SYNTAX, message)];
    let descriptor = descriptor(shapes, shape).ok_or_else(|| wrong("no such shape".to_owned()))?;
    let mut reader = serde_json::Deserializer::from_slice(json);
    let message = DynamicMessage::deserialize(descriptor, &mut reader)
        .map_err(|error| wrong(error.to_string()))?;
    reader.end().map_err(|error| wrong(error.to_string()))?;
    message.encode(out).map_err(|error| wrong(error.to_string()))
}
