//! What can be wrong with one value.
use crate::transcode::violation::reason;
use std::borrow::Cow;

/// A reason and a sentence; the place is known to whoever read the value.
#[derive(Debug)]
pub(crate) struct Flaw {
    pub(crate) reason: &'static str,
    pub(crate) message: Cow<'static, str>,
}

pub(crate) type Sound<T> = Result<T, Flaw>;

impl Flaw {
    pub(crate) fn new(reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, message: message.into() }
    }

    pub(super) fn wrong_type(message: &'static str) -> Self {
        Self::new(reason::WRONG_TYPE, message)
    }

    pub(super) fn range(message: &'static str) -> Self {
        Self::new(reason::OUT_OF_RANGE, message)
    }

    pub(super) fn format(message: &'static str) -> Self {
        Self::new(reason::BAD_FORMAT, message)
    }

    pub(super) fn nul() -> Self {
        Self::new(reason::BAD_UTF8, "the character U+0000 is not taken")
    }
}

/// A foreign name for a message: not more of it than a person reads.
pub(crate) fn clipped(name: &[u8]) -> String {
    const CHARS_MAX: usize = 100;
    let text = String::from_utf8_lossy(name.get(..CHARS_MAX * 4).unwrap_or(name));
    match text.char_indices().nth(CHARS_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.into_owned(),
    }
}
