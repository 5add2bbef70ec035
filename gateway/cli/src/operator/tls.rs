//! TLS to an SMSC, from files that the command line names.

use crate::exit::Usage;
use clap::Args;
use dayaq_gateway::config::Tls;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Options for an SMSC that speaks TLS.
#[derive(Args, Debug)]
pub struct TlsArgs {
    /// Speak TLS, and believe the authorities of this file (PEM) and no others
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Our own certificate with its chain (PEM), for an operator that asks for one
    #[arg(long, value_name = "FILE", requires = "tls_ca", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// The name that the SMSC's certificate bears, where it is not the host's
    #[arg(long, value_name = "NAME", requires = "tls_ca")]
    tls_server_name: Option<String>,
}

impl TlsArgs {
    /// Reads the files; nothing, where no TLS is asked for.
    pub fn read(&self) -> Result<Option<Tls>, Usage> {
        let Some(ca) = &self.tls_ca else { return Ok(None) };
        let mut roots = RootCertStore::empty();
        for certificate in certificates("--tls-ca", ca)? {
            roots.add(certificate).map_err(|cause| Usage(format!("--tls-ca {}: {cause}", ca.display())))?;
        }
        let own = match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                Some((certificates("--tls-certificate", certificate)?, private_key(key)?))
            }
            _ => None,
        };
        let server_name = self.tls_server_name.as_ref().map(|name| {
            ServerName::try_from(name.clone())
                .map_err(|_| Usage(format!("--tls-server-name must be a name or an IP address, found {name:?}")))
        });
        Ok(Some(Tls { roots: Arc::new(roots), own, server_name: server_name.transpose()? }))
    }
}

fn certificates(flag: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Usage> {
    let wrong = |cause: String| Usage(format!("{flag} {}: {cause}", path.display()));
    let octets = std::fs::read(path).map_err(|cause| wrong(cause.to_string()))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(wrong("holds no certificate in PEM".to_owned())),
        Err(cause) => Err(wrong(cause.to_string())),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Usage> {
    let wrong = |cause: String| Usage(format!("--tls-key {}: {cause}", path.display()));
    let octets = std::fs::read(path).map_err(|cause| wrong(cause.to_string()))?;
    PrivateKeyDer::from_pem_slice(&octets).map_err(|_| wrong("holds no private key in PEM".to_owned()))
}
