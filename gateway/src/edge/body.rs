//! The body of a request, whole and bounded.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Body;
use http_body_util::BodyExt as _;

use crate::problem::Problem;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// How much of a body is read, and how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes_max: usize,
    pub(crate) time: Duration,
}

/// Reads a JSON body; an empty one is none.
///
/// # Errors
/// 408, 413, 415, and 400 for a body that breaks off.
pub(crate) async fn read<B: Body<Data = Bytes> + Unpin>(
    headers: &HeaderMap,
    body: B,
    bounds: Bounds,
) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let lower = body.size_hint().lower();
    if usize::try_from(lower).map_or(true, |length| length > bounds.bytes_max) {
        return Err(too_large(bounds.bytes_max));
    }
    if lower > 0 {
        check_type(headers)?;
    }
    let all = tokio::time::timeout(bounds.time, collect(body, bounds.bytes_max));
    let bytes = all.await.map_err(|_| too_slow())??;
    if lower == 0 && !bytes.is_empty() {
        check_type(headers)?;
    }
    Ok(bytes)
}

/// Whether the request brings a body at all, read no further than that.
///
/// # Errors
/// 400 for a body where none is taken.
pub(crate) async fn refuse<B: Body<Data = Bytes> + Unpin>(
    body: B,
    bounds: Bounds,
) -> Result<(), Problem> {
    if body.is_end_stream() {
        return Ok(());
    }
    let given = body.size_hint().lower() > 0
        || match tokio::time::timeout(bounds.time, collect(body, 0)).await {
            Ok(Ok(_)) => false,
            Ok(Err(_)) | Err(_) => true,
        };
    if !given {
        return Ok(());
    }
    let detail = "this takes no body: leave it out";
    Err(Problem::new(StatusCode::BAD_REQUEST, "BODY_NOT_TAKEN", detail).header(CONNECTION, CLOSE))
}

async fn collect<B: Body<Data = Bytes> + Unpin>(
    mut body: B,
    bytes_max: usize,
) -> Result<Bytes, Problem> {
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| broken_off())?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + rest.len() + data.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        if first.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&data);
        }
    }
    if rest.is_empty() {
        return Ok(first);
    }
    let mut whole = BytesMut::with_capacity(first.len() + rest.len());
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&rest);
    Ok(whole.freeze())
}

/// JSON, in UTF-8, uncompressed.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = given.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let is_json = kind.eq_ignore_ascii_case("application/json")
        || (kind.len() > 5
            && kind.contains('/')
            && kind.get(kind.len() - 5..).is_some_and(|end| end.eq_ignore_ascii_case("+json")));
    let is_utf8 = parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.eq_ignore_ascii_case("charset")
            || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let is_coded = headers
        .get(http::header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_json && is_utf8 && !is_coded {
        return Ok(());
    }
    let detail = "send the body as application/json in UTF-8, uncompressed";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail))
}

fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("the body may have {bytes_max} bytes at most");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail)
        .fact("bytes_max", bytes_max.to_string())
        .header(CONNECTION, CLOSE)
}

fn too_slow() -> Problem {
    let detail = "the body did not arrive in time";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", detail).header(CONNECTION, CLOSE)
}

fn broken_off() -> Problem {
    let detail = "the body broke off";
    Problem::new(StatusCode::BAD_REQUEST, "BODY_BROKEN_OFF", detail).header(CONNECTION, CLOSE)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt as _, stream};
    use http_body::Frame;
    use http_body_util::{Full, StreamBody};

    use super::*;

    const BOUNDS: Bounds = Bounds { bytes_max: 10, time: Duration::from_secs(5) };

    fn json() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
    }

    fn chunks(chunks: &[&'static str]) -> impl Body<Data = Bytes> + Unpin {
        let frames: Vec<Result<_, Infallible>> =
            chunks.iter().map(|it| Ok(Frame::data(Bytes::from_static(it.as_bytes())))).collect();
        StreamBody::new(stream::iter(frames))
    }

    #[tokio::test]
    async fn a_body_is_read_whole_in_however_many_pieces_it_comes() {
        for body in [&["{\"a\":1}"][..], &["{\"a\"", "", ":1", "}"]] {
            assert_eq!(read(&json(), chunks(body), BOUNDS).await.unwrap(), "{\"a\":1}");
        }
        assert_eq!(read(&HeaderMap::new(), chunks(&[]), BOUNDS).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_refused_unread_or_as_soon_as_it_is() {
        let whole = read(&json(), Full::from("{\"a\":12345}"), BOUNDS).await.unwrap_err();
        let pieces = read(&json(), chunks(&["{\"a\":", "12345", "}"]), BOUNDS).await.unwrap_err();

        assert_eq!(whole.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(pieces.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let frames = stream::pending::<Result<Frame<Bytes>, Infallible>>().boxed();

        let problem = read(&json(), StreamBody::new(frames), BOUNDS).await.unwrap_err();

        assert_eq!(problem.status(), StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn only_json_in_utf8_is_taken() {
        let status = async |kind: &'static str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
            read(&headers, Full::from("{}"), BOUNDS)
                .await
                .map_or_else(|it| it.status().as_u16(), |_| 200)
        };

        for kind in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/merge-patch+json",
            "application/json;charset=\"utf-8\"",
        ] {
            assert_eq!(status(kind).await, 200, "{kind}");
        }
        for kind in [
            "",
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "+json",
            "application/json; charset=latin1",
            "multipart/form-data",
            "application/jsonp",
        ] {
            assert_eq!(status(kind).await, 415, "{kind}");
        }
    }

    #[tokio::test]
    async fn where_no_body_is_taken_an_empty_one_does_no_harm() {
        assert!(refuse(chunks(&[]), BOUNDS).await.is_ok());
        assert!(refuse(chunks(&["{}"]), BOUNDS).await.is_err());
        assert!(refuse(Full::from("{}"), BOUNDS).await.is_err());
    }
}
