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

async fn stage(smsc: SmscConfig, links: &str) -> (Stage, Wire) {
    let mut stage = Stage::set(Setting { smsc, valve: true, ..Setting::default() }).await;
    stage.config = stage.config.links(links);
    let wire = Wire::of(&stage);
    stage.start().await;
    (stage, wire)
}

/// Waits until so many connections are bound.
async fn whole(stage: &Stage, connections: f64) {
    eventually("every connection is bound", async || {
        (stage.metric("dayaq_smpp_bound").await == connections).then_some(())
    })
    .await;
}

/// What has passed between the program and the operator.
struct Wire {
    tap: Receiver<TappedPdu>,
    /// Which commands went over each connection, and whether the program sent them.
    links: BTreeMap<u64, BTreeSet<(bool, CommandId)>>,
}

impl Wire {
    fn of(stage: &Stage) -> Self {
        Self { tap: stage.smsc.tap(), links: BTreeMap::new() }
    }

    /// Hears what has passed since it was heard last.
    fn hear(&mut self) -> &Self {
        while let Ok(pdu) = self.tap.try_recv() {
            let id = Header::read(&pdu.octets).expect("a whole PDU").command_id;
            self.links.entry(pdu.link).or_default().insert((pdu.direction == Direction::Received, id));
        }
        self
    }

    /// Over how many connections the program, or else the operator, has said this.
    fn said(&self, program: bool, id: CommandId) -> usize {
        self.links.values().filter(|said| said.contains(&(program, id))).count()
    }
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
    let (stage, mut wire) = stage(attentive(), "bind = \"transceiver\"").await;
    let phone = stage.phone(ALONE.number);
    let before = ALONE.begin(&phone, 3).await;
    eventually("enquire_link is answered", async || {
        (wire.hear().said(true, CommandId::ENQUIRE_LINK.response()) == 1).then_some(())
    })
    .await;
    assert_eq!(wire.said(true, CommandId::BIND_TRANSCEIVER), 1);
    stage.smsc.cut_links();
    let next = ALONE.answer(&phone, before, 3, 4).await;
    assert!(next.more);
    let bound = wire.hear().said(true, CommandId::BIND_TRANSCEIVER);
    assert_eq!(bound, 2, "one connection for the one that was cut");
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_family_applies_over_two_pairs_of_a_transmitter_and_a_receiver() {
    let (stage, mut wire) = stage(attentive(), PAIRS).await;
    whole(&stage, 4.0).await;
    apply(&stage, async |_| {}).await;
    wire.hear();
    let kinds = [CommandId::BIND_TRANSMITTER, CommandId::BIND_RECEIVER, CommandId::BIND_TRANSCEIVER];
    assert_eq!(kinds.map(|kind| wire.said(true, kind)), [2, 2, 0]);
    for said in wire.links.values() {
        let sends = said.contains(&(true, CommandId::BIND_TRANSMITTER));
        assert!(sends || !said.contains(&(true, CommandId::SUBMIT_SM)), "{said:?}");
        assert!(!sends || !said.contains(&(false, CommandId::DELIVER_SM)), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_a_leg_that_is_cut_comes_back_as_a_pair_and_nothing_is_lost_or_told_twice() {
    let (stage, mut wire) = stage(SmscConfig::default(), PAIRS).await;
    whole(&stage, 4.0).await;
    let valve = stage.valve.as_ref().expect("it was asked for");
    // A leg that ends before an answer, and one that ends right after a PDU of the operator, such as the answer itself.
    let cuts = [
        None,
        Some(CommandId::BIND_TRANSMITTER),
        Some(CommandId::BIND_RECEIVER),
        Some(CommandId::BIND_TRANSMITTER),
        None,
    ];
    apply(&stage, async |at| {
        if at % 2 == 1
            && let Some(cut) = cuts.get(at / 2)
        {
            whole(&stage, 4.0).await;
            match *cut {
                Some(kind) => valve.cut(kind),
                None => {
                    stage.smsc.fault("cut".parse().expect("a fault")).expect("there is room");
                }
            }
        }
    })
    .await;
    whole(&stage, 4.0).await;
    let wire = wire.hear();
    let [transmitters, receivers] =
        [CommandId::BIND_TRANSMITTER, CommandId::BIND_RECEIVER].map(|kind| wire.said(true, kind));
    println!("{transmitters} transmitters and {receivers} receivers were bound");
    assert_eq!(transmitters + receivers, 4 + cuts.len(), "each that was cut came back");
    assert!(transmitters >= 4 && receivers >= 3, "as what it was");
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, cuts.len() as f64);
}
