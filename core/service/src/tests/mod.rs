/// Runs each case on each database of the store.
macro_rules! on_each_database {
    ($($case:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::tests::world::Ground::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::tests::world::Ground::Postgres).await;
            })*
        }
    };
}

mod calendar;
mod cards;
mod complete;
mod connector;
mod content;
mod crash;
mod decide;
mod details;
mod entry;
mod evidence;
mod family;
mod grounds;
mod income;
mod intake;
mod notices;
mod outside;
mod phones;
mod poison;
mod postgres_faults;
mod privacy;
mod proof;
mod properties;
mod restored;
mod retention;
mod store;
mod worked;
mod working_days;
mod world;
mod wrong_clock;
mod year_end;
mod years;

use crate::reference::{is_reference, reference, written};
use dayaq_types::SeededEntropy;
use jiff::civil::date;

#[test]
fn a_reference_reads_well_on_the_phone_and_finds_slips() {
    let good = written(date(2026, 11, 23), 17);
    assert!(good.starts_with("26-000000017-"), "{good}");
    assert!(is_reference(&good));
    for place in good.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(i, _)| i) {
        for digit in '0'..='9' {
            let mut other = good.clone();
            other.replace_range(place..=place, &digit.to_string());
            assert_eq!(is_reference(&other), other == good, "{other}");
        }
    }
    for bad in ["", "26", "26-0000017", "26-00000178", "260000017-8", "AB-0000017-8", "26-0000017-x"] {
        assert!(!is_reference(bad), "{bad}");
    }
    assert!(is_reference(&reference(date(2026, 1, 1), &SeededEntropy::new(1))));
    assert!(is_reference("26-0000001-1"), "one of those that were counted");
}
