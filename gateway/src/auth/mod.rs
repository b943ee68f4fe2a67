//! Who asks, and may they: bearer tokens, the keys that sign them, and the route's access rule.

mod claims;
mod discovery;
mod jwks;
mod keys;
mod token;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use bus::{Caller, User};
use chassis::Clock;
use contract::Access;
pub(crate) use discovery::Discovery;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
#[cfg(any(test, feature = "fixture"))]
pub(crate) use jwks::name as algorithm;
pub use keys::Keys;
use quick_cache::sync::Cache;
pub use token::Rules;
use token::{Parts, Refusal, Verified};

use crate::problem::Problem;

/// The most verified tokens that are remembered.
const CACHED_MAX: usize = 20_000;

/// Knows callers by their tokens.
#[derive(Debug)]
pub(crate) struct Gate {
    rules: Rules,
    keys: Arc<Keys>,
    clock: Clock,
    /// By the hash of the whole token, until it expires or its key vanishes.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

impl Gate {
    pub(crate) fn new(rules: Rules, keys: Arc<Keys>, clock: Clock) -> Self {
        Self { rules, keys, clock, verified: Cache::new(CACHED_MAX) }
    }

    /// Who asks. A token that is there must be good, on public routes too: a caller who believes
    /// that he is signed in is not served as if he were not.
    ///
    /// # Errors
    /// 401 for a bad token, 503 where no key was ever seen.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        match bearer(headers)? {
            None => Ok(Caller::Anonymous),
            Some(token) => self.user(token).await.map(Caller::User),
        }
    }

    async fn user(&self, token: &str) -> Result<User, Problem> {
        let now = self.clock.now().as_second();
        let Ok(hash) = <[u8; 32]>::try_from(digest(&SHA256, token.as_bytes()).as_ref()) else {
            return Err(Problem::internal());
        };
        if let Some(seen) = self.verified.get(&hash) {
            if seen.holds(self.rules.leeway_seconds, now) {
                return Ok(seen.user.clone());
            }
            self.verified.remove(&hash);
        }
        let verified = self.verify(token, now).await?;
        let user = verified.user.clone();
        self.verified.insert(hash, Arc::new(verified));
        Ok(user)
    }

    async fn verify(&self, token: &str, now: i64) -> Result<Verified, Problem> {
        let parts = Parts::of(token).map_err(refused)?;
        let key = match parts.key(&self.keys.set()) {
            Ok(key) => Ok(key.clone()),
            Err(Refusal::Key) => {
                let found = self.keys.look_again(|set| parts.key(set).ok().cloned()).await;
                found.ok_or(Refusal::Key)
            }
            Err(refusal) => Err(refusal),
        };
        if matches!(key, Err(Refusal::Key)) && !self.keys.are_known() {
            let detail = "tokens cannot be verified yet: the identity provider was not reached";
            return Err(Problem::unavailable("KEYS_UNKNOWN", detail, 2));
        }
        key.and_then(|key| parts.verify(&key, &self.rules, now)).map_err(refused)
    }
}

/// The bearer token, where one is given.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let token = value.to_str().ok().and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim_matches(' ');
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
    });
    match (token, given.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(refused(Refusal::Malformed)),
    }
}

fn refused(refusal: Refusal) -> Problem {
    metrics::counter!("gateway_token_refused_total", "reason" => format!("{refusal:?}"))
        .increment(1);
    let challenge = format!(
        "Bearer realm=\"seasonal\", error=\"invalid_token\", error_description=\"{refusal}\""
    );
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "INVALID_TOKEN", refusal.to_string());
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.header(WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

/// Whether the rule lets the caller through. Whose the resource is, is the owning service's to
/// judge.
///
/// # Errors
/// 401 where nobody is signed in, 403 where the caller has none of the roles.
pub(crate) fn admit(access: &Access, caller: &Caller) -> Result<(), Problem> {
    match (access, caller) {
        (Access::Public, _) | (Access::SignedIn, Caller::User(_)) => Ok(()),
        (Access::Roles(roles), Caller::User(user)) => {
            if roles.iter().any(|role| user.roles.has(role)) {
                return Ok(());
            }
            let detail = "none of your roles may do this";
            Err(Problem::new(StatusCode::FORBIDDEN, "ROLE_REQUIRED", detail)
                .fact("roles", roles.join(",")))
        }
        (Access::SignedIn | Access::Roles(_), _) => Err(Problem::unauthenticated()),
        (Access::Internal, _) => {
            Err(Problem::new(StatusCode::FORBIDDEN, "PERMISSION_DENIED", "not over HTTP"))
        }
    }
}

#[cfg(test)]
mod tests;
