//! A service's answer, as JSON with its tag.

use bytes::Bytes;
use contract::transcode::to_json;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::etag;
use crate::problem::Problem;
use crate::route::Route;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The answer, or 304 where the client has it.
///
/// # Errors
/// 500 for an answer that is not what the contract says.
pub(crate) fn render(
    route: &Route,
    method: &Method,
    headers: &HeaderMap,
    wire: &[u8],
) -> Result<Response<Bytes>, Problem> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let tag = (is_read || route.revision.is_some()).then(|| tag(route, wire));
    if let Some(tag) = tag.as_ref().filter(|tag| is_read && etag::is_known(headers, tag)) {
        return Ok(unchanged(tag.clone()));
    }
    let mut json = Vec::with_capacity(64 + wire.len() * 2);
    to_json(route.contract().shapes(), route.answer, wire, &mut json).map_err(|error| {
        tracing::error!(method = route.name, %error, "an answer is not what its contract says");
        Problem::internal()
    })?;
    let mut response = Response::new(Bytes::from(json));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    if let Some(tag) = tag {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}

/// 304 with the tag that has not changed.
pub(crate) fn unchanged(tag: HeaderValue) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(ETAG, tag);
    response
}

fn tag(route: &Route, wire: &[u8]) -> HeaderValue {
    let revision = route.revision.and_then(|number| etag::int64(wire, number));
    etag::strong(revision, etag::hash(wire, route.seed))
}
