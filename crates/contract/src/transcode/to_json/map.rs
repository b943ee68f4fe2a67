//! Maps.
use super::scalar::{scalar, zigzag32, zigzag64};
use super::{Writer, again};
use crate::transcode::field::{Field, Kind};
use crate::transcode::table::Shape;
use crate::transcode::wire::{self, Step, Stop, wrong};
use std::collections::{HashMap, HashSet};

/// A map's key, by which entries are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Text(&'a [u8]),
    Number(i64),
}

/// One value after its tag: the wire type, and the input from there on.
type Found<'a> = (u8, &'a [u8]);

/// One entry of a map; its value may come in several parts that merge.
struct Entry<'a> {
    key: Option<Found<'a>>,
    values: Vec<Found<'a>>,
}

impl<'s> Writer<'s, '_> {
    /// The entries that come one after the other.
    pub(super) fn map(&mut self, field: &Field, wire: u8, input: &mut &[u8], depth: u32) -> Step {
        let start = self.out.len();
        let mut seen = HashSet::new();
        let mut wire = Some(wire);
        while let Some(found) = wire {
            wire::expect(found, wire::LEN, input)?;
            let body = wire::bytes(input)?;
            let (shape, entry) = self.entry(field, body)?;
            if !seen.insert(key(shape, &entry)?) {
                return Err(Stop::Unordered);
            }
            self.write_entry(shape, &entry, depth)?;
            wire = again(field, input)?;
        }
        self.close(start, *b"{}");
        Ok(())
    }

    /// Entries from anywhere: of those with the same key, the last stands.
    pub(super) fn sorted_map(&mut self, field: &Field, found: &[&[u8]], depth: u32) -> Step {
        let start = self.out.len();
        let mut last = HashMap::with_capacity(found.len());
        for (index, body) in found.iter().enumerate() {
            let (shape, entry) = self.entry(field, body)?;
            last.insert(key(shape, &entry)?, index);
        }
        for (index, body) in found.iter().enumerate() {
            let (shape, entry) = self.entry(field, body)?;
            if last.get(&key(shape, &entry)?) == Some(&index) {
                self.write_entry(shape, &entry, depth)?;
            }
        }
        self.close(start, *b"{}");
        Ok(())
    }

    fn entry<'a>(&self, field: &Field, body: &'a [u8]) -> Step<(&'s Shape, Entry<'a>)> {
        let Kind::Message(id) = field.kind else { return Err(wrong(body, "no map")) };
        let Some(shape) = self.shapes.shape(id) else { return Err(wrong(body, "no map")) };
        let mut entry = Entry { key: None, values: Vec::new() };
        let mut input = body;
        while !input.is_empty() {
            let (number, wire) = wire::tag(&mut input)?;
            match number {
                1 => entry.key = Some((wire, input)),
                2 => entry.values.push((wire, input)),
                _ => {}
            }
            wire::skip(number, wire, &mut input)?;
        }
        Ok((shape, entry))
    }

    fn write_entry(&mut self, shape: &Shape, entry: &Entry<'_>, depth: u32) -> Step {
        let [key, value] = &*shape.fields else { return Err(wrong(&[], "no map")) };
        self.out.push(b',');
        self.write_key(key, entry.key)?;
        self.out.push(b':');
        match (value.kind, &*entry.values) {
            (Kind::Message(id), values) => {
                if values.len() > 1 && !self.careful {
                    return Err(Stop::Unordered);
                }
                let parts: Step<Vec<&[u8]>> = values
                    .iter()
                    .map(|&(wire, mut input)| {
                        wire::expect(wire, wire::LEN, input)?;
                        wire::bytes(&mut input)
                    })
                    .collect();
                self.message(id, &parts?, depth + 2)
            }
            (kind, [.., (wire, input)]) => {
                scalar(self.shapes, kind, *wire, &mut { *input }, self.out)
            }
            (_, []) => {
                self.out.extend_from_slice(&value.default);
                Ok(())
            }
        }
    }

    fn write_key(&mut self, field: &Field, found: Option<Found<'_>>) -> Step {
        let quotes: &[u8] = if field.kind.is_quoted() { b"" } else { b"\"" };
        self.out.extend_from_slice(quotes);
        match found {
            Some((wire, mut input)) => {
                scalar(self.shapes, field.kind, wire, &mut input, self.out)?;
            }
            None => self.out.extend_from_slice(&field.default),
        }
        self.out.extend_from_slice(quotes);
        Ok(())
    }
}

fn key<'a>(shape: &Shape, entry: &Entry<'a>) -> Step<Key<'a>> {
    let kind = shape.fields.first().map(|field| field.kind);
    let (Some(kind), Some((wire, mut input))) = (kind, entry.key) else {
        let text = kind == Some(Kind::String);
        return Ok(if text { Key::Text(&[]) } else { Key::Number(0) });
    };
    let input = &mut input;
    wire::expect(wire, kind.wire(), input)?;
    Ok(match kind {
        Kind::String => Key::Text(wire::bytes(input)?),
        Kind::Bool => Key::Number(i64::from(wire::varint(input)? != 0)),
        Kind::Int32 => Key::Number(i64::from(wire::low_signed(wire::varint(input)?))),
        Kind::Uint32 => Key::Number(i64::from(wire::low(wire::varint(input)?))),
        Kind::Sint32 => Key::Number(i64::from(zigzag32(wire::low(wire::varint(input)?)))),
        Kind::Sint64 => Key::Number(zigzag64(wire::varint(input)?)),
        Kind::Fixed32 | Kind::Sfixed32 => Key::Number(i64::from(wire::fixed32(input)?)),
        Kind::Fixed64 | Kind::Sfixed64 => Key::Number(wire::fixed64(input)?.cast_signed()),
        _ => Key::Number(wire::varint(input)?.cast_signed()),
    })
}
