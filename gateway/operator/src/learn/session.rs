//! By which value the operator names a session, and what its bits mean.

use super::dialogue::{Dialogue, Marks, Turn, Turns, Unmarked};
use super::evidence::{Places, Tally};
use dayaq_smpp::Tag;
use std::collections::BTreeSet;
use std::fmt::Write;

/// What was learnt of the session value.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    /// The parameter; `None` where the phone number is the session.
    pub tag: Option<Tag>,
    pub sequence_mask: u64,
    pub end_mask: u64,
    pub step: u64,
    pub advance: u64,
    pub changes: bool,
    /// Last screens carry the end bit.
    pub ends_by_bit: bool,
    pub why_key: String,
    pub why_sequence: String,
    pub why_end: String,
    /// Turn numbers were seen to grow; else their rules stay as they are.
    pub counted: bool,
}

impl Marks for Session {
    fn is_over(&self, turn: &Turn<'_>) -> bool {
        let value = self.tag.and_then(|tag| turn.value(tag)).map(number);
        value.is_some_and(|value| value & self.end_mask != 0) && (turn.from_phone || self.ends_by_bit)
    }

    fn name(&self, turn: &Turn<'_>) -> Option<Vec<u8>> {
        let value = self.tag.and_then(|tag| turn.value(tag)).filter(|_| !self.changes)?;
        let used = (self.sequence_mask | self.end_mask).to_be_bytes();
        let mut name = value.to_vec();
        name.iter_mut().rev().zip(used.iter().rev()).for_each(|(octet, used)| *octet &= !used);
        Some(name)
    }
}

/// The last eight octets of a value.
pub(super) fn number(value: &[u8]) -> u64 {
    value.iter().fold(0, |n, octet| n << 8 | u64::from(*octet))
}

/// Learns the rule; gives with it the screens that the service pushed and nobody answered, by their places in the traffic.
pub(super) fn learn(turns: &Turns<'_>, opened: &BTreeSet<u32>, places: Places) -> (Session, BTreeSet<usize>) {
    let rough = |unasked: &BTreeSet<usize>| {
        let (asked, _) = turns.part(unasked);
        asked.dialogues(&asked.ops(), &Unmarked, opened)
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    for tag in tags(turns) {
        let unasked = turns.unasked(tag);
        candidates.push(Candidate::weigh(tag, &rough(&unasked), unasked));
    }
    candidates.retain(|it| it.inbound * 10 >= it.turns * 8);
    let chosen = candidates
        .iter()
        .find(|it| it.is_echoed() && it.names_dialogues())
        .or_else(|| candidates.iter().find(|it| it.is_echoed()))
        .or_else(|| candidates.iter().find(|it| it.is_constant && it.names_dialogues()));
    let Some(chosen) = chosen else {
        let mut why = match rough(&BTreeSet::new()).len() {
            0 => "there is no dialogue".to_owned(),
            count => format!("no parameter stays the same in each of {count} dialogues and differs between them"),
        };
        if !candidates.is_empty() {
            let seen: Vec<String> = candidates.iter().map(|it| format!("{:?}", it.tag)).collect();
            let _ = write!(why, "; {} is there, and no screen gives it back", seen.join(", "));
        }
        return (Session { why_key: why, ..Session::default() }, BTreeSet::new());
    };
    let mut session = Session { tag: Some(chosen.tag), why_key: chosen.why(places), ..Session::default() };
    let dialogues = rough(&chosen.unasked);
    end_bit(&mut session, chosen.tag, &dialogues, places);
    sequence(&mut session, chosen.tag, &dialogues, places);
    (session, chosen.unasked.clone())
}

/// Parameters that may name a session, the likeliest first.
fn tags(turns: &Turns<'_>) -> Vec<Tag> {
    let mut vendors: BTreeSet<Tag> = BTreeSet::new();
    for turn in turns.all().filter(|turn| turn.from_phone) {
        let tlvs = turn.message.tlvs.as_tlvs();
        vendors.extend(tlvs.iter().map(|tlv| tlv.tag).filter(|tag| (0x1400..=0x3FFF).contains(&tag.0)));
    }
    [Tag::ITS_SESSION_INFO, Tag::USER_MESSAGE_REFERENCE].into_iter().chain(vendors.into_iter().take(16)).collect()
}

/// A parameter and how it behaves.
struct Candidate {
    tag: Tag,
    /// What came from phones, and how much of it has the parameter.
    turns: u64,
    inbound: u64,
    /// Exchanges with it both ways, and those in which the screen gives it back, but for its last octet.
    both: u64,
    echoed: u64,
    beginnings: u64,
    distinct: usize,
    is_constant: bool,
    place: u64,
    /// Screens that were pushed and that nobody answered: they say nothing of it.
    unasked: BTreeSet<usize>,
}

impl Candidate {
    fn weigh(tag: Tag, dialogues: &[Dialogue<'_>], unasked: BTreeSet<usize>) -> Self {
        let mut it = Self {
            tag,
            turns: 0,
            inbound: 0,
            both: 0,
            echoed: 0,
            beginnings: 0,
            distinct: 0,
            is_constant: true,
            place: 0,
            unasked,
        };
        let mut first: BTreeSet<&[u8]> = BTreeSet::new();
        for dialogue in dialogues {
            let mut values = dialogue.turns.iter().filter(|turn| turn.from_phone).map(|turn| {
                it.turns += 1;
                it.inbound += u64::from(turn.value(tag).is_some());
                turn.value(tag)
            });
            let begins = values.next().flatten();
            it.is_constant &= values.filter(|value| value.is_some()).all(|value| value == begins);
            if let Some(value) = begins {
                it.beginnings += 1;
                first.insert(value);
            }
            for (from, screen) in dialogue.exchanges() {
                if let (Some(came), Some(went)) = (from.value(tag), screen.value(tag)) {
                    it.both += 1;
                    let last = came.len() - 1;
                    let same = came.len() == went.len() && came[..last] == went[..last];
                    it.echoed += u64::from(same);
                    it.place = screen.place;
                }
            }
        }
        it.distinct = first.len();
        it
    }

    fn is_echoed(&self) -> bool {
        self.both > 0 && self.echoed * 10 >= self.both * 8
    }

    fn names_dialogues(&self) -> bool {
        self.beginnings < 2 || self.distinct > 1
    }

    fn why(&self, places: Places) -> String {
        let mut why = format!(
            "{} of {} messages from phones have it, {} of {} screens give it back",
            self.inbound, self.turns, self.echoed, self.both
        );
        if self.place > 0 {
            let _ = write!(why, ", such as {}", places.name(self.place));
        }
        let _ = write!(why, "; {} values for {} dialogues", self.distinct, self.beginnings);
        if !self.unasked.is_empty() {
            let _ =
                write!(why, "; {} screens that nobody asked for and nobody answered say nothing", self.unasked.len());
        }
        if !self.is_echoed() {
            why += "; no screen gives it back, so msisdn is possible as well: chosen because it tells dialogues apart";
        }
        why
    }
}

/// Finds the bit that last screens set.
fn end_bit(session: &mut Session, tag: Tag, dialogues: &[Dialogue<'_>], places: Places) {
    let (mut last, mut other): (Tally<u32>, Tally<u32>) = (Tally::default(), Tally::default());
    let mut lasts = 0;
    let mut answered = 0;
    for dialogue in dialogues {
        for (at, pair) in dialogue.turns.windows(2).enumerate() {
            let [from, screen] = pair else { continue };
            let (Some(came), Some(went)) = (from.value(tag), screen.value(tag)) else { continue };
            if !from.from_phone || screen.from_phone || came.len() != went.len() {
                continue;
            }
            let is_last = !dialogue.turns.get(at + 2).is_some_and(|next| next.from_phone);
            lasts += u64::from(is_last);
            answered |= number(came);
            let set = number(went) & !number(came);
            for bit in (0..64).filter(|bit| set >> bit & 1 == 1) {
                if is_last { &mut last } else { &mut other }.add(bit, screen.place);
            }
        }
    }
    let bit = last.values().find(|(bit, count)| other.count(bit) * 10 <= *count).map(|(bit, count)| (*bit, count));
    if let Some((bit, count)) = bit {
        session.end_mask = 1 << bit;
        session.ends_by_bit = true;
        let place = last.first(&bit).map(|place| places.name(place)).unwrap_or_default();
        session.why_end = format!("set in {count} of {lasts} last screens, such as {place}, and in no other");
        return;
    }
    // Only the operator may set it: the lowest one, as the specification has it.
    let ended: Vec<&Turn<'_>> = dialogues.iter().filter_map(Dialogue::ending).map(|(_, turn)| turn).collect();
    let by_operator = ended.iter().find(|turn| turn.value(tag).is_some_and(|value| number(value) & 1 == 1));
    if let (Some(turn), true) = (by_operator, answered & 1 == 0 && tag == Tag::ITS_SESSION_INFO) {
        session.end_mask = 1;
        let place = places.name(turn.place);
        session.why_end =
            format!("set where a dialogue ends from the operator's side, such as {place}; no screen sets it");
    } else {
        session.why_end = "no bit is set in last messages and in no other".to_owned();
    }
}

/// Finds the bits that count turns.
fn sequence(session: &mut Session, tag: Tag, dialogues: &[Dialogue<'_>], places: Places) {
    let (mut within, mut between, mut several) = (0, 0, 0_u64);
    let mut first: Option<u64> = None;
    let mut replied = 0;
    let clean = |turn: &Turn<'_>| turn.value(tag).map(|value| number(value) & !session.end_mask);
    for dialogue in dialogues {
        let values: Vec<u64> = dialogue.turns.iter().filter(|turn| turn.from_phone).filter_map(clean).collect();
        let Some(begin) = values.first() else { continue };
        between |= first.get_or_insert(*begin).to_owned() ^ begin;
        several += u64::from(values.len() > 1);
        within |= values.iter().fold(0, |bits, value| bits | (value ^ begin));
        for (from, screen) in dialogue.exchanges() {
            if let (Some(came), Some(went)) = (clean(from), clean(screen)) {
                replied |= came ^ went;
            }
        }
    }
    let varies = within | replied;
    if varies == 0 {
        session.why_sequence = match several {
            0 => "no dialogue has two turns; none is assumed".to_owned(),
            _ => format!("in {several} dialogues of several turns the value stays the same"),
        };
        return;
    }
    let low = varies.trailing_zeros();
    let top = 63 - varies.leading_zeros();
    // The counter goes on to the border of its octet, where nothing else uses the bits.
    let border = top | 7;
    let free = (top..=border).take_while(|bit| *bit == top || (between | session.end_mask) >> bit & 1 == 0).last();
    let high = free.unwrap_or(top);
    let mask = (u64::MAX >> (63 - high)) & (u64::MAX << low);
    let turn_of = |value: u64| (value & mask) >> low;
    let span = mask >> low;
    let (mut advance, mut step): (Tally<u64>, Tally<u64>) = (Tally::default(), Tally::default());
    for dialogue in dialogues {
        let turns: Vec<(u64, u64)> = dialogue
            .turns
            .iter()
            .filter(|turn| turn.from_phone)
            .filter_map(|turn| clean(turn).map(|value| (value, turn.place)))
            .collect();
        for pair in turns.windows(2) {
            let [(before, _), (after, place)] = pair else { continue };
            advance.add(turn_of(*after).wrapping_sub(turn_of(*before)) & span, *place);
        }
        for (from, screen) in dialogue.exchanges() {
            if let (Some(came), Some(went)) = (clean(from), clean(screen)) {
                step.add(turn_of(went).wrapping_sub(turn_of(came)) & span, screen.place);
            }
        }
    }
    let steady = advance.best().filter(|by| (1..=4).contains(by) && advance.count(by) * 10 >= advance.total() * 6);
    session.step = step.best().unwrap_or_default();
    match steady {
        Some(by) => {
            session.advance = by;
            session.counted = true;
            session.sequence_mask = mask;
            let said = advance.says(&by, "turns grow by the same", places, u64::to_string);
            session.why_sequence = format!("bits {low} to {high} count: {said}");
        }
        None if between & !mask & !session.end_mask == 0 => {
            session.changes = true;
            session.end_mask = 0;
            session.ends_by_bit = false;
            session.why_sequence = "the value is another one in each turn, and nothing of it stays".to_owned();
        }
        None => {
            session.advance = 0;
            session.counted = true;
            session.sequence_mask = mask;
            session.why_sequence = format!("bits {low} to {high} differ within a dialogue, and do not count evenly");
        }
    }
}
