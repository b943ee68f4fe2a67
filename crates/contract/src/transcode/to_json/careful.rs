//! Messages whose fields come late, or again: gathered, sorted, merged, then written.
use super::{Writer, known::finite, scalar::scalar};
use crate::transcode::field::{Field, Kind, Label};
use crate::transcode::table::Shape;
use crate::transcode::wire::{self, Step};
use std::collections::HashMap;

/// One occurrence of a field: its index, wire type, and the input after the tag.
struct Found<'a> {
    index: usize,
    wire: u8,
    at: &'a [u8],
}

impl<'s> Writer<'s, '_> {
    pub(super) fn sorted(&mut self, shape: &'s Shape, parts: &[&[u8]], depth: u32) -> Step {
        let mut found = gather(shape, parts)?;
        settle_oneofs(shape, &mut found);
        found.sort_by_key(|found| found.index);
        let start = self.out.len();
        let mut next = 0;
        for group in found.chunk_by(|a, b| a.index == b.index) {
            let Some(Found { index, .. }) = group.first() else { continue };
            let Some(field) = shape.fields.get(*index) else { continue };
            self.out.extend_from_slice(shape.absent(next, *index));
            next = index + 1;
            self.out.extend_from_slice(&field.key);
            self.group(field, group, depth)?;
        }
        self.out.extend_from_slice(shape.absent(next, shape.fields.len()));
        self.close(start, *b"{}");
        Ok(())
    }

    /// The one field of a `Struct` or `ListValue`; `empty` stands for an absent one.
    pub(super) fn sorted_sole(
        &mut self,
        shape: &'s Shape,
        parts: &[&[u8]],
        empty: [u8; 2],
        depth: u32,
    ) -> Step {
        let mut found = gather(shape, parts)?;
        found.retain(|found| found.index == 0);
        match shape.fields.first() {
            Some(field) if !found.is_empty() => self.group(field, &found, depth),
            _ => {
                self.out.extend_from_slice(&empty);
                Ok(())
            }
        }
    }

    /// The member of a oneof-like message that was said last, without its name.
    pub(super) fn sorted_value(
        &mut self,
        shape: &'s Shape,
        parts: &[&[u8]],
        depth: u32,
    ) -> Step<bool> {
        let mut found = gather(shape, parts)?;
        settle_oneofs(shape, &mut found);
        let field = found.first().and_then(|found| shape.fields.get(found.index));
        let (Some(field), Some(last)) = (field, found.last()) else { return Ok(false) };
        finite(field, last.at)?;
        self.group(field, &found, depth)?;
        Ok(true)
    }

    /// All occurrences of one field.
    fn group(&mut self, field: &Field, found: &[Found<'_>], depth: u32) -> Step {
        match (field.label, field.kind) {
            (Label::Repeated, _) => {
                let start = self.out.len();
                for Found { wire, at, .. } in found {
                    self.items(field, *wire, &mut { *at }, depth)?;
                }
                self.close(start, *b"[]");
                Ok(())
            }
            (Label::Map, _) => self.sorted_map(field, &bodies(found)?, depth),
            (_, Kind::Message(id)) => self.message(id, &bodies(found)?, depth + 1),
            (_, kind) => match found.last() {
                Some(Found { wire, at, .. }) => {
                    scalar(self.shapes, kind, *wire, &mut { *at }, self.out)
                }
                None => Ok(()),
            },
        }
    }
}

fn gather<'a>(shape: &Shape, parts: &[&'a [u8]]) -> Step<Vec<Found<'a>>> {
    let mut found = Vec::new();
    for part in parts {
        let mut input = *part;
        while !input.is_empty() {
            let (number, wire) = wire::tag(&mut input)?;
            if let Some((index, _)) = shape.find(number) {
                found.push(Found { index, wire, at: input });
            }
            wire::skip(number, wire, &mut input)?;
        }
    }
    Ok(found)
}

fn bodies<'a>(found: &[Found<'a>]) -> Step<Vec<&'a [u8]>> {
    found
        .iter()
        .map(|Found { wire, at, .. }| {
            wire::expect(*wire, wire::LEN, at)?;
            wire::bytes(&mut { *at })
        })
        .collect()
}

/// Of a oneof only the last run of its last member counts: another member clears what was there.
fn settle_oneofs(shape: &Shape, found: &mut Vec<Found<'_>>) {
    let oneof = |found: &Found<'_>| shape.fields.get(found.index).and_then(|field| field.oneof);
    let mut runs = HashMap::new();
    for (at, found) in found.iter().enumerate() {
        let Some(oneof) = oneof(found) else { continue };
        let run = runs.entry(oneof).or_insert((found.index, at));
        if run.0 != found.index {
            *run = (found.index, at);
        }
    }
    let mut at = 0;
    found.retain(|found| {
        let run = oneof(found).and_then(|oneof| runs.get(&oneof));
        let counts = run.is_none_or(|(index, since)| *index == found.index && *since <= at);
        at += 1;
        counts
    });
}
