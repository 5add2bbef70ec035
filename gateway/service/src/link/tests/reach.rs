//! Where the SMSC is: several addresses, TLS, and SMSCs that connect to us.

use super::memory::*;
use crate::admission::Admission;
use crate::config::{Tls, Trust};
use crate::link::account::Account;
use crate::link::bind::{Bind, BindSettings};
use crate::link::dial::{Dial, Network, Wire};
use crate::link::listen::{AT_THE_DOOR, Door, Doorkeeper};
use crate::link::tls::Secured;
use crate::link::way::Way;
use dayaq_smpp::{Body, CommandId, CommandStatus, LinkConfig, Outbind, OutbindRequest, Role};
use dayaq_types::{Clock, ManualClock};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

fn socket(host: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host], 2775))
}

fn address(name: &str) -> crate::config::Address {
    crate::config::Address { host: name.to_owned(), port: 2775 }
}

type Tries = Arc<Mutex<Vec<(std::time::Duration, u8)>>>;

/// A network in which `both` has two addresses, `gone` no name server, `none` no address; 10.0.0.1 says nothing, 10.0.0.2
/// refuses, the others take connections.
fn network(clock: &Arc<VirtualClock>) -> (Network, Tries) {
    let tries = Tries::default();
    let (seen, clock) = (Arc::clone(&tries), Arc::clone(clock));
    let resolve = |address: crate::config::Address| async move {
        match address.host.as_str() {
            "both" => Ok(vec![socket(1), socket(3)]),
            "three" => Ok(vec![socket(1), socket(2), socket(4)]),
            "gone" => std::future::pending().await,
            "none" => Ok(Vec::new()),
            other => {
                other.parse().map(|ip| vec![SocketAddr::new(ip, address.port)]).map_err(|_| ErrorKind::NotFound.into())
            }
        }
    };
    let network = Network {
        resolve: Arc::new(move |address| Box::pin(resolve(address))),
        connect: Arc::new(move |socket| {
            let SocketAddr::V4(v4) = socket else { panic!("{socket}") };
            let host = v4.ip().octets()[3];
            seen.lock().unwrap().push((clock.monotonic(), host));
            Box::pin(async move {
                match host {
                    1 => std::future::pending().await,
                    2 => Err(ErrorKind::ConnectionRefused.into()),
                    _ => Ok(Box::new(tokio::io::duplex(1024).0) as Box<dyn Wire>),
                }
            })
        }),
    };
    (network, tries)
}

#[tokio::test(start_paused = true)]
async fn a41_every_address_of_every_name_has_its_turn_within_5_s() {
    let clock = VirtualClock::start();
    for (names, hosts) in [
        (&["both"][..], &[1, 3][..]),
        (&["three"], &[1, 2, 4]),
        (&["gone", "10.0.0.3"], &[3]),
        (&["none", "10.0.0.2", "unknown", "both"], &[2, 1, 3]),
    ] {
        let (network, tries) = network(&clock);
        let begun = clock.monotonic();
        let mut dial = Dial::new(names.iter().map(|name| address(name)).collect(), None, network);
        assert!(dial.connect().await.is_ok(), "{names:?}");
        let tries = tries.lock().unwrap().clone();
        assert_eq!(tries.iter().map(|(_, host)| *host).collect::<Vec<_>>(), hosts, "{names:?}");
        let turns = std::iter::once(begun).chain(tries.iter().map(|(at, _)| *at)).collect::<Vec<_>>();
        assert!(turns.windows(2).all(|pair| pair[1] - pair[0] <= 5 * SECOND), "{names:?}: {turns:?}");
    }

    let (network, _) = network(&clock);
    let mut dial = Dial::new(vec![address("gone"), address("none"), address("10.0.0.2")], None, network);
    let said = dial.connect().await.err().expect("nobody is there");
    for part in ["gone:2775: timed out", "none:2775: ", "10.0.0.2:2775 (10.0.0.2:2775): connection refused"] {
        assert!(said.contains(part), "{part} not in {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a41_who_served_last_is_tried_first_and_who_gives_no_bind_last() {
    let clock = VirtualClock::start();
    let (network, tries) = network(&clock);
    let names = ["10.0.0.3", "10.0.0.4", "10.0.0.5"];
    let mut dial = Dial::new(names.iter().map(|name| address(name)).collect(), None, network);
    let mut turn = async |was_bound: bool| {
        assert!(dial.connect().await.is_ok());
        dial.ended(was_bound);
        tries.lock().unwrap().last().unwrap().1
    };
    assert_eq!(turn(false).await, 3);
    assert_eq!(turn(false).await, 4);
    assert_eq!(turn(false).await, 5);
    assert_eq!(turn(false).await, 3, "everybody has had a turn");
    assert_eq!(turn(true).await, 4);
    assert_eq!(turn(true).await, 4, "it served last");
    assert_eq!(turn(false).await, 4);
    assert_eq!(turn(true).await, 5);
    assert_eq!(turn(true).await, 5);
}

/// An authority, and what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        Arc::new(roots)
    }

    /// A certificate for that name, of the year 2026.
    fn sign(&self, name: &str) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2027, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
}

/// Whether we come to a connection with an SMSC that has this configuration, at that time.
async fn handshake(tls: Tls, smsc: ServerConfig, now: &str) -> Result<(), String> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(now.parse::<Timestamp>().unwrap()));
    let secured = Secured::new(tls, clock).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(smsc));
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let serving = tokio::spawn(async move {
        let mut stream = acceptor.accept(theirs).await?;
        tokio::io::AsyncReadExt::read_u8(&mut stream).await
    });
    let host = ServerName::try_from("smsc.example").unwrap();
    let mut wire = secured.handshake(Box::new(ours), host).await.map_err(|cause| cause.to_string())?;
    let said = async {
        tokio::io::AsyncWriteExt::write_all(&mut wire, b"x").await?;
        tokio::io::AsyncWriteExt::flush(&mut wire).await?;
        // With TLS 1.3 a client's certificate is judged after the client has finished.
        serving.await.map_err(std::io::Error::other)?
    };
    said.await.map(|_| ()).map_err(|cause| cause.to_string())
}

fn server(own: (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(authority) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(authority.roots(), provider).build().unwrap();
            config.with_client_cert_verifier(verifier)
        }
    };
    config.with_single_cert(own.0, own.1).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a41_a_certificate_that_is_expired_foreign_or_of_another_name_is_never_accepted() {
    let (operator, stranger) = (Authority::new("operator"), Authority::new("stranger"));
    let tls = || Tls { trust: Trust::Authorities(operator.roots()), own: None, server_name: None };
    const NOW: &str = "2026-06-01T00:00:00Z";
    let good = || server(operator.sign("smsc.example"), None);
    assert_eq!(handshake(tls(), good(), NOW).await, Ok(()));
    for (case, smsc, now, expected) in [
        ("expired", good(), "2027-06-01T00:00:00Z", "expired on "),
        ("not valid yet", good(), "2025-06-01T00:00:00Z", "is valid only from "),
        ("foreign", server(stranger.sign("smsc.example"), None), NOW, "an authority that is not in ca_file"),
        (
            "of another name",
            server(operator.sign("other.example"), None),
            NOW,
            "is for other.example, and not for smsc.example",
        ),
    ] {
        let said = handshake(tls(), smsc, now).await.expect_err(case);
        assert!(said.contains(expected), "{case}: {said}");
    }
    let named = Tls { server_name: Some(ServerName::try_from("other.example").unwrap()), ..tls() };
    assert_eq!(handshake(named, server(operator.sign("other.example"), None), NOW).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a41_an_operator_that_asks_for_our_certificate_gets_it() {
    let (operator, ours, stranger) = (Authority::new("operator"), Authority::new("ours"), Authority::new("stranger"));
    const NOW: &str = "2026-06-01T00:00:00Z";
    let smsc = || server(operator.sign("smsc.example"), Some(&ours));
    let tls = |own| Tls { trust: Trust::Authorities(operator.roots()), own, server_name: None };
    assert_eq!(handshake(tls(Some(ours.sign("dayaq.example"))), smsc(), NOW).await, Ok(()));
    assert!(handshake(tls(None), smsc(), NOW).await.is_err());
    assert!(handshake(tls(Some(stranger.sign("dayaq.example"))), smsc(), NOW).await.is_err());
}

/// A bind of an operator that connects to us.
struct Hall {
    clock: Arc<VirtualClock>,
    admission: Arc<Admission>,
    door: Arc<Door>,
    handle: crate::link::BindHandle,
    stop: CancellationToken,
}

impl Hall {
    fn open(pair: bool) -> Self {
        let clock = VirtualClock::start();
        let expected = OutbindRequest::new("smsc", "knock").unwrap();
        let link = LinkConfig::new(Role::Esme);
        let door = Arc::new(Door::new("azercell".to_owned(), expected, link, clock.clone()));
        let settings = BindSettings { pair, ..settings(Arc::clone(&clock)) };
        let way = || Way::Listen(Arc::clone(&door));
        let account = Arc::new(Account::default());
        let (bind, handle) = Bind::new(settings, &account, way, Arc::new(|_| {}), mpsc::unbounded_channel().0);
        let stop = CancellationToken::new();
        tokio::spawn(bind.run(stop.clone()));
        Self { clock, admission: Admission::new(AT_THE_DOOR), door, handle, stop }
    }

    /// The SMSC connects and says these octets.
    async fn knock(&self, says: &[u8]) -> Line {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let pass = self.admission.admit(socket(9).ip()).expect("a place at the door");
        tokio::spawn(Arc::clone(&self.door).receive(Box::new(ours), socket(9), pass));
        let mut line = Line::of(theirs);
        line.write(says).await;
        line
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn outbind(system_id: &str, password: &str) -> Vec<u8> {
    let outbind = Outbind { system_id: system_id.as_bytes(), password: password.as_bytes() };
    pdu(CommandStatus::ROK, 1, Body::Outbind(outbind))
}

#[tokio::test(start_paused = true)]
async fn a38_an_smsc_that_connects_and_says_who_it_is_gets_the_bind_again_and_again() {
    let hall = Hall::open(false);
    for _ in 0..3 {
        let mut line = hall.knock(&outbind("smsc", "knock")).await;
        assert_eq!(line.accept().await.command_id, CommandId::BIND_TRANSCEIVER);
        tokio::time::sleep(SECOND).await;
        assert!(hall.handle.is_bound());
        line.write(&enquire_link(2)).await;
        line.expect(CommandId::ENQUIRE_LINK.response()).await;

        // While it stands there is nobody to take a second one.
        let mut second = hall.knock(&outbind("smsc", "knock")).await;
        second.closed().await;
        drop(line);
        tokio::time::sleep(SECOND).await;
        assert!(!hall.handle.is_bound());
    }
}

#[tokio::test(start_paused = true)]
async fn a38_a_pair_binds_over_two_connections_of_the_smsc() {
    let hall = Hall::open(true);
    let mut lines = [hall.knock(&outbind("smsc", "knock")).await, hall.knock(&outbind("smsc", "knock")).await];
    let mut kinds = [lines[0].accept().await.command_id, lines[1].accept().await.command_id];
    kinds.sort_by_key(|kind| kind.0);
    assert_eq!(kinds, [CommandId::BIND_RECEIVER, CommandId::BIND_TRANSMITTER]);
    tokio::time::sleep(SECOND).await;
    assert!(hall.handle.is_whole());
}

#[tokio::test(start_paused = true)]
async fn silent_connections_at_the_door_keep_no_smsc_out() {
    let hall = Hall::open(false);
    let mut silent = Vec::new();
    for _ in 0..10 * AT_THE_DOOR.total {
        silent.push(hall.knock(&[]).await);
    }
    let mut line = hall.knock(&outbind("smsc", "knock")).await;
    assert_eq!(line.accept().await.command_id, CommandId::BIND_TRANSCEIVER);
    tokio::time::sleep(SECOND).await;
    assert!(hall.handle.is_bound());
    // Who has said nothing gives way, first those who came first, and the rest after their time.
    for mut line in silent {
        line.closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a38_who_does_not_say_the_right_words_hears_nothing_and_no_password_of_ours() {
    let hall = Hall::open(false);
    let deliver = deliver_sm(1, "x");
    let bind = dayaq_smpp::Bind { system_id: b"smsc", password: b"knock", ..Default::default() };
    let bind = pdu(CommandStatus::ROK, 1, Body::Bind(dayaq_smpp::BindKind::Transceiver, bind));
    for (case, says, closes_after) in [
        ("another password", outbind("smsc", "knack"), 0),
        ("another name", outbind("smsd", "knock"), 0),
        ("a longer password", outbind("smsc", "knock2"), 0),
        ("an empty one", outbind("smsc", ""), 0),
        ("nothing", Vec::new(), 5),
        ("half an outbind", outbind("smsc", "knock")[..20].to_vec(), 5),
        ("a bind", bind, 5),
        ("a message", deliver, 5),
        ("garbage", vec![0; 16], 0),
    ] {
        let begun = hall.clock.monotonic();
        let mut line = hall.knock(&says).await;
        while let Some((header, _)) = line.next().await {
            assert!(header.command_id.is_response(), "{case}: {}", header.command_id);
        }
        assert_eq!((hall.clock.monotonic() - begun).as_secs(), closes_after, "{case}");
        assert!(!hall.handle.is_bound());
    }
}

#[tokio::test]
async fn a38_the_door_stands_at_a_real_address() {
    let clock = VirtualClock::start();
    let expected = OutbindRequest::new("smsc", "knock").unwrap();
    let door = Arc::new(Door::new("azercell".to_owned(), expected, LinkConfig::new(Role::Esme), clock.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut keeper = Doorkeeper::on(listener, Arc::clone(&door)).unwrap();
    let (at, stop) = (keeper.address(), CancellationToken::new());
    let attending = tokio::spawn({
        let stop = stop.clone();
        async move { keeper.run(stop).await }
    });
    let way = || Way::Listen(Arc::clone(&door));
    let account = Arc::new(Account::default());
    let (bind, handle) = Bind::new(settings(clock), &account, way, Arc::new(|_| {}), mpsc::unbounded_channel().0);
    let running = tokio::spawn(bind.run(stop.clone()));

    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &outbind("smsc", "knock")).await.unwrap();
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let copying = tokio::spawn(async move {
        let mut ours = ours;
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut ours).await;
    });
    let mut line = Line::of(theirs);
    line.accept().await;
    line.write(&enquire_link(2)).await;
    line.expect(CommandId::ENQUIRE_LINK.response()).await;
    assert!(handle.is_bound());
    stop.cancel();
    let unbind = line.expect(CommandId::UNBIND).await;
    line.write(&pdu(CommandStatus::ROK, unbind.sequence_number, Body::UnbindResp)).await;
    line.closed().await;
    drop(line);
    for task in [attending, running, copying] {
        task.await.unwrap();
    }
}
