//! Well-known types, each with a JSON of its own.
use super::{Writer, scalar::scalar};
use crate::transcode::field::{Field, Kind};
use crate::transcode::table::{Form, Shape};
use crate::transcode::wire::{self, Step, Stop, wrong};
use crate::transcode::{mask, time};

impl<'s> Writer<'s, '_> {
    pub(super) fn known(&mut self, shape: &'s Shape, parts: &[&[u8]], depth: u32) -> Step {
        let first = parts.first().copied().unwrap_or_default();
        match shape.form {
            Form::Timestamp => {
                let (seconds, nanos) = moment(parts)?;
                time::write_timestamp(seconds, nanos, self.out)
                    .ok_or_else(|| wrong(first, "a time beyond its limits"))
            }
            Form::Duration => {
                let (seconds, nanos) = moment(parts)?;
                time::write_duration(seconds, nanos, self.out)
                    .ok_or_else(|| wrong(first, "a duration beyond its limits"))
            }
            Form::FieldMask => self.field_mask(parts),
            Form::Wrapper => self.wrapper(shape, parts),
            Form::Struct => self.sole(shape, parts, *b"{}", depth),
            Form::List => self.sole(shape, parts, *b"[]", depth),
            Form::Value => self.any_value(shape, parts, depth),
            Form::Empty | Form::Message => {
                each(parts, |_, _, _| Ok(()))?;
                self.out.extend_from_slice(b"{}");
                Ok(())
            }
        }
    }

    fn wrapper(&mut self, shape: &Shape, parts: &[&[u8]]) -> Step {
        let Some(field) = shape.fields.first() else { return Err(wrong(&[], "no wrapper")) };
        let mut found = None;
        each(parts, |number, wire, at| {
            if number == field.number {
                found = Some((wire, at));
            }
            Ok(())
        })?;
        if let Some((wire, mut at)) = found {
            return scalar(self.shapes, field.kind, wire, &mut at, self.out);
        }
        self.out.extend_from_slice(&field.default);
        Ok(())
    }

    /// `Struct` and `ListValue` stand for their one field.
    fn sole(&mut self, shape: &'s Shape, parts: &[&[u8]], empty: [u8; 2], depth: u32) -> Step {
        if self.careful {
            return self.sorted_sole(shape, parts, empty, depth);
        }
        let Some(field) = shape.fields.first() else { return Err(wrong(&[], "no list")) };
        let mut input = parts.first().copied().unwrap_or_default();
        let mut done = false;
        while !input.is_empty() {
            let (number, wire) = wire::tag(&mut input)?;
            if number != field.number {
                wire::skip(number, wire, &mut input)?;
            } else if done {
                return Err(Stop::Unordered);
            } else {
                done = true;
                self.field(field, wire, &mut input, depth)?;
            }
        }
        if !done {
            self.out.extend_from_slice(&empty);
        }
        Ok(())
    }

    /// A `Value` stands for the member of its oneof; without one it is null.
    fn any_value(&mut self, shape: &'s Shape, parts: &[&[u8]], depth: u32) -> Step {
        let first = parts.first().copied().unwrap_or_default();
        let said = if self.careful {
            self.sorted_value(shape, parts, depth)?
        } else {
            self.ordered_value(shape, first, depth)?
        };
        if !said {
            self.out.extend_from_slice(b"null");
        }
        Ok(())
    }

    fn ordered_value(&mut self, shape: &'s Shape, mut input: &[u8], depth: u32) -> Step<bool> {
        let mut said = false;
        while !input.is_empty() {
            let (number, wire) = wire::tag(&mut input)?;
            match shape.find(number) {
                None => wire::skip(number, wire, &mut input)?,
                Some(_) if said => return Err(Stop::Unordered),
                Some((_, field)) => {
                    said = true;
                    finite(field, input)?;
                    self.field(field, wire, &mut input, depth)?;
                }
            }
        }
        Ok(said)
    }

    fn field_mask(&mut self, parts: &[&[u8]]) -> Step {
        let start = self.out.len();
        self.out.push(b'"');
        each(parts, |number, wire, mut at| {
            if number != 1 {
                return Ok(());
            }
            wire::expect(wire, wire::LEN, at)?;
            let path = wire::bytes(&mut at)?;
            if self.out.len() > start + 1 {
                self.out.push(b',');
            }
            let text = std::str::from_utf8(path).ok();
            text.and_then(|path| mask::camel(path, self.out))
                .ok_or_else(|| wrong(path, "a path that has no camelCase"))
        })?;
        self.out.push(b'"');
        Ok(())
    }
}

/// A number inside a `Value` has no way to be NaN or infinite.
pub(super) fn finite(field: &Field, mut input: &[u8]) -> Step {
    let at = input;
    if field.kind == Kind::Double && !f64::from_bits(wire::fixed64(&mut input)?).is_finite() {
        return Err(wrong(at, "a number that JSON cannot hold"));
    }
    Ok(())
}

/// Seconds and nanoseconds, the last of each.
fn moment(parts: &[&[u8]]) -> Step<(i64, i32)> {
    let (mut seconds, mut nanos) = (0, 0);
    each(parts, |number, wire, mut at| {
        if !matches!(number, 1 | 2) {
            return Ok(());
        }
        wire::expect(wire, wire::VARINT, at)?;
        let value = wire::varint(&mut at)?;
        match number {
            1 => seconds = value.cast_signed(),
            _ => nanos = wire::low_signed(value),
        }
        Ok(())
    })?;
    Ok((seconds, nanos))
}

/// Calls with number, wire type and the input after the tag, for each field of each part.
fn each<'a>(parts: &[&'a [u8]], mut visit: impl FnMut(u32, u8, &'a [u8]) -> Step) -> Step {
    for part in parts {
        let mut input = *part;
        while !input.is_empty() {
            let (number, wire) = wire::tag(&mut input)?;
            visit(number, wire, input)?;
            wire::skip(number, wire, &mut input)?;
        }
    }
    Ok(())
}
