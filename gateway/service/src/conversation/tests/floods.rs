//! G01 as a property: whatever phones write, none has more texts than its share, each message is answered, and a family
//! that applies comes to its end.

use super::forms::{Dice, text};
use super::people::{Family, Flood};
use super::world::World;
use dayaq_smpp::CommandStatus;
use dayaq_types::{Clock, baku_date};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::time::Duration;

const FIRST: u64 = 994_502_000_000;
const QUIET: Duration = Duration::from_secs(600);
/// Segments that the day has, and what the last reply and the warning may add.
const DAY: u32 = 250 + 3 + 1;

/// What a phone is, as the model knows it.
enum Kind {
    /// Families, one after the other.
    Families(Vec<Family>),
    Flood(Flood),
}

struct Person {
    number: u64,
    kind: Kind,
    dice: Dice,
    wrote_at: Option<Timestamp>,
    /// Replies since it was last quiet.
    run: u32,
    days: BTreeMap<Date, u32>,
    families: usize,
}

impl Person {
    fn new(seed: u64, at: u64) -> Self {
        let number = FIRST + at;
        let mut dice = Dice(seed ^ at.wrapping_mul(0x9E37_79B9));
        let kind = match dice.roll(8) {
            0..3 => {
                let first: &[&str] = dice.pick(&[&["Salam", "1"], &["Salam", "2"], &["Hi", "3"]]);
                let mut families = vec![Family::new(number, seed + at, dice.roll(9), first)];
                if dice.one_in(2) {
                    families.push(Family::new(number, seed + at + 5_000, dice.roll(6), &["Salam"]));
                }
                Kind::Families(families)
            }
            3 => Kind::Flood(Flood::Same(dice.pick(&["I drive", "1", "0", "Salam", "STATUS", "Заеду позже", "98"]))),
            4 => Kind::Flood(Flood::Echo(dice.pick(&["", "Re: ", "Avtomatik cavab: "]))),
            5 => Kind::Flood(Flood::Garbage),
            6 => Kind::Flood(Flood::Fragments),
            _ => Kind::Flood(Flood::Words),
        };
        let families = if let Kind::Families(families) = &kind { families.len() } else { 0 };
        Self { number, kind, dice, wrote_at: None, run: 0, days: BTreeMap::new(), families }
    }

    /// What it writes next; nothing once it has applied.
    async fn next(&mut self, world: &World) -> Option<dayaq_smpp::ShortMessage> {
        let told = match self.wrote_at {
            Some(_) => world.reply(self.number).await,
            None => "Salam".to_owned(),
        };
        match &mut self.kind {
            Kind::Flood(flood) => Some(flood.next(&mut self.dice, self.number, &told)),
            Kind::Families(families) => loop {
                let typed = families.first_mut()?.next(&told);
                match typed {
                    Some(typed) => return Some(text(self.number, &typed)),
                    None => drop(families.remove(0)),
                }
            },
        }
    }

    fn most(&self) -> u32 {
        if let Kind::Flood(flood) = &self.kind { flood.most() } else { u32::MAX }
    }
}

async fn story(seed: u64, phones: u64, rounds: u32) -> (u64, u64) {
    let world = World::configured("replies_per_minute = 100000").await;
    let mut people: Vec<Person> = (0..phones).map(|at| Person::new(seed, at)).collect();
    let (mut written, mut sent, mut dice) = (0, 0, Dice(seed));
    for round in 0..rounds {
        for person in &mut people {
            let burst = if person.families > 0 { 200 } else { 1 + dice.roll(40) };
            for n in 0..burst {
                let now = world.clock.now();
                let Some(message) = person.next(&world).await else { break };
                if person.wrote_at.is_some_and(|at| now.duration_since(at).unsigned_abs() >= QUIET) {
                    person.run = 0;
                }
                person.wrote_at = Some(now);
                let said = if dice.one_in(3) {
                    world.deliver_to_the_other(message).await
                } else {
                    world.deliver(message).await
                };
                assert_eq!(said.statuses, [CommandStatus::ROK], "each message is answered");
                written += 1;
                world.clock.advance(Duration::from_millis(200 + dice.roll(3_000)));
                if person.families > 0 && n % 20 == 19 {
                    break;
                }
            }
        }
        sent += take(&world, &mut people).await;
        let pause = dice.pick(&[1, 30, 61, 700, 5 * 3_600]);
        world.clock.advance(Duration::from_secs(pause));
        world.conversations.give_up_due().await;
        sent += take(&world, &mut people).await;
        println!("round {round}: {written} written, {sent} texts sent");
    }
    let handed_in = world.core.submitted.lock().unwrap().clone();
    for person in &people {
        let own = handed_in.iter().filter(|phone| **phone == person.number.to_string()).count();
        if let Kind::Families(families) = &person.kind {
            assert!(families.is_empty() && own == person.families, "{}: {own} of {}", person.number, person.families);
        }
    }
    (written, sent)
}

/// Takes what was sent, and holds it against each phone's share.
async fn take(world: &World, people: &mut [Person]) -> u64 {
    let now = world.clock.now();
    let today = baku_date(now);
    let texts = world.texts().await;
    for (number, segments) in &texts {
        let person = &mut people[(number - FIRST) as usize];
        if person.wrote_at.is_some_and(|at| now.duration_since(at).unsigned_abs() >= QUIET) {
            person.run = 0;
        }
        person.run += 1;
        let day = person.days.entry(today).or_default();
        *day += segments;
        assert!(*day <= DAY, "{number}: {day} segments on {today}");
        assert!(person.run <= person.most(), "{number}: {} replies to a flood", person.run);
    }
    texts.len() as u64
}

#[test]
fn g01_whatever_phones_write_each_has_its_share_and_a_family_comes_to_its_end() {
    let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
    let (seed, phones, rounds) = if full { (20_261_130, 400, 40) } else { (20_261_130, 24, 8) };
    println!("seed {seed}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (written, sent) = runtime.block_on(story(seed, phones, rounds));
    println!("{phones} phones wrote {written} texts and got {sent}");
    assert!(sent < written);
}
