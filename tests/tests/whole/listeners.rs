//! The service's listeners under connections that want nothing but to be held.

use crate::family::ALONE;
use crate::hub::{SECRET, aggregator};
use crate::program::{PATIENCE, root};
use crate::serve_config::address;
use crate::stage::{Phone, Setting, Stage, eventually};
use dayaq_simulator::{AggregatorConfig, SimulatedAggregator, Style};
use dayaq_types::{Clock, SystemClock};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections that each listener is attacked with.
const CONNECTIONS: usize = 2_000;
/// Connections on each listener that say one octet a second.
const TRICKLES: usize = 1_000;
/// Files that the program may open: far fewer than the attack holds.
const OPEN_FILES: u32 = 512;
/// Phones that are timed dial more often than a phone may.
pub const MANY_REPLIES: &str = "replies_per_minute = 100000";
/// Dials that are timed.
const DIALS: usize = 100;

/// The program with a listener of each kind: health and metrics, an aggregator, and a door for an SMSC that calls.
struct Front {
    stage: Stage,
    callbacks: SocketAddr,
    door: SocketAddr,
}

impl Front {
    async fn up(open_files: u32) -> Self {
        rlimit::increase_nofile_limit(4 * CONNECTIONS as u64).expect("the test itself holds them all");
        let mut stage = Stage::set(Setting::default()).await;
        let profile = root().join("config/aggregators/hubtel.toml").display().to_string();
        let hub = aggregator(Style::Hubtel, "", 3_000).replace("aggregators/hubtel.toml", &profile);
        let hub = format!("{hub}texts = \"foreign-1\"\n");
        let door = "listen = \"127.0.0.1:0\"\noutbind = { system_id = \"dayaq\", password = \"secret\" }";
        let ways = [address(stage.smsc.addr()), door.to_owned()];
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

    fn listeners(&self) -> [SocketAddr; 3] {
        [self.stage.serve().http, self.callbacks, self.door]
    }

    /// How many files the program has open.
    fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.stage.serve().process.id())).expect("it runs").count()
    }

    /// The median and the 99th of 100 times that a turn takes.
    async fn turns(&self, phone: &Phone) -> (Duration, Duration) {
        let (clock, mut times) = (SystemClock::new(), Vec::with_capacity(DIALS));
        for _ in 0..DIALS {
            let begun = clock.monotonic();
            phone.dial().await.says("1 Azərbaycanca");
            times.push(clock.monotonic() - begun);
        }
        times.sort_unstable();
        (times[DIALS / 2], times[DIALS * 99 / 100])
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

    /// Turns during an attack take as long as before it, with room for a machine on which attacker, attacked and
    /// operator share two cores.
    fn assert_as_before(before: (Duration, Duration), during: (Duration, Duration)) {
        let change = 100.0 * (during.0.as_secs_f64() / before.0.as_secs_f64() - 1.0);
        println!(
            "turns: median {:?} before, {:?} during ({change:+.0} %); p99 {:?}, {:?}",
            before.0, during.0, before.1, during.1
        );
        assert!(during.0 <= before.0 * 4 + Duration::from_millis(100), "{during:?}");
        assert!(during.1 <= before.1 * 4 + Duration::from_secs(1), "{during:?}");
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

#[tokio::test(flavor = "multi_thread")]
async fn h11_half_heads_and_idle_connections_on_each_listener_keep_nobody_out() {
    let mut front = Front::up(OPEN_FILES).await;
    let said = front.stage.log();
    assert!(said.contains("HTTP takes fewer connections"), "it says what it does about the limit:\n{said}");
    let phone = front.stage.phone(ALONE.number);
    let before = front.turns(&phone).await;
    let mut attack = Vec::new();
    let mut most = 0;
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
        }
    }
    Front::assert_as_before(before, front.turns(&phone).await);
    // The operator's link is lost and comes again while all are held, and the one that calls is let in.
    front.stage.smsc.cut_links();
    assert!(front.stage.smsc.bound(PATIENCE).await, "{}", front.stage.log());
    front.stage.smsc.outbind(front.door, "dayaq").expect("a known account");
    eventually("both operators are bound", async || (front.stage.page("/readyz").await.0 == 200).then_some(())).await;
    phone.dial().await.says("1 Azərbaycanca");
    let log = front.stage.log();
    assert!(!log.contains("Connection not taken") && !log.contains("unable to open"), "{log}");
    assert_eq!(front.stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    println!("{most} files open at most, of {OPEN_FILES}");
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
    assert!(clock.monotonic() < Duration::from_secs(16));
    front.stage.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h04_heads_and_bodies_that_trickle_are_gone_in_time_and_turns_do_not_feel_them() {
    let mut front = Front::up(4_096).await;
    let phone = front.stage.phone(ALONE.number);
    let before = front.turns(&phone).await;
    let mut heads = Vec::new();
    for listener in front.listeners() {
        for _ in 0..TRICKLES {
            heads.push(held(listener, b"").await);
        }
    }
    let body = b"POST /ussd HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    let mut bodies = vec![held(front.callbacks, body).await, held(front.stage.serve().http, body).await];
    // HTTP/2 is not spoken: a preface with a rapid reset of streams behind it is no request.
    let mut reset = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in 0..1_000u32 {
        let id = (2 * stream + 1).to_be_bytes();
        reset.extend([0, 0, 1, 1, 5].into_iter().chain(id).chain([0x82, 0, 0, 4, 3, 0]).chain(id).chain([0, 0, 0, 8]));
    }
    for listener in [front.stage.serve().http, front.callbacks] {
        let (mut caller, mut answer) = (held(listener, &reset).await, Vec::new());
        let ended = tokio::time::timeout(Duration::from_secs(2), caller.read_to_end(&mut answer)).await;
        assert!(ended.is_ok() && !answer.starts_with(b"HTTP/1.1 2") && !answer.starts_with(b"\0\0"), "{answer:?}");
    }
    let (clock, mut gone, mut during) = (SystemClock::new(), None, None);
    for second in 0..20u64 {
        // An octet each second to whoever still listens.
        heads.retain(|stream| stream.try_write(b"G").is_ok() && !is_closed(stream));
        bodies.retain(|stream| stream.try_write(b"{").is_ok() && !is_closed(stream));
        if second == 1 {
            during = Some(front.turns(&phone).await);
        }
        if heads.is_empty() && gone.is_none() {
            gone = Some(clock.monotonic());
        }
        if heads.is_empty() && bodies.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(second + 1).saturating_sub(clock.monotonic())).await;
    }
    let (gone, ended) = (gone.expect("every head is given up"), clock.monotonic());
    println!("{} trickling heads are gone after {gone:?}, trickling bodies after {ended:?}", 3 * TRICKLES);
    assert!(gone <= Duration::from_secs(10), "{gone:?}");
    assert!(bodies.is_empty() && ended <= Duration::from_secs(18), "{ended:?}");
    Front::assert_as_before(before, during.expect("it was measured"));
    assert_eq!(front.stage.metric("dayaq_neutral_ends_total").await, 0.0, "no turn was let go");
    front.stage.assert_sound().await;
    front.stage.terminate().await;
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
