//! Names: those of fields in JSON, and those of schemas in the document.

use std::collections::HashMap;

use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::Value;

use crate::model::path;

/// What stands before a schema's name in a reference.
const SCHEMAS: &str = "#/components/schemas/";

/// The JSON names along a dotted path of field names: `offer.companyId`.
pub(super) fn json_path(message: &MessageDescriptor, path: &str) -> String {
    let fields = path::fields(message, path).unwrap_or_default();
    fields.iter().map(FieldDescriptor::json_name).collect::<Vec<_>>().join(".")
}

/// A reference to the schema of this full name.
pub(super) fn reference(full_name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{SCHEMAS}{full_name}") })
}

/// Gives every schema its short name, where it is the only one of that name.
pub(super) fn shorten(document: &mut Value) {
    let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") else { return };
    let names = short_names(schemas.keys());
    let renamed = std::mem::take(schemas).into_iter().map(|(name, schema)| {
        let short = names.get(&name).cloned();
        (short.unwrap_or(name), schema)
    });
    *schemas = renamed.collect();
    schemas.sort_keys();
    rename(document, &names);
}

/// The short names: `Offer` for `seasonal.ad.v1.Offer`, or `ad.v1.Offer` where another has it.
fn short_names<'a>(names: impl Iterator<Item = &'a String>) -> HashMap<String, String> {
    let names: Vec<_> = names.collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for name in &names {
        *times.entry(without_package(name)).or_default() += 1;
    }
    names
        .into_iter()
        .map(|name| {
            let short = without_package(name);
            let unique = times.get(short).is_none_or(|times| *times < 2);
            let long = name.strip_prefix("seasonal.").unwrap_or(name);
            (name.clone(), if unique { short } else { long }.to_owned())
        })
        .collect()
}

/// A full name without its package, whose parts are in lower case: `Offer.Pay`.
fn without_package(name: &str) -> &str {
    let mut rest = name;
    while let Some((part, after)) = rest.split_once('.') {
        if part.starts_with(|c: char| c.is_uppercase()) {
            break;
        }
        rest = after;
    }
    rest
}

fn rename(value: &mut Value, names: &HashMap<String, String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(SCHEMAS).and_then(|name| names.get(name))
            {
                *reference = format!("{SCHEMAS}{name}");
            }
            map.values_mut().for_each(|value| rename(value, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_two_packages_have_is_written_in_full() {
        let names = ["seasonal.ad.v1.Offer", "seasonal.task.v1.Run", "seasonal.ad.v1.Run", "a.B.C"];
        let names = names.map(str::to_owned);

        let short = short_names(names.iter());

        let short: Vec<_> = names.iter().map(|name| short[name].as_str()).collect();
        assert_eq!(short, ["Offer", "task.v1.Run", "ad.v1.Run", "B.C"]);
    }
}
