//! A request's path, taken apart once.

use std::borrow::Cow;

use http::StatusCode;

use crate::problem::Problem;

/// The most segments of a path.
const SEGMENTS_MAX: usize = 32;

/// The segments of a path, each decoded once, and the custom verb.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Path<'a> {
    pub(super) segments: Vec<Cow<'a, str>>,
    pub(super) verb: Option<&'a str>,
}

impl<'a> Path<'a> {
    /// Splits at the slashes and at the last segment's colon **before** anything is decoded, so
    /// that `%2F` and `%3A` are parts of a value. `None` where no route can be meant: an empty
    /// segment, a dot segment (however it is written), too many segments.
    ///
    /// # Errors
    /// 400 for an escape that cannot be decoded.
    pub(crate) fn split(raw: &'a str) -> Result<Option<Self>, Problem> {
        let Some(rest) = raw.strip_prefix('/') else { return Ok(None) };
        let (rest, verb) = match rest.rsplit_once(':') {
            Some((rest, verb)) if !verb.contains('/') => (rest, Some(verb)),
            _ => (rest, None),
        };
        let mut segments = Vec::with_capacity(6);
        for raw in rest.split('/') {
            let segment = decode(raw)?;
            if matches!(segment.as_ref(), "" | "." | "..") || segments.len() == SEGMENTS_MAX {
                return Ok(None);
            }
            segments.push(segment);
        }
        Ok(Some(Self { segments, verb }))
    }
}

fn decode(raw: &str) -> Result<Cow<'_, str>, Problem> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { escaped(&mut rest).ok_or_else(bad)? } else { byte });
    }
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    if text.chars().any(char::is_control) { Err(bad()) } else { Ok(Cow::Owned(text)) }
}

fn escaped(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let mut digit = || char::from(rest.next()?).to_digit(16);
    let byte = digit()? * 16 + digit()?;
    u8::try_from(byte).ok()
}

fn bad() -> Problem {
    let detail = "the path has an escape that is no UTF-8 text";
    Problem::new(StatusCode::BAD_REQUEST, "BAD_PATH", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(raw: &str) -> Option<(Vec<String>, Option<&str>)> {
        let path = Path::split(raw).unwrap()?;
        Some((path.segments.into_iter().map(Cow::into_owned).collect(), path.verb))
    }

    fn segments(raw: &str) -> Vec<String> {
        split(raw).unwrap().0
    }

    #[test]
    fn the_verb_is_split_off_the_raw_path() {
        assert_eq!(split("/v1/offers/7:publish").unwrap().1, Some("publish"));
        assert_eq!(segments("/v1/offers/7:publish"), ["v1", "offers", "7"]);
        assert_eq!(segments("/v1/offers/a:b:publish"), ["v1", "offers", "a:b"]);
        assert_eq!(
            split("/v1/a:b/c").unwrap(),
            (vec!["v1".into(), "a:b".into(), "c".into()], None)
        );
    }

    #[test]
    fn an_escaped_slash_or_colon_is_part_of_a_value() {
        assert_eq!(segments("/v1/offers/a%2Fb"), ["v1", "offers", "a/b"]);
        assert_eq!(split("/v1/offers/7%3Apublish").unwrap().1, None);
        assert_eq!(segments("/v1/offers/7%3Apublish"), ["v1", "offers", "7:publish"]);
    }

    #[test]
    fn a_segment_is_decoded_once() {
        assert_eq!(segments("/v1/%252F"), ["v1", "%2F"]);
        assert_eq!(segments("/v1/caf%C3%A9"), ["v1", "café"]);
        assert_eq!(segments("/v1/a+b"), ["v1", "a+b"]);
    }

    #[test]
    fn steps_up_and_empty_segments_lead_nowhere() {
        for raw in ["/v1/../etc", "/v1/%2e%2E/etc", "/v1/./x", "/v1//x", "/v1/", "//", "/", "*", ""]
        {
            assert_eq!(split(raw), None, "{raw}");
        }
        assert_eq!(split(&"/a".repeat(33)), None);
    }

    #[test]
    fn an_escape_that_cannot_be_decoded_is_refused() {
        for raw in ["/v1/%", "/v1/%2", "/v1/%zz", "/v1/%C3", "/v1/%ff", "/v1/%00", "/v1/a%0d%0ab"] {
            assert_eq!(Path::split(raw).unwrap_err().status(), StatusCode::BAD_REQUEST, "{raw}");
        }
    }
}
