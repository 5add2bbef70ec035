use std::time::Duration;

use dayaq_smpp::receipt::MessageState;
use dayaq_smpp::{
    Address, Ancillary, BindKind, BindRequest, CommandStatus, Event, HEADER_LEN, Instant, Link, LinkConfig, MessageId,
    MessageKind, Octets, QueryOutcome, Role, ShortMessage, split_frame,
};

use super::script::Script;

/// The commands that a script sends; the last is nobody's.
const COMMANDS: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0xB, 0x15, 0x102, 0x103, 0, 0x8000_0000, 0x0001_0200];
const KINDS: [MessageKind; 3] = [MessageKind::SubmitSm, MessageKind::DeliverSm, MessageKind::DataSm];
const BINDS: [BindKind; 3] = [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver];

/// One link, what it was asked to send, and what it said of it.
struct Story {
    link: Link,
    now: Instant,
    window: usize,
    /// By token: how many outcomes it had.
    outcomes: Vec<u8>,
    /// The peer's requests that wait.
    waiting: Vec<u32>,
    output: Vec<u8>,
}

/// Any octets as what happens to a link of either role: streams, answers, time, cuts. Whatever comes, every request of
/// ours has one outcome, the window holds, what is written is whole PDUs, and no timer is due twice at one moment.
pub fn session(octets: &[u8]) {
    let mut script = Script(octets);
    let choice = script.octet();
    let role = if choice & 1 == 0 { Role::Esme } else { Role::Smsc };
    let window = 1 + usize::from(choice >> 6);
    let config = LinkConfig {
        window,
        ancillary: choice & 2 == 0,
        inbound_max: 3,
        late_max: 2,
        events_max: 8,
        output_max: 2000,
        max_pdu_len: 1000,
        ..LinkConfig::new(role)
    };
    let now = Instant::ZERO;
    let link = Link::new(config, now);
    let mut story = Story { link, now, window, outcomes: Vec::new(), waiting: Vec::new(), output: Vec::new() };
    while !script.is_over() {
        story.step(&mut script);
        story.check();
    }
    story.end();
}

impl Story {
    fn step(&mut self, script: &mut Script<'_>) {
        let (link, now) = (&mut self.link, self.now);
        match script.octet() & 15 {
            0 => {
                let kind = BINDS[usize::from(script.octet()) % 3];
                let request = BindRequest::new(kind, "dayaq", "secret").expect("it fits");
                let _refused = link.bind(now, &request);
            }
            1 => drop(link.accept_bind(now, b"smsc")),
            2 | 3 => {
                let message = ShortMessage { short_message: script.octets().to_vec(), ..ShortMessage::default() };
                let kind = KINDS[usize::from(script.octet()) % 3];
                if link.submit(now, kind, &message, self.outcomes.len() as u64).is_ok() {
                    self.outcomes.push(0);
                }
            }
            4 => {
                let query = Ancillary::Query { message_id: MessageId::EMPTY, source: Address::default() };
                if link.ask(now, &query, self.outcomes.len() as u64).is_ok() {
                    self.outcomes.push(0);
                }
            }
            5 => link.handle_bytes(now, script.octets()),
            6..=9 => {
                let frame = frame(script);
                link.handle_bytes(now, &frame);
            }
            10 => {
                self.now = now + Duration::from_millis(u64::from(script.u16()));
                self.wake();
            }
            11 => {
                // Straight to the next deadline.
                if let Some(due) = link.poll_timeout() {
                    self.now = self.now.max(due);
                    self.wake();
                }
            }
            12 => self.answer(script),
            13 => {
                let _refused =
                    if script.octet() & 1 == 0 { link.unbind(now) } else { link.refuse_bind(CommandStatus::RINVPASWD) };
            }
            14 => self.take_output(),
            15 if script.octet() == 0 => link.handle_closed(now),
            _ => self.poll(),
        }
    }

    fn wake(&mut self) {
        self.link.handle_timeout(self.now);
        assert!(self.link.poll_timeout().is_none_or(|due| due > self.now), "a timer is due for ever");
    }

    fn answer(&mut self, script: &mut Script<'_>) {
        let Some(number) = self.waiting.pop() else { return };
        let status = CommandStatus(u32::from(script.octet()));
        let said = self.link.respond(self.now, number, status, Some(script.octets()));
        if said.is_err() {
            let outcome =
                QueryOutcome { final_date: Octets::EMPTY, message_state: MessageState::Enroute, error_code: 0 };
            let _refused = self.link.respond_query(self.now, number, &outcome);
        }
    }

    fn take_output(&mut self) {
        self.output.clear();
        self.link.take_output(&mut self.output);
        let mut rest = &self.output[..];
        while !rest.is_empty() {
            let frame = split_frame(rest, usize::MAX).expect("what is written can be followed");
            let frame = frame.expect("what is written is whole");
            assert!(frame.len() >= HEADER_LEN);
            rest = &rest[frame.len()..];
        }
    }

    fn poll(&mut self) {
        while let Some(event) = self.link.poll_event() {
            match event {
                Event::Response { token, .. }
                | Event::QueryResponse { token, .. }
                | Event::Nacked { token, .. }
                | Event::InDoubt { token }
                | Event::Unsent { token } => self.outcomes[token as usize] += 1,
                Event::LateResponse { token, .. } => assert_eq!(self.outcomes[token as usize], 1),
                Event::Request { sequence_number, .. } | Event::Ancillary { sequence_number, .. } => {
                    self.waiting.push(sequence_number);
                }
                Event::Closed { .. } => assert!(self.link.is_closed()),
                Event::Bound { .. }
                | Event::BindRefused { .. }
                | Event::BindRequest(_)
                | Event::Outbind(_)
                | Event::AlertNotification { .. }
                | Event::PeerUnbind => {}
            }
        }
    }

    fn check(&self) {
        assert!(self.link.in_flight() <= self.window);
        assert!(self.link.requests_waiting() <= 3);
        assert!(self.outcomes.iter().all(|outcomes| *outcomes <= 1), "a request has two outcomes");
        if self.link.is_closed() {
            assert_eq!((self.link.poll_timeout(), self.link.in_flight()), (None, 0));
        }
    }

    fn end(&mut self) {
        self.poll();
        self.take_output();
        self.link.handle_closed(self.now);
        self.poll();
        self.check();
        assert!(self.link.is_closed());
        assert!(self.outcomes.iter().all(|outcomes| *outcomes == 1), "a request has no outcome");
    }
}

/// A PDU whose header is right and whose body is the script's.
fn frame(script: &mut Script<'_>) -> Vec<u8> {
    let choice = script.octet();
    let response = if choice & 0x10 == 0 { 0 } else { 0x8000_0000 };
    let command = COMMANDS[usize::from(choice & 15)] | response;
    let status = if choice & 0x20 == 0 { 0 } else { u32::from(script.octet()) };
    let number = u32::from(script.octet());
    let body: &[u8] = if choice & 0x40 == 0 { script.octets() } else { b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" };
    let len = (HEADER_LEN + body.len()) as u32;
    [&len.to_be_bytes(), &command.to_be_bytes(), &status.to_be_bytes(), &number.to_be_bytes(), body].concat()
}
