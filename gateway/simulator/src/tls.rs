//! TLS in front of the SMSC: its certificate, and whether ESMEs must show one of their own.

use rustls::RootCertStore;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The longest that an ESME may take to come to terms.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Who the SMSC is in TLS, and whom it lets in. TLS 1.2 and 1.3.
///
/// Its own certificate is shown as it is, expired or of another name: what an ESME makes of that is worth a test.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
}

/// What is wrong with the files of [`Tls::new`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The certificate cannot be read, or does not go with the key.
    #[error("certificate: {0}")]
    Certificate(String),
    /// The key cannot be read.
    #[error("key: {0}")]
    Key(String),
    /// The authority of the ESMEs' certificates cannot be read.
    #[error("client authority: {0}")]
    ClientAuthority(String),
}

impl Tls {
    /// Takes a certificate with its chain and its key, and the authority that must have signed an ESME's certificate; all
    /// in PEM. Without an authority no certificate is asked for.
    pub fn new(certificate: &str, key: &str, client_authority: Option<&str>) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = certificates(certificate).map_err(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|_| TlsError::Key("holds no private key in PEM".to_owned()))?;
        let own = CertifiedKey::from_der(chain.clone(), key.clone_key(), &provider);
        own.map_err(|cause| TlsError::Certificate(format!("does not go with the key: {cause}")))?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|cause| TlsError::Certificate(cause.to_string()))?;
        let config = match client_authority {
            None => config.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(authority).map_err(TlsError::ClientAuthority)? {
                    roots.add(certificate).map_err(|cause| TlsError::ClientAuthority(cause.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config
                    .with_client_cert_verifier(verifier.map_err(|cause| TlsError::ClientAuthority(cause.to_string()))?)
            }
        };
        let config = config.with_single_cert(chain, key).map_err(|cause| TlsError::Certificate(cause.to_string()))?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Comes to terms with an ESME that has connected.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let accepted = tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await;
        accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl fmt::Debug for Tls {
    /// Shows neither key nor certificate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(certificates) if certificates.is_empty() => Err("holds no certificate in PEM".to_owned()),
        read => read.map_err(|cause| cause.to_string()),
    }
}
