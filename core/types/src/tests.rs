use super::*;
use crate::seal::{Key, KeyRing, SealError};
use jiff::civil::date;
use proptest::prelude::*;

#[test]
fn a_fin_has_seven_characters_without_i_and_o() {
    assert_eq!(Fin::parse("5AKT9X2").map(|f| f.as_str().to_owned()), Ok("5AKT9X2".to_owned()));
    assert_eq!(Fin::parse("12E4567").map(|f| f.as_str().to_owned()), Ok("12E4567".to_owned()));
    let check = |text, expected| assert_eq!(Fin::parse(text), Err(expected), "{text}");
    check("5AKT9X", FinError::Length);
    check("5AKT9X22", FinError::Length);
    check("5AKT9O2", FinError::Character(6));
    check("IAKT9X2", FinError::Character(1));
    check("5akt9x2", FinError::Character(2));
    check("5АKT9X2", FinError::Character(2)); // a Cyrillic А
    check("", FinError::Length);
}

#[test]
fn f08_every_form_of_a_number_is_one_number() {
    for form in ["+994501234567", "00994501234567", "994501234567", "0501234567", "501234567", "+994 (50) 123-45-67"] {
        assert_eq!(Msisdn::parse(form).map(|m| m.digits()), Ok("994501234567".to_owned()), "{form}");
    }
    let check = |text, expected| assert_eq!(Msisdn::parse(text), Err(expected), "{text}");
    check("7142", MsisdnError::Short);
    check("1234567890123456", MsisdnError::Long);
    check("anonymous", MsisdnError::Character);
    check("", MsisdnError::Short);
    check("+", MsisdnError::Short);
}

#[test]
fn money_is_printed_for_phones() {
    assert_eq!(Money::from_qepik(24_000).to_string(), "240,00 AZN");
    assert_eq!(Money::from_qepik(-5).to_string(), "-0,05 AZN");
    assert_eq!(Money::parse("584,5"), Some(Money::from_qepik(58_450)));
    assert_eq!(Money::parse("584.505"), None);
    assert_eq!(Money::parse("-1"), None);
    assert_eq!(Money::parse("99999999999999999999"), None);
}

#[test]
fn an_id_card_knows_its_series() {
    let card = IdCard::parse("AZE", "12345678").unwrap();
    assert_eq!(card.last_four(), "5678");
    assert_eq!(IdCard::parse("AA", "12345678"), Err(IdCardError::Number(7)));
    assert_eq!(IdCard::parse("XX", "1234567"), Err(IdCardError::Series));
    assert_eq!(IdCard::parse("AA", "123456٧"), Err(IdCardError::Number(7)));
}

#[test]
fn n1_personal_values_do_not_print() {
    let fin = Fin::parse("5AKT9X2").unwrap();
    let phone = Msisdn::parse("994501234567").unwrap();
    let card = IdCard::parse("AZE", "12345678").unwrap();
    let text = format!("{fin:?} {phone:?} {card:?} {:?} {:?}", Pii::new("Aynur"), NotaryNumber::parse("12345"));
    for canary in ["5AKT9X2", "501234567", "12345", "Aynur"] {
        assert!(!text.contains(canary), "{text}");
    }
}

#[test]
fn the_day_in_baku_begins_at_20_utc() {
    assert_eq!(baku_date("2026-11-22T19:59:59Z".parse().unwrap()), date(2026, 11, 22));
    assert_eq!(baku_date("2026-11-22T20:00:00Z".parse().unwrap()), date(2026, 11, 23));
    assert_eq!(baku_start_of_day(date(2026, 11, 23)), "2026-11-22T20:00:00Z".parse().unwrap());
}

fn ring() -> KeyRing {
    KeyRing::new(1, &Key::generate(&SeededEntropy::new(7)))
}

#[test]
fn g10_a_sealed_value_opens_in_its_own_row_alone() {
    let ring = ring();
    let sealed = ring.seal(b"session/a", b"5AKT9X2", &SeededEntropy::new(1));
    assert_eq!(ring.open(b"session/a", &sealed).unwrap().as_slice(), b"5AKT9X2");
    assert_eq!(ring.open(b"session/b", &sealed), Err(SealError::Broken));
    assert!(!sealed.windows(7).any(|w| w == b"5AKT9X2"));
}

#[test]
fn a_rotated_ring_opens_what_the_old_key_sealed() {
    let mut ring = ring();
    let sealed = ring.seal(b"x", b"old", &SeededEntropy::new(1));
    let found = ring.lookup("fin", b"5AKT9X2");
    ring.rotate(2, &Key::generate(&SeededEntropy::new(8)));
    assert_eq!(ring.open(b"x", &sealed).unwrap().as_slice(), b"old");
    assert_eq!(ring.lookup("fin", b"5AKT9X2"), found);
    let young = KeyRing::new(2, &Key::generate(&SeededEntropy::new(8)));
    assert_eq!(young.open(b"x", &sealed), Err(SealError::UnknownKey(1)));
}

#[test]
fn g12_without_its_wrapped_key_an_application_is_gone() {
    let ring = ring();
    let (key, wrapped) = ring.new_data_key(b"application/1", &SeededEntropy::new(3));
    let sealed = key.seal(b"fin", b"5AKT9X2", &SeededEntropy::new(4));
    let again = ring.open_data_key(b"application/1", &wrapped).unwrap();
    assert_eq!(again.open(b"fin", &sealed).unwrap().as_slice(), b"5AKT9X2");
    assert_eq!(ring.open(b"fin", &sealed), Err(SealError::UnknownKey(0)));
}

#[test]
fn ids_sort_by_time() {
    let entropy = SeededEntropy::new(1);
    let early = new_id("2026-11-22T00:00:00Z".parse().unwrap(), &entropy);
    let late = new_id("2026-11-22T00:00:01Z".parse().unwrap(), &entropy);
    assert!(early < late);
    assert_eq!(early.get_version_num(), 7);
}

proptest! {
    #[test]
    fn c13_no_octets_open_by_chance(sealed in proptest::collection::vec(any::<u8>(), 0..120)) {
        prop_assert!(ring().open(b"x", &sealed).is_err());
    }

    #[test]
    fn money_reads_what_it_prints(qepik in 0i64..1_000_000_000) {
        let money = Money::from_qepik(qepik);
        prop_assert_eq!(Money::parse(money.to_string().trim_end_matches(" AZN")), Some(money));
    }

    #[test]
    fn any_text_is_a_number_or_not(text in ".{0,40}") {
        if let Ok(m) = Msisdn::parse(&text) {
            prop_assert_eq!(Msisdn::parse(&format!("+{}", m.digits())), Ok(m));
        }
    }
}
