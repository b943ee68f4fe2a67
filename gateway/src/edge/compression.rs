//! Compression of answers that are long enough to be worth it.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, Response};

use crate::etag;

/// Shorter bodies fit into one packet anyway.
const BYTES_MIN: usize = 1_024;
/// Longer bodies are compressed beside the requests.
const BYTES_INLINE: usize = 64 * 1_024;
const ZSTD_LEVEL: i32 = 1;
const GZIP_LEVEL: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Zstd,
    Gzip,
}

/// Compresses the body, where the client takes that and it is long enough.
pub(crate) async fn compress(request: &HeaderMap, response: Response<Bytes>) -> Response<Bytes> {
    let Some(coding) = coding(request, &response) else { return response };
    let (mut head, body) = response.into_parts();
    let compressed = if body.len() <= BYTES_INLINE {
        coding.compress(&body)
    } else {
        let body = body.clone();
        let beside = tokio::task::spawn_blocking(move || coding.compress(&body));
        beside.await.ok().flatten()
    };
    let Some(compressed) = compressed.filter(|compressed| compressed.len() < body.len()) else {
        return Response::from_parts(head, body);
    };
    head.headers.insert(CONTENT_ENCODING, coding.name());
    if let Some(tag) = head.headers.get(ETAG).map(etag::weak) {
        head.headers.insert(ETAG, tag);
    }
    Response::from_parts(head, compressed)
}

fn coding(request: &HeaderMap, response: &Response<Bytes>) -> Option<Coding> {
    if response.body().len() < BYTES_MIN || response.headers().contains_key(CONTENT_ENCODING) {
        return None;
    }
    let kind = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let is_text = ["json", "javascript", "text/"].iter().any(|text| kind.contains(text));
    if is_text { Coding::accepted(request) } else { None }
}

impl Coding {
    fn accepted(request: &HeaderMap) -> Option<Self> {
        let accepts = |name: &str| {
            let mut given = request.get_all(ACCEPT_ENCODING).iter();
            given.any(|value| value.to_str().is_ok_and(|list| takes(list, name)))
        };
        [Self::Zstd, Self::Gzip].into_iter().find(|it| accepts(it.as_str()))
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    fn name(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }

    fn compress(self, body: &[u8]) -> Option<Bytes> {
        match self {
            Self::Zstd => zstd::bulk::compress(body, ZSTD_LEVEL).ok().map(Bytes::from),
            Self::Gzip => {
                let sink = Vec::with_capacity(body.len() / 3);
                let mut encoder = GzEncoder::new(sink, Compression::new(GZIP_LEVEL));
                encoder.write_all(body).ok()?;
                encoder.finish().ok().map(Bytes::from)
            }
        }
    }
}

/// Whether a list such as `gzip, zstd;q=0` takes the coding.
fn takes(list: &str, name: &str) -> bool {
    list.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|it| it.eq_ignore_ascii_case(name));
        let is_zero = |part: &str| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.trim().parse() == Ok(0.0_f32))
        };
        is_named && !parts.any(is_zero)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn compressed(accepts: &'static str, length: usize) -> Response<Bytes> {
        let request = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(accepts))]);
        let response = Response::builder()
            .header(CONTENT_TYPE, "application/json")
            .header(ETAG, "\"7-a\"")
            .body(Bytes::from(vec![b'a'; length]))
            .unwrap();
        compress(&request, response).await
    }

    #[tokio::test]
    async fn a_long_answer_is_compressed_and_its_tag_weak() {
        for (accepts, length) in [("gzip, zstd", 2_000), ("zstd", 200_000)] {
            let response = compressed(accepts, length).await;

            assert_eq!(response.headers()[CONTENT_ENCODING], "zstd");
            assert_eq!(response.headers()[ETAG], "W/\"7-a\"");
            let body = zstd::bulk::decompress(response.body(), length).unwrap();
            assert_eq!(body, vec![b'a'; length]);
        }
    }

    #[tokio::test]
    async fn only_what_the_client_takes_is_used() {
        let coding = async |accepts| {
            let response = compressed(accepts, 2_000).await;
            response.headers().get(CONTENT_ENCODING).map(|it| it.to_str().unwrap().to_owned())
        };

        assert_eq!(coding("gzip").await.as_deref(), Some("gzip"));
        assert_eq!(coding("zstd;q=0, gzip;q=0.5").await.as_deref(), Some("gzip"));
        assert_eq!(coding("br, deflate").await, None);
        assert_eq!(coding("gzip;q=0.000").await, None);
    }

    #[tokio::test]
    async fn a_short_answer_is_left_alone() {
        let response = compressed("gzip, zstd", BYTES_MIN - 1).await;

        assert!(!response.headers().contains_key(CONTENT_ENCODING));
        assert_eq!(response.headers()[ETAG], "\"7-a\"");
    }
}
