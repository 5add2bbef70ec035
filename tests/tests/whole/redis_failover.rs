//! The master of the sessions dies under load, behind Sentinels and in a Cluster: phones go on, and nothing that was told is
//! lost.

use crate::invariants::{After, assert_invariants};
use crate::stage::{Phone, Setting, Stage, eventually, full, seed};
use crate::walker::{Walker, number_of};
use dayaq_redis::{Cluster, Sentinels};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::block_in_place;

/// How many phones there are, and how long each thinks: 500 turns a second where all are asked for.
fn load() -> (usize, Duration) {
    if full() { (500, Duration::from_secs(1)) } else { (16, Duration::from_millis(150)) }
}

/// Everybody applies, and in the middle of it the master dies. Gives how many questions a phone had to answer again at most.
async fn is_outlived(what: &str, sessions: &str, papers: &[(&str, &str)], kill: impl AsyncFnOnce()) -> usize {
    let mut stage = Stage::set(Setting::default()).await;
    papers.iter().for_each(|(name, text)| stage.config.put(name, text));
    stage.config.keep_sessions(sessions);
    stage.start().await;
    let (phones, think) = load();
    let ahead = Arc::new(AtomicUsize::new(0));
    let walkers: Vec<_> = (0..phones)
        .map(|number| tokio::spawn(Walker::new(number, stage.phone(&number_of(number)), think, &ahead).walk()))
        .collect();
    eventually("everybody is in the middle", async || {
        let done = ahead.load(Ordering::SeqCst) >= phones || walkers.iter().any(|walker| walker.is_finished());
        done.then_some(())
    })
    .await;
    kill().await;
    let mut walked = Vec::new();
    for walker in walkers {
        walked.push(walker.await.expect("it applies"));
    }
    let told: BTreeSet<String> = walked.iter().map(|walked| walked.reference.clone()).collect();
    let kept: BTreeSet<String> = stage.references().await.into_iter().collect();
    assert_eq!(told, kept, "what was told is what is kept");
    assert_eq!(kept.len(), phones, "one for each phone");
    let most = walked.iter().map(|walked| walked.repeated).max().unwrap_or_default();
    let mut trouble: Vec<Duration> = walked.iter().map(|walked| walked.trouble).collect();
    trouble.sort();
    let (median, p99) = (trouble[phones / 2], trouble[(phones * 99).div_ceil(100) - 1]);
    println!(
        "seed {}: {what}, {phones} phones: {} of them in trouble, {median:.1?} at the median and {p99:.1?} at p99; \
         at most {most} repeated",
        seed(),
        trouble.iter().filter(|trouble| !trouble.is_zero()).count(),
    );
    let handsets: Vec<Phone> = walked.iter().map(|walked| walked.phone.clone()).collect();
    assert_invariants(&stage, &handsets, After::NOTHING).await;
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0, "the link did not suffer");
    most
}

/// At most one question is repeated a phone, for each failover: where a machine is so slow that a master that lives is
/// taken for dead, there may be more than the one.
fn assert_few(most: usize, failovers: u64) {
    assert!(failovers >= 1, "the master was replaced");
    assert!(most as u64 <= failovers, "{most} questions were repeated for {failovers} failovers");
}

/// What a configuration says of sessions behind them.
pub fn behind(all: &Sentinels) -> String {
    let (user, password) = Sentinels::USER;
    format!(
        "store = \"redis\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
         sentinel = {{ urls = [{}], master = \"{}\", password = \"{}\" }}",
        quoted(&all.urls()),
        Sentinels::MASTER,
        Sentinels::PASSWORD
    )
}

fn quoted(urls: &[String]) -> String {
    urls.iter().map(|url| format!("{url:?}")).collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn c16_the_death_of_the_master_behind_sentinels_costs_at_most_one_repeated_question() {
    let mut all = Sentinels::up().await;
    let sessions = behind(&all);
    let before = all.failovers().await;
    let most = is_outlived("the master behind Sentinels was killed", &sessions, &[], async || {
        block_in_place(|| all.servers[0].kill());
        all.promoted(0).await;
    })
    .await;
    assert_few(most, all.failovers().await - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn c16_the_death_of_a_clusters_master_costs_at_most_one_repeated_question() {
    let mut cluster = Cluster::up().await;
    let (user, password) = Cluster::USER;
    let sessions = format!(
        "store = \"redis\"\nuser = \"{user}\"\npassword = \"{password}\"\n\
         cluster = {{ urls = [{}] }}\ntls = {{ ca_file = \"redis-ca.pem\" }}",
        quoted(&cluster.urls())
    );
    let authority = cluster.papers.authority().to_owned();
    let before = cluster.failovers().await;
    let most = is_outlived("a Cluster's master was killed", &sessions, &[("redis-ca.pem", &authority)], async || {
        block_in_place(|| cluster.nodes[0].kill());
        cluster.promoted(0).await;
    })
    .await;
    assert_few(most, cluster.failovers().await - before);
}
