//! USSD dialogues, found in the traffic before anything of the dialect is known.

use super::capture::Source;
use super::evidence::Tally;
use super::reading::is_dialled;
use super::traffic::{Pdu, Sender, Traffic, What};
use dayaq_smpp::{CommandStatus, ShortMessage, Tag, receipt};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A value of `ussd_service_op`, or none.
pub(super) type Op = Option<u64>;

/// One message of a dialogue.
#[derive(Clone, Copy)]
pub(super) struct Turn<'t> {
    /// Where it stands in the traffic.
    pub index: usize,
    pub from_phone: bool,
    pub op: Op,
    pub message: &'t ShortMessage,
    pub place: u64,
    pub at: Option<Duration>,
    pub connection: u32,
}

impl Turn<'_> {
    /// The digits of the phone.
    fn phone(&self) -> &[u8] {
        let address = if self.from_phone { &self.message.source } else { &self.message.destination };
        let digits = address.digits.as_bytes();
        digits.strip_prefix(b"+").unwrap_or(digits)
    }

    /// The value of a parameter.
    pub fn value(&self, tag: Tag) -> Option<&[u8]> {
        self.message.tlvs.as_tlvs().get(tag).filter(|value| (1..=16).contains(&value.len()))
    }
}

/// How a dialogue begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Somebody dialled.
    Dialled,
    /// The service spoke first.
    Pushed,
    /// Before the capture did, or in a gap of it.
    Cut,
}

/// One dialogue.
pub(super) struct Dialogue<'t> {
    pub beginning: Beginning,
    pub turns: Vec<Turn<'t>>,
}

impl<'t> Dialogue<'t> {
    /// What phones sent, each with the screen that answers it.
    pub fn exchanges(&self) -> impl Iterator<Item = (&Turn<'t>, &Turn<'t>)> {
        self.turns.windows(2).filter_map(|pair| match pair {
            [from, screen] if from.from_phone && !screen.from_phone => Some((from, screen)),
            _ => None,
        })
    }

    /// Each screen, and whether the phone spoke after it.
    pub fn screens(&self) -> impl Iterator<Item = (&Turn<'t>, bool)> {
        self.turns
            .iter()
            .enumerate()
            .filter(|(_, turn)| !turn.from_phone)
            .map(|(at, turn)| (turn, self.turns.get(at + 1).is_some_and(|next| next.from_phone)))
    }

    /// What came from the phone last, where no screen followed and it was not the first.
    pub fn ending(&self) -> Option<(&Turn<'t>, &Turn<'t>)> {
        match self.turns.as_slice() {
            [.., before, last] if last.from_phone => Some((before, last)),
            _ => None,
        }
    }
}

/// What of a message ends its dialogue or names it, once that is known.
pub(super) trait Marks {
    fn is_over(&self, turn: &Turn<'_>) -> bool;
    /// The name of its dialogue; `None` where there is none.
    fn name(&self, turn: &Turn<'_>) -> Option<Vec<u8>>;
}

/// Before anything is known.
pub(super) struct Unmarked;

impl Marks for Unmarked {
    fn is_over(&self, _: &Turn<'_>) -> bool {
        false
    }

    fn name(&self, _: &Turn<'_>) -> Option<Vec<u8>> {
        None
    }
}

/// What can be told of ops from the order of turns alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Ops {
    /// What begins a dialogue.
    pub begin: Option<Op>,
    /// The op of screens that were answered.
    pub proceed: Option<Op>,
    /// Ops of screens that never were.
    pub ends: BTreeSet<Op>,
    /// What came from phones and was never followed by a screen.
    pub closing: BTreeSet<Op>,
    /// The op of what came from phones and was followed by a screen, but for the beginning.
    pub answers: Tally<Op>,
}

/// The turns of all phones.
pub(super) struct Turns<'t>(BTreeMap<Vec<u8>, Vec<Turn<'t>>>);

impl<'t> Turns<'t> {
    /// Finds them. What was refused is none.
    pub fn of(traffic: &'t Traffic) -> Self {
        let types: BTreeSet<&[u8]> = messages(traffic)
            .filter(|(_, _, message)| message.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP).is_some())
            .map(|(_, _, message)| message.service_type.as_bytes())
            .filter(|service_type| !service_type.is_empty())
            .collect();
        let mut phones: BTreeMap<Vec<u8>, Vec<Turn<'t>>> = BTreeMap::new();
        for (index, pdu, message) in messages(traffic) {
            let tlvs = message.tlvs.as_tlvs();
            let ussd = tlvs.get(Tag::USSD_SERVICE_OP).is_some()
                || tlvs.get(Tag::ITS_SESSION_INFO).is_some()
                || types.contains(message.service_type.as_bytes())
                || message.service_type.get(..4).is_some_and(|it| it.eq_ignore_ascii_case(b"USSD"));
            let refused = traffic.answer_to(pdu).is_some_and(|answer| answer.status != CommandStatus::ROK);
            if !ussd || refused || receipt::read(message).is_some() {
                continue;
            }
            let turn = Turn {
                index,
                from_phone: pdu.sender == Sender::Smsc,
                op: tlvs.uint(Tag::USSD_SERVICE_OP),
                message,
                place: pdu.place,
                at: pdu.at,
                connection: pdu.connection,
            };
            phones.entry(turn.phone().to_vec()).or_default().push(turn);
        }
        Self(phones)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn all(&self) -> impl Iterator<Item = &Turn<'t>> {
        self.0.values().flatten()
    }

    /// The screens that answer nothing and that nobody answered, were this parameter the one that names a session: what
    /// the service pushed is a session of its own, and says nothing of how screens name the sessions of phones.
    pub fn unasked(&self, tag: Tag) -> BTreeSet<usize> {
        let begin = self.begin();
        let mut usual = 0;
        let mut unanswered = Vec::new();
        for turns in self.0.values() {
            // A message from the phone, and what followed until its next one.
            for run in turns.chunk_by(|_, next| !next.from_phone) {
                let Some(came) = run.first().filter(|turn| turn.from_phone).and_then(|turn| turn.value(tag)) else {
                    continue;
                };
                let next = run.last().and_then(|last| turns.iter().find(|turn| turn.index > last.index));
                let next = next.filter(|next| Some(next.op) != begin);
                let screens: Vec<(usize, Change, &[u8])> = run
                    .iter()
                    .skip(1)
                    .filter_map(|turn| turn.value(tag).map(|value| (turn.index, Change::between(came, value), value)))
                    .collect();
                let nearest = screens.iter().map(|(_, change, _)| change.bits.count_ones()).min();
                // A phone that takes up the value of a screen unlike its own answers what was pushed, not this dialogue.
                let is_own = |change: Change, value: &[u8]| {
                    let is_unlike = nearest.is_some_and(|least| change.bits.count_ones() > least) || change.bits > 0xFF;
                    is_unlike && next.and_then(|next| next.value(tag)) == Some(value)
                };
                let mut goes_on = next.is_some() && !screens.iter().any(|(_, change, value)| is_own(*change, value));
                for (index, change, value) in screens {
                    if goes_on && nearest == Some(change.bits.count_ones()) {
                        usual |= change.bits;
                        goes_on = false;
                    } else if !is_own(change, value) {
                        unanswered.push((index, change));
                    }
                }
            }
        }
        // A turn number goes on to the border of its octet, and a last screen may set one bit more.
        let counted = u128::MAX.checked_shr(usual.leading_zeros() / 8 * 8).unwrap_or(0);
        let strange = |change: Change| {
            let more = change.bits & !counted;
            more.count_ones() > 1 || more & !change.set != 0
        };
        unanswered.into_iter().filter(|(_, change)| strange(*change)).map(|(index, _)| index).collect()
    }

    /// The turns without these screens, and each of these by itself.
    pub fn part(&self, unasked: &BTreeSet<usize>) -> (Self, Vec<Dialogue<'t>>) {
        let mut asked = BTreeMap::new();
        let mut pushed = Vec::new();
        for (phone, turns) in &self.0 {
            let (without, with): (Vec<_>, Vec<_>) = turns.iter().partition(|turn| !unasked.contains(&turn.index));
            asked.insert(phone.clone(), without);
            let alone = |turn| Dialogue { beginning: Beginning::Pushed, turns: vec![turn] };
            pushed.extend(with.into_iter().map(alone));
        }
        (Self(asked), pushed)
    }

    /// What the order of turns says of ops.
    pub fn ops(&self) -> Ops {
        let begin = self.begin();
        let (mut answered, mut unanswered) = (Tally::default(), Tally::default());
        let (mut followed, mut silent) = (Tally::default(), Tally::default());
        for turns in self.0.values() {
            for (at, turn) in turns.iter().enumerate() {
                let next = turns.get(at + 1);
                if turn.from_phone {
                    if Some(turn.op) != begin {
                        let by_screen = next.is_some_and(|next| !next.from_phone);
                        if by_screen { &mut followed } else { &mut silent }.add(turn.op, turn.place);
                    }
                } else if at > 0 && turns[at - 1].from_phone {
                    let by_phone = next.is_some_and(|next| next.from_phone && Some(next.op) != begin);
                    if by_phone { &mut answered } else { &mut unanswered }.add(turn.op, turn.place);
                }
            }
        }
        let seldom = |often: u64, seldom: u64| seldom * 10 <= often;
        let ends = unanswered.values().filter(|(op, count)| seldom(*count, answered.count(op)));
        let ends: BTreeSet<Op> = ends.map(|(op, _)| *op).collect();
        let closing = silent.values().filter(|(op, count)| seldom(*count, followed.count(op)));
        let closing = closing.map(|(op, _)| *op).collect();
        let proceed = answered.best().filter(|op| !ends.contains(op));
        Ops { begin, proceed, ends, closing, answers: followed }
    }

    /// The op of a beginning: 1 where it is seen, else that of what looks dialled or comes first.
    fn begin(&self) -> Option<Op> {
        let mut seen: Tally<Op> = Tally::default();
        let mut weight: BTreeMap<Op, u64> = BTreeMap::new();
        for turns in self.0.values() {
            for (at, turn) in turns.iter().enumerate().filter(|(_, turn)| turn.from_phone) {
                seen.add(turn.op, turn.place);
                let dialled = is_dialled(turn.message.user_data())
                    || turn.message.destination.digits.as_bytes().starts_with(b"*");
                *weight.entry(turn.op).or_default() += 2 * u64::from(dialled) + u64::from(at == 0);
            }
        }
        if seen.count(&Some(1)) > 0 {
            return Some(Some(1));
        }
        let share = |op: &Op| weight.get(op).copied().unwrap_or_default() * 1000 / seen.count(op).max(1);
        let best = seen.values().map(|(op, _)| *op).max_by_key(share)?;
        (share(&best) >= 500).then_some(best)
    }

    /// Parts the turns into dialogues.
    pub fn dialogues(&self, ops: &Ops, marks: &dyn Marks, opened: &BTreeSet<u32>) -> Vec<Dialogue<'t>> {
        let mut all = Vec::new();
        for turns in self.0.values() {
            let mut open: Option<Dialogue<'t>> = None;
            let mut over = true;
            let mut owed = 0_u32;
            let mut names: BTreeSet<Vec<u8>> = BTreeSet::new();
            for (at, turn) in turns.iter().enumerate() {
                let begins = turn.from_phone && Some(turn.op) == ops.begin;
                if begins || over {
                    let late = !turn.from_phone && (owed > 0 || marks.name(turn).is_some_and(|it| names.contains(&it)));
                    if late {
                        owed = owed.saturating_sub(1);
                        continue;
                    }
                    all.extend(open.take());
                    let beginning = match (begins, turn.from_phone) {
                        (true, _) => Beginning::Dialled,
                        (false, false) if at > 0 || opened.contains(&turn.connection) => Beginning::Pushed,
                        (false, _) => Beginning::Cut,
                    };
                    open = Some(Dialogue { beginning, turns: Vec::new() });
                    (over, owed) = (false, 0);
                }
                owed = if turn.from_phone { owed + 1 } else { 0 };
                names.extend(marks.name(turn));
                let closes = match turn.from_phone {
                    true => ops.closing.contains(&turn.op) && !begins,
                    false => ops.ends.contains(&turn.op),
                };
                if closes || marks.is_over(turn) {
                    over = true;
                    // What ends a dialogue asks for no screen.
                    owed = if turn.from_phone { owed - 1 } else { 0 };
                }
                if let Some(dialogue) = &mut open {
                    dialogue.turns.push(*turn);
                }
            }
            all.extend(open);
        }
        all
    }
}

/// How a screen's value differs from that of the message before it.
#[derive(Clone, Copy)]
struct Change {
    /// All bits that do; with another length all of them.
    bits: u128,
    /// Those of them that the screen has set.
    set: u128,
}

impl Change {
    fn between(came: &[u8], went: &[u8]) -> Self {
        let number = |value: &[u8]| value.iter().fold(0, |n: u128, octet| n << 8 | u128::from(*octet));
        let bits = if came.len() == went.len() { number(came) ^ number(went) } else { u128::MAX };
        Self { bits, set: bits & number(went) }
    }
}

/// Connections whose beginning is in the capture.
pub(super) fn opened(traffic: &Traffic, source: &Source) -> BTreeSet<u32> {
    let bound = traffic.pdus.iter().filter(|pdu| matches!(pdu.what, What::Bind(..)));
    bound.map(|pdu| pdu.connection).chain(source.opened.iter().copied()).collect()
}

fn messages(traffic: &Traffic) -> impl Iterator<Item = (usize, &Pdu, &ShortMessage)> {
    traffic.pdus.iter().enumerate().filter_map(|(at, pdu)| pdu.message().map(|message| (at, pdu, message)))
}
