//! Dotted paths of field names: `offer.company_id`.

use prost_reflect::{FieldDescriptor, MessageDescriptor};

/// The fields along a dotted path; `None` when it leads nowhere, or through a list or a map.
pub(crate) fn fields(message: &MessageDescriptor, path: &str) -> Option<Vec<FieldDescriptor>> {
    let mut fields = Vec::new();
    let mut message = Some(message.clone());
    for name in path.split('.') {
        let field = message.take()?.get_field_by_name(name)?;
        let single = !field.is_list() && !field.is_map();
        message = field.kind().as_message().filter(|_| single).cloned();
        fields.push(field);
    }
    Some(fields)
}

/// The last field of a dotted path.
pub(crate) fn field(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    fields(message, path)?.pop()
}

/// Those of some dotted paths that lead on through a field, from there.
pub(crate) fn beneath<'a>(paths: &[&'a str], field: &str) -> Vec<&'a str> {
    paths.iter().filter_map(|path| path.strip_prefix(field)?.strip_prefix('.')).collect()
}
