//! The subjects of requests and answers.
//!
//! | what | subject |
//! |---|---|
//! | a request | `rpc.<asker>.<service>.v1.<Service>.<Method>` |
//! | the same, to one process | `rpc.<asker>.<service>.@<instance>.v1.<Service>.<Method>` |
//! | its answer | `_INBOX.<asker>.<service>.<instance of the asker>.<n>` |

/// The name under which the gateway asks.
pub const GATEWAY: &str = "gateway";

/// The service of a method's subject: `ad` of `ad.v1.OfferService.GetOffer`.
#[must_use]
pub fn service_of(method: &str) -> &str {
    method.split_once('.').map_or(method, |(service, _)| service)
}

/// Where a request goes: `rpc.gateway.ad.v1.OfferService.GetOffer`.
#[must_use]
pub fn request(asker: &str, method: &str) -> String {
    ["rpc.", asker, ".", method].concat()
}

/// Where a request to one process goes: `rpc.gateway.ad.@Xy12.v1.OfferService.GetOffer`.
#[must_use]
pub fn directed(asker: &str, method: &str, instance: &str) -> String {
    let (service, rest) = method.split_once('.').unwrap_or((method, ""));
    ["rpc.", asker, ".", service, ".@", instance, ".", rest].concat()
}

/// Whether `name` can stand as one token of a subject and as a name on NATS: letters, digits,
/// `-` and `_`.
#[must_use]
pub fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A request's subject, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// Who asks, as the broker's allow list guards it.
    pub asker: &'a str,
    /// Whom: the service.
    pub service: &'a str,
    /// Which process, where it is directed at one.
    pub instance: Option<&'a str>,
    /// What follows the service (and the instance): `v1.OfferService.GetOffer`.
    pub method: &'a str,
}

/// Takes a request's subject apart; `None` where it is none.
#[must_use]
pub fn parse(subject: &str) -> Option<Parsed<'_>> {
    let rest = subject.strip_prefix("rpc.")?;
    let (asker, rest) = rest.split_once('.')?;
    let (service, rest) = rest.split_once('.')?;
    let (instance, method) = match rest.strip_prefix('@') {
        Some(directed) => {
            let (instance, method) = directed.split_once('.')?;
            (Some(instance), method)
        }
        None => (None, rest),
    };
    let whole = is_token(asker) && is_token(service) && instance.is_none_or(is_token);
    (whole && !method.is_empty()).then_some(Parsed { asker, service, instance, method })
}

/// Whether `reply` lies in the inbox of `asker` for answers of `service`.
#[must_use]
pub fn is_reply(reply: &str, asker: &str, service: &str) -> bool {
    let Some(rest) = reply.strip_prefix("_INBOX.").and_then(|rest| rest.strip_prefix(asker)) else {
        return false;
    };
    let rest = rest.strip_prefix('.').and_then(|rest| rest.strip_prefix(service));
    rest.and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| rest.split('.').all(is_token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_taken_apart_as_it_was_put_together() {
        let parsed = parse("rpc.gateway.ad.v1.OfferService.GetOffer").unwrap();

        assert_eq!(
            request(parsed.asker, "ad.v1.OfferService.GetOffer"),
            "rpc.gateway.ad.v1.OfferService.GetOffer"
        );
        assert_eq!((parsed.service, parsed.instance), ("ad", None));
        assert_eq!(parsed.method, "v1.OfferService.GetOffer");
    }

    #[test]
    fn a_directed_request_names_its_process() {
        let subject = directed("ad", "profile.v1.MemberService.GetMembership", "Xy12");

        assert_eq!(subject, "rpc.ad.profile.@Xy12.v1.MemberService.GetMembership");
        assert_eq!(parse(&subject).unwrap().instance, Some("Xy12"));
        assert_eq!(parse(&subject).unwrap().method, "v1.MemberService.GetMembership");
    }

    #[test]
    fn what_is_not_a_request_is_refused() {
        for subject in [
            "",
            "rpc",
            "rpc.a.b",
            "rpc..ad.v1",
            "event.a.b.c",
            "rpc.a b.ad.v1",
            "rpc.a.ad.@.v1",
            "rpc.*.ad.v1",
        ] {
            assert_eq!(parse(subject), None, "{subject}");
        }
    }
}
