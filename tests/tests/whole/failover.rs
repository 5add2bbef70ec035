//! The databases away, held by somebody, or failed over: what phones hear meanwhile, and what is there afterwards.

use crate::crash::second_try;
use crate::family::{ALONE, QUBA};
use crate::program::root;
use crate::raw_smsc::{Line, RawSmsc};
use crate::serve_config::address;
use crate::stage::{Setting, Stage, eventually, read_only, reference};
use dayaq_postgres::{PostgresDatabase, PostgresPair, PostgresServer, Valve};
use dayaq_redis::RedisNode;
use dayaq_smpp::{Address, CommandId, CommandStatus, ShortMessage};
use dayaq_types::{Clock, SystemClock};
use sqlx::{Connection, Executor};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::block_in_place;

const RECORDED: &str = "Ваши данные сохранены";
const NOT_REGISTERED: &str = "Пока не принято";
/// What a person who sends an application off waits at most: the reply budget of 3 s and the second for recording it,
/// with room for a machine that runs other tests.
const HEARD: Duration = Duration::from_secs(7);
/// How soon a recorded call is carried out, once the core is back (D01).
const APPLIED: Duration = Duration::from_secs(30);
/// How soon the service is back, once a server takes changes.
const BACK: Duration = Duration::from_secs(10);

/// What a start says of several servers none of which is a synchronous standby.
const MAY_LOSE: &str = "a failover may lose what was said to be recorded";

async fn is_ready(stage: &Stage, status: u16) {
    eventually("it says how it is", async || (stage.page("/readyz").await.0 == status).then_some(())).await;
}

/// Calls that wait in the gateway's file, and how often they have been tried.
async fn waiting(stage: &Stage) -> Vec<i64> {
    let open = "SELECT attempts FROM pending_calls WHERE finished_at IS NULL";
    let mut file = read_only(&stage.config.gateway_database()).await;
    sqlx::query_scalar(open).fetch_all(&mut file).await.expect("it is read")
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_what_is_recorded_while_the_cores_database_is_down_is_registered_once_when_it_is_up() {
    let server = PostgresServer::start();
    server.create_database("core").await;
    let mut stage = Stage::set(Setting::default()).await;
    stage.config = stage.config.core_postgres(&server.url("core"));
    stage.start().await;
    let (phone, clock) = (stage.phone(ALONE.number), SystemClock::new());
    ALONE.until_confirm(&phone).await;
    block_in_place(|| server.kill());
    let asked = clock.monotonic();
    phone.send("1").await.says(RECORDED).ends();
    assert!(clock.monotonic() - asked < HEARD, "{:?}", clock.monotonic() - asked);
    assert_eq!(waiting(&stage).await.len(), 1, "it is committed before the phone hears so");
    eventually("it is tried in vain", async || waiting(&stage).await.first().filter(|tries| **tries > 1).copied())
        .await;
    block_in_place(|| server.start_again());
    let up = clock.monotonic();
    let number = eventually("it is registered", async || {
        let mut core = server.aside("core").await;
        let found = "SELECT reference FROM dayaq_core.applications";
        sqlx::query_scalar::<_, String>(found).fetch_all(&mut core).await.expect("it serves").pop()
    })
    .await;
    println!("registered {:?} after the database was up", clock.monotonic() - up);
    assert!(clock.monotonic() - up <= APPLIED);
    assert_eq!(reference(&phone.text().await), Some(number.clone()));
    eventually("nothing waits", async || waiting(&stage).await.is_empty().then_some(())).await;
    assert_eq!(stage.references().await, [number], "once");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d01_what_can_be_recorded_nowhere_is_not_called_recorded_and_a_killed_primary_is_followed_by_its_standby() {
    fails_over(|pair| pair.primary.kill()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d14_a_silent_primary_is_followed_by_its_standby_and_no_phone_is_left_without_an_answer() {
    fails_over(|pair| pair.valves[0].silence(true)).await;
}

/// One family is registered, one is about to be, one is in the middle when the primary is lost.
async fn fails_over(lose: impl FnOnce(&PostgresPair)) {
    let (redis, pair) = (RedisNode::syncing().started(), PostgresPair::streaming(true).await);
    let setting = Setting { redis: Some(redis.url()), postgres: Some(pair.url()), ..Setting::default() };
    let stage = Stage::up(setting).await;
    assert!(!stage.log().contains(MAY_LOSE), "a synchronous standby has all that is answered");
    let (registered, confirms, midway) =
        (stage.phone(QUBA.number), stage.phone(ALONE.number), stage.phone("994501234577"));
    QUBA.until_confirm(&registered).await;
    let first = registered.send("1").await.says(QUBA.registered).reference();
    ALONE.until_confirm(&confirms).await;
    ALONE.begin(&midway, 4).await;

    block_in_place(|| lose(&pair));
    let clock = SystemClock::new();
    confirms.send("1").await.says(NOT_REGISTERED).ends();
    let heard = clock.monotonic();
    assert!(heard < HEARD, "{heard:?}");
    let (typed, says) = ALONE.answers[4];
    midway.send(typed).await.says(says);
    let went_on = clock.monotonic() - heard;
    assert!(went_on < HEARD, "{went_on:?}");
    // Who dials for the first time has nothing that could be kept, and is let go.
    stage.phone("994501234578").dial().await.says("142").ends();
    let let_go = clock.monotonic() - heard - went_on;
    assert!(let_go < HEARD, "{let_go:?}");
    is_ready(&stage, 503).await;

    pair.standby.promote().await;
    let promoted = clock.monotonic();
    is_ready(&stage, 200).await;
    let back = clock.monotonic() - promoted;
    println!(
        "heard after {heard:?}, the other went on after {went_on:?}, a third was let go after {let_go:?}, back {back:?} after the promotion"
    );
    assert!(back <= BACK, "{back:?}");
    let second = second_try(&confirms).await;
    registered.dial().await.says(QUBA.menu);
    assert_eq!(registered.send("2").await.reference(), first, "what was told is so");
    let mut after = pair.standby.aside(pair.database()).await;
    let numbers: Vec<String> = sqlx::query_scalar("SELECT reference FROM dayaq_core.applications ORDER BY seq")
        .fetch_all(&mut after)
        .await
        .expect("it serves");
    assert_eq!(numbers, [first, second], "each once");
    ALONE.answer(&midway, midway.send(ALONE.answers[5].0).await, 6, 7).await;
    stage.assert_sound().await;
}

/// Delivers the first text of each phone at once.
async fn bring(line: &mut Line, phones: &BTreeSet<String>) {
    for phone in phones {
        let message = ShortMessage {
            source: Address::new(1, 1, phone).expect("it is short"),
            destination: Address::new(0, 1, "7142").expect("it is short"),
            short_message: "Salam".into(),
            ..ShortMessage::default()
        };
        let pdu = line.deliver_sm(&message);
        line.write(&pdu).await;
    }
}

/// What the operator hears of each.
async fn heard(line: &mut Line, phones: &BTreeSet<String>) -> Vec<CommandStatus> {
    let mut heard = Vec::new();
    for _ in phones {
        heard.push(line.wait_for(CommandId::DELIVER_SM.response()).await.command_status);
    }
    heard
}

/// Both.
async fn write(line: &mut Line, phones: &BTreeSet<String>) -> Vec<CommandStatus> {
    bring(line, phones).await;
    heard(line, phones).await
}

/// Each of these phones gets one text and no other.
async fn each_has_one_text(line: &mut Line, phones: &BTreeSet<String>) {
    let mut answered = Vec::new();
    while answered.len() < phones.len() {
        answered.push(line.text().await.0);
    }
    assert_eq!(&answered.into_iter().collect::<BTreeSet<_>>(), phones, "one text each");
}

/// Phones of people who write.
fn writers() -> BTreeSet<String> {
    (0..40).map(|n| format!("99455{:07}", 4_000_000 + n)).collect()
}

/// Somebody holds the tables, so that every connection waits for them and more callers come than there are connections.
#[tokio::test(flavor = "multi_thread")]
async fn d07_while_the_tables_are_held_texts_are_brought_again_and_then_nobody_queues() {
    let (redis, database, smsc) =
        (RedisNode::syncing().started(), PostgresDatabase::create().await, RawSmsc::listen().await);
    let setting = Setting { redis: Some(redis.url()), postgres: Some(database.url()), ..Setting::default() };
    let mut stage = Stage::set(setting).await;
    stage.config = stage.config.reach(&address(smsc.addr()));
    stage.start_unbound();
    let mut line = smsc.bound().await;
    let phones = writers();
    let mut aside = database.aside().await;
    let mut held = aside.begin().await.expect("it serves");
    held.execute(HELD).await.expect("a lock");
    let clock = SystemClock::new();
    for _ in 0..3 {
        let heard = write(&mut line, &phones).await;
        assert!(heard.iter().all(|status| *status == CommandStatus::RX_T_APPN), "{heard:?}");
    }
    let shed = clock.monotonic();
    held.rollback().await.expect("it serves");
    let heard = write(&mut line, &phones).await;
    let taken = clock.monotonic() - shed;
    println!("three times 40 texts shed in {shed:?}, 40 taken in {taken:?} once the tables were free");
    assert!(heard.iter().all(|status| *status == CommandStatus::ROK), "{heard:?}");
    // Each round waits for a connection for a second at most and for the tables as long as a turn has patience.
    assert!(shed < Duration::from_secs(3 * 8) && taken < Duration::from_secs(5), "{shed:?}, {taken:?}");
    each_has_one_text(&mut line, &phones).await;
    stage.assert_sound().await;
}

/// Takes the tables that every text needs.
const HELD: &str = "LOCK TABLE public.texts, public.drafts, public.profiles IN ACCESS EXCLUSIVE MODE";
/// The server's processes for the gateway that wait for them.
const IN_FLIGHT: &str = "SELECT array_agg(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'dayaq-gateway' AND wait_event_type = 'Lock'";
/// How many of those the server still has.
const STILL_THERE: &str = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)";
/// Connections that a gateway holds at most unless told otherwise.
const CONNECTIONS: usize = 8;

/// The server falls silent, and not its standby takes over: it is itself back, and finds none of the connections of before.
#[tokio::test(flavor = "multi_thread")]
async fn d14_a_server_that_fell_silent_with_every_connection_in_flight_serves_again_within_ten_seconds() {
    let (redis, server, smsc) = (RedisNode::syncing().started(), PostgresServer::start(), RawSmsc::listen().await);
    server.create_database("dayaq").await;
    let valve = Valve::before(server.socket()).await;
    let setting = Setting { redis: Some(redis.url()), postgres: Some(valve.url("dayaq")), ..Setting::default() };
    let mut stage = Stage::set(setting).await;
    stage.config = stage.config.reach(&address(smsc.addr()));
    stage.start_unbound();
    let mut line = smsc.bound().await;
    is_ready(&stage, 200).await;
    let (mut aside, mut onlooker) = (server.aside("dayaq").await, server.aside("dayaq").await);
    let mut held = aside.begin().await.expect("it serves");
    held.execute(HELD).await.expect("a lock");
    let phones = writers();
    bring(&mut line, &phones).await;
    let in_flight = eventually("each connection has asked and waits", async || {
        let waiting: Option<Vec<i32>> =
            sqlx::query_scalar(IN_FLIGHT).fetch_one(&mut onlooker).await.expect("it serves");
        waiting.filter(|waiting| waiting.len() == CONNECTIONS)
    })
    .await;
    valve.silence(true);
    let refused = heard(&mut line, &phones).await;
    assert!(refused.iter().all(|status| *status == CommandStatus::RX_T_APPN), "{refused:?}");
    is_ready(&stage, 503).await;
    held.rollback().await.expect("it serves");
    eventually("the server finds each of them closed, though nothing that it says arrives", async || {
        let there = sqlx::query_scalar::<_, i64>(STILL_THERE).bind(&in_flight).fetch_one(&mut onlooker).await;
        (there.expect("it serves") == 0).then_some(())
    })
    .await;
    assert_eq!(write(&mut line, &phones).await, refused, "as long as it is silent");

    valve.silence(false);
    let clock = SystemClock::new();
    is_ready(&stage, 200).await;
    let back = clock.monotonic();
    println!("{} connections were closed; ready {back:?} after the server could be reached", in_flight.len());
    assert!(back <= BACK, "{back:?}");
    let taken = write(&mut line, &phones).await;
    assert!(taken.iter().all(|status| *status == CommandStatus::ROK), "{taken:?}");
    each_has_one_text(&mut line, &phones).await;
    stage.assert_sound().await;
}

/// What a server may answer before it has written is lost with it, and phones were told otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn d08_a_server_that_answers_before_it_has_written_is_not_served_from() {
    let database = PostgresDatabase::create().await;
    let mut stage = Stage::set(Setting { postgres: Some(database.url()), ..Setting::default() }).await;
    let commits = async |value: &str| {
        let sql = format!("ALTER DATABASE {} SET synchronous_commit = {value}", database.name());
        database.aside().await.execute(&*sql).await.expect("its owner");
    };
    for value in ["off", "local", "remote_write"] {
        commits(value).await;
        let said = stage.refuses();
        assert!(said.contains(&format!("synchronous_commit = {value}")) && said.contains("set it to on"), "{said}");
    }
    for value in ["on", "remote_apply"] {
        commits(value).await;
        stage.start().await;
        is_ready(&stage, 200).await;
        stage.terminate().await;
    }
}

/// What may be lost all the same is written where the address is, and said at the start.
#[tokio::test(flavor = "multi_thread")]
async fn d08_a_start_without_a_synchronous_standby_says_what_a_failover_may_lose() {
    let pair = PostgresPair::streaming(false).await;
    let stage = Stage::up(Setting { postgres: Some(pair.url()), ..Setting::default() }).await;
    assert!(stage.log().contains(MAY_LOSE), "{}", stage.log());
    let example = std::fs::read_to_string(root().join("config/serve.example.toml")).expect("it ships");
    let words: String = example.lines().map(|line| line.trim_start_matches(['#', ' ']).to_owned() + " ").collect();
    let rpo =
        "a failover loses nothing that was said to be recorded; without one it loses what the standby had not received";
    assert!(words.contains(rpo), "the example says how much is lost");
}
