//! A44: whatever comes in whatever form and order, no phone has more replies than it wrote texts, and each deliver_sm is
//! answered once.

use super::forms::{Dice, acknowledgement, from_phone, half_receipt, part, parts, receipt, text};
use super::world::World;
use crate::link::Arrival;
use crate::store::{ClaimedSegment, MessageState, Ticket};
use dayaq_smpp::receipt::MessageState as Said;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{CommandStatus, ShortMessage};
use dayaq_types::Msisdn;
use futures_util::future::join_all;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use uuid::Uuid;

/// Conversations that share a world.
const BATCH: u64 = 2_000;
/// Phones whose messages are taken side by side.
const ABREAST: usize = 24;
/// How often each phone has its say.
const ROUNDS: usize = 4;
const FIRST: u64 = 994_501_000_000;
const MINUTE: Duration = Duration::from_secs(60);

/// A phone, and what is owed to it.
struct Person {
    number: u64,
    dice: Dice,
    /// Texts that it wrote, whole or not: the most that it may get.
    written: u32,
    /// Those of which each part came: the least that it must get.
    whole: u32,
    replies: u32,
    /// Texts that it has got, by the operator's id.
    got: Vec<(String, Uuid)>,
    /// What the store must know of them.
    told: BTreeMap<Uuid, Said>,
    /// Parts of texts that are still to come.
    late: Vec<ShortMessage>,
    reference: u8,
    radio: (u64, u64),
    /// All that came of it, for who has to find out why a rule was broken.
    story: Vec<String>,
}

/// What one round brings of one phone: messages one after the other, or the same one twice at once.
enum Coming {
    InOrder(Vec<ShortMessage>),
    Doubled(ShortMessage),
    /// Its answer is lost with the link, so that the operator brings it again.
    InDoubt(ShortMessage),
}

impl Person {
    fn new(seed: u64, at: u64) -> Self {
        let dice = Dice(seed.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ at);
        let (got, told, late) = (Vec::new(), BTreeMap::new(), Vec::new());
        let (number, radio) = (FIRST + at, (0, 0));
        let story = Vec::new();
        Self { number, dice, written: 0, whole: 0, replies: 0, got, told, late, reference: 0, radio, story }
    }

    fn note(&mut self, how: &str, messages: &[ShortMessage]) {
        self.story.push(how.to_owned());
        self.story.extend(messages.iter().map(|message| {
            let (service, octets) = (message.service_type, String::from_utf8_lossy(message.user_data()).into_owned());
            format!("  {service:?} {:#x} dcs {} {octets:?} {:?}", message.esm_class, message.data_coding, message.tlvs)
        }));
    }

    /// What comes next, noted.
    fn come(&mut self, world: &World, others: &[String]) -> Coming {
        let coming = self.next(world, others);
        match &coming {
            Coming::InOrder(messages) => self.note("in order", messages),
            Coming::Doubled(message) => self.note("doubled", std::slice::from_ref(message)),
            Coming::InDoubt(message) => self.note("in doubt", std::slice::from_ref(message)),
        }
        coming
    }

    fn words(&mut self) -> &'static str {
        self.dice.pick(&[
            "Salam",
            "salam dünyası",
            "1",
            "HELP",
            "STATUS",
            "Привет",
            "My ID: 5AKT9X2, status: pending",
            "id nomrem 5AKT9X2 stat nece?",
            "paid:1 thermostat:5",
            "text",
        ])
    }

    fn reference(&mut self) -> u8 {
        self.reference += 1;
        self.reference
    }

    /// What this phone, or the operator about it, sends next. `others` are ids of texts to other phones.
    fn next(&mut self, world: &World, others: &[String]) -> Coming {
        if !self.late.is_empty() && self.dice.one_in(2) {
            return Coming::InOrder(std::mem::take(&mut self.late));
        }
        Coming::InOrder(match self.dice.roll(20) {
            0..4 => {
                (self.written, self.whole) = (self.written + 1, self.whole + 1);
                let words = self.words();
                let mut message = text(self.number, words);
                match self.dice.roll(16) {
                    0 => return Coming::Doubled(message),
                    1 => return Coming::InDoubt(message),
                    // An acknowledgement that a person wrote.
                    2 => message.esm_class = 0x10,
                    _ => {}
                }
                vec![message]
            }
            4..6 => self.long(),
            6..13 => self.receipt(),
            13 => self.strange(others),
            14 => vec![acknowledgement(&mut self.dice, self.number)],
            15 => {
                let reference = 128 + self.reference();
                vec![half_receipt(&mut self.dice, self.number, reference)]
            }
            _ => vec![self.turn(world)],
        })
    }

    /// A text in parts, in some order; a part may come twice, or late, or never.
    fn long(&mut self) -> Vec<ShortMessage> {
        self.written += 1;
        let reference = self.reference();
        if self.dice.one_in(5) {
            let of = |number| [reference, 60, number];
            let phone = from_phone(self.number);
            return (1..=1 + self.dice.roll(3) as u8).map(|at| part(&phone, of(at), b"more than is taken")).collect();
        }
        let words = [&["Salam, ", "dunya"][..], &["my id is ", "5AKT9X2, ", "status?"]][self.dice.roll(2) as usize];
        let mut all = parts(self.number, reference, words);
        let turned = self.dice.roll(all.len() as u64) as usize;
        all.rotate_left(turned);
        if self.dice.one_in(4) {
            all.insert(1, all[0].clone());
        }
        match self.dice.roll(4) {
            0 => {
                let last = all.pop();
                self.late.extend(last.filter(|_| self.dice.one_in(2)));
            }
            _ => self.whole += 1,
        }
        all
    }

    /// What the operator says of a text to this phone, perhaps twice.
    fn receipt(&mut self) -> Vec<ShortMessage> {
        let Some((id, text)) = self.got.last().cloned() else {
            return vec![acknowledgement(&mut self.dice, self.number)];
        };
        // One text has one end; another end would be a conflict, which other tests count.
        let end = [Said::Delivered, Said::Undeliverable, Said::Expired][usize::from(text.as_bytes()[15] % 3)];
        self.told.insert(text, end);
        let reference = 128 + self.reference();
        let mut all = receipt(&mut self.dice, self.number, &id, end, reference);
        if self.dice.one_in(4) {
            all.extend(all.clone());
        }
        all
    }

    /// A receipt of a text that nobody knows, or one that this person has made up of somebody else's.
    fn strange(&mut self, others: &[String]) -> Vec<ShortMessage> {
        if others.is_empty() || self.dice.one_in(2) {
            let reference = 128 + self.reference();
            return receipt(&mut self.dice, self.number, "FFFF01", Said::Delivered, reference);
        }
        let id = &others[self.dice.roll(others.len() as u64) as usize];
        if self.got.iter().any(|(own, _)| own == id) {
            return Vec::new();
        }
        vec![text(self.number, &format!("id:{id} stat:REJECTD"))]
    }

    fn turn(&mut self, world: &World) -> ShortMessage {
        let (session, sequence) = self.radio;
        let event = if session == 0 || self.dice.one_in(3) { UssdEvent::Begin } else { UssdEvent::Continue };
        self.radio = if event == UssdEvent::Begin { (session + 1, 0) } else { (session, sequence + 1) };
        let mut phone = world.phone(self.number, self.radio.0);
        phone.sequence = self.radio.1;
        let typed = self.dice.pick(&["1", "2", "00", "x"]);
        phone.message(event, if event == UssdEvent::Begin { "*7142#" } else { typed })
    }
}

/// A batch of conversations in one world.
struct Batch {
    world: World,
    people: Vec<Person>,
    dice: Dice,
    /// The ids of texts that the operator has given, and how many.
    ids: Vec<String>,
    seen: HashSet<Uuid>,
    delivered: u64,
}

impl Batch {
    async fn new(seed: u64, count: u64) -> Self {
        let people = (0..count).map(|at| Person::new(seed, at)).collect();
        let (ids, seen) = (Vec::new(), HashSet::new());
        Self { world: World::new().await, people, dice: Dice(!seed), ids, seen, delivered: 0 }
    }

    /// Has it all; gives how many messages were delivered, and panics where a rule is broken.
    async fn run(mut self) -> u64 {
        for round in 0..ROUNDS {
            for first in (0..self.people.len()).step_by(ABREAST) {
                self.round(first..(first + ABREAST).min(self.people.len())).await;
            }
            self.operate().await;
            let pause = self.dice.pick(&[1, 10, 61, 660]);
            self.people
                .iter_mut()
                .for_each(|person| person.story.push(format!("{pause} s, {} replies", person.replies)));
            self.world.clock.advance(Duration::from_secs(pause));
            if round + 1 == ROUNDS {
                self.end().await;
            }
        }
        self.judge().await;
        self.delivered
    }

    async fn round(&mut self, range: std::ops::Range<usize>) {
        let (world, ids) = (&self.world, &self.ids);
        let recent = &ids[ids.len().saturating_sub(50)..];
        let coming: Vec<Coming> = self.people[range].iter_mut().map(|person| person.come(world, recent)).collect();
        let (mut bringing, mut doubled, mut doubtful, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut arrival = |message: &ShortMessage| {
            self.delivered += 1;
            open.push(self.delivered as u32);
            Arrival { sequence_number: self.delivered as u32, ..world.arrival(message.clone()) }
        };
        for coming in coming {
            match coming {
                Coming::InOrder(messages) => bringing.push(messages.iter().map(&mut arrival).collect::<Vec<_>>()),
                Coming::Doubled(message) => doubled.push([arrival(&message), arrival(&message)]),
                Coming::InDoubt(message) => doubtful.push([arrival(&message), arrival(&message)]),
            }
        }
        let take = |arrivals: Vec<Arrival>| async move {
            for arrival in &arrivals {
                world.conversations.handle(arrival).await;
            }
        };
        join_all(bringing.into_iter().map(take)).await;
        for [first, again] in doubled {
            world.deliver_twice_at_once(first, again).await;
        }
        let mut answered = world.answers();
        for [first, again] in doubtful {
            answered.extend(world.deliver_over_a_cut(first, again).await);
        }
        assert!(answered.iter().all(|(_, status)| *status == CommandStatus::ROK));
        answered.sort_unstable_by_key(|(number, _)| *number);
        let answered: Vec<u32> = answered.into_iter().map(|(number, _)| number).collect();
        assert_eq!(answered, open, "each deliver_sm is answered once");
    }

    /// The operator takes the texts that wait: answers, keeps silent, or tells of a text before it answers.
    async fn operate(&mut self) {
        loop {
            let store = &self.world.conversations.store;
            let claimed = store.claim_segments("test", 256, MINUTE).await.unwrap();
            if claimed.is_empty() {
                return;
            }
            for segment in &claimed {
                if self.seen.insert(segment.ticket.text) {
                    self.person(segment).replies += 1;
                }
            }
            let tickets: Vec<Ticket> = claimed.iter().map(|segment| segment.ticket).collect();
            let store = &self.world.conversations.store;
            assert_eq!(store.attempt_all(&tickets, MINUTE).await.unwrap().len(), tickets.len());
            let mut sent = Vec::new();
            for segment in &claimed {
                let id = format!("A{:05}", self.ids.len());
                match self.dice.roll(12) {
                    0 if !segment.resend => {
                        assert!(self.world.conversations.store.segment_in_doubt(&segment.ticket).await.unwrap());
                        continue;
                    }
                    1 if segment.ticket.number == 1 => self.tell_early(segment, &id).await,
                    _ => {}
                }
                if segment.ticket.number == 1 {
                    self.person(segment).got.push((id.clone(), segment.ticket.text));
                }
                self.ids.push(id.clone());
                sent.push((segment.ticket, id));
            }
            self.world.conversations.store.sent_all(&sent).await.unwrap();
        }
    }

    fn person(&mut self, segment: &ClaimedSegment) -> &mut Person {
        let number: u64 = segment.msisdn.digits().parse().unwrap();
        &mut self.people[(number - FIRST) as usize]
    }

    /// A receipt before the response that names its text.
    async fn tell_early(&mut self, segment: &ClaimedSegment, id: &str) {
        let person = self.person(segment);
        person.got.push((id.to_owned(), segment.ticket.text));
        let messages = person.receipt();
        person.got.pop();
        person.note("before the response", &messages);
        for message in messages {
            let said = self.world.deliver(message).await;
            assert_eq!(said.statuses, [CommandStatus::ROK]);
            assert_eq!(said.screens, []);
            self.delivered += 1;
        }
    }

    /// The time of every part is over, and whoever waits for the rest is told, once.
    async fn end(&mut self) {
        self.world.clock.advance(Duration::from_secs(660));
        for person in &self.people {
            let (number, conversations) = (person.number, &self.world.conversations);
            let msisdn = Msisdn::parse(&format!("+{number}")).unwrap();
            let (arrival, key) = (self.world.arrival(from_phone(number)), self.world.key(number));
            conversations.give_up(&arrival, msisdn, key).await.unwrap();
        }
        self.world.clock.advance(MINUTE + MINUTE);
        self.operate().await;
    }

    async fn judge(&self) {
        for person in &self.people {
            let Person { number, written, whole, replies, .. } = person;
            let story = || person.story.join("\n");
            assert!(replies <= written, "{number} wrote {written} and has {replies} replies:\n{}", story());
            assert!(replies >= whole, "{number} wrote {whole} whole ones and has {replies} replies:\n{}", story());
        }
        // Looking at every text would take longer than all the rest.
        for person in self.people.iter().step_by(16) {
            let texts = self.world.conversations.store.texts_of(&self.world.key(person.number), 100).await.unwrap();
            for text in &texts {
                let (id, receipt) = (text.id, text.segments[0].receipt);
                let told = person.told.get(&id).map(|said| MessageState::parse(said.word()).unwrap());
                assert_eq!(receipt, told, "{}: what is known of {id}:\n{}", person.number, person.story.join("\n"));
            }
        }
    }
}

fn conversations(seed: u64, count: u64) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut delivered = 0;
    for (batch, first) in (0..).zip((0..count).step_by(BATCH as usize)) {
        let seed = seed.wrapping_add(batch);
        // A failure says by which seed it comes again.
        println!("seed {seed}, after {first} conversations and {delivered} messages");
        delivered += runtime.block_on(async { Batch::new(seed, BATCH.min(count - first)).await.run().await });
    }
    delivered
}

/// 10^6 conversations where all is asked for (DAYAQ_FULL=1), and a few otherwise.
#[test]
fn a44_no_phone_has_more_replies_than_it_wrote_texts_and_each_deliver_sm_is_answered_once() {
    let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
    let (seed, count) = (20_261_129, if full { 1_000_000 } else { 400 });
    let delivered = conversations(seed, count);
    println!("{count} conversations by seed {seed}: {delivered} messages");
    assert!(delivered > count * 3);
}
