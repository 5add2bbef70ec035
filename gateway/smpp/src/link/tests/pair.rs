use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Two links against each other on virtual time. Octets take 10 ms each way and can be held up or lost.
struct Pair {
    now: Instant,
    esme: Link,
    smsc: Link,
    /// What is on the way: when it arrives, whether at the SMSC, and the octets.
    wire: Vec<(Instant, bool, Vec<u8>)>,
    /// Whether what the SMSC writes gets lost.
    deaf: bool,
    /// What became of each token of the ESME, and how often anything final did.
    outcomes: BTreeMap<u64, u32>,
    taken: Vec<u64>,
}

const LATENCY: Duration = Duration::from_millis(10);

impl Pair {
    fn new() -> Self {
        let now = Instant::ZERO;
        let mut esme = Link::new(LinkConfig { window: 4, ..LinkConfig::new(Role::Esme) }, now);
        esme.bind(now, &bind_request(BindKind::Transceiver)).unwrap();
        let smsc = Link::new(LinkConfig::new(Role::Smsc), now);
        let mut pair =
            Self { now, esme, smsc, wire: Vec::new(), deaf: false, outcomes: BTreeMap::new(), taken: Vec::new() };
        pair.run(SECOND);
        assert!(pair.esme.is_bound() && pair.smsc.is_bound());
        pair
    }

    /// Lets everything happen that happens within `time`.
    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.drain();
            let arrivals = self.wire.iter().map(|(at, _, _)| *at);
            let deadlines = [self.esme.poll_timeout(), self.smsc.poll_timeout()].into_iter().flatten();
            let Some(next) = arrivals.chain(deadlines).min().filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            let (due, later) = std::mem::take(&mut self.wire).into_iter().partition(|(at, _, _)| *at <= self.now);
            self.wire = later;
            let due: Vec<(Instant, bool, Vec<u8>)> = due;
            for (_, to_smsc, octets) in due {
                if to_smsc { &mut self.smsc } else { &mut self.esme }.handle_bytes(self.now, &octets);
            }
            self.esme.handle_timeout(self.now);
            self.smsc.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(event) = self.smsc.poll_event() {
            match event {
                Event::BindRequest(_) => self.smsc.accept_bind(self.now, b"smsc").unwrap(),
                Event::Request { sequence_number, .. } => {
                    let id = sequence_number.to_string();
                    self.smsc.respond(self.now, sequence_number, CommandStatus::ROK, Some(id.as_bytes())).unwrap();
                }
                _ => {}
            }
        }
        while let Some(event) = self.esme.poll_event() {
            match event {
                Event::Response { token, .. }
                | Event::Nacked { token, .. }
                | Event::InDoubt { token }
                | Event::Unsent { token } => *self.outcomes.entry(token).or_default() += 1,
                Event::Request { sequence_number, .. } => {
                    let _closed = self.esme.respond(self.now, sequence_number, CommandStatus::ROK, None);
                }
                _ => {}
            }
        }
        for to_smsc in [true, false] {
            let mut octets = Vec::new();
            let link = if to_smsc { &mut self.esme } else { &mut self.smsc };
            if link.take_output(&mut octets) && (to_smsc || !self.deaf) {
                self.wire.push((self.now + LATENCY, to_smsc, octets));
            }
        }
        assert!(self.esme.in_flight() <= 4);
    }

    fn submit(&mut self, token: u64) {
        if self.esme.submit(self.now, MessageKind::SubmitSm, &message("text"), token).is_ok() {
            self.taken.push(token);
        }
    }
}

#[test]
fn a_day_of_silence_is_bridged_by_probes_from_both_ends() {
    let mut pair = Pair::new();
    pair.run(86_400 * SECOND);
    assert!(pair.esme.is_bound() && pair.smsc.is_bound());
    assert!(pair.esme.counters().probes + pair.smsc.counters().probes >= 2_800);
    assert_eq!(pair.esme.counters().unknown_responses + pair.smsc.counters().unknown_responses, 0);
}

#[test]
fn a02_a_peer_that_vanishes_is_noticed_within_40_s_and_nothing_is_called_failed() {
    let mut pair = Pair::new();
    pair.deaf = true;
    pair.submit(1);
    pair.run(40 * SECOND);
    assert!(matches!(pair.esme.state(), State::Closed { reason: CloseReason::EnquireLinkTimeout }));
    assert_eq!(pair.outcomes, BTreeMap::from([(1, 1)]));
}

#[derive(Clone, Debug)]
enum Act {
    Submit,
    Deliver,
    Run(u64),
    Deaf(bool),
    Unbind,
    SmscUnbind,
    Cut,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => Just(Act::Submit),
        3 => Just(Act::Deliver),
        6 => (0u64..60_000).prop_map(Act::Run),
        1 => any::<bool>().prop_map(Act::Deaf),
        1 => Just(Act::Unbind),
        1 => Just(Act::SmscUnbind),
        1 => Just(Act::Cut),
    ]
}

proptest! {
    #[test]
    fn a12_every_request_has_exactly_one_outcome_whatever_happens(acts in proptest::collection::vec(any_act(), 1..60)) {
        let mut pair = Pair::new();
        for (token, act) in acts.into_iter().enumerate() {
            match act {
                Act::Submit => pair.submit(token as u64),
                Act::Deliver => {
                    let _full = pair.smsc.submit(pair.now, MessageKind::DeliverSm, &message("text"), token as u64);
                }
                Act::Run(millis) => pair.run(Duration::from_millis(millis)),
                Act::Deaf(deaf) => pair.deaf = deaf,
                Act::Unbind => {
                    let _late = pair.esme.unbind(pair.now);
                }
                Act::SmscUnbind => {
                    let _late = pair.smsc.unbind(pair.now);
                }
                Act::Cut => {
                    pair.wire.clear();
                    pair.esme.handle_closed(pair.now);
                    pair.smsc.handle_closed(pair.now);
                }
            }
            pair.drain();
        }
        pair.esme.handle_closed(pair.now);
        pair.drain();
        let expected: BTreeMap<u64, u32> = pair.taken.iter().map(|token| (*token, 1)).collect();
        prop_assert_eq!(pair.outcomes, expected);
    }
}
