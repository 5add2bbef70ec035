//! Screens that come too late, texts while Redis is away, and a Redis that stalls: nothing that was not saved is
//! acknowledged, and the phone goes on where it was.

use crate::family::ALONE;
use crate::hanging::ask;
use crate::node_smpp::institutions;
use crate::raw_smsc::{Caller, Line, RawSmsc, header};
use crate::serve_config::ServeConfig;
use crate::stage::{eventually, metric, page, read_only};
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, Body, CommandId, CommandStatus, MessageKind, Pdu, ShortMessage, SmResp, encode};
use dayaq_types::{Clock, SystemClock};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

const PHONE: &str = "994501234502";
/// How long a phone may wait for its neutral end.
const SOON: Duration = Duration::from_secs(2);
/// What a machine that runs other tests at the same time may add.
const SLACK: Duration = Duration::from_millis(750);
/// Answers to enquire_link come within this time (A05), with the room that a shared machine needs.
const ALIVE: Duration = Duration::from_millis(250);
/// What Redis is waited for; who is not answered within it may take Redis for standing still.
const STILL: Duration = Duration::from_millis(250);
/// Phones that dial while Redis stalls.
const DIALS: usize = 60;
/// How a phone that is let go is told so.
const NEUTRAL: [&str; 2] = ["davam etmək olmur", "продолжить нельзя"];

fn text(words: &str) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, PHONE).expect("it is short"),
        destination: Address::new(0, 1, "7142").expect("it is short"),
        short_message: words.into(),
        ..ShortMessage::default()
    }
}

/// How many screens came to that end.
async fn screens(http: SocketAddr, result: &str) -> f64 {
    let (_, body) = page(http, "/metrics").await;
    let label = format!("result=\"{result}\"");
    let own = |line: &&str| line.starts_with("dayaq_screens_total{") && line.contains(&label);
    body.lines().filter(own).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// Reads until a turn is taken and its screen has come, which the operator refuses: its phone has gone.
async fn refuse_screen(line: &mut Line, turn: &[u8]) {
    let (mut taken, mut refused) = (false, false);
    while !(taken && refused) {
        let frame = line.next().await.expect("the link stands");
        let came = header(&frame);
        match came.command_id {
            id if id == CommandId::SUBMIT_SM => {
                let body = Body::MessageResp(MessageKind::SubmitSm, SmResp::default());
                let (command_status, sequence_number) = (CommandStatus::RX_P_APPN, came.sequence_number);
                let mut octets = Vec::new();
                encode(&Pdu { command_status, sequence_number, body }, &mut octets).expect("a PDU");
                line.write(&octets).await;
                refused = true;
            }
            id if id == CommandId::DELIVER_SM.response() => {
                let ours = (header(turn).sequence_number, CommandStatus::ROK);
                assert_eq!((came.sequence_number, came.command_status), ours);
                taken = true;
            }
            _ => line.take(&frame).await,
        }
    }
}

/// At every question of an application the network gives the phone up before our reply comes, and refuses the reply.
#[tokio::test(flavor = "multi_thread")]
async fn b03_a_reply_after_the_networks_time_out_is_not_counted_as_shown_and_the_next_dial_goes_on_from_there() {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = ServeConfig::new(smsc.addr(), registries.addr()).gateway("replies_per_minute = 100000");
    let serve = config.start();
    let mut line = smsc.bound().await;
    line.hand_to(Caller::new(ALONE.number));
    let mut shown = 1.0;
    line.dial().await;
    let mut refused = 0.0;
    for (at, (typed, says)) in ALONE.answers.iter().enumerate() {
        if at < ALONE.draft_from {
            let (screen, _) = line.send(typed).await;
            assert!(screen.contains(says), "{screen}");
            shown += 1.0;
            continue;
        }
        let answer = line.turn(UssdEvent::Continue, typed);
        line.write(&answer).await;
        refuse_screen(&mut line, &answer).await;
        refused += 1.0;
        // The network tells that it has given the phone up.
        let over = line.turn(UssdEvent::Timeout, "");
        line.write(&over).await;
        line.taken(&over).await;
        let (offered, _) = line.dial().await;
        assert!(offered.contains(ALONE.go_on), "after {at}: {offered}");
        let (screen, more) = line.send("1").await;
        assert!(screen.contains(says) && more, "what was typed is saved, and nothing beyond it, after {at}: {screen}");
        shown += 2.0;
        eventually("each screen is counted as what became of it", async || {
            let counted = (screens(serve.http, "taken").await, screens(serve.http, "refused").await);
            (counted == (shown, refused)).then_some(())
        })
        .await;
    }
    println!("{refused} screens refused, {shown} shown");
    for _ in 0..9 {
        let (screen, _) = line.send("98").await;
        if screen.contains(ALONE.confirm) {
            break;
        }
    }
    let (screen, more) = line.send("1").await;
    assert!(screen.contains(ALONE.registered) && !more, "{screen}");
    assert!(!serve.process.said().contains("panicked"));
}

/// Texts that come while Redis is away are not acknowledged, and taken in their order once it is back; the section that
/// was finished before is in the gateway store all the while.
#[tokio::test(flavor = "multi_thread")]
async fn c02_texts_are_not_acknowledged_while_redis_is_away_and_taken_in_order_after_it() {
    let mut redis = RedisNode::syncing().started();
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = ServeConfig::new(smsc.addr(), registries.addr()).redis(&redis.url());
    let serve = config.start();
    let mut line = smsc.bound().await;
    for typed in ["Salam", "3", "1", "1", "1", "171S5AV", "2", "1339538"] {
        line.deliver(&text(typed)).await;
        line.text().await;
    }
    redis.kill();
    let mut away = Vec::new();
    for typed in ["2026004127", "7B3C8D1"] {
        let pdu = line.deliver_sm(&text(typed));
        line.write(&pdu).await;
        let answer = line.wait_for(CommandId::DELIVER_SM.response()).await;
        assert_eq!(
            (answer.sequence_number, answer.command_status),
            (header(&pdu).sequence_number, CommandStatus::RX_T_APPN),
            "nothing is acknowledged that is not saved"
        );
        away.push(pdu);
    }
    let mut store = read_only(&config.gateway_database()).await;
    let drafts: i64 = sqlx::query_scalar("SELECT count(*) FROM drafts WHERE length(sealed) > 0 AND version > 0")
        .fetch_one(&mut store)
        .await
        .expect("it can be read");
    assert_eq!(drafts, 1, "the finished section is safe");
    redis.start();
    eventually("it is ready", async || (page(serve.http, "/readyz").await.0 == 200).then_some(())).await;
    for (pdu, says) in away.iter().zip(["you+0", "Who is this"]) {
        let again = line.again(pdu);
        line.write(&again).await;
        line.taken(&again).await;
        let (_, reply) = line.text().await;
        assert!(reply.contains(says), "{reply:?} does not say {says:?}");
    }
    assert!(!serve.process.said().contains("panicked"));
}

/// How many of the turns on the air that the program has taken took so long at most, by its own clock, and how many there
/// were.
async fn turns_within(http: SocketAddr, seconds: &str) -> (f64, f64) {
    let (_, body) = page(http, "/metrics").await;
    let value = |name: String| {
        let line = body.lines().find_map(|line| line.strip_prefix(&name)?.trim().parse::<f64>().ok());
        line.unwrap_or_default()
    };
    let bucket = value(format!("dayaq_turn_seconds_bucket{{channel=\"ussd\",le=\"{seconds}\"}}"));
    (bucket, value("dayaq_turn_seconds_count{channel=\"ussd\"}".to_owned()))
}

/// Redis stalls in the middle of sessions, paused and asleep: each phone is let go in time, enquire_link is answered as
/// ever, and afterwards everybody goes on.
#[tokio::test(flavor = "multi_thread")]
async fn c06_a_redis_that_stalls_lets_phones_go_in_time_and_no_link_feels_it() {
    let redis = Arc::new(RedisNode::syncing().started());
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = ServeConfig::new(smsc.addr(), registries.addr()).redis(&redis.url());
    let serve = config.start();
    let mut line = smsc.bound().await;
    let clock = SystemClock::new();
    // How many dials at least find that Redis stands still: the whole of a long stall is seen on any machine.
    let stalls: [(&'static [&'static str], Duration, f64); 2] = [
        (&["CLIENT", "PAUSE", "2000", "ALL"], Duration::from_secs(2), 1.0),
        (&["DEBUG", "SLEEP", "5"], Duration::from_secs(5), DIALS as f64),
    ];
    let (mut timeouts, mut conversing) = (0.0, 0);
    for (round, (stall, lasts, least)) in stalls.into_iter().enumerate() {
        line.hand_to(Caller::new(PHONE));
        line.dial().await;
        let begun = clock.monotonic();
        let server = Arc::clone(&redis);
        let stalled = tokio::spawn(async move { server.ask::<String>(stall).await });
        // It stands still once a question about nothing is not answered any more.
        eventually("Redis stands still", async || {
            let asked = tokio::time::timeout(STILL, redis.try_ask::<String>(&["PING"])).await;
            asked.is_err().then_some(())
        })
        .await;
        let (mut waits, mut let_go, mut answered) = (Vec::new(), 0, 0);
        // Every phone dials at once; each is answered in time though none of them finds its session.
        let start = clock.monotonic();
        for at in 0..DIALS {
            line.hand_to(Caller::new(&format!("99450{:07}", 3_000_000 + round * DIALS + at)));
            let dial = line.turn(UssdEvent::Begin, "*7142#");
            line.write(&dial).await;
        }
        while clock.monotonic() - begun < lasts || answered < DIALS {
            waits.push(ask(&mut line, &clock).await);
            while let Some((screen, _)) = line.shown() {
                let waited = clock.monotonic() - start;
                assert!(waited <= SOON + SLACK, "{waited:?}: {screen}");
                answered += 1;
                let_go += usize::from(NEUTRAL.iter().any(|words| screen.contains(words)));
            }
        }
        stalled.await.expect("it stood still and goes on");
        conversing += DIALS + 1;
        let counted = timed_out(serve.http).await;
        waits.sort();
        let of = |percent: usize| waits[(waits.len() * percent).div_ceil(100) - 1];
        println!(
            "{stall:?}: {DIALS} dials, {let_go} let go, {} operations ended by their time limit; {} enquire_link answered, p99 \
             {:?}, the longest {:?}",
            counted - timeouts,
            waits.len(),
            of(99),
            of(100)
        );
        // Who asked for a session in vain did so for as long as an operation may take, and not longer.
        assert!(counted - timeouts >= least, "{} of {DIALS} met the stall", counted - timeouts);
        assert!(let_go as f64 >= least - 1.0, "the stall was longer than a phone may wait");
        timeouts = counted;
        assert!(waits.len() >= DIALS && of(99) <= ALIVE, "{:?}", of(99));
        let (soon, all) = turns_within(serve.http, "2").await;
        assert!(soon * 10.0 >= all * 9.0 && all >= conversing as f64, "{soon} of {all} within two seconds");
        eventually("it is ready", async || (page(serve.http, "/readyz").await.0 == 200).then_some(())).await;
        // What is still to be read is read before the answer.
        ask(&mut line, &clock).await;
        // No place is lost: as many phones again are served at once, over the one connection that there is.
        for at in 0..DIALS {
            line.hand_to(Caller::new(&format!("99455{:07}", 3_000_000 + round * DIALS + at)));
            let (screen, more) = line.dial().await;
            assert!(screen.contains("1 Azərbaycanca") && more, "{screen}");
        }
        conversing += DIALS;
        eventually("no turn is under way any more", async || {
            (metric(serve.http, "dayaq_turns_under_way").await == 0.0).then_some(())
        })
        .await;
        let clients: String = redis.ask(&["INFO", "clients"]).await;
        let connected = clients.lines().find_map(|line| line.strip_prefix("connected_clients:")).expect("it tells");
        // The program's, and this question's.
        assert!(connected.trim().parse::<usize>().expect("a count") <= 3, "{clients}");
    }
    assert_eq!(metric(serve.http, "dayaq_smpp_links_lost_total").await, 0.0);
    assert!(!serve.process.said().contains("panicked"));
}

/// How many operations of the sessions have ended by their time limit.
async fn timed_out(http: SocketAddr) -> f64 {
    let (_, body) = page(http, "/metrics").await;
    let own = "dayaq_redis_faults_total{code=\"timeout\",then=\"degrade\"}";
    body.lines().find_map(|line| line.strip_prefix(own)?.trim().parse().ok()).unwrap_or_default()
}
