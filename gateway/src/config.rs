//! What the gateway reads from its environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use chassis::config::Common;
use ipnet::IpNet;

use crate::auth::Rules;
use crate::limit::Rates;
use crate::{docs, gateway};

/// The gateway: HTTP and JSON outside, NATS and protobuf inside.
#[derive(Debug, clap::Parser)]
#[command(name = "gateway", version)]
pub struct Config {
    /// What it shares with all processes.
    #[command(flatten)]
    pub common: Common,
    /// Where clients connect.
    #[arg(long, env = "LISTEN_ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen_address: SocketAddr,
    /// Where clients see it, such as `https://api.example.org`; empty for wherever they connect.
    #[arg(long, env = "PUBLIC_URL", default_value = "")]
    pub public_url: String,
    /// The identity provider's exact issuer, such as `https://id.example.org/realms/seasonal`.
    #[arg(long, env = "ISSUER")]
    pub issuer: String,
    /// Where the issuer is reached, if that is elsewhere: `http://keycloak:8080/realms/seasonal`.
    #[arg(long, env = "ISSUER_ADDRESS", default_value = "")]
    pub issuer_address: String,
    /// What a token's audience has to contain.
    #[arg(long, env = "AUDIENCE", default_value = "seasonal-api")]
    pub audience: String,
    /// The clients whose tokens are taken, separated by commas.
    #[arg(long, env = "AUTHORIZED_PARTIES", default_value = "seasonal-web,seasonal-mobile")]
    pub authorized_parties: List<String>,
    /// By how much the clocks of the identity provider and of this machine may differ.
    #[arg(long, env = "TOKEN_LEEWAY_SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(i64).range(0..=60))]
    pub token_leeway_seconds: i64,
    /// The client that people sign in with at /docs.
    #[arg(long, env = "DOCS_CLIENT_ID", default_value = "seasonal-web")]
    pub docs_client_id: String,
    /// The origins whose pages may ask, separated by commas: `https://seasonal.example.org`.
    #[arg(long, env = "ALLOWED_ORIGINS", default_value = "")]
    pub allowed_origins: List<String>,
    /// The proxies whose `X-Forwarded-For` is believed, as networks separated by commas.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: List<IpNet>,
    /// The most bytes of a JSON body; NATS carries 1 MiB with headers.
    #[arg(long, env = "BODY_BYTES_MAX", default_value_t = 768 * 1_024)]
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    #[arg(long, env = "BODY_SECONDS", default_value_t = 20)]
    pub body_seconds: u64,
    /// How long a request's header may take to arrive, and how long a connection may be idle.
    #[arg(long, env = "HEADER_SECONDS", default_value_t = 60)]
    pub header_seconds: u64,
    /// The most connections that are served at a time; others wait.
    #[arg(long, env = "CONNECTIONS_MAX", default_value_t = 10_000)]
    pub connections_max: usize,
    /// How often one address may ask in a minute; 0 is no limit, here and below.
    #[arg(long, env = "RATE_ADDRESS_PER_MINUTE", default_value_t = 1_200)]
    pub rate_address_per_minute: u32,
    /// How often one address may ask without a token.
    #[arg(long, env = "RATE_ANONYMOUS_PER_MINUTE", default_value_t = 60)]
    pub rate_anonymous_per_minute: u32,
    /// How often one caller may read.
    #[arg(long, env = "RATE_CALLER_PER_MINUTE", default_value_t = 600)]
    pub rate_caller_per_minute: u32,
    /// How often one caller may change something.
    #[arg(long, env = "RATE_CALLER_WRITES_PER_MINUTE", default_value_t = 120)]
    pub rate_caller_writes_per_minute: u32,
    /// A PEM file with the certificate and its chain. With it, only TLS is spoken.
    #[arg(long, env = "TLS_CERTIFICATE_FILE", requires = "tls_key_file")]
    pub tls_certificate_file: Option<PathBuf>,
    /// A PEM file with the certificate's key.
    #[arg(long, env = "TLS_KEY_FILE", requires = "tls_certificate_file")]
    pub tls_key_file: Option<PathBuf>,
}

impl chassis::config::Config for Config {
    fn common(&self) -> &Common {
        &self.common
    }
}

impl Config {
    /// What the gateway itself is told.
    #[must_use]
    pub fn settings(&self) -> gateway::Settings {
        gateway::Settings {
            rules: Rules {
                issuer: self.issuer.clone(),
                audience: self.audience.clone(),
                parties: self.authorized_parties.0.clone(),
                leeway_seconds: self.token_leeway_seconds,
            },
            rates: Rates {
                address: self.rate_address_per_minute,
                anonymous: self.rate_anonymous_per_minute,
                caller: self.rate_caller_per_minute,
                caller_writes: self.rate_caller_writes_per_minute,
            },
            docs: docs::Settings {
                issuer: self.issuer.clone(),
                client_id: self.docs_client_id.clone(),
                public_url: self.public_url.clone(),
            },
            origins: self.allowed_origins.0.clone(),
            proxies: self.trusted_proxies.0.clone(),
            traces: self.common.otlp().is_some(),
            is_secure: self.tls_certificate_file.is_some() || self.public_url.starts_with("https:"),
            body_bytes_max: self.body_bytes_max,
            body_time: Duration::from_secs(self.body_seconds),
        }
    }

    /// Where the issuer is reached, if that is elsewhere.
    #[must_use]
    pub fn issuer_address(&self) -> Option<&str> {
        Some(self.issuer_address.as_str()).filter(|address| !address.is_empty())
    }
}

/// A list whose items are separated by commas; an empty variable is an empty list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    const ISSUER: &str = "https://id.example/realms/seasonal";

    #[test]
    fn a_list_may_be_empty_and_has_no_empty_items() {
        assert_eq!("".parse(), Ok(List::<String>(vec![])));
        assert_eq!("a, b,".parse(), Ok(List(vec!["a".to_owned(), "b".to_owned()])));
        assert!("10.0.0.0/8,nowhere".parse::<List<IpNet>>().is_err());
    }

    #[test]
    fn only_the_issuer_has_no_default() {
        let settings = Config::parse_from(["gateway", "--issuer", ISSUER]).settings();

        assert_eq!(settings.rules.parties, ["seasonal-web", "seasonal-mobile"]);
        assert_eq!(settings.rates.anonymous, 60);
        assert!(!settings.is_secure);
        assert!(Config::try_parse_from(["gateway"]).is_err());
    }
}
