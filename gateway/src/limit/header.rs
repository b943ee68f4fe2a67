//! The header fields `RateLimit` and `RateLimit-Policy`.

use std::fmt::Write as _;

use bytes::BytesMut;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Allowance;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Says what is left: `RateLimit: "caller";r=599;t=42`.
pub(crate) fn put(headers: &mut HeaderMap, allowance: Allowance) {
    let Allowance { bucket, quota, remaining, reset_seconds } = allowance;
    if let Some(left) = value(format_args!("\"{bucket}\";r={remaining};t={reset_seconds}")) {
        headers.insert(RATE_LIMIT, left);
    }
    if let Some(policy) = value(format_args!("\"{bucket}\";q={quota};w=60")) {
        headers.insert(RATE_LIMIT_POLICY, policy);
    }
}

fn value(text: std::fmt::Arguments<'_>) -> Option<HeaderValue> {
    let mut bytes = BytesMut::with_capacity(48);
    bytes.write_fmt(text).ok()?;
    HeaderValue::from_maybe_shared(bytes.freeze()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_stands_in_the_headers() {
        let mut headers = HeaderMap::new();

        put(
            &mut headers,
            Allowance { bucket: "caller", quota: 600, remaining: 599, reset_seconds: 42 },
        );

        assert_eq!(headers[RATE_LIMIT], "\"caller\";r=599;t=42");
        assert_eq!(headers[RATE_LIMIT_POLICY], "\"caller\";q=600;w=60");
    }
}
