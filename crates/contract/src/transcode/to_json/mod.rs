//! Protobuf wire to JSON.
//!
//! Fields are written as they come, which prost does in ascending order: what lies between two
//! of them was absent, and says its default. When a field comes late or again, all is written
//! anew in the careful way, which sorts first: two passes in all, whatever the depth.
mod careful;
mod known;
mod map;
mod scalar;
mod text;

use super::field::{Field, Kind, Label};
use super::table::{Form, Shape};
use super::wire::{self, DEPTH_MAX, Step, Stop, wrong};
use super::{ShapeId, Shapes, WireError};
use scalar::scalar;

/// Protobuf wire to canonical proto3 JSON with default values, appended to `out`.
///
/// Unset messages, `optional` fields and oneofs are left out; unknown fields are passed over.
/// `out` grows by the JSON and nothing else; after an error it is as it was.
///
/// # Errors
/// The bytes are no message of this shape, hold a time beyond its limits, or messages more than
/// 100 deep. What a later occurrence of the same field overwrites is not looked at.
pub fn to_json(
    shapes: &Shapes,
    shape: ShapeId,
    wire: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), WireError> {
    let start = out.len();
    out.reserve(wire.len() * 2);
    let mut result = Writer { shapes, out, careful: false }.root(shape, wire);
    if let Err(Stop::Unordered) = result {
        out.truncate(start);
        result = Writer { shapes, out, careful: true }.root(shape, wire);
    }
    result.map_err(|stop| {
        out.truncate(start);
        error(stop, wire)
    })
}

fn error(stop: Stop, wire: &[u8]) -> WireError {
    match stop {
        Stop::Wrong { at, what } => {
            let offset = at.saturating_sub(wire.as_ptr().addr()).min(wire.len());
            WireError { offset, what }
        }
        Stop::Unordered => WireError { offset: 0, what: "fields that cannot be put in order" },
    }
}

struct Writer<'s, 'o> {
    shapes: &'s Shapes,
    out: &'o mut Vec<u8>,
    careful: bool,
}

impl<'s> Writer<'s, '_> {
    fn root(&mut self, shape: ShapeId, wire: &[u8]) -> Step {
        self.message(shape, &[wire], 0)
    }

    /// A message whose fields lie in one part, or in several that merge.
    fn message(&mut self, id: ShapeId, parts: &[&[u8]], depth: u32) -> Step {
        let first = parts.first().copied().unwrap_or_default();
        if depth > DEPTH_MAX {
            return Err(wrong(first, "nested too deep"));
        }
        let Some(shape) = self.shapes.shape(id) else {
            return Err(wrong(first, "no such shape"));
        };
        match shape.form {
            Form::Message if self.careful => self.sorted(shape, parts, depth),
            Form::Message => self.ordered(shape, first, depth),
            _ => self.known(shape, parts, depth),
        }
    }

    fn ordered(&mut self, shape: &'s Shape, mut input: &[u8], depth: u32) -> Step {
        let start = self.out.len();
        let mut next = 0;
        let mut oneofs = 0_u64;
        while !input.is_empty() {
            let (number, wire) = wire::tag(&mut input)?;
            let Some((index, field)) = shape.find(number) else {
                wire::skip(number, wire, &mut input)?;
                continue;
            };
            if index < next {
                return Err(Stop::Unordered);
            }
            if let Some(oneof) = field.oneof {
                let bit = 1 << (oneof & 63);
                if oneofs & bit != 0 {
                    return Err(Stop::Unordered);
                }
                oneofs |= bit;
            }
            self.out.extend_from_slice(shape.absent(next, index));
            next = index + 1;
            self.out.extend_from_slice(&field.key);
            self.field(field, wire, &mut input, depth)?;
        }
        self.out.extend_from_slice(shape.absent(next, shape.fields.len()));
        self.close(start, *b"{}");
        Ok(())
    }

    #[inline]
    fn field(&mut self, field: &Field, wire: u8, input: &mut &[u8], depth: u32) -> Step {
        match field.label {
            Label::Repeated => self.list(field, wire, input, depth),
            Label::Map => self.map(field, wire, input, depth),
            Label::Implicit | Label::Explicit => self.value(field.kind, wire, input, depth),
        }
    }

    /// One value of any kind.
    #[inline]
    fn value(&mut self, kind: Kind, wire: u8, input: &mut &[u8], depth: u32) -> Step {
        match kind {
            Kind::Message(id) => {
                wire::expect(wire, wire::LEN, input)?;
                let body = wire::bytes(input)?;
                self.message(id, &[body], depth + 1)
            }
            _ => scalar(self.shapes, kind, wire, input, self.out),
        }
    }

    /// The items of a list that come one after the other.
    fn list(&mut self, field: &Field, wire: u8, input: &mut &[u8], depth: u32) -> Step {
        let start = self.out.len();
        self.items(field, wire, input, depth)?;
        while let Some(wire) = again(field, input)? {
            self.items(field, wire, input, depth)?;
        }
        self.close(start, *b"[]");
        Ok(())
    }

    /// The items of one occurrence, each after a comma.
    fn items(&mut self, field: &Field, wire: u8, input: &mut &[u8], depth: u32) -> Step {
        if wire != wire::LEN || !field.kind.is_packable() {
            self.out.push(b',');
            return self.value(field.kind, wire, input, depth);
        }
        let mut packed = wire::bytes(input)?;
        while !packed.is_empty() {
            self.out.push(b',');
            scalar(self.shapes, field.kind, field.wire(), &mut packed, self.out)?;
        }
        Ok(())
    }

    /// Puts the brackets around what was written since `start`: the opening one takes the place
    /// of the first comma.
    #[inline]
    fn close(&mut self, start: usize, [open, close]: [u8; 2]) {
        match self.out.get_mut(start) {
            Some(comma) => *comma = open,
            None => self.out.push(open),
        }
        self.out.push(close);
    }
}

/// Whether the same field comes again; then its wire type, with the tag passed over.
#[inline]
fn again(field: &Field, input: &mut &[u8]) -> Step<Option<u8>> {
    if input.is_empty() {
        return Ok(None);
    }
    let mut ahead = *input;
    let (number, wire) = wire::tag(&mut ahead)?;
    if number != field.number {
        return Ok(None);
    }
    *input = ahead;
    Ok(Some(wire))
}
