//! Where an operator's SMSC is: addresses that we connect to, or one of ours on which it connects to us.

use super::fingerprint::Fingerprint;
use super::operator::bounded;
use super::{Surroundings, read_secret};
use dayaq_author::Table;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// Most addresses of one operator.
const ADDRESSES_MAX: usize = 16;
/// Certificates that may be pinned: the one in use, and the one that follows it.
const PINNED_MAX: usize = 2;

/// How we and an operator's SMSC come together.
#[derive(Clone, Debug)]
pub enum Reach {
    /// We connect.
    Dial {
        /// Tried in turn, beginning with the one that last served; at least one.
        addresses: Vec<Address>,
        /// `None`: without TLS.
        tls: Option<Tls>,
    },
    /// The SMSC connects to us and asks for the bind by `outbind` (SMPP 3.4 §2.2.1).
    Listen {
        /// Where we listen.
        address: SocketAddr,
        /// The SMSC's name.
        system_id: String,
        /// By which we know that it is that SMSC, at most 32 octets.
        password: SecretString,
    },
}

/// A host, by name or number, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

impl Address {
    /// Reads `host:port`, `192.0.2.1:port` or `[2001:db8::1]:port`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let (host, port) = parts.filter(|(_, port)| *port > 0).ok_or(format!("must be host:port, found {text:?}"))?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match ServerName::try_from(host) {
            Ok(_) => Ok(Self { host: host.to_owned(), port }),
            Err(_) => Err(format!("must be host:port, found {text:?}, whose host is neither a name nor an IP address")),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(socket: SocketAddr) -> Self {
        Self { host: socket.ip().to_string(), port: socket.port() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Whom we trust and who we are in TLS.
#[derive(Debug)]
pub struct Tls {
    /// Which certificates of the SMSC are believed.
    pub trust: Trust,
    /// Our own certificate with its chain, and its key, for operators that ask for one.
    pub own: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    /// Whom the SMSC is asked to be, where it is not the address's name; a certificate that an authority vouches for must
    /// bear it.
    pub server_name: Option<ServerName<'static>>,
}

/// Which certificates of an SMSC are believed.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Those that one of these authorities vouches for, in their time, and under the name that we connect to.
    Authorities(Arc<RootCertStore>),
    /// One of these and no other. Whoever named it meant exactly that one, so neither who signed it nor its dates and
    /// names count; that the SMSC has its key does.
    Pinned(Vec<Fingerprint>),
}

impl Trust {
    /// Takes fingerprints to pin.
    ///
    /// # Errors
    ///
    /// In words, where they are more than two.
    pub fn pinned(fingerprints: Vec<Fingerprint>) -> Result<Self, String> {
        match fingerprints.len() {
            ..=PINNED_MAX => Ok(Self::Pinned(fingerprints)),
            count => Err(format!(
                "must be at most {PINNED_MAX}, the certificate in use and the one that follows it, found {count}"
            )),
        }
    }
}

impl fmt::Display for Trust {
    /// In words, for an engineer to compare with what the operator says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authorities(roots) => {
                let authorities = if roots.len() == 1 { "an authority" } else { "authorities" };
                write!(f, "a certificate of {authorities} of ours, in its time and under the name that we connect to")
            }
            Self::Pinned(fingerprints) => {
                let named: Vec<String> = fingerprints.iter().map(Fingerprint::to_string).collect();
                let named = if named.is_empty() { "none".to_owned() } else { named.join(" or ") };
                write!(
                    f,
                    "the certificate with the SHA-256 fingerprint {named}, whoever signed it and whatever its dates and names"
                )
            }
        }
    }
}

impl Clone for Tls {
    fn clone(&self) -> Self {
        Self {
            trust: self.trust.clone(),
            own: self.own.as_ref().map(|(chain, key)| (chain.clone(), key.clone_key())),
            server_name: self.server_name.clone(),
        }
    }
}

impl Reach {
    /// Without TLS, at one address.
    pub fn plain(address: impl Into<Address>) -> Self {
        Self::Dial { addresses: vec![address.into()], tls: None }
    }

    /// Reads `address`, `addresses` or `listen`, with `[operator.tls]` or `[operator.outbind]`.
    pub(super) fn read(table: &Table<'_>, around: &dyn Surroundings) -> Option<Self> {
        let (tls, outbind) = (table.opt_table("tls"), table.opt_table("outbind"));
        let given: Vec<&str> = ["address", "addresses", "listen"].into_iter().filter(|key| table.has(key)).collect();
        if let [_, second, ..] = given[..] {
            table.error(second, format!("give only one of {}", given.join(", ")));
            // What was given is known, though it is too much.
            table.opt_string("address");
            table.string_items("addresses");
            table.opt_string("listen");
            return None;
        }
        if table.has("listen") {
            if let Some(tls) = tls {
                tls.error_here("is for connections that we make: with listen, let a proxy speak TLS");
            }
            let address = table.parse("listen", |text| {
                text.parse().map_err(|_| format!("must be an address and port such as 0.0.0.0:2775, found {text:?}"))
            });
            let Some(outbind) = outbind else {
                table.error("listen", "needs [operator.outbind], by which the operator's SMSC is known");
                return None;
            };
            let system_id = outbind.parse("system_id", |text| bounded(text, 15));
            let password = read_secret(&outbind, "password", around);
            outbind.finish();
            return Some(Self::Listen { address: address?, system_id: system_id?, password: password? });
        }
        if let Some(outbind) = outbind {
            outbind.error_here("is for an operator that connects to us: give listen in place of an address");
        }
        let addresses = read_addresses(table);
        let tls = tls.map(|table| {
            let read = Tls::read(&table, around);
            table.finish();
            read
        });
        match tls {
            None => Some(Self::Dial { addresses: addresses?, tls: None }),
            Some(tls) => Some(Self::Dial { addresses: addresses?, tls: Some(tls?) }),
        }
    }
}

fn read_addresses(table: &Table<'_>) -> Option<Vec<Address>> {
    if !table.has("addresses") {
        if !table.has("address") {
            table.error("address", "missing (or addresses, or listen): where the operator's SMSC is");
            return None;
        }
        return table.parse("address", Address::parse).map(|address| vec![address]);
    }
    let mut addresses = Vec::new();
    let items = table.string_items("addresses");
    if items.is_empty() || items.len() > ADDRESSES_MAX {
        table.error("addresses", format!("must be 1 to {ADDRESSES_MAX} addresses, found {}", items.len()));
    }
    for (text, place) in &items {
        match Address::parse(text) {
            Ok(address) => addresses.push(address),
            Err(why) => table.error("addresses", format!("{why} (line {})", place.position.line)),
        }
    }
    (addresses.len() == items.len() && !addresses.is_empty()).then_some(addresses)
}

impl Tls {
    fn read(table: &Table<'_>, around: &dyn Surroundings) -> Option<Self> {
        let server_name = match table.opt_string("server_name") {
            None => None,
            Some(name) => match ServerName::try_from(name.clone()) {
                Ok(name) => Some(name),
                Err(_) => {
                    table.error("server_name", format!("must be a name or an IP address, found {name:?}"));
                    return None;
                }
            },
        };
        let trust = read_trust(table, around);
        let own = match (table.has("certificate_file"), ["key", "key_env", "key_file"].iter().any(|key| table.has(key)))
        {
            (false, false) => Some(None),
            (false, true) => {
                table.error("certificate_file", "missing: the certificate to which the key belongs");
                read_secret(table, "key", around);
                None
            }
            (true, _) => read_own(table, around).map(Some),
        };
        Some(Self { trust: trust?, own: own?, server_name })
    }
}

fn read_trust(table: &Table<'_>, around: &dyn Surroundings) -> Option<Trust> {
    match (table.has("ca_file"), table.has("fingerprints")) {
        (true, false) => read_roots(table, around).map(|roots| Trust::Authorities(Arc::new(roots))),
        (false, true) => read_fingerprints(table),
        (true, true) => {
            table.error(
                "fingerprints",
                "give ca_file or fingerprints: whom a fingerprint names is believed whoever signed it",
            );
            // What was given is known, though it is too much.
            table.string_items("fingerprints");
            table.opt_string("ca_file");
            None
        }
        (false, false) => {
            table.error(
                "ca_file",
                "missing (or fingerprints): the authority whose certificates are believed, or the SHA-256 fingerprint of the SMSC's own",
            );
            None
        }
    }
}

fn read_fingerprints(table: &Table<'_>) -> Option<Trust> {
    let mut fingerprints = Vec::new();
    let items = table.string_items("fingerprints");
    for (text, place) in &items {
        match Fingerprint::parse(text) {
            Ok(fingerprint) => fingerprints.push(fingerprint),
            Err(why) => table.error("fingerprints", format!("{why} (line {})", place.position.line)),
        }
    }
    if fingerprints.len() < items.len() {
        return None;
    }
    if items.is_empty() {
        table.error("fingerprints", "must name a certificate, found none");
        return None;
    }
    Trust::pinned(fingerprints).map_err(|why| table.error("fingerprints", why)).ok()
}

fn read_roots(table: &Table<'_>, around: &dyn Surroundings) -> Option<RootCertStore> {
    let certificates = read_certificates(table, "ca_file", around)?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        if roots.add(certificate).is_err() {
            table.error("ca_file", "holds a certificate that cannot be read");
            return None;
        }
    }
    Some(roots)
}

fn read_own(
    table: &Table<'_>,
    around: &dyn Surroundings,
) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = read_certificates(table, "certificate_file", around);
    let key = read_secret(table, "key", around)?;
    let key = read_own_key(table, &key, chain.as_deref())?;
    Some((chain?, key))
}

/// Reads a private key in PEM that goes with our certificate.
pub(super) fn read_own_key(
    table: &Table<'_>,
    key: &SecretString,
    chain: Option<&[CertificateDer<'static>]>,
) -> Option<PrivateKeyDer<'static>> {
    let Ok(key) = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()) else {
        let given = ["key", "key_env", "key_file"].into_iter().find(|key| table.has(key)).unwrap_or("key");
        table.error(given, "holds no private key in PEM");
        return None;
    };
    let provider = rustls::crypto::ring::default_provider();
    let fits = rustls::sign::CertifiedKey::from_der(chain?.to_vec(), key.clone_key(), &provider);
    match fits {
        Ok(_) => Some(key),
        Err(cause) => {
            table.error("certificate_file", format!("does not go with the key: {cause}"));
            None
        }
    }
}

/// Reads the certificates of the file that a key names.
pub(super) fn read_certificates(
    table: &Table<'_>,
    key: &str,
    around: &dyn Surroundings,
) -> Option<Vec<CertificateDer<'static>>> {
    let path = table.string(key)?;
    let text = match around.file(&path) {
        Ok(text) => text,
        Err(why) => {
            table.error(key, format!("{path}: {why}"));
            return None;
        }
    };
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Some(certificates),
        Ok(_) => {
            table.error(key, format!("{path}: holds no certificate in PEM"));
            None
        }
        Err(cause) => {
            table.error(key, format!("{path}: {cause}"));
            None
        }
    }
}
