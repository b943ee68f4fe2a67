//! Lists and maps.
use super::Reader;
use super::place::Hop;
use super::scan::Done;
use super::string::Raw;
use crate::transcode::ShapeId;
use crate::transcode::field::{Field, Kind, Label};
use crate::transcode::table::Shape;
use crate::transcode::violation::reason;
use crate::transcode::wire::LEN;
use std::borrow::Cow;
use std::collections::HashSet;

impl<'s, 'j> Reader<'s, 'j, '_> {
    pub(super) fn list(&mut self, field: &Field, depth: u32) -> Done {
        if self.peek() != Some(b'[') {
            self.skip()?;
            return self.place.refuse(reason::WRONG_TYPE, "must be a list");
        }
        if !field.packed {
            return self.items(|reader| reader.item(field, Some(field.number), depth));
        }
        let start = self.output.bytes.len();
        self.output.tag(field.number, LEN);
        let mark = self.output.begin();
        self.items(|reader| reader.item(field, None, depth))?;
        if self.output.is_empty_since(mark) {
            self.output.bytes.truncate(start);
        } else {
            self.output.end(mark);
        }
        Ok(())
    }

    /// Reads each item of the list that comes by `read`.
    pub(super) fn items(&mut self, mut read: impl FnMut(&mut Self) -> Done) -> Done {
        self.advance(1);
        self.enter()?;
        let mut index = 0;
        while self.more(index == 0, b']')? {
            self.place.hops.push(Hop::Index(index));
            read(self)?;
            self.place.hops.pop();
            index += 1;
        }
        Ok(())
    }

    fn item(&mut self, field: &Field, number: Option<u32>, depth: u32) -> Done {
        match field.kind {
            Kind::Message(id) => self.single(field.number, id, &[], depth),
            kind => self.scalar(kind, number, true),
        }
    }

    pub(super) fn map(&mut self, field: &Field, depth: u32) -> Done {
        let Kind::Message(entry) = field.kind else { return self.skip() };
        let Some(entry) = self.shape(entry) else { return self.skip() };
        if self.peek() != Some(b'{') {
            self.skip()?;
            return self.place.refuse(reason::WRONG_TYPE, "must be an object");
        }
        self.advance(1);
        self.enter()?;
        let mut seen = HashSet::new();
        let mut first = true;
        while self.more(first, b'}')? {
            first = false;
            let name = self.name()?;
            self.place.hops.push(Hop::Name(name));
            self.entry(field.number, entry, (name, &mut seen), depth)?;
            self.place.hops.pop();
        }
        Ok(())
    }

    fn entry(
        &mut self,
        number: u32,
        entry: &'s Shape,
        (name, seen): (Raw<'j>, &mut HashSet<Cow<'j, [u8]>>),
        depth: u32,
    ) -> Done {
        let [key, value] = &*entry.fields else { return self.skip() };
        let text = match name.text() {
            Ok(text) => text,
            Err(flaw) => {
                self.place.refuse(flaw.reason, flaw.message)?;
                return self.skip();
            }
        };
        self.output.tag(number, LEN);
        let mark = self.output.begin();
        let start = self.output.bytes.len();
        if let Err(flaw) = self.key(key, &text) {
            self.place.refuse(flaw.reason, flaw.message)?;
            return self.skip();
        }
        let written = self.output.bytes.get(start..).unwrap_or_default();
        // As numbers have many spellings, keys are the same when their wire bytes are.
        let same = if key.kind == Kind::String { text } else { Cow::Owned(written.to_vec()) };
        if !seen.insert(same) {
            self.place.refuse(reason::DUPLICATE_FIELD, "the key is given twice")?;
            return self.skip();
        }
        self.entry_value(value, depth)?;
        self.output.end(mark);
        Ok(())
    }

    fn entry_value(&mut self, value: &Field, depth: u32) -> Done {
        match value.kind {
            Kind::Message(id) => self.single(value.number, id, &[], depth + 1),
            kind => self.scalar(kind, Some(value.number), value.label == Label::Explicit),
        }
    }

    /// A `Struct` or `ListValue` is its one field.
    pub(super) fn sole(&mut self, shape: &'s Shape, depth: u32) -> Done {
        match shape.fields.first() {
            Some(field) if field.label == Label::Map => self.map(field, depth),
            Some(field) => self.list(field, depth),
            None => self.skip(),
        }
    }

    /// Reads a well-known message with tag and length when its shape is known by id.
    pub(super) fn nested(&mut self, number: u32, id: Option<ShapeId>, depth: u32) -> Done {
        match id {
            Some(id) => self.single(number, id, &[], depth),
            None => self.skip(),
        }
    }
}
