//! What a service is told of an HTTP request: the message, and who asks under which conditions.

use bus::{Caller, Context};
use bytes::Bytes;
use contract::transcode;
use http::header::{ACCEPT_LANGUAGE, AsHeaderName, IF_MATCH};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use tokio::time::Instant;
use uuid::Uuid;

use crate::edge::Exchange;
use crate::problem::Problem;
use crate::route::Route;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACEPARENT_LENGTH: usize = 55;
const KEY_MAX: usize = 255;
const IF_MATCH_MAX: usize = 512;

/// The request message, made of path, query and body.
///
/// # Errors
/// 400 with all that is wrong.
pub(crate) fn message(
    route: &Route,
    values: &[&str],
    query: Option<&str>,
    body: &[u8],
) -> Result<Bytes, Problem> {
    let binding = route.binding().ok_or_else(Problem::internal)?;
    let mut wire = Vec::with_capacity(64 + body.len());
    let shapes: &transcode::Shapes = route.contract().shapes();
    binding.request(shapes, values, query, body, &mut wire).map_err(Problem::invalid)?;
    Ok(wire.into())
}

/// Who asks, until when, and under which conditions.
///
/// # Errors
/// 400 for a header that cannot be passed on.
pub(crate) fn context(
    route: &Route,
    exchange: &Exchange,
    caller: Caller,
) -> Result<Context, Problem> {
    let headers = &exchange.head.headers;
    let changes = !matches!(exchange.head.method, Method::GET | Method::HEAD);
    let is_known = caller != Caller::Anonymous;
    let mut context = Context::new(caller, Instant::now() + route.deadline);
    context.request_id.clone_from(&exchange.id);
    if let Some(language) = language(headers) {
        language.clone_into(&mut context.language);
    }
    if changes {
        let key = word(headers, &IDEMPOTENCY_KEY, KEY_MAX, |byte| byte.is_ascii_graphic())?;
        // A key of nobody is nobody's: whoever guesses it would get another one's answer. Without
        // a key we make one, so that our own second ask does nothing twice.
        context.idempotency_key = is_known
            .then(|| key.map_or_else(|| Uuid::new_v4().simple().to_string(), str::to_owned));
        let is_tag = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        context.if_match = word(headers, &IF_MATCH, IF_MATCH_MAX, is_tag)?.map(str::to_owned);
    }
    Ok(context)
}

/// The trace that the client is in: `00-<32 hex>-<16 hex>-<2 hex>`.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<&str> {
    let fits = |text: &&str| {
        text.len() == TRACEPARENT_LENGTH
            && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    };
    text(headers, TRACEPARENT).filter(fits)
}

/// A header that stands once, within a length, of these characters.
fn word<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    length_max: usize,
    fits: impl Fn(u8) -> bool,
) -> Result<Option<&'a str>, Problem> {
    let mut given = headers.get_all(name).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let is_good = (1..=length_max).contains(&value.len())
        && value.as_bytes().iter().all(|byte| fits(*byte))
        && given.next().is_none();
    match value.to_str().ok().filter(|_| is_good) {
        Some(text) => Ok(Some(text)),
        None => Err(bad_header(name.as_str(), length_max)),
    }
}

fn bad_header(name: &str, length_max: usize) -> Problem {
    let detail = format!("give {name} once, with 1 to {length_max} visible characters");
    Problem::new(StatusCode::BAD_REQUEST, "BAD_HEADER", detail).fact("header", name)
}

/// The language that the client likes best, where it says one.
fn language(headers: &HeaderMap) -> Option<&str> {
    let list = text(headers, ACCEPT_LANGUAGE)?;
    let mut best: Option<(&str, f32)> = None;
    for one in list.split(',') {
        let (tag, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |it| it.parse().ok());
        let (tag, Some(weight)) = (tag.trim(), weight) else { continue };
        if is_language(tag) && weight > best.map_or(0.0, |(_, weight)| weight) {
            best = Some((tag, weight));
        }
    }
    best.map(|(tag, _)| tag)
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn is_language(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && tag.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|it| (name.clone(), HeaderValue::from_str(it).unwrap())).collect()
    }

    #[test]
    fn the_best_liked_language_is_passed_on() {
        let of = |list| language(&headers(&ACCEPT_LANGUAGE, &[list])).map(str::to_owned);

        assert_eq!(of("fr-FR,fr;q=0.9,en;q=0.8").as_deref(), Some("fr-FR"));
        assert_eq!(of("en;q=0.5, de;q=0.7").as_deref(), Some("de"));
        assert_eq!(of("*"), None);
        assert_eq!(of("d, en_US, de;q=x, it;q=0"), None);
        assert_eq!(language(&HeaderMap::new()), None);
    }

    #[test]
    fn a_key_is_one_visible_word() {
        let of = |values: &[&str]| {
            let headers = headers(&IDEMPOTENCY_KEY, values);
            let key = word(&headers, &IDEMPOTENCY_KEY, KEY_MAX, |byte| byte.is_ascii_graphic());
            key.map(|key| key.map(str::to_owned)).map_err(|problem| problem.status().as_u16())
        };

        assert_eq!(of(&["8e03978e-40d5"]), Ok(Some("8e03978e-40d5".to_owned())));
        assert_eq!(of(&[]), Ok(None));
        for bad in [&["two words"][..], &[""], &["a", "b"], &[&"k".repeat(256)]] {
            assert_eq!(of(bad), Err(400), "{bad:?}");
        }
    }
}
