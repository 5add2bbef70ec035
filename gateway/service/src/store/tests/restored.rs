//! What a gateway store knows of the core that it belongs to, and what it remembers for it.

use super::{CANARY_FIN, Ground, House, contains};
use crate::store::{Marks, Registration, StoreError};
use dayaq_types::Pii;
use std::time::Duration;

fn registration(n: u8) -> Registration {
    let payload = Pii::new(format!("{CANARY_FIN}/{n}").into_bytes());
    Registration { id: format!("submit/{n}"), payload }
}

async fn x03_registrations_are_remembered_once_in_order_and_for_35_days(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    for n in [3, 1, 2, 1, 3] {
        store.keep_registration(&registration(n)).await.unwrap();
        house.pass(Duration::from_secs(60));
    }
    let read = async |after: Option<&str>, most| {
        let kept = store.registrations(after, most).await.unwrap();
        kept.iter().map(|kept| String::from_utf8(kept.payload.expose().clone()).unwrap()).collect::<Vec<_>>()
    };
    let all: Vec<String> = [3, 1, 2].map(|n| format!("{CANARY_FIN}/{n}")).into();
    assert_eq!(read(None, 10).await, all);
    assert_eq!(read(Some("submit/3"), 1).await, all[1..2]);
    assert_eq!(read(Some("submit/2"), 10).await, [""; 0]);
    house.pass(Duration::from_hours(35 * 24));
    store.keep_registration(&registration(9)).await.unwrap();
    assert_eq!(read(None, 10).await, [format!("{CANARY_FIN}/9")]);
    if matches!(ground, Ground::Sqlite) {
        assert!(!contains(&house.raw(), CANARY_FIN), "sealed");
    }
}

async fn x03_marks_only_move_on_until_somebody_goes_on_with_others(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    let database = store.database();
    assert_eq!(database.marks().await.unwrap(), Marks::default());
    database.join_pair("a").await.unwrap();
    database.join_pair("b").await.unwrap();
    assert_eq!((database.move_mark().await.unwrap(), database.move_mark().await.unwrap()), (1, 2));
    database.hear_mark(7).await.unwrap();
    database.hear_mark(5).await.unwrap();
    let marks = Marks { pair: Some("a".to_owned()), own: 2, other: 7, life: String::new() };
    assert_eq!(database.marks().await.unwrap(), marks);
    let marks = Marks { pair: Some("c".to_owned()), own: 12, other: 9, life: "c".to_owned() };
    assert_eq!(store.go_on(marks.clone(), "a test".to_owned(), true).await.unwrap(), 0);
    assert_eq!(database.marks().await.unwrap(), marks);
}

async fn g10_a_store_knows_the_key_under_which_it_was_made(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    store.database().check_key([1; 32]).await.unwrap();
    store.database().check_key([1; 32]).await.unwrap();
    let refused = store.database().check_key([2; 32]).await.unwrap_err();
    assert_eq!(refused, StoreError::OtherKey);
    assert_eq!(refused.to_string(), "the database was written under another master key");
}

on_each_database!(
    x03_registrations_are_remembered_once_in_order_and_for_35_days,
    x03_marks_only_move_on_until_somebody_goes_on_with_others,
    g10_a_store_knows_the_key_under_which_it_was_made,
);

/// A page of a file that is not what it was: readiness says so.
#[tokio::test]
async fn h_a_damaged_file_is_not_ready() {
    let house = House::new();
    let store = house.store().await;
    for n in 0..200 {
        store.keep_registration(&registration(n)).await.unwrap();
    }
    store.ready().await.unwrap();
    store.database().close().await;
    let path = house.path();
    let mut octets = std::fs::read(&path).unwrap();
    // Of a page that holds registrations nothing is left that says what it is.
    let id = b"submit/150";
    let found = octets.windows(id.len()).position(|window| window == id).unwrap() / 4096 * 4096;
    octets[found..found + 64].fill(0xA5);
    std::fs::write(&path, octets).unwrap();
    let damaged = house.store_in(house.file().await);
    let said = async {
        loop {
            match damaged.ready().await {
                Err(StoreError::Damaged(_)) => return,
                Ok(()) | Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), said).await.expect("the look over it finds it");
}
