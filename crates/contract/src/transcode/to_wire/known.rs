//! Well-known types, each with a JSON of its own.
use super::Reader;
use super::place::Hop;
use super::scan::Done;
use super::{number, text};
use crate::transcode::field::Kind;
use crate::transcode::table::{Form, Shape};
use crate::transcode::violation::reason;

/// The members of `google.protobuf.Value`.
const NULL: u32 = 1;
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const BOOL: u32 = 4;
const STRUCT: u32 = 5;
const LIST: u32 = 6;

impl<'s> Reader<'s, '_, '_> {
    pub(super) fn known(&mut self, shape: &'s Shape, depth: u32) -> Done {
        match shape.form {
            Form::Timestamp => self.said(shape, "must be a time in a string"),
            Form::Duration => self.said(shape, "must be seconds in a string such as \"1.5s\""),
            Form::FieldMask => self.said(shape, "must be paths in a string"),
            Form::Wrapper => match shape.fields.first() {
                Some(field) => self.scalar(field.kind, Some(field.number), false),
                None => self.skip(),
            },
            Form::Struct | Form::List => self.sole(shape, depth),
            Form::Value => self.value(shape, depth),
            Form::Empty | Form::Message => self.nothing(),
        }
    }

    fn said(&mut self, shape: &Shape, expected: &str) -> Done {
        let Some(given) = self.text(expected)? else { return Ok(()) };
        let given = std::str::from_utf8(&given).unwrap_or_default();
        match text::message_text(self.shapes, shape, given, self.output) {
            Ok(()) => Ok(()),
            Err(flaw) => self.flawed(flaw),
        }
    }

    /// An empty object: all that a body may be where there is none.
    pub(in crate::transcode) fn nothing(&mut self) -> Done {
        if self.peek() != Some(b'{') {
            self.skip()?;
            return self.place.refuse(reason::WRONG_TYPE, "must be an empty object");
        }
        self.advance(1);
        self.enter()?;
        let mut first = true;
        while self.more(first, b'}')? {
            first = false;
            let name = self.name()?;
            self.place.hops.push(Hop::Name(name));
            self.place.refuse(reason::UNKNOWN_FIELD, "there are no fields here")?;
            self.skip()?;
            self.place.hops.pop();
        }
        Ok(())
    }

    /// Any JSON.
    fn value(&mut self, shape: &'s Shape, depth: u32) -> Done {
        let member = |wanted: u32| {
            let field = shape.find(wanted).map(|(_, field)| field.kind);
            if let Some(Kind::Message(id)) = field { Some(id) } else { None }
        };
        match self.peek() {
            Some(b'{') => self.nested(STRUCT, member(STRUCT), depth),
            Some(b'[') => self.nested(LIST, member(LIST), depth),
            Some(b'"') => self.scalar(Kind::String, Some(STRING), true),
            Some(b't' | b'f') => self.scalar(Kind::Bool, Some(BOOL), true),
            Some(b'n') => self.scalar(Kind::Null, Some(NULL), true),
            Some(b'-' | b'0'..=b'9') => {
                let token = self.number()?;
                match number::double(token) {
                    Ok(value) => {
                        self.output.bits(Kind::Double, Some(NUMBER), true, value.to_bits());
                        Ok(())
                    }
                    Err(flaw) => self.flawed(flaw),
                }
            }
            _ => self.skip(),
        }
    }
}
