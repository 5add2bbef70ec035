//! Authorities and certificates of TLS, made for one test.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

/// An authority, which signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub struct Papers {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no other names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// Its own certificate, in PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a name or an IP address, good in any year of this century.
    pub fn sign(&self, name: &str) -> Papers {
        self.sign_until(name, 2100)
    }

    /// One whose time ends with the beginning of that year.
    pub fn sign_until(&self, name: &str, year: i32) -> Papers {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(year, 1, 1));
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Papers { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Papers {
    /// Signed by itself, as `openssl req -x509` does it: an authority of its own.
    pub fn self_signed(name: &str) -> Self {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    /// Of X.509 version 1, signed by itself, with an RSA key.
    pub fn version_1() -> Self {
        Self {
            certificate: include_str!("../../../gateway/service/src/link/tls/x509v1.pem").to_owned(),
            key: include_str!("../../../gateway/service/src/link/tls/x509v1.key").to_owned(),
        }
    }
}
