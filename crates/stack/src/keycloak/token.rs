//! Tokens for tests and for `./dev token`, by password.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// Whose token is wanted, and what shall be in it.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// `seasonal`, or `foreign` for a realm that is not ours.
    pub realm: &'a str,
    /// `seasonal-test`, or `seasonal-other` for one that the gateway does not list.
    pub client: &'a str,
    /// The name or e-mail address.
    pub user: &'a str,
    /// Theirs. The demo users' is the name and `-password`.
    pub password: &'a str,
    /// `openid api` for our audience, `openid other-api` for a foreign one, `openid` for none.
    pub scope: &'a str,
}

/// What Keycloak gave.
#[derive(Clone, Debug, Deserialize)]
pub struct Tokens {
    /// What the gateway wants.
    pub access_token: String,
    /// What the gateway must refuse.
    pub id_token: Option<String>,
    /// Good for one refresh.
    pub refresh_token: Option<String>,
}

impl Ask<'_> {
    /// Asks Keycloak at its address.
    ///
    /// # Errors
    /// When Keycloak is away, or refuses.
    pub async fn at(&self, http: &reqwest::Client, keycloak: &str) -> Result<Tokens> {
        let address = format!("{keycloak}/realms/{}/protocol/openid-connect/token", self.realm);
        let form = [
            ("grant_type", "password"),
            ("client_id", self.client),
            ("username", self.user),
            ("password", self.password),
            ("scope", self.scope),
        ];
        let answer = http.post(address).form(&form).send().await.context("ask Keycloak")?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "Keycloak gives {} no token: {status} {text}", self.user);
        serde_json::from_str(&text).context("Keycloak's answer is not readable")
    }
}
