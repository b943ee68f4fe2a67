//! Events hold no words, so that erasing a person need not edit a log.

use std::collections::HashSet;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Complaints, limit};
use crate::options::{self, Format};

pub(super) fn check(complaints: &mut Complaints<'_>) {
    let source = complaints.source;
    for message in source.messages() {
        let Some(event) = options::event(&message) else { continue };
        if !source.owns(message.package_name()) {
            complaints.about(&message, ["an event stands in a service's own package"]);
        }
        complaints.about(&message, subject(&message, &event.subject));
        for field in fields(&message) {
            complaints.about(&field, free_text(&field));
        }
    }
}

/// An event names the string field with the id of what it is about.
fn subject(message: &MessageDescriptor, subject: &str) -> Option<String> {
    let name = message.name();
    if subject.is_empty() {
        return Some(format!("the event {name} names no `subject`: the field with the id"));
    }
    let field = message.get_field_by_name(subject);
    let fits = field.is_some_and(|it| it.kind() == Kind::String && !it.is_list());
    (!fits).then(|| format!("the event {name} has no string field `{subject}` for its subject"))
}

/// All fields of a message and of what it contains.
fn fields(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let mut seen = HashSet::from([message.full_name().to_owned()]);
    let mut waiting = vec![message.clone()];
    let mut fields = Vec::new();
    while let Some(message) = waiting.pop() {
        for field in message.fields() {
            if let Some(inner) = contained(&field)
                && seen.insert(inner.full_name().to_owned())
            {
                waiting.push(inner);
            }
            fields.push(field);
        }
    }
    fields
}

/// The message that a field holds, where it is not one of Google's.
fn contained(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let kind = limit::item(field);
    kind.as_message().filter(|it| it.package_name() != "google.protobuf").cloned()
}

/// A string is an id or a code, or its limits say what it is; and nothing is free JSON.
fn free_text(field: &FieldDescriptor) -> Option<String> {
    let name = field.name();
    let limited = is_code_or_limited(field);
    let is_text = match limit::item(field) {
        Kind::Message(it) => is_free(it.full_name()),
        kind => !limited && (kind == Kind::String || has_text_keys(field)),
    };
    is_text.then(|| {
        format!("the event's field {name} may hold a person's words: give it a format or a pattern")
    })
}

fn has_text_keys(field: &FieldDescriptor) -> bool {
    let entry = if field.is_map() { field.kind().as_message().cloned() } else { None };
    entry.is_some_and(|entry| entry.map_entry_key_field().kind() == Kind::String)
}

fn is_code_or_limited(field: &FieldDescriptor) -> bool {
    let limits = options::field(field);
    is_code(field.name()) || !limits.pattern.is_empty() || says_what(limits.format())
}

/// Whether a name says that the string is an id or a code.
fn is_code(name: &str) -> bool {
    let singular = name.strip_suffix('s').unwrap_or(name);
    let is = |kind: &str| {
        singular == kind || singular.strip_suffix(kind).is_some_and(|rest| rest.ends_with('_'))
    };
    is("id") || is("code")
}

/// Whether a format leaves no room for words, nor says where to reach a person.
fn says_what(format: Format) -> bool {
    !matches!(format, Format::Unspecified | Format::Email | Format::Phone)
}

fn is_free(message: &str) -> bool {
    let free = ["Struct", "Value", "ListValue", "StringValue", "BytesValue"];
    message.strip_prefix("google.protobuf.").is_some_and(|name| free.contains(&name))
}

#[cfg(test)]
mod tests {
    use crate::fixture::message;

    #[test]
    fn an_event_names_the_field_with_the_id() {
        let event = |subject: &str, field: &str| {
            message(&format!(
                "// The event.
                Happened happened = 1;
                message Happened {{ <--
                    option (seasonal.options.v1.event) = {{{subject}}};
                    {field}
                }}"
            ))
        };

        event("", "").refused(&["the event Happened names no `subject`"]);
        event("subject: \"thing_id\"", "").refused(&["has no string field `thing_id`"]);
        event("subject: \"count\"", "int32 count = 1; // So many.")
            .refused(&["no string field `count`"]);
        event("subject: \"ids\"", "repeated string ids = 1; // They.")
            .refused(&["no string field `ids`"]);
    }

    #[test]
    fn free_text_in_an_event_is_refused() {
        let fields = [
            "string title = 2;",
            "string paid = 2;",
            "repeated string words = 2;",
            "map<string, string> names = 2;",
            "string address = 2 [(seasonal.options.v1.field) = {format: FORMAT_EMAIL}];",
            "string call = 2 [(seasonal.options.v1.field) = {format: FORMAT_PHONE}];",
            "google.protobuf.Struct more = 2;",
            "google.protobuf.StringValue more = 2;",
        ];
        for field in fields {
            event(field, "").refused(&["may hold a person's words"]);
        }
    }

    #[test]
    fn free_text_within_a_message_of_an_event_is_refused() {
        message(
            "// The event.
            Happened happened = 1;
            message Happened {
                option (seasonal.options.v1.event) = {subject: \"thing_id\"};
                // It.
                string thing_id = 1;
                // More.
                Inner inner = 2;
            }
            message Inner {
                // Again.
                Inner inner = 1;
                // Words.
                string text = 2; <--
            }",
        )
        .refused(&["the event's field text may hold a person's words"]);
    }

    #[test]
    fn ids_codes_dates_and_numbers_are_welcome_in_an_event() {
        message(
            "// The event.
            Happened happened = 1;
            message Happened {
                option (seasonal.options.v1.event) = {subject: \"id\"};
                string id = 1; // A
                repeated string job_ids = 2; // B
                string country_code = 3; // C
                string day = 4 [(seasonal.options.v1.field) = {format: FORMAT_DATE}]; // D
                string kind = 5 [(seasonal.options.v1.field) = {pattern: \"[a-z]+\"}]; // E
                int64 count = 6; // F
                google.protobuf.Timestamp time = 7; // G
            }",
        )
        .accepted();
    }

    fn event(field: &str, more: &str) -> crate::fixture::Marked {
        message(&format!(
            "// The event.
            Happened happened = 1;
            message Happened {{
                option (seasonal.options.v1.event) = {{subject: \"thing_id\"}};
                // It.
                string thing_id = 1;
                // What else.
                {field} <--
                {more}
            }}"
        ))
    }
}
