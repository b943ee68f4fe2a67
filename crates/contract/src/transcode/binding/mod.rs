//! Path, query and body make one request message.
//!
//! The parts are written one behind the other: on the wire, messages merge. As a field given
//! twice would be overwritten or appended there, it is refused here.
mod parameter;
mod query;
mod request;

use super::table::Form;
use super::{ShapeId, Shapes, Violation};
use crate::{Body, Route, Segment, Verb};
use parameter::{Way, way};
use prost_reflect::MessageDescriptor;
use request::Request;

/// How path, query and body make the request message of one RPC.
#[derive(Debug, Clone)]
pub struct Binding {
    shape: ShapeId,
    path: Vec<Bound>,
    content: Content,
    /// The `update_mask` of a PATCH whose body is one field.
    mask: Option<usize>,
}

/// A field that the path gives.
#[derive(Debug, Clone)]
struct Bound {
    /// As the OpenAPI document calls it: `recordId`.
    name: String,
    /// As a violation of the request message says it: `/recordId`.
    pointer: String,
    way: Way,
}

/// What the body is.
#[derive(Debug, Clone)]
enum Content {
    None,
    All,
    Field { index: usize, pointer: String },
}

impl Binding {
    /// Looks up the fields of a route in the request message.
    ///
    /// # Errors
    /// The route names a field that is not there, or that a path cannot hold.
    pub fn new(
        shapes: &Shapes,
        route: &Route,
        message: &MessageDescriptor,
    ) -> Result<Self, String> {
        let unknown = || format!("there is no message {}", message.full_name());
        let shape = shapes.id(message.full_name()).ok_or_else(unknown)?;
        let path = route.template.segments.iter().filter_map(|segment| match segment {
            Segment::Field(name) => Some(bound(shapes, shape, name)),
            Segment::Literal(_) => None,
        });
        let field = |name: &str| shapes.shape(shape)?.named(name.as_bytes());
        let content = match &route.body {
            Body::None => Content::None,
            Body::All => Content::All,
            Body::Field(name) => {
                let (index, field) = field(name).ok_or_else(|| format!("no field {name}"))?;
                Content::Field { index, pointer: format!("/{}", field.json) }
            }
        };
        let masks = matches!((&content, &route.verb), (Content::Field { .. }, Verb::Patch));
        let mask = field("update_mask")
            .filter(|(_, field)| masks && shapes.form(field.kind) == Some(Form::FieldMask));
        let mask = mask.map(|(index, _)| index);
        Ok(Self { shape, path: path.collect::<Result<_, _>>()?, content, mask })
    }

    /// Makes the request message, appended to `out`.
    ///
    /// `path` holds the values of the template's fields in its order, percent-decoded once;
    /// `query` is the query string as it came; `body` is JSON, or empty. A PATCH whose body is
    /// one field, and that says no `update_mask`, gets one of the fields that its body names.
    ///
    /// # Errors
    /// All that is wrong with path, query and body, at most 32 places. `out` is as it was.
    #[expect(clippy::too_many_arguments, reason = "the parts of an HTTP request, and its place")]
    pub fn request(
        &self,
        shapes: &Shapes,
        path: &[&str],
        query: Option<&str>,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Vec<Violation>> {
        let start = out.len();
        let made = Request::new(self, shapes, out).make(path, query.unwrap_or_default(), body);
        made.inspect_err(|_| out.truncate(start))
    }

    /// Turns a field of the request message, a JSON pointer such as `/offer/startDate`, into
    /// where the client gave it: a pointer into the body, or else the name of a path or query
    /// parameter.
    #[must_use]
    pub fn locate(&self, field: &str) -> (Option<String>, Option<String>) {
        if let Some(bound) = self.path.iter().find(|bound| inside(field, &bound.pointer).is_some())
        {
            return (None, Some(bound.name.clone()));
        }
        let pointer = match &self.content {
            Content::None => None,
            Content::All => Some(field),
            Content::Field { pointer, .. } => inside(field, pointer),
        };
        match pointer {
            Some(pointer) => (Some(pointer.to_owned()), None),
            None => (None, Some(parameter_name(field))),
        }
    }
}

fn bound(shapes: &Shapes, shape: ShapeId, name: &str) -> Result<Bound, String> {
    let found = way(shapes, shape, name).ok_or_else(|| format!("no field {name}"))?;
    if !found.is_textual(shapes) || found.is_repeated() || !found.oneofs.is_empty() {
        return Err(format!("{name} cannot be part of a path"));
    }
    let pointer = found.pointer();
    Ok(Bound { name: parameter_name(&pointer), pointer, way: found.way })
}

/// What of a pointer lies inside another.
fn inside<'p>(pointer: &'p str, outer: &str) -> Option<&'p str> {
    pointer.strip_prefix(outer).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `/filter/jobIds/0` is the parameter `filter.jobIds`.
fn parameter_name(pointer: &str) -> String {
    let is_name = |part: &&str| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit());
    pointer.split('/').filter(is_name).collect::<Vec<_>>().join(".")
}
