//! Protobuf wire to JSON and JSON to wire, in one pass each.
//!
//! What a message looks like in JSON is canonical proto3 JSON with default values written out:
//! names in `camelCase`, enums by name (unknown ones by number), 64-bit integers as strings, times
//! in RFC 3339, bytes in base64. Unset messages, `optional` fields and oneofs are left out.
//!
//! [`Shapes`] are tables made once from the descriptors. [`to_json`] and [`to_wire`] go straight
//! between bytes along them. [`Binding`] makes a request message of path, query and body.
mod binding;
mod field;
mod mask;
mod names;
#[cfg(any(test, feature = "oracle"))]
pub mod oracle;
mod table;
mod time;
mod to_json;
mod to_wire;
mod violation;
mod wire;

pub use binding::Binding;
pub use table::{ShapeId, Shapes};
pub use to_json::to_json;
pub use to_wire::to_wire;
pub use violation::{Violation, WireError, reason};
