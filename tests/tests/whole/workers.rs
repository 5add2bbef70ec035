//! Workers that panic: named, started again, and no poisonous call stops another.

use crate::family::ALONE;
use crate::stage::{Phone, Setting, Stage, eventually, full, page};
use crate::stand_in::{House, Mood};
use dayaq_types::{Clock, Msisdn, SystemClock};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::time::Duration;

/// Two phones of the same family's words; their drafts are two.
fn phones(house: &House) -> [Phone; 2] {
    ["994501234567", "994502345678"].map(|number| Phone(house.smsc.handset(Msisdn::parse(number).expect("a number"))))
}

#[tokio::test(flavor = "multi_thread")]
async fn e10_a_worker_that_panics_is_named_and_comes_back_and_a_poisonous_call_is_put_aside() {
    let house = House::up("").await;
    assert_eq!(page(house.gateway.http, "/readyz").await.0, 200);
    house.core.panic_at_leases(1);
    // A pass comes every 20 ms, so that this is far sooner than the two seconds there are.
    let said = eventually("the leaser is named", async || {
        let (status, said) = page(house.gateway.http, "/readyz").await;
        (status == 503).then_some(said)
    })
    .await;
    assert!(said.contains(r#"{"name":"workers","fault":"leaser panicked: out of order"}"#), "{said}");
    eventually("it is back", async || (page(house.gateway.http, "/readyz").await.0 == 200).then_some(())).await;

    // Two calls are recorded; one of them brings down whoever makes it.
    house.core.be(Mood::Away);
    let [first, second] = phones(&house);
    for phone in [&first, &second] {
        let seen = ALONE.begin(phone, ALONE.answers.len()).await;
        ALONE.look_over(phone, seen).await;
        phone.send("1").await.says("Ваши данные сохранены").ends();
    }
    let drafts = house.core.asked();
    assert_eq!(drafts.len(), 2, "each has its own draft");
    house.core.poison(drafts[0]);
    house.core.be(Mood::Well);
    eventually("the other is carried out", async || house.core.submitted().contains_key(&drafts[1]).then_some(()))
        .await;
    eventually("the poison was tried", async || (house.core.poisoned() == 1).then_some(())).await;
    assert!(!house.core.submitted().contains_key(&drafts[0]));
    let (status, said) = page(house.gateway.http, "/readyz").await;
    assert_eq!(status, 200, "no worker fell: {said}");
    house.gateway.shutdown().await;
}

/// Opens a store's file past the program, to damage it.
async fn damaged(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(false).busy_timeout(Duration::from_secs(5));
    options.connect().await.expect("the file is there")
}

/// A table in the place of that of the recorded calls, with a row that brings down whoever reads it.
const POISONED: &str = "ALTER TABLE pending_calls RENAME TO kept;
    CREATE TABLE pending_calls AS SELECT * FROM kept;
    INSERT INTO pending_calls (position, id, subscriber, sealed, not_before, attempts, fence, leased_to, holder)
        VALUES (9, x'ff', x'00', x'00', 0, 0, 0, 0, '')";

#[tokio::test(flavor = "multi_thread")]
async fn e10_a_worker_that_panics_is_named_within_2_s_and_comes_back_and_what_cannot_be_read_is_put_aside() {
    let stage = Stage::up(Setting::default()).await;
    // A job and a notice of an application that is none come first at every claim.
    let mut core = damaged(&stage.config.core_database()).await;
    sqlx::raw_sql(
        "INSERT INTO jobs (application_id, kind, due_at) VALUES ('none', 'evidence', 0);
         INSERT INTO notices (id, application_id, key, notice, due_at) VALUES ('none', 'none', 'registered', x'00', 0)",
    )
    .execute(&mut core)
    .await
    .expect("it is written");
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    for says in [number.as_str(), "AZN"] {
        let text = phone.text().await;
        assert!(text.contains(says), "{says:?} is not in {text:?}");
    }
    let job: (String, i64, i64) =
        sqlx::query_as("SELECT cause, tries, due_at FROM jobs WHERE application_id = 'none' AND done = 0")
            .fetch_one(&mut core)
            .await
            .expect("it rests");
    assert_eq!((job.0.as_str(), job.1), ("a row of an id is not readable", 1), "put aside, once");
    assert!(job.2 > 0, "until later");
    let notice: (String, String) = sqlx::query_as("SELECT state, cause FROM notices WHERE application_id = 'none'")
        .fetch_one(&mut core)
        .await
        .expect("it is kept");
    assert_eq!(notice.0, "dead");
    println!("the job rests: {}; the notice is dead: {}", job.0, notice.1);
    core.close().await.expect("it closes");
    assert_eq!(stage.page("/readyz").await.0, 200, "no worker fell");

    // A worker that panics at what it reads.
    let mut gateway = damaged(&stage.config.gateway_database()).await;
    let clock = SystemClock::new();
    sqlx::raw_sql(POISONED).execute(&mut gateway).await.expect("it is damaged");
    let said = eventually("it is named", async || {
        let (status, said) = stage.page("/readyz").await;
        (status == 503).then_some(said)
    })
    .await;
    let named = clock.monotonic();
    println!("named after {named:?}: {said}");
    assert!(said.contains(r#"{"name":"workers","fault":"pending panicked"}"#), "{said}");
    assert!(named < Duration::from_secs(2), "{named:?}");
    phone.dial().await.says(ALONE.menu);
    let mend = "DROP TABLE pending_calls; ALTER TABLE kept RENAME TO pending_calls";
    sqlx::raw_sql(mend).execute(&mut gateway).await.expect("it is mended");
    eventually("it is back", async || (stage.page("/readyz").await.0 == 200).then_some(())).await;
    assert_eq!(stage.metric("dayaq_worker_ends_total").await, 1.0);
    println!("back after {:?}", clock.monotonic());
    gateway.close().await.expect("it closes");
}

/// With what the program bears by itself it takes some three minutes: the pauses between ten ends.
#[tokio::test(flavor = "multi_thread")]
async fn e10_a_worker_that_panics_again_and_again_ends_the_program_with_an_error() {
    let mut stage = Stage::set(Setting::default()).await;
    if !full() {
        stage.config = stage.config.gateway("worker_ends = 2");
    }
    stage.start().await;
    let mut gateway = damaged(&stage.config.gateway_database()).await;
    sqlx::raw_sql(POISONED).execute(&mut gateway).await.expect("it is damaged");
    let clock = SystemClock::new();
    while !stage.log().contains("the process ends") {
        assert!(clock.monotonic() < Duration::from_secs(400), "{}", stage.log());
        // The program may be writing at this moment.
        let _ = sqlx::raw_sql("UPDATE pending_calls SET leased_to = 0").execute(&mut gateway).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let status = stage.ended().await;
    println!("it ended after {:?}", clock.monotonic());
    assert_eq!(status.code(), Some(1));
    let ends = stage.log().matches("Worker ended, it is started again").count();
    assert_eq!(ends, if full() { 10 } else { 2 }, "so many are borne");
}
