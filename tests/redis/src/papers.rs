//! Certificates of servers that speak TLS, and of those who come to them.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// An authority, a server's certificate by it for loopback, and a client's, as files in PEM.
pub struct Papers {
    folder: TempDir,
    authority: String,
    client: (String, String),
}

impl Papers {
    /// Draws them up, the server's for these names.
    pub fn draw_up(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut params = dated(&[]);
        params.distinguished_name.push(DnType::CommonName, "An authority of a test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
        let signed = |names: &[&str]| {
            let key = KeyPair::generate().expect("a key");
            let certificate = dated(names).signed_by(&key, &authority).expect("a certificate");
            (certificate.pem(), key.serialize_pem())
        };
        let (server, client) = (signed(names), signed(&["dayaq.example"]));
        let authority = authority.pem();
        let texts = [("ca.pem", &authority), ("server.pem", &server.0), ("server.key", &server.1)];
        let client_texts = [("client.pem", &client.0), ("client.key", &client.1)];
        for (name, text) in texts.into_iter().chain(client_texts) {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        Self { folder, authority, client }
    }

    /// For servers on loopback, by number and by name.
    pub fn of_loopback() -> Self {
        Self::draw_up(&["127.0.0.1", "localhost"])
    }

    /// The folder with `ca.pem`, `server.pem` and `server.key`, `client.pem` and `client.key`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where one of them is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority's certificate, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The client's certificate and key, in PEM.
    pub fn client(&self) -> (&str, &str) {
        (&self.client.0, &self.client.1)
    }

    /// What a server's configuration says to speak TLS alone on that port; `clients` says whether it asks for a
    /// certificate (`yes`, `optional` or `no`).
    pub(crate) fn lines(&self, port: u16, clients: &str) -> String {
        let folder = self.folder.path().display();
        format!(
            "port 0\ntls-port {port}\ntls-cert-file {folder}/server.pem\ntls-key-file {folder}/server.key\n\
             tls-ca-cert-file {folder}/ca.pem\ntls-auth-clients {clients}\ntls-replication yes\n"
        )
    }
}

fn dated(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2100, 1, 1));
    params
}
