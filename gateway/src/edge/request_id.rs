//! The name of a request, for people who ask about it.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it, there and back.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives names: a random prefix of the process and a count, which is cheaper than a random number
/// each time.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        Self { process: Uuid::new_v4().as_u64_pair().0, count: AtomicU64::new(1) }
    }

    /// The client's own name for it, where that is a plain word, or a new one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> String {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        given.filter(|id| is_plain(id)).map_or_else(|| self.next(), str::to_owned)
    }

    pub(crate) fn next(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        format!("{:012x}{count:012x}", self.process >> 16)
    }
}

/// The name as a header.
pub(crate) fn value(id: &str) -> HeaderValue {
    HeaderValue::from_str(id).unwrap_or(HeaderValue::from_static("unknown"))
}

fn is_plain(id: &str) -> bool {
    (8..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(id: &str) -> String {
        let headers = HeaderMap::from_iter([(X_REQUEST_ID, HeaderValue::from_str(id).unwrap())]);
        RequestIds::new().of(&headers)
    }

    #[test]
    fn a_plain_name_is_kept_and_another_replaced() {
        assert_eq!(given("trace-me_1.2"), "trace-me_1.2");
        for id in ["short", "with space", "a\"b,c=dddd", &"x".repeat(129)] {
            assert_ne!(given(id), id);
            assert_eq!(given(id).len(), 24);
        }
    }

    #[test]
    fn names_are_not_given_twice() {
        let ids = RequestIds::new();

        assert_ne!(ids.next(), ids.next());
        assert_ne!(RequestIds::new().next(), RequestIds::new().next());
    }
}
