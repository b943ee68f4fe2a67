//! The header fields that every answer carries, built once.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

/// What stands on every answer that does not say otherwise.
#[derive(Debug)]
pub(crate) struct Headers(HeaderMap);

impl Headers {
    /// `is_secure`: browsers reach us by https alone. `varies_by_origin`: other origins may ask.
    pub(crate) fn new(is_secure: bool, varies_by_origin: bool) -> Self {
        let vary = if varies_by_origin {
            "Authorization, Cookie, Accept-Encoding, Accept-Language, Origin"
        } else {
            "Authorization, Cookie, Accept-Encoding, Accept-Language"
        };
        let mut all = vec![
            (CACHE_CONTROL, "private, no-cache"),
            (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
            (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
            (REFERRER_POLICY, "no-referrer"),
            (VARY, vary),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
        ];
        if is_secure {
            all.push((STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"));
        }
        let value = HeaderValue::from_static;
        Self(all.into_iter().map(|(name, text)| (name, value(text))).collect())
    }

    /// Adds those that are not there.
    pub(crate) fn complete(&self, headers: &mut HeaderMap) {
        headers.reserve(self.0.len() + 6);
        for (name, value) in &self.0 {
            headers.entry(name).or_insert_with(|| value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_says_itself_stays() {
        let mut headers =
            HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]);

        Headers::new(false, false).complete(&mut headers);

        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
