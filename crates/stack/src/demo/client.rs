//! The gateway as the demo data sees it.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::keycloak::Ask;
use crate::settings::Settings;
use crate::stack::{demo_password, http_client};

/// The gateway.
pub(super) struct Client {
    http: reqwest::Client,
    gateway: String,
    keycloak: String,
}

/// The gateway as one user.
pub(super) struct SignedIn<'a> {
    client: &'a Client,
    token: String,
}

impl Client {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let http = http_client()?;
        Ok(Self { http, gateway: settings.gateway(), keycloak: settings.keycloak() })
    }

    pub(super) async fn sign_in(&self, user: &str) -> Result<SignedIn<'_>> {
        let password = demo_password(user);
        let tokens = Ask::of(user, &password).at(&self.http, &self.keycloak).await?;
        Ok(SignedIn { client: self, token: tokens.access_token })
    }
}

impl SignedIn<'_> {
    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.send(Method::GET, path, |request| request).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::POST, path, |request| request.json(body)).await
    }

    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(Method::PATCH, path, |request| request.json(body)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Value> {
        let address = format!("{}{path}", self.client.gateway);
        let request = self.client.http.request(method.clone(), address).bearer_auth(&self.token);
        let answer = with(request).send().await.context("ask the gateway")?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).with_context(|| format!("{method} {path}: {text}"))
    }
}
