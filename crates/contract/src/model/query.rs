//! The request fields that are given as query parameters.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::{Body, Route};
use crate::options;

/// A request field that is a query parameter.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    /// Its name: the fields' JSON names, joined by dots.
    pub(crate) name: String,
    /// The field.
    pub(crate) field: FieldDescriptor,
    /// Whether it must be given: the field and all messages around it are required.
    pub(crate) required: bool,
}

/// The query parameters of a route, or the fields that cannot be such and why.
pub(crate) fn parameters(
    route: &Route,
    input: &MessageDescriptor,
) -> Result<Vec<Parameter>, Vec<(FieldDescriptor, &'static str)>> {
    let mut walk = Walk {
        bound: route.template.fields().map(str::to_owned).collect(),
        stack: Vec::new(),
        parameters: Vec::new(),
        problems: Vec::new(),
    };
    match &route.body {
        Body::All => return Ok(Vec::new()),
        Body::Field(field) => walk.bound.push(field.clone()),
        Body::None => {}
    }
    walk.message(input, &Way { path: String::new(), name: String::new(), required: true });
    if walk.problems.is_empty() { Ok(walk.parameters) } else { Err(walk.problems) }
}

/// How a well-known type or a scalar is written where one text must do.
pub(crate) fn is_one_text(kind: &Kind) -> bool {
    let Kind::Message(message) = kind else { return true };
    let Some(name) = message.full_name().strip_prefix("google.protobuf.") else { return false };
    matches!(name, "Timestamp" | "Duration" | "FieldMask")
        || name.ends_with("Value") && is_wrapper(name)
}

/// Whether a type of `google.protobuf` wraps a scalar.
pub(crate) fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "BoolValue"
            | "BytesValue"
            | "DoubleValue"
            | "FloatValue"
            | "Int32Value"
            | "Int64Value"
            | "StringValue"
            | "UInt32Value"
            | "UInt64Value"
    )
}

/// A walk through a request message.
struct Walk {
    /// The dotted paths that path or body give.
    bound: Vec<String>,
    /// The messages around the present one.
    stack: Vec<MessageDescriptor>,
    parameters: Vec<Parameter>,
    problems: Vec<(FieldDescriptor, &'static str)>,
}

/// The way to a message.
struct Way {
    path: String,
    name: String,
    required: bool,
}

impl Way {
    fn to(&self, field: &FieldDescriptor) -> Self {
        let join = |before: &str, name: &str| {
            if before.is_empty() { name.to_owned() } else { format!("{before}.{name}") }
        };
        Self {
            path: join(&self.path, field.name()),
            name: join(&self.name, field.json_name()),
            required: self.required && options::field(field).required,
        }
    }
}

impl Walk {
    fn message(&mut self, message: &MessageDescriptor, way: &Way) {
        self.stack.push(message.clone());
        for field in message.fields() {
            let way = way.to(&field);
            if !self.bound.contains(&way.path) && !options::is_output_only(&field) {
                self.field(field, &way);
            }
        }
        self.stack.pop();
    }

    fn field(&mut self, field: FieldDescriptor, way: &Way) {
        let kind = field.kind();
        let problem = match kind.as_message() {
            _ if field.is_map() => "a map",
            _ if is_one_text(&kind) => {
                let Way { name, required, .. } = way;
                let name = name.clone();
                return self.parameters.push(Parameter { name, field, required: *required });
            }
            Some(_) if field.is_list() => "a list of messages",
            Some(message) if message.package_name() == "google.protobuf" => "free JSON",
            Some(message) if self.stack.contains(message) => "a message within itself",
            Some(message) => return self.message(message, way),
            None => return,
        };
        self.problems.push((field, problem));
    }
}
