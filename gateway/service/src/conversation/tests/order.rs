//! Turn numbers and ops that do not fit: a neutral end, the answers kept, and no guess.

use super::world::{Phone, Said, World, content};
use crate::heard::Heard;
use dayaq_dialog::{Form, Language, neutral_end};
use dayaq_smpp::Tag;
use dayaq_smpp::TlvBuf;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{CommandStatus, ShortMessage};

/// The ops of a begin and of a continue.
const ONE: &[u8] = &[1];
const CONTINUE: &[u8] = &[18];

/// A phone that has given two answers of an application: at the question for the ID card's series.
async fn in_the_middle(world: &World) -> Phone<'_> {
    let mut phone = world.phone(994_501_234_567, 5);
    phone.dial("*7142#").await;
    for typed in ["1", "1", "1", "1", "5AKT9X2"] {
        phone.send(typed).await.screen();
    }
    assert_eq!(phone.envelope().await.dialog.position(), Some(("applicant", "card-series")));
    phone
}

/// The phone was let go neutrally, and finds its answers where they were.
async fn is_let_go(said: Said, phone: &mut Phone<'_>) {
    let neutral = neutral_end(&content().1, Some(Language::Az), Form::Proper);
    assert_eq!(said.screen(), (neutral.as_str(), true));
    let envelope = phone.envelope().await;
    assert!(!envelope.radio.is_some_and(|radio| radio.live), "the session is over");
    assert_eq!(envelope.dialog.position(), Some(("applicant", "card-series")), "nothing was guessed");
    phone.session += 1;
    phone.dial("*7142#").await.screen();
    phone.send("1").await.screen();
    assert_eq!(phone.envelope().await.dialog.position(), Some(("applicant", "card-series")));
}

#[test]
fn b05_a_gap_in_the_turn_numbers_ends_neutrally_and_is_counted() {
    let metrics = Heard::of(|| async {
        for gap in [1, 2, 63] {
            let world = World::new().await;
            let mut phone = in_the_middle(&world).await;
            phone.sequence += gap;
            let said = phone.send("1").await;
            is_let_go(said, &mut phone).await;
        }
    })
    .figures;
    assert!(metrics.contains("dayaq_ussd_faults_total{fault=\"sequence\"} 3"), "{metrics}");
    assert!(metrics.contains("dayaq_neutral_ends_total 3"), "{metrics}");
}

#[tokio::test]
async fn b05_a_turn_number_that_runs_backwards_ends_neutrally() {
    let world = World::new().await;
    let mut phone = in_the_middle(&world).await;
    phone.sequence = 2;
    let said = phone.send("something else than was sent as number 3").await;
    is_let_go(said, &mut phone).await;
}

#[tokio::test]
async fn b05_the_same_turn_number_with_another_text_ends_neutrally() {
    let world = World::new().await;
    let mut phone = in_the_middle(&world).await;
    phone.sequence -= 1;
    let said = phone.send("2").await;
    is_let_go(said, &mut phone).await;
}

#[tokio::test]
async fn b05_an_end_that_is_delivered_again_is_said_again() {
    let world = World::new().await;
    let mut phone = in_the_middle(&world).await;
    phone.sequence += 7;
    let first = phone.send("1").await;
    let writes = world.writes();
    let again = world.deliver(phone.message(UssdEvent::Continue, "1")).await;
    assert_eq!(first.screen(), again.screen());
    assert_eq!(world.writes(), writes, "the turn was taken once");
}

#[tokio::test]
async fn b04_b05_what_was_taken_before_is_acknowledged_and_changes_nothing() {
    let world = World::new().await;
    let phone = in_the_middle(&world).await;
    let writes = world.writes();
    // The operator lost our answers and delivers everything again, oldest first.
    for (sequence, typed) in [(1, "1"), (2, "1"), (3, "1")] {
        let old = Phone { sequence, ..phone.clone() };
        world.deliver(old.message(UssdEvent::Continue, typed)).await.is_silent();
    }
    let last = world.deliver(phone.message(UssdEvent::Continue, "5AKT9X2")).await;
    assert!(last.screen().0.contains("Vəsiqənizin seriyası"), "the last one has its reply once more");
    assert_eq!(world.writes(), writes);
    let mut phone = phone;
    assert!(!phone.send("1").await.screen().1, "and the session goes on");
}

#[tokio::test]
async fn b05_the_count_wraps_and_some_operators_count_by_two_or_not_at_all() {
    let world = World::new().await;
    let mut phone = world.phone(994_501_234_567, 5);
    phone.dial("*7142#").await;
    phone.send("1").await;
    for _ in 0..300 {
        assert!(!phone.send("00").await.screen().1, "turn {}", phone.sequence);
    }
    for (advance, sound) in [(2, [2, 4, 6]), (0, [3, 9, 1])] {
        let world = World::tuned("specification", |dialect| dialect.session.sequence_advance = advance).await;
        let phone = world.phone(994_501_234_567, 5);
        let message = |sequence: u8, event, text| {
            // As the operator counts, whatever our own SMSC's side makes of it.
            let mut message = phone.message(event, text);
            message.tlvs = TlvBuf::new();
            message.tlvs.push_u8(Tag::USSD_SERVICE_OP, if event == UssdEvent::Begin { 1 } else { 18 });
            message.tlvs.push(Tag::ITS_SESSION_INFO, &[5, sequence << 1]).unwrap();
            message
        };
        world.deliver(message(0, UssdEvent::Begin, "*7142#")).await.screen();
        for sequence in sound {
            let said = world.deliver(message(sequence, UssdEvent::Continue, "1")).await;
            assert!(!said.screen().1, "{sequence} of an operator that counts by {advance}");
        }
    }
}

/// The operator's next message with other parameters.
fn spoiled(phone: &mut Phone<'_>, ops: &[&[u8]]) -> ShortMessage {
    phone.sequence += 1;
    let message = phone.message(UssdEvent::Continue, "1");
    let session = message.tlvs.as_tlvs().get(Tag::ITS_SESSION_INFO).unwrap().to_vec();
    let mut tlvs = TlvBuf::new();
    for op in ops {
        tlvs.push(Tag::USSD_SERVICE_OP, op).unwrap();
    }
    tlvs.push(Tag::ITS_SESSION_INFO, &session).unwrap();
    ShortMessage { service_type: dayaq_smpp::Octets::new("USSD").unwrap(), tlvs, ..message }
}

#[test]
fn b07_a_missing_a_doubled_an_unknown_and_a_wrong_op_end_neutrally_and_are_counted() {
    let metrics = Heard::of(|| async {
        for ops in [&[][..], &[ONE, CONTINUE], &[CONTINUE, CONTINUE], &[&[77]], &[&[]], &[ONE]] {
            let world = World::new().await;
            let mut phone = in_the_middle(&world).await;
            let message = spoiled(&mut phone, ops);
            let said = world.deliver(message).await;
            is_let_go(said, &mut phone).await;
        }
    })
    .figures;
    assert!(metrics.contains("dayaq_ussd_faults_total{fault=\"op\"} 6"), "{metrics}");
}

#[test]
fn b07_without_a_session_an_answer_is_let_go_an_end_says_nothing_and_an_unknown_op_is_refused() {
    let metrics = Heard::of(|| async {
        let world = World::new().await;
        let mut phone = world.phone(994_501_234_567, 5);
        let neutral = neutral_end(&content().1, None, Form::Proper);
        assert_eq!(phone.send("1").await.screen(), (neutral.as_str(), true));
        phone.ends(UssdEvent::Abort).await.is_silent();
        for ops in [&[][..], &[ONE, ONE]] {
            let message = spoiled(&mut phone, ops);
            assert_eq!(world.deliver(message).await.screen(), (neutral.as_str(), true));
        }
        let message = spoiled(&mut phone, &[&[77]]);
        let said = world.deliver(message).await;
        assert_eq!((&said.statuses[..], said.screens.len()), (&[CommandStatus::RX_P_APPN][..], 0));
    })
    .figures;
    assert!(metrics.contains("dayaq_ussd_faults_total{fault=\"session\"} 1"), "{metrics}");
    assert!(metrics.contains("dayaq_ussd_faults_total{fault=\"op\"} 3"), "{metrics}");
}

#[tokio::test]
async fn b12_a_session_number_used_again_after_the_end_is_a_new_session() {
    let world = World::new().await;
    for (how, number) in (994_501_234_560..).zip(["by us", "by the subscriber", "by nobody"]).map(|(n, how)| (how, n)) {
        let mut phone = world.phone(number, 5);
        phone.dial("*7142#").await;
        phone.send("1").await.screen();
        match how {
            "by us" => assert!(phone.send("5").await.screen().1, "the help ends the session"),
            "by the subscriber" => phone.ends(UssdEvent::Abort).await.is_silent(),
            _ => {}
        }
        // The same number, the same turn number, the same code: octet for octet the begin of the session before.
        let said = phone.dial("*7142#").await;
        let (screen, ends) = said.screen();
        assert!(screen.contains("1 Yeni müraciət") && !ends, "{how}: {screen}");
        let said = phone.send("1").await;
        assert!(said.screen().0.contains("1 Davam"), "{how}: the new session goes on by itself");
    }
}

#[tokio::test]
async fn b12_what_is_late_from_the_session_before_is_no_answer_to_the_new_one() {
    let world = World::new().await;
    let mut phone = world.phone(994_501_234_567, 5);
    phone.dial("*7142#").await;
    phone.send("1").await;
    assert!(phone.send("5").await.screen().1);
    let late = Phone { sequence: 3, ..phone.clone() };
    phone.dial("*7142#").await.screen();
    let said = world.deliver(late.message(UssdEvent::Continue, "1")).await;
    assert!(said.screen().1, "it is let go, and never taken for an answer to the menu");
    assert_eq!(phone.envelope().await.dialog.position(), Some(("main", "menu")));
}

#[tokio::test]
async fn b06_what_a_gateway_remembers_of_a_phone_ends_no_session_that_another_one_began() {
    let world = World::by("specification").await;
    let mut phone = world.phone(994_501_234_567, 7);
    phone.dial("*7142#").await.screen();
    phone.send("1").await.screen();
    phone.ends(UssdEvent::Abort).await.is_silent();
    // The next session begins at the other gateway; this one remembers the phone as it was before.
    phone.session += 1;
    phone.sequence = 0;
    let begun = world.deliver_to_the_other(phone.message(UssdEvent::Begin, "*7142#")).await;
    assert!(begun.screen().0.contains("1 Yeni müraciət"), "{begun:?}");
    let (text, ends) = {
        let said = phone.send("1").await;
        (said.screen().0.to_owned(), said.screen().1)
    };
    assert!(text.contains("1 Davam") && !ends, "{text}");
    // A repeat that comes to the other gateway, which is behind now, gets the screen of its own turn.
    let again = world.deliver_to_the_other(phone.message(UssdEvent::Continue, "1")).await;
    assert_eq!(again.screen().0, text);
}
