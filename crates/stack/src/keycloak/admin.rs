//! What tests do at Keycloak as its administrator.

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::token::Ask;

/// Keycloak's administrator, for the realm `seasonal`.
#[derive(Clone, Debug)]
pub struct Admin {
    http: reqwest::Client,
    keycloak: String,
    password: String,
}

/// A user to make. The e-mail address counts as verified.
#[derive(Clone, Debug)]
pub struct NewUser<'a> {
    /// The e-mail address, which is the name to sign in with.
    pub email: &'a str,
    /// At least 12 characters.
    pub password: &'a str,
    /// `worker`, `employer`, both or none.
    pub kinds: &'a [&'a str],
    /// `operator`, `admin`, both or none.
    pub roles: &'a [&'a str],
}

impl Admin {
    pub(crate) fn new(http: reqwest::Client, keycloak: String, password: String) -> Self {
        Self { http, keycloak, password }
    }

    /// Makes a user; back with the id, which is the `sub` of the tokens.
    ///
    /// # Errors
    /// When Keycloak is away, or refuses.
    pub async fn create_user(&self, user: &NewUser<'_>) -> Result<String> {
        let body = json!({
            "username": user.email,
            "email": user.email,
            "emailVerified": true,
            "enabled": true,
            "attributes": {"account_kind": user.kinds},
            "credentials": [{"type": "password", "value": user.password, "temporary": false}],
        });
        self.call(Method::POST, "/users", Some(&body)).await?;
        let path = format!("/users?exact=true&username={}", user.email);
        let found = self.call(Method::GET, &path, None).await?;
        let id = found.pointer("/0/id").and_then(Value::as_str).context("no user")?.to_owned();
        for role in user.roles {
            self.give_role(&id, role).await?;
        }
        Ok(id)
    }

    /// Gives a user a realm role.
    ///
    /// # Errors
    /// When Keycloak is away, or has no such user or role.
    pub async fn give_role(&self, user: &str, role: &str) -> Result<()> {
        let role = self.call(Method::GET, &format!("/roles/{role}"), None).await?;
        let path = format!("/users/{user}/role-mappings/realm");
        self.call(Method::POST, &path, Some(&json!([role]))).await.map(drop)
    }

    /// Lets a user sign in or not. Tokens that were given live on.
    ///
    /// # Errors
    /// When Keycloak is away, or has no such user.
    pub async fn enable(&self, user: &str, enabled: bool) -> Result<()> {
        let body = json!({"enabled": enabled});
        self.call(Method::PUT, &format!("/users/{user}"), Some(&body)).await.map(drop)
    }

    /// Adds a signing key that is used at once when its priority is above the others' (100);
    /// back with its id, for [`Self::remove_key`].
    ///
    /// # Errors
    /// When Keycloak is away, or refuses.
    pub async fn add_key(&self, priority: u32) -> Result<String> {
        let realm = self.call(Method::GET, "", None).await?;
        let name = format!("test-{}", uuid::Uuid::new_v4().simple());
        let body = json!({
            "name": name,
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm.get("id"),
            "config": {
                "priority": [priority.to_string()],
                "enabled": ["true"],
                "active": ["true"],
                "keySize": ["2048"],
                "algorithm": ["RS256"],
            },
        });
        self.call(Method::POST, "/components", Some(&body)).await?;
        let path = format!("/components?type=org.keycloak.keys.KeyProvider&name={name}");
        let found = self.call(Method::GET, &path, None).await?;
        Ok(found.pointer("/0/id").and_then(Value::as_str).context("no key")?.to_owned())
    }

    /// Removes a signing key: it leaves the key set at once.
    ///
    /// # Errors
    /// When Keycloak is away, or has no such key.
    pub async fn remove_key(&self, key: &str) -> Result<()> {
        self.call(Method::DELETE, &format!("/components/{key}"), None).await.map(drop)
    }

    /// Calls Keycloak's admin API below `/admin/realms/seasonal`; null when it answers nothing.
    ///
    /// # Errors
    /// When Keycloak is away, or refuses.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let address = format!("{}/admin/realms/seasonal{path}", self.keycloak);
        let mut request =
            self.http.request(method.clone(), address).bearer_auth(self.token().await?);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.context("ask Keycloak")?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
    }

    async fn token(&self) -> Result<String> {
        let ask = Ask {
            realm: "master",
            client: "admin-cli",
            user: "admin",
            password: &self.password,
            scope: "openid",
        };
        Ok(ask.at(&self.http, &self.keycloak).await?.access_token)
    }
}
