//! TLS, where a certificate is configured.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Speaks TLS 1.2 and 1.3 with one certificate.
#[derive(Clone)]
pub(super) struct Tls(pub(super) TlsAcceptor);

impl Tls {
    /// # Errors
    /// The files cannot be read, or do not fit together.
    pub(super) fn read(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| format!("TLS_CERTIFICATE_FILE {} is wrong", certificate.display()))?;
        ensure!(
            !chain.is_empty(),
            "TLS_CERTIFICATE_FILE {} has no certificate in it",
            certificate.display()
        );
        let key = PrivateKeyDer::from_pem_file(key)
            .with_context(|| format!("TLS_KEY_FILE {} is wrong", key.display()))?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .context("TLS_CERTIFICATE_FILE and TLS_KEY_FILE do not fit together")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}
