//! The header fields of an answer, as a snapshot.

use std::fmt::Write as _;

use crate::world::{Answer, Call, World};

fn snapshot(answer: &Answer) -> String {
    let mut lines: Vec<_> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    lines.sort_unstable();
    lines.iter().fold(format!("{}\n", answer.status()), |mut text, (name, value)| {
        writeln!(text, "{name}: {value}").unwrap();
        text
    })
}

const SECURE: &str = "\
200
access-control-allow-origin: https://seasonal.example
access-control-expose-headers: etag, x-request-id, retry-after, ratelimit, ratelimit-policy, www-authenticate
cache-control: private, no-cache
content-security-policy: default-src 'none'; frame-ancestors 'none'
content-type: application/json
cross-origin-resource-policy: same-origin
etag: TAG
referrer-policy: no-referrer
strict-transport-security: max-age=31536000; includeSubDomains
vary: Authorization, Cookie, Accept-Encoding, Accept-Language, Origin
x-content-type-options: nosniff
x-frame-options: DENY
x-request-id: request-1
";

const PREFLIGHT: &str = "\
204
access-control-allow-headers: authorization, content-type, accept-language, idempotency-key, if-match, if-none-match, x-request-id, traceparent
access-control-allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE
access-control-allow-origin: https://seasonal.example
access-control-expose-headers: etag, x-request-id, retry-after, ratelimit, ratelimit-policy, www-authenticate
access-control-max-age: 600
cache-control: private, no-cache
content-security-policy: default-src 'none'; frame-ancestors 'none'
cross-origin-resource-policy: same-origin
referrer-policy: no-referrer
strict-transport-security: max-age=31536000; includeSubDomains
vary: Authorization, Cookie, Accept-Encoding, Accept-Language, Origin
x-content-type-options: nosniff
x-frame-options: DENY
x-request-id: request-1
";

async fn world() -> World {
    World::with(|it| {
        it.is_secure = true;
        it.origins = vec!["https://seasonal.example".to_owned()];
    })
    .await
}

fn from(call: Call, origin: &str) -> Call {
    call.header("origin", origin).header("x-request-id", "request-1")
}

#[tokio::test]
async fn an_answer_has_these_headers() {
    let world = world().await;

    let call = from(Call::get("/v1/toys/7"), "https://seasonal.example");
    let answer = world.send(call.build()).await;

    let tag = answer.header("etag").unwrap();
    assert_eq!(snapshot(&answer).replace(tag, "TAG"), SECURE);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_ask() {
    let world = world().await;

    let call = from(Call::new("OPTIONS", "/v1/toys/7"), "https://seasonal.example")
        .header("access-control-request-method", "PATCH");
    let answer = world.send(call.build()).await;

    assert_eq!(snapshot(&answer), PREFLIGHT);
}

#[tokio::test]
async fn a_page_of_another_origin_may_not() {
    let world = world().await;

    for origin in [
        "https://evil.example",
        "https://seasonal.example.evil.example",
        "null",
        "http://seasonal.example",
    ] {
        let ask = from(Call::new("OPTIONS", "/v1/toys/7"), origin)
            .header("access-control-request-method", "PATCH");
        for call in [ask, from(Call::get("/v1/toys/7"), origin)] {
            let answer = world.send(call.build()).await;
            let granted =
                answer.headers().keys().any(|it| it.as_str().starts_with("access-control"));
            assert!(!granted, "{origin}");
        }
    }
}

#[tokio::test]
async fn an_error_has_the_same_headers_and_is_readable_for_the_page() {
    let world = world().await;

    let call = from(Call::get("/v1/nothing"), "https://seasonal.example");
    let answer = world.send(call.build()).await;

    let expected = SECURE
        .replace("200\n", "404\n")
        .replace("etag: TAG\n", "")
        .replace("application/json", "application/problem+json");
    assert_eq!(snapshot(&answer), expected);
}

#[tokio::test]
async fn without_tls_and_other_origins_neither_is_spoken_of() {
    let world = World::new().await;

    let answer = world.get("/v1/toys/7").await;

    assert_eq!(answer.header("strict-transport-security"), None);
    assert!(!answer.header("vary").unwrap().contains("Origin"));
}

#[tokio::test]
async fn a_request_keeps_its_plain_name_and_gets_one_for_a_strange_one() {
    let world = World::new().await;
    let name = async |given: &str| {
        let call = Call::get("/v1/toys/7").header("x-request-id", given);
        world.send(call.build()).await.header("x-request-id").unwrap().to_owned()
    };

    assert_eq!(name("abc-123_XYZ.9").await, "abc-123_XYZ.9");
    assert_eq!(name("<script>").await.len(), 24);
}
