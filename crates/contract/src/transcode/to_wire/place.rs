//! Where the reader is, and what it found wrong so far.
use super::flaw::clipped;
use super::string::Raw;
use crate::transcode::Violation;
use crate::transcode::violation::{VIOLATIONS_MAX, reason};

/// One step from the root of the body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hop<'j> {
    Name(Raw<'j>),
    Index(usize),
}

/// Reading ends here: not JSON, too deep, or enough violations.
#[derive(Debug)]
pub(crate) struct Halt;

/// The way from the root, and the violations.
#[derive(Debug, Default)]
pub(super) struct Place<'j> {
    pub(super) hops: Vec<Hop<'j>>,
    pub(super) violations: Vec<Violation>,
}

impl Place<'_> {
    /// Notes a violation here.
    #[cold]
    pub(super) fn refuse(
        &mut self,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Result<(), Halt> {
        self.violations.push(Violation::body(self.pointer(), reason, message));
        if self.violations.len() < VIOLATIONS_MAX { Ok(()) } else { Err(Halt) }
    }

    /// Notes a violation after which nothing can be read.
    #[cold]
    pub(super) fn halt(&mut self, reason: &'static str, message: impl Into<String>) -> Halt {
        self.violations.push(Violation::body(self.pointer(), reason, message));
        Halt
    }

    #[cold]
    pub(super) fn syntax(&mut self, at: usize, message: &str) -> Halt {
        self.halt(reason::SYNTAX, format!("{message}, at byte {at}"))
    }

    /// The JSON pointer of this place; a key of more than 100 characters is cut.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for hop in &self.hops {
            pointer.push('/');
            match hop {
                Hop::Index(index) => pointer.push_str(&index.to_string()),
                Hop::Name(raw) => {
                    let name =
                        raw.text().map_or_else(|_| clipped(raw.bytes), |text| clipped(&text));
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                }
            }
        }
        pointer
    }
}
