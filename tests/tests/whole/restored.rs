//! A store that was restored from an older copy does no harm: it is noticed at the start, said with its remedy, and gone on
//! with only when somebody says so; then nothing happens twice.

use crate::family::{ALONE, Family, QUBA};
use crate::invariants::{After, assert_invariants};
use crate::program::{run, text};
use crate::stage::{Phone, Seen, Setting, Stage, eventually};
use dayaq_postgres::PostgresServer;
use dayaq_redis::RedisNode;
use std::fs;
use std::path::{Path, PathBuf};

/// What an SQLite database is in, beside its lock.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];
/// Somebody who is in the middle of a dialogue, and how many answers they have given when the copies are made: the first
/// section is finished by then.
const MIDWAY: &str = "994501234577";
const ANSWERED: usize = 8;

fn part(store: &Path, part: &str) -> PathBuf {
    PathBuf::from(format!("{}{part}", store.display()))
}

/// Puts one SQLite database in the place of another; of one that is not there nothing is left.
fn copy_file(from: &Path, to: &Path) {
    for name in PARTS {
        let _ = fs::remove_file(part(to, name));
        if part(from, name).exists() {
            fs::copy(part(from, name), part(to, name)).expect("a store");
        }
    }
}

/// A store that may be put back.
#[derive(Clone, Copy)]
enum Store {
    Core,
    Gateway,
}

impl Store {
    const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Gateway => "gateway",
        }
    }

    fn file(self, stage: &Stage) -> PathBuf {
        match self {
            Self::Core => stage.config.core_database(),
            Self::Gateway => stage.config.gateway_database(),
        }
    }
}

/// What the service stands on.
enum Ground {
    /// Files, with the sessions in the gateway's.
    Files,
    /// Redis, and a database for each store.
    Servers(RedisNode, PostgresServer),
}

impl Ground {
    fn servers() -> Self {
        Self::Servers(RedisNode::syncing().started(), PostgresServer::start())
    }

    async fn up(&self) -> Stage {
        let Self::Servers(redis, server) = self else { return Stage::up(Setting::default()).await };
        let [core, gateway] = [Store::Core, Store::Gateway].map(Store::name);
        server.create_database(core).await;
        server.create_database(gateway).await;
        let setting = Setting { redis: Some(redis.url()), postgres: Some(server.url(gateway)), ..Setting::default() };
        let mut stage = Stage::set(setting).await;
        stage.config = stage.config.core_postgres(&server.url(core));
        stage.start().await;
        stage
    }

    /// Makes a copy of a store on which nothing runs.
    async fn save(&self, stage: &Stage, store: Store) {
        match self {
            Self::Files => copy_file(&store.file(stage), &part(&store.file(stage), "-copy")),
            Self::Servers(_, server) => {
                server.copy_database(store.name(), &format!("{}_copy", store.name())).await;
            }
        }
    }

    /// Puts the copy in the store's place.
    async fn put_back(&self, stage: &Stage, store: Store) {
        match self {
            Self::Files => copy_file(&part(&store.file(stage), "-copy"), &store.file(stage)),
            Self::Servers(_, server) => {
                server.copy_database(&format!("{}_copy", store.name()), store.name()).await;
            }
        }
    }

    /// Puts an empty one there.
    async fn empty(&self, stage: &Stage, store: Store) {
        match self {
            Self::Files => copy_file(Path::new("/nowhere"), &store.file(stage)),
            Self::Servers(_, server) => {
                server.drop_database(store.name()).await;
                server.create_database(store.name()).await;
            }
        }
    }
}

/// Hands in, and waits until the family has its card and every text.
async fn to_the_card(stage: &Stage, family: &Family) -> String {
    let phone = stage.phone(family.number);
    family.until_confirm(&phone).await;
    let number = phone.send("1").await.says(family.registered).ends().reference();
    eventually("the card's text", async || (texts(&phone).len() == 3).then_some(())).await;
    eventually("all is reported", async || {
        let open: Vec<i64> = stage.core_column("SELECT count(*) FROM notices WHERE state = 'waiting'").await;
        (open == [0]).then_some(())
    })
    .await;
    number
}

/// The texts of a phone, each of which it must have once.
fn texts(phone: &Phone) -> Vec<String> {
    let mut texts: Vec<String> = phone.0.sms_inbox().into_iter().map(|sms| sms.text).collect();
    let all = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), all, "no text twice: {texts:#?}");
    texts
}

fn config(stage: &Stage) -> String {
    stage.config.write().display().to_string()
}

/// The program does not start on these stores, and says what to do.
fn is_refused(stage: &Stage, which: &str) {
    let said = stage.refuses();
    assert!(said.contains(which) && said.contains("`dayaq restored --config FILE`"), "{said}");
}

/// Looks without changing anything, then goes on; gives what was said.
fn goes_on(stage: &Stage) -> String {
    let looked = run(&["restored", "--config", &config(stage)]);
    assert_eq!(looked.status.code(), Some(1), "{}", text(&looked.stderr));
    assert!(text(&looked.stdout).contains("Nothing was changed"), "{}", text(&looked.stdout));
    let gone = run(&["restored", "--config", &config(stage), "--go-on"]);
    assert!(gone.status.success(), "{}{}", text(&gone.stdout), text(&gone.stderr));
    let again = run(&["restored", "--config", &config(stage)]);
    assert!(text(&again.stdout).contains("nothing is to be done"), "{}", text(&again.stdout));
    text(&gone.stdout)
}

/// Dials again, and stands where the draft does.
async fn goes_on_midway(phone: &Phone) -> Seen {
    phone.dial().await.says(ALONE.go_on);
    phone.send("1").await
}

/// Answers from that question to the end, and is registered once.
async fn finishes_midway(phone: &Phone, question: Seen) -> String {
    let from =
        ALONE.answers.iter().position(|(_, says)| question.text.contains(says)).expect("a question of theirs") + 1;
    let review = ALONE.answer(phone, question, from, ALONE.answers.len()).await;
    ALONE.look_over(phone, review).await;
    phone.send("1").await.says(ALONE.registered).ends().reference()
}

/// The session that was saved since the copy was made is refused: what was answered then is asked again, and it is no
/// answer of the session of then that is taken.
async fn is_asked_again(stage: &Stage, phone: &Phone, since: &Seen) -> Seen {
    let again = goes_on_midway(phone).await;
    assert_ne!(&again, since, "the session of the time that is lost is not gone on with");
    let asked = ALONE.answers.iter().position(|(_, says)| again.text.contains(says)).expect("a question of theirs");
    assert!(asked < ANSWERED, "nothing that the store does not know is believed: {}", again.text);
    assert!(stage.metric("dayaq_session_quarantined_total").await >= 1.0, "it was refused");
    again
}

/// All phones of these stories.
fn phones(stage: &Stage) -> [Phone; 3] {
    [ALONE.number, QUBA.number, MIDWAY].map(|number| stage.phone(number))
}

/// A family is told everything, somebody is midway; a copy; another family is told everything, and who is midway goes on.
/// Then the copy is put back.
async fn a_core_is_put_back(ground: Ground) {
    let mut stage = ground.up().await;
    let [alone, quba, midway] = phones(&stage);
    let first = to_the_card(&stage, &ALONE).await;
    ALONE.begin(&midway, ANSWERED).await;
    stage.terminate().await;
    ground.save(&stage, Store::Core).await;
    stage.start().await;
    let second = to_the_card(&stage, &QUBA).await;
    let since = ALONE.answer(&midway, goes_on_midway(&midway).await, ANSWERED, ANSWERED + 2).await;
    stage.terminate().await;
    let (heard, orders) = (texts(&quba), stage.registries.card_orders().len());

    ground.put_back(&stage, Store::Core).await;
    is_refused(&stage, "the core's store is older than what the gateway's has heard from it");
    let said = goes_on(&stage);
    assert!(said.contains("taken again: 1; there already: 1; differing: 0"), "{said}");
    let why: Vec<String> = stage.core_column("SELECT why FROM restores").await;
    assert_eq!(why.len(), 1, "it is kept that somebody went on: {why:?}");

    stage.start().await;
    eventually("the card is known again", async || {
        let ready: Vec<i64> = stage.core_column("SELECT count(*) FROM cards WHERE state = 'ready'").await;
        let open: Vec<i64> = stage.core_column("SELECT count(*) FROM notices WHERE state = 'waiting'").await;
        (ready == [2] && open == [0]).then_some(())
    })
    .await;
    assert_eq!(stage.references().await, [first.clone(), second.clone()], "the numbers that were told");
    assert_eq!(stage.registries.card_orders().len(), orders, "no second order at the bank");
    assert_eq!(texts(&quba), heard, "no text twice");
    assert_eq!(texts(&alone).len(), 3);
    quba.dial().await;
    assert_eq!(quba.send("2").await.reference(), second, "the family sees its application");
    let there = goes_on_midway(&midway).await;
    assert_eq!(there, since, "the gateway has lost nothing");
    let third = finishes_midway(&midway, there).await;
    assert_eq!(stage.references().await, [first, second, third], "each once");
    assert_invariants(&stage, &[alone, quba, midway], After::NOTHING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_a_core_restored_from_an_older_copy_takes_again_what_families_were_told() {
    a_core_is_put_back(Ground::Files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_a_core_restored_behind_redis_and_the_smsc_takes_again_what_families_were_told() {
    a_core_is_put_back(Ground::servers()).await;
}

async fn a_gateway_is_put_back(ground: Ground) {
    let mut stage = ground.up().await;
    let [alone, quba, midway] = phones(&stage);
    let first = to_the_card(&stage, &ALONE).await;
    ALONE.begin(&midway, ANSWERED).await;
    stage.terminate().await;
    ground.save(&stage, Store::Gateway).await;
    stage.start().await;
    let second = to_the_card(&stage, &QUBA).await;
    let since = ALONE.answer(&midway, goes_on_midway(&midway).await, ANSWERED, ANSWERED + 2).await;
    stage.terminate().await;
    ground.put_back(&stage, Store::Gateway).await;
    is_refused(&stage, "the gateway's store is older than what the core's has heard from it");
    goes_on(&stage);
    stage.start().await;
    let again = is_asked_again(&stage, &midway, &since).await;
    let third = finishes_midway(&midway, again).await;
    // Its language is forgotten, its application is not.
    let mut seen = quba.dial().await;
    if seen.text.contains("1 Azərbaycanca") {
        seen = quba.send("1").await;
    }
    seen.says(QUBA.menu);
    assert_eq!(quba.send("2").await.reference(), second);
    assert_eq!(texts(&quba).len(), 3, "no text twice");
    assert_eq!(texts(&alone).len(), 3, "no text twice");
    assert_eq!(stage.references().await, [first, second, third], "each once");
    assert_eq!(stage.registries.card_orders().len(), 2);
    let restored = After { gateway_restored: true, ..After::NOTHING };
    assert_invariants(&stage, &[alone, quba, midway], restored).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_a_gateway_restored_from_an_older_copy_sends_nothing_twice() {
    a_gateway_is_put_back(Ground::Files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_a_gateway_restored_behind_redis_and_the_smsc_sends_nothing_twice_and_refuses_sessions_from_the_future() {
    a_gateway_is_put_back(Ground::servers()).await;
}

/// Both copies are of one time, and behind them are Redis and the SMSC, which went on: only what was kept beside the sessions
/// tells. What nobody but the phones and Redis knows of is lost, and nothing happens twice for it.
#[tokio::test(flavor = "multi_thread")]
async fn x03_both_stores_restored_behind_redis_and_the_smsc_refuse_sessions_from_the_future() {
    let ground = Ground::servers();
    let mut stage = ground.up().await;
    let [alone, _, midway] = phones(&stage);
    let first = to_the_card(&stage, &ALONE).await;
    ALONE.begin(&midway, ANSWERED).await;
    stage.terminate().await;
    for store in [Store::Core, Store::Gateway] {
        ground.save(&stage, store).await;
    }
    stage.start().await;
    let since = ALONE.answer(&midway, goes_on_midway(&midway).await, ANSWERED, ANSWERED + 2).await;
    alone.0.send_sms("ПОМОЩЬ").await.expect("it is taken");
    eventually("help", async || (texts(&alone).len() == 4).then_some(())).await;
    stage.terminate().await;
    for store in [Store::Core, Store::Gateway] {
        ground.put_back(&stage, store).await;
    }
    is_refused(&stage, "both are older than what was seen of them");
    goes_on(&stage);
    stage.start().await;
    let again = is_asked_again(&stage, &midway, &since).await;
    let second = finishes_midway(&midway, again).await;
    assert_eq!(stage.references().await, [first, second], "each once");
    assert_eq!(texts(&alone).len(), 4, "no text twice");
    assert_eq!(stage.registries.card_orders().len(), 1);
    let restored = After { gateway_restored: true, ..After::NOTHING };
    assert_invariants(&stage, &[alone, midway], restored).await;
}

async fn an_empty_store_is_noticed(ground: Ground) {
    let mut stage = ground.up().await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    stage.terminate().await;
    for store in [Store::Core, Store::Gateway] {
        ground.save(&stage, store).await;
        ground.empty(&stage, store).await;
        is_refused(&stage, &format!("the {}'s store is older", store.name()));
        // The right one in its place is the other remedy.
        ground.put_back(&stage, store).await;
    }
    stage.start().await;
    assert_eq!(stage.references().await, std::slice::from_ref(&number));
    stage.terminate().await;
    // With nothing but what the gateway remembers, the family still has its number.
    ground.empty(&stage, Store::Core).await;
    goes_on(&stage);
    stage.start().await;
    assert_eq!(stage.references().await, [number]);
    assert_invariants(&stage, &[phone], After::NOTHING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_an_empty_store_beside_an_older_one_is_noticed() {
    an_empty_store_is_noticed(Ground::Files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn x03_an_empty_database_beside_an_older_one_is_noticed() {
    an_empty_store_is_noticed(Ground::servers()).await;
}

/// A file that is gone or another takes no more changes: what was told would be lost at the next start.
#[tokio::test(flavor = "multi_thread")]
async fn h_a_database_replaced_under_the_process_is_not_ready() {
    let stage = Stage::up(Setting::default()).await;
    for (name, store) in [("core", stage.config.core_database()), ("gateway-store", stage.config.gateway_database())] {
        let aside = part(&store, "-aside");
        let ready = async |expected: u16, says: &str| {
            eventually("readiness", async || {
                let (status, body) = stage.page("/readyz").await;
                (status == expected && body.contains(says)).then_some(())
            })
            .await;
        };
        ready(200, name).await;
        fs::rename(&store, &aside).expect("a file");
        ready(503, "is gone: what was written since would be lost").await;
        fs::write(&store, b"").expect("a file");
        ready(503, "is another file than the one that is open").await;
        fs::remove_file(&store).expect("a file");
        fs::rename(&aside, &store).expect("a file");
        ready(200, name).await;
    }
    stage.assert_sound().await;
}

/// Past the end of rules or calendar the service stays ready and says what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn g_readiness_and_metrics_say_how_far_rules_and_calendar_reach() {
    let stage = Stage::up(Setting::default()).await;
    let body = eventually("it is ready", async || {
        let (status, body) = stage.page("/readyz").await;
        (status == 200).then_some(body)
    })
    .await;
    assert!(body.contains("rules-and-calendar"), "{body}");
    let (_, metrics) = stage.page("/metrics").await;
    let days = |by: &str| {
        let name = format!("dayaq_core_days_covered{{by=\"{by}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap_or_else(|| panic!("{metrics}"));
        line.parse::<f64>().expect("a number")
    };
    for (by, place) in [("rules", "config/rules/"), ("calendar", "config/calendar/")] {
        assert_eq!(body.contains(&format!("\"{place}")), days(by) < 90.0, "{by}: {body}");
    }
}
