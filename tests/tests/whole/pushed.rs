//! A7 over the wire: the service speaks first, by a menu or a notification, and the text comes whatever becomes of it.

use crate::capture::Capture;
use crate::family::ALONE;
use crate::program::{PATIENCE, root};
use crate::proxy::Sender;
use crate::raw_smsc::{Line, RawSmsc};
use crate::serve_config::ServeConfig;
use crate::stage::{Phone, Setting, Stage, eventually};
use crate::wire::ussd_ops;
use dayaq_gateway::config::read_profile;
use dayaq_simulator::{Screen, SmscConfig};
use dayaq_smpp::{Address, CommandStatus};
use std::time::Duration;

/// The end of the text that every push goes before.
const CARD: &str = "Ваша карта готова.";
/// As a notification the same notice says less.
const FLASH: &str = "Где и когда: в SMS.";
const SUBMIT_SM: u32 = 0x0000_0004;
const DELIVER_SM: u32 = 0x0000_0005;
/// ussd_service_op: a request, an answer, a notification and its confirmation.
const USSR_REQUEST: u32 = 2;
const USSN_REQUEST: u32 = 3;
const USSR_CONFIRM: u32 = 18;
const USSN_CONFIRM: u32 = 19;

/// A shipped profile with `[ussd.push]`; the specification's own has it as an example.
fn profile(name: &str) -> String {
    let path = root().join(format!("config/operators/{name}.toml"));
    let text = std::fs::read_to_string(path).expect("it ships");
    match text.contains("\n[ussd.push]") {
        true => text,
        false => format!("{text}\n[ussd.push]\nnotify = 3\nnotify_confirm = 19\nmenu = 2\nmenu_confirm = 18\n"),
    }
}

/// Every shipped profile that may push, by what it says.
fn pushing() -> Vec<String> {
    let folder = std::fs::read_dir(root().join("config/operators")).expect("a folder of the content");
    let names =
        folder.flatten().filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned));
    let mut able: Vec<String> = names
        .filter(|name| {
            let path = root().join(format!("config/operators/{name}.toml"));
            std::fs::read_to_string(path).is_ok_and(|text| text.contains("\n[ussd.push]"))
        })
        .collect();
    able.push("specification".to_owned());
    able.sort();
    able
}

/// An operator that speaks by that profile, and the program that shows the card's notice first.
async fn stage(name: &str, opens: Option<&str>) -> Stage {
    let text = profile(name);
    let (document, found) = dayaq_author::parse("operator.toml", &text);
    let dialect = read_profile(&document, &found).unwrap_or_else(|| panic!("{found}")).dialect;
    let smsc = SmscConfig { dialect, ..SmscConfig::default() };
    let mut stage = Stage::set(Setting { smsc, ..Setting::default() }).await;
    stage.config =
        ServeConfig::new(stage.smsc.addr(), stage.registries.addr()).profile_text(&text).links(&flash(opens));
    stage
}

fn flash(opens: Option<&str>) -> String {
    let opens = opens.map_or(String::new(), |opens| format!(", opens = \"{opens}\""));
    format!("flash = [{{ notice = \"card-ready\"{opens} }}]")
}

async fn applies(stage: &Stage) -> Phone {
    let phone = stage.phone(ALONE.number);
    ALONE.until_confirm(&phone).await;
    phone.send("1").await.says(ALONE.registered).ends();
    phone
}

#[track_caller]
fn says(screen: &Screen, part: &str, more: bool) {
    assert!(screen.text.contains(part), "{part:?} is not on\n{}", screen.text);
    assert_eq!(screen.more, more, "{}", screen.text);
}

/// The card's text comes once; nothing else is under way when the program has ended.
async fn is_texted_once(stage: &mut Stage, phone: &Phone) {
    let texts = || phone.0.sms_inbox().into_iter().filter(|sms| sms.text.contains(CARD)).count();
    eventually("the text", async || (texts() > 0).then_some(())).await;
    stage.terminate().await;
    assert_eq!(texts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_a_menu_is_pushed_in_every_dialect_that_can_and_goes_on_in_its_session() {
    let able = pushing();
    assert_eq!(able, ["dialogue-id", "msisdn-only", "specification"]);
    for name in able {
        let mut stage = stage(&name, Some("*7142*2#")).await;
        let capture = Capture::of(&stage.smsc);
        stage.start().await;
        let phone = applies(&stage).await;
        let menu = phone.0.next_push(PATIENCE).await.expect("a push");
        says(&menu, "Карта готова", true);
        assert!(phone.0.in_session(), "{name}: the phone is in the session that the service began");
        says(&phone.0.send("1").await.expect("a screen"), "Последние 4 цифры", true);
        says(&phone.0.send("9538").await.expect("a screen"), "Насими", false);
        assert!(!phone.0.in_session());
        is_texted_once(&mut stage, &phone).await;
        let pdus = capture.dissect();
        let turns = ussd_ops(&pdus, Sender::Smsc, DELIVER_SM);
        let screens = ussd_ops(&pdus, Sender::Us, SUBMIT_SM);
        // One screen more than turns: the one that nobody had dialled for, which is a request like any menu.
        assert_eq!(screens.len(), turns.len() + 1, "{name}: {turns:?} {screens:?}");
        assert_eq!(screens.iter().filter(|op| **op == USSR_REQUEST).count(), screens.len() - 2, "{name}: {screens:?}");
        assert_eq!(turns.last(), Some(&USSR_CONFIRM), "{name}");
        println!("{name}: {} PDUs dissect, the menu is op {USSR_REQUEST}, answered by op {USSR_CONFIRM}", pdus.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_a_notification_is_shown_and_confirmed_in_every_dialect_that_can() {
    for name in pushing() {
        let mut stage = stage(&name, None).await;
        let capture = Capture::of(&stage.smsc);
        stage.start().await;
        let phone = applies(&stage).await;
        let shown = phone.0.next_push(PATIENCE).await.expect("a push");
        says(&shown, FLASH, false);
        assert!(!phone.0.in_session(), "{name}: it closes by itself");
        eventually("the confirmation", async || {
            (stage.metric("dayaq_flashes_confirmed_total").await == 1.0).then_some(())
        })
        .await;
        is_texted_once(&mut stage, &phone).await;
        let pdus = capture.dissect();
        let pushed = ussd_ops(&pdus, Sender::Us, SUBMIT_SM).into_iter().filter(|op| *op == USSN_REQUEST).count();
        let confirmed = ussd_ops(&pdus, Sender::Smsc, DELIVER_SM).into_iter().filter(|op| *op == USSN_CONFIRM).count();
        assert_eq!((pushed, confirmed), (1, 1), "{name}");
        println!(
            "{name}: {} PDUs dissect, one notification of op {USSN_REQUEST}, confirmed by op {USSN_CONFIRM}",
            pdus.len()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_a_phone_that_is_off_is_shown_nothing_and_gets_its_text() {
    let mut stage = stage("dialogue-id", Some("*7142*2#")).await;
    stage.start().await;
    let phone = applies(&stage).await;
    phone.0.switch_off();
    is_pushed_once(&stage).await;
    phone.0.switch_on();
    is_texted_once(&mut stage, &phone).await;
    assert!(phone.0.next_push(Duration::ZERO).await.is_err(), "nothing was shown");
}

/// The program at an operator made by hand, with a phone that has applied.
async fn applied_by_hand() -> (RawSmsc, Stage, Line) {
    let smsc = RawSmsc::listen().await;
    let mut stage = Stage::set(Setting::default()).await;
    let config = ServeConfig::new(smsc.addr(), stage.registries.addr());
    stage.config = config.profile_text(&profile("specification")).links(&flash(None));
    stage.start_unbound();
    let mut line = smsc.bound().await;
    let mut seen = line.dial().await.0;
    for (typed, says) in ALONE.answers {
        seen = line.send(typed).await.0;
        assert!(seen.contains(says), "{says:?} is not on\n{seen}");
    }
    while !seen.contains(ALONE.confirm) {
        seen = line.send("98").await.0;
    }
    (smsc, stage, line)
}

/// Reads texts up to the answer to one that the person writes once the card's has come: a phone's texts keep their order.
async fn card_texts(line: &mut Line) -> usize {
    let mut texts = 0;
    while texts == 0 {
        texts += usize::from(line.text().await.1.contains(CARD));
    }
    line.write_text(Address::new(1, 1, ALONE.number).expect("it is short"), "HELP").await;
    loop {
        let (_, text) = line.text().await;
        if text.contains("142") && text.contains("ЗАЯВКА") {
            return texts;
        }
        texts += usize::from(text.contains(CARD));
    }
}

/// Waits until something was pushed, or could not be.
async fn is_pushed_once(stage: &Stage) {
    eventually("the push", async || (stage.metric("dayaq_flashes_total").await > 0.0).then_some(())).await;
    assert_eq!(stage.metric("dayaq_flashes_total").await, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_a_push_that_the_operator_refuses_is_not_retried_and_the_text_goes_out_once() {
    for status in [CommandStatus::RINVSERTYP, CommandStatus(0x0400), CommandStatus::RSYSERR] {
        let (_smsc, stage, mut line) = applied_by_hand().await;
        line.refuse_notifications(status);
        assert!(line.send("1").await.0.contains(ALONE.registered));
        is_pushed_once(&stage).await;
        assert_eq!(card_texts(&mut line).await, 1, "{status}");
        assert_eq!(line.notifications(), 1, "{status}: a courtesy is never retried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a7_a_phone_in_a_session_is_not_disturbed_and_a_confirmation_that_never_comes_holds_nothing_up() {
    // Busy: the person has dialled again by the time the card is ready.
    let (_smsc, _stage, mut line) = applied_by_hand().await;
    assert!(line.send("1").await.0.contains(ALONE.registered));
    assert!(line.dial().await.0.contains(ALONE.menu));
    assert_eq!(card_texts(&mut line).await, 1);
    assert_eq!(line.notifications(), 0);
    assert!(line.send("5").await.0.contains("142"), "the session went on");
    // Taken and never confirmed.
    let (_smsc, stage, mut line) = applied_by_hand().await;
    assert!(line.send("1").await.0.contains(ALONE.registered));
    assert_eq!(card_texts(&mut line).await, 1);
    is_pushed_once(&stage).await;
    assert!(line.dial().await.0.contains(ALONE.menu), "who dials then is served");
    assert_eq!(line.notifications(), 1);
}
