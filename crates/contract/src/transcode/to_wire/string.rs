//! Strings of JSON: finding their end, and taking the escapes out.
use super::flaw::{Flaw, Sound};
use crate::transcode::violation::reason;
use std::borrow::Cow;

/// What stands between two quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'j> {
    pub(super) bytes: &'j [u8],
    pub(super) escaped: bool,
}

/// How many bytes stand before the first quote, backslash or control character.
#[inline]
pub(super) fn plain(text: &[u8]) -> usize {
    let (chunks, rest) = text.as_chunks::<16>();
    let mut length = 0;
    for chunk in chunks {
        if chunk.iter().fold(0, |found, byte| found | special(*byte)) != 0 {
            let at = chunk.iter().position(|byte| special(*byte) != 0).unwrap_or(chunk.len());
            return length + at;
        }
        length += chunk.len();
    }
    length + rest.iter().position(|byte| special(*byte) != 0).unwrap_or(rest.len())
}

#[inline]
fn special(byte: u8) -> u8 {
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

/// The length of the escape that a text begins with; `None` where there is no such escape.
pub(super) fn escape(text: &[u8]) -> Option<usize> {
    match text {
        [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(2),
        [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => {
            Some(6)
        }
        _ => None,
    }
}

impl<'j> Raw<'j> {
    /// Without escapes.
    pub(super) fn text(self) -> Sound<Cow<'j, [u8]>> {
        if !self.escaped {
            return Ok(Cow::Borrowed(self.bytes));
        }
        let mut text = Vec::with_capacity(self.bytes.len());
        self.unescape(&mut text)?;
        Ok(Cow::Owned(text))
    }

    /// Appends it without escapes.
    pub(super) fn unescape(self, out: &mut Vec<u8>) -> Sound<()> {
        let mut rest = self.bytes;
        while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
            let Some((plain, escaped)) = rest.split_at_checked(at) else { break };
            out.extend_from_slice(plain);
            rest = one(escaped, out)?;
        }
        out.extend_from_slice(rest);
        Ok(())
    }
}

/// Takes out the escape that a text begins with, a pair of surrogates at once.
fn one<'j>(text: &'j [u8], out: &mut Vec<u8>) -> Sound<&'j [u8]> {
    let [_, letter, rest @ ..] = text else { return Ok(&[]) };
    let byte = match letter {
        b'u' => return unicode(rest, out),
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => *other,
    };
    out.push(byte);
    Ok(rest)
}

fn unicode<'j>(text: &'j [u8], out: &mut Vec<u8>) -> Sound<&'j [u8]> {
    let lone = || Flaw::new(reason::BAD_UTF8, "half of a surrogate pair");
    let (high, rest) = hex(text).ok_or_else(lone)?;
    let (code, rest) = match (high, rest) {
        (0, _) => return Err(Flaw::nul()),
        (0xd800..0xdc00, [b'\\', b'u', after @ ..]) => {
            let (low, rest) = hex(after).ok_or_else(lone)?;
            let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or_else(lone)?;
            (0x1_0000 + ((high - 0xd800) << 10) + low, rest)
        }
        (code, rest) => (code, rest),
    };
    let character = char::from_u32(code).ok_or_else(lone)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(rest)
}

fn hex(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let code = digits.iter().try_fold(0, |code, digit| {
        char::from(*digit).to_digit(16).map(|digit| code << 4 | digit)
    })?;
    Some((code, rest))
}
