//! Phones that dial and never answer.

use crate::family::ALONE;
use crate::stage::{Setting, Stage, eventually, full};
use dayaq_types::{Clock, SystemClock};
use tokio::task::JoinSet;

/// Phones that are at their first screen at once.
const PHONES: u32 = 10_000;
/// Dials that are under way at once.
const SIDE_BY_SIDE: u32 = 64;

/// What a process holds: kilobytes resident, threads.
fn held(id: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let line = |name: &str| {
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {status}"))
    };
    (line("VmRSS:"), line("Threads:"))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_half_open_sessions_hold_no_task_and_little_memory_and_others_are_served() {
    let phones = if full() { PHONES } else { PHONES / 10 };
    let stage = Stage::up(Setting::default()).await;
    stage.phone(ALONE.number).dial().await.says("1 Azərbaycanca");
    let id = stage.serve().process.id();
    let (before, threads) = held(id);
    let clock = SystemClock::new();
    let mut dialling = JoinSet::new();
    for lane in 0..SIDE_BY_SIDE {
        let own: Vec<_> = (lane..phones).step_by(SIDE_BY_SIDE as usize).collect();
        let own: Vec<_> = own.into_iter().map(|number| stage.phone(&format!("99455{number:07}"))).collect();
        dialling.spawn(async move {
            for phone in &own {
                phone.dial().await.says("1 Azərbaycanca");
            }
            own
        });
    }
    let open: Vec<_> = dialling.join_all().await.into_iter().flatten().collect();
    assert!(open.iter().all(|phone| phone.0.in_session()), "each is at its first screen");
    eventually("no turn is under way", async || (stage.metric("dayaq_turns_under_way").await == 0.0).then_some(()))
        .await;
    let (after, threads_after) = held(id);
    println!(
        "{phones} half-open sessions in {:?}: {before} kB before, {after} kB after, {threads} and {threads_after} threads",
        clock.monotonic()
    );
    assert!(after.saturating_sub(before) < 32 * 1024 + u64::from(phones) * 8, "{before} kB, {after} kB");
    assert!(threads_after < threads + 32, "{threads}, {threads_after}");

    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    assert_eq!(stage.references().await, [number]);
    assert_eq!(stage.metric("dayaq_neutral_ends_total").await, 0.0, "nobody was let go");
    stage.assert_sound().await;
}
