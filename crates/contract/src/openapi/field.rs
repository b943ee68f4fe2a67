//! Fields as schemas, with their limits.
//!
//! An empty string and a zero are what a field is when it is not given, and clear it in a PATCH; so
//! the limits leave room for them where the contract does not require the field.

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind};
use serde_json::{Value, json};

use super::{
    put, put_text,
    schema::{Schemas, Side},
};
use crate::{
    Contract,
    options::{self, Field, Format},
};

/// The schema of a field, with its limits, without its description.
pub(super) fn schema(field: &FieldDescriptor, side: Side, schemas: &mut Schemas) -> Value {
    let limits = options::field(field);
    let once = Limits { of: &limits, given: limits.required };
    let each = Limits { of: &limits, given: false };
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let value = entry.map_entry_value_field().kind();
            let values = single(&value, &each, side.within_many(), schemas);
            many(json!({ "type": "object", "additionalProperties": values }), &limits, "Properties")
        }
        kind if field.is_list() => {
            let items = single(&kind, &each, side.within_many(), schemas);
            many(json!({ "type": "array", "items": items }), &limits, "Items")
        }
        kind => single(&kind, &once, side, schemas),
    }
}

/// The schema of a value in a path or query, where what is not given is left out.
pub(super) fn text_schema(field: &FieldDescriptor, schemas: &mut Schemas) -> Value {
    let limits = options::field(field);
    let given = Limits { of: &limits, given: true };
    let value = single(&field.kind(), &given, Side::Input, schemas);
    if field.is_list() {
        return many(json!({ "type": "array", "items": value }), &limits, "Items");
    }
    value
}

/// Says what the field is.
pub(super) fn describe(schema: &mut Value, contract: &Contract, field: &FieldDescriptor) {
    put_text(schema, "description", contract.comment(field));
    let options = field.field_descriptor_proto().options.as_ref();
    if options.is_some_and(prost_types::FieldOptions::deprecated) {
        put(schema, "deprecated", true);
    }
}

/// The limits of one value.
struct Limits<'a> {
    of: &'a Field,
    /// Whether it is neither empty nor zero.
    given: bool,
}

/// How many items there may be.
fn many(mut schema: Value, limits: &Field, what: &str) -> Value {
    let least = limits.min_items.max(u32::from(limits.required));
    if least > 0 {
        put(&mut schema, &format!("min{what}"), least);
    }
    if limits.max_items > 0 {
        put(&mut schema, &format!("max{what}"), limits.max_items);
    }
    schema
}

fn single(kind: &Kind, limits: &Limits<'_>, side: Side, schemas: &mut Schemas) -> Value {
    match kind {
        Kind::String => string(limits),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Bytes => json!({ "type": "string", "format": "byte", "contentEncoding": "base64" }),
        Kind::Message(message) => schemas.message(message, side),
        Kind::Enum(it) => enumeration(it, limits, side, schemas),
        number => numeric(number, limits),
    }
}

/// An enum by its names; what must be given is not the one that says nothing.
fn enumeration(
    it: &EnumDescriptor,
    limits: &Limits<'_>,
    side: Side,
    schemas: &mut Schemas,
) -> Value {
    if !limits.given || side == Side::Answer {
        return schemas.enumeration(it);
    }
    let said = it.values().filter(|value| value.number() != 0);
    let names: Vec<_> = said.map(|value| value.name().to_owned()).collect();
    json!({ "type": "string", "enum": names })
}

fn string(limits: &Limits<'_>) -> Value {
    let Field { min_length, max_length, .. } = *limits.of;
    let mut schema = json!({ "type": "string" });
    if max_length > 0 {
        put(&mut schema, "maxLength", max_length);
    }
    let mut patterns = patterns(limits);
    if let (1, Some(pattern)) = (patterns.len(), patterns.first()) {
        put(&mut schema, "pattern", pattern.as_str());
    } else if !patterns.is_empty() {
        let all: Vec<_> = patterns.drain(..).map(|it| json!({ "pattern": it })).collect();
        put(&mut schema, "allOf", all);
    }
    let (format, example) = format(limits.of.format());
    if !example.is_empty() {
        put(&mut schema, "examples", json!([example]));
    }
    unless_empty(schema, format, min_length, limits.given)
}

/// Adds the limits that an empty string would break.
fn unless_empty(mut schema: Value, format: &str, min_length: u32, given: bool) -> Value {
    let mut full = json!({});
    put_text(&mut full, "format", format);
    // a format says already that the string is not empty
    let least = min_length.max(u32::from(given && format.is_empty()));
    if least > 0 {
        put(&mut full, "minLength", least);
    }
    let limited = full != json!({});
    if limited && !given {
        put(&mut schema, "anyOf", json!([full, { "const": "" }]));
    } else if let Value::Object(limits) = full {
        limits.into_iter().for_each(|(key, value)| put(&mut schema, &key, value));
    }
    schema
}

/// The patterns, anchored, which an empty string matches where it may be empty.
fn patterns(limits: &Limits<'_>) -> Vec<String> {
    let own = Some(limits.of.pattern.as_str()).filter(|pattern| !pattern.is_empty());
    let all = own.into_iter().chain(format_pattern(limits.of.format()));
    let perhaps = if limits.given { "" } else { "?" };
    all.map(|pattern| format!("^(?:{pattern}){perhaps}$")).collect()
}

/// The name of a format in JSON schema where it has one, and an example of it.
fn format(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::Unspecified => ("", ""),
        Format::Date => ("date", "2026-12-01"),
        Format::Uuid => ("uuid", "019abcde-0000-7000-8000-000000000001"),
        Format::Email => ("email", "rosa@example.org"),
        Format::Uri => ("uri", "https://example.org/"),
        Format::Language => ("", "de-AT"),
        Format::Country => ("", "FR"),
        Format::Currency => ("", "EUR"),
        Format::Amount => ("", "12.50"),
        Format::TimeZone => ("", "Europe/Paris"),
        Format::Phone => ("", "+33612345678"),
    }
}

/// The pattern of a format that JSON schema has no name for.
fn format_pattern(format: Format) -> Option<&'static str> {
    Some(match format {
        Format::Uri => "https?://.+",
        Format::Language => {
            "[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-([a-zA-Z]{2}|[0-9]{3}))?(-([a-zA-Z0-9]{5,8}|[0-9][a-zA-Z0-9]{3}))*"
        }
        Format::Country => "[A-Z]{2}",
        Format::Currency => "[A-Z]{3}",
        Format::Amount => r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?",
        Format::TimeZone => "[A-Za-z][A-Za-z0-9_+/-]*",
        Format::Phone => r"\+[1-9][0-9]{6,14}",
        Format::Unspecified | Format::Date | Format::Uuid | Format::Email => return None,
    })
}

fn numeric(kind: &Kind, limits: &Limits<'_>) -> Value {
    let (mut schema, least, greatest) = number(kind);
    let is_text = schema.get("type") == Some(&json!("string"));
    if is_text {
        return schema;
    }
    let Field { min, max, .. } = *limits.of;
    if let Some(min) = min.or(least) {
        put(&mut schema, "minimum", tidy(min));
    }
    if let Some(max) = max.or(greatest) {
        put(&mut schema, "maximum", tidy(max));
    }
    if limits.given && limits.of.required {
        put(&mut schema, "not", json!({ "const": 0 }));
    }
    schema
}

/// A type of number, with what it holds where a format does not say it to every reader.
pub(super) fn number(kind: &Kind) -> (Value, Option<f64>, Option<f64>) {
    let whole = |format: &str| json!({ "type": "integer", "format": format });
    let real = |format: &str| json!({ "type": "number", "format": format });
    // 64 bits are more than the numbers of JSON's readers hold
    let text = |format: &str, pattern: &str| json!({ "type": "string", "format": format, "pattern": pattern, "examples": ["1"] });
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            (whole("int32"), Some(i32::MIN.into()), Some(i32::MAX.into()))
        }
        Kind::Uint32 | Kind::Fixed32 => (whole("uint32"), Some(0.0), Some(u32::MAX.into())),
        Kind::Uint64 | Kind::Fixed64 => (text("uint64", "^[0-9]{1,20}$"), None, None),
        Kind::Float => (real("float"), None, None),
        Kind::Double => (real("double"), None, None),
        _ => (text("int64", "^-?[0-9]{1,19}$"), None, None),
    }
}

/// A bound without a fraction where it has none.
#[expect(
    clippy::cast_possible_truncation,
    reason = "only whole numbers that a double holds exactly"
)]
fn tidy(bound: f64) -> Value {
    let exact = bound.fract() == 0.0 && bound.abs() < 2_f64.powi(53);
    if exact { json!(bound as i64) } else { json!(bound) }
}
