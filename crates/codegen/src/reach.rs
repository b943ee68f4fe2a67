//! Which messages lie in which.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// Whether a message is one of the platform's: not a well-known type, not the entry of a map.
pub(crate) fn is_ours(message: &MessageDescriptor) -> bool {
    message.package_name().starts_with("seasonal.") && !message.is_map_entry()
}

/// The message that a field, or an item of it, is.
pub(crate) fn inner(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    match item_kind(field) {
        Kind::Message(message) => Some(message),
        _ => None,
    }
}

/// What a field, or an item of it, is.
pub(crate) fn item_kind(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}
