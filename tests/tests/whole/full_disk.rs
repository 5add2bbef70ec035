//! D03: no room on the disk. What cannot be kept is not taken, and with room again all goes on by itself.

use crate::disk::Disk;
use crate::raw_smsc::{Line, RawSmsc, header};
use crate::serve_config::address;
use crate::stage::{Setting, Stage, eventually, read_only};
use dayaq_postgres::PostgresServer;
use dayaq_redis::RedisNode;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, CommandId, CommandStatus, ShortMessage};
use sqlx::Executor;
use std::collections::BTreeMap;
use std::path::Path;

/// Texts after which a disk that takes them all is not full.
const TRIES: u32 = 5_000;

async fn stage_before(smsc: &RawSmsc, setting: Setting) -> Stage {
    let mut stage = Stage::set(setting).await;
    stage.config = stage.config.reach(&address(smsc.addr())).gateway("replies_per_minute = 100000");
    stage
}

fn number(n: u32) -> String {
    format!("99455{:07}", 3_000_000 + n)
}

/// Delivers the first text of a phone, and gives what the operator hears.
async fn write(line: &mut Line, n: u32) -> CommandStatus {
    let message = ShortMessage {
        source: Address::new(1, 1, number(n)).expect("it is short"),
        destination: Address::new(0, 1, "7142").expect("it is short"),
        short_message: "Salam".into(),
        ..ShortMessage::default()
    };
    let pdu = line.deliver_sm(&message);
    line.write(&pdu).await;
    let response = line.wait_for(CommandId::DELIVER_SM.response()).await;
    assert_eq!(response.sequence_number, header(&pdu).sequence_number);
    response.command_status
}

/// Texts of other phones until one is not taken; gives how many were, which is the number of the one that was not.
async fn until_refused(line: &mut Line, from: u32) -> u32 {
    for n in from..from + TRIES {
        match write(line, n).await {
            CommandStatus::ROK => {}
            refused => {
                assert_eq!(refused, CommandStatus::RX_T_APPN, "it is brought again");
                return n;
            }
        }
    }
    panic!("the disk is not full");
}

/// Each of these phones gets one text and no other.
async fn each_is_answered_once(line: &mut Line, phones: u32, answered: &mut BTreeMap<String, u32>) {
    while answered.len() < phones as usize {
        let (to, _) = line.text().await;
        *answered.entry(to).or_default() += 1;
    }
    let twice: Vec<_> = answered.iter().filter(|(_, texts)| **texts > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!((0..phones).all(|n| answered.contains_key(&number(n))));
}

async fn is_ready(stage: &Stage, status: u16) {
    eventually("it says how it is", async || (stage.page("/readyz").await.0 == status).then_some(())).await;
}

async fn integrity(path: &Path) -> String {
    sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut read_only(path).await).await.expect("it is read")
}

#[tokio::test(flavor = "multi_thread")]
async fn d03_a_full_disk_under_sqlite_takes_nothing_that_it_does_not_keep_and_needs_no_repair() {
    let smsc = RawSmsc::listen().await;
    let mut stage = stage_before(&smsc, Setting::default()).await;
    let Some(disk) = Disk::over(stage.config.folder(), 64, "D03 on SQLite") else { return };
    stage.start_unbound();
    let mut line = smsc.bound().await;
    line.dial().await;
    assert!(line.send("2").await.0.contains("1 Новое заявление"));
    disk.fill();
    let refused = until_refused(&mut line, 0).await;
    // Who waits before a screen is let go, and told nothing that is not so.
    let turn = line.turn(UssdEvent::Continue, "1");
    let (screen, more) = line.exchange(&turn).await;
    assert!(screen.contains("142") && !more, "{screen}");
    is_ready(&stage, 503).await;
    assert_eq!(write(&mut line, refused).await, CommandStatus::RX_T_APPN, "as long as it is full");
    disk.free();
    is_ready(&stage, 200).await;
    assert_eq!(write(&mut line, refused).await, CommandStatus::ROK, "the operator brings it again");
    let mut answered = BTreeMap::new();
    each_is_answered_once(&mut line, refused + 1, &mut answered).await;
    println!("{refused} texts were taken before the disk was full");
    assert!(line.dial().await.0.contains("1 Новое заявление"), "the language was kept");
    stage.assert_sound().await;
    let mut serve = stage.serve.take().expect("it runs");
    tokio::task::block_in_place(|| serve.process.kill());
    for file in [stage.config.gateway_database(), stage.config.core_database()] {
        assert_eq!(integrity(&file).await, "ok", "{}", file.display());
    }
    stage.start_unbound();
    let caller = line.reset();
    let mut line = smsc.bound().await;
    line.hand_to(caller);
    assert!(line.dial().await.0.contains("1 Новое заявление"), "and outlives the restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn d03_a_full_disk_under_postgres_takes_nothing_that_it_does_not_keep_and_needs_no_repair() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(disk) = Disk::over(folder.path(), 256, "D03 on PostgreSQL") else { return };
    let (redis, server) = (RedisNode::syncing().started(), PostgresServer::start_below(folder.path()));
    server.create_database("dayaq").await;
    let smsc = RawSmsc::listen().await;
    let setting = Setting { redis: Some(redis.url()), postgres: Some(server.url("dayaq")), ..Setting::default() };
    let mut stage = stage_before(&smsc, setting).await;
    stage.start_unbound();
    let mut line = smsc.bound().await;
    assert_eq!(write(&mut line, 0).await, CommandStatus::ROK);
    // A table that has no room to grow: the server goes on and refuses.
    disk.fill();
    let refused = until_refused(&mut line, 1).await;
    disk.free();
    assert_eq!(write(&mut line, refused).await, CommandStatus::ROK, "the operator brings it again");
    let mut answered = BTreeMap::new();
    each_is_answered_once(&mut line, refused + 1, &mut answered).await;
    // A log that has none: the server ends. Whoever watches it starts it again once there is room.
    disk.fill();
    let mut aside = server.aside("dayaq").await;
    let mut switched = 0;
    while aside.execute("SELECT pg_logical_emit_message(true, '', 'x'); SELECT pg_switch_wal()").await.is_ok() {
        switched += 1;
        assert!(switched < 100, "the log finds room");
    }
    let again = until_refused(&mut line, refused + 1).await;
    is_ready(&stage, 503).await;
    tokio::task::block_in_place(|| server.kill());
    disk.free();
    tokio::task::block_in_place(|| server.start_again());
    is_ready(&stage, 200).await;
    assert_eq!(write(&mut line, again).await, CommandStatus::ROK, "the operator brings it again");
    each_is_answered_once(&mut line, again + 1, &mut answered).await;
    println!("{again} texts were taken before the log was full");
    stage.assert_sound().await;
    drop(stage);
    drop(server);
}
