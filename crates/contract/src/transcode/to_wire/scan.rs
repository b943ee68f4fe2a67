//! JSON's own grammar: what every value has in common, whatever it is for.
use super::Reader;
use super::number;
use super::place::Halt;
use super::string::{Raw, escape, plain};
use crate::transcode::violation::reason;

/// How deep objects and lists may lie in each other.
const NESTING_MAX: u32 = 64;

pub(super) type Done<T = ()> = Result<T, Halt>;

impl<'j> Reader<'_, 'j, '_> {
    /// The next byte that is not white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let [byte, rest @ ..] = self.rest {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.rest = rest;
        }
        None
    }

    #[inline]
    pub(super) fn advance(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    /// Passes over `wanted` if it is next.
    #[inline]
    pub(super) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.advance(1);
        }
        found
    }

    /// Stops reading here.
    #[cold]
    pub(super) fn broken(&mut self, message: &str) -> Halt {
        if self.rest.is_empty() && self.cut {
            return self.place.halt(reason::BAD_UTF8, "not UTF-8");
        }
        let message = if self.rest.is_empty() { "the text ends too early" } else { message };
        self.place.syntax(self.length - self.rest.len(), message)
    }

    /// Goes into the object or list whose bracket was just passed.
    #[inline]
    pub(super) fn enter(&mut self) -> Done {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.place.halt(reason::TOO_DEEP, "nested more than 64 levels deep"));
        }
        Ok(())
    }

    /// Whether another member or item follows; if not, the closing bracket was passed.
    #[inline]
    pub(super) fn more(&mut self, first: bool, close: u8) -> Done<bool> {
        if self.take(close) {
            self.nesting -= 1;
            return Ok(false);
        }
        if first || self.take(b',') {
            return Ok(true);
        }
        Err(self.broken("a comma or the end of the list is missing"))
    }

    /// A member's name and its colon.
    #[inline]
    pub(super) fn name(&mut self) -> Done<Raw<'j>> {
        if !self.take(b'"') {
            return Err(self.broken("a name in quotes is missing"));
        }
        let name = self.string()?;
        if !self.take(b':') {
            return Err(self.broken("a colon is missing"));
        }
        Ok(name)
    }

    /// The rest of a string whose first quote was passed.
    #[inline]
    pub(super) fn string(&mut self) -> Done<Raw<'j>> {
        let start = self.rest;
        let mut escaped = false;
        loop {
            self.advance(plain(self.rest));
            match self.rest {
                [b'"', rest @ ..] => {
                    let length = start.len() - self.rest.len();
                    self.rest = rest;
                    return Ok(Raw { bytes: start.get(..length).unwrap_or_default(), escaped });
                }
                [b'\\', ..] => {
                    escaped = true;
                    let Some(length) = escape(self.rest) else {
                        return Err(self.broken("an escape that JSON has not"));
                    };
                    self.advance(length);
                }
                _ => return Err(self.broken("a control character in a string")),
            }
        }
    }

    /// A number.
    #[inline]
    pub(super) fn number(&mut self) -> Done<&'j [u8]> {
        let Some(length) = number::token(self.rest) else {
            return Err(self.broken("a number that is none"));
        };
        let token = self.rest.get(..length).unwrap_or_default();
        self.advance(length);
        Ok(token)
    }

    /// Passes over `true`, `false` or `null`.
    pub(super) fn literal(&mut self, word: &[u8]) -> Done {
        if !self.rest.starts_with(word) {
            return Err(self.broken("a word that JSON has not"));
        }
        self.advance(word.len());
        Ok(())
    }

    /// Passes over a value of any kind.
    pub(super) fn skip(&mut self) -> Done {
        match self.peek() {
            Some(b'{') => self.skip_all(b'}'),
            Some(b'[') => self.skip_all(b']'),
            Some(b'"') => {
                self.advance(1);
                self.string().map(drop)
            }
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number().map(drop),
            _ => Err(self.broken("a value is missing")),
        }
    }

    fn skip_all(&mut self, close: u8) -> Done {
        self.advance(1);
        self.enter()?;
        let mut first = true;
        while self.more(first, close)? {
            first = false;
            if close == b'}' {
                self.name()?;
            }
            self.skip()?;
        }
        Ok(())
    }
}
