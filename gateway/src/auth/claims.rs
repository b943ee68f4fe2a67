//! What stands in a token: the members that we read, each with its exact type.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The header of a token.
#[derive(Deserialize)]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    pub(super) alg: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    pub(super) kid: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    pub(super) typ: std::borrow::Cow<'a, str>,
    /// Extensions that one must understand: we understand none.
    pub(super) crit: Option<IgnoredAny>,
    /// Compression, which no access token has.
    pub(super) zip: Option<IgnoredAny>,
}

/// The claims of a token. A claim that is given twice, or is of another type, makes it unreadable.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: Many,
    pub(super) azp: String,
    pub(super) typ: String,
    pub(super) sub: String,
    pub(super) exp: i64,
    pub(super) iat: i64,
    pub(super) nbf: Option<i64>,
    pub(super) sid: Option<String>,
    pub(super) email: Option<String>,
    #[serde(default)]
    pub(super) email_verified: bool,
    pub(super) realm_access: Option<RealmAccess>,
    #[serde(default)]
    pub(super) account_kind: Many,
    /// Binds the token to a key whose proof we do not check: it is no bearer token.
    pub(super) cnf: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct RealmAccess {
    #[serde(default)]
    pub(super) roles: Vec<String>,
}

/// One string, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Many {
    One(String),
    List(Vec<String>),
}

impl Default for Many {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Many {
    pub(super) fn has(&self, value: &str) -> bool {
        self.iter().any(|one| one == value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::List(list) => list,
        }
        .iter()
        .map(String::as_str)
    }
}
