//! (g) HAProxy with `jwt_verify` RS256 in front of bare axum that answers the same bytes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::child::{Process, free_port};

/// HAProxy and what lies behind it.
pub(crate) struct Proxy {
    pub(crate) url: String,
    /// Both end with this value.
    _processes: [Process; 2],
}

impl Proxy {
    /// Answers `body` to those who bring a token that the realm has signed.
    pub(crate) async fn start(
        folder: &Path,
        realm: &serde_json::Value,
        body: &[u8],
    ) -> Result<Self> {
        let (key, answer) = (folder.join("realm.pem"), folder.join("answer.json"));
        let public = realm.get("public_key").and_then(|it| it.as_str()).context("no public key")?;
        fs::write(&key, pem(public))?;
        fs::write(&answer, body)?;

        let port = free_port()?;
        let args = ["serve".to_owned(), answer.display().to_string(), port.to_string()];
        let behind = Process::role(&args, port).await?;
        let front = free_port()?;
        let config = folder.join("haproxy.cfg");
        fs::write(&config, configuration(front, port, &key))?;
        let args = ["-f".to_owned(), config.display().to_string()];
        let proxy = Process::start("haproxy", &args, front).await?;
        let url = format!("http://127.0.0.1:{front}/");
        Ok(Self { url, _processes: [proxy, behind] })
    }
}

fn pem(base64: &str) -> String {
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}

fn configuration(front: u16, behind: u16, key: &Path) -> String {
    format!(
        "global
    nbthread 2
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend api
    bind 127.0.0.1:{front}
    http-request set-var(txn.bearer) http_auth_bearer
    http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str RS256 }}
    http-request deny deny_status 401 unless {{ var(txn.bearer),jwt_verify(txn.alg,\"{key}\") 1 }}
    default_backend bare
backend bare
    http-reuse always
    server bare 127.0.0.1:{behind}
",
        key = key.display()
    )
}
