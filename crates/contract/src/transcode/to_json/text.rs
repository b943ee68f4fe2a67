//! Strings, checked and escaped.
use crate::transcode::wire::{Step, wrong};

/// Some byte must be escaped.
const ESCAPE: u8 = 1;
/// Some byte is not ASCII.
const WIDE: u8 = 0x80;

/// Writes a string in quotes.
#[inline]
pub(super) fn write(bytes: &[u8], out: &mut Vec<u8>) -> Step {
    out.push(b'"');
    let found = classify(bytes);
    if found & WIDE != 0 {
        check(bytes)?;
    }
    if found & ESCAPE == 0 {
        out.extend_from_slice(bytes);
    } else {
        escape(bytes, out);
    }
    out.push(b'"');
    Ok(())
}

/// Sixteen bytes at a time, which the compiler does in one vector.
#[inline]
fn classify(bytes: &[u8]) -> u8 {
    let (chunks, rest) = bytes.as_chunks::<16>();
    let mut found = 0;
    for chunk in chunks {
        found |= chunk.iter().fold(0, |found, byte| found | class(*byte));
    }
    rest.iter().fold(found, |found, byte| found | class(*byte))
}

#[inline]
fn class(byte: u8) -> u8 {
    (byte & WIDE) | u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

fn check(bytes: &[u8]) -> Step {
    std::str::from_utf8(bytes).map(drop).map_err(|error| {
        wrong(bytes.get(error.valid_up_to()..).unwrap_or_default(), "text that is not UTF-8")
    })
}

#[cold]
fn escape(mut bytes: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = bytes.iter().position(|byte| class(*byte) & ESCAPE != 0) {
        let Some((plain, [byte, rest @ ..])) = bytes.split_at_checked(at) else { break };
        out.extend_from_slice(plain);
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        bytes = rest;
    }
    out.extend_from_slice(bytes);
}
