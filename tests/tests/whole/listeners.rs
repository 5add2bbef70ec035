//! The service's listeners under connections that want nothing but to be held.

use crate::beside::Others;
use crate::family::ALONE;
use crate::hub::{SECRET, aggregator};
use crate::program::{PATIENCE, root};
use crate::serve_config::address;
use crate::stage::{Setting, Stage, eventually};
use dayaq_simulator::{AggregatorConfig, SimulatedAggregator, Style};
use dayaq_types::{Clock, SystemClock};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// Connections that each listener is attacked with.
const CONNECTIONS: usize = 2_000;
/// Connections on each listener that want nothing.
const TRICKLES: usize = 1_000;
/// Files that the program may open: far fewer than the attack holds.
const OPEN_FILES: u32 = 512;
/// Phones that are timed dial more often than a phone may.
pub const MANY_REPLIES: &str = "replies_per_minute = 100000";
/// Connections on each listener beside which turns are timed: more than any of them holds.
const BESIDE: usize = 600;
/// From where nobody attacks.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// How long a head may take, and a body.
const PATIENCES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(15)];
/// By how much the machine's timers may be early, and how much later this test may see what happened.
const EARLY: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(4);

/// The program with a listener of each kind: health and metrics, an aggregator, and a door for an SMSC that calls.
pub struct Front {
    pub stage: Stage,
    callbacks: SocketAddr,
    door: SocketAddr,
}

impl Front {
    /// With an operator that is far away, so many files, and more about the gateway.
    pub async fn up(open_files: u32, more: &str) -> Self {
        rlimit::increase_nofile_limit(4 * CONNECTIONS as u64).expect("the test itself holds them all");
        let mut stage = Stage::set(Setting { far: true, ..Setting::default() }).await;
        let profile = root().join("config/aggregators/hubtel.toml").display().to_string();
        let hub = aggregator(Style::Hubtel, more, 3_000).replace("aggregators/hubtel.toml", &profile);
        let hub = format!("{hub}texts = \"foreign-1\"\n");
        let door = "listen = \"127.0.0.1:0\"\noutbind = { system_id = \"dayaq\", password = \"secret\" }";
        let ways = [address(stage.operator), door.to_owned()];
        stage.config = stage.config.gateway(MANY_REPLIES).gateway(&hub).open_files(open_files).operators(&ways);
        stage.start().await;
        let said = stage.log();
        let after = |part: &str| {
            let found = said.lines().find_map(|line| line.split_once(part)?.1.split('/').next()?.trim().parse().ok());
            found.unwrap_or_else(|| panic!("no address after {part:?} in\n{said}"))
        };
        let (callbacks, door) = (after("may call http://"), after("may connect to "));
        Self { stage, callbacks, door }
    }

    /// That of health and metrics, the aggregator's, the door.
    pub fn listeners(&self) -> [SocketAddr; 3] {
        [self.stage.serve().http, self.callbacks, self.door]
    }

    /// How many files the program has open.
    fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.stage.serve().process.id())).expect("it runs").count()
    }

    /// How many connections the program has accepted at a listener and has open still.
    fn held(&self, listener: SocketAddr) -> usize {
        let process = self.stage.serve().process.id();
        let sockets = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).expect("it runs");
        let own = format!(":{:04X}", listener.port());
        let is_held = |line: &&str| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            // Established, and with an inode: without one it waits to be accepted.
            fields[1].ends_with(&own) && fields[3] == "01" && fields[9] != "0"
        };
        sockets.lines().skip(1).filter(is_held).count()
    }

    /// A signed call of the aggregator's is a turn.
    async fn calls(&self) {
        let config = AggregatorConfig {
            path: "/ussd".to_owned(),
            patience: PATIENCE,
            ..AggregatorConfig::new(self.callbacks, Style::Hubtel, SECRET)
        };
        let aggregator = SimulatedAggregator::new(config).expect("a client");
        let phone = aggregator.phone(self.stage.phone("994701234567").0);
        assert!(phone.dial("*7142#").await.expect("a screen").text.contains("English"));
    }
}

/// A caller that says this and nothing more.
async fn held(listener: SocketAddr, says: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(listener).await.expect("it listens");
    // Whoever has given way to another is closed already.
    let _ = stream.write_all(says).await;
    stream
}

/// What the connections of the attack say, in turn.
const SAYS: [&[u8]; 4] = [
    b"GET /readyz HTTP/1.1\r\nHost: d",
    b"",
    b"POST /ussd HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    b"\0\0\0\x30\0\0\0",
];

/// Connections that say what the attack says, on each listener, more each moment for as long as this is kept.
async fn attack(front: &Front) -> (Vec<TcpStream>, JoinSet<()>) {
    let (mut attack, mut more) = (Vec::new(), JoinSet::new());
    for at in 0..BESIDE {
        for listener in front.listeners() {
            attack.push(held(listener, SAYS[at % SAYS.len()]).await);
        }
    }
    for listener in front.listeners() {
        more.spawn(async move {
            let mut later = Vec::new();
            loop {
                later.push(held(listener, SAYS[later.len() % SAYS.len()]).await);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    (attack, more)
}

#[tokio::test(flavor = "multi_thread")]
async fn h11_half_heads_and_idle_connections_on_each_listener_keep_nobody_out() {
    let mut front = Front::up(OPEN_FILES, "").await;
    let said = front.stage.log();
    assert!(said.contains("HTTP takes fewer connections"), "it says what it does about the limit:\n{said}");
    let others = Others::of(|number| front.stage.phone(number));
    let beside = async |disturbed: bool| match disturbed {
        true => Some(attack(&front).await),
        false => None,
    };
    others.notice_nothing("half heads and idle connections", beside).await;

    let phone = front.stage.phone(ALONE.number);
    let mut attack = Vec::new();
    let (mut most, mut most_held) = (0, [0; 3]);
    for at in 0..CONNECTIONS {
        for listener in front.listeners() {
            attack.push(held(listener, SAYS[at % SAYS.len()]).await);
        }
        if at % 250 == 249 {
            assert_eq!(front.stage.page("/readyz").await.1.matches("fault").count(), 1, "the second operator alone");
            front.calls().await;
            phone.dial().await.says("1 Azərbaycanca");
            most = most.max(front.open_files());
            assert!(most < OPEN_FILES as usize, "{most} files are open after {at}");
            most_held = std::array::from_fn(|which| most_held[which].max(front.held(front.listeners()[which])));
        }
    }
    println!("{most} files open at most, of {OPEN_FILES}; connections of HTTP, callbacks and door {most_held:?}");
    // What the limit of files leaves is shared; of one address HTTP and the door hold half of theirs.
    for (held, (few, many)) in most_held.into_iter().zip([(8, 64), (8, 300), (8, 16)]) {
        assert!((few..=many + 4).contains(&held), "{most_held:?}");
    }
    for (listener, says) in front.listeners().into_iter().zip([SAYS[0], SAYS[0], SAYS[3]]) {
        let mut elsewhere = from_elsewhere(listener).await;
        elsewhere.write_all(says).await.expect("it is let in");
        let silent = tokio::time::timeout(Duration::from_secs(1), elsewhere.read(&mut [0; 64])).await;
        assert!(silent.is_err(), "who comes from elsewhere has a place and keeps it");
    }
    // The operator's link is lost and comes again while all are held, and the one that calls is let in.
    front.stage.smsc.cut_links();
    assert!(front.stage.smsc.bound(PATIENCE).await, "{}", front.stage.log());
    front.stage.smsc.outbind(front.door, "dayaq").expect("a known account");
    eventually("both operators are bound", async || (front.stage.page("/readyz").await.0 == 200).then_some(())).await;
    phone.dial().await.says("1 Azərbaycanca");
    let log = front.stage.log();
    assert!(!log.contains("Connection not taken") && !log.contains("unable to open"), "{log}");
    assert_eq!(front.stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    front.stage.assert_sound().await;
    // Those that still are held end by themselves: no head has longer than 5 s, and no body than 15 s.
    let clock = SystemClock::new();
    for mut stream in attack {
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
        let answered = rest.is_empty() || rest.starts_with(b"HTTP/1.1 4") || rest.starts_with(&[0, 0, 0, 16]);
        assert!(ended.is_ok() && answered, "{:?}", String::from_utf8_lossy(&rest));
    }
    println!("all are gone {:?} after the last check", clock.monotonic());
    assert!(clock.monotonic() < PATIENCES[1] + LATE);
    front.stage.terminate().await;
}

async fn from_elsewhere(listener: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((ELSEWHERE, 0).into()).expect("loopback has many addresses");
    socket.connect(listener).await.expect("it listens")
}

/// How long a caller from elsewhere is borne that says this, and then an octet each second.
async fn borne(listener: SocketAddr, says: &'static [u8], octet: &'static [u8]) -> Duration {
    let (mut caller, clock) = (from_elsewhere(listener).await, SystemClock::new());
    caller.write_all(says).await.expect("it is let in");
    while clock.monotonic() < PATIENCE {
        // What it says before it closes is passed over.
        let second = tokio::time::timeout(Duration::from_secs(1), caller.readable()).await;
        if second.is_ok() && is_closed(&caller) || second.is_err() && caller.write_all(octet).await.is_err() {
            return clock.monotonic();
        }
    }
    panic!("{says:?} is borne for ever");
}

const BODY: &[u8] = b"POST /ussd HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn h04_heads_are_borne_for_5_s_and_bodies_for_15_and_turns_do_not_feel_a_thousand_that_are_idle() {
    let mut front = Front::up(4_096, "").await;
    let (http, callbacks, door) = (front.stage.serve().http, front.callbacks, front.door);
    // They are timed from an address of their own, whose places nobody takes. The pages of health and metrics wait for no
    // body.
    let mut slow = JoinSet::new();
    for (listener, says, octet, patience) in [
        (http, SAYS[0], &b"G"[..], 0),
        (http, b"", b"", 0),
        (callbacks, SAYS[0], b"G", 0),
        (callbacks, b"", b"", 0),
        (callbacks, BODY, b"{", 1),
        (door, SAYS[3], b"\0", 0),
        (door, b"", b"", 0),
    ] {
        slow.spawn(async move { (says, patience, borne(listener, says, octet).await) });
    }
    let others = Others::of(|number| front.stage.phone(number));
    let beside = async |disturbed: bool| {
        let mut idle = Vec::new();
        for at in 0..if disturbed { TRICKLES } else { 0 } {
            for listener in front.listeners() {
                idle.push(held(listener, [&b""[..], b"G"][at % 2]).await);
            }
        }
        idle
    };
    others.notice_nothing("a thousand idle connections on each listener", beside).await;
    http_2_is_refused(&front).await;
    while let Some(borne) = slow.join_next().await {
        let (says, patience, borne) = borne.expect("it is timed");
        println!("{:?} was borne for {borne:?}", String::from_utf8_lossy(says));
        assert!(borne >= PATIENCES[patience] - EARLY && borne <= PATIENCES[patience] + LATE, "{borne:?}");
    }
    assert_eq!(front.stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    front.stage.assert_sound().await;
    front.stage.terminate().await;
}

/// HTTP/2 is not spoken: its preface, with a rapid reset of streams behind it, is no request and ends the connection.
async fn http_2_is_refused(front: &Front) {
    let mut reset = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in 0..1_000u32 {
        let id = (2 * stream + 1).to_be_bytes();
        reset.extend([0, 0, 1, 1, 5].into_iter().chain(id).chain([0x82, 0, 0, 4, 3, 0]).chain(id).chain([0, 0, 0, 8]));
    }
    for listener in [front.stage.serve().http, front.callbacks] {
        let (mut caller, mut answer) = (held(listener, &reset).await, Vec::new());
        let ended = tokio::time::timeout(PATIENCES[0], caller.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "it is closed before a head would be given up");
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8_lossy(&answer));
    }
}

/// Whether the program has closed a connection; what it said before that is passed over.
fn is_closed(stream: &TcpStream) -> bool {
    let mut octets = [0; 1024];
    loop {
        match stream.try_read(&mut octets) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(cause) => return cause.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}
