//! G01: a phone that has had its texts of today hears what matters all the same. E06: a program that stood still.

use crate::program::PATIENCE;
use crate::stage::{Setting, Stage, eventually, full};
use crate::stand_in::House;
use dayaq_core_api::{LeasedNotice, Notice};
use dayaq_types::{Language, Money, Msisdn};
use jiff::civil::date;
use std::process::Command;
use uuid::Uuid;

const PHONE: &str = "994501234567";

#[tokio::test(flavor = "multi_thread")]
async fn g01_an_outcome_reaches_a_phone_that_has_had_its_texts_of_today() {
    let house = House::up("reply_segments_per_day = 3").await;
    let phone = house.smsc.handset(Msisdn::parse(PHONE).expect("a number"));
    let mut heard = Vec::new();
    while !heard.last().is_some_and(|text: &String| text.contains("sabah")) {
        assert!(heard.len() < 5, "{heard:?}");
        phone.send_sms("Salam").await.expect("it is taken");
        heard.push(phone.next_sms(PATIENCE).await.expect("a text").text);
    }
    for _ in 0..20 {
        phone.send_sms("Salam").await.expect("it is taken");
    }
    house.core.tell(LeasedNotice {
        id: Uuid::from_u128(1),
        fence: 1,
        msisdn: Msisdn::parse(PHONE).expect("a number"),
        language: Language::En,
        notice: Notice::Granted {
            reference: "26-0000042-9".to_owned(),
            amount: Money::from_manat(584),
            from: date(2026, 11, 1),
            until: date(2027, 10, 31),
        },
    });
    let outcome = phone.next_sms(PATIENCE).await.expect("the outcome").text;
    assert!(outcome.contains("584,00 AZN"), "{outcome}");
    assert_eq!(phone.sms_inbox().len(), heard.len() + 1, "and nothing between");
    let screen = phone.dial("*7142#").await.expect("a screen");
    assert!(screen.more, "{:?}", screen.text);
}

/// Whoever stops the program stops its clocks' hands as well: what waited is answered once, and nothing has run out.
#[tokio::test(flavor = "multi_thread")]
async fn e06_a_program_that_stood_still_goes_on_where_it_was() {
    let stage = Stage::up(Setting::default()).await;
    let phone = stage.phone("994501234502");
    phone.dial().await;
    for typed in ["3", "1", "1", "1", "171S5AV"] {
        phone.send(typed).await;
    }
    let other = stage.phone("994501234503");
    let seconds = if full() { 60 } else { 3 };
    let process = stage.serve().process.id();
    let standstill = format!("kill -STOP {process}; sleep {seconds}; kill -CONT {process}");
    let stood = tokio::task::spawn_blocking(move || Command::new("sh").args(["-c", &standstill]).status());
    // It is written while nobody answers.
    let written = other.0.send_sms("Salam").await;
    assert!(stood.await.expect("it ends").expect("sh runs").success());
    eventually("it is bound", async || (stage.metric("dayaq_smpp_bound").await > 0.0).then_some(())).await;
    if written.is_err() {
        other.0.send_sms("Salam").await.expect("it is taken");
    }
    other.text().await;
    let _ = phone.0.hang_up().await;
    phone.dial().await.says("1 Continue");
    assert_eq!(other.0.sms_inbox().len(), 1, "one reply");
    assert!(!stage.log().contains("panicked"));
    stage.assert_sound().await;
}
