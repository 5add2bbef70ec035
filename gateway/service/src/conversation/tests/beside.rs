//! A06 with two gateways: what one has lost the other knows by its heartbeat, and who says nothing any more is dead.

use super::again::state;
use super::forms::{from_phone, part, text};
use super::world::World;
use crate::conversation::Conversations;
use crate::link::{Arrival, BindHandle, LooseEnds};
use crate::store::{Loss, loss};
use dayaq_smpp::{CommandStatus, MessageKind};
use dayaq_types::{Clock, Msisdn};
use sqlx::ConnectOptions;
use std::sync::Arc;
use std::time::Duration;

const PHONE: u64 = 994_503_000_000;
const MINUTE: Duration = Duration::from_secs(60);

/// One of two gateways, with a bind of its own.
struct Beside {
    conversations: Arc<Conversations>,
    bind: BindHandle,
    ends: LooseEnds,
}

impl Beside {
    async fn start(world: &World, name: &str) -> Self {
        let (bind, ends) = BindHandle::loose(name);
        bind.connect(1, Vec::new(), world.clock.now());
        let conversations = world.gateway();
        conversations.store.beat(&[]).await.unwrap();
        Self { conversations, bind, ends }
    }

    /// Takes the phone's `1`.
    async fn take(&mut self, sequence_number: u32) {
        let (kind, message, bind) = (MessageKind::DeliverSm, text(PHONE, "1"), self.bind.clone());
        let arrival = Arrival { sequence_number, kind, message, connection: 1, bind };
        self.conversations.handle(&arrival).await;
        assert_eq!(self.ends.numbered_answer(), Some((sequence_number, CommandStatus::ROK)));
    }

    /// The phone gets what waits for it; gives how many texts that were.
    async fn push(&self) -> usize {
        let store = &self.conversations.store;
        let claimed = store.claim_segments("test", 100, MINUTE).await.unwrap();
        for segment in &claimed {
            assert!(store.attempt(&segment.ticket, MINUTE).await.unwrap());
            assert!(store.segment_sent(&segment.ticket, "id").await.unwrap());
        }
        claimed.iter().filter(|segment| segment.ticket.number == 1).count()
    }
}

/// Where the dialogue stands.
async fn place(world: &World) -> String {
    state(&serde_json::to_value(&world.envelope(PHONE).await.dialog).unwrap())
}

/// The first gateway has asked by text, and the phone's `1` comes to the second. Gives whether it went on, and how many
/// texts there were for it. The first one's heart beats meanwhile, or not, and tells of these losses.
async fn to_the_other(beats: bool, losses: &[Loss], is_sent: bool) -> (bool, usize) {
    let world = World::new().await;
    let (mut one, mut two) = (Beside::start(&world, "test/1").await, Beside::start(&world, "test/2").await);
    // Nothing else is in doubt.
    world.clock.advance(MINUTE * 5);
    one.conversations.store.beat(&[]).await.unwrap();
    one.take(1).await;
    one.push().await;
    one.take(2).await;
    if is_sent {
        one.push().await;
    }
    let before = place(&world).await;
    let heart = async {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            match beats {
                true => one.conversations.store.beat(losses).await.unwrap(),
                false => world.clock.advance(Duration::from_millis(25)),
            }
        }
    };
    tokio::select! {
        () = two.take(1) => {}
        _ = heart => {}
    }
    let replies = two.push().await;
    (place(&world).await != before, replies)
}

#[tokio::test]
async fn a06_a_text_that_another_living_gateway_lost_with_its_link_is_one_over_this_one() {
    let now = "2026-11-23T05:05:00Z".parse().unwrap();
    let lost = [loss("test/1", 1, now, vec![2])];
    assert_eq!(to_the_other(true, &lost, false).await, (false, 1), "the reply had not left: it is the answer");
    assert_eq!(to_the_other(true, &lost, true).await, (false, 1), "it may be a new one: the question comes again");
    let other = [loss("test/1", 1, now, vec![9])];
    assert_eq!(to_the_other(true, &other, true).await, (true, 1), "the operator has read its answer");
    assert_eq!(to_the_other(true, &[], true).await, (true, 1), "nothing is lost: it counts");
}

#[tokio::test]
async fn a06_of_a_gateway_whose_heart_stands_still_nobody_knows_what_was_read() {
    assert_eq!(to_the_other(false, &[], true).await, (false, 1), "the question comes again");
}

/// The session says that a text was given up and the text that says so could not be kept: it is remembered.
#[tokio::test]
async fn a28_who_could_not_be_told_that_a_text_did_not_come_whole_is_told_later() {
    let world = World::new().await;
    let first = part(&from_phone(PHONE), [7, 3, 1], b"171");
    assert_eq!(world.deliver(first.clone()).await.statuses, [CommandStatus::ROK]);
    world.clock.advance(Duration::from_secs(660));
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.database());
    let mut aside = options.connect().await.unwrap();
    let mut ask = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut aside).await.unwrap();
    ask("CREATE TRIGGER broken BEFORE INSERT ON texts BEGIN SELECT RAISE(ABORT, 'broken'); END").await;
    let (conversations, msisdn) = (&world.conversations, Msisdn::parse(&format!("+{PHONE}")).unwrap());
    let arrival = world.arrival(first);
    let give_up = || conversations.give_up(&arrival, msisdn, world.key(PHONE));
    assert!(give_up().await.is_err());
    ask("DROP TRIGGER broken").await;
    let texts = async || conversations.store.texts_of(&world.key(PHONE), 10).await.unwrap().len();
    assert_eq!(texts().await, 0);
    world.deliver(text(PHONE, "Salam")).await;
    assert_eq!(texts().await, 2, "the word about it, and the reply");
    give_up().await.unwrap();
    world.deliver(text(PHONE, "1")).await;
    assert_eq!(texts().await, 3, "it is told once");
}
