//! B06, C10, C11: several gateways, one phone, one Redis.

use super::applicant::{ANSWERS, DRAFT_FROM, Desk, cases, name, question, section_of};
use super::forms::Dice;
use super::world::{Phone, content};
use crate::conversation::Conversations;
use crate::store::{Cas, RedisSessions, SessionBackend, StoreError, Stored, SubscriberKey, Token, Version};
use async_trait::async_trait;
use dayaq_dialog::{Form, Language, neutral_end};
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const FIRST: u64 = 994_501_000_000;
const COPIES: u64 = 994_551_000_000;
/// What may be pressed at any question.
const KEYS: [&str; 8] = ["1", "2", "0", "98", "5AKT9X2", "12345678", "4711", "x"];

/// One input, by that gateway.
async fn press(desk: &Desk, gateway: &Arc<Conversations>, phone: &Phone<'_>, typed: &str) {
    gateway.handle(&desk.world.arrival(phone.message(UssdEvent::Continue, typed))).await;
}

/// Two inputs at the same moment, each at another gateway: what comes of it is what comes of one after the other, in
/// one of the two orders, and each is one step.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b06_of_a_double_press_on_two_gateways_one_wins_and_the_other_steps_on_from_there() {
    let redis = RedisNode::on_a_socket("").started();
    let desk = Desk::at(&redis.url(), "dialogue-id").await;
    let gateways = [(); 2].map(|()| desk.world.gateway_by(desk.world.clock.clone()));
    let (mut dice, mut copy, mut contended, mut rounds) = (Dice(20_261_130), COPIES, 0, 0);
    let mut phone = desk.phone(FIRST);
    desk.dial(&mut phone).await;
    for (at, typed) in ANSWERS.iter().enumerate() {
        desk.send(&mut phone, typed).await;
        // The choice of a language and of an application make calls and are no single steps.
        for _ in 0..if at < DRAFT_FROM { 0 } else { cases(4).min(40) } {
            let pressed = [dice.pick(&KEYS), dice.pick(&KEYS)];
            let mut ends = Vec::new();
            for order in [[0, 1], [1, 0]] {
                let number = copy;
                copy += 1;
                desk.world.fork(FIRST, number).await;
                let one = Phone { number, ..phone.clone() };
                for at in order {
                    press(&desk, &gateways[0], &one, pressed[at]).await;
                }
                ends.push(desk.world.envelope(number).await);
            }
            let number = copy;
            copy += 1;
            desk.world.fork(FIRST, number).await;
            let both = Phone { number, ..phone.clone() };
            desk.world.said();
            tokio::join!(press(&desk, &gateways[0], &both, pressed[0]), press(&desk, &gateways[1], &both, pressed[1]));
            let said = desk.world.said();
            assert_eq!((said.statuses.len(), said.screens.len()), (2, 2), "each is answered");
            let end = desk.world.envelope(number).await;
            let same = |other: &&crate::conversation::envelope::Envelope| {
                let (ours, theirs) = (&end.dialog, &other.dialog);
                ours.position() == theirs.position() && stripped(ours) == stripped(theirs)
            };
            assert!(ends.iter().any(|end| same(&end)), "{pressed:?} after {at}: in no order");
            let version = desk.world.version(number).await;
            assert_eq!(version.number(), 3, "the copy, and one step for each: {pressed:?} after {at}");
            rounds += 1;
            contended += usize::from(!same(&&ends[0]) || !same(&&ends[1]));
        }
    }
    println!("{rounds} double presses, {contended} of them with an order that shows");
}

/// A dialogue's state, without the names that are drawn for drafts that begin.
fn stripped(session: &dayaq_dialog::Session) -> serde_json::Value {
    let mut value = serde_json::to_value(session).unwrap();
    value["draft"]["id"] = serde_json::Value::Null;
    if value["shelf"].is_object() {
        value["shelf"]["draft"]["id"] = serde_json::Value::Null;
    }
    value
}

/// Eight gateways take inputs of one phone at once: as many versions as inputs that were answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c11_of_eight_gateways_at_one_phone_each_accepted_input_is_one_version() {
    let redis = RedisNode::on_a_socket("appendfsync no\n").started();
    let desk = Desk::at(&redis.url(), "dialogue-id").await;
    let gateways: Vec<_> = (0..8).map(|_| desk.world.gateway_by(desk.world.clock.clone())).collect();
    let (rounds, inputs) = (cases(1).min(313), 40);
    let mut phone = desk.phone(FIRST);
    desk.apply(&redis, &mut phone, 4).await;
    let begun = desk.world.version(FIRST).await.number();
    let (phone, world) = (&phone, &desk.world);
    let neutral = neutral_end(&content().1, Some(Language::Az), Form::Proper);
    let (mut answered, mut accepted) = (0, 0);
    for _ in 0..rounds {
        let contenders = gateways.iter().map(|gateway| async move {
            for _ in 0..inputs {
                gateway.handle(&world.arrival(phone.message(UssdEvent::Continue, "98"))).await;
            }
        });
        join_all(contenders).await;
        let said = world.said();
        answered += said.screens.len();
        accepted += said.screens.iter().filter(|(screen, _)| *screen != neutral).count() as u64;
    }
    let inputs = rounds * inputs * gateways.len();
    let version = world.version(FIRST).await.number();
    println!("{} inputs, {accepted} accepted, {} versions", inputs, version - begun);
    assert_eq!(answered, inputs);
    assert_eq!(version - begun, accepted);
    assert!(accepted * 4 > inputs as u64, "contention stops nobody");
}

/// A store in which a session's time ends between the look at it and the write over it.
struct Expires {
    inner: RedisSessions,
    redis: Arc<RedisNode>,
    armed: AtomicBool,
}

#[async_trait]
impl SessionBackend for Expires {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        self.inner.load(key).await
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        if self.armed.swap(false, Ordering::SeqCst) {
            let _: i64 = self.redis.ask(&["PEXPIRE", &name(key), "0"]).await;
        }
        self.inner.store(key, expected, token, blob, ttl).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

/// At every point of an application, by a gateway that remembers the phone and by one that has just looked.
#[tokio::test]
async fn c10_a_session_that_ends_between_look_and_write_is_over_once_and_the_person_hears_it() {
    let redis = Arc::new(RedisNode::on_a_socket("").started());
    let inner = RedisSessions::open(&redis.url(), Duration::from_secs(10)).unwrap();
    inner.connected().await;
    let backend = Arc::new(Expires { inner, redis: redis.clone(), armed: AtomicBool::new(false) });
    let mut desk = Desk::on("dialogue-id", backend.clone()).await;
    let mut number = FIRST;
    for forgets in [false, true] {
        for at in 1..=ANSWERS.len() {
            number += 1;
            let mut phone = desk.phone(number);
            let points = desk.apply(&redis, &mut phone, at).await;
            let (session, sequence) = (phone.session, phone.sequence);
            if forgets {
                desk.restart();
            }
            let mut phone = Phone { session, sequence, ..desk.phone(number) };
            backend.armed.store(true, Ordering::SeqCst);
            let (screen, ends) = desk.send(&mut phone, ANSWERS.get(at).unwrap_or(&"1")).await;
            assert!(!ends, "{at}: {screen}");
            if points[at].kept == 0 {
                // There was nothing to keep: it begins anew, and says so.
                assert!(screen.contains("1 Yeni müraciət") || screen.contains("1 Azərbaycanca"), "{at}: {screen}");
            } else {
                assert_eq!(question(&points, &screen, section_of(&points, at)), section_of(&points, at));
            }
            let left: i64 = redis.ask(&["PTTL", &name(&desk.world.key(number))]).await;
            assert!(left > 0, "nothing comes back that has no end: {left}");
            let saved = desk.world.version(number).await.number();
            assert_eq!(saved, 1, "a session of its own");
        }
    }
}
