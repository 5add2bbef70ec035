//! F05, A28, A29: long texts, whole, too long or never whole, and what they may take.

use super::forms::{Dice, from_phone, half_receipt, part, text};
use super::world::World;
use crate::conversation::envelope::Envelope;
use dayaq_smpp::concat::ESM_CLASS_UDHI;
use dayaq_smpp::{CommandStatus, ShortMessage};
use std::time::Duration;

const NUMBER: u64 = 994_501_234_567;
const LIFETIME: Duration = Duration::from_secs(600);

/// A text of that many parts, each full: 153 letters of GSM-7, or 67 of UCS-2.
fn full(number: u64, reference: u8, total: u8, ucs2: bool) -> Vec<ShortMessage> {
    let one = |at: u8| {
        let octets: Vec<u8> = if ucs2 { [0x04, 0x44].repeat(67) } else { vec![b'a' + at % 26; 153] };
        let message = part(&from_phone(number), [reference, total, at], &octets);
        ShortMessage { data_coding: if ucs2 { 8 } else { 0 }, ..message }
    };
    (1..=total).map(one).collect()
}

/// A phone that is asked for its FIN, in English.
async fn asked(world: &World, number: u64) {
    for typed in ["Salam", "3", "1", "1", "1"] {
        world.deliver(text(number, typed)).await;
    }
    world.texts().await;
}

async fn deliver(world: &World, parts: Vec<ShortMessage>) {
    for message in parts {
        assert_eq!(world.deliver(message).await.statuses, [CommandStatus::ROK]);
    }
}

#[tokio::test]
async fn f05_a_text_has_one_reply_however_long_it_is_and_no_more_parts_than_configured() {
    for (lines, most) in [("", 10), ("parts_max = 3", 3), ("parts_max = 50", 50)] {
        let world = World::configured(&format!("replies_per_minute = 100000\n{lines}")).await;
        let mut number = NUMBER;
        for ucs2 in [false, true] {
            for total in [2, 3, 4, 10, 11, 50, 51, 255] {
                number += 1;
                asked(&world, number).await;
                let last = |envelope: &Envelope| envelope.texting.turn.as_ref().map(|turn| turn.id);
                let before = last(&world.envelope(number).await);
                deliver(&world, full(number, 7, total, ucs2)).await;
                let envelope = world.envelope(number).await;
                assert_eq!(world.texts().await.len(), 1, "{total} parts, ucs2: {ucs2}, {lines}");
                assert_eq!(last(&envelope) != before, total <= most, "{total} parts of {most} are an answer");
                assert!(envelope.texting.parts().sets.is_empty(), "nothing is kept of it");
                deliver(&world, vec![text(number, "5AKT9X2")]).await;
                assert!(world.reply(number).await.starts_with("Series"), "the question stood");
                assert_eq!(world.texts().await.len(), 1);
            }
        }
    }
}

/// One worker and one entry for each phone, whatever comes; each phone is told once, and nothing is left.
#[tokio::test]
async fn a28_parts_that_never_come_whole_take_no_task_and_each_phone_is_told_once() {
    let world = World::new().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let phones = 200;
    for at in 0..phones {
        for reference in 0..6 {
            for number in 1..=2 {
                deliver(&world, vec![part(&from_phone(NUMBER + at), [reference, 3, number], b"171S5")]).await;
            }
        }
    }
    assert!(tasks() < before + 10, "no task for a part: {} of them", tasks());
    assert_eq!(world.conversations.waiting.len(), phones as usize);
    world.clock.advance(LIFETIME - Duration::from_secs(1));
    world.conversations.give_up_due().await;
    assert!(world.texts().await.is_empty(), "their time is not over");
    world.clock.advance(Duration::from_secs(1));
    world.conversations.give_up_due().await;
    let told = world.texts().await;
    assert_eq!(told.len(), phones as usize, "each once");
    assert_eq!(world.conversations.waiting.len(), 0);
    for at in 0..phones {
        assert!(world.envelope(NUMBER + at).await.texting.parts().sets.is_empty(), "its room is free");
    }
    world.clock.advance(LIFETIME);
    world.conversations.give_up_due().await;
    assert!(world.texts().await.is_empty());
}

#[tokio::test]
async fn a28_what_is_known_of_a_waiting_phone_is_small_and_there_are_at_most_ten_thousand() {
    assert!(size_of::<crate::link::Arrival>() < 1_024, "{}", size_of::<crate::link::Arrival>());
    let world = World::new().await;
    for at in 0..10_100 {
        let number = NUMBER + at;
        let arrival = world.arrival(part(&from_phone(number), [1, 3, 1], b"171S5"));
        let msisdn = dayaq_types::Msisdn::parse(&format!("+{number}")).unwrap();
        world.conversations.give_up_later(&arrival, msisdn, world.key(number));
    }
    assert_eq!(world.conversations.waiting.len(), 10_000);
}

/// Whatever parts come, of texts and of receipts together.
#[tokio::test]
async fn a29_a_phone_keeps_four_unfinished_texts_and_eight_kilobytes_at_most() {
    let world = World::configured("replies_per_minute = 100000\nparts_max = 50").await;
    let mut dice = Dice(29);
    for round in 0..1_500 {
        let reference = dice.roll(9) as u8;
        let message = match dice.roll(6) {
            0 => half_receipt(&mut dice, NUMBER, 128 + reference),
            _ => {
                let octets = vec![b'a'; 1 + dice.roll(153) as usize];
                let total = dice.pick(&[2, 3, 10, 49, 50, 51]);
                part(&from_phone(NUMBER), [reference, total, 1 + dice.roll(50) as u8], &octets)
            }
        };
        assert_ne!(message.esm_class & ESM_CLASS_UDHI, 0);
        assert_eq!(world.deliver(message).await.statuses, [CommandStatus::ROK]);
        let (sets, octets) = world.envelope(NUMBER).await.texting.kept();
        assert!(sets <= 4 && octets <= 8 * 1024, "round {round}: {sets} sets, {octets} octets");
        if dice.one_in(200) {
            world.clock.advance(LIFETIME);
        }
    }
}
