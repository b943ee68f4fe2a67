//! Whether an access token is one of ours.
//!
//! Everything that RFC 8725 and RFC 9068 ask is checked here by hand: the library verifies the
//! signature and nothing else, since its defaults let a missing audience, a missing issuer and an
//! ID token pass.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bus::{Roles, User};
use uuid::Uuid;

use super::claims::{Claims, Header};
use super::jwks::{self, Key, KeySet};

/// The longest token that is looked at.
pub(super) const BYTES_MAX: usize = 8 * 1_024;
/// Roles that the realm gives.
const REALM_ROLES: [&str; 2] = ["operator", "admin"];
/// Roles that a person chooses.
const ACCOUNT_KINDS: [&str; 2] = ["worker", "employer"];

/// Whose tokens are taken.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The exact issuer.
    pub issuer: String,
    /// Our name among a token's audiences.
    pub audience: String,
    /// The clients for which a token may have been issued.
    pub parties: Vec<String>,
    /// How far the clocks may differ.
    pub leeway_seconds: i64,
}

/// A token that was verified.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) user: User,
    key: Arc<Key>,
    exp: i64,
}

impl Verified {
    /// Whether it still holds: not expired, and its key still signs.
    pub(crate) fn holds(&self, leeway_seconds: i64, now: i64) -> bool {
        now < self.exp.saturating_add(leeway_seconds) && self.key.is_current()
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the token is too long")]
    TooLong,
    #[error("the token is not a signed JWT")]
    Malformed,
    #[error("the token is of the wrong type")]
    Type,
    #[error("the token asks for an extension")]
    Critical,
    #[error("the token is signed by an unknown key")]
    Key,
    #[error("the token is signed with the wrong algorithm")]
    Algorithm,
    #[error("the token's signature is wrong")]
    Signature,
    #[error("the token has claims that cannot be read, or lacks some")]
    Claims,
    #[error("the token is from another issuer")]
    Issuer,
    #[error("the token is for another audience")]
    Audience,
    #[error("the token was issued to another client")]
    Party,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
    #[error("the token has no user")]
    Subject,
}

/// A token taken apart, before its signature is looked at.
pub(super) struct Parts<'a> {
    message: &'a str,
    claims: &'a str,
    signature: &'a str,
    header: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// # Errors
    /// It is no JWS in three parts.
    pub(super) fn of(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Refusal::Malformed)?;
        if claims.contains('.') || claims.is_empty() || signature.is_empty() {
            return Err(Refusal::Malformed);
        }
        Ok(Self { message, claims, signature, header: decode(header)? })
    }

    /// The key that the header names.
    ///
    /// # Errors
    /// The header is not that of an access token, or the key is not in the set.
    pub(super) fn key<'k>(&self, keys: &'k KeySet) -> Result<&'k Arc<Key>, Refusal> {
        let header: Header<'_> =
            serde_json::from_slice(&self.header).map_err(|_| Refusal::Malformed)?;
        if header.crit.is_some() || header.zip.is_some() {
            return Err(Refusal::Critical);
        }
        let typ = header.typ.as_ref();
        let is_access =
            ["at+jwt", "application/at+jwt"].iter().any(|it| typ.eq_ignore_ascii_case(it));
        if !is_access {
            return Err(Refusal::Type);
        }
        if !["RS256", "ES256", "EdDSA"].contains(&header.alg.as_ref()) {
            return Err(Refusal::Algorithm);
        }
        let key = keys.get(&header.kid).ok_or(Refusal::Key)?;
        if jwks::name(key.algorithm) == header.alg { Ok(key) } else { Err(Refusal::Algorithm) }
    }

    /// Verifies signature and claims.
    ///
    /// # Errors
    /// What the token lacks.
    pub(super) fn verify(
        &self,
        key: &Arc<Key>,
        rules: &Rules,
        now: i64,
    ) -> Result<Verified, Refusal> {
        let message = self.message.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, message, &key.decoding, key.algorithm) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(Refusal::Signature),
        }
        let claims: Claims =
            serde_json::from_slice(&decode(self.claims)?).map_err(|_| Refusal::Claims)?;
        rules.check(&claims, now)?;
        let exp = claims.exp;
        Ok(Verified { user: user(claims)?, key: key.clone(), exp })
    }
}

impl Rules {
    fn check(&self, claims: &Claims, now: i64) -> Result<(), Refusal> {
        let checks = [
            (claims.typ == "Bearer" && claims.cnf.is_none(), Refusal::Type),
            (claims.iss == self.issuer, Refusal::Issuer),
            (claims.aud.has(&self.audience), Refusal::Audience),
            (self.parties.contains(&claims.azp), Refusal::Party),
            (now < claims.exp.saturating_add(self.leeway_seconds), Refusal::Expired),
            (claims.iat.saturating_sub(self.leeway_seconds) <= now, Refusal::Early),
            (
                claims.nbf.is_none_or(|nbf| nbf.saturating_sub(self.leeway_seconds) <= now),
                Refusal::Early,
            ),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, refusal)| Err(refusal))
    }
}

fn user(claims: Claims) -> Result<User, Refusal> {
    // The hyphenated form alone: 36 characters.
    let id = Some(&claims.sub).filter(|sub| sub.len() == 36).map(|sub| Uuid::try_parse(sub));
    let Some(Ok(id)) = id.filter(|id| id.as_ref().is_ok_and(|id| !id.is_nil())) else {
        return Err(Refusal::Subject);
    };
    let roles = Roles::new(
        claims
            .realm_access
            .iter()
            .flat_map(|access| access.roles.iter().map(String::as_str))
            .filter(|role| REALM_ROLES.contains(role))
            .chain(claims.account_kind.iter().filter(|kind| ACCOUNT_KINDS.contains(kind))),
    );
    let session = claims.sid.filter(|sid| sid.len() <= 128 && bus::subject::is_token(sid));
    let email = claims.email.filter(|email| claims.email_verified && is_email(email));
    Ok(User { id, roles, session, email: email.map(|email| email.to_lowercase()) })
}

/// Fit to be passed on in a header.
fn is_email(email: &str) -> bool {
    email.len() <= 254 && email.contains('@') && !email.chars().any(|c| c.is_control() || c == ' ')
}

fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed)
}

#[cfg(test)]
mod tests;
