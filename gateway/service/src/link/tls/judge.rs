//! Whether the certificate that an SMSC shows is believed, and whether it has the key that belongs to it.

use super::certificate::Certificate;
use crate::config::{Fingerprint, Trust};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved, SignatureScheme};
use std::sync::{Arc, OnceLock};
use webpki::RawPublicKeyEntity;

/// Judges the certificate of one handshake, and keeps it for who wants to know what was shown.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    belief: Belief,
    algorithms: WebPkiSupportedAlgorithms,
    shown: Arc<OnceLock<Shown>>,
}

/// A certificate that was shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub certificate: CertificateDer<'static>,
    pub believed: bool,
}

impl Shown {
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }
}

#[derive(Clone, Debug)]
enum Belief {
    Authorities(Arc<WebPkiServerVerifier>),
    Pinned(Vec<Fingerprint>),
}

impl Judge {
    pub fn new(trust: &Trust, provider: &Arc<CryptoProvider>) -> Result<Self, Error> {
        let belief = match trust {
            Trust::Authorities(roots) => {
                let authorities =
                    WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider)).build();
                Belief::Authorities(authorities.map_err(|cause| Error::General(cause.to_string()))?)
            }
            Trust::Pinned(fingerprints) => Belief::Pinned(fingerprints.clone()),
        };
        Ok(Self { belief, algorithms: provider.signature_verification_algorithms, shown: Arc::default() })
    }

    /// The same judge for one more handshake.
    pub fn anew(&self) -> Self {
        Self { shown: Arc::default(), ..self.clone() }
    }

    /// What was shown in this handshake, believed or not.
    pub fn shown(&self) -> Option<&Shown> {
        self.shown.get()
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = match &self.belief {
            Belief::Authorities(authorities) => {
                authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            Belief::Pinned(fingerprints) if fingerprints.contains(&Fingerprint::of(end_entity)) => {
                Ok(ServerCertVerified::assertion())
            }
            Belief::Pinned(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
        };
        let (certificate, believed) = (end_entity.clone().into_owned(), judged.is_ok());
        self.shown.get_or_init(|| Shown { certificate, believed });
        judged
    }

    // INVARIANT: a pinned certificate is public, so it proves nothing until its holder has signed this handshake with its
    // key. The key is taken out of the certificate here, since webpki reads no certificate but of version 3.

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if let Belief::Authorities(authorities) = &self.belief {
            return authorities.verify_tls12_signature(message, certificate, signed);
        }
        let key = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?.public_key();
        let key = RawPublicKeyEntity::try_from(&key).map_err(|_| CertificateError::BadEncoding)?;
        let scheme = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let (_, algorithms) = scheme.ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        // A scheme of TLS 1.2 does not say which curve the key is of: those that are not the key's do not verify it.
        let valid = algorithms.iter().any(|it| key.verify_signature(*it, message, signed.signature()).is_ok());
        if valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(CertificateError::BadSignature.into()) }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if let Belief::Authorities(authorities) = &self.belief {
            return authorities.verify_tls13_signature(message, certificate, signed);
        }
        let key = Certificate::read(certificate).ok_or(CertificateError::BadEncoding)?.public_key();
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
