//! Values that are neither objects nor lists.
use super::Reader;
use super::flaw::Flaw;
use super::number::bits;
use super::scan::Done;
use super::string::Raw;
use super::text;
use crate::transcode::field::Kind;
use crate::transcode::violation::reason;
use crate::transcode::wire::LEN;
use std::borrow::Cow;

impl<'j> Reader<'_, 'j, '_> {
    /// One scalar, with its tag if it has a number of its own. A default value is left out
    /// unless it must be told from an absent one.
    pub(super) fn scalar(&mut self, kind: Kind, number: Option<u32>, explicit: bool) -> Done {
        match (kind, self.peek()) {
            (Kind::String, Some(b'"')) => {
                self.advance(1);
                let raw = self.string()?;
                self.string_value(raw, number, explicit)
            }
            (Kind::Bool, Some(b't' | b'f')) => {
                let value = self.peek() == Some(b't');
                self.literal(if value { b"true" } else { b"false" })?;
                self.output.bits(kind, number, explicit, u64::from(value));
                Ok(())
            }
            (Kind::Null, Some(b'n')) => {
                self.literal(b"null")?;
                self.output.bits(kind, number, explicit, 0);
                Ok(())
            }
            (Kind::String | Kind::Bool | Kind::Bytes | Kind::Null, Some(b'-' | b'0'..=b'9')) => {
                self.number()?;
                self.wrong_type(kind)
            }
            (_, Some(b'-' | b'0'..=b'9')) => {
                let token = self.number()?;
                match bits(kind, token) {
                    Ok(bits) => self.output.bits(kind, number, explicit, bits),
                    Err(flaw) => self.flawed(flaw)?,
                }
                Ok(())
            }
            (kind, Some(b'"')) if kind != Kind::Bool => {
                self.advance(1);
                let raw = self.string()?;
                self.text_value(kind, raw, number, explicit)
            }
            _ => {
                self.skip()?;
                self.wrong_type(kind)
            }
        }
    }

    fn wrong_type(&mut self, kind: Kind) -> Done {
        let message = match kind {
            Kind::String => "must be a string",
            Kind::Bool => "must be true or false",
            Kind::Bytes => "must be a string of base64",
            Kind::Enum(_) => "must be the name of a value",
            Kind::Null => "must be null",
            _ => "must be a number",
        };
        self.place.refuse(reason::WRONG_TYPE, message)
    }

    pub(super) fn flawed(&mut self, flaw: Flaw) -> Done {
        self.place.refuse(flaw.reason, flaw.message)
    }

    #[inline]
    fn string_value(&mut self, raw: Raw<'j>, number: Option<u32>, explicit: bool) -> Done {
        if raw.bytes.is_empty() && !explicit {
            return Ok(());
        }
        if let Some(number) = number {
            self.output.tag(number, LEN);
        }
        if !raw.escaped {
            self.output.bytes(raw.bytes);
            return Ok(());
        }
        let mark = self.output.begin();
        if let Err(flaw) = raw.unescape(self.output.bytes) {
            self.flawed(flaw)?;
        }
        self.output.end(mark);
        Ok(())
    }

    /// A value of another kind that is given as a string.
    fn text_value(
        &mut self,
        kind: Kind,
        raw: Raw<'j>,
        number: Option<u32>,
        explicit: bool,
    ) -> Done {
        let value = raw.text().and_then(|given| {
            text::scalar_text(self.shapes, kind, &given, (number, explicit), self.output)
        });
        value.or_else(|flaw| self.flawed(flaw))
    }

    /// The string that comes, without escapes; `None` if it is none, which is noted.
    pub(super) fn text(&mut self, expected: &str) -> Done<Option<Cow<'j, [u8]>>> {
        if self.peek() != Some(b'"') {
            self.skip()?;
            return self.place.refuse(reason::WRONG_TYPE, expected).map(|()| None);
        }
        self.advance(1);
        match self.string()?.text() {
            Ok(text) => Ok(Some(text)),
            Err(flaw) => self.flawed(flaw).map(|()| None),
        }
    }
}
