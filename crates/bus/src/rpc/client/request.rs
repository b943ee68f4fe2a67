//! The headers of a request.

use async_nats::{HeaderMap, header::HeaderName};
use tokio::time::Instant;

use crate::{
    context::{Caller, Context, LANGUAGE},
    header, subject, trace,
};

const CALLER_ID: HeaderName = header::name(header::CALLER_ID);
const CALLER_ROLES: HeaderName = header::name(header::CALLER_ROLES);
const CALLER_SESSION: HeaderName = header::name(header::CALLER_SESSION);
const CALLER_EMAIL: HeaderName = header::name(header::CALLER_EMAIL);
const DEADLINE_MS: HeaderName = header::name(header::DEADLINE_MS);
const REQUEST_ID: HeaderName = header::name(header::REQUEST_ID);
const LANGUAGE_NAME: HeaderName = header::name(header::LANGUAGE);
const TRACEPARENT: HeaderName = header::name(header::TRACEPARENT);
const IDEMPOTENCY_KEY: HeaderName = header::name(header::IDEMPOTENCY_KEY);
const IF_MATCH: HeaderName = header::name(header::IF_MATCH);

/// The headers of a request that `kind` sends. Who the caller is, and what it saw, only the gateway
/// says: another asker asks in its own name. `keyed` says whether the key goes along.
pub(super) fn headers(kind: &str, context: &Context, deadline: Instant, keyed: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let left = deadline.saturating_duration_since(Instant::now()).as_millis();
    headers.insert(DEADLINE_MS, left.to_string());
    put(&mut headers, REQUEST_ID, &context.request_id);
    if context.language != LANGUAGE {
        put(&mut headers, LANGUAGE_NAME, &context.language);
    }
    if let Some(current) = trace::current() {
        put(&mut headers, TRACEPARENT, &current);
    } else {
        put_some(&mut headers, TRACEPARENT, context.traceparent.as_deref());
    }
    if keyed {
        put_some(&mut headers, IDEMPOTENCY_KEY, context.idempotency_key.as_deref());
    }
    if kind == subject::GATEWAY {
        put_some(&mut headers, IF_MATCH, context.if_match.as_deref());
        put_caller(&mut headers, &context.caller);
    }
    headers
}

fn put_caller(headers: &mut HeaderMap, caller: &Caller) {
    if let Caller::User(user) = caller {
        let mut id = uuid::Uuid::encode_buffer();
        put(headers, CALLER_ID, user.id.as_hyphenated().encode_lower(&mut id));
        put(headers, CALLER_ROLES, user.roles.as_str());
        put_some(headers, CALLER_SESSION, user.session.as_deref());
        put_some(headers, CALLER_EMAIL, user.email.as_deref());
    }
}

fn put_some(headers: &mut HeaderMap, name: HeaderName, value: Option<&str>) {
    if let Some(value) = value {
        put(headers, name, value);
    }
}

/// A value that could end the header is left out rather than sent.
fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if !value.is_empty() && header::is_valid(value) {
        headers.insert(name, value);
    }
}
