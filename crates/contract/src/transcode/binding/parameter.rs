//! Fields by their dotted names.
use crate::transcode::field::{Field, Kind, Label};
use crate::transcode::table::Form;
use crate::transcode::to_wire::{Output, Sound, field_text, is_textual};
use crate::transcode::wire::LEN;
use crate::transcode::{ShapeId, Shapes};

/// How many names a parameter may have with dots between them.
const NAMES_MAX: usize = 16;

/// Indexes of fields, from the request message down.
pub(super) type Way = Vec<usize>;

/// What a dotted name means.
pub(super) struct Found<'s> {
    pub(super) way: Way,
    /// The fields on the way; never empty.
    fields: Vec<&'s Field>,
    /// Each oneof on the way, by the length of the way to its message; and its member.
    pub(super) oneofs: Vec<(usize, u16)>,
}

/// Finds a field through messages that are no lists, maps or well-known types.
pub(super) fn way<'s>(shapes: &'s Shapes, root: ShapeId, dotted: &str) -> Option<Found<'s>> {
    let mut found = Found { way: Vec::new(), fields: Vec::new(), oneofs: Vec::new() };
    let mut message = Some(root);
    for name in dotted.split('.') {
        let (index, field) = shapes.shape(message?)?.named(name.as_bytes())?;
        found.oneofs.extend(field.oneof.map(|oneof| (found.way.len(), oneof)));
        found.way.push(index);
        found.fields.push(field);
        let opens = matches!(field.label, Label::Implicit | Label::Explicit)
            && shapes.form(field.kind) == Some(Form::Message);
        message = match field.kind {
            Kind::Message(id) if opens && found.way.len() < NAMES_MAX => Some(id),
            _ => None,
        };
    }
    Some(found)
}

impl Found<'_> {
    fn last(&self) -> Option<&Field> {
        self.fields.last().copied()
    }

    pub(super) fn is_repeated(&self) -> bool {
        self.last().is_some_and(|field| matches!(field.label, Label::Repeated | Label::Map))
    }

    /// Whether a text can be its value.
    pub(super) fn is_textual(&self, shapes: &Shapes) -> bool {
        self.last().is_some_and(|f| f.label != Label::Map && is_textual(shapes, f.kind))
    }

    pub(super) fn is_output_only(&self) -> bool {
        self.fields.iter().any(|field| field.output_only)
    }

    /// `/filter/jobIds`.
    pub(super) fn pointer(&self) -> String {
        self.fields.iter().flat_map(|field| ["/", &*field.json]).collect()
    }
}

/// Writes a field that lies in messages, each with a tag and length of its own.
pub(super) fn write(
    shapes: &Shapes,
    message: ShapeId,
    way: &[usize],
    text: &str,
    output: &mut Output<'_>,
) -> Sound<()> {
    let Some((index, rest)) = way.split_first() else { return Ok(()) };
    let field = shapes.shape(message).and_then(|shape| shape.fields.get(*index));
    match field {
        Some(field) if rest.is_empty() => field_text(shapes, field, text, output),
        Some(Field { kind: Kind::Message(id), number, .. }) => {
            output.tag(*number, LEN);
            let mark = output.begin();
            write(shapes, *id, rest, text, output)?;
            output.end(mark);
            Ok(())
        }
        _ => Ok(()),
    }
}
