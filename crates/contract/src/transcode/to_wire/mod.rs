//! JSON to protobuf wire.
//!
//! One walk over the text, with the shapes beside it: each value is written as it is read.
//! What is wrong with a value is noted with its place, and reading goes on; what is no JSON ends
//! it.
mod flaw;
mod known;
mod list;
mod mask;
mod message;
mod number;
mod output;
mod place;
mod scalar;
mod scan;
mod string;
mod text;

use super::table::Shape;
use super::{ShapeId, Shapes, Violation};
pub(super) use flaw::{Flaw, Sound, clipped};
use mask::Mask;
pub(super) use output::Output;
use place::Place;
use scan::Done;
pub(super) use text::{field_text, is_textual};

/// JSON to protobuf wire, appended to `out`.
///
/// Names are taken in `camelCase` and `snake_case`, `null` leaves a field unset, numbers may stand in
/// quotes. Refused are unknown fields, those that only the server writes, and a field, map key
/// or oneof that is given twice.
///
/// # Errors
/// What is wrong with the JSON, at most 32 places of it, each with its JSON pointer. The text is
/// left where it stops being JSON. `out` is as it was.
pub fn to_wire(
    shapes: &Shapes,
    shape: ShapeId,
    json: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Vec<Violation>> {
    let start = out.len();
    let mut output = Output::new(out);
    let read = Reader::new(shapes, json, &mut output).all(|reader| reader.body(shape, &[], 0));
    output.finish();
    read.map(drop).inspect_err(|_| out.truncate(start))
}

/// Walks over one JSON text.
pub(super) struct Reader<'s, 'j, 'o> {
    shapes: &'s Shapes,
    rest: &'j [u8],
    length: usize,
    /// The text stops being UTF-8 where `rest` ends.
    cut: bool,
    nesting: u32,
    place: Place<'j>,
    output: &'j mut Output<'o>,
    mask: Option<Mask<'s>>,
}

impl<'s, 'j, 'o> Reader<'s, 'j, 'o> {
    pub(super) fn new(shapes: &'s Shapes, json: &'j [u8], output: &'j mut Output<'o>) -> Self {
        let valid = std::str::from_utf8(json).map_or_else(|error| error.valid_up_to(), str::len);
        Self {
            shapes,
            rest: json.get(..valid).unwrap_or_default(),
            length: valid,
            cut: valid < json.len(),
            nesting: 0,
            place: Place::default(),
            output,
            mask: None,
        }
    }

    /// Notes the path of each field that the body names.
    pub(super) fn masking(mut self) -> Self {
        self.mask = Some(Mask::default());
        self
    }

    /// Reads the whole text by `read`, and answers the mask.
    ///
    /// # Errors
    /// Anything that was wrong with it.
    pub(super) fn all(
        mut self,
        read: impl FnOnce(&mut Self) -> Done,
    ) -> Result<Vec<String>, Vec<Violation>> {
        let mut done = read(&mut self);
        if done.is_ok() && (self.peek().is_some() || self.cut) {
            self.place.hops.clear();
            done = Err(self.broken("more than one value"));
        }
        let paths = self.mask.take().map_or(Ok(Vec::new()), Mask::into_paths);
        if let Err(flaw) = &paths
            && done.is_ok()
        {
            done = self.place.refuse(flaw.reason, flaw.message.clone());
        }
        if done.is_err() || !self.place.violations.is_empty() {
            return Err(self.place.violations);
        }
        Ok(paths.unwrap_or_default())
    }

    fn shape(&self, id: ShapeId) -> Option<&'s Shape> {
        self.shapes.shape(id)
    }
}
