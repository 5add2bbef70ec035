//! C03: a failover that loses the last writes: nothing that a phone was told is lost, and it is asked one question again.

use crate::family::ALONE;
use crate::redis_failover::behind;
use crate::stage::{Setting, Stage, eventually};
use crate::walker::{Walker, number_of};
use dayaq_redis::{RedisNode, Sentinels};
use dayaq_types::{Clock, SystemClock};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::block_in_place;

/// People in the middle of an application; each has given one answer more than the one before, up to the last question
/// and then from the first again.
const PEOPLE: usize = 8;
/// The first of them has given so many, and has a draft.
const FIRST: usize = 7;
/// For so long the replicas stand still before the master dies.
const PAUSE: Duration = Duration::from_millis(500);

/// How many answers that person has given.
fn answers(person: usize) -> usize {
    FIRST + person % (ALONE.answers.len() - FIRST)
}

/// Does all of it at the same time.
async fn at_once<T: Send + 'static>(works: impl IntoIterator<Item: Future<Output = T> + Send + 'static>) -> Vec<T> {
    let mut done = Vec::new();
    for work in works.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
        done.push(work.await.expect("no panic"));
    }
    done
}

/// The number of each session, which counts its writes, as that server has it.
async fn sessions(server: &RedisNode) -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    let keys: Vec<String> = server.ask(&["KEYS", "dayaq:*:s"]).await;
    // What a look at readiness leaves for a moment is none.
    for key in keys.into_iter().filter(|key| !key.contains("{ready}")) {
        let number: Option<String> = server.ask(&["HGET", &key, "n"]).await;
        numbers.extend(number.map(|number| (key, number)));
    }
    numbers
}

/// The replicas stand still for a moment. Meanwhile one person hands in and is told the number, and others each give an
/// answer and are shown the next question. Then the master is killed, and a replica that has heard nothing of it takes over.
#[tokio::test(flavor = "multi_thread")]
async fn c03_a_failover_that_loses_the_last_writes_repeats_one_question_and_loses_nothing_that_was_told() {
    let mut all = Sentinels::up().await;
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.keep_sessions(&behind(&all));
    stage.start().await;
    let last = stage.phone(ALONE.number);
    ALONE.until_confirm(&last).await;
    let walker = |number| Walker::new(number, stage.phone(&number_of(number)), Duration::ZERO, &Arc::default());
    let people = at_once((0..PEOPLE).map(|number| walker(number).reach(answers(number)))).await;
    let reign = loop {
        let reign = all.settled().await;
        if all.have_heard(reign).await {
            break reign;
        }
    };
    let (clock, master) = (SystemClock::new(), &all.servers[reign.master]);
    let replicated = sessions(master).await;
    let paused = clock.monotonic();
    let replicas = || all.servers.iter().enumerate().filter(|(at, _)| *at != reign.master).map(|(_, server)| server);
    replicas().for_each(RedisNode::freeze);
    let _: i64 = master.ask(&["CLIENT", "KILL", "TYPE", "replica"]).await;
    let told = last.send("1").await.says(ALONE.registered).ends().reference();
    let people = at_once(people.into_iter().map(Walker::step)).await;
    // Whoever thinks for as long as the replicas stand still gives one answer meanwhile.
    tokio::time::sleep(PAUSE.saturating_sub(clock.monotonic() - paused)).await;
    let at_death = sessions(master).await;
    block_in_place(|| all.servers[reign.master].kill());
    let paused = clock.monotonic() - paused;
    let replicas = || all.servers.iter().enumerate().filter(|(at, _)| *at != reign.master).map(|(_, server)| server);
    let mut survived = Vec::new();
    for replica in replicas() {
        replica.thaw();
        survived.push(sessions(replica).await);
    }
    let lost =
        |now: &BTreeMap<String, String>| at_death.iter().filter(|(key, number)| now.get(*key) != Some(number)).count();
    assert!(survived.iter().all(|of| lost(of) > PEOPLE), "the last write of each is lost: {at_death:?}, {survived:?}");
    assert!(survived.iter().all(|of| of.len() == replicated.len()), "and those before it are there");
    all.promoted(reign.master).await;
    let walked = at_once(people.into_iter().map(Walker::walk_on)).await;
    let asked_again: Vec<usize> = walked.iter().map(|walked| walked.lost).collect();
    let failovers = all.failovers().await - reign.epoch;
    let noticed = stage.metric("dayaq_sessions_revived_total").await;
    println!(
        "the replicas stood still for {paused:?}; {} sessions lost their last write, {noticed} were noticed; of the \
         questions whose answers had been heard {asked_again:?} were asked again",
        lost(&survived[0])
    );
    // One for each phone, and for each failover: a slow machine may take a master that lives for dead.
    assert!(
        asked_again.iter().all(|questions| *questions as u64 <= failovers),
        "{asked_again:?}, {failovers} failovers"
    );
    assert!(asked_again.iter().any(|questions| *questions >= 1), "something was lost");
    // Who was told the number has handed in, whatever the session says that came back.
    let seen = eventually("it is served", async || {
        let seen = last.0.dial("*7142#").await.ok()?;
        seen.more.then_some(seen.text)
    })
    .await;
    assert!(seen.contains(ALONE.menu) && !seen.contains(ALONE.go_on), "{seen}");
    let mut references: BTreeSet<String> = walked.into_iter().map(|walked| walked.reference).collect();
    references.insert(told);
    assert_eq!(references.len(), PEOPLE + 1, "one number each");
    assert_eq!(
        stage.references().await.into_iter().collect::<BTreeSet<_>>(),
        references,
        "what was told is what is kept"
    );
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0, "the link did not suffer");
    stage.assert_sound().await;
}
