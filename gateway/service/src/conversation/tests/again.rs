//! A06: who answers every question by `1` is never left without a reply, and no answer counts twice, whatever becomes of
//! links and gateways; and where nothing is in doubt no text is taken for another.

use super::forms::{Dice, text};
use super::world::World;
use crate::conversation::Conversations;
use crate::link::{Arrival, BindHandle, LooseEnds};
use crate::store::ClaimedSegment;
use dayaq_smpp::{CommandStatus, MessageKind, ShortMessage};
use dayaq_types::Clock;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use uuid::Uuid;

/// Phones that write as much as they like.
const UNLIMITED: &str = "replies_per_minute = 100000\nfutile_replies = 100000\nreply_segments_per_day = 100000";
const FIRST: u64 = 994_502_000_000;
/// Histories that share a world.
const BATCH: u64 = 100;
/// Texts that each phone writes.
const TEXTS: usize = 8;
const MINUTE: Duration = Duration::from_secs(60);
/// After so long nothing is in doubt any more.
const CALM: Duration = Duration::from_secs(190);

/// A gateway with its only bind, until it is killed or ends.
struct Gateway {
    conversations: Arc<Conversations>,
    bind: BindHandle,
    ends: LooseEnds,
    connection: u64,
    /// The replies to texts that were answered over this connection.
    answered: BTreeSet<Uuid>,
}

impl Gateway {
    async fn start(world: &World) -> Self {
        let (bind, ends) = BindHandle::loose("test/1");
        bind.connect(1, Vec::new(), world.clock.now());
        let conversations = world.gateway();
        conversations.store.arrive().await.unwrap();
        Self { conversations, bind, ends, connection: 1, answered: BTreeSet::new() }
    }

    fn arrival(&self, message: &ShortMessage, sequence_number: u32) -> Arrival {
        let (kind, message, bind) = (MessageKind::DeliverSm, message.clone(), self.bind.clone());
        Arrival { sequence_number, kind, message, connection: self.connection, bind }
    }

    /// Takes a text and answers it.
    async fn take(&mut self, message: &ShortMessage, sequence_number: u32) {
        let arrival = self.arrival(message, sequence_number);
        self.conversations.handle(&arrival).await;
        let reply = self.ends.reply().expect("it is answered");
        self.answered.extend(reply);
    }

    /// Takes a text and is killed at some moment of it.
    async fn begin(&mut self, message: &ShortMessage, sequence_number: u32, moment: u64) {
        let arrival = self.arrival(message, sequence_number);
        let mut taken = pin!(self.conversations.handle(&arrival));
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            if polls > moment { Poll::Ready(()) } else { taken.as_mut().poll(cx) }
        })
        .await;
    }

    fn cut(&mut self, unproven: Vec<u32>, world: &World) {
        self.connection += 1;
        self.answered.clear();
        self.bind.connect(self.connection, unproven, world.clock.now());
    }
}

/// What comes of one delivery.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Clean,
    /// The link is lost with the answer: it is brought again.
    AnswerLost,
    /// The answer is read, and the link is lost before anything shows it.
    CutBehind,
    /// The gateway dies and the text is brought again to the next.
    Killed,
    /// The gateway has answered and dies.
    KilledBehind,
    /// The gateway has answered and ends in order.
    Ended,
}

/// One operator, one gateway after the other, and phones that write.
struct Run {
    world: World,
    gateway: Gateway,
    dice: Dice,
    sequence: u32,
    names: u64,
    /// From each state of a dialogue to the next by `1`.
    next: Arc<BTreeMap<String, String>>,
}

/// A phone in a run.
struct Person {
    number: u64,
    /// Texts of ours that it has.
    got: Vec<Uuid>,
    /// How often a text of its was brought.
    brought: usize,
    /// When something of its was last in doubt.
    calm_since: Option<Duration>,
    story: Vec<String>,
}

impl Run {
    async fn new(seed: u64, next: Arc<BTreeMap<String, String>>) -> Self {
        let world = World::configured(UNLIMITED).await;
        let gateway = Gateway::start(&world).await;
        Self { world, gateway, dice: Dice(seed), sequence: 0, names: 0, next }
    }

    async fn state(&self, number: u64) -> String {
        state(&serde_json::to_value(&self.world.envelope(number).await.dialog).unwrap())
    }

    async fn person(&mut self, number: u64, events: &[Event]) -> Person {
        let mut person = Person { number, got: Vec::new(), brought: 0, calm_since: None, story: Vec::new() };
        // So that each text is another's answer: the first begins the dialogue.
        self.write(&mut person, &[Event::Clean]).await;
        for _ in 1..TEXTS {
            let before = self.state(number).await;
            let elapsed = self.world.elapsed();
            let calm = person.calm_since.is_none_or(|since| elapsed.saturating_sub(since) > CALM);
            let disturbed = self.write(&mut person, events).await;
            let after = self.state(number).await;
            let story = || person.story.join("\n");
            let due = self.next.get(&before).unwrap_or_else(|| panic!("unknown state {before}:\n{}", story()));
            assert!(after == before || after == *due, "a double step:\n{}\n{before}\n{due}\n{after}", story());
            assert!(after == *due || !calm || disturbed, "a text was dropped for no reason:\n{}", story());
            assert!(person.got.len() <= person.brought, "more replies than texts were brought:\n{}", story());
            let pause = self.dice.pick(&[1, 2, 10, 40, 70, 200]);
            self.world.clock.advance(Duration::from_secs(pause));
            person.story.push(format!("{pause} s later"));
        }
        person
    }

    /// The phone writes `1` and waits for an answer, which must come; tells whether anything disturbed that.
    async fn write(&mut self, person: &mut Person, events: &[Event]) -> bool {
        let (message, had) = (text(person.number, "1"), person.got.len());
        let mut disturbed = false;
        for _ in 0..4 {
            self.sequence += 1;
            person.brought += 1;
            self.gateway.conversations.store.beat(&[]).await.unwrap();
            let (event, number) = (self.dice.pick(events), self.sequence);
            person.story.push(format!("{event:?}"));
            match event {
                Event::Killed => {
                    let moment = self.dice.roll(40);
                    self.gateway.begin(&message, number, moment).await;
                }
                Event::Clean | Event::AnswerLost | Event::CutBehind | Event::KilledBehind | Event::Ended => {
                    self.gateway.take(&message, number).await;
                }
            }
            if event == Event::AnswerLost {
                // Who had read the answer would not bring the text again: what goes out now goes by another bind.
                self.gateway.answered.clear();
            }
            if self.dice.one_in(2) {
                disturbed |= self.push(person, events).await;
            }
            match event {
                Event::Clean => {}
                Event::AnswerLost | Event::CutBehind => self.gateway.cut(vec![number], &self.world),
                Event::Killed | Event::KilledBehind => self.gateway = Gateway::start(&self.world).await,
                Event::Ended => {
                    self.gateway.conversations.store.depart(&[]).await.unwrap();
                    self.gateway = Gateway::start(&self.world).await;
                }
            }
            disturbed |= !matches!(event, Event::Clean | Event::Ended);
            if !matches!(event, Event::AnswerLost | Event::Killed) {
                break;
            }
            self.world.clock.advance(Duration::from_millis(200));
        }
        for _ in 0..4 {
            disturbed |= self.push(person, events).await;
            if person.got.len() > had {
                break;
            }
            // What may have been on its way is sent once more after a minute.
            self.world.clock.advance(MINUTE + Duration::from_secs(1));
        }
        if disturbed {
            person.calm_since = Some(self.world.elapsed());
        }
        assert!(person.got.len() > had, "a text without a reply:\n{}", person.story.join("\n"));
        disturbed
    }

    /// The operator takes the texts that wait, and the phone gets them; tells whether anything disturbed that.
    async fn push(&mut self, person: &mut Person, events: &[Event]) -> bool {
        let mut disturbed = false;
        loop {
            let store = Arc::clone(&self.gateway.conversations.store);
            let claimed = store.claim_segments("test", 1, MINUTE * 2).await.unwrap();
            let [segment] = &claimed[..] else { return disturbed };
            let ticket = segment.ticket;
            assert!(store.attempt(&ticket, MINUTE).await.unwrap());
            self.deliver(person, segment).await;
            self.names += 1;
            let heard: Vec<Uuid> = self.gateway.answered.get(&ticket.text).copied().into_iter().collect();
            match self.dice.roll(16) {
                0 if events.contains(&Event::KilledBehind) => {
                    person.story.push("killed before the response".to_owned());
                    self.gateway = Gateway::start(&self.world).await;
                    disturbed = true;
                }
                1 if events.contains(&Event::CutBehind) => {
                    person.story.push("cut before the response".to_owned());
                    assert!(store.segment_in_doubt(&ticket).await.unwrap());
                    self.gateway.cut(vec![self.sequence], &self.world);
                    disturbed = true;
                }
                _ => {
                    store.sent_and_heard(&[(ticket, format!("A{}", self.names))], &heard).await.unwrap();
                }
            }
        }
    }

    /// A text reaches its phone. A question must be the one that stands.
    async fn deliver(&self, person: &mut Person, segment: &ClaimedSegment) {
        if segment.msisdn.digits() != person.number.to_string() {
            return;
        }
        let id = segment.ticket.text;
        if !person.got.contains(&id) {
            person.got.push(id);
        }
        let standing = self.world.envelope(person.number).await.texting.turn.expect("a turn");
        let repeated = if segment.resend { " once more" } else { "" };
        person.story.push(format!("gets {id}{repeated}"));
        assert_eq!(id, standing.id, "the question has been outlived:\n{}", person.story.join("\n"));
    }
}

/// A dialogue's state without what differs from phone to phone.
pub fn state(session: &Value) -> String {
    let mut session = session.clone();
    let fields = session.as_object_mut().expect("an object");
    fields.remove("updated_at");
    if let Some(draft) = fields.get_mut("draft").and_then(Value::as_object_mut) {
        draft.remove("id");
    }
    session.to_string()
}

/// The states through which a dialogue goes by `1`, where nothing is in doubt.
async fn chain() -> Arc<BTreeMap<String, String>> {
    let mut run = Run::new(1, Arc::default()).await;
    let mut person = Person { number: FIRST, got: Vec::new(), brought: 0, calm_since: None, story: Vec::new() };
    let (mut next, mut last) = (BTreeMap::new(), None::<String>);
    for _ in 0..40 {
        run.write(&mut person, &[Event::Clean]).await;
        run.world.clock.advance(Duration::from_secs(2));
        let now = run.state(person.number).await;
        if let Some(last) = last.replace(now.clone()) {
            let known = next.insert(last, now.clone());
            assert!(known.is_none_or(|known| known == now), "one state has one next");
        }
    }
    assert!(next.len() >= 5, "by `1` a dialogue goes on: {}", next.len());
    Arc::new(next)
}

fn histories(seed: u64, count: u64, events: &'static [Event]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let next = runtime.block_on(chain());
    let (mut brought, mut got) = (0, 0);
    for (batch, first) in (0..).zip((0..count).step_by(BATCH as usize)) {
        let seed = seed.wrapping_add(batch);
        println!("seed {seed}");
        runtime.block_on(async {
            let mut run = Run::new(seed, Arc::clone(&next)).await;
            for number in 1..=BATCH.min(count - first) {
                let person = run.person(FIRST + number, events).await;
                brought += person.brought;
                got += person.got.len();
            }
        });
    }
    println!("{count} histories of {TEXTS} texts, brought {brought} times, {got} replies");
}

fn count() -> u64 {
    let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
    if full { 10_000 } else { 100 }
}

/// Rolling restarts, deaths, cuts, answers that are lost and texts that are brought again: no text is without a reply,
/// none counts twice, no question comes that a later one has outlived.
#[test]
fn a06_a_text_is_taken_once_and_never_swallowed_whatever_becomes_of_links_and_gateways() {
    use Event::{AnswerLost, Clean, CutBehind, Ended, Killed, KilledBehind};
    histories(20_261_130, count(), &[Clean, Clean, AnswerLost, CutBehind, Killed, KilledBehind, Ended]);
}

/// Where every gateway ends in order nothing is in doubt: each text goes on, none is even asked about again.
#[test]
fn a06_rolling_restarts_in_order_drop_no_text_and_repeat_no_question() {
    histories(20_261_131, count(), &[Event::Clean, Event::Ended]);
}

/// The operator brings a text again whose answer it never had: it has its one effect, the answer is ROK again, and as
/// long as the reply has not left no second one is sent.
#[tokio::test]
async fn a06_a_text_that_is_brought_again_is_answered_again_and_has_its_reply_once() {
    let world = World::configured(UNLIMITED).await;
    let mut gateway = Gateway::start(&world).await;
    for (sequence_number, bring) in [(1, false), (2, true)] {
        let message = text(FIRST, "1");
        gateway.take(&message, sequence_number).await;
        if bring {
            gateway.cut(vec![sequence_number], &world);
            let arrival = gateway.arrival(&message, sequence_number);
            gateway.conversations.handle(&arrival).await;
            assert_eq!(gateway.ends.numbered_answer(), Some((2, CommandStatus::ROK)));
        }
    }
    let texts = gateway.conversations.store.texts_of(&world.key(FIRST), 10).await.unwrap();
    assert_eq!(texts.len(), 2, "two texts, two replies");
}
