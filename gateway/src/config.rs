//! What the gateway reads from its environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::bail;
use chassis::config::Common;
use clap::builder::RangedU64ValueParser;
use clap::value_parser;
use ipnet::IpNet;
use url::Url;

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
    #[arg(long, env = "PUBLIC_URL", default_value = "", value_parser = url_or_nothing)]
    pub public_url: String,
    /// The identity provider's exact issuer, such as `https://id.example.org/realms/seasonal`.
    #[arg(long, env = "ISSUER", value_parser = url)]
    pub issuer: String,
    /// Where the issuer is reached, if that is elsewhere: `http://keycloak:8080/realms/seasonal`.
    #[arg(long, env = "ISSUER_ADDRESS", default_value = "", value_parser = url_or_nothing)]
    pub issuer_address: String,
    /// What a token's audience has to contain.
    #[arg(long, env = "AUDIENCE", default_value = "seasonal-api")]
    pub audience: String,
    /// The clients whose tokens are taken, separated by commas.
    #[arg(long, env = "AUTHORIZED_PARTIES", default_value = "seasonal-web,seasonal-mobile")]
    pub authorized_parties: List<String>,
    /// By how much the clocks of the identity provider and of this machine may differ.
    #[arg(long, env = "TOKEN_LEEWAY_SECONDS", default_value_t = 10,
          value_parser = value_parser!(i64).range(0..=60))]
    pub token_leeway_seconds: i64,
    /// The client that people sign in with at /docs.
    #[arg(long, env = "DOCS_CLIENT_ID", default_value = "seasonal-web")]
    pub docs_client_id: String,
    /// The origins whose pages may ask, separated by commas: `https://seasonal.example.org`.
    #[arg(long, env = "ALLOWED_ORIGINS", default_value = "", value_parser = origins)]
    pub allowed_origins: List<String>,
    /// The proxies whose `X-Forwarded-For` is believed, as networks separated by commas.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: List<IpNet>,
    /// The most bytes of a JSON body; NATS carries 1 MiB with headers.
    #[arg(long, env = "BODY_BYTES_MAX", default_value_t = 768 * 1_024,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub body_bytes_max: usize,
    /// How long a body may take to arrive.
    #[arg(long, env = "BODY_SECONDS", default_value_t = 20,
          value_parser = value_parser!(u64).range(1..=3_600))]
    pub body_seconds: u64,
    /// How long a request's header may take to arrive, and how long a connection may be idle.
    #[arg(long, env = "HEADER_SECONDS", default_value_t = 60,
          value_parser = value_parser!(u64).range(1..=3_600))]
    pub header_seconds: u64,
    /// The most connections that are served at a time; others wait.
    #[arg(long, env = "CONNECTIONS_MAX", default_value_t = 10_000,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
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
    #[arg(long, env = "TLS_CERTIFICATE_FILE", default_value = "")]
    pub tls_certificate_file: String,
    /// A PEM file with the certificate's key.
    #[arg(long, env = "TLS_KEY_FILE", default_value = "")]
    pub tls_key_file: String,
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
            is_secure: !self.tls_certificate_file.is_empty()
                || self.public_url.starts_with("https:"),
            body_bytes_max: self.body_bytes_max,
            body_time: Duration::from_secs(self.body_seconds),
        }
    }

    /// Where the issuer is reached, if that is elsewhere.
    #[must_use]
    pub fn issuer_address(&self) -> Option<&str> {
        Some(self.issuer_address.as_str()).filter(|address| !address.is_empty())
    }

    /// The files of the certificate and its key, where TLS is spoken.
    ///
    /// # Errors
    /// One without the other.
    pub fn tls_files(&self) -> anyhow::Result<Option<(PathBuf, PathBuf)>> {
        match (self.tls_certificate_file.as_str(), self.tls_key_file.as_str()) {
            ("", "") => Ok(None),
            (_, "") => bail!("TLS_KEY_FILE is missing: the key of TLS_CERTIFICATE_FILE"),
            ("", _) => bail!("TLS_CERTIFICATE_FILE is missing: the certificate of TLS_KEY_FILE"),
            (certificate, key) => Ok(Some((certificate.into(), key.into()))),
        }
    }
}

/// An address as it was written, since the issuer is compared letter by letter.
fn url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
    });
    url.map(|_| text.to_owned()).ok_or_else(|| "a URL with http or https is needed".to_owned())
}

fn url_or_nothing(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { url(text) }
}

/// Origins as browsers write them: another spelling would never match.
fn origins(text: &str) -> Result<List<String>, String> {
    let Ok(List(origins)) = text.parse::<List<String>>();
    let is_origin = |origin: &String| {
        Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == **origin)
    };
    match origins.iter().find(|origin| !is_origin(origin)) {
        Some(wrong) => Err(format!("{wrong} is no origin such as https://seasonal.example.org")),
        None => Ok(List(origins)),
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

    fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
        Config::try_parse_from([&["gateway", "--issuer", ISSUER], arguments].concat())
    }

    #[test]
    fn what_would_never_work_is_refused() {
        for arguments in [
            ["--public-url", "api.example.org"],
            ["--issuer-address", "keycloak:8080"],
            ["--allowed-origins", "seasonal.example.org"],
            ["--allowed-origins", "https://seasonal.example.org/"],
            ["--allowed-origins", "https://seasonal.example.org,*"],
            ["--connections-max", "0"],
            ["--header-seconds", "0"],
            ["--body-seconds", "0"],
            ["--body-bytes-max", "2000000"],
        ] {
            assert!(parse(&arguments).is_err(), "{arguments:?}");
        }
        for issuer in ["", "id.example", "ftp://id.example", "https://id.example/?realm=seasonal"] {
            assert!(Config::try_parse_from(["gateway", "--issuer", issuer]).is_err(), "{issuer}");
        }
        let origins = "https://seasonal.example.org, http://127.0.0.1:5173";
        assert_eq!(parse(&["--allowed-origins", origins]).unwrap().allowed_origins.0.len(), 2);
    }

    #[test]
    fn a_certificate_comes_with_its_key_or_not_at_all() {
        let of = |arguments: &[&str]| {
            parse(arguments).unwrap().tls_files().map_err(|error| error.to_string())
        };
        let (certificate, key) = (["--tls-certificate-file", "c.pem"], ["--tls-key-file", "k.pem"]);

        assert_eq!(of(&["--tls-certificate-file", "", "--tls-key-file", ""]), Ok(None));
        assert_eq!(of(&[certificate, key].concat()), Ok(Some(("c.pem".into(), "k.pem".into()))));
        assert!(of(&certificate).unwrap_err().starts_with("TLS_KEY_FILE is missing"));
        assert!(of(&key).unwrap_err().starts_with("TLS_CERTIFICATE_FILE is missing"));
    }
}
