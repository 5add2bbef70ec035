//! D15: years of applications have heaped up, and an hour of sweeps takes away what is past its time and nothing else, in
//! bites, while others use the store.

use super::world::{Ground, World, keys};
use crate::{CoreStore, Retention, StoreError};
use dayaq_postgres::Beside;
use dayaq_sql::{Due, HELD_MAX, StoreConfig, StoreError as SqlError, Tally};
use dayaq_types::{Clock, SeededEntropy, SystemClock};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
const DAY_MS: i64 = 86_400_000;
/// How far back the heap goes, in milliseconds: somewhat longer than applications are kept.
const SPAN: i64 = 4_000 * DAY_MS;
/// Rows that an application has.
const ROWS: u64 = 6;
/// What no statement on a server may take; a bite is several.
const STATEMENT_MAX: Duration = Duration::from_secs(1);

/// So many applications, the youngest of `now`, each with an answer, a told notice, a wrong try, a submission and a done job.
/// One of a thousand is under way, however old.
async fn heap(world: &World, ground: Ground, now: Timestamp, applications: u64) {
    let begin = now.as_millisecond() - SPAN;
    let octets = |number: &str| match ground {
        Ground::Sqlite => format!("unhex(printf('%0200x', {number}))"),
        Ground::Postgres => format!("decode(lpad(to_hex(({number})::bigint), 200, '0'), 'hex')"),
    };
    let first = if matches!(ground, Ground::Sqlite) { "1" } else { "1::bigint" };
    let series =
        format!("WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {applications})");
    let (one, at) = (octets("i"), format!("{begin} + i * {SPAN} / {applications}"));
    for sql in [
        format!(
            "INSERT INTO applications (id, reference, stage, open, fin_lookup, msisdn_lookup, data_key, declared, msisdn,
                language, channel, received_on, created_at)
             SELECT 'heap-' || i, 'heap-' || i, CASE WHEN i % 1000 = 0 THEN 'gathering' ELSE 'refused' END, 0, {one}, {one},
                {one}, {one}, {one}, 'az', 'ussd', '2026-11-23', {at} FROM n"
        ),
        format!(
            "INSERT INTO evidence (application_id, request, subject, institution, fetched_at, answer, raw)
             SELECT 'heap-' || i, 'identity', 0, 'interior', {at}, {one}, {one} FROM n"
        ),
        format!(
            "INSERT INTO notices (id, application_id, key, notice, due_at, state, finished_at)
             SELECT 'heap-' || i, 'heap-' || i, 'refused', {one}, {at}, 'sent', {at} FROM n"
        ),
        format!("INSERT INTO wrong_tries (msisdn_lookup, application_id, at) SELECT {one}, 'heap-' || i, {at} FROM n"),
        format!(
            "INSERT INTO submissions (draft, application_id, msisdn_lookup, reply, at)
             SELECT 'heap-' || i, 'heap-' || i, {one}, '{{}}', {at} FROM n"
        ),
        format!("INSERT INTO jobs (application_id, kind, due_at, done) SELECT 'heap-' || i, 'evidence', {at}, 1 FROM n"),
    ] {
        world.tamper(&format!("{series} {sql}")).await.unwrap();
    }
    if let Ground::Postgres = ground {
        world.tamper("ANALYZE").await.unwrap();
    }
}

/// What is there of each table, and what of it is past its time by then, by statements of their own.
struct Left {
    what: &'static str,
    rows: u64,
    overdue: u64,
}

async fn left(world: &World, now: Timestamp) -> Vec<Left> {
    let older = |days: i64| now.as_millisecond() - days * DAY_MS;
    let ended = "stage = 'refused'";
    let gone = format!("{ended} AND created_at <= {}", older(3_650));
    let of = |what: &str| format!("EXISTS (SELECT 1 FROM applications a WHERE a.id = application_id AND {what})");
    let mut all = Vec::new();
    for (what, table, there, overdue) in [
        ("applications", "applications", "data_key IS NOT NULL", gone.clone()),
        ("raw answers", "evidence", "length(raw) > 0", format!("fetched_at <= {} AND {}", older(90), of(ended))),
        ("evidence", "evidence", "1 = 1", of(&gone)),
        ("notices", "notices", "length(notice) > 0", format!("finished_at <= {}", older(90))),
        ("wrong tries", "wrong_tries", "1 = 1", format!("at <= {}", older(1))),
        ("submissions", "submissions", "1 = 1", of(&gone)),
        ("jobs", "jobs", "1 = 1", of(&gone)),
    ] {
        // Past the store, whose statements have an end.
        let count = async |of: &str| -> u64 {
            world.text_of(&format!("SELECT CAST(count(*) AS TEXT) FROM {table} WHERE {of}")).await.parse().unwrap()
        };
        let (rows, overdue) = (count(there).await, count(&format!("{there} AND {overdue}")).await);
        all.push(Left { what, rows, overdue });
    }
    all
}

fn overdue(left: &[Left]) -> u64 {
    left.iter().map(|left| left.overdue).sum()
}

/// Each statement of each kind finds and erases by an index. A server reads a small table as a whole though there is one,
/// and is told not to.
async fn every_sweep_goes_along_an_index(world: &World, ground: Ground, dues: &[Due]) {
    let store = match ground {
        Ground::Sqlite => world.core.store.clone(),
        Ground::Postgres => {
            let url = format!("{}&options[enable_seqscan]=off", world.database().url());
            let store = StoreConfig::Postgres { url: url.into(), connections: 1, instance: None };
            let config = crate::CoreConfig { store, ..world.config.clone() };
            CoreStore::open(&config, keys(), Arc::new(SeededEntropy::new(7))).await.unwrap()
        }
    };
    let mut seen = 0;
    for due in dues {
        for keys in [1, 8, 64] {
            for (sql, binds) in due.kind.statements(due.until, 64, keys) {
                let plan = store.plan(&sql, &binds).await;
                let whole = |step: &String| step.contains("Seq Scan on") || step.starts_with("SCAN ");
                let constant =
                    |step: &String| step.contains("CONSTANT ROW") || step.contains("VALUES") || step == "SCAN listed";
                let bad: Vec<_> = plan.iter().filter(|step| whole(step) && !constant(step)).collect();
                assert!(bad.is_empty(), "{}: {sql}\n{plan:#?}", due.kind.name);
                seen += 1;
            }
        }
    }
    println!("{ground:?}: {seen} statements go along an index");
}

/// Some hundred thousand rows, or ten million where all is asked for (DAYAQ_FULL=1).
async fn d15_retention_on_a_heap_of_years(ground: Ground) {
    let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
    let least = if full { 10_000_000 } else { 100_000 };
    // How many in a hundred bites may hold the writer for long: a disk and two cores that other tests use stall at times.
    let long_most = if full { 1 } else { 5 };
    let applications = (least / ROWS) + 1;
    let world = World::standing(ground).await;
    let (mut now, retention) = (world.clock.now(), Retention::default());
    heap(&world, ground, now, applications).await;
    every_sweep_goes_along_an_index(&world, ground, &retention.dues(now)).await;
    let store = world.core.store.clone();
    let before = left(&world, now).await;
    let rows = applications * ROWS;
    assert!(before.iter().all(|left| left.overdue > 0), "there is something to erase of each");

    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (stop, elapsed, used) = (Arc::new(AtomicBool::new(false)), clock.clone(), store.clone());
    let beside = tokio::spawn(Beside::using(
        stop.clone(),
        move || elapsed.monotonic(),
        move || {
            let used = used.clone();
            async move {
                match used.ready(now).await {
                    Ok(()) => Some(()),
                    Err(StoreError::Database(SqlError::NoConnection(_))) => None,
                    Err(fault) => panic!("{fault}"),
                }
            }
        },
    ));
    let mut sweeper = store.sweeper(clock).without_rests();
    let first = store.sweep_by(&mut sweeper, &retention, now).await.unwrap();
    let after = left(&world, now).await;
    let mut later: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for _ in 0..60 {
        now = now.checked_add(MINUTE).unwrap();
        for (kind, tally) in store.sweep_by(&mut sweeper, &retention, now).await.unwrap() {
            *later.entry(kind).or_default() += tally;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let beside = beside.await.unwrap();
    let what = format!("{ground:?}, {rows} rows");
    for (Left { what: of, rows, overdue }, after) in before.iter().zip(&after) {
        println!("{what}: {of:12} {rows:9} rows, {overdue:9} past their time, {:9} left", after.rows);
    }
    for (kind, Tally { erased, bites, largest, longest, long }) in &first {
        println!(
            "{what}: {kind:14} {erased:9} erased in {bites:7} bites of at most {largest}, the longest {longest:?}, {long} long"
        );
    }
    println!("{what}: {beside}");

    for (before, after) in before.iter().zip(&after) {
        assert_eq!((after.overdue, after.rows), (0, before.rows - before.overdue), "{}", before.what);
    }
    assert_eq!(overdue(&left(&world, now).await), 0, "after the hour");
    let mut all = Tally::default();
    first.values().chain(later.values()).for_each(|tally| all += *tally);
    let Tally { bites, largest, longest, long, .. } = all;
    println!("{what}: {long} of {bites} bites took over {HELD_MAX:?}, the longest {longest:?}");
    assert!(largest <= 512, "{largest}");
    match ground {
        Ground::Sqlite => assert!(long * 100 <= bites * long_most, "{long} of {bites} held the writer for long"),
        Ground::Postgres => assert!(longest < STATEMENT_MAX, "{longest:?}"),
    }
    beside.assert_served();
}

on_each_database!(d15_retention_on_a_heap_of_years);
