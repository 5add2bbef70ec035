use crate::bank::{Bank, CardOrder, Placed};
use crate::{CardState, CardStatus, CardTime};
use dayaq_types::{Fin, Pii};
use jiff::Timestamp;
use jiff::civil::date;
use std::time::Duration;

fn order(reference: &str) -> CardOrder {
    CardOrder {
        reference: reference.to_owned(),
        fin: Fin::parse("1234567").expect("a FIN"),
        holder: Pii::new("MƏMMƏDOVA AYGÜN".to_owned()),
        branch: "baki-nesimi-1".to_owned(),
        ordered_on: date(2026, 11, 23),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Noon of Monday, 23 November 2026, in Baku.
const MONDAY: &str = "2026-11-23T08:00:00Z";

fn placed(bank: &mut Bank, key: &str, time: CardTime) -> CardState {
    match bank.place(key, order(key), time, at(MONDAY)) {
        Placed::New(state) => state,
        other @ (Placed::Again(_) | Placed::KeyTaken | Placed::Full) => panic!("{other:?}"),
    }
}

#[test]
fn s11_a_card_is_ready_after_weekdays_and_collected_from_the_next_one() {
    let mut bank = Bank::default();
    let id = placed(&mut bank, "key", CardTime::Weekdays(4)).order_id;
    let status = |time: &str| bank.by_id(&id, at(time)).map(|s| (s.status, s.collect_from));
    assert_eq!(status(MONDAY), Some((CardStatus::Accepted, None)));
    assert_eq!(status("2026-11-25T08:00:00Z"), Some((CardStatus::InProduction, None)));
    // Friday begins in Baku four hours before it begins in UTC.
    assert_eq!(status("2026-11-26T19:59:59Z"), Some((CardStatus::InProduction, None)));
    assert_eq!(status("2026-11-26T20:00:00Z"), Some((CardStatus::Ready, Some(date(2026, 11, 30)))));
    assert_eq!(status("2027-11-26T20:00:00Z"), Some((CardStatus::Ready, Some(date(2026, 11, 30)))));
}

#[test]
fn a_weekend_does_not_count() {
    let mut bank = Bank::default();
    let id = placed(&mut bank, "key", CardTime::Weekdays(5)).order_id;
    let status = |time: &str| bank.by_id(&id, at(time)).map(|s| s.status);
    assert_eq!(status("2026-11-29T12:00:00Z"), Some(CardStatus::InProduction));
    assert_eq!(status("2026-11-30T00:00:00Z"), Some(CardStatus::Ready));
}

#[test]
fn a_card_can_be_ready_after_seconds() {
    let mut bank = Bank::default();
    let id = placed(&mut bank, "key", CardTime::After(Duration::from_secs(30))).order_id;
    let status = |seconds: i64| {
        let time = at(MONDAY).checked_add(jiff::SignedDuration::from_secs(seconds)).expect("a time");
        bank.by_id(&id, time).map(|s| s.status)
    };
    assert_eq!(status(9), Some(CardStatus::Accepted));
    assert_eq!(status(10), Some(CardStatus::InProduction));
    assert_eq!(status(30), Some(CardStatus::Ready));
}

#[test]
fn d12_one_key_makes_one_order() {
    let mut bank = Bank::default();
    let first = placed(&mut bank, "key", CardTime::Weekdays(3));
    let again = bank.place("key", order("key"), CardTime::Weekdays(3), at(MONDAY));
    assert_eq!(again, Placed::Again(first.clone()));
    assert_eq!(bank.place("key", order("another"), CardTime::Weekdays(3), at(MONDAY)), Placed::KeyTaken);
    let second = placed(&mut bank, "key-2", CardTime::Weekdays(3));
    assert_ne!(first.order_id, second.order_id);
    assert_eq!(bank.by_key("key", at(MONDAY)), Some(first));
    assert_eq!(bank.by_key("nobody's", at(MONDAY)), None);
    assert_eq!(bank.all(at(MONDAY)).len(), 2);
    assert_eq!(bank.by_id("K-000002", at(MONDAY)), Some(second));
    for wrong in ["K-000003", "K-2", "K-000000", "000001", "K-", ""] {
        assert_eq!(bank.by_id(wrong, at(MONDAY)), None, "{wrong}");
    }
}
