//! kill -9 of the program in the middle of what it does: nothing that was answered is lost, nothing happens twice.

use crate::family::{ALONE, Family, QUBA};
use crate::invariants::{After, assert_invariants};
use crate::stage::{Phone, Setting, Stage, WriteLock, eventually, full, reference, seed};
use dayaq_postgres::PostgresDatabase;
use dayaq_redis::RedisNode;
use dayaq_simulator::{Direction, HandsetError, SmscConfig, TappedPdu};
use dayaq_smpp::{CommandId, Header};
use dayaq_types::{Clock, Entropy, SeededEntropy, SystemClock};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// How soon after a restart the outbox must be drained (D05).
const DRAINED: Duration = Duration::from_secs(10);
/// Whether the registration's text has been reported as sent.
const SENT: &str = "SELECT count(*) FROM notices WHERE key = 'registered' AND state = 'sent'";

/// Kills in the middle of the family, and walks on to the end; the program still runs.
async fn is_continued(setting: Setting) -> Stage {
    let mut stage = Stage::up(setting).await;
    let phone = stage.phone(QUBA.number);
    let before = QUBA.begin(&phone, 14).await;
    stage.restart().await;
    phone.dial().await.says(QUBA.go_on).says("2 Əvvəldən başla");
    let after = phone.send("1").await;
    assert_eq!(after, before, "it goes on where it was");
    let review = QUBA.answer(&phone, after, 14, QUBA.answers.len()).await;
    QUBA.look_over(&phone, review).await;
    let number = phone.send("1").await.says(QUBA.registered).ends().reference();
    assert_eq!(stage.references().await, [number]);
    assert_eq!(members(&stage).await, QUBA.members, "the core has every member");
    assert_invariants(&stage, &[phone], After::LOST_LINK).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_an_application_outlives_kill_9_on_sqlite() {
    is_continued(Setting::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_an_application_outlives_kill_9_on_redis() {
    let redis = RedisNode::syncing().started();
    is_continued(Setting { redis: Some(redis.url()), ..Setting::default() }).await;
    let sessions: Vec<String> = redis.ask(&["KEYS", "dayaq:*:s"]).await;
    assert_eq!(sessions.len(), 2, "the session was in Redis, and the marks of both stores");
}

#[tokio::test(flavor = "multi_thread")]
async fn b3_an_application_outlives_kill_9_on_postgres() {
    let database = PostgresDatabase::create().await;
    let _stage = is_continued(Setting { postgres: Some(database.url()), ..Setting::default() }).await;
    let mut aside = database.aside().await;
    // The text that tells the registration follows the screen.
    eventually("the gateway's rows stand beside the core's", async || {
        let kept = sqlx::query_scalar("SELECT count(*) FROM public.texts").fetch_one(&mut aside).await;
        (kept.unwrap_or(0i64) > 0).then_some(())
    })
    .await;
}

/// As a ministry runs it: live sessions in Redis, all rows in PostgreSQL, no file at all.
#[tokio::test(flavor = "multi_thread")]
async fn b3_an_application_outlives_kill_9_on_redis_and_postgres() {
    let (redis, database) = (RedisNode::syncing().started(), PostgresDatabase::create().await);
    let setting = Setting { redis: Some(redis.url()), postgres: Some(database.url()), ..Setting::default() };
    is_continued(setting).await;
}

/// Kills at each of these questions in turn, in one application; every time it goes on with the same screen.
async fn is_continued_from(family: &Family, kills: &BTreeSet<usize>) {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(family.number);
    let mut seen = phone.dial().await;
    for at in 0..family.answers.len() {
        seen = family.answer(&phone, seen, at, at + 1).await;
        let answered = at + 1;
        if !kills.contains(&answered) {
            continue;
        }
        stage.restart().await;
        let first = phone.dial().await;
        if answered <= family.draft_from {
            // Nothing has been answered yet that would have to be typed again: the way leads through the menu.
            first.says(family.menu);
            seen = family.answer(&phone, first, 1, answered).await;
            continue;
        }
        first.says(family.go_on);
        let again = phone.send("1").await;
        assert_eq!(again, seen, "after {answered} answers");
        seen = again;
    }
    family.look_over(&phone, seen).await;
    let number = phone.send("1").await.says(family.registered).ends().reference();
    assert_eq!(stage.references().await, [number]);
    assert_eq!(members(&stage).await, family.members);
    assert_invariants(&stage, &[phone], After::LOST_LINK).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e01_kill_9_at_every_question_loses_no_answer() {
    let all = 1..=QUBA.answers.len();
    let kills: BTreeSet<usize> = if full() {
        all.collect()
    } else {
        let dice = SeededEntropy::new(seed());
        (0..4).map(|_| 1 + usize::from(roll(&dice)) % QUBA.answers.len()).collect()
    };
    println!("seed {}: killed after {kills:?} answers", seed());
    is_continued_from(&QUBA, &kills).await;
}

/// The confirmed turn is saved and the core has not committed yet.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_before_the_core_commits_there_is_one_application() {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let mut tap = stage.smsc.tap();
    let core = WriteLock::on(&stage.config.core_database()).await;
    let confirmed = confirm(&phone);
    turn_answered(&mut tap).await;
    stage.kill().await;
    core.release().await;
    assert_eq!(stage.references().await, [""; 0], "nothing was committed");
    stage.start().await;
    confirmed.abort();
    let number = second_try(&phone).await;
    is_the_only_one(&stage, &phone, &number).await;
}

/// The core has committed, and the gateway has not saved what it said.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_after_the_core_commits_the_second_try_has_the_same_number() {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let (confirmed, gateway) = confirmed_and_not_saved(&stage, &phone).await;
    let committed = eventually("the core commits", async || stage.references().await.pop()).await;
    stage.kill().await;
    gateway.release().await;
    stage.start().await;
    confirmed.abort();
    let number = second_try(&phone).await;
    assert_eq!(number, committed);
    is_the_only_one(&stage, &phone, &number).await;
}

/// The gateway has leased the core's text and has not kept it: the lease dies with the process.
#[tokio::test(flavor = "multi_thread")]
async fn d05_killed_before_the_text_is_kept_it_goes_out_soon_after_the_restart() {
    let mut stage = Stage::up(Setting::default()).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let (confirmed, gateway) = confirmed_and_not_saved(&stage, &phone).await;
    eventually("the text is leased", async || {
        (count(&stage, "SELECT count(*) FROM notices WHERE lease_until > 0").await > 0).then_some(())
    })
    .await;
    stage.kill().await;
    gateway.release().await;
    stage.start().await;
    // From the bind on, which the start has waited for.
    let bound = SystemClock::new();
    confirmed.abort();
    let text = phone.text().await;
    eventually("the outbox knows of its end", async || (count(&stage, SENT).await == 1).then_some(())).await;
    let drained = bound.monotonic();
    println!("the outbox was drained {drained:?} after the bind");
    assert!(drained <= DRAINED, "{drained:?}");
    let number = reference(&text).expect("a number");
    assert_eq!(count(&stage, "SELECT count(*) FROM notices WHERE key = 'registered'").await, 1, "one row");
    let copies = phone.0.sms_inbox().into_iter().filter(|sms| sms.text == text).count();
    assert_eq!(copies, 1, "and one text: nothing had been written before the death");
    let attempts = "SELECT count(*) FROM text_attempts GROUP BY text, number";
    assert!(stage.gateway_column::<i64>(attempts).await.iter().all(|attempts| *attempts == 1));
    is_the_only_one_so_far(&stage, &phone, &number).await;
}

/// Everything is saved and answered, and the screen is lost on its way: who dials again finds the number.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_before_the_screen_arrives_the_number_is_found_again() {
    let mut stage = Stage::up(Setting { valve: true, ..Setting::default() }).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let valve = stage.valve.as_ref().expect("it was asked for");
    valve.catch(&[CommandId::SUBMIT_SM]);
    let confirmed = confirm(&phone);
    valve.caught(&[CommandId::SUBMIT_SM]).await;
    valve.open();
    let committed = stage.references().await;
    assert_eq!(committed.len(), 1, "the core had committed before the screen went out");
    stage.restart().await;
    confirmed.abort();
    phone.dial().await.says(ALONE.menu);
    assert_eq!(phone.send("2").await.reference(), committed[0], "under \"my application\"");
    // Who begins anew hears of it, and who types it all again has the same number, too.
    phone.dial().await.says(ALONE.menu);
    assert_eq!(phone.send("1").await.reference(), committed[0], "before any question");
    let seen = ALONE.answer(&phone, phone.send("2").await, 2, ALONE.answers.len()).await;
    ALONE.look_over(&phone, seen).await;
    let number = phone.send("1").await.says("уже есть").ends().reference();
    is_the_only_one(&stage, &phone, &number).await;
}

/// The operator has heard nothing at all and delivers the turn again: the very same screen comes.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_before_anything_is_heard_the_turn_delivered_again_has_the_same_screen() {
    let mut stage = Stage::up(Setting { valve: true, ..Setting::default() }).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let valve = stage.valve.as_ref().expect("it was asked for");
    let both = [CommandId::SUBMIT_SM, CommandId::DELIVER_SM.response()];
    valve.catch(&both);
    let confirmed = confirm(&phone);
    valve.caught(&both).await;
    valve.open();
    let committed = stage.references().await;
    stage.restart().await;
    let shown = confirmed.await.expect("no panic").expect("the phone waits and gets its screen");
    let number = reference(&shown.text).unwrap_or_else(|| panic!("no number in\n{}", shown.text));
    assert_eq!(committed, [&*number]);
    assert!(stage.metric("dayaq_turns_repeated_total").await >= 1.0, "it was recognised, not taken again");
    is_the_only_one(&stage, &phone, &number).await;
}

/// The core has committed, the gateway has saved the turn alone, and the operator has heard nothing: the turn that is
/// delivered again is carried out again, and the core answers as it did.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_while_the_core_speaks_the_turn_delivered_again_has_the_same_number() {
    let mut stage = Stage::up(Setting { valve: true, ..Setting::default() }).await;
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    let answer = [CommandId::DELIVER_SM.response()];
    let core = WriteLock::on(&stage.config.core_database()).await;
    let valve = stage.valve.as_ref().expect("it was asked for");
    valve.catch(&answer);
    let confirmed = confirm(&phone);
    valve.caught(&answer).await;
    let gateway = WriteLock::on(&stage.config.gateway_database()).await;
    core.release().await;
    let committed = eventually("the core commits", async || stage.references().await.pop()).await;
    stage.kill().await;
    gateway.release().await;
    stage.valve.as_ref().expect("it was asked for").open();
    stage.start().await;
    let shown = confirmed.await.expect("no panic").expect("the phone waits and gets its screen");
    assert_eq!(reference(&shown.text).as_deref(), Some(committed.as_str()), "{}", shown.text);
    is_the_only_one(&stage, &phone, &committed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_at_any_moment_after_confirm_there_is_one_application_and_one_number() {
    killed_after_confirm(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_at_any_moment_after_confirm_on_postgres_there_is_one_application_and_one_number() {
    killed_after_confirm(true).await;
}

async fn killed_after_confirm(on_postgres: bool) {
    let dice = SeededEntropy::new(seed());
    for round in 0..if full() { 40 } else { 3 } {
        let delay = Duration::from_micros(u64::from(roll(&dice)) * 50_000 / u64::from(u16::MAX));
        println!("seed {}, round {round}: killed {delay:?} after the confirmation", seed());
        let smsc = SmscConfig { answer_timeout: Duration::from_secs(5), ..SmscConfig::default() };
        let postgres = if on_postgres { Some(PostgresDatabase::create().await.url()) } else { None };
        let mut stage = Stage::up(Setting { smsc, postgres, ..Setting::default() }).await;
        let phone = stage.phone(ALONE.number);
        ALONE.until_confirm(&phone).await;
        let confirmed = confirm(&phone);
        // The moment of the kill is what is tried here; nothing waits for it.
        tokio::time::sleep(delay).await;
        stage.restart().await;
        let number = match confirmed.await.expect("no panic") {
            Ok(screen) => reference(&screen.text).unwrap_or_else(|| panic!("no number in\n{}", screen.text)),
            Err(HandsetError::NoAnswer | HandsetError::SessionOver) => second_try(&phone).await,
            Err(fault) => panic!("{fault}"),
        };
        is_the_only_one_so_far(&stage, &phone, &number).await;
    }
}

/// By SMS the core's own text is the one answer: whenever the program dies, the family hears of its registration in it
/// and in no other.
#[tokio::test(flavor = "multi_thread")]
async fn h2_by_sms_killed_at_any_moment_after_confirm_one_text_says_registered() {
    let dice = SeededEntropy::new(seed());
    for round in 0..if full() { 40 } else { 3 } {
        let delay = Duration::from_micros(u64::from(roll(&dice)) * 50_000 / u64::from(u16::MAX));
        println!("seed {}, round {round}: killed {delay:?} after the confirmation", seed());
        let mut stage = Stage::up(Setting::default()).await;
        let phone = stage.phone(ALONE.number);
        ALONE.until_confirm(&phone).await;
        phone.0.hang_up().await.expect("it hangs up");
        phone.0.send_sms("Здравствуйте").await.expect("it is taken");
        assert!(phone.text().await.contains(ALONE.go_on), "what was begun on the screen goes on by SMS");
        phone.0.send_sms("1").await.expect("it is taken");
        assert!(phone.text().await.contains(ALONE.confirm));
        let handset = phone.0.clone();
        let confirmed = tokio::spawn(async move { handset.send_sms("1").await });
        // The moment of the kill is what is tried here; nothing waits for it.
        tokio::time::sleep(delay).await;
        stage.restart().await;
        let _ = confirmed.await.expect("no panic");
        let registered = |text: &str| text.contains("принято") || text.contains("Принято");
        if phone.0.next_sms(Duration::from_secs(5)).await.is_err() {
            // The operator did not bring it again: the person writes once more.
            phone.0.send_sms("1").await.expect("it is taken");
        }
        eventually("the text", async || phone.0.sms_inbox().iter().any(|sms| registered(&sms.text)).then_some(()))
            .await;
        // An answer after it: whatever else there was to say has been said by then.
        phone.0.send_sms("ПОМОЩЬ").await.expect("it is taken");
        eventually("help", async || phone.0.sms_inbox().iter().any(|sms| sms.text.contains("СТОП")).then_some(()))
            .await;
        let said: BTreeSet<String> =
            phone.0.sms_inbox().into_iter().map(|sms| sms.text).filter(|text| registered(text)).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        let number = reference(said.first().expect("one")).expect("a number");
        is_the_only_one_so_far(&stage, &phone, &number).await;
    }
}

/// Dials again and does what the screen asks for; gives the number that is shown in the end.
pub async fn second_try(phone: &Phone) -> String {
    let seen = phone.dial().await;
    if !seen.text.contains(ALONE.go_on) {
        seen.says(ALONE.menu);
        return phone.send("2").await.reference();
    }
    let seen = phone.send("1").await;
    if seen.text.contains(ALONE.registered) {
        // The confirmation was saved: to continue is to have it carried out.
        return seen.ends().reference();
    }
    ALONE.look_over(phone, seen).await;
    phone.send("1").await.says(ALONE.registered).ends().reference()
}

/// Confirms, and lets the core commit while the gateway can keep nothing of what it hears.
async fn confirmed_and_not_saved(stage: &Stage, phone: &Phone) -> (Confirmed, WriteLock) {
    let mut tap = stage.smsc.tap();
    let core = WriteLock::on(&stage.config.core_database()).await;
    let confirmed = confirm(phone);
    turn_answered(&mut tap).await;
    let gateway = WriteLock::on(&stage.config.gateway_database()).await;
    core.release().await;
    (confirmed, gateway)
}

/// The answer to the confirmation, which may never come.
type Confirmed = tokio::task::JoinHandle<Result<dayaq_simulator::Screen, HandsetError>>;

/// Sends the application off without waiting for the screen.
fn confirm(phone: &Phone) -> Confirmed {
    let handset = phone.0.clone();
    tokio::spawn(async move { handset.send("1").await })
}

/// Waits until the operator has had its answer to the next turn: the program has saved it.
pub async fn turn_answered(tap: &mut Receiver<TappedPdu>) {
    let mut sent = None;
    let answered = async {
        loop {
            let pdu = tap.recv().await.expect("the operator runs");
            let header = Header::read(&pdu.octets).expect("a header");
            match (pdu.direction, header.command_id) {
                (Direction::Sent, CommandId::DELIVER_SM) => sent = Some(header.sequence_number),
                (Direction::Received, id) if id == CommandId::DELIVER_SM.response() => {
                    if sent == Some(header.sequence_number) {
                        return;
                    }
                }
                (Direction::Sent | Direction::Received, _) => {}
            }
        }
    };
    tokio::time::timeout(crate::program::PATIENCE, answered).await.expect("the turn is answered");
}

/// One application, under this number in the store and in the text that registers it, and the process is well.
async fn is_the_only_one(stage: &Stage, phone: &Phone, number: &str) {
    let text = phone.text().await;
    assert_eq!(reference(&text).as_deref(), Some(number), "{text}");
    is_the_only_one_so_far(stage, phone, number).await;
}

/// The same, where the text may have been on the air at the kill: then it is sent again when a receipt has had its time.
async fn is_the_only_one_so_far(stage: &Stage, phone: &Phone, number: &str) {
    assert_eq!(stage.references().await, [number]);
    for text in phone.0.sms_inbox() {
        assert_eq!(reference(&text.text).as_deref().unwrap_or(number), number, "{}", text.text);
    }
    assert_invariants(stage, std::slice::from_ref(phone), After::LOST_LINK).await;
}

/// How many members the core has written down.
async fn members(stage: &Stage) -> i64 {
    count(stage, "SELECT count(*) FROM members").await
}

async fn count(stage: &Stage, sql: &'static str) -> i64 {
    stage.core_column(sql).await[0]
}

pub fn roll(dice: &SeededEntropy) -> u16 {
    let mut octets = [0; 2];
    dice.fill(&mut octets);
    u16::from_be_bytes(octets)
}
