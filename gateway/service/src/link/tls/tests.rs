//! Which certificates of an SMSC are believed, and what is said of those that are not: every kind against every trust,
//! in both versions of TLS, by real handshakes.

use super::*;
use crate::config::Trust;
use dayaq_types::ManualClock;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, SerialNumber,
    date_time_ymd,
};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

/// Whom we mean to reach.
const NAME: &str = "smsc.example";

/// A certificate, its key, and what `ca_file` says of it in the table.
struct Papers {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn params(names: &[&str], years: (i32, i32)) -> CertificateParams {
    let mut params =
        CertificateParams::new(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).expect("names");
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    params.distinguished_name.push(DnType::CommonName, NAME);
    params
}

fn key(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).expect("a key")
}

fn authority(name: &str) -> Authority {
    let mut params = params(&[], (2000, 2100));
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn signed(params: &CertificateParams, by: &Authority) -> Papers {
    let own = KeyPair::generate().expect("a key");
    Papers { certificate: params.signed_by(&own, by).expect("a certificate").der().clone(), key: key(&own) }
}

/// As `openssl req -x509` makes it, an authority of its own, or as a leaf.
fn self_signed(mut params: CertificateParams, is_ca: bool, algorithm: &'static rcgen::SignatureAlgorithm) -> Papers {
    params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::NoCa };
    params.serial_number = Some(SerialNumber::from(7));
    let own = KeyPair::generate_for(algorithm).expect("a key");
    Papers { certificate: params.self_signed(&own).expect("a certificate").der().clone(), key: key(&own) }
}

/// Of version 1, with an RSA key, as `openssl x509 -req` makes it; good until 2100.
fn version_1() -> Papers {
    Papers {
        certificate: CertificateDer::from_pem_slice(include_bytes!("x509v1.pem")).expect("a certificate"),
        key: PrivateKeyDer::from_pem_slice(include_bytes!("x509v1.key")).expect("a key"),
    }
}

/// Shows a certificate, whether or not the key belongs to it.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn server(
    certificate: &CertificateDer<'static>,
    key: &PrivateKeyDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> ServerConfig {
    let provider = Arc::new(default_provider());
    let key = provider.key_provider.load_private_key(key.clone_key()).expect("a key");
    let own = Arc::new(CertifiedKey::new(vec![certificate.clone()], key));
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).expect("a version");
    config.with_no_client_auth().with_cert_resolver(Arc::new(Shows(own)))
}

/// Years 2026, where a certificate until 2020 has expired and one from 2090 is not valid yet.
fn secured(trust: Trust) -> Secured {
    let clock = ManualClock::new("2026-11-29T12:00:00Z".parse().expect("a moment"));
    Secured::new(Tls { trust, own: None, server_name: None }, Arc::new(clock)).expect("sound")
}

/// What comes of it: nothing where an octet went each way, else why not, and what was seen.
async fn meet(secured: &Secured, server: ServerConfig) -> Result<(), String> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let serving = async move {
        let mut stream = TlsAcceptor::from(Arc::new(server)).accept(theirs).await?;
        let octet = stream.read_u8().await?;
        stream.write_u8(octet).await?;
        stream.flush().await
    };
    let name = ServerName::try_from(NAME).expect("a name");
    let calling = async {
        let mut wire = secured.handshake(Box::new(ours), name).await.map_err(|cause| cause.to_string())?;
        wire.write_u8(1).await.and(wire.flush().await).map_err(|cause| broken(&cause))?;
        wire.read_u8().await.map(drop).map_err(|cause| broken(&cause))
    };
    let (_, met) = tokio::join!(serving, calling);
    met
}

fn roots(certificate: &CertificateDer<'static>) -> Trust {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).expect("an authority");
    Trust::Authorities(Arc::new(roots))
}

fn pinned(certificates: &[&Papers]) -> Trust {
    Trust::pinned(certificates.iter().map(|it| Fingerprint::of(&it.certificate)).collect()).expect("two at most")
}

/// Every kind: what it is, its papers, whose certificate `ca_file` holds, and what is said where that is not enough.
fn kinds() -> Vec<(&'static str, Papers, CertificateDer<'static>, Option<&'static str>)> {
    let (ours, stranger) = (authority("operator"), authority("stranger"));
    let sound = || params(&[NAME], (2000, 2100));
    let mut for_clients = sound();
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let ca = ours.der().clone();
    let of_itself = |papers: Papers| {
        let own = papers.certificate.clone();
        (papers, own)
    };
    let ecdsa = &rcgen::PKCS_ECDSA_P256_SHA256;
    let (openssl, openssl_ca) = of_itself(self_signed(sound(), true, ecdsa));
    let (leaf, leaf_ca) = of_itself(self_signed(sound(), false, &rcgen::PKCS_ECDSA_P384_SHA384));
    let (old, old_ca) = of_itself(version_1());
    let itself = "is signed by itself and by no authority, so that ca_file cannot vouch for it";
    vec![
        ("sound", signed(&sound(), &ours), ca.clone(), None),
        ("self-signed, as openssl req -x509 makes it", openssl, openssl_ca, Some(itself)),
        ("self-signed leaf, which can stand in ca_file", leaf, leaf_ca, None),
        (
            "self-signed, and another's authority",
            self_signed(sound(), false, &rcgen::PKCS_ED25519),
            ca.clone(),
            Some(itself),
        ),
        ("X.509 v1", old, old_ca, Some("is of X.509 version 1, for which no authority can vouch")),
        ("expired", signed(&params(&[NAME], (2000, 2020)), &ours), ca.clone(), Some("expired on 01.01.2020 00:00 UTC")),
        (
            "not valid yet",
            signed(&params(&[NAME], (2090, 2100)), &ours),
            ca.clone(),
            Some("is valid only from 01.01.2090 00:00 UTC, and by our clock it is 29.11.2026 12:00 UTC"),
        ),
        (
            "of other names",
            signed(&params(&["smpp.example", "192.0.2.1"], (2000, 2100)), &ours),
            ca.clone(),
            Some(
                "is for smpp.example, 192.0.2.1, and not for smsc.example: where that is the operator's name, say so (server_name = \"smpp.example\")",
            ),
        ),
        (
            "of no name but the subject's",
            signed(&params(&[], (2000, 2100)), &ours),
            ca.clone(),
            Some("bears no name (subjectAltName), and so not smsc.example"),
        ),
        (
            "of a foreign authority",
            signed(&sound(), &stranger),
            ca.clone(),
            Some("is signed by an authority that is not in ca_file"),
        ),
        (
            "of an authority of the same name and another key",
            signed(&sound(), &authority("operator")),
            ca.clone(),
            Some("bears a signature that its authority in ca_file did not make"),
        ),
        ("for clients", signed(&for_clients, &ours), ca, Some("is not made for servers")),
    ]
}

#[tokio::test]
async fn a47_a_fingerprint_pins_one_certificate_of_any_kind_and_each_refusal_says_what_to_do() {
    let other = self_signed(params(&[NAME], (2000, 2100)), true, &rcgen::PKCS_ECDSA_P256_SHA256);
    for version in [&TLS12, &TLS13] {
        for (kind, papers, ca, by_authority) in kinds() {
            let at = format!("{kind}, {:?}", version.version);
            let fingerprint = Fingerprint::of(&papers.certificate);
            let shown = || server(&papers.certificate, &papers.key, version);
            for trust in [pinned(&[&papers]), pinned(&[&other, &papers]), pinned(&[&papers, &other])] {
                let secured = secured(trust);
                assert_eq!(meet(&secured, shown()).await, Ok(()), "{at}, pinned");
                assert_eq!(secured.seen(), Some(Seen { fingerprint, believed: true }), "{at}");
            }
            let by_authority = (roots(&ca), by_authority, "pin it (fingerprints in place of ca_file)");
            let not_pinned = (Some("is not a pinned one"), "pin it, too (fingerprints, two at a time)");
            for (trust, refused, advice) in [
                by_authority,
                (pinned(&[&other]), not_pinned.0, not_pinned.1),
                (pinned(&[&other, &version_1()]), not_pinned.0.filter(|_| kind != "X.509 v1"), not_pinned.1),
                (pinned(&[]), not_pinned.0, not_pinned.1),
            ] {
                let secured = secured(trust);
                let met = meet(&secured, shown()).await;
                assert_eq!(met.is_err(), refused.is_some(), "{at}: {met:?}");
                assert_eq!(secured.seen(), Some(Seen { fingerprint, believed: met.is_ok() }), "{at}");
                if let (Err(said), Some(refused)) = (met, refused) {
                    println!("{at}: {said}");
                    let told = format!("; its SHA-256 fingerprint is {fingerprint}");
                    for part in [&format!("the SMSC's certificate {refused}"), advice, &told] {
                        assert!(said.contains(part), "{at}: {part:?} is not in {said:?}");
                    }
                    for ours in ["invalid peer", "Other(", "CaUsed", "UNIX", "DnsName"] {
                        assert!(!said.contains(ours), "{at}: {ours:?} is no word for an operator: {said}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a47_who_has_the_pinned_certificate_and_not_its_key_is_refused() {
    for version in [&TLS12, &TLS13] {
        for (kind, papers, ca, by_authority) in kinds() {
            let foreign = match kind {
                "X.509 v1" => PrivateKeyDer::from_pem_slice(include_bytes!("other-rsa.key")).expect("a key"),
                _ => key(&KeyPair::generate().expect("a key")),
            };
            let mut trusts = vec![pinned(&[&papers])];
            trusts.extend(by_authority.is_none().then(|| roots(&ca)));
            for trust in trusts {
                let secured = secured(trust);
                let said = meet(&secured, server(&papers.certificate, &foreign, version)).await.expect_err(kind);
                println!("{kind}, {:?}: {said}", version.version);
                let seen = Seen { fingerprint: Fingerprint::of(&papers.certificate), believed: true };
                assert_eq!(secured.seen(), Some(seen));
                for part in
                    ["does not prove to have its key", "somebody else may answer", &seen.fingerprint.to_string()]
                {
                    assert!(said.contains(part), "{kind}: {said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a47_what_is_no_tls_or_another_is_told_with_what_to_ask_for() {
    let papers = self_signed(params(&[NAME], (2000, 2100)), true, &rcgen::PKCS_ECDSA_P256_SHA256);
    let alert = |description: u8| vec![21, 3, 3, 0, 2, 2, description];
    let nack = [16, 0x8000_0000, 3, 1_u32].map(u32::to_be_bytes).concat();
    // A ServerHello of TLS 1.0.
    let old = [&[22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0xC0, 0x13, 0]].concat();
    for (answer, words) in [
        (Vec::new(), "ended the connection before TLS stood, as one does that speaks SMPP in clear"),
        (
            nack,
            "what the SMSC says is no TLS, as from a port for SMPP in clear: ask the operator for its port with TLS",
        ),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "what the SMSC says is no TLS"),
        (old, "it needs TLS 1.2 or 1.3"),
        (alert(70), "it needs TLS 1.2 or 1.3"),
        (alert(40), "it needs TLS 1.2 or 1.3"),
        (alert(112), "server_name"),
        (alert(116), "give certificate_file and key_file"),
        (alert(48), "does not accept our certificate"),
        (alert(80), "the SMSC ended TLS (received fatal alert: InternalError)"),
    ] {
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let serving = async move {
            let mut hello = [0; 1024];
            let heard = theirs.read(&mut hello).await.expect("it speaks first");
            assert!(heard > 0, "it speaks first");
            theirs.write_all(&answer).await.expect("it reads");
        };
        let (secured, name) = (secured(pinned(&[&papers])), ServerName::try_from(NAME).expect("a name"));
        let (met, ()) = tokio::join!(secured.handshake(Box::new(ours), name), serving);
        let said = met.err().expect("no TLS").to_string();
        println!("{said}");
        assert!(said.contains(words), "{words:?} is not in {said:?}");
        assert_eq!(secured.seen(), None, "no certificate was shown");
    }
}

#[test]
fn a47_octets_of_a_certificate_that_are_cut_or_spoilt_are_read_or_refused_and_nothing_else() {
    for (kind, papers, ..) in kinds() {
        let whole = certificate::Certificate::read(&papers.certificate).expect(kind);
        assert_eq!(whole.version, if kind == "X.509 v1" { 1 } else { 3 }, "{kind}");
        for end in 0..papers.certificate.len() {
            assert!(certificate::Certificate::read(&papers.certificate[..end]).is_none(), "{kind} until {end}");
        }
        let mut octets = papers.certificate.to_vec();
        for at in 0..octets.len() {
            for value in [0, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xFF] {
                let before = std::mem::replace(&mut octets[at], value);
                let _ = certificate::Certificate::read(&octets).map(|it| it.is_self_issued());
                octets[at] = before;
            }
        }
    }
}
