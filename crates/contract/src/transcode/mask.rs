//! Field paths in both spellings.

/// Appends a `snake_case` path in `camelCase`. `None`: it could not be turned back.
pub(super) fn camel(path: &str, out: &mut Vec<u8>) -> Option<()> {
    let mut capital = false;
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' => return None,
            b'a'..=b'z' if capital => out.push(byte.to_ascii_uppercase()),
            _ if capital => return None,
            b'_' => {}
            0..0x20 | b'"' | b'\\' | b',' => return None,
            _ => out.push(byte),
        }
        capital = byte == b'_';
    }
    if capital { None } else { Some(()) }
}

/// Appends a `camelCase` path in `snake_case`. `None`: it has an underscore, so it is none.
pub(super) fn snake(path: &str, out: &mut Vec<u8>) -> Option<()> {
    for byte in path.bytes() {
        match byte {
            b'_' => return None,
            b'A'..=b'Z' => out.extend_from_slice(&[b'_', byte.to_ascii_lowercase()]),
            _ => out.push(byte),
        }
    }
    Some(())
}
