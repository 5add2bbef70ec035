//! TCP resets (RST) in the middle of PDUs, over real sockets: the program binds again, and nothing is lost or doubled.

use crate::raw_smsc::{Caller, Line, RawSmsc, encoded, header};
use crate::serve_config::address;
use crate::stage::{Setting, Stage, eventually, full, read_only, seed};
use dayaq_smpp::ussd::UssdEvent;
use dayaq_smpp::{Address, Body, CommandId, HEADER_LEN, MessageKind, ShortMessage, SmResp, decode};
use dayaq_types::{Clock, Entropy, SeededEntropy, SystemClock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Operators that reset at the same time, each with its phones.
const OPERATORS: usize = 12;
/// Offsets of each kind of PDU that an ordinary run takes, on each operator.
const SAMPLE: usize = 2;
/// A new bind begins within this time (A01).
const REBIND: Duration = Duration::from_secs(1);
/// What a machine that runs other tests at the same time may add, and the bind itself takes.
const SLACK: Duration = Duration::from_millis(1500);

const FIRST: &str = "1 Azərbaycanca";
const SECOND: &str = "1 Новое заявление";
const THIRD: &str = "Бесплатно";
/// What a phone writes, and is answered by one text of one segment.
const TEXT: &str = "Kart";

/// In which PDU the connection is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The operator's, in its middle.
    BindResp,
    DeliverSm,
    DataSm,
    EnquireLink,
    Unbind,
    /// Ours, read so far: a turn's answer, and a screen that is not answered.
    DeliverSmResp,
    SubmitSm,
    /// The operator's answer to a text of ours.
    SubmitSmResp,
}

impl Kind {
    /// Texts are the last: nothing that is in doubt goes out again before the end.
    const ALL: [Self; 8] = [
        Self::BindResp,
        Self::DeliverSm,
        Self::DataSm,
        Self::EnquireLink,
        Self::Unbind,
        Self::DeliverSmResp,
        Self::SubmitSm,
        Self::SubmitSmResp,
    ];
}

/// What came of all resets.
#[derive(Default)]
struct Tally {
    /// Resets by kind, and of them those after the whole PDU.
    resets: BTreeMap<Kind, (usize, usize)>,
    /// Connections that were reset.
    cuts: usize,
    /// Texts that are in doubt.
    in_doubt: usize,
    /// Screens that came a second time.
    copies: usize,
    longest: Duration,
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (kind, (resets, whole)) in other.resets {
            let sum = self.resets.entry(kind).or_default();
            *sum = (sum.0 + resets, sum.1 + whole);
        }
        self.cuts += other.cuts;
        self.in_doubt += other.in_doubt;
        self.copies += other.copies;
        self.longest = self.longest.max(other.longest);
    }

    fn of(&self, kind: Kind) -> (usize, usize) {
        self.resets.get(&kind).copied().unwrap_or_default()
    }
}

/// One operator, which resets its connection again and again.
struct Operator {
    smsc: RawSmsc,
    /// There is none only between a reset and the next bind.
    line: Option<Line>,
    phones: Arc<AtomicUsize>,
    clock: SystemClock,
    tally: Tally,
}

impl Operator {
    fn line(&mut self) -> &mut Line {
        self.line.as_mut().expect("it is bound")
    }

    fn next_phone(&self) -> String {
        format!("99450{:07}", 3_000_000 + self.phones.fetch_add(1, Ordering::Relaxed))
    }

    /// Lets a phone dial for the first time; gives the screen.
    async fn dial(&mut self) -> String {
        let phone = Caller::new(&self.next_phone());
        self.line().hand_to(phone);
        let (first, _) = self.line().dial().await;
        assert!(first.contains(FIRST), "{first}");
        first
    }

    /// Resets the connection and takes the next bind; the phone goes on there.
    async fn reset(&mut self) {
        self.reset_unbound().await;
        self.line().accept().await;
    }

    /// Resets the connection and takes the next, which is not bound yet.
    async fn reset_unbound(&mut self) {
        let phone = self.line.take().expect("it stands").reset();
        self.tally.cuts += 1;
        let reset = self.clock.monotonic();
        let mut line = self.smsc.line().await;
        let waited = self.clock.monotonic() - reset;
        assert!(waited <= REBIND + SLACK, "the next connection came after {waited:?}");
        self.tally.longest = self.tally.longest.max(waited);
        line.hand_to(phone);
        self.line = Some(line);
    }

    /// The next screen that is not the one of before; that may come twice, as it may have been under way.
    async fn screen_after(&mut self, before: &str) -> String {
        let (mut screen, _) = self.line().screen().await;
        if screen == before {
            self.tally.copies += 1;
            (screen, _) = self.line().screen().await;
        }
        screen
    }

    /// Takes the last turn of a phone that has seen the second screen.
    async fn third(&mut self, before: &str) {
        let turn = self.line().turn(UssdEvent::Continue, "1");
        self.line().write(&turn).await;
        self.line().wait_for(CommandId::DELIVER_SM.response()).await;
        let screen = self.screen_after(before).await;
        assert!(screen.contains(THIRD), "{screen}");
    }

    /// Delivers a turn again that nobody has answered, and goes on to the third screen.
    async fn deliver_again(&mut self, pdu: &[u8], first: &str) {
        let again = self.line().again(pdu);
        self.line().write(&again).await;
        let response = self.line().wait_for(header(&again).command_id.response()).await;
        assert_eq!(response.sequence_number, header(&again).sequence_number);
        assert!(response.command_status.is_ok(), "{:?}", response.command_status);
        let second = self.screen_after(first).await;
        assert!(second.contains(SECOND), "{second}");
        self.third(&second).await;
    }

    /// Resets at this offset of a PDU of this kind; gives the PDU's length.
    async fn case(&mut self, kind: Kind, offset: usize) -> usize {
        let len = match kind {
            Kind::SubmitSmResp => self.case_of_a_text(offset).await,
            _ => self.case_of_a_screen(kind, offset).await,
        };
        let (resets, whole) = self.tally.resets.entry(kind).or_default();
        *resets += 1;
        *whole += usize::from(offset >= len);
        len
    }

    async fn case_of_a_screen(&mut self, kind: Kind, offset: usize) -> usize {
        let first = self.dial().await;
        match kind {
            Kind::BindResp => {
                self.reset_unbound().await;
                let pdu = self.line().bind_resp().await;
                self.line().write(&pdu[..offset.min(pdu.len())]).await;
                self.reset().await;
                let (second, _) = self.line().send("2").await;
                assert!(second.contains(SECOND), "{second}");
                self.third(&second).await;
                pdu.len()
            }
            Kind::DeliverSmResp => {
                let turn = self.line().turn(UssdEvent::Continue, "2");
                self.line().write(&turn).await;
                // One that was read whole would not be delivered again.
                self.line().read_octets(offset % HEADER_LEN).await;
                self.reset().await;
                self.deliver_again(&turn, &first).await;
                HEADER_LEN
            }
            Kind::EnquireLink | Kind::Unbind => {
                let body = if kind == Kind::Unbind { Body::Unbind } else { Body::EnquireLink };
                let number = self.line().number();
                let pdu = encoded(number, body);
                self.line().write(&pdu[..offset.min(pdu.len())]).await;
                self.reset().await;
                let (second, _) = self.line().send("2").await;
                assert!(second.contains(SECOND), "{second}");
                self.third(&second).await;
                pdu.len()
            }
            Kind::DeliverSm | Kind::DataSm => {
                let turn = self.line().turn(UssdEvent::Continue, "2");
                let pdu = if kind == Kind::DataSm { as_data_sm(&turn) } else { turn };
                self.line().write(&pdu[..offset.min(pdu.len())]).await;
                self.reset().await;
                self.deliver_again(&pdu, &first).await;
                pdu.len()
            }
            Kind::SubmitSm => {
                let turn = self.line().turn(UssdEvent::Continue, "2");
                self.line().write(&turn).await;
                self.line().wait_for(CommandId::DELIVER_SM.response()).await;
                self.line().read_octets(16).await;
                let len = self.line().frame_len();
                self.line().read_octets(offset.min(len)).await;
                self.reset().await;
                // The turn was taken and its screen is lost: the phone dials again, and is where it was.
                let (second, _) = self.line().dial().await;
                assert!(second.contains(SECOND), "{second}");
                self.third(&second).await;
                len
            }
            Kind::SubmitSmResp => unreachable!("it is of texts"),
        }
    }

    async fn case_of_a_text(&mut self, offset: usize) -> usize {
        let from = Address::new(1, 1, self.next_phone()).expect("it is short");
        self.line().write_text(from, TEXT).await;
        let frame = loop {
            let frame = self.line().next().await.expect("a text");
            if header(&frame).command_id == CommandId::SUBMIT_SM {
                break frame;
            }
            self.line().take(&frame).await;
        };
        let resp = SmResp { message_id: Some(b"raw-1"), ..SmResp::default() };
        let pdu = encoded(header(&frame).sequence_number, Body::MessageResp(MessageKind::SubmitSm, resp));
        self.line().write(&pdu[..offset.min(pdu.len())]).await;
        self.tally.in_doubt += usize::from(offset < pdu.len());
        self.reset().await;
        pdu.len()
    }
}

/// The same message as data_sm.
fn as_data_sm(deliver_sm: &[u8]) -> Vec<u8> {
    let Body::Message(_, sm) = decode(deliver_sm).expect("sound").body else { panic!("a message") };
    let message = ShortMessage::try_from(&sm).expect("it fits");
    encoded(header(deliver_sm).sequence_number, Body::Message(MessageKind::DataSm, message.as_sm()))
}

/// A column of the gateway's store, read past the program.
async fn numbers(stage: &Stage, sql: &'static str) -> Vec<i64> {
    let mut store = read_only(&stage.config.gateway_database()).await;
    sqlx::query_scalar(sql).fetch_all(&mut store).await.expect("the gateway's store can be read")
}

#[tokio::test(flavor = "multi_thread")]
async fn a01_a_reset_in_any_pdu_is_followed_by_a_bind_within_a_second_and_nothing_is_lost_or_doubled() {
    let mut smscs = Vec::new();
    for _ in 0..OPERATORS {
        smscs.push(RawSmsc::listen().await);
    }
    let mut stage = Stage::set(Setting::default()).await;
    let ways: Vec<String> = smscs.iter().map(|smsc| address(smsc.addr())).collect();
    stage.config = stage.config.operators(&ways);
    stage.start_unbound();
    let (phones, seed) = (Arc::new(AtomicUsize::new(0)), seed());
    println!("DAYAQ_SEED={seed}");
    let mut operators = Vec::new();
    for smsc in smscs {
        let line = smsc.bound().await;
        let (phones, clock) = (Arc::clone(&phones), SystemClock::new());
        operators.push(Operator { smsc, line: Some(line), phones, clock, tally: Tally::default() });
    }

    // Phones without a reset: how often each history is saved.
    let control = &mut operators[0];
    let mut known = 0;
    let mut once = async |stage: &Stage| {
        let sum: i64 = numbers(stage, "SELECT number FROM sessions").await.iter().sum();
        std::mem::replace(&mut known, sum).abs_diff(sum)
    };
    control.dial().await;
    let (menu, _) = control.line().send("2").await;
    control.third(&menu).await;
    let plain = once(&stage).await;
    control.dial().await;
    control.line().send("2").await;
    let (menu, _) = control.line().dial().await;
    control.third(&menu).await;
    let redialled = once(&stage).await;
    let from = Address::new(1, 1, control.next_phone()).expect("it is short");
    control.line().write_text(from, TEXT).await;
    control.line().text().await;
    let written = once(&stage).await;

    let mut working = tokio::task::JoinSet::new();
    for (place, mut operator) in operators.into_iter().enumerate() {
        working.spawn(async move {
            let entropy = SeededEntropy::new(seed + place as u64);
            for kind in Kind::ALL {
                if full() {
                    let mut offset = place;
                    while offset <= operator.case(kind, offset).await {
                        offset += OPERATORS;
                    }
                } else {
                    // The first goes over the whole PDU in one of the operators, so that its length is known in all.
                    let mut len = 16;
                    for _ in 0..SAMPLE {
                        let mut octets = [0; 2];
                        entropy.fill(&mut octets);
                        len = operator.case(kind, usize::from(u16::from_be_bytes(octets)) % (len + 1)).await;
                    }
                }
            }
            // Whole PDUs, each kind once.
            operator.case(Kind::ALL[place % Kind::ALL.len()], usize::MAX).await;
            operator
        });
    }
    let (mut tally, mut operators) = (Tally::default(), Vec::new());
    while let Some(worked) = working.join_next().await {
        let mut operator = worked.expect("no operator fails");
        let own = std::mem::take(&mut operator.tally);
        let in_doubt = own.in_doubt;
        tally.add(own);
        operators.push((operator, in_doubt));
    }
    println!("resets (of them after the whole PDU): {:?}", tally.resets);
    println!("longest way to the next connection {:?}; screens that came twice: {}", tally.longest, tally.copies);

    let (lost, reset) = eventually("every end is in the log", async || {
        let log = stage.log();
        let lost = log.lines().filter(|line| line.contains("Link lost"));
        let reset = lost.clone().filter(|line| line.contains("reset by peer"));
        let counts = (lost.count(), reset.count());
        (counts.0 >= tally.cuts).then_some(counts)
    })
    .await;
    println!("{lost} links were lost, {reset} of them by a reset in so many words");
    assert_eq!(lost, tally.cuts, "a link is lost with each reset, and not else");
    assert!(reset * 2 > lost, "they are resets");

    // One stored state for each phone, saved as often as without any reset.
    let mut saved = numbers(&stage, "SELECT number FROM sessions").await;
    let redials = tally.of(Kind::SubmitSm).0;
    let texted = tally.of(Kind::SubmitSmResp).0;
    let all: usize = tally.resets.values().map(|(resets, _)| resets).sum();
    let screens = all - redials - texted;
    let mut expected = Vec::new();
    for (saves, phones) in [(plain, screens + 1), (redialled, redials + 1), (written, texted + 1)] {
        expected.extend(vec![saves as i64; phones]);
    }
    expected.sort_unstable();
    saved.sort_unstable();
    assert_eq!(saved, expected);

    // In doubt are the texts whose answer did not come whole, and no others.
    let (texts, answered) = tally.of(Kind::SubmitSmResp);
    let in_doubt = tally.in_doubt;
    assert_eq!(in_doubt, texts - answered);
    eventually("what became of the texts is written down", async || {
        let doubts = numbers(&stage, "SELECT doubts FROM text_segments").await;
        (doubts.iter().sum::<i64>() == in_doubt as i64).then_some(())
    })
    .await;
    let doubts = numbers(&stage, "SELECT doubts FROM text_segments").await;
    assert_eq!(doubts.len(), texts + 1, "one segment each");
    assert!(doubts.iter().all(|doubts| *doubts <= 1));
    let known = numbers(&stage, "SELECT text FROM text_attempts WHERE message_id IS NOT NULL").await;
    assert_eq!(known.len(), answered + 1, "those whose answer came whole");
    println!("{in_doubt} of {texts} texts are in doubt");
    if full() {
        // Each that is in doubt goes out a second time after a minute, and then it is told of.
        let mut serving = tokio::task::JoinSet::new();
        for (mut operator, in_doubt) in operators {
            serving.spawn(async move {
                for _ in 0..in_doubt {
                    operator.line().text().await;
                }
                operator
            });
        }
        let _standing = serving.join_all().await;
        eventually("every text is sent", async || {
            let open = numbers(&stage, "SELECT text FROM text_segments WHERE state <> 'sent'").await;
            open.is_empty().then_some(())
        })
        .await;
        let attempts = numbers(&stage, "SELECT text FROM text_attempts").await;
        assert_eq!(attempts.len(), texts + 1 + in_doubt, "two copies of those that were in doubt, one of the others");
    }
    stage.assert_sound().await;
}
