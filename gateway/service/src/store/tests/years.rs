//! D15: years have heaped up, and an hour of sweeps takes away what is past its time and nothing else, in bites, while others
//! use the store.

use super::heap::{self, Left};
use super::retention::reopened;
use super::{Ground, House, plans};
use crate::store::{GatewayStore, PostgresPool, Retention, StoreError};
use dayaq_postgres::Beside;
use dayaq_sql::{HELD_MAX, Tally};
use dayaq_types::{Clock, SystemClock};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);
/// What no statement on a server may take; a bite is several.
const STATEMENT_MAX: Duration = Duration::from_secs(1);

/// Some hundred thousand rows, or ten million where all is asked for (DAYAQ_FULL=1).
async fn d15_retention_on_a_heap_of_years(ground: Ground) {
    let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
    let (segments, least) = if full { (4_000_000, 10_000_000) } else { (100_000, 100_000) };
    // How many in a hundred bites may hold the writer for long: a disk and two cores that other tests use stall at times.
    let long_most = if full { 1 } else { 5 };
    let house = House::on(ground).await;
    let mut now = house.clock.now();
    heap::heap(ground, &house, now, segments).await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let alone = reopened(&house).await;
    let database = match &house.postgres {
        None => alone.database().clone(),
        Some(postgres) => house.pool(&postgres.url(), PostgresPool::CONNECTIONS).await.into(),
    };
    let store = GatewayStore::new(database, house.keys.clone(), house.entropy.clone(), clock.clone());
    let dues = Retention::default().dues(now, store.database().is_shared());
    plans::every_sweep_goes_along_an_index(&alone, &house, full, &dues).await;
    plans::hot_statements_go_along_an_index(&alone, &house).await;
    let before = heap::left(&house, &store, now).await;
    let rows: u64 = before.iter().filter(|left| left.what != "bodies").map(|left| left.rows).sum();
    assert!(rows >= least, "{rows} rows");
    assert!(before.iter().all(|left| left.overdue > 0), "there is something to erase of each");

    let stop = Arc::new(AtomicBool::new(false));
    let (elapsed, used) = (clock.clone(), store.clone());
    let beside = tokio::spawn(Beside::using(
        stop.clone(),
        move || elapsed.monotonic(),
        move || {
            let used = used.clone();
            async move {
                match used.ready().await {
                    Ok(()) => Some(()),
                    Err(StoreError::NoConnection(_)) => None,
                    Err(fault) => panic!("{fault}"),
                }
            }
        },
    ));
    let falling = tokio::spawn(falling(segments, stop.clone(), store.clone(), now));
    let mut sweeper = store.sweeper().without_rests();
    let first = store.sweep_by(&mut sweeper, now).await.unwrap();
    let after = heap::left(&house, &store, now).await;
    let hour = now.checked_add(60 * MINUTE).unwrap();
    let coming = overdue(&heap::left(&house, &store, hour).await);
    let mut later: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for _ in 0..60 {
        now = now.checked_add(MINUTE).unwrap();
        for (kind, tally) in store.sweep_by(&mut sweeper, now).await.unwrap() {
            *later.entry(kind).or_default() += tally;
        }
    }
    stop.store(true, Ordering::Relaxed);
    let (beside, falling) = (beside.await.unwrap(), falling.await.unwrap());
    report(&format!("{ground:?}, {rows} rows"), &before, &after, &first, &beside);
    println!("{ground:?}, {rows} rows: replies that were past their time, from look to look: {falling:?}");

    for (before, after) in before.iter().zip(&after) {
        assert_eq!((after.overdue, after.rows), (0, before.rows - before.overdue), "{}", before.what);
    }
    assert!(falling.is_sorted_by(|one, next| one >= next) && falling.last() == Some(&0), "{falling:?}");
    assert!(coming > 0 && later.values().map(|tally| tally.erased).sum::<u64>() > 0, "some became due in the hour");
    assert_eq!(overdue(&heap::left(&house, &store, hour).await), 0, "after the hour");
    let mut all = Tally::default();
    first.values().chain(later.values()).for_each(|tally| all += *tally);
    let Tally { bites, largest, longest, long, .. } = all;
    println!("{ground:?}, {rows} rows: {long} of {bites} bites took over {HELD_MAX:?}, the longest {longest:?}");
    assert!(largest <= 512, "{largest}");
    match ground {
        Ground::Sqlite => assert!(long * 100 <= bites * long_most, "{long} of {bites} held the writer for long"),
        Ground::Postgres => assert!(longest < STATEMENT_MAX, "{longest:?}"),
    }
    assert!(first["replies"].bites >= first["replies"].erased / 512);
    beside.assert_served();
}

fn overdue(left: &[Left]) -> u64 {
    left.iter().map(|left| left.overdue).sum()
}

/// Looks at what is left that was past its time by then, until it is told to stop.
async fn falling(segments: u64, stop: Arc<AtomicBool>, store: GatewayStore, now: Timestamp) -> Vec<u64> {
    // A few looks over the time that it takes.
    let pause = Duration::from_micros(segments * 5);
    let mut seen = Vec::new();
    loop {
        let last = stop.load(Ordering::Relaxed);
        seen.push(heap::overdue_replies(&store, now).await);
        if last {
            return seen;
        }
        tokio::time::sleep(pause).await;
    }
}

fn report(what: &str, before: &[Left], after: &[Left], swept: &BTreeMap<&'static str, Tally>, beside: &Beside) {
    for (before, after) in before.iter().zip(after) {
        println!(
            "{what}: {:9} {:9} rows, {:9} past their time, {:9} left",
            before.what, before.rows, before.overdue, after.rows
        );
    }
    for (kind, Tally { erased, bites, largest, longest, long }) in swept {
        println!(
            "{what}: {kind:14} {erased:9} erased in {bites:7} bites of at most {largest}, the longest {longest:?}, {long} long"
        );
    }
    println!("{what}: {beside}");
}

on_each_database!(d15_retention_on_a_heap_of_years);
