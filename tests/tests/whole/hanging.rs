//! Whatever hangs behind the links, the operator hears that we are there.

use crate::raw_smsc::{Caller, Line, RawSmsc, encoded, header};
use crate::serve_config::address;
use crate::stage::{Setting, Stage, WriteLock, eventually};
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Body, CommandId};
use dayaq_types::{Clock, SystemClock};
use std::time::Duration;

/// How often the operator asks, and how long it lets pass in between: all in all longer than any store is waited for.
const ASKED: usize = 2_000;
const BETWEEN: Duration = Duration::from_millis(2);
/// One phone dials for so many questions.
const DIALS_EVERY: usize = 40;
/// 999 of 1,000 answers come within this time (A05).
const SOON: Duration = Duration::from_millis(100);
/// What a machine that runs other tests at the same time may add; with it, it is still less than Redis is waited for.
const SLACK: Duration = Duration::from_millis(100);

/// Asks once; gives the time to the answer. Whatever else comes is taken as an operator takes it.
pub async fn ask(line: &mut Line, clock: &SystemClock) -> Duration {
    let number = line.number();
    let asked = clock.monotonic();
    line.write(&encoded(number, Body::EnquireLink)).await;
    loop {
        let frame = line.next().await.expect("the link stands");
        let header = header(&frame);
        match header.command_id {
            id if id == CommandId::ENQUIRE_LINK.response() => {
                assert_eq!(header.sequence_number, number, "each answer in its turn");
                return clock.monotonic() - asked;
            }
            id if id == CommandId::DELIVER_SM.response() => {}
            _ => line.take(&frame).await,
        }
    }
}

/// Waits until the message of that number has been taken and a screen that says this has come.
async fn until_shown(line: &mut Line, number: u32, says: &str) {
    let (mut taken, mut shown) = (false, false);
    while !(taken && shown) {
        let frame = line.next().await.expect("the link stands");
        let header = header(&frame);
        if header.command_id == CommandId::DELIVER_SM.response() {
            taken |= header.sequence_number == number && header.command_status.is_ok();
        } else {
            line.take(&frame).await;
        }
        while let Some((screen, _)) = line.shown() {
            shown |= taken && screen.contains(says);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a05_while_redis_and_the_databases_hang_enquire_link_is_answered_within_100_ms() {
    let redis = RedisNode::syncing().started();
    let smsc = RawSmsc::listen().await;
    let mut stage = Stage::set(Setting { redis: Some(redis.url()), ..Setting::default() }).await;
    stage.config = stage.config.reach(&address(smsc.addr()));
    stage.start_unbound();
    let mut line = smsc.bound().await;
    let (screen, _) = line.dial().await;
    assert!(screen.contains("1 Azərbaycanca"), "{screen}");

    redis.freeze();
    let locks =
        [WriteLock::on(&stage.config.gateway_database()).await, WriteLock::on(&stage.config.core_database()).await];
    let clock = SystemClock::new();
    let mut pace = tokio::time::interval(BETWEEN);
    let mut waits = Vec::new();
    for asked in 0..ASKED {
        pace.tick().await;
        if asked % DIALS_EVERY == 0 {
            line.hand_to(Caller::new(&format!("99450{:07}", 2_000_000 + asked)));
            let dial = line.turn(UssdEvent::Begin, "*7142#");
            line.write(&dial).await;
        }
        waits.push(ask(&mut line, &clock).await);
    }
    let hung = clock.monotonic();
    assert!(stage.page("/readyz").await.0 == 503, "it says that it hangs");
    waits.sort_unstable();
    let of = |permille: usize| waits[(ASKED * permille).div_ceil(1000) - 1];
    println!(
        "{ASKED} enquire_link over {hung:?}: median {:?}, p99 {:?}, p99.9 {:?}, longest {:?}",
        of(500),
        of(990),
        of(999),
        of(1000)
    );
    assert!(of(999) <= SOON + SLACK, "{:?}", of(999));

    redis.thaw();
    for lock in locks {
        lock.release().await;
    }
    eventually("it is ready", async || (stage.page("/readyz").await.0 == 200).then_some(())).await;
    // Screens for the phones of before come too; only this one chooses Russian.
    line.hand_to(Caller::new("994501234599"));
    for (event, typed, says) in
        [(UssdEvent::Begin, "*7142#", "1 Azərbaycanca"), (UssdEvent::Continue, "2", "1 Новое заявление")]
    {
        let turn = line.turn(event, typed);
        line.write(&turn).await;
        until_shown(&mut line, header(&turn).sequence_number, says).await;
    }
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0);
    stage.assert_sound().await;
}
