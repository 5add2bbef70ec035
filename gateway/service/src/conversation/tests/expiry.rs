//! C10: a session's time ends in the middle of a turn: it is over once, the person hears it, and nothing comes back.

use super::applicant::{ANSWERS, Desk, Point, SORRY, cases, name, question, section_of, shown};
use super::forms::Dice;
use super::world::Phone;
use crate::conversation::Conversations;
use crate::store::{Cas, RedisSessions, SessionBackend, StoreError, Stored, SubscriberKey, Token, Version};
use async_trait::async_trait;
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FIRST: u64 = 994_501_000_000;

/// When the time of a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ends {
    BeforeTheLook,
    AfterTheLook,
    BeforeTheWrite,
    AfterTheWrite,
}

/// A store in which a session's time ends at that moment of the next turn.
struct Expires {
    inner: RedisSessions,
    redis: Arc<RedisNode>,
    next: Mutex<Option<Ends>>,
}

impl Expires {
    async fn ends(&self, key: &SubscriberKey, now: Ends) {
        let due = self.next.lock().unwrap().take_if(|next| *next == now).is_some();
        if due {
            let _: i64 = self.redis.ask(&["PEXPIRE", &name(key), "0"]).await;
        }
    }
}

#[async_trait]
impl SessionBackend for Expires {
    async fn load(&self, key: &SubscriberKey) -> Result<Option<Stored>, StoreError> {
        self.ends(key, Ends::BeforeTheLook).await;
        let loaded = self.inner.load(key).await;
        self.ends(key, Ends::AfterTheLook).await;
        loaded
    }

    async fn store(
        &self,
        key: &SubscriberKey,
        expected: Version,
        token: Token,
        blob: &[u8],
        ttl: Duration,
    ) -> Result<Cas, StoreError> {
        self.ends(key, Ends::BeforeTheWrite).await;
        let stored = self.inner.store(key, expected, token, blob, ttl).await;
        self.ends(key, Ends::AfterTheWrite).await;
        stored
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

async fn desk() -> (Arc<RedisNode>, Arc<Expires>, Desk) {
    let redis = Arc::new(RedisNode::on_a_socket("").started());
    let inner = RedisSessions::open(&redis.url(), Duration::from_secs(10)).unwrap();
    inner.connected().await;
    let backend = Arc::new(Expires { inner, redis: redis.clone(), next: Mutex::new(None) });
    let desk = Desk::on("dialogue-id", backend.clone()).await;
    (redis, backend, desk)
}

/// What is stored of a phone has an end; gives whether there is something.
async fn has_an_end(redis: &RedisNode, desk: &Desk, number: u64) -> bool {
    let left: i64 = redis.ask(&["PTTL", &name(&desk.world.key(number))]).await;
    assert!(left != -1, "nothing comes back that has no end");
    left > 0
}

/// At every point of an application, by a gateway that remembers the phone and by one that has just looked.
#[tokio::test]
async fn c10_a_session_that_ends_between_look_and_write_is_over_once_and_the_person_hears_it() {
    let (redis, backend, mut desk) = desk().await;
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
            *backend.next.lock().unwrap() = Some(Ends::BeforeTheWrite);
            let (screen, ends) = desk.send(&mut phone, ANSWERS.get(at).unwrap_or(&"1")).await;
            assert!(!ends, "{at}: {screen}");
            assert_eq!(*backend.next.lock().unwrap(), None, "its time ended");
            let asked = is_told(&points, at, &screen);
            assert!(has_an_end(&redis, &desk, number).await, "the turn is saved");
            assert_eq!(desk.world.version(number).await.number(), 1, "a session of its own");
            // It was over once: the next answer is taken like any other.
            if let Some(asked) = asked.filter(|asked| *asked < at) {
                let (screen, _) = desk.send(&mut phone, ANSWERS[asked]).await;
                assert_eq!(screen, points[asked + 1].screen, "{at}: {asked}");
                assert_eq!(desk.world.version(number).await.number(), 2);
            }
        }
    }
}

/// The person hears where the application stands now: the question of its last finished section, which was answered, is
/// asked again; without one it begins anew. Gives after how many answers that question was asked.
fn is_told(points: &[Point], at: usize, screen: &str) -> Option<usize> {
    if points[at].kept == 0 {
        assert!(screen.starts_with(SORRY), "{at}: {screen:?}");
        return None;
    }
    let section = section_of(points, at);
    assert_eq!(question(points, screen, section), section, "{at}");
    Some(section)
}

/// Turns of a phone at two gateways, in each of which its session's time may end at some moment.
async fn turns_by_the_dice(redis: &RedisNode, backend: &Expires, desk: &Desk, points: &[Point], seed: u64) -> usize {
    let (mut dice, number) = (Dice(seed), FIRST + 1_000 + seed);
    let gateways: [Arc<Conversations>; 2] = [(); 2].map(|()| desk.world.gateway_by(desk.world.clock.clone()));
    let first = points.iter().position(|point| point.kept > 0).unwrap();
    let mut asked = first + dice.roll((ANSWERS.len() - 4 - first) as u64) as usize;
    let mut phone = desk.phone(number);
    desk.dial(&mut phone).await;
    for typed in &ANSWERS[..asked] {
        desk.send(&mut phone, typed).await;
    }
    // Each gateway that remembers the phone finds out once.
    let (mut ended, mut unnoticed) = (0, [false; 2]);
    for turn in 0..6 {
        let Some(typed) = ANSWERS.get(asked) else { break };
        let moments = [Ends::BeforeTheLook, Ends::AfterTheLook, Ends::BeforeTheWrite, Ends::AfterTheWrite];
        let ends = if dice.one_in(3) { None } else { Some(dice.pick(&moments)) };
        let which = dice.roll(2) as usize;
        let gateway = &gateways[which];
        let before = desk.world.version(number).await.number();
        *backend.next.lock().unwrap() = ends;
        phone.sequence += 1;
        let said = desk.world.deliver_to(gateway, phone.message(UssdEvent::Continue, typed)).await;
        let (mut screen, over) = shown(&said);
        let came = backend.next.lock().unwrap().take().is_none() && ends.is_some();
        ended += usize::from(came);
        unnoticed = unnoticed.map(|before| before || came);
        let about = format!("seed {seed}, turn {turn}, {ends:?} after {asked} answers");
        let held = has_an_end(redis, desk, number).await;
        assert!(over || came || held, "{about}: what was said is saved");
        let version = desk.world.version(number).await.number();
        assert!(over || version == before + 1 || version <= 1, "{about}: the {version}th write after the {before}th");
        if over {
            // No session says that this is an answer: the phone is let go, dials, and is offered its draft.
            (phone.session, phone.sequence) = (phone.session + 100, 0);
            let said = desk.world.deliver_to(gateway, phone.message(UssdEvent::Begin, "*7142#")).await;
            assert!(said.screen().0.contains("1 Davam et"), "{about}: {said:?}");
            phone.sequence += 1;
            screen = shown(&desk.world.deliver_to(gateway, phone.message(UssdEvent::Continue, "1")).await).0;
        }
        let section = section_of(points, asked);
        let now = question(points, &screen, section);
        // The next question; or that of the last section, and where another gateway has found out before, the present one.
        let again = now == section || now == asked;
        assert!(now == asked + 1 || again && unnoticed[which], "{about}: the question after {now} answers");
        unnoticed[which] = came && ends == Some(Ends::AfterTheWrite);
        asked = now;
    }
    ended
}

#[tokio::test]
async fn c10_whenever_a_session_ends_the_person_goes_on_at_the_last_section_and_nothing_is_revived() {
    let (redis, backend, desk) = desk().await;
    let mut reference = desk.phone(FIRST);
    let points = desk.apply(&redis, &mut reference, ANSWERS.len()).await;
    let (mut ended, phones) = (0, cases(40).min(1_000));
    for seed in 0..phones as u64 {
        ended += turns_by_the_dice(&redis, &backend, &desk, &points, seed).await;
    }
    println!("{phones} phones, whose sessions ended {ended} times in the middle of a turn");
    assert!(ended >= phones, "they ended");
}
