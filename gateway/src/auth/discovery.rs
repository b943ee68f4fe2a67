//! Where the realm's keys are: the identity provider's discovery document.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;

/// The most bytes of a document.
const BYTES_MAX: usize = 256 * 1_024;
/// How long both documents may take together.
const BOUND: Duration = Duration::from_secs(4);

/// Fetches the key set of the configured issuer, and of nobody else.
#[derive(Debug)]
pub(crate) struct Discovery {
    issuer: String,
    address: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    /// The exact issuer, and where it is reached if that is elsewhere.
    ///
    /// # Errors
    /// The machine has nothing to make TLS with.
    pub(crate) fn new(issuer: &str, address: Option<&str>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("no HTTP client for the identity provider can be made")?;
        let address = address.unwrap_or(issuer).trim_end_matches('/').to_owned();
        Ok(Self { issuer: issuer.to_owned(), address, client })
    }

    /// The key set as it is now.
    ///
    /// # Errors
    /// The identity provider is away, or is not the one that we take tokens of.
    pub(super) async fn keys(&self) -> anyhow::Result<Bytes> {
        tokio::time::timeout(BOUND, self.fetch()).await.context("it takes too long")?
    }

    async fn fetch(&self) -> anyhow::Result<Bytes> {
        let document =
            self.get(&format!("{}/.well-known/openid-configuration", self.address)).await?;
        let document: Document =
            serde_json::from_slice(&document).context("the discovery document cannot be read")?;
        ensure!(
            document.issuer == self.issuer,
            "the discovery document is that of {:?}, not of ISSUER",
            document.issuer
        );
        self.get(&self.reachable(&document.jwks_uri)?).await
    }

    /// Keys come from the issuer's own address: as the document says it, or as we reach it.
    fn reachable(&self, uri: &str) -> anyhow::Result<String> {
        let issuer = self.issuer.trim_end_matches('/');
        for base in [issuer, &self.address] {
            let path = uri.strip_prefix(base).filter(|path| path.starts_with('/'));
            if let Some(path) = path {
                return Ok(format!("{}{path}", self.address));
            }
        }
        bail!("the discovery document sends us to {uri:?} for keys, which is not the issuer's")
    }

    async fn get(&self, address: &str) -> anyhow::Result<Bytes> {
        let mut response = self.client.get(address).send().await?.error_for_status()?;
        ensure!(response.status().as_u16() == 200, "{address} answers {}", response.status());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await? {
            ensure!(body.len() + chunk.len() <= BYTES_MAX, "{address} answers too much");
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example/realms/seasonal";

    fn reachable(address: Option<&str>, uri: &str) -> Option<String> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Discovery::new(ISSUER, address).unwrap().reachable(uri).ok()
    }

    #[test]
    fn keys_are_fetched_where_the_issuer_is_reached() {
        let inside = "http://keycloak:8080/realms/seasonal";
        let certs = "http://keycloak:8080/realms/seasonal/certs";

        let public = format!("{ISSUER}/certs");
        assert_eq!(reachable(None, &public), Some(public.clone()));
        assert_eq!(reachable(Some(inside), &public).as_deref(), Some(certs));
        assert_eq!(reachable(Some(inside), certs).as_deref(), Some(certs));
    }

    #[test]
    fn keys_are_fetched_of_nobody_else() {
        for uri in [
            "https://evil.example/certs",
            "https://id.example/realms/seasonal.evil.example/certs",
            "https://id.example/realms/seasonal@evil.example/certs",
            "https://id.example/realms/other/certs",
            "file:///etc/passwd",
        ] {
            assert_eq!(reachable(None, uri), None, "{uri}");
        }
    }
}
