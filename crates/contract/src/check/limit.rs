//! Limits fit the fields that they stand on.

use prost_reflect::{FieldDescriptor, Kind};
use regex::Regex;

use super::Complaints;
use crate::options::{self, Field, Format};

pub(super) fn check(complaints: &mut Complaints<'_>) {
    for field in complaints.source.messages().flat_map(|it| it.fields().collect::<Vec<_>>()) {
        let limits = options::field(&field);
        let item = item(&field);
        complaints.about(&field, misplaced(&field, &item, &limits));
        complaints.about(&field, upside_down(&limits));
        complaints.about(&field, pattern(&limits));
        complaints.about(&field, out_of_range(&item, &limits));
        complaints.about(&field, zero(&field, &limits));
        complaints.about(&field, none(&field, &limits));
        complaints.about(&field, contradiction(&field, &limits));
    }
}

/// What the limits of strings and numbers hold for: the field, its items, or its values.
pub(super) fn item(field: &FieldDescriptor) -> Kind {
    match field.kind() {
        Kind::Message(entry) if field.is_map() => entry.map_entry_value_field().kind(),
        kind => kind,
    }
}

/// Each limit stands on a field that can have it.
fn misplaced(field: &FieldDescriptor, item: &Kind, limits: &Field) -> Vec<String> {
    let is_text = *item == Kind::String;
    let is_number = range(item).is_some();
    let is_many = field.is_list() || field.is_map();
    let is_enum = item.as_enum().is_some();
    let all = [
        ("min_length", limits.min_length > 0, is_text, "strings"),
        ("max_length", limits.max_length > 0, is_text, "strings"),
        ("pattern", !limits.pattern.is_empty(), is_text, "strings"),
        ("format", limits.format != 0, is_text, "strings"),
        ("min", limits.min.is_some(), is_number, "numbers"),
        ("max", limits.max.is_some(), is_number, "numbers"),
        ("min_items", limits.min_items > 0, is_many, "lists and maps"),
        ("max_items", limits.max_items > 0, is_many, "lists and maps"),
        ("known", limits.known, is_enum, "enums"),
    ];
    let wrong = all.into_iter().filter(|(_, said, fits, _)| *said && !fits);
    wrong.map(|(limit, _, _, what)| say(field, &format!("{limit} is for {what}"))).collect()
}

/// What is least is not above what is greatest.
fn upside_down(limits: &Field) -> Vec<String> {
    let pair = |min: u32, max: u32| (max > 0).then_some((f64::from(min), f64::from(max)));
    let all = [
        ("length", pair(limits.min_length, limits.max_length)),
        ("items", pair(limits.min_items, limits.max_items)),
        ("value", limits.min.zip(limits.max)),
    ];
    all.into_iter()
        .filter_map(|(what, pair)| pair.map(|(min, max)| (what, min, max)))
        .filter(|(_, min, max)| min > max)
        .map(|(what, min, max)| format!("the least {what} {min} is above the greatest {max}"))
        .collect()
}

/// A pattern is a regular expression that both Rust and OpenAPI understand.
fn pattern(limits: &Field) -> Option<String> {
    let pattern = &limits.pattern;
    let rust_only = ["(?P", "(?i", "(?m", "(?s", "(?x", "(?U", "(?-", r"\A", r"\z", "[[:", "&&"];
    if let Some(part) = rust_only.into_iter().find(|part| pattern.contains(part)) {
        return Some(format!("the pattern `{pattern}` has `{part}`, which OpenAPI does not know"));
    }
    if let Err(error) = Regex::new(&format!("^(?:{pattern})$")) {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default();
        return Some(format!("the pattern `{pattern}` is no regular expression: {last}"));
    }
    let known = Format::try_from(limits.format).is_ok();
    (!known).then(|| format!("there is no format {}", limits.format))
}

/// The numbers that a type holds, and whether they are whole. `None` when it is no number.
fn range(kind: &Kind) -> Option<(f64, f64, bool)> {
    let power = |bits: i32| 2_f64.powi(bits);
    Some(match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (-power(31), power(31) - 1.0, true),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => (-power(63), power(63), true),
        Kind::Uint32 | Kind::Fixed32 => (0.0, power(32) - 1.0, true),
        Kind::Uint64 | Kind::Fixed64 => (0.0, power(64), true),
        Kind::Float => (f64::from(f32::MIN), f64::from(f32::MAX), false),
        Kind::Double => (f64::MIN, f64::MAX, false),
        _ => return None,
    })
}

/// The bounds are numbers that the type holds.
fn out_of_range(item: &Kind, limits: &Field) -> Vec<String> {
    let Some((least, greatest, whole)) = range(item) else { return Vec::new() };
    let wrong =
        |bound: &f64| !(least..=greatest).contains(bound) || (whole && bound.fract() != 0.0);
    let bounds = [limits.min, limits.max].into_iter().flatten();
    bounds.filter(wrong).map(|bound| format!("no value of this type is {bound}")).collect()
}

/// A number that need not be given may be zero, since that is what it is then.
fn zero(field: &FieldDescriptor, limits: &Field) -> Option<String> {
    let always_there = !field.is_list() && !field.is_map() && !field.supports_presence();
    let excluded =
        limits.min.is_some_and(|min| min > 0.0) || limits.max.is_some_and(|max| max < 0.0);
    (always_there && excluded && !limits.required).then(|| {
        say(
            field,
            "the limits exclude 0, which it is when not given: make it `required` or `optional`",
        )
    })
}

/// A list or map that need not be given may be empty.
fn none(field: &FieldDescriptor, limits: &Field) -> Option<String> {
    (limits.min_items > 0 && !limits.required)
        .then(|| say(field, "min_items excludes an empty one, so make it `required`"))
}

/// What only the server writes cannot be required of a client.
fn contradiction(field: &FieldDescriptor, limits: &Field) -> Option<String> {
    (limits.required && options::is_output_only(field))
        .then(|| say(field, "output only and required contradict each other"))
}

fn say(field: &FieldDescriptor, what: &str) -> String {
    format!("the field {}: {what}", field.name())
}

#[cfg(test)]
mod tests {
    use crate::fixture::message;

    /// A field of this type with these limits.
    fn refused(field: &str, limits: &str, messages: &[&str]) {
        message(&format!(
            "// It.\n{field} a = 1 [(seasonal.options.v1.field) = {{{limits}}}]; <--"
        ))
        .refused(messages);
    }

    #[test]
    fn a_limit_on_a_field_that_cannot_have_it_is_refused() {
        let text = ["min_length: 1", "max_length: 1", "pattern: \"a\"", "format: FORMAT_DATE"];
        let number = ["min: 0", "max: 1"];
        let many = ["required: true min_items: 1", "max_items: 1"];
        let cases = [
            ("int32", &text[..], "is for strings"),
            ("bytes", &text, "is for strings"),
            ("Thing", &text, "is for strings"),
            ("google.protobuf.StringValue", &text, "is for strings"),
            ("repeated bool", &text, "is for strings"),
            ("map<string, int32>", &text, "is for strings"),
            ("string", &number, "is for numbers"),
            ("bool", &number, "is for numbers"),
            ("repeated string", &number, "is for numbers"),
            ("google.protobuf.Timestamp", &number, "is for numbers"),
            ("string", &many, "is for lists and maps"),
            ("Thing", &many, "is for lists and maps"),
            ("int32", &["known: true"], "is for enums"),
        ];
        for (field, limits, message) in cases {
            for limit in limits {
                refused(field, limit, &[message]);
            }
        }
    }

    #[test]
    fn a_limit_on_items_and_values_is_welcome() {
        let cases = [
            ("repeated string", "max_items: 3 max_length: 5"),
            ("map<string, string>", "required: true min_items: 1 pattern: \"[a-z]+\""),
            ("map<string, int32>", "min: 1 max: 9"),
            ("repeated Kind", "known: true"),
            ("optional uint32", "min: 1"),
            ("double", "min: -0.5 max: 0.5"),
            ("uint32", "required: true min: 1"),
        ];
        for (field, limits) in cases {
            message(&format!(
                "// It.\n{field} a = 1 [(seasonal.options.v1.field) = {{{limits}}}];
                enum Kind {{ KIND_UNSPECIFIED = 0; }}"
            ))
            .accepted();
        }
    }

    #[test]
    fn a_least_above_the_greatest_is_refused() {
        refused(
            "string",
            "min_length: 3 max_length: 2",
            &["the least length 3 is above the greatest 2"],
        );
        refused(
            "repeated string",
            "required: true min_items: 3 max_items: 2",
            &["the least items 3 is above"],
        );
        refused(
            "optional double",
            "min: 0.5 max: -0.5",
            &["the least value 0.5 is above the greatest -0.5"],
        );
    }

    #[test]
    fn a_bound_that_the_type_cannot_hold_is_refused() {
        let cases = [
            ("int32", "max: 2147483648", "no value of this type is 2147483648"),
            ("uint32", "min: -1", "no value of this type is -1"),
            ("int64", "max: 0.5", "no value of this type is 0.5"),
            ("repeated uint64", "min: -1", "no value of this type is -1"),
            ("double", "max: nan", "no value of this type is NaN"),
            ("double", "max: inf", "no value of this type is inf"),
        ];
        for (field, limits, message) in cases {
            refused(field, limits, &[message]);
        }
    }

    #[test]
    fn a_pattern_that_is_no_regular_expression_is_refused() {
        refused("string", "pattern: \"a(b\"", &["the pattern `a(b` is no regular expression"]);
        refused("string", "pattern: \"(?i)a\"", &["has `(?i`, which OpenAPI does not know"]);
    }

    #[test]
    fn limits_that_exclude_the_value_of_what_is_not_given_are_refused() {
        refused("int32", "min: 1", &["the limits exclude 0"]);
        refused("double", "max: -1", &["the limits exclude 0"]);
        refused("repeated string", "min_items: 1", &["min_items excludes an empty one"]);
    }

    #[test]
    fn what_only_the_server_writes_cannot_be_required() {
        message(
            "// It.
            string a = 1 [ <--
                (seasonal.options.v1.field) = {required: true},
                (google.api.field_behavior) = OUTPUT_ONLY
            ];",
        )
        .refused(&["output only and required contradict each other"]);
    }

    #[test]
    fn a_format_that_does_not_exist_is_refused() {
        let limits = super::Field { format: 99, ..Default::default() };

        assert_eq!(super::pattern(&limits).unwrap(), "there is no format 99");
    }
}
