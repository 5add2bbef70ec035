//! C03, C04, C05: sessions come back older than their phones, from a copy, from a replica, key by key, or not at all. The
//! draft's own version decides, each is noticed and counted, and a question is asked once more at most.

use super::applicant::{ANSWERS, DRAFT_FROM, Desk, PATIENT, Point, cases, put_back, question, section_of};
use super::forms::Dice;
use super::world::Phone;
use crate::config::RedisConfig;
use crate::heard::Heard;
use crate::store::{RedisSessions, SessionBackend};
use dayaq_redis::{RedisNode, free_port, until};
use std::path::Path;
use std::sync::Arc;

const FIRST: u64 = 994_501_000_000;

/// Runs a story, and gives how many sessions were found older than their phones.
fn noticed<F: Future<Output = ()>>(story: impl FnOnce() -> F) -> usize {
    Heard::of(story).count("dayaq_sessions_revived_total")
}

/// The phone answers the question after `at` answers, and its session is one of `back` answers: it is asked the question
/// of then, or that of its draft where that is later, once more; every answer of before then counts.
async fn goes_on(desk: &Desk, phone: &mut Phone<'_>, points: &[Point], at: usize, back: usize) {
    let (screen, ends) = desk.send(phone, ANSWERS.get(at).unwrap_or(&"1")).await;
    let least = back.max(section_of(points, at));
    assert!(!ends, "from {at} back to {back}: {screen}");
    let asked = question(points, &screen, least);
    assert_eq!(asked, least, "from {at} back to {back}");
    desk.finish(phone, screen, asked).await;
}

/// A key of Redis has an earlier value, at every point of an application and from every earlier one. In the end one
/// application is handed in.
#[test]
fn c05_a_session_that_is_set_back_is_noticed_each_time_and_its_question_is_asked_again() {
    for profile in ["specification", "dialogue-id"] {
        let mut pairs: Vec<_> = (1..=ANSWERS.len()).flat_map(|at| (0..at).map(move |back| (at, back))).collect();
        let mut dice = Dice(20_261_130);
        while pairs.len() > cases(24) {
            pairs.swap_remove(dice.roll(pairs.len() as u64) as usize);
        }
        let found = noticed(async || {
            let redis = RedisNode::on_a_socket("").started();
            let desk = Desk::at(&redis.url(), profile).await;
            for (number, (at, back)) in (FIRST..).zip(&pairs) {
                let mut phone = desk.phone(number);
                let points = desk.apply(&redis, &mut phone, *at).await;
                put_back(&redis, &desk.world.key(number), &points[*back].session).await;
                goes_on(&desk, &mut phone, &points, *at, *back).await;
            }
        });
        println!("{profile}: {} set back, {found} noticed", pairs.len());
        assert_eq!(found, pairs.len(), "{profile}");
    }
}

/// What was handed in is not offered again, whichever session comes back.
#[test]
fn c05_an_application_that_was_handed_in_is_not_offered_again() {
    let back: Vec<usize> = (0..=ANSWERS.len()).collect();
    let found = noticed(async || {
        let redis = RedisNode::on_a_socket("").started();
        let mut desk = Desk::at(&redis.url(), "dialogue-id").await;
        for (number, back) in (FIRST..).zip(&back) {
            let mut phone = desk.phone(number);
            let points = desk.apply(&redis, &mut phone, ANSWERS.len()).await;
            let screen = points[ANSWERS.len()].screen.clone();
            desk.finish(&mut phone, screen, ANSWERS.len()).await;
            put_back(&redis, &desk.world.key(number), &points[*back].session).await;
            let phone = phone.number;
            if number % 2 == 0 {
                desk.restart();
            }
            let mut phone = desk.phone(phone);
            phone.session = 90;
            let (screen, _) = desk.dial(&mut phone).await;
            assert!(screen.contains("1 Yeni müraciət"), "back to {back}: {screen}");
        }
    });
    println!("{} came back after they were handed in, {found} noticed", back.len());
    assert_eq!(found, back.len());
}

/// The files of a Redis as they were are put back, and the server starts on them. The gateway lives, or starts, too.
#[test]
fn c03_a_copy_of_redis_that_is_put_back_costs_a_repeated_question() {
    let mut found = 0;
    let cases = [(7, 6), (9, 5), (11, 2), (13, 12), (15, 0)];
    for (at, back) in cases {
        for (profile, restarts) in [("specification", true), ("dialogue-id", true), ("dialogue-id", false)] {
            found += noticed(async || {
                let mut redis = RedisNode::on_a_socket("").started();
                let mut desk = Desk::at(&redis.url(), profile).await;
                let mut phone = desk.phone(FIRST);
                let copy = tempfile::tempdir().unwrap();
                let mut points = desk.apply(&redis, &mut phone, back).await;
                copy_folder(&redis.folder().join("appendonlydir"), copy.path());
                for typed in &ANSWERS[back..at] {
                    let screen = desk.send(&mut phone, typed).await.0;
                    let key = desk.world.key(FIRST);
                    let kept = desk.world.store().kept_draft(&key).await.unwrap().map_or(0, |kept| kept.version);
                    points.push(Point { screen, session: Vec::new(), kept });
                }
                redis.kill();
                let folder = redis.folder().join("appendonlydir");
                std::fs::remove_dir_all(&folder).unwrap();
                copy_folder(copy.path(), &folder);
                redis.start();
                let (session, sequence) = (phone.session, phone.sequence);
                if restarts {
                    desk.restart();
                }
                let mut phone = Phone { session, sequence, ..desk.phone(FIRST) };
                goes_on(&desk, &mut phone, &points, at, back).await;
            });
        }
    }
    println!("{} copies put back, {found} noticed", cases.len() * 3);
    assert_eq!(found, cases.len() * 3);
}

/// The replica stands still, the master takes answers and dies, and the replica takes its place.
#[test]
fn c03_a_failover_that_lost_the_last_writes_costs_one_repeated_question() {
    let mut found = 0;
    let cases = [(5, 1), (7, 1), (10, 1), (14, 1), (15, 1), (12, 4)];
    for (at, lost) in cases {
        found += noticed(async || {
            let port = free_port();
            let mut master = RedisNode::on_a_socket(&format!("port {port}\n")).started();
            let replica = RedisNode::on_a_socket(&format!("replicaof 127.0.0.1 {port}\n")).started();
            // By this name the gateway finds whichever is the master.
            let place = tempfile::tempdir().unwrap();
            let known = place.path().join("master.sock");
            std::os::unix::fs::symlink(master.socket(), &known).unwrap();
            let desk = Desk::at(&format!("unix://{}", known.display()), "dialogue-id").await;
            let mut phone = desk.phone(FIRST);
            let mut points = desk.apply(&master, &mut phone, at - lost).await;
            replica.hears_all_of(&master).await;
            replica.freeze();
            let _: i64 = master.ask(&["CLIENT", "KILL", "TYPE", "replica"]).await;
            for typed in &ANSWERS[at - lost..at] {
                let screen = desk.send(&mut phone, typed).await.0;
                let kept = desk.world.store().kept_draft(&desk.world.key(FIRST)).await.unwrap();
                points.push(Point { screen, session: Vec::new(), kept: kept.map_or(0, |kept| kept.version) });
            }
            master.kill();
            replica.thaw();
            let _: String = replica.ask(&["REPLICAOF", "NO", "ONE"]).await;
            std::fs::remove_file(&known).unwrap();
            std::os::unix::fs::symlink(replica.socket(), &known).unwrap();
            goes_on(&desk, &mut phone, &points, at, at - lost).await;
        });
    }
    println!("{} failovers that lost writes, {found} noticed", cases.len());
    assert_eq!(found, cases.len());
}

/// A Redis that keeps nothing is killed under phones at every point, and comes back empty: each draft goes on at its last
/// finished section.
#[test]
fn c04_a_redis_without_persistence_that_restarts_gives_each_draft_back_at_its_last_finished_section() {
    for restarts in [false, true] {
        let found = noticed(async || {
            let mut redis = RedisNode::on_a_socket("appendonly no\n").started();
            let mut config = RedisConfig::at(&redis.url(), PATIENT).unwrap();
            config.allow_unpersisted = true;
            let backend = Arc::new(RedisSessions::new(&config).unwrap());
            backend.connected().await;
            let mut desk = Desk::on("dialogue-id", backend.clone()).await;
            let mut applied = Vec::new();
            for (number, at) in (FIRST..).zip(DRAFT_FROM..=ANSWERS.len()) {
                let mut phone = desk.phone(number);
                let points = desk.apply(&redis, &mut phone, at).await;
                applied.push((number, at, (phone.session, phone.sequence), points));
            }
            let size: usize = redis.ask(&["DBSIZE"]).await;
            assert_eq!(size, applied.len(), "one session for each phone");
            redis.kill();
            redis.start();
            let size: usize = redis.ask(&["DBSIZE"]).await;
            assert_eq!(size, 0, "it has kept nothing");
            until("it is found again", async || backend.ready().await.is_ok()).await;
            if restarts {
                desk.restart();
            }
            for (number, at, (session, sequence), points) in applied {
                let section = section_of(&points, at);
                let mut phone = Phone { session, sequence, ..desk.phone(number) };
                let (mut screen, ends) = desk.send(&mut phone, ANSWERS.get(at).unwrap_or(&"1")).await;
                // Nobody knows of the radio session any more: the phone is let go, and dials again.
                assert_eq!(ends, restarts, "{at}: {screen}");
                if points[at].kept == 0 {
                    continue;
                }
                if restarts {
                    screen = desk.dial(&mut phone).await.0;
                    assert!(screen.contains("1 Davam et"), "{screen}");
                    screen = desk.send(&mut phone, "1").await.0;
                }
                let asked = question(&points, &screen, section);
                assert_eq!(asked, section, "after {at} answers");
                desk.finish(&mut phone, screen, asked).await;
            }
        });
        let expected = if restarts { 0 } else { ANSWERS.len() - DRAFT_FROM + 1 };
        assert_eq!(found, expected, "an empty store has nothing that is older");
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
