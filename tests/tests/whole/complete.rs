//! The number of the notarised application given alone, by whoever applied before having it; and who has an application
//! hears of it before being asked anything.

use crate::crash::{roll, turn_answered};
use crate::family::UNNUMBERED;
use crate::stage::{Phone, Seen, Setting, Stage, WriteLock, eventually, full, reference, seed};
use dayaq_postgres::PostgresDatabase;
use dayaq_simulator::{HandsetError, Screen, SmscConfig};
use dayaq_types::SeededEntropy;
use std::time::Duration;

/// The number that Justice knows for this family, and that of another.
const NUMBER: &str = "2026004127";
const ANOTHERS: &str = "2026004117";

/// A family has applied without the number and has been told so; gives the phone and its registration number.
async fn applied_without_number(stage: &Stage) -> (Phone, String) {
    let phone = stage.phone(UNNUMBERED.number);
    UNNUMBERED.until_confirm(&phone).await;
    let number = phone.send("1").await.says("142").ends().reference();
    let text = phone.text().await;
    assert_eq!(reference(&text).as_deref(), Some(number.as_str()), "{text}");
    assert_eq!(stage_of(stage).await, ["awaiting-notary"]);
    (phone, number)
}

async fn stage_of(stage: &Stage) -> Vec<String> {
    stage.core_column("SELECT stage FROM applications ORDER BY seq").await
}

/// Dials more than the code, and looks at the screen.
async fn dials(phone: &Phone, dialled: &str) -> Seen {
    let screen: Screen = phone.0.dial(dialled).await.unwrap_or_else(|fault| panic!("after {dialled:?}: {fault}"));
    screen.into()
}

/// The next texts say that it is registered, granted, and where the card waits.
async fn is_decided(stage: &Stage, phone: &Phone, number: &str) {
    for says in ["принято", "назначена", "Ваша карта готова"] {
        let text = phone.text().await;
        assert!(text.contains(says), "{says:?} not in {text:?}");
    }
    assert_eq!(stage.references().await, [number], "it is the same application, and the only one");
    assert_eq!(stage_of(stage).await, ["card-ready"]);
    let told: Vec<String> = stage.core_column("SELECT key FROM notices ORDER BY seq").await;
    assert_eq!(told, ["awaiting-notary", "registered", "granted", "card-ready"], "each is told once");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_the_notarised_application_is_given_alone_and_the_application_goes_on() {
    let stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    dials(&phone, "*7142*2#").await.says(&number).says("1 Номер есть");
    phone.send("1").await.says(&number).says("4-12 цифр");
    // A slip of the thumb is put right; three of them, and help is offered.
    phone.send("12a").await.says("4-12 цифр");
    phone.send("123").await.says("4-12 цифр");
    phone.send("1").await.says("142").says("1 Ещё раз");
    phone.send("1").await.says("4-12 цифр");
    let registered = phone.send(NUMBER).await;
    assert_eq!(registered.says("Принято").ends().reference(), number);
    is_decided(&stage, &phone, &number).await;
    // Who dials the code of the text once more sees how far it is, and is asked for no number.
    dials(&phone, "*7142*2#").await.says(&number).says("Карта готова");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_the_notarised_application_is_given_by_text() {
    let stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    phone.0.send_sms("нотариус").await.expect("it is taken");
    let question = phone.text().await;
    assert!(question.contains(&number) && question.contains("4-12 цифр"), "{question}");
    phone.0.send_sms("№ 2026 004 127").await.expect("it is taken");
    is_decided(&stage, &phone, &number).await;
    phone.0.send_sms("НОТАРИУС").await.expect("it is taken");
    let text = phone.text().await;
    assert!(
        text.contains(&number) && text.contains("142") && !text.contains("4-12 цифр"),
        "no number is asked: {text}"
    );
}

/// A slip in the number is found at Justice, as one in an application is.
#[tokio::test(flavor = "multi_thread")]
async fn another_familys_number_is_refused_and_the_phone_may_apply_again() {
    let stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    dials(&phone, "*7142*2#").await.says(&number);
    phone.send("1").await.says("4-12 цифр");
    phone.send(ANOTHERS).await.says("Принято").ends();
    for says in ["принято", "отказано"] {
        let text = phone.text().await;
        assert!(text.contains(says), "{says:?} not in {text:?}");
    }
    assert_eq!(stage_of(&stage).await, ["refused"]);
    // What is over holds nobody up.
    dials(&phone, "*7142*1#").await.says("Бесплатно");
}

#[tokio::test(flavor = "multi_thread")]
async fn h3_a_phone_with_an_application_hears_of_it_right_after_the_menu() {
    let stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    // What can be done: give the number, see how far it is, apply for another family all the same.
    phone.dial().await.says("1 Новое заявление");
    phone.send("1").await.says(&number).says("1 Номер нотариуса").says("2 Этап").says("3 Другая семья");
    phone.send("2").await.says(&number).says("1 Номер есть");
    phone.send("00").await.says("1 Новое заявление");
    phone.send("1").await.says(&number);
    phone.send("3").await.says("Бесплатно");
    phone.send("0").await.says(&number);
    phone.send("1").await.says(&number).says("4-12 цифр");
    phone.send(NUMBER).await.says("Принято").ends();
    is_decided(&stage, &phone, &number).await;
    // With a number on its way, or with a card, there is none to be given.
    phone.dial().await.says("1 Новое заявление");
    phone.send("1").await.says(&number).says("1 Моё заявление").says("2 Другая семья");
    phone.send("1").await.says(&number).says("Карта готова");
    // Nobody else hears of it.
    let other = stage.phone("994501234504");
    other.dial().await.says("2 Русский");
    other.send("2").await.says("1 Новое заявление");
    other.send("1").await.says("Бесплатно");
}

/// An application begun for another family is kept while the number is given for this one.
#[tokio::test(flavor = "multi_thread")]
async fn b3_an_application_in_progress_is_kept_while_the_number_is_given_for_another() {
    let stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    phone.dial().await.says("1 Новое заявление");
    phone.send("1").await.says(&number);
    phone.send("3").await.says("Бесплатно");
    phone.send("1").await.says("Согласны?");
    phone.send("1").await.says("Ваш ФИН");
    phone.send("300TQ7M").await.says("Серия удостоверения");
    phone.send("00").await.says("2 Моё заявление");
    phone.send("2").await.says(&number);
    phone.send("1").await.says("4-12 цифр");
    phone.send(NUMBER).await.says("Принято").ends();
    is_decided(&stage, &phone, &number).await;
    // It is offered as it was left, and nothing stands in its way.
    phone.dial().await.says("1 Продолжить");
    phone.send("1").await.says("Серия удостоверения");
    eventually("one application", async || (stage.references().await.len() == 1).then_some(())).await;
}

/// Dials the code of the text and comes to the question for the number.
async fn at_question(phone: &Phone, number: &str) {
    dials(phone, "*7142*2#").await.says(number).says("1 Номер есть");
    phone.send("1").await.says("4-12 цифр");
}

/// Gives the number without waiting for the screen.
fn give(phone: &Phone) -> tokio::task::JoinHandle<Result<Screen, HandsetError>> {
    let handset = phone.0.clone();
    tokio::spawn(async move { handset.send(NUMBER).await })
}

/// One application under its number, registered once.
async fn is_registered_once(stage: &Stage, number: &str) {
    let told =
        async || stage.core_column::<String>("SELECT key FROM notices WHERE key <> 'card-ready' ORDER BY seq").await;
    eventually("it is decided", async || (told().await.len() > 2).then_some(())).await;
    assert_eq!(told().await, ["awaiting-notary", "registered", "granted"]);
    assert_eq!(stage.references().await, [number]);
    stage.assert_sound().await;
}

/// The turn with the number is saved and the core has not committed yet: the number is asked for again.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_before_the_core_commits_the_number_it_is_given_again() {
    let mut stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    at_question(&phone, &number).await;
    let mut tap = stage.smsc.tap();
    let core = WriteLock::on(&stage.config.core_database()).await;
    let given = give(&phone);
    turn_answered(&mut tap).await;
    stage.kill().await;
    core.release().await;
    assert_eq!(stage_of(&stage).await, ["awaiting-notary"], "nothing was committed");
    stage.start().await;
    given.abort();
    at_question(&phone, &number).await;
    phone.send(NUMBER).await.says("Принято").says(&number).ends();
    is_registered_once(&stage, &number).await;
}

/// The core has committed, and the gateway has not saved what it said: who dials again is asked for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_after_the_core_commits_the_number_it_is_there() {
    let mut stage = Stage::up(Setting::default()).await;
    let (phone, number) = applied_without_number(&stage).await;
    at_question(&phone, &number).await;
    let mut tap = stage.smsc.tap();
    let core = WriteLock::on(&stage.config.core_database()).await;
    let given = give(&phone);
    turn_answered(&mut tap).await;
    let gateway = WriteLock::on(&stage.config.gateway_database()).await;
    core.release().await;
    eventually("the core commits", async || (stage_of(&stage).await != ["awaiting-notary"]).then_some(())).await;
    stage.kill().await;
    gateway.release().await;
    stage.start().await;
    given.abort();
    // What was said before is told first, where it did not arrive; no screen asks for a number any more.
    let seen = dials(&phone, "*7142*2#").await;
    assert!(!seen.text.contains("1 Номер есть"), "{}", seen.text);
    is_registered_once(&stage, &number).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_at_any_moment_after_the_number_is_given_it_is_registered_once() {
    killed_after_the_number(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h2_killed_at_any_moment_after_the_number_is_given_on_postgres_it_is_registered_once() {
    killed_after_the_number(true).await;
}

async fn killed_after_the_number(on_postgres: bool) {
    let dice = SeededEntropy::new(seed());
    for round in 0..if full() { 40 } else { 3 } {
        let delay = Duration::from_micros(u64::from(roll(&dice)) * 50_000 / u64::from(u16::MAX));
        println!("seed {}, round {round}: killed {delay:?} after the number", seed());
        let smsc = SmscConfig { answer_timeout: Duration::from_secs(5), ..SmscConfig::default() };
        let postgres = if on_postgres { Some(PostgresDatabase::create().await.url()) } else { None };
        let mut stage = Stage::up(Setting { smsc, postgres, ..Setting::default() }).await;
        let (phone, number) = applied_without_number(&stage).await;
        at_question(&phone, &number).await;
        let given = give(&phone);
        // The moment of the kill is what is tried here; nothing waits for it.
        tokio::time::sleep(delay).await;
        stage.restart().await;
        match given.await.expect("no panic") {
            Ok(screen) => assert_eq!(reference(&screen.text), Some(number.clone()), "{}", screen.text),
            Err(HandsetError::NoAnswer | HandsetError::SessionOver) => {
                if dials(&phone, "*7142*2#").await.text.contains("1 Номер есть") {
                    phone.send("1").await.says("4-12 цифр");
                    phone.send(NUMBER).await.says(&number).ends();
                }
            }
            Err(fault) => panic!("{fault}"),
        }
        is_registered_once(&stage, &number).await;
    }
}
