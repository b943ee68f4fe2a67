//! Path, query and body make one request message.
use super::{ShapeId, Shapes, Violation, reason, to_wire};
use crate::{Body, Route, Segment, Verb};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

/// How path, query and body make the request of one RPC.
#[derive(Debug, Clone)]
pub struct Binding {
    message: MessageDescriptor,
    shape: ShapeId,
    path: Vec<Vec<FieldDescriptor>>,
    names: Vec<String>,
    body: Body,
    masked: bool,
}

impl Binding {
    /// # Errors
    /// The route names a field that the message has not.
    pub fn new(
        shapes: &Shapes,
        route: &Route,
        message: &MessageDescriptor,
    ) -> Result<Self, String> {
        let shape = shapes
            .id(message.full_name())
            .ok_or_else(|| format!("no shape {}", message.full_name()))?;
        let mut path = Vec::new();
        let mut names = Vec::new();
        for segment in &route.template.segments {
            if let Segment::Field(name) = segment {
                path.push(walk(message, name).ok_or_else(|| format!("no field {name}"))?);
                names.push(name.clone());
            }
        }
        let masked = matches!(route.verb, Verb::Patch) && matches!(route.body, Body::Field(_));
        Ok(Self { message: message.clone(), shape, path, names, body: route.body.clone(), masked })
    }

    /// Makes the request message, appended to `out`.
    ///
    /// # Errors
    /// All that is wrong with path, query and body.
    pub fn request(
        &self,
        shapes: &Shapes,
        path: &[&str],
        query: Option<&str>,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Vec<Violation>> {
        let mut root = Value::Object(Map::new());
        if !body.is_empty() {
            let value: Value = serde_json::from_slice(body).map_err(|error| {
                vec![Violation::body(String::new(), reason::SYNTAX, error.to_string())]
            })?;
            match &self.body {
                Body::None => {}
                Body::All => root = value,
                Body::Field(name) => {
                    if let Some(map) = root.as_object_mut() {
                        if self.masked
                            && let Value::Object(keys) = &value
                        {
                            let mask: Vec<&str> = keys.keys().map(String::as_str).collect();
                            map.insert("updateMask".to_owned(), Value::String(mask.join(",")));
                        }
                        map.insert(name.clone(), value);
                    }
                }
            }
        }
        for (fields, value) in self.path.iter().zip(path) {
            put(&mut root, fields, value);
        }
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let fields = walk(&self.message, name).ok_or_else(|| {
                let message = "the request has no such parameter";
                vec![Violation::parameter(name, reason::UNKNOWN_PARAMETER, message)]
            })?;
            put(&mut root, &fields, value);
        }
        to_wire(shapes, self.shape, root.to_string().as_bytes(), out)
    }

    /// Turns a field of the request message, a JSON pointer such as `/offer/startDate`, into where
    /// the client gave it: a pointer into the body, or else the name of a path or query parameter.
    pub fn locate(&self, field: &str) -> (Option<String>, Option<String>) {
        let dotted = field.trim_start_matches('/').replace('/', ".");
        if self.names.contains(&dotted) {
            return (None, Some(dotted));
        }
        match &self.body {
            Body::All => (Some(field.to_owned()), None),
            Body::Field(name) => match dotted.strip_prefix(name.as_str()) {
                Some(_) => (field.get(name.len() + 1..).map(ToOwned::to_owned), None),
                None => (None, Some(dotted)),
            },
            Body::None => (None, Some(dotted)),
        }
    }
}

fn walk(message: &MessageDescriptor, dotted: &str) -> Option<Vec<FieldDescriptor>> {
    let mut message = Some(message.clone());
    let mut fields = Vec::new();
    for name in dotted.split('.') {
        let at = message.take()?;
        let field = at.get_field_by_name(name).or_else(|| at.get_field_by_json_name(name))?;
        if let Kind::Message(inner) = field.kind() {
            message = Some(inner);
        }
        fields.push(field);
    }
    Some(fields)
}

fn put(root: &mut Value, fields: &[FieldDescriptor], text: &str) {
    let Some((field, rest)) = fields.split_first() else { return };
    let Value::Object(map) = root else { return };
    let value = match field.kind() {
        Kind::Bool => Value::Bool(text == "true"),
        Kind::Enum(_) => text.parse::<i32>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    };
    if !rest.is_empty() {
        put(map.entry(field.json_name()).or_insert_with(|| Value::Object(Map::new())), rest, text);
    } else if field.is_list() {
        if let Value::Array(list) = map.entry(field.json_name()).or_insert(Value::Array(vec![])) {
            list.push(value);
        }
    } else {
        map.insert(field.json_name().to_owned(), value);
    }
}
