//! `ETag` and `If-None-Match`.
//!
//! A tag is `"<revision>-<hash>"`: services compare the revision (`If-Match`), the gateway the
//! whole (`If-None-Match`), since answers differ by viewer and by fields of time. The hash is that
//! of the protobuf bytes, seeded with the contract's: half as long as the JSON, and what has not
//! changed need not be transcoded. The same tag of a compressed answer is a weak one.

use std::fmt::Write as _;

use bytes::BytesMut;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};
use twox_hash::XxHash3_64;

/// A fast hash, the same in every process. It guards nothing.
pub(crate) fn hash(bytes: &[u8], seed: u64) -> u64 {
    XxHash3_64::oneshot_with_seed(seed, bytes)
}

/// The tag of an answer; lists have no revision.
pub(crate) fn strong(revision: Option<i64>, hash: u64) -> HeaderValue {
    let mut tag = BytesMut::with_capacity(48);
    let written = match revision {
        Some(revision) => write!(tag, "\"{revision}-{hash:016x}\""),
        None => write!(tag, "\"x-{hash:016x}\""),
    };
    written
        .ok()
        .and_then(|()| HeaderValue::from_maybe_shared(tag.freeze()).ok())
        .unwrap_or(HeaderValue::from_static("\"\""))
}

/// The weak form of a tag.
pub(crate) fn weak(tag: &HeaderValue) -> HeaderValue {
    let strong = tag.as_bytes();
    HeaderValue::from_bytes(&[b"W/", strong].concat()).unwrap_or_else(|_| tag.clone())
}

/// Whether the client has this answer: `If-None-Match` by weak comparison.
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let mut given = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given.any(|list| {
        list.split(',').map(str::trim).any(|one| {
            one == "*" || one.strip_prefix("W/").unwrap_or(one).as_bytes() == tag.as_bytes()
        })
    })
}

/// The value of a message's own `int64` field; 0 where it is not on the wire.
pub(crate) fn int64(wire: &[u8], number: u32) -> Option<i64> {
    let (mut rest, mut value) = (wire, 0);
    while !rest.is_empty() {
        let key = varint(&mut rest)?;
        match key & 7 {
            0 => {
                let found = varint(&mut rest)?;
                if key >> 3 == u64::from(number) {
                    value = found.cast_signed();
                }
            }
            1 => rest = rest.get(8..)?,
            2 => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
            }
            5 => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some(value)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(given: &str) -> bool {
        let headers =
            HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(given).unwrap())]);
        is_known(&headers, &strong(Some(7), 0xabc))
    }

    #[test]
    fn a_tag_is_the_revision_and_the_hash() {
        assert_eq!(strong(Some(7), 0xabc), "\"7-0000000000000abc\"");
        assert_eq!(strong(None, 0xabc), "\"x-0000000000000abc\"");
        assert_eq!(weak(&strong(Some(7), 0xabc)), "W/\"7-0000000000000abc\"");
    }

    #[test]
    fn if_none_match_compares_the_whole() {
        for given in [
            "\"7-0000000000000abc\"",
            "W/\"7-0000000000000abc\"",
            "\"other\", \"7-0000000000000abc\"",
            "*",
        ] {
            assert!(known(given), "{given}");
        }
        for given in ["\"7\"", "\"7-0000000000000abd\"", "7-0000000000000abc", ""] {
            assert!(!known(given), "{given}");
        }
    }

    #[test]
    fn the_revision_is_read_off_the_wire() {
        let wire =
            [0x0a, 2, b'h', b'i', 0x10, 0x96, 0x01, 0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8];

        assert_eq!(int64(&wire, 2), Some(150));
        assert_eq!(int64(&wire, 9), Some(0));
        assert_eq!(int64(&[], 2), Some(0));
        for end in [1, 2, 3, 5, 9, 15] {
            assert_eq!(int64(&wire[..end], 2), None, "cut at {end}");
        }
        assert_eq!(
            int64(&[0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 2),
            Some(-1)
        );
    }
}
