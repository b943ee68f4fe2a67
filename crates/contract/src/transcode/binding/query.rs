//! Query strings.
use crate::transcode::to_wire::{Flaw, Sound};
use crate::transcode::violation::reason;
use std::borrow::Cow;

/// Names and values as they stand there, in order.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Takes out percent-encoding and `+`.
pub(super) fn decode(text: &str) -> Sound<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (byte, after) = hex(rest).ok_or_else(broken)?;
                rest = after;
                byte
            }
            byte => *byte,
        });
    }
    let decoded = String::from_utf8(decoded);
    Ok(Cow::Owned(decoded.map_err(|_| Flaw::new(reason::BAD_UTF8, "not UTF-8"))?))
}

fn broken() -> Flaw {
    Flaw::new(reason::SYNTAX, "a percent sign without two hexadecimal digits")
}

fn hex(text: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, rest @ ..] = text else { return None };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    Some((u8::try_from(digit(high)? << 4 | digit(low)?).ok()?, rest))
}
