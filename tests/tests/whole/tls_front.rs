//! TLS in front of an SMSC that speaks SMPP in clear, as operators put it there: it shows its certificate, whatever that is.

use dayaq_gateway::config::Fingerprint;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A front. It serves until the test's runtime ends.
pub struct TlsFront {
    pub addr: SocketAddr,
    /// Of the certificate that it shows.
    pub fingerprint: Fingerprint,
}

#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl TlsFront {
    /// Stands before that SMSC with a certificate and a key, in PEM, which need not belong together.
    pub async fn before(smsc: SocketAddr, certificate: &str, key: &str) -> Self {
        let provider = Arc::new(default_provider());
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
        let fingerprint = Fingerprint::of(&certificate);
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
        let key = provider.key_provider.load_private_key(key).expect("a key that is spoken");
        let own = Arc::new(CertifiedKey::new(vec![certificate], key));
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_no_client_auth().with_cert_resolver(Arc::new(Shows(own)));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Whoever does not believe the certificate is gone here.
                    let mut secret = acceptor.accept(stream).await?;
                    let mut clear = TcpStream::connect(smsc).await?;
                    tokio::io::copy_bidirectional(&mut secret, &mut clear).await
                });
            }
        });
        Self { addr, fingerprint }
    }
}
