//! No statement that runs often looks at a whole table, however large it has grown.

use super::{House, phone};
use crate::store::{Burn, Database, GatewayStore, MessageState, NewText, PendingCall};
use dayaq_core_api::NoticeClass;
use dayaq_sql::Due;
use dayaq_types::{Language, Pii};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);
const OPERATOR: &str = "azercell";
/// The tables that grow.
const LARGE: [&str; 7] = ["texts", "text_segments", "text_attempts", "receipts", "drafts", "pending_calls", "sessions"];

/// Each statement of each kind finds and erases by an index. A server reads a small table as a whole though there is one,
/// and is told not to where the tables are `large` by name alone.
pub(super) async fn every_sweep_goes_along_an_index(store: &GatewayStore, house: &House, large: bool, dues: &[Due]) {
    let mut database = store.database().clone();
    if let (Some(postgres), false) = (&house.postgres, large) {
        let url = format!("{}&options[enable_seqscan]=off", postgres.url());
        database = house.pool(&url, 1).await.into();
    }
    let mut seen = 0;
    for due in dues {
        for keys in [1, 8, 64] {
            for (sql, binds) in due.kind.statements(due.until, 64, keys) {
                let plan = database.plan(&sql, &binds).await.unwrap();
                assert_eq!(whole(&plan, false), Vec::<&String>::new(), "{}: {sql}\n{plan:#?}", due.kind.name);
                seen += 1;
            }
        }
    }
    println!("{seen} statements of {} kinds go along an index", dues.len());
}

/// The steps that look at a whole table; an index of a few rows of it will do where `partial` says so.
fn whole(plan: &[String], partial: bool) -> Vec<&String> {
    let whole = |step: &&String| {
        let postgres = step.contains("Seq Scan on ") && !step.contains("Seq Scan on books");
        let sqlite = step.starts_with("SCAN ") && !(partial && step.contains(" USING ") && step.contains("INDEX"));
        // Of what stands in the statement itself, or was made of few rows by a step before.
        let listed = ["CONSTANT ROW", "VALUES"].iter().any(|list| step.contains(list));
        let made = ["SCAN open", "SCAN due", "SCAN answers", "SCAN listed"].iter().any(|made| step.starts_with(made));
        (postgres || sqlite) && !listed && !made
    };
    plan.iter().filter(whole).collect()
}

/// What binds, workers and turns ask of the store goes along an index. In a file each statement that is run is heard and its
/// plan looked at; a server counts by itself how often it reads a whole table.
pub(super) async fn hot_statements_go_along_an_index(store: &GatewayStore, house: &House) {
    match store.database() {
        Database::Sqlite(_) => {
            let said = Statements::default();
            let guard = tracing::subscriber::set_default(said.clone());
            use_it(store, house).await;
            drop(guard);
            let said = said.0.lock().unwrap().clone();
            for sql in said.iter().filter(|sql| !sql.contains("INSERT INTO probe")) {
                let plan = store.database().plan(sql, &[]).await.unwrap();
                assert_eq!(whole(&plan, true), Vec::<&String>::new(), "{sql}\n{plan:#?}");
            }
            assert!(said.len() >= 25, "only {} were heard: {said:#?}", said.len());
            println!("{} statements of turns and workers go along an index", said.len());
        }
        Database::Postgres(_) => {
            let before = whole_reads(store).await;
            use_it(store, house).await;
            let after = whole_reads(store).await;
            assert_eq!(after, before, "tables were read as a whole");
        }
    }
}

/// How often each large table has been read as a whole.
async fn whole_reads(store: &GatewayStore) -> Vec<(String, i64)> {
    // The store has one connection here, which tells what it did when it is asked to.
    store.database().rows("SELECT pg_stat_force_next_flush()::text AS done", &[]).await.unwrap();
    let sql = "SELECT relname::text AS name, seq_scan AS reads FROM pg_stat_user_tables ORDER BY relname";
    let rows = store.database().rows(sql, &[]).await.unwrap();
    let reads = rows.iter().map(|row| (row.get::<String>("name"), row.get::<i64>("reads")));
    reads.filter(|(name, _)| LARGE.contains(&name.as_str())).collect()
}

/// A turn of each worker, and what phones ask.
async fn use_it(store: &GatewayStore, house: &House) {
    let key = house.subscriber(7);
    let now = store.clock().now();
    store.on_start().await.unwrap();
    store.release_pending().await.unwrap();
    let text = |id: u128, class| NewText {
        question: false,
        id: Uuid::from_u128(u128::MAX - id),
        core_fence: 1,
        subscriber: key,
        msisdn: phone(7),
        class,
        operator: OPERATOR.to_owned(),
        language: Language::Az,
        notice: Pii::new("granted".to_owned()),
        matters: true,
        words: Pii::new("Məbləğ".to_owned()),
        segments: vec![Pii::new(b"1".to_vec()), Pii::new(b"2".to_vec())],
        not_before: Timestamp::UNIX_EPOCH,
        expires_at: now.checked_add(MINUTE * 60).unwrap(),
    };
    store.add_text(&text(1, NoticeClass::Reply)).await.unwrap();
    store.add_text(&text(2, NoticeClass::Outcome)).await.unwrap();
    store.has_text(text(1, NoticeClass::Reply).id).await.unwrap();
    store.claim_replies(OPERATOR, 8, MINUTE, now).await.unwrap();
    let claimed = store.claim_segments(OPERATOR, 100, MINUTE).await.unwrap();
    let mut tickets: Vec<_> = claimed.iter().map(|segment| segment.ticket).collect();
    tickets.extend(store.claim_segments(OPERATOR, 100, MINUTE).await.unwrap().iter().map(|segment| segment.ticket));
    let attempted = store.attempt_all(&tickets, MINUTE).await.unwrap();
    for (at, ticket) in attempted.iter().enumerate() {
        match at % 4 {
            0 | 1 => drop(store.segment_sent(ticket, &format!("hot-{at}")).await.unwrap()),
            2 => drop(store.segment_retry(ticket, now, Burn::Try, "busy").await.unwrap()),
            _ => drop(store.segment_dead(ticket, "refused").await.unwrap()),
        }
    }
    store.segment_in_doubt(&tickets[0]).await.unwrap();
    store.receipt(OPERATOR, "hot-0", MessageState::Enroute).await.unwrap();
    store.receipt(OPERATOR, "hot-0", MessageState::Delivered).await.unwrap();
    store.receipt_of(OPERATOR, "hot-1", MessageState::Delivered, &key, Some(now)).await.unwrap();
    store.claimed_receipt(OPERATOR, "none", MessageState::Delivered, &key, None).await.unwrap();
    store.delay_subscriber(&key, now).await.unwrap();
    let finished = store.finished_texts(64).await.unwrap();
    let reports: Vec<_> = finished.iter().map(|text| (text.id, text.core_fence)).collect();
    store.reported_all(&reports).await.unwrap();
    store.untold_texts(&key, Timestamp::UNIX_EPOCH, 3).await.unwrap();
    store.texts_told(&[text(1, NoticeClass::Reply).id]).await.unwrap();
    store.texts_of(&key, 10).await.unwrap();
    store.next_due().await.unwrap();
    store.texts_due().await.unwrap();
    store.open_segments().await.unwrap();
    let call = PendingCall {
        id: format!("hot-{now}"),
        subscriber: key,
        payload: Pii::new(b"submit".to_vec()),
        not_before: Timestamp::UNIX_EPOCH,
        attempts: 0,
    };
    store.add_pending(&call).await.unwrap();
    for claimed in store.claim_pending(8, MINUTE).await.unwrap() {
        store.postpone_pending(&claimed.call.id, claimed.fence, Timestamp::UNIX_EPOCH).await.unwrap();
    }
    for claimed in store.claim_pending(8, MINUTE).await.unwrap() {
        store.finish_pending(&claimed.call.id, claimed.fence).await.unwrap();
    }
    store.pending_count().await.unwrap();
    store.save_draft(&key, b"section 1").await.unwrap();
    store.draft(&key).await.unwrap();
    store.forget_draft(&key).await.unwrap();
}

/// The statements that a store says it runs.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl tracing::Subscriber for Statements {
    fn enabled(&self, about: &tracing::Metadata<'_>) -> bool {
        about.target().starts_with("dayaq_sql")
    }
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut Heard(self));
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

struct Heard<'s>(&'s Statements);

impl Visit for Heard<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.0.lock().unwrap().insert(value.to_owned());
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
