//! TLS in front of the SMSC.

use super::raw::{LONG, PHONE, Raw};
use crate::{Smsc, SmscConfig, Tls, TlsError, read_setup};
use dayaq_author::{Environment, Surroundings};
use dayaq_smpp::{BindKind, CommandId, CommandStatus};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// An authority, and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
struct Papers {
    certificate: String,
    key: KeyPair,
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    fn sign(&self) -> Papers {
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.0).expect("a certificate");
        Papers { certificate: signed.pem(), key, chain: vec![signed.der().clone()] }
    }
}

/// Connects as an ESME that trusts the authority, with or without papers of its own.
async fn connect(to: SocketAddr, authority: &Authority, own: Option<&Papers>) -> io::Result<Raw> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.0.der().clone()).expect("sound");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("sound");
    let config = config.with_root_certificates(roots);
    let config = match own {
        None => config.with_no_client_auth(),
        Some(papers) => {
            let key = PrivateKeyDer::try_from(papers.key.serialize_der()).expect("a key");
            config.with_client_auth_cert(papers.chain.clone(), key).expect("they go together")
        }
    };
    let stream = TcpStream::connect(to).await?;
    let name = ServerName::try_from("127.0.0.1").expect("an address");
    Ok(Raw::over(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
}

async fn secured(papers: &Papers, clients: Option<&Authority>) -> Smsc {
    let authority = clients.map(|authority| authority.0.pem());
    let tls = Tls::new(&papers.certificate, &papers.key.serialize_pem(), authority.as_deref()).expect("sound");
    Smsc::start(SmscConfig { tls: Some(tls), ..SmscConfig::default() }).await.expect("a free port")
}

#[tokio::test]
async fn k5_an_smsc_with_tls_serves_whoever_speaks_it_to_the_last_octet() {
    let authority = Authority::new();
    let smsc = secured(&authority.sign(), None).await;
    let mut raw = connect(smsc.addr(), &authority, None).await.expect("TLS");
    assert_eq!(raw.bind(BindKind::Transceiver, "dayaq", "secret").await, CommandStatus::ROK);
    for _ in 0..200 {
        raw.submit(PHONE, "Salam").await;
    }
    for _ in 0..200 {
        assert_eq!(raw.expect(CommandId::SUBMIT_SM.response()).await.0.command_status, CommandStatus::ROK);
    }
    // The answer to unbind and the end of TLS come before the end of the stream.
    raw.ask(dayaq_smpp::Body::Unbind).await;
    raw.expect(CommandId::UNBIND.response()).await;
    assert!(raw.frame().await.is_none());
}

#[tokio::test]
async fn k5_an_smsc_with_tls_hears_nobody_without() {
    let authority = Authority::new();
    let smsc = secured(&authority.sign(), None).await;
    let mut tap = smsc.tap();
    let mut raw = Raw::connect(smsc.addr()).await;
    raw.ask_to_bind(BindKind::Transceiver, "dayaq", "secret").await;
    // An alert of TLS comes back, and no PDU.
    let said = raw.rest().await;
    assert!(said.first().is_none_or(|octet| *octet == 0x15), "{said:02x?}");
    // Who says nothing at all keeps nobody else out.
    let mut silent = TcpStream::connect(smsc.addr()).await.expect("it listens");
    let mut other = connect(smsc.addr(), &authority, None).await.expect("TLS");
    assert_eq!(other.bind(BindKind::Transceiver, "dayaq", "secret").await, CommandStatus::ROK);
    assert_eq!(tap.recv().await.expect("the first PDU").link, 1, "no link was made before");
    // The operator ends, and does not wait for who has not come to terms.
    timeout(LONG, smsc.shutdown()).await.expect("it ends");
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or_default(), 0);
}

#[tokio::test]
async fn k5_an_smsc_may_ask_for_a_certificate_of_its_authority() {
    let (authority, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let smsc = secured(&authority.sign(), Some(&clients)).await;
    let (known, stranger) = (clients.sign(), strangers.sign());
    let mut raw = connect(smsc.addr(), &authority, Some(&known)).await.expect("TLS");
    assert_eq!(raw.bind(BindKind::Transceiver, "dayaq", "secret").await, CommandStatus::ROK);
    for papers in [None, Some(&stranger)] {
        // With TLS 1.3 an ESME hears of it only when it reads.
        if let Ok(mut raw) = connect(smsc.addr(), &authority, papers).await {
            assert!(raw.frame().await.is_none());
        }
    }
}

/// A machine with these files.
struct Files(BTreeMap<&'static str, String>);

impl Environment for Files {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

impl Surroundings for Files {
    fn file(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

#[test]
fn k5_tls_is_read_from_the_file_of_the_operator_and_every_slip_is_told_with_its_key_and_line() {
    let authority = Authority::new();
    let (one, other) = (authority.sign(), authority.sign());
    let files = Files(BTreeMap::from([
        ("one.pem", one.certificate.clone()),
        ("one.key", one.key.serialize_pem()),
        ("other.key", other.key.serialize_pem()),
        ("ca.pem", authority.0.pem()),
        ("empty", String::new()),
    ]));
    let read = |keys: &str| read_setup("smsc.toml", &format!("[tls]\n{keys}"), SmscConfig::default(), &files);
    let (config, found) = read("certificate_file = \"one.pem\"\nkey_file = \"one.key\"\nclient_ca_file = \"ca.pem\"\n");
    assert_eq!((found.to_string().as_str(), config.tls.is_some()), ("", true));
    assert_eq!(format!("{:?}", config.tls), "Some(Tls)", "nothing of the key is shown");
    for (keys, told) in [
        ("key_file = \"one.key\"", "tls.certificate_file: missing"),
        ("certificate_file = \"one.pem\"", "tls.key: missing (or key_env, or key_file)"),
        (
            "certificate_file = \"no.pem\"\nkey_file = \"one.key\"",
            "smsc.toml:2:20: error: tls.certificate_file: no.pem: no such file",
        ),
        ("certificate_file = \"empty\"\nkey_file = \"one.key\"", "tls.certificate_file: holds no certificate in PEM"),
        (
            "certificate_file = \"one.pem\"\nkey_file = \"one.pem\"",
            "smsc.toml:3:12: error: tls.key_file: holds no private key in PEM",
        ),
        ("certificate_file = \"one.pem\"\nkey_file = \"other.key\"", "tls.certificate_file: does not go with the key"),
        (
            "certificate_file = \"one.pem\"\nkey_file = \"one.key\"\nclient_ca_file = \"empty\"",
            "smsc.toml:4:18: error: tls.client_ca_file: holds no certificate in PEM",
        ),
        ("certificate_file = \"one.pem\"\nkey_file = \"one.key\"\nca_file = \"ca.pem\"", "tls.ca_file: unknown key"),
    ] {
        let (_, found) = read(keys);
        let found = found.to_string();
        assert!(found.contains(told), "{told}\nis not in\n{found}");
    }
    let wrong = Tls::new(&one.certificate, &one.key.serialize_pem(), Some("nothing"));
    assert_eq!(wrong.err(), Some(TlsError::ClientAuthority("holds no certificate in PEM".to_owned())));
}
