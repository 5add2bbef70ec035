//! TLS to an SMSC, from files that the command line names.

use crate::exit::Usage;
use clap::{ArgAction, Args};
use dayaq_gateway::config::{Fingerprint, Tls, Trust};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Options for an SMSC that speaks TLS.
#[derive(Args, Debug)]
pub struct TlsArgs {
    /// Speak TLS; without --tls-ca and --tls-fingerprint the SMSC's certificate is told and not believed
    #[arg(long)]
    tls: bool,
    /// Speak TLS, and believe the authorities of this file (PEM) and no others
    #[arg(long, value_name = "FILE", conflicts_with = "tls_fingerprint")]
    tls_ca: Option<PathBuf>,
    /// Speak TLS, and believe the certificate with this fingerprint and no other; may be given twice
    #[arg(long, value_name = "SHA256", value_parser = Fingerprint::parse, action = ArgAction::Append)]
    tls_fingerprint: Vec<Fingerprint>,
    /// Our own certificate with its chain (PEM), for an operator that asks for one
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// The name that the SMSC's certificate bears, where it is not the host's
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
}

impl TlsArgs {
    /// Reads the files; nothing, where no TLS is asked for.
    pub fn read(&self) -> Result<Option<Tls>, Usage> {
        let Some(trust) = self.trust()? else {
            let of_tls = [
                ("--tls-certificate", self.tls_certificate.is_some()),
                ("--tls-server-name", self.tls_server_name.is_some()),
            ];
            return match of_tls.iter().find(|(_, given)| *given) {
                Some((flag, _)) => Err(Usage(format!("{flag} needs --tls, --tls-ca or --tls-fingerprint"))),
                None => Ok(None),
            };
        };
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
        Ok(Some(Tls { trust, own, server_name: server_name.transpose()? }))
    }

    /// Which certificates are believed; nothing, where no TLS is asked for.
    fn trust(&self) -> Result<Option<Trust>, Usage> {
        if let Some(ca) = &self.tls_ca {
            let mut roots = RootCertStore::empty();
            for certificate in certificates("--tls-ca", ca)? {
                roots.add(certificate).map_err(|cause| Usage(format!("--tls-ca {}: {cause}", ca.display())))?;
            }
            return Ok(Some(Trust::Authorities(Arc::new(roots))));
        }
        if !self.tls && self.tls_fingerprint.is_empty() {
            return Ok(None);
        }
        let pinned = Trust::pinned(self.tls_fingerprint.clone());
        pinned.map(Some).map_err(|why| Usage(format!("--tls-fingerprint {why}")))
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
