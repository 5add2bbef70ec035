//! Binds of the program on the wire: a transceiver, or a transmitter and a receiver, several of them, cut in between.

use crate::family::ALONE;
use crate::stage::{Setting, Stage, eventually};
use dayaq_simulator::{Direction, SmscConfig, TappedPdu};
use dayaq_smpp::{CommandId, Header, LinkConfig, Role};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// What is on a family's texts, one after another: the number, the amount, the branch.
const TEXTS: usize = 3;

/// Two pairs.
const PAIRS: &str = "bind = \"transmitter+receiver\"\nbinds = 2";

/// An operator that asks every second whether we are there.
fn attentive() -> SmscConfig {
    let link = LinkConfig { enquire_link: Some(Duration::from_secs(1)), ..LinkConfig::new(Role::Smsc) };
    SmscConfig { link, ..SmscConfig::default() }
}

async fn stage(smsc: SmscConfig, links: &str) -> (Stage, Receiver<TappedPdu>) {
    let mut stage = Stage::set(Setting { smsc, ..Setting::default() }).await;
    stage.config = stage.config.links(links);
    let tap = stage.smsc.tap();
    stage.start().await;
    (stage, tap)
}

/// Waits until so many connections are bound.
async fn whole(stage: &Stage, connections: f64) {
    eventually("every connection is bound", async || {
        (stage.metric("dayaq_smpp_bound").await == connections).then_some(())
    })
    .await;
}

/// Which commands went over each connection since the tap was last read.
fn passed(tap: &mut Receiver<TappedPdu>) -> BTreeMap<u64, BTreeSet<(bool, CommandId)>> {
    let mut links = BTreeMap::<u64, BTreeSet<(bool, CommandId)>>::new();
    while let Ok(pdu) = tap.try_recv() {
        let id = Header::read(&pdu.octets).expect("a whole PDU").command_id;
        links.entry(pdu.link).or_default().insert((pdu.direction == Direction::Received, id));
    }
    links
}

/// Applies from the first dial to the last text; `before` happens before each answer.
async fn apply(stage: &Stage, mut before: impl AsyncFnMut(usize)) {
    let phone = stage.phone(ALONE.number);
    let mut seen = phone.dial().await;
    for at in 0..ALONE.answers.len() {
        before(at).await;
        seen = ALONE.answer(&phone, seen, at, at + 1).await;
    }
    ALONE.look_over(&phone, seen).await;
    before(ALONE.answers.len()).await;
    let number = phone.send("1").await.says(ALONE.registered).ends().reference();
    assert_eq!(stage.references().await, std::slice::from_ref(&number));
    let mut texts = Vec::new();
    for _ in 0..TEXTS {
        texts.push(phone.text().await);
    }
    assert!(texts[0].contains(&number) && texts[1].contains("AZN") && texts[2].contains("Насими"), "{texts:#?}");
    let inbox: Vec<String> = phone.0.sms_inbox().into_iter().map(|sms| sms.text).collect();
    assert_eq!(inbox, texts, "each text once");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_transceiver_answers_enquire_link_and_binds_again_after_a_cut() {
    let (stage, mut tap) = stage(attentive(), "bind = \"transceiver\"").await;
    let phone = stage.phone(ALONE.number);
    let before = ALONE.begin(&phone, 3).await;
    let resp = (true, CommandId::ENQUIRE_LINK.response());
    let mut seen = BTreeSet::new();
    eventually("enquire_link is answered", async || {
        seen.extend(passed(&mut tap).into_values().flatten());
        seen.contains(&resp).then_some(())
    })
    .await;
    assert!(seen.contains(&(true, CommandId::BIND_TRANSCEIVER)));
    stage.smsc.cut_links();
    let next = ALONE.answer(&phone, before, 3, 4).await;
    assert!(next.more);
    let bound = passed(&mut tap).into_values().filter(|said| said.contains(&(true, CommandId::BIND_TRANSCEIVER)));
    assert_eq!(bound.count(), 1, "one connection for the one that was cut");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_family_applies_over_two_pairs_of_a_transmitter_and_a_receiver() {
    let (stage, mut tap) = stage(attentive(), PAIRS).await;
    whole(&stage, 4.0).await;
    apply(&stage, async |_| {}).await;
    let links = passed(&mut tap);
    let kind = |id| links.values().filter(|said| said.contains(&(true, id))).count();
    assert_eq!([kind(CommandId::BIND_TRANSMITTER), kind(CommandId::BIND_RECEIVER)], [2, 2]);
    assert_eq!(kind(CommandId::BIND_TRANSCEIVER), 0);
    for said in links.values() {
        let sends = said.contains(&(true, CommandId::BIND_TRANSMITTER));
        assert!(sends || !said.contains(&(true, CommandId::SUBMIT_SM)), "{said:?}");
        assert!(!sends || !said.contains(&(false, CommandId::DELIVER_SM)), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_leg_that_is_cut_comes_back_as_a_pair_and_nothing_is_lost_or_told_twice() {
    let (stage, mut tap) = stage(SmscConfig::default(), PAIRS).await;
    whole(&stage, 4.0).await;
    // In turn the receiver is cut right after a deliver_sm, and the transmitter right after its submit_sm_resp.
    let faults = ["cut", "cut,every=2"];
    apply(&stage, async |at| {
        if at % 3 == 1 {
            whole(&stage, 4.0).await;
            let fault = faults[at / 3 % 2].parse().expect("a fault");
            stage.smsc.fault(fault).expect("there is room");
        }
    })
    .await;
    whole(&stage, 4.0).await;
    let links = passed(&mut tap);
    let kind = |id| links.values().filter(|said| said.contains(&(true, id))).count();
    let (transmitters, receivers) = (kind(CommandId::BIND_TRANSMITTER), kind(CommandId::BIND_RECEIVER));
    println!("{transmitters} transmitters and {receivers} receivers were bound");
    assert!(transmitters >= 4 && receivers >= 4, "both kinds were cut: {transmitters} and {receivers}");
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, (transmitters + receivers - 4) as f64);
}
