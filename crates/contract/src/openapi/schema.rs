//! Messages and enums as schemas.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::{field, known, name, put, put_text};
use crate::{Contract, model::path, options};

/// Which side of a message a schema is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What the server writes.
    Answer,
    /// What a client sends whole.
    Input,
    /// What a client changes some fields with.
    Patch,
}

impl Side {
    /// What is put behind a message's name.
    fn suffix(self) -> &'static str {
        match self {
            Self::Answer => "",
            Self::Input => "Input",
            Self::Patch => "Patch",
        }
    }

    /// The side of what stands in a list or map: those are changed whole.
    pub(super) fn within_many(self) -> Self {
        if self == Self::Patch { Self::Input } else { self }
    }
}

/// The schemas that the document needs, by full name.
#[derive(Default)]
pub(super) struct Schemas {
    written: BTreeMap<String, Value>,
    waiting: Vec<(String, Waiting)>,
}

/// A schema that something refers to.
enum Waiting {
    Message(MessageDescriptor, Side),
    Enum(EnumDescriptor),
}

impl Schemas {
    /// A reference to one side of a message, or the schema itself of a well-known type.
    pub(super) fn message(&mut self, message: &MessageDescriptor, side: Side) -> Value {
        if let Some(schema) = known::schema(message) {
            return schema;
        }
        let name = format!("{}{}", message.full_name(), side.suffix());
        let reference = name::reference(&name);
        self.waiting.push((name, Waiting::Message(message.clone(), side)));
        reference
    }

    /// A reference to an enum.
    pub(super) fn enumeration(&mut self, it: &EnumDescriptor) -> Value {
        if it.full_name() == "google.protobuf.NullValue" {
            return json!({ "type": "null" });
        }
        let name = it.full_name().to_owned();
        let reference = name::reference(&name);
        self.waiting.push((name, Waiting::Enum(it.clone())));
        reference
    }

    /// Writes all schemas that were referred to from a contract.
    pub(super) fn finish(&mut self, contract: &Contract) {
        while let Some((name, waiting)) = self.waiting.pop() {
            if self.written.contains_key(&name) {
                continue;
            }
            self.written.insert(name.clone(), Value::Null);
            let schema = match waiting {
                Waiting::Message(message, side) => self.object(contract, &message, side, &[]),
                Waiting::Enum(it) => enum_schema(contract, &it),
            };
            self.written.insert(name, schema);
        }
    }

    /// One side of a message without the fields that a path gives, dotted paths from here.
    pub(super) fn object(
        &mut self,
        contract: &Contract,
        message: &MessageDescriptor,
        side: Side,
        bound: &[&str],
    ) -> Value {
        let fields: Vec<_> = message
            .fields()
            .filter(|it| is_there(it, side) && !bound.contains(&it.name()))
            .collect();
        let properties: Map<_, _> = fields
            .iter()
            .map(|it| (it.json_name().to_owned(), self.property(contract, it, side, bound)))
            .collect();
        let mut schema = json!({ "type": "object", "properties": properties });
        put_text(&mut schema, "description", contract.comment(message));
        let required: Vec<_> = fields
            .iter()
            .filter(|it| is_required(it, side))
            .map(FieldDescriptor::json_name)
            .collect();
        if !required.is_empty() {
            put(&mut schema, "required", required);
        }
        if side != Side::Answer {
            put(&mut schema, "additionalProperties", false);
            let pairs = exclusive(message);
            if !pairs.is_empty() {
                put(&mut schema, "allOf", pairs);
            }
        }
        schema
    }

    fn property(
        &mut self,
        contract: &Contract,
        it: &FieldDescriptor,
        side: Side,
        bound: &[&str],
    ) -> Value {
        let beneath = path::beneath(bound, it.name());
        let mut schema = match it.kind().as_message() {
            Some(inner) if !beneath.is_empty() => self.object(contract, inner, side, &beneath),
            _ => field::schema(it, side, self),
        };
        field::describe(&mut schema, contract, it);
        if options::is_output_only(it) {
            put(&mut schema, "readOnly", true);
        }
        schema
    }

    /// All that was written.
    pub(super) fn into_map(mut self) -> BTreeMap<String, Value> {
        self.written.insert("Problem".to_owned(), super::problem::schema());
        self.written.insert("Violation".to_owned(), super::problem::violation());
        self.written
    }
}

/// Whether a field is part of a side.
fn is_there(field: &FieldDescriptor, side: Side) -> bool {
    side == Side::Answer || !options::is_output_only(field)
}

/// Whether a field is always there: in answers what has no presence, in bodies what the contract
/// requires, in changes nothing.
fn is_required(field: &FieldDescriptor, side: Side) -> bool {
    match side {
        Side::Answer => !field.supports_presence(),
        Side::Input => options::field(field).required,
        Side::Patch => false,
    }
}

/// That no two members of a oneof are given.
fn exclusive(message: &MessageDescriptor) -> Vec<Value> {
    let mut pairs = Vec::new();
    for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let names: Vec<_> = oneof.fields().map(|it| it.json_name().to_owned()).collect();
        for (at, first) in names.iter().enumerate() {
            let rest = names.iter().skip(at + 1);
            pairs.extend(rest.map(|second| json!({ "not": { "required": [first, second] } })));
        }
    }
    pairs
}

/// An enum with its values' comments.
fn enum_schema(contract: &Contract, it: &EnumDescriptor) -> Value {
    let names: Vec<_> = it.values().map(|value| value.name().to_owned()).collect();
    let mut schema = json!({ "type": "string", "enum": names });
    let values = it.values().filter(|value| !contract.comment(value).is_empty());
    let lines: Vec<_> =
        values.map(|value| format!("- `{}`: {}", value.name(), contract.comment(&value))).collect();
    let text = format!("{}\n\n{}", contract.comment(it), lines.join("\n"));
    put_text(&mut schema, "description", text.trim());
    schema
}
