//! B06, C11: several gateways, one phone, one Redis.

use super::applicant::{ANSWERS, DRAFT_FROM, Desk, cases};
use super::forms::Dice;
use super::world::{Phone, content};
use crate::conversation::Conversations;
use crate::conversation::envelope::Envelope;
use crate::heard::Heard;
use dayaq_dialog::{Form, Language, neutral_end};
use dayaq_redis::RedisNode;
use dayaq_smpp::CommandStatus;
use dayaq_smpp::ussd::UssdEvent;
use futures_util::future::join_all;
use std::cell::Cell;
use std::sync::Arc;

const FIRST: u64 = 994_501_000_000;
const COPIES: u64 = 994_551_000_000;
/// What may be pressed at any question.
const KEYS: [&str; 8] = ["1", "2", "0", "98", "5AKT9X2", "12345678", "4711", "x"];

/// One input, by that gateway.
async fn press(desk: &Desk, gateway: &Arc<Conversations>, phone: &Phone<'_>, typed: &str) {
    gateway.handle(&desk.world.arrival(phone.message(UssdEvent::Continue, typed))).await;
}

/// Two inputs at the same moment, each at another gateway: what comes of it is what comes of one after the other, in
/// one of the two orders: one step for each, and the screens of that order. Each time one of them comes too late for what
/// it has read, and steps on from what the other has written.
#[test]
fn b06_of_a_double_press_on_two_gateways_one_wins_and_the_other_steps_on_from_there() {
    let rounds = Cell::new(0);
    let heard = Heard::of(async || rounds.set(double_presses().await));
    let conflicts = heard.count("dayaq_turn_conflicts_total");
    println!("{} double presses, and {conflicts} times somebody else was first", rounds.get());
    assert!(conflicts > 0, "the two met");
    assert!(conflicts * 2 >= rounds.get(), "nearly each time: {conflicts} of {}", rounds.get());
}

async fn double_presses() -> usize {
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
                desk.world.said();
                for at in order {
                    press(&desk, &gateways[0], &one, pressed[at]).await;
                }
                let mut screens = desk.world.said().screens;
                screens.sort();
                ends.push((desk.world.envelope(number).await, screens));
            }
            let number = copy;
            copy += 1;
            desk.world.fork(FIRST, number).await;
            let both = Phone { number, ..phone.clone() };
            tokio::join!(press(&desk, &gateways[0], &both, pressed[0]), press(&desk, &gateways[1], &both, pressed[1]));
            let mut said = desk.world.said();
            assert_eq!(said.statuses, [CommandStatus::ROK; 2], "each is answered");
            said.screens.sort();
            let end = desk.world.envelope(number).await;
            let same = |(other, screens): &(Envelope, Vec<(String, bool)>)| {
                let (ours, theirs) = (&end.dialog, &other.dialog);
                ours.position() == theirs.position() && stripped(ours) == stripped(theirs) && said.screens == *screens
            };
            assert!(ends.iter().any(same), "{pressed:?} after {at}, in no order: {:?}", said.screens);
            let version = desk.world.version(number).await;
            assert_eq!(version.number(), 3, "the copy, and one step for each: {pressed:?} after {at}");
            rounds += 1;
            contended += usize::from(!same(&ends[0]) || !same(&ends[1]));
        }
    }
    println!("{rounds} double presses, {contended} of them with an order that shows");
    rounds
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
