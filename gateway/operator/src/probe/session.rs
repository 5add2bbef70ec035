//! A bind as the probe holds it: one connection or two, and everything that was said over them.

use super::line::{Frame, Happening, Line, Told, instant};
use super::mask::name;
use super::notes::Notes;
use dayaq_gateway::config::{BindKind, Profile, ResponseOrder};
use dayaq_smpp::receipt::{self, Receipt};
use dayaq_smpp::{CommandStatus, Event, Header, Instant, MessageId, MessageKind, ShortMessage};
use dayaq_types::{Clock, Msisdn};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The first sequence number of PDUs that the link knows nothing of; its own never come so far in one run.
const RAW_FIRST: u32 = 0x6000_0000;

/// What the SMSC said of a bind.
#[derive(Clone)]
pub(super) struct Bound {
    pub system_id: Vec<u8>,
    pub interface_version: Option<u8>,
}

/// The answer to a submit_sm.
#[derive(Clone)]
pub(super) struct Answer {
    pub at: Instant,
    /// By generic_nack rather than submit_sm_resp.
    pub nacked: bool,
    pub status: CommandStatus,
    pub message_id: Option<MessageId>,
    pub frame: Frame,
}

/// A submit_sm.
#[derive(Clone)]
pub(super) struct Submitted {
    pub at: Instant,
    pub frame: Option<Frame>,
    /// Why it did not go out.
    pub failed: Option<String>,
    pub answer: Option<Answer>,
}

/// What came from the test phone.
#[derive(Clone)]
pub(super) struct Arrival {
    line: usize,
    sequence_number: u32,
    pub at: Instant,
    pub message: ShortMessage,
    pub frame: Frame,
}

/// A delivery receipt for the test phone.
#[derive(Clone)]
pub(super) struct Receipted {
    pub at: Instant,
    pub receipt: Receipt,
    pub message: ShortMessage,
    pub frame: Frame,
}

/// A bind under way.
pub(super) struct Session {
    lines: Vec<Line>,
    told: mpsc::UnboundedReceiver<Told>,
    clock: Arc<dyn Clock>,
    profile: Profile,
    phone: Msisdn,
    last_frame: Vec<Option<Frame>>,
    bound: Vec<Option<Result<Bound, CommandStatus>>>,
    pub bind_frames: Vec<Frame>,
    tokens: u64,
    raw: u32,
    /// Every submit_sm, by token.
    pub submitted: BTreeMap<u64, Submitted>,
    /// Responses to PDUs that the link knows nothing of, by sequence number.
    pub raw_answers: BTreeMap<u32, Frame>,
    /// enquire_link that the SMSC sent of its own.
    pub own_probes: Vec<Frame>,
    /// USSD of the test phone that nobody has looked at.
    pub turns: VecDeque<Arrival>,
    /// Texts of the test phone.
    pub texts: Vec<Arrival>,
    pub receipts: Vec<Receipted>,
    /// What no row expected.
    pub notes: Notes,
    /// A USSD message is answered only after its screen, where the profile has it so, and somebody writes screens.
    pub screens_follow: bool,
    /// Why the session is over, if it is.
    pub gone: Option<String>,
    ending: bool,
}

impl Session {
    /// Takes connections that are up.
    pub fn new(
        wires: Vec<Box<dyn dayaq_gateway::link::Wire>>,
        profile: &Profile,
        phone: Msisdn,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (sender, told) = mpsc::unbounded_channel();
        let count = wires.len();
        let begin =
            |(number, wire)| Line::begin(number, wire, profile.link.clone(), Arc::clone(&clock), sender.clone());
        Self {
            lines: wires.into_iter().enumerate().map(begin).collect(),
            told,
            profile: profile.clone(),
            phone,
            last_frame: vec![None; count],
            bound: vec![None; count],
            bind_frames: Vec::new(),
            tokens: 0,
            raw: RAW_FIRST,
            submitted: BTreeMap::new(),
            raw_answers: BTreeMap::new(),
            own_probes: Vec::new(),
            turns: VecDeque::new(),
            texts: Vec::new(),
            receipts: Vec::new(),
            notes: Notes::new(profile),
            screens_follow: false,
            gone: None,
            ending: false,
            clock,
        }
    }

    pub fn now(&self) -> Instant {
        instant(&*self.clock)
    }

    /// Asks for the bind on one of the connections and waits for the answer.
    pub async fn bind(&mut self, line: usize, request: dayaq_smpp::BindRequest) -> Result<Bound, Refusal> {
        self.lines[line].bind(request);
        let limit = self.profile.link.bind_response + Duration::from_secs(1);
        match self.until(limit, |session| session.bound[line].clone()).await {
            Some(Ok(bound)) => Ok(bound),
            Some(Err(status)) => Err(Refusal::Status(status)),
            None => Err(Refusal::Silence(
                self.gone.clone().unwrap_or_else(|| format!("no answer within {} s", limit.as_secs())),
            )),
        }
    }

    /// Sends a message and names it.
    pub fn submit(&mut self, message: ShortMessage) -> u64 {
        self.tokens += 1;
        let (token, at) = (self.tokens, self.now());
        self.submitted.insert(token, Submitted { at, frame: None, failed: None, answer: None });
        // Of a pair the first sends.
        self.lines[0].submit(token, message);
        token
    }

    /// Waits until every one of these is answered or will not be.
    pub async fn answered(&mut self, tokens: &[u64]) {
        let limit = self.profile.link.response + Duration::from_secs(1);
        let settled = |session: &Self, token: &u64| {
            session.submitted.get(token).is_some_and(|sent| sent.answer.is_some() || sent.failed.is_some())
        };
        self.until(limit, |session| tokens.iter().all(|token| settled(session, token)).then_some(())).await;
    }

    /// Counts the requests without an answer.
    pub fn in_flight(&self) -> usize {
        self.submitted.values().filter(|sent| sent.answer.is_none() && sent.failed.is_none()).count()
    }

    /// Sends a header of that command, which the link knows nothing of, and names it.
    pub fn raw(&mut self, command_id: u32) -> u32 {
        self.raw += 1;
        let octets = [16, command_id, 0, self.raw].map(u32::to_be_bytes).concat();
        self.lines[0].raw(octets);
        self.raw
    }

    /// Answers what came from the phone, if it is not answered yet.
    pub fn respond(&self, arrival: &Arrival) {
        self.lines[arrival.line].respond(arrival.sequence_number, CommandStatus::ROK);
    }

    /// Answers all that still waits for an answer.
    pub fn release(&mut self) {
        self.screens_follow = false;
        for turn in std::mem::take(&mut self.turns) {
            self.respond(&turn);
        }
    }

    /// Ends the bind politely and waits until the connections are over.
    pub async fn unbind(&mut self) {
        self.release();
        self.ending = true;
        self.lines.iter().for_each(Line::unbind);
        let limit = self.profile.link.drain + self.profile.link.unbind_response;
        let ends = self.lines.len();
        let mut over = 0;
        let clock = Arc::clone(&self.clock);
        let end = instant(&*clock) + limit;
        while over < ends && instant(&*clock) < end {
            match tokio::time::timeout(end.saturating_since(instant(&*clock)), self.told.recv()).await {
                Ok(Some((line, happening))) => {
                    over += usize::from(matches!(happening, Happening::Gone(_)));
                    self.absorb(line, happening);
                }
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Waits until `ready` gives something; gives nothing when the time is over or the session is.
    pub async fn until<T>(&mut self, limit: Duration, mut ready: impl FnMut(&mut Self) -> Option<T>) -> Option<T> {
        let end = self.now() + limit;
        loop {
            if let Some(found) = ready(self) {
                return Some(found);
            }
            let left = end.saturating_since(self.now());
            if self.gone.is_some() || left.is_zero() {
                return None;
            }
            if let Ok(Some((line, happening))) = tokio::time::timeout(left, self.told.recv()).await {
                self.absorb(line, happening);
            }
        }
    }

    /// Lets time pass, and takes in what happens.
    pub async fn pause(&mut self, time: Duration) {
        self.until(time, |_| None::<()>).await;
    }

    fn absorb(&mut self, line: usize, happening: Happening) {
        match happening {
            Happening::Frame(frame) => self.absorb_frame(line, frame),
            Happening::Submitted(token, outcome) => {
                if let Some(sent) = self.submitted.get_mut(&token) {
                    match outcome {
                        Ok(frame) => (sent.at, sent.frame) = (frame.at, Some(frame)),
                        Err(why) => sent.failed = Some(why),
                    }
                }
            }
            Happening::Event(event) => self.absorb_event(line, event),
            Happening::Unmatched => {
                let ours = self.last_frame[line].as_ref().and_then(|frame| Header::read(&frame.octets));
                if let Some(header) = ours.filter(|header| !self.raw_answers.contains_key(&header.sequence_number)) {
                    self.notes.add(format!("{} that answers nothing we asked", header.command_id));
                }
            }
            Happening::Gone(why) => {
                if !self.ending {
                    self.gone.get_or_insert(why);
                }
            }
        }
    }

    fn absorb_frame(&mut self, line: usize, frame: Frame) {
        if let Some(header) = Header::read(&frame.octets) {
            if matches!(header.command_id.0 & 0x7FFF_FFFF, 1 | 2 | 9) {
                self.bind_frames.push(frame.clone());
            }
            if !frame.sent {
                if header.sequence_number > RAW_FIRST && header.sequence_number <= self.raw {
                    self.raw_answers.insert(header.sequence_number, frame.clone());
                }
                if header.command_id == dayaq_smpp::CommandId::ENQUIRE_LINK {
                    self.own_probes.push(frame.clone());
                }
            }
        }
        if !frame.sent {
            self.notes.look_at(&frame.octets);
            self.last_frame[line] = Some(frame);
        }
    }

    fn absorb_event(&mut self, line: usize, event: Event) {
        let Some(frame) = self.last_frame[line].clone() else {
            if let Event::Closed { reason } = event
                && !self.ending
            {
                self.gone.get_or_insert(reason.to_string());
            }
            return;
        };
        match event {
            Event::Bound { system_id, interface_version, .. } => {
                self.bound[line] = Some(Ok(Bound { system_id: system_id.to_vec(), interface_version }));
            }
            Event::BindRefused { status } => self.bound[line] = Some(Err(status)),
            Event::Response { token, status, message_id } => {
                self.answer(token, Answer { at: frame.at, nacked: false, status, message_id, frame });
            }
            Event::Nacked { token, status } => {
                self.answer(token, Answer { at: frame.at, nacked: true, status, message_id: None, frame });
            }
            Event::LateResponse { token, status, message_id } => {
                self.notes.add(format!(
                    "a submit_sm was answered later than {} s after it went out",
                    self.profile.link.response.as_secs()
                ));
                self.answer(token, Answer { at: frame.at, nacked: false, status, message_id, frame });
            }
            Event::InDoubt { token } | Event::Unsent { token } => {
                if let Some(sent) = self.submitted.get_mut(&token).filter(|sent| sent.answer.is_none()) {
                    sent.failed.get_or_insert("not answered".to_owned());
                }
            }
            Event::Request { sequence_number, kind, message } => {
                if kind != MessageKind::DeliverSm {
                    self.notes.add(format!("a message in {} rather than deliver_sm", kind.command_id()));
                }
                self.take(Arrival { line, sequence_number, at: frame.at, message, frame });
            }
            Event::PeerUnbind => {
                self.gone.get_or_insert("the SMSC unbound".to_owned());
            }
            Event::Closed { reason } => {
                if !self.ending {
                    self.gone.get_or_insert(reason.to_string());
                }
            }
            Event::AlertNotification { .. } => self.notes.add("alert_notification"),
            Event::Outbind(_) | Event::BindRequest(_) | Event::Ancillary { .. } | Event::QueryResponse { .. } => {
                self.notes.add(name(&frame.octets));
            }
        }
    }

    fn answer(&mut self, token: u64, answer: Answer) {
        if let Some(sent) = self.submitted.get_mut(&token) {
            sent.failed = None;
            sent.answer = Some(answer);
        }
    }

    /// Takes what is the test phone's. What is another's is given back: whoever serves that phone will have it.
    fn take(&mut self, arrival: Arrival) {
        let ours = |digits: Option<&str>| digits.and_then(|it| Msisdn::parse(it).ok()) == Some(self.phone);
        let (from, to) = (arrival.message.source, arrival.message.destination);
        let receipt = receipt::read(&arrival.message);
        let concerns_us = ours(from.digits.as_str()) || receipt.is_some() && ours(to.digits.as_str());
        if !concerns_us {
            self.notes.add("a message of another phone; it was answered RX_T_APPN, so that it comes again");
            self.lines[arrival.line].respond(arrival.sequence_number, CommandStatus::RX_T_APPN);
            return;
        }
        if let Some(receipt) = receipt {
            self.respond(&arrival);
            let Arrival { at, message, frame, .. } = arrival;
            self.receipts.push(Receipted { at, receipt, message, frame });
        } else if self.profile.dialect.concerns(&arrival.message) {
            let held = self.screens_follow && self.profile.response == ResponseOrder::AfterReply;
            if !held {
                self.respond(&arrival);
            }
            if self.screens_follow {
                self.turns.push_back(arrival);
            } else {
                self.notes.add("USSD of the test phone before it was asked to dial");
            }
        } else {
            self.respond(&arrival);
            self.texts.push(arrival);
        }
    }
}

/// Why there is no bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The SMSC says so.
    Status(CommandStatus),
    /// It says nothing.
    Silence(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Refusal::Status(status) => write!(f, "refused with {status}"),
            Refusal::Silence(why) => f.write_str(why),
        }
    }
}

/// The kinds of bind that make up a way of binding.
pub(super) fn kinds(kind: BindKind) -> &'static [dayaq_smpp::BindKind] {
    match kind {
        BindKind::Transceiver => &[dayaq_smpp::BindKind::Transceiver],
        BindKind::Pair => &[dayaq_smpp::BindKind::Transmitter, dayaq_smpp::BindKind::Receiver],
    }
}
