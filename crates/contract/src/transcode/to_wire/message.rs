//! Objects that are messages.
use super::Reader;
use super::flaw::clipped;
use super::place::Hop;
use super::scan::Done;
use crate::transcode::ShapeId;
use crate::transcode::field::{Field, Kind, Label};
use crate::transcode::table::{Form, Shape};
use crate::transcode::violation::reason;
use crate::transcode::wire::{DEPTH_MAX, LEN};

/// Fields that were given otherwise, as ways of field indexes from here.
pub(in crate::transcode) type Taken<'a> = &'a [&'a [usize]];

/// Which fields and oneofs of one message were seen.
#[derive(Default)]
struct Seen {
    first: u64,
    more: Vec<u64>,
}

impl Seen {
    /// Whether it was not seen before.
    #[inline]
    fn insert(&mut self, index: usize) -> bool {
        let bit = 1 << (index & 63);
        let word = match index >> 6 {
            0 => &mut self.first,
            word => {
                if self.more.len() < word {
                    self.more.resize(word, 0);
                }
                match self.more.get_mut(word - 1) {
                    Some(word) => word,
                    None => return true,
                }
            }
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

impl<'s> Reader<'s, '_, '_> {
    /// The fields of a message of any form, without its tag and length.
    pub(in crate::transcode) fn body(&mut self, id: ShapeId, taken: Taken<'_>, depth: u32) -> Done {
        let Some(shape) = self.shape(id).filter(|_| depth <= DEPTH_MAX) else {
            return Err(self.place.halt(reason::TOO_DEEP, "nested too deep"));
        };
        match shape.form {
            Form::Message => self.message(shape, taken, depth),
            _ => self.known(shape, depth),
        }
    }

    /// A body that is one field of the message `root`. Paths in a mask start inside of it.
    pub(in crate::transcode) fn content(
        &mut self,
        root: ShapeId,
        index: usize,
        taken: Taken<'_>,
    ) -> Done {
        let Some(field) = self.shape(root).and_then(|shape| shape.fields.get(index)) else {
            return self.skip();
        };
        if self.is_unset(field) {
            return self.skip();
        }
        match (field.label, field.kind) {
            (Label::Implicit | Label::Explicit, Kind::Message(id)) => {
                let inner: Vec<&[usize]> = below(taken, index).collect();
                self.single(field.number, id, &inner, 0)
            }
            _ => self.field(index, field, taken, 0),
        }
    }

    fn message(&mut self, shape: &'s Shape, taken: Taken<'_>, depth: u32) -> Done {
        if self.peek() != Some(b'{') {
            self.skip()?;
            return self.place.refuse(reason::WRONG_TYPE, "must be an object");
        }
        self.advance(1);
        self.enter()?;
        let mut seen = [Seen::default(), Seen::default()];
        let mut first = true;
        while self.more(first, b'}')? {
            first = false;
            let name = self.name()?;
            self.place.hops.push(Hop::Name(name));
            let known = if name.escaped {
                name.text().ok().and_then(|text| shape.named(&text))
            } else {
                shape.named(name.bytes)
            };
            if let Some(known) = known {
                self.member(known, &mut seen, taken, depth)?;
            } else {
                let message = format!("there is no field `{}`", clipped(name.bytes));
                self.place.refuse(reason::UNKNOWN_FIELD, message)?;
                self.skip()?;
            }
            self.place.hops.pop();
        }
        if first {
            self.name_whole();
        }
        Ok(())
    }

    fn member(
        &mut self,
        (index, field): (usize, &'s Field),
        [fields, oneofs]: &mut [Seen; 2],
        taken: Taken<'_>,
        depth: u32,
    ) -> Done {
        let refusal = if !fields.insert(index) {
            Some((reason::DUPLICATE_FIELD, "given twice"))
        } else if taken.contains(&&[index][..]) {
            Some((reason::DUPLICATE_FIELD, "given in the path already"))
        } else if field.output_only {
            Some((reason::OUTPUT_ONLY, "only the server writes this"))
        } else if self.is_unset(field) {
            self.name_path(field);
            return self.skip();
        } else if field.oneof.is_some_and(|oneof| !oneofs.insert(oneof.into())) {
            Some((reason::DUPLICATE_FIELD, "only one of the alternatives may be given"))
        } else {
            None
        };
        if let Some((reason, message)) = refusal {
            self.place.refuse(reason, message)?;
            return self.skip();
        }
        self.field(index, field, taken, depth)
    }

    /// Whether null comes, and means that the field is not there.
    #[inline]
    fn is_unset(&mut self, field: &Field) -> bool {
        self.peek() == Some(b'n') && self.rest.starts_with(b"null") && !self.takes_null(field)
    }

    fn takes_null(&self, field: &Field) -> bool {
        match (field.label, field.kind) {
            (Label::Repeated | Label::Map, _) => false,
            (_, Kind::Null) => true,
            (_, kind) => self.shapes.form(kind) == Some(Form::Value),
        }
    }

    fn field(&mut self, index: usize, field: &'s Field, taken: Taken<'_>, depth: u32) -> Done {
        match (field.label, field.kind) {
            (Label::Repeated, _) => self.whole(field, |reader| reader.list(field, depth)),
            (Label::Map, _) => self.whole(field, |reader| reader.map(field, depth)),
            (_, Kind::Message(id)) => {
                if self.shapes.form(field.kind) == Some(Form::Message) {
                    let inner: Vec<&[usize]> = below(taken, index).collect();
                    self.within(field, |reader| reader.single(field.number, id, &inner, depth))
                } else {
                    self.whole(field, |reader| reader.single(field.number, id, &[], depth))
                }
            }
            (label, kind) => {
                self.name_path(field);
                self.scalar(kind, Some(field.number), label == Label::Explicit)
            }
        }
    }

    /// One message with its tag and length.
    pub(super) fn single(
        &mut self,
        number: u32,
        id: ShapeId,
        taken: Taken<'_>,
        depth: u32,
    ) -> Done {
        self.output.tag(number, LEN);
        let mark = self.output.begin();
        self.body(id, taken, depth + 1)?;
        self.output.end(mark);
        Ok(())
    }
}

/// The ways that lead on through a field.
fn below(taken: Taken<'_>, index: usize) -> impl Iterator<Item = &[usize]> {
    taken.iter().filter_map(move |way| match way {
        [first, rest @ ..] if *first == index => Some(rest),
        _ => None,
    })
}
