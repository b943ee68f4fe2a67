//! From a request's headers to its context.

use std::time::Duration;

use async_nats::HeaderMap;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    context::{Caller, Context, Roles, User},
    header,
    method::Method,
    subject,
};

/// A deadline beyond this is not believed.
const LEFT_MAX: Duration = Duration::from_mins(5);

/// The context of a request of `asker` that was received at `received`. Who the caller is, only the
/// gateway is believed.
pub(super) fn context(
    headers: Option<&HeaderMap>,
    asker: &str,
    method: &'static Method,
    received: Instant,
) -> Context {
    let from_gateway = asker == subject::GATEWAY;
    let caller = if from_gateway { Caller::Anonymous } else { Caller::Service(asker.to_owned()) };
    let mut context = Context::new(caller, received + method.deadline);
    context.method = method.full_name;
    let mut user = User::new(Uuid::nil(), Roles::default());
    let mut id = None;
    for (name, values) in headers.iter().flat_map(|headers| headers.iter()) {
        let (Some(value), name): (_, &str) = (values.first(), name.as_ref()) else { continue };
        let value = value.as_str();
        match name {
            header::DEADLINE_MS => context.deadline = received + left(value, method.deadline),
            header::REQUEST_ID => value.clone_into(&mut context.request_id),
            header::LANGUAGE => value.clone_into(&mut context.language),
            header::TRACEPARENT => context.traceparent = Some(value.to_owned()),
            header::IDEMPOTENCY_KEY => context.idempotency_key = Some(value.to_owned()),
            header::IF_MATCH => context.if_match = Some(value.to_owned()),
            header::CALLER_ID => id = Uuid::try_parse(value).ok(),
            header::CALLER_ROLES => user.roles = Roles::parse(value),
            header::CALLER_SESSION => user.session = Some(value.to_owned()),
            header::CALLER_EMAIL => user.email = Some(value.to_owned()),
            _ => {}
        }
    }
    if let (true, Some(id)) = (from_gateway, id) {
        context.caller = Caller::User(User { id, ..user });
    }
    context
}

fn left(value: &str, default: Duration) -> Duration {
    value.parse().map_or(default, Duration::from_millis).min(LEFT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::method::Safety;

    static METHOD: Method = Method {
        name: "GetOffer",
        full_name: "seasonal.ad.v1.OfferService/GetOffer",
        subject: "ad.v1.OfferService.GetOffer",
        safety: Safety::Safe,
        deadline: Duration::from_secs(5),
        routed: true,
        askers: &[],
    };

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CALLER_ID, Uuid::from_u128(7).to_string());
        headers.insert(header::CALLER_ROLES, "admin");
        headers.insert(header::DEADLINE_MS, "1200");
        headers
    }

    #[test]
    fn the_gateway_says_who_the_caller_is() {
        let now = Instant::now();

        let context = context(Some(&headers()), "gateway", &METHOD, now);

        assert_eq!(context.user_id(), Ok(Uuid::from_u128(7)));
        assert!(context.has_role("admin"));
        assert_eq!(context.deadline, now + Duration::from_millis(1_200));
    }

    #[test]
    fn another_asker_is_itself_whatever_it_says() {
        let context = context(Some(&headers()), "profile", &METHOD, Instant::now());

        assert_eq!(context.caller, Caller::Service("profile".to_owned()));
        assert!(!context.has_role("admin"));
    }

    #[test]
    fn without_headers_the_caller_is_anonymous_and_the_deadline_the_methods() {
        let now = Instant::now();

        let context = context(None, "gateway", &METHOD, now);

        assert_eq!(context.caller, Caller::Anonymous);
        assert_eq!(context.deadline, now + METHOD.deadline);
    }
}
