//! What is past its time goes, and nothing else: stories of each kind (G12).

use super::heap;
use super::text_rules::{MINUTE, OPERATOR, Story};
use super::{CANARY_FIN, CANARY_PHONE, Ground, House, contains, phone};
use crate::store::{GatewayStore, MessageState, NewText, PendingCall, Retention, Sessions, SqliteSessions, Swept};
use dayaq_core_api::NoticeClass;
use dayaq_types::{Clock, Pii};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const DAY: Duration = Duration::from_hours(24);

fn reply(story: &Story, id: u128) -> NewText {
    NewText { class: NoticeClass::Reply, matters: false, core_fence: 0, ..story.text(id, 2) }
}

/// Adds a text, sends it, and hears of it; `ended` also reports its end.
async fn told(story: &Story, text: &NewText, ended: bool) {
    assert!(story.store.add_text(text).await.unwrap());
    for number in 1..=text.segments.len() {
        let ticket = story.attempt_one().await;
        let name = format!("{:x}-{number}", text.id.as_u128());
        assert!(story.store.segment_sent(&ticket, &name).await.unwrap());
        story.store.receipt(OPERATOR, &name, MessageState::Delivered).await.unwrap();
    }
    if ended {
        assert!(story.store.reported(text.id, text.core_fence).await.unwrap());
    }
}

async fn rows(store: &GatewayStore, table: &str) -> u64 {
    let sql = format!("SELECT count(*) AS rows FROM {table}");
    store.database().row(&sql, &[]).await.unwrap().unwrap().count("rows")
}

const OF_TEXTS: [&str; 4] = ["texts", "text_segments", "text_attempts", "receipts"];

async fn counts(store: &GatewayStore) -> [u64; 4] {
    let mut counts = [0; 4];
    for (count, table) in counts.iter_mut().zip(OF_TEXTS) {
        *count = rows(store, table).await;
    }
    counts
}

async fn a_reply_goes_after_three_days_with_all_its_rows_and_a_notice_stays(ground: Ground) {
    let story = Story::begin(ground).await;
    told(&story, &reply(&story, 1), true).await;
    told(&story, &story.text(2, 2), true).await;
    story.house.pass(3 * DAY - MINUTE);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap(), Swept::default());
    assert_eq!(counts(&story.store).await, [2, 4, 4, 4]);
    story.house.pass(MINUTE);
    let swept = Swept { replies: 1, ..Swept::default() };
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap(), swept);
    assert_eq!(counts(&story.store).await, [1, 2, 2, 2]);
    let [view] = &story.store.texts_of(&story.house.subscriber(0), 10).await.unwrap()[..] else {
        panic!("one is left")
    };
    assert!(view.id == Uuid::from_u128(2) && view.is_delivered() && view.notice.is_some());
    // A year later nothing of the notice is left either.
    story.house.pass(362 * DAY);
    let swept = Swept { texts: 1, records: 1, ..Swept::default() };
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap(), swept);
    assert_eq!(counts(&story.store).await, [0; 4]);
}

/// What a reply of two segments leaves in a file, and that for three days.
#[tokio::test]
async fn e09_a_reply_by_sms_leaves_little_and_not_for_long() {
    const REPLIES: u128 = 300;
    let story = Story::begin(Ground::Sqlite).await;
    let size = async || {
        let sql = "SELECT page_count * page_size AS octets FROM pragma_page_count(), pragma_page_size()";
        story.store.database().row(sql, &[]).await.unwrap().unwrap().count("octets")
    };
    let before = size().await;
    let words = "Ailənizdə neçə nəfər var? 1 Bir 2 İki 3 Üç 4 Dörd və daha çox. 0 Geri".repeat(2);
    for id in 1..=REPLIES {
        let segments = (0..2).map(|_| Pii::new(vec![0x5A; 146])).collect();
        let text = NewText { words: Pii::new(words.clone()), segments, ..reply(&story, id << 64) };
        assert!(story.store.add_text(&text).await.unwrap());
        for number in 1..=2 {
            let ticket = story.attempt_one().await;
            let name = format!("{:016x}", (id * 2 + number).wrapping_mul(0x9E37_79B9_7F4A_7C15) % (1 << 64));
            assert!(story.store.segment_sent(&ticket, &name).await.unwrap());
        }
        let ended = story.store.finished_texts(8).await.unwrap();
        assert_eq!(ended.len(), 1);
        assert!(story.store.reported(ended[0].id, ended[0].core_fence).await.unwrap());
    }
    let each = (size().await - before) / u64::try_from(REPLIES).unwrap();
    println!("a reply of two segments leaves {each} octets");
    assert!(each < 1_100, "{each}");
    story.house.pass(3 * DAY);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().replies, 300);
    assert_eq!(counts(&story.store).await, [0; 4]);
}

async fn what_has_not_ended_is_never_touched(ground: Ground) {
    let story = Story::begin(ground).await;
    told(&story, &reply(&story, 1), false).await;
    told(&story, &story.text(2, 2), false).await;
    assert!(story.store.add_text(&reply(&story, 3)).await.unwrap());
    let call = PendingCall {
        id: "open".to_owned(),
        subscriber: story.house.subscriber(0),
        payload: Pii::new(b"submit".to_vec()),
        not_before: story.house.clock.now(),
        attempts: 0,
    };
    assert!(story.store.add_pending(&call).await.unwrap());
    story.house.pass(4_000 * DAY);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap(), Swept::default());
    assert_eq!((counts(&story.store).await, rows(&story.store, "pending_calls").await), ([3, 6, 4, 4], 1));
}

/// An SMSC that was reset gave the reply's name again to a notice: the reply goes, and the notice keeps its receipt.
async fn a45_a_receipt_goes_with_the_text_that_it_is_about(ground: Ground) {
    let story = Story::begin(ground).await;
    let send = async |text: NewText| {
        assert!(story.store.add_text(&text).await.unwrap());
        let ticket = story.attempt_one().await;
        assert!(story.store.segment_sent(&ticket, "again").await.unwrap());
        story.house.pass(MINUTE);
        story.store.receipt(OPERATOR, "again", MessageState::Delivered).await.unwrap();
        assert!(story.store.reported(text.id, text.core_fence).await.unwrap());
        story.house.pass(DAY);
    };
    let first = NewText { segments: reply(&story, 1).segments[..1].to_vec(), ..reply(&story, 1) };
    send(first).await;
    send(story.text(2, 1)).await;
    assert_eq!(counts(&story.store).await, [2, 2, 2, 2]);
    story.house.pass(DAY + MINUTE);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().replies, 1);
    assert_eq!(counts(&story.store).await, [1, 1, 1, 1]);
    assert!(story.view().await.is_delivered(), "the notice's own receipt stays");
}

async fn b5_a_book_that_nobody_is_on_goes_and_one_in_use_stays(ground: Ground) {
    let house = House::on(ground).await;
    let store = house.store().await;
    for hash in ["old", "in-use", "in-force"] {
        store.publish_book(hash, b"[flow]").await.unwrap();
    }
    for _ in 0..3 {
        house.pass(61 * DAY);
        store.book_used("in-use").await.unwrap();
        store.publish_book("in-force", b"[flow]").await.unwrap();
    }
    assert_eq!(store.sweep(house.clock.now()).await.unwrap().books, 1);
    assert_eq!(store.book("old").await.unwrap(), None);
    assert!(store.book("in-use").await.unwrap().is_some() && store.book("in-force").await.unwrap().is_some());
}

/// Two gateways sweep the same rows at once, round after round: each row goes once, whoever is at it, and neither waits for
/// the other.
async fn two_gateways_that_sweep_at_once_erase_each_row_once(ground: Ground) {
    let house = House::on(ground).await;
    let now = house.clock.now();
    heap::heap(ground, &house, now, 20_000).await;
    let (one, two) = (reopened(&house).await, reopened(&house).await);
    let overdue = async || -> BTreeMap<&'static str, u64> {
        heap::left(&house, &one, now).await.iter().map(|left| (left.what, left.overdue)).collect()
    };
    let before = overdue().await;
    let sweep = async |store: &GatewayStore| {
        let mut sweeper = store.sweeper().without_rests();
        let (mut erased, mut rounds) = (BTreeMap::new(), 0);
        while heap::left(&house, store, now).await.iter().any(|left| left.overdue > 0) {
            for (kind, tally) in store.sweep_by(&mut sweeper, now).await.unwrap() {
                *erased.entry(kind).or_insert(0) += tally.erased;
            }
            rounds += 1;
        }
        (erased, rounds)
    };
    let ((ours, our_rounds), (theirs, their_rounds)) = tokio::join!(sweep(&one), sweep(&two));
    println!("one erased {ours:?} in {our_rounds} rounds, the other {theirs:?} in {their_rounds}");
    assert_eq!(overdue().await.values().sum::<u64>(), 0);
    let of = |kind: &str| ours.get(kind).unwrap_or(&0) + theirs.get(kind).unwrap_or(&0);
    assert_eq!(of("replies") + of("records"), before["texts"]);
    assert_eq!((of("drafts"), of("calls")), (before["drafts"], before["calls"]));
}

/// The store on what the heap was made in, anew.
pub(super) async fn reopened(house: &House) -> GatewayStore {
    match &house.postgres {
        None => house.store_in(house.file().await),
        Some(database) => house.store_in(house.pool(&database.url(), 1).await),
    }
}

on_each_database!(
    a_reply_goes_after_three_days_with_all_its_rows_and_a_notice_stays,
    what_has_not_ended_is_never_touched,
    a45_a_receipt_goes_with_the_text_that_it_is_about,
    b5_a_book_that_nobody_is_on_goes_and_one_in_use_stays,
    g12_nothing_is_left_of_a_phone_after_its_time,
);

/// Everything that a store holds of a phone goes in its time, out of the tables and out of the files: neither the phone's
/// pseudonym nor anything that was sealed about it is found there.
async fn g12_nothing_is_left_of_a_phone_after_its_time(ground: Ground) {
    let story = Story::begin(ground).await;
    let (store, house) = (&story.store, &story.house);
    let key = house.subscriber(0);
    let words = format!("{CANARY_FIN} {}", "Ünvan ".repeat(2_000));
    for text in [reply(&story, 1), story.text(2, 2)] {
        told(&story, &NewText { words: Pii::new(words.clone()), ..text }, true).await;
    }
    store.save_draft(&key, words.as_bytes()).await.unwrap();
    store.receipt_of(OPERATOR, "stray", MessageState::Delivered, &key, None).await.unwrap();
    let payload = Pii::new(words.clone().into_bytes());
    let call = PendingCall { id: "1".to_owned(), subscriber: key, payload, not_before: house.clock.now(), attempts: 0 };
    assert!(store.add_pending(&call).await.unwrap());
    let claimed = store.claim_pending(1, MINUTE).await.unwrap().pop().unwrap();
    let mut sealed = sealed(store).await;
    assert!(store.finish_pending("1", claimed.fence).await.unwrap());
    if let Some(file) = house.shared.get() {
        let sessions = Sessions::new(
            Arc::new(SqliteSessions::new(file.clone(), house.clock.clone())),
            house.keys.clone(),
            house.entropy.clone(),
            8,
        );
        let loaded = sessions.load(&key).await.unwrap();
        sessions.store(&key, loaded.version, words.as_bytes(), 3 * DAY).await.unwrap();
        let row = store.database().row("SELECT blob FROM sessions", &[]).await.unwrap().unwrap();
        sealed.push(row.get("blob"));
    }
    assert!(phone(0).digits() == CANARY_PHONE && sealed.len() >= 7);
    for days in [4, 90, 300] {
        house.pass(days * DAY);
        store.sweep(house.clock.now()).await.unwrap();
    }
    for table in ["sessions", "drafts", "pending_calls", "texts", "text_segments", "text_attempts", "receipts"] {
        if ground_has(ground, table) {
            assert_eq!(rows(store, table).await, 0, "{table}");
        }
    }
    if let Some(database) = &house.postgres {
        // What a server's vacuum frees it does not overwrite; what is sealed in it opens under the master key alone.
        sqlx::Executor::execute(&mut database.aside().await, "VACUUM FULL").await.unwrap();
        let raw = database.raw().await;
        assert!(!contains(&raw, CANARY_PHONE) && !contains(&raw, CANARY_FIN));
        return;
    }
    store.database().close().await;
    let raw = house.raw();
    assert!(!contains(&raw, CANARY_PHONE) && !contains(&raw, CANARY_FIN));
    let found = |needle: &[u8]| raw.windows(needle.len()).any(|window| window == needle);
    assert!(!found(key.as_bytes()), "the pseudonym");
    for (at, blob) in sealed.iter().enumerate() {
        // Long values go over several pages: each piece is looked for.
        let pieces = blob.chunks(64).filter(|piece| piece.len() == 64);
        assert_eq!(pieces.filter(|piece| found(piece)).count(), 0, "sealed value {at} of {} octets", blob.len());
    }
}

fn ground_has(ground: Ground, table: &str) -> bool {
    matches!(ground, Ground::Sqlite) || table != "sessions"
}

/// Every sealed value that is stored.
async fn sealed(store: &GatewayStore) -> Vec<Vec<u8>> {
    let mut sealed = Vec::new();
    for table in ["drafts", "pending_calls", "texts", "text_segments"] {
        let sql = format!("SELECT sealed FROM {table} WHERE sealed IS NOT NULL");
        sealed.extend(store.database().rows(&sql, &[]).await.unwrap().iter().map(|row| row.get("sealed")));
    }
    sealed
}

#[tokio::test]
async fn two_gateways_on_postgres_sweep_at_once() {
    two_gateways_that_sweep_at_once_erase_each_row_once(Ground::Postgres).await;
}

#[test]
fn a_time_that_cannot_be_is_named_by_key_and_line() {
    let text = "reply_hours = 1\nbody_days = 400\nbook_days = \"long\"\n";
    let (document, found) = dayaq_author::parse("dayaq.toml", text);
    let root = document.root(&found);
    Retention::read(&root);
    root.finish();
    let found: Vec<String> = found.sorted().iter().map(ToString::to_string).collect();
    for (line, key) in [(1, "reply_hours"), (3, "book_days")] {
        let named = |fault: &&String| fault.contains(&format!("dayaq.toml:{line}")) && fault.contains(key);
        assert_eq!(found.iter().filter(named).count(), 1, "{key} in {found:#?}");
    }
    assert!(found.iter().any(|fault| fault.contains("record_days") && fault.contains("body_days (400)")), "{found:#?}");
    assert_eq!(found.len(), 3, "{found:#?}");
}
