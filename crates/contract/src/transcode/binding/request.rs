//! Making one request.
use super::parameter::{self, Found, Way, way};
use super::query::{decode, pairs};
use super::{Binding, Bound, Content};
use crate::transcode::to_wire::{Flaw, Output, Reader, clipped};
use crate::transcode::violation::{VIOLATIONS_MAX, reason};
use crate::transcode::wire::LEN;
use crate::transcode::{Shapes, Violation};
use std::collections::{HashMap, HashSet};

/// A request message in the making.
pub(super) struct Request<'b, 'o> {
    binding: &'b Binding,
    shapes: &'b Shapes,
    output: Output<'o>,
    violations: Vec<Violation>,
    given: HashSet<Way>,
    /// Of each oneof, by the way to its message: the member that was given.
    chosen: HashMap<(Way, u16), usize>,
    masked: bool,
}

impl<'b, 'o> Request<'b, 'o> {
    pub(super) fn new(binding: &'b Binding, shapes: &'b Shapes, out: &'o mut Vec<u8>) -> Self {
        Self {
            binding,
            shapes,
            output: Output::new(out),
            violations: Vec::new(),
            given: HashSet::new(),
            chosen: HashMap::new(),
            masked: false,
        }
    }

    pub(super) fn make(
        mut self,
        path: &[&str],
        query: &str,
        body: &[u8],
    ) -> Result<(), Vec<Violation>> {
        self.path(path);
        self.query(query);
        if !body.trim_ascii().is_empty() {
            match self.body(body) {
                Ok(mask) => self.mask(&mask),
                Err(violations) => self.violations.extend(violations),
            }
        }
        self.output.finish();
        self.violations.truncate(VIOLATIONS_MAX);
        if self.violations.is_empty() { Ok(()) } else { Err(self.violations) }
    }

    fn path(&mut self, values: &[&str]) {
        let mut values = values.iter();
        for Bound { name, way, .. } in &self.binding.path {
            let written = match values.next() {
                Some(value) => self.write(way, value),
                None => Err(Flaw::new(reason::SYNTAX, "missing in the path")),
            };
            if let Err(flaw) = written {
                self.violations.push(Violation::parameter(name, flaw.reason, flaw.message));
            }
        }
    }

    fn query(&mut self, query: &str) {
        for (name, value) in pairs(query) {
            if self.violations.len() >= VIOLATIONS_MAX {
                return;
            }
            if let Err(flaw) = self.parameter(name, value) {
                let name = decode(name)
                    .map_or_else(|_| clipped(name.as_bytes()), |name| clipped(name.as_bytes()));
                self.violations.push(Violation::parameter(name, flaw.reason, flaw.message));
            }
        }
    }

    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Flaw> {
        let name = decode(name)?;
        let found = way(self.shapes, self.binding.shape, &name).ok_or_else(unknown)?;
        self.admit(&found)?;
        let value = decode(value)?;
        self.masked |= self.binding.mask.is_some_and(|m| found.way == [m]) && !value.is_empty();
        self.write(&found.way, &value)
    }

    /// Whether the query may give this field, and did not yet.
    fn admit(&mut self, found: &Found<'_>) -> Result<(), Flaw> {
        let twice = |message| Err(Flaw::new(reason::DUPLICATE_FIELD, message));
        if self.binding.path.iter().any(|bound| bound.way == found.way) {
            return twice("given in the path already");
        }
        let in_body = match self.binding.content {
            Content::None => false,
            Content::All => true,
            Content::Field { index, .. } => found.way.first() == Some(&index),
        };
        if in_body {
            return Err(Flaw::new(reason::UNKNOWN_PARAMETER, "belongs into the body"));
        }
        if found.is_output_only() {
            return Err(Flaw::new(reason::OUTPUT_ONLY, "only the server writes this"));
        }
        if !found.is_textual(self.shapes) {
            return Err(unknown());
        }
        if !self.given.insert(found.way.clone()) && !found.is_repeated() {
            return twice("given twice");
        }
        for (length, oneof) in &found.oneofs {
            let (to, member) = found.way.split_at_checked(*length).unwrap_or_default();
            let member = member.first().copied().unwrap_or_default();
            if *self.chosen.entry((to.to_vec(), *oneof)).or_insert(member) != member {
                return twice("only one of the alternatives may be given");
            }
        }
        Ok(())
    }

    fn write(&mut self, way: &[usize], text: &str) -> Result<(), Flaw> {
        parameter::write(self.shapes, self.binding.shape, way, text, &mut self.output)
    }

    /// Reads the body; answers the paths that it names where a mask is to be made of them.
    fn body(&mut self, body: &[u8]) -> Result<Vec<String>, Vec<Violation>> {
        let binding = self.binding;
        let taken: Vec<&[usize]> = binding.path.iter().map(|bound| &*bound.way).collect();
        let mut reader = Reader::new(self.shapes, body, &mut self.output);
        if binding.mask.is_some() {
            reader = reader.masking();
        }
        reader.all(|reader| match binding.content {
            Content::None => reader.nothing(),
            Content::All => reader.body(binding.shape, &taken, 0),
            Content::Field { index, .. } => reader.content(binding.shape, index, &taken),
        })
    }

    /// Writes the mask, unless the query said one.
    fn mask(&mut self, paths: &[String]) {
        let shape = self.shapes.shape(self.binding.shape);
        let field = self.binding.mask.and_then(|index| shape?.fields.get(index));
        let Some(field) = field.filter(|_| !self.masked) else { return };
        self.output.tag(field.number, LEN);
        let mark = self.output.begin();
        for path in paths {
            self.output.tag(1, LEN);
            self.output.bytes(path.as_bytes());
        }
        self.output.end(mark);
    }
}

fn unknown() -> Flaw {
    Flaw::new(reason::UNKNOWN_PARAMETER, "there is no such parameter")
}
