//! `Validate` for the messages that requests are made of, from the limits of their fields.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use contract::Contract;
use contract::options::{self, Field, Format};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::names;
use crate::reach::{inner, is_ours, item_kind};

/// The implementations for every message reachable from a request: package and code.
pub(crate) fn generate<'a>(
    contracts: impl IntoIterator<Item = &'a Contract>,
) -> Vec<(String, String)> {
    let mut messages = BTreeMap::new();
    for contract in contracts {
        for method in contract.methods() {
            reach(&method.input, &mut messages);
        }
    }
    messages.values().map(|it| (it.package_name().to_owned(), implementation(it))).collect()
}

fn reach(message: &MessageDescriptor, found: &mut BTreeMap<String, MessageDescriptor>) {
    if !is_ours(message) || found.contains_key(message.full_name()) {
        return;
    }
    found.insert(message.full_name().to_owned(), message.clone());
    for field in message.fields() {
        if let Some(inner) = inner(&field) {
            reach(&inner, found);
        }
    }
}

fn implementation(message: &MessageDescriptor) -> String {
    let body: String = message
        .fields()
        .filter(|field| !options::is_output_only(field))
        .map(|field| checks(message, &field))
        .collect();
    let violations = if body.is_empty() { "_" } else { "v" };
    format!(
        "impl ::bus::Validate for {} {{
    fn validate(&self, {violations}: &mut ::bus::Violations) {{
{body}    }}
}}\n",
        names::message(message),
    )
}

/// Everything that is checked about one field.
fn checks(message: &MessageDescriptor, field: &FieldDescriptor) -> String {
    let limits = options::field(field);
    let mut out = String::new();
    let (json, rust) = (field.json_name(), names::field(field.name()));
    // Writing into a String cannot fail.
    if limits.required {
        let _ = writeln!(out, "        v.required({json:?}, {});", given(field, &rust));
    }
    if limits.min_items > 0 || limits.max_items > 0 {
        let _ = writeln!(
            out,
            "        v.count({json:?}, self.{rust}.len(), {}, {});",
            limits.min_items, limits.max_items,
        );
    }
    out + &values(message, field, &limits)
}

/// The checks of the field's value, or of each of its items.
fn values(message: &MessageDescriptor, field: &FieldDescriptor, limits: &Field) -> String {
    let (json, rust) = (field.json_name(), names::field(field.name()));
    if field.is_list() || field.is_map() {
        let body = item(field, limits, "\"\"", &Value::bound());
        if body.is_empty() {
            return body;
        }
        let each = if field.is_map() { "" } else { ".iter().enumerate()" };
        let source =
            if field.is_map() { format!("&self.{rust}") } else { format!("self.{rust}{each}") };
        return format!(
            "        for (key, it) in {source} {{\n            v.item({json:?}, key, |v| {{ {body} }});\n        }}\n"
        );
    }
    if let Some(inner) = inner(field) {
        return if is_ours(&inner) {
            nested(message, &json_literal(json), &rust)
        } else {
            String::new()
        };
    }
    let value = if optional(field) { Value::bound() } else { Value::of(&rust) };
    let checks = item(field, limits, &json_literal(json), &value);
    match (checks.is_empty(), optional(field)) {
        (true, _) => checks,
        (false, true) => format!("        if let Some(it) = &self.{rust} {{ {checks} }}\n"),
        (false, false) => format!("        {checks}\n"),
    }
}

fn json_literal(json: &str) -> String {
    format!("{json:?}")
}

/// A message in a message; beside an `update_mask`, only what the mask names has to be given.
fn nested(message: &MessageDescriptor, json: &str, rust: &str) -> String {
    let within = match message.get_field_by_name("update_mask") {
        Some(_) => format!(
            "v.masked({json}, self.update_mask.as_ref().map(|mask| mask.paths.as_slice()), |v| ::bus::Validate::validate(it, v));"
        ),
        None => format!("v.within({json}, |v| ::bus::Validate::validate(it, v));"),
    };
    format!("        if let Some(it) = &self.{rust} {{ {within} }}\n")
}

/// How an expression names a value: as a reference, and as a copy.
struct Value {
    reference: String,
    copy: String,
}

impl Value {
    /// The variable `it`, bound to a reference.
    fn bound() -> Self {
        Self { reference: "it".to_owned(), copy: "*it".to_owned() }
    }

    /// The field `rust` of `self`.
    fn of(rust: &str) -> Self {
        Self { reference: format!("&self.{rust}"), copy: format!("self.{rust}") }
    }
}

/// The checks of one value.
fn item(field: &FieldDescriptor, limits: &Field, json: &str, value: &Value) -> String {
    let mut out = String::new();
    match item_kind(field) {
        Kind::Message(message) if is_ours(&message) => {
            out.push_str("::bus::Validate::validate(it, v);");
        }
        Kind::String => text(&mut out, limits, json, &value.reference),
        Kind::Enum(declared) if limits.known => {
            let path = names::enumeration(&declared, field.parent_message().package_name());
            let _ = write!(out, "v.known({json}, {path}::try_from({}).is_ok());", value.copy);
        }
        Kind::Message(_) | Kind::Enum(_) | Kind::Bytes | Kind::Bool => {}
        _ if limits.min.is_some() || limits.max.is_some() => {
            let _ = write!(
                out,
                "v.range({json}, {} as f64, {}, {});",
                value.copy,
                float(limits.min),
                float(limits.max),
            );
        }
        _ => {}
    }
    out
}

fn text(out: &mut String, limits: &Field, json: &str, value: &str) {
    if limits.min_length > 0 || limits.max_length > 0 {
        let _ = write!(
            out,
            "v.length({json}, {value}, {}, {});",
            limits.min_length, limits.max_length,
        );
    }
    if !limits.pattern.is_empty() {
        let _ = write!(
            out,
            "{{ static PATTERN: ::bus::validate::Pattern = ::bus::validate::Pattern::new({:?}); v.pattern({json}, {value}, &PATTERN); }}",
            limits.pattern,
        );
    }
    if let Some(format) = format(limits.format()) {
        let _ = write!(out, "v.format({json}, {value}, ::bus::Format::{format});");
    }
}

fn format(format: Format) -> Option<String> {
    (format != Format::Unspecified).then(|| format!("{format:?}"))
}

fn float(limit: Option<f64>) -> String {
    limit.map_or("None".to_owned(), |limit| format!("Some({limit:?})"))
}

/// Whether prost makes the field an `Option` although it is no message.
fn optional(field: &FieldDescriptor) -> bool {
    field.supports_presence() && !matches!(field.kind(), Kind::Message(_))
}

/// Whether a required field is given.
fn given(field: &FieldDescriptor, rust: &str) -> String {
    if field.is_list() || field.is_map() {
        return format!("!self.{rust}.is_empty()");
    }
    if field.supports_presence() {
        return format!("self.{rust}.is_some()");
    }
    match field.kind() {
        Kind::String | Kind::Bytes => format!("!self.{rust}.is_empty()"),
        Kind::Bool => format!("self.{rust}"),
        Kind::Float | Kind::Double => format!("self.{rust} != 0.0"),
        _ => format!("self.{rust} != 0"),
    }
}
