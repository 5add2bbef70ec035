//! In which order a turn's deliver_sm_resp and its screen stand on the wire, where a slow core or a death comes between.

use crate::family::ALONE;
use crate::node_smpp::institutions;
use crate::raw_smsc::{Line, RawSmsc, header};
use crate::serve_config::{Serve, ServeConfig};
use crate::stage::WriteLock;
use dayaq_registries::Running;
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{CommandId, CommandStatus};
use dayaq_types::{Clock, SystemClock};
use std::time::Duration;

const RESP: CommandId = CommandId::DELIVER_SM.response();
const SCREEN: CommandId = CommandId::SUBMIT_SM;

/// What a profile may say of the order, and the order.
const ORDERS: [(&str, [CommandId; 2]); 2] = [("before-reply", [RESP, SCREEN]), ("after-reply", [SCREEN, RESP])];

struct House {
    smsc: RawSmsc,
    config: ServeConfig,
    serve: Serve,
    line: Line,
    _registries: Running,
}

async fn up(order: &str) -> House {
    let (smsc, registries) = (RawSmsc::listen().await, institutions().await);
    let config = ServeConfig::new(smsc.addr(), registries.addr());
    let config = config.profile("link", &format!("deliver_sm_resp = \"{order}\""));
    let config = config.profile("ussd", "reply_budget_ms = 500");
    let serve = config.start();
    let line = smsc.bound().await;
    House { smsc, config, serve, line, _registries: registries }
}

/// A turn's answer and its screen, as they came.
struct Came {
    order: Vec<CommandId>,
    screen: (String, bool),
}

/// Delivers a turn and reads what comes of it.
async fn deliver(line: &mut Line, pdu: &[u8]) -> Came {
    line.write(pdu).await;
    let (mut order, mut screen) = (Vec::new(), None);
    while order.len() < 2 {
        let frame = line.next().await.expect("the link stands");
        let header = header(&frame);
        if header.command_id == RESP {
            let turn = crate::raw_smsc::header(pdu);
            assert_eq!((header.sequence_number, header.command_status), (turn.sequence_number, CommandStatus::ROK));
            order.push(RESP);
            continue;
        }
        line.take(&frame).await;
        if let Some(shown) = line.shown() {
            order.push(SCREEN);
            screen = Some(shown);
        }
    }
    Came { order, screen: screen.expect("a screen") }
}

async fn take(line: &mut Line, event: UssdEvent, typed: &str) -> Came {
    let pdu = line.turn(event, typed);
    deliver(line, &pdu).await
}

/// From the first dial to so many answers; gives the last screen.
async fn answered(line: &mut Line, answers: usize) -> String {
    let mut seen = line.dial().await.0;
    for (typed, says) in &ALONE.answers[..answers] {
        seen = line.send(typed).await.0;
        assert!(seen.contains(says), "{says:?} is not on\n{seen}");
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_the_response_goes_before_the_screen_or_behind_it_as_the_profile_says() {
    for (setting, order) in ORDERS {
        let mut house = up(setting).await;
        let turns = [(UssdEvent::Begin, "*7142#"), (UssdEvent::Continue, "2"), (UssdEvent::Continue, "5")];
        let mut ended = false;
        for (event, typed) in turns {
            let came = take(&mut house.line, event, typed).await;
            assert_eq!(came.order, order, "{setting}, {event:?} {typed:?}");
            assert!(!ended, "there is one end");
            ended = !came.screen.1;
        }
        assert!(ended, "{setting}: help is the end");
    }
}

/// Whatever the core does: the operator's message is answered within the budget of the reply, and what was recorded is
/// told by one text.
#[tokio::test(flavor = "multi_thread")]
async fn a2_b09_in_either_order_a_slow_core_lets_the_message_be_answered_in_time() {
    for (setting, order) in ORDERS {
        let mut house = up(setting).await;
        let mut seen = answered(&mut house.line, ALONE.answers.len()).await;
        while !seen.contains(ALONE.confirm) {
            seen = house.line.send("98").await.0;
        }
        let core = WriteLock::on(&house.config.core_database()).await;
        let clock = SystemClock::new();
        let start = clock.monotonic();
        let came = take(&mut house.line, UssdEvent::Continue, "1").await;
        let waited = clock.monotonic() - start;
        assert_eq!(came.order, order, "{setting}");
        assert!(came.screen.0.contains("Ваши данные сохранены.") && !came.screen.1, "{}", came.screen.0);
        assert!(waited <= Duration::from_secs(5), "{setting}: it took {waited:?}");
        println!("{setting}: answered and shown {waited:?} after the turn, with a budget of 500 ms");
        core.release().await;
        let (to, text) = house.line.text().await;
        assert_eq!(to, ALONE.number);
        assert!(text.contains("принято"), "{text}");
    }
}

/// Killed when the first of the two is out. Behind the screen the operator has no response yet, and brings the turn
/// again: the very same screen comes. Before the screen the phone never gets it, and dials again: nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a2_killed_between_response_and_screen_the_turn_has_one_effect() {
    const MIDDLE: usize = 6;
    for (setting, order) in ORDERS {
        let mut house = up(setting).await;
        answered(&mut house.line, MIDDLE).await;
        let (typed, says) = ALONE.answers[MIDDLE];
        let pdu = house.line.turn(UssdEvent::Continue, typed);
        house.line.write(&pdu).await;
        let frame = house.line.next().await.expect("the link stands");
        assert_eq!(header(&frame).command_id, order[0]);
        house.serve.process.kill();
        let screen = (order[0] == SCREEN).then_some(frame);
        let caller = house.line.reset();
        house.serve = house.config.start();
        let mut line = house.smsc.bound().await;
        line.hand_to(caller);
        let seen = if screen.is_some() {
            let again = line.again(&pdu);
            let came = deliver(&mut line, &again).await;
            assert_eq!(came.order, order);
            came.screen.0
        } else {
            let (offered, _) = line.dial().await;
            assert!(offered.contains(ALONE.go_on), "{offered}");
            line.send("1").await.0
        };
        assert!(seen.contains(says), "{setting}: {says:?} is not on\n{seen}");
        // The answer counted once: the next question follows the next answer, and every answer is in the review.
        let mut last = String::new();
        for (typed, says) in &ALONE.answers[MIDDLE + 1..] {
            last = line.send(typed).await.0;
            assert!(last.contains(says), "{setting}: {says:?} is not on\n{last}");
        }
        assert!(last.contains("171S5AV, AA 1339538"), "{last}");
    }
}
