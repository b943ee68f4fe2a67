//! What comes with a request: who asks, until when, and under which names.

use std::{fmt, time::Duration};

use tokio::time::Instant;
use uuid::Uuid;

use crate::status::{Code, Result, Status};

/// The language where a request names none.
pub const LANGUAGE: &str = "en";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody signed in.
    Anonymous,
    /// A person, as the gateway verified.
    User(User),
    /// Another service, as the broker's allow list guards it.
    Service(String),
}

/// A signed-in person.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The identity provider's `sub`.
    pub id: Uuid,
    /// What the person may be here.
    pub roles: Roles,
    /// The session at the identity provider.
    pub session: Option<String>,
    /// The token's **verified** e-mail address, in lower case.
    pub email: Option<String>,
}

impl User {
    /// A person with these roles, without session and e-mail address.
    #[must_use]
    pub fn new(id: Uuid, roles: Roles) -> Self {
        Self { id, roles, session: None, email: None }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// A small set of role names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(String);

impl Roles {
    /// The set of these names. Names that are no plain words are left out.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut roles = Self::default();
        for name in names {
            if crate::subject::is_token(name) && !roles.has(name) {
                if !roles.0.is_empty() {
                    roles.0.push(',');
                }
                roles.0.push_str(name);
            }
        }
        roles
    }

    /// Reads `worker,admin`.
    #[must_use]
    pub fn parse(list: &str) -> Self {
        Self::new(list.split(','))
    }

    /// Whether the role is among them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.iter().any(|role| role == name)
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(',').filter(|name| !name.is_empty())
    }

    /// The names, separated by commas.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What comes with a request.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who asks.
    pub caller: Caller,
    /// When the answer is no longer waited for.
    pub deadline: Instant,
    /// The id that the outside world sees.
    pub request_id: String,
    /// Makes a repeat of the request the same request.
    pub idempotency_key: Option<String>,
    /// The revision that the caller saw, as it came in `If-Match`.
    pub if_match: Option<String>,
    /// The language of the answer's texts, a BCP 47 tag.
    pub language: String,
    /// The W3C trace context that the request came with.
    pub traceparent: Option<String>,
    /// The method that is served: `seasonal.ad.v1.OfferService/PublishOffer`; empty in a context
    /// that is not one of a served request.
    pub method: &'static str,
}

impl Context {
    /// The context of a caller, without key, revision and trace, in the default language.
    #[must_use]
    pub fn new(caller: Caller, deadline: Instant) -> Self {
        Self {
            caller,
            deadline,
            request_id: String::new(),
            idempotency_key: None,
            if_match: None,
            language: LANGUAGE.to_owned(),
            traceparent: None,
            method: "",
        }
    }

    /// The context in which `service` asks on its own behalf, for at most `deadline`.
    #[must_use]
    pub fn internal(service: &str, deadline: Duration) -> Self {
        Self::new(Caller::Service(service.to_owned()), Instant::now() + deadline)
    }

    /// For tests: a caller with 30 s left.
    #[must_use]
    pub fn for_test(caller: Caller) -> Self {
        let mut context = Self::new(caller, Instant::now() + Duration::from_secs(30));
        "test".clone_into(&mut context.request_id);
        context
    }

    /// For tests: a person with these roles and 30 s left.
    #[must_use]
    pub fn for_user(id: Uuid, roles: &[&str]) -> Self {
        Self::for_test(Caller::User(User::new(id, Roles::new(roles.iter().copied()))))
    }

    /// With this idempotency key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// With this `If-Match`.
    #[must_use]
    pub fn with_if_match(mut self, if_match: impl Into<String>) -> Self {
        self.if_match = Some(if_match.into());
        self
    }

    /// The signed-in person.
    ///
    /// # Errors
    /// UNAUTHENTICATED where nobody is, and for services.
    pub fn user(&self) -> Result<&User> {
        match &self.caller {
            Caller::User(user) => Ok(user),
            Caller::Anonymous | Caller::Service(_) => {
                Err(Status::of(Code::Unauthenticated, "sign in first"))
            }
        }
    }

    /// The id of the signed-in person.
    ///
    /// # Errors
    /// UNAUTHENTICATED where nobody is, and for services.
    pub fn user_id(&self) -> Result<Uuid> {
        self.user().map(|user| user.id)
    }

    /// Whether the caller is a person with this role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.user().is_ok_and(|user| user.roles.has(role))
    }

    /// Holds `If-Match`, where there is one, against the resource's revision. Call it after the
    /// lock. `*` matches all; `W/` is accepted; what follows the revision after a `-` is not
    /// looked at.
    ///
    /// # Errors
    /// `PRECONDITION_FAILED` with the fact `etag_revision`.
    pub fn matches(&self, revision: i64) -> Result<()> {
        let Some(if_match) = self.if_match.as_deref() else { return Ok(()) };
        let matches = if_match.split(',').map(str::trim).any(|tag| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
            let seen = tag.split_once('-').map_or(tag, |(seen, _)| seen);
            tag == "*" || seen.parse() == Ok(revision)
        });
        if matches {
            return Ok(());
        }
        Err(Status::of(Code::PreconditionFailed, "it was changed since you saw it: read it again")
            .fact("etag_revision", revision.to_string()))
    }

    /// How long the answer is still waited for.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_is_a_user() {
        let id = Uuid::from_u128(7);

        assert_eq!(Context::for_user(id, &["worker"]).user_id(), Ok(id));
        for caller in [Caller::Anonymous, Caller::Service("ad".to_owned())] {
            let code = Context::for_test(caller).user_id().unwrap_err().code();
            assert_eq!(code, Code::Unauthenticated);
        }
    }

    #[test]
    fn a_role_is_a_whole_word() {
        let context = Context::for_user(Uuid::from_u128(7), &["worker", "admin"]);

        assert!(context.has_role("admin"));
        assert!(!context.has_role("adm"));
        assert!(!Roles::parse("").has(""));
        assert_eq!(Roles::parse("worker,worker,,bad role").as_str(), "worker");
    }

    #[test]
    fn a_stale_revision_does_not_match() {
        let caller = || Context::for_test(Caller::Anonymous);

        for seen in ["\"7-abc\"", "W/\"7-abc\"", "\"7\"", "*", "\"1-x\", \"7-y\""] {
            assert_eq!(caller().with_if_match(seen).matches(7), Ok(()), "{seen}");
        }
        assert_eq!(caller().matches(7), Ok(()));
        for seen in ["\"6-abc\"", "", "\"77\"", "\"-7\"", "7x"] {
            let status = caller().with_if_match(seen).matches(7).unwrap_err();
            assert_eq!(status.code(), Code::PreconditionFailed, "{seen}");
            assert_eq!(status.facts().get("etag_revision").map(String::as_str), Some("7"));
        }
    }
}
