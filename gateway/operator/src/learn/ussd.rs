//! What a capture says of `[ussd]`: session, ops, end, where the code sits.

use super::capture::Source;
use super::coding::{self, Direction};
use super::dialogue::{self, Beginning, Dialogue, Op, Ops, Turns};
use super::evidence::{Findings, Line, Places, Tally, quoted};
use super::reading::is_dialled;
use super::session::{self, Session};
use super::traffic::Traffic;
use super::{events, push};
use dayaq_smpp::Tag;

pub(super) const TABLE: &str = "ussd";
pub(super) const SESSION: &str = "ussd.session";
/// A service code is at most so long; a longer number may be a person's.
const CODE_MAX: usize = 8;

/// Everything that is known of the USSD of a capture.
pub(super) struct Heard<'t> {
    pub dialogues: Vec<Dialogue<'t>>,
    pub ops: Ops,
    pub session: Session,
    pub places: Places,
    /// Octets are missing from streams, so that a message may be.
    pub gaps: u64,
}

/// Learns `[ussd]` and its tables; gives how many dialogues there are.
pub(super) fn learn(traffic: &Traffic, source: &Source, places: Places, found: &mut Findings) -> usize {
    let turns = Turns::of(traffic);
    if turns.is_empty() {
        found
            .gaps
            .push("no USSD is in the capture: [ussd] is all by default; dial the code while capturing".to_owned());
        return 0;
    }
    let opened = dialogue::opened(traffic, source);
    let (session, unasked) = session::learn(&turns, &opened, places);
    let (asked, pushed) = turns.part(&unasked);
    let ops = asked.ops();
    let mut dialogues = asked.dialogues(&ops, &session, &opened);
    dialogues.extend(pushed);
    let heard = Heard { dialogues, ops, session, places, gaps: source.gaps };
    let kinds = turns.all().filter(|turn| !turn.from_phone);
    let mut service_types: Tally<String> = Tally::default();
    kinds.for_each(|turn| {
        service_types.add(turn.message.service_type.as_str().unwrap_or_default().to_owned(), turn.place);
    });
    service_type(&service_types, &heard, found);
    let pushes = push::learn(&heard);
    let end = events::outbound(&heard, found);
    begins(&heard, found);
    addresses(&heard, found);
    coding::learn_ussd(&Direction::of(&turns), &heard, found);
    found.add(TABLE, Line::left("reply_budget_ms", 3000, "no traffic shows it"));
    order(traffic, &heard, found);
    session_table(&heard, found);
    events::inbound(&heard, &pushes, found);
    found.add(events::OUTBOUND, events::proceed(&heard));
    if let Some(line) = end {
        found.add(events::OUTBOUND, line);
    }
    pushes.write(&heard, found);
    gaps(&heard, found);
    heard.dialogues.len()
}

fn service_type(seen: &Tally<String>, heard: &Heard<'_>, found: &mut Findings) {
    let line = match seen.best() {
        None => Line::left("service_type", quoted("USSD"), "no screen is in the capture"),
        Some(best) => {
            let why = seen.says(&best, "screens", heard.places, |it| quoted(it));
            Line::set("service_type", quoted(&best), why)
        }
    };
    found.add(TABLE, line);
}

/// Where the code sits, and what the text of a begin holds.
fn begins(heard: &Heard<'_>, found: &mut Findings) {
    let (mut code, mut dial): (Tally<&str>, Tally<&str>) = (Tally::default(), Tally::default());
    for turn in heard.beginnings() {
        let text = turn.message.user_data();
        let dialled = is_dialled(text);
        code.add(if turn.message.destination.digits.is_empty() { "text" } else { "destination" }, turn.place);
        dial.add(
            if dialled {
                "whole"
            } else if text.is_empty() {
                "empty"
            } else {
                "split"
            },
            turn.place,
        );
    }
    let shown = |it: &&str| (*it).to_owned();
    let Some(place) = code.best() else {
        found.add(TABLE, Line::left("code_in", quoted("destination"), "no dialogue begins in the capture"));
        found.add(TABLE, Line::left("dial", quoted("whole"), "no dialogue begins in the capture"));
        return;
    };
    found.add(TABLE, Line::set("code_in", quoted(place), code.says(&place, "begins", heard.places, shown)));
    let line = match (place, dial.count(&"whole"), dial.count(&"split")) {
        ("text", ..) | (_, 1.., 0) => Line::set(
            "dial",
            quoted("whole"),
            dial.says(&"whole", "begins have the whole of it in the text", heard.places, shown),
        ),
        (_, 0, 0) => {
            found.missing.push(
                "nobody dialled more than the code: dial *CODE*1# while capturing, to see how it arrives".to_owned(),
            );
            Line::left("dial", quoted("whole"), "the texts of all begins are empty, which either way has them")
        }
        (_, whole, split) if whole > split => {
            Line::set("dial", quoted("whole"), dial.says(&"whole", "begins", heard.places, shown))
        }
        _ => {
            let why = dial.says(&"split", "begins have what follows the code in the text", heard.places, shown);
            Line::set("dial", quoted("split"), why)
        }
    };
    found.add(TABLE, line);
}

/// Where screens come from, and types of numbers.
fn addresses(heard: &Heard<'_>, found: &mut Findings) {
    let (mut own, mut same): (Tally<String>, u64) = (Tally::default(), 0);
    // Type of number and numbering plan.
    let mut source: Tally<(u8, u8)> = Tally::default();
    let mut destination: Tally<(u8, u8)> = Tally::default();
    let (mut source_same, mut destination_same) = (0_u64, 0_u64);
    for (from, screen) in heard.dialogues.iter().flat_map(Dialogue::exchanges) {
        let (reached, sent) = (from.message.destination, screen.message.source);
        same += u64::from(reached.digits == sent.digits);
        own.add(sent.digits.as_str().unwrap_or_default().to_owned(), screen.place);
        source.add((sent.ton, sent.npi), screen.place);
        source_same += u64::from((sent.ton, sent.npi) == (reached.ton, reached.npi));
        let (phone, to) = (from.message.source, screen.message.destination);
        destination.add((to.ton, to.npi), screen.place);
        destination_same += u64::from((to.ton, to.npi) == (phone.ton, phone.npi));
    }
    let total = own.total();
    let line = match own.best() {
        None => Line::left("source_address", quoted(""), "no screen answers anything in the capture"),
        Some(_) if same * 10 >= total * 9 => Line::left(
            "source_address",
            quoted(""),
            format!("{same} of {total} screens come from the address that was dialled"),
        ),
        Some(address) if !address.is_empty() && address.len() <= CODE_MAX => {
            let why = own.says(&address, "screens", heard.places, |it| masked(it));
            Line::set("source_address", quoted(&address), format!("{why}; give your own service code"))
        }
        Some(address) => {
            found.gaps.push(
                "source_address: screens come from a number that is not the one dialled; give your own".to_owned(),
            );
            Line::left("source_address", quoted(""), format!("screens come from {}; give your own", masked(&address)))
        }
    };
    found.add(TABLE, line);
    for (key, kinds, same) in [("source", source, source_same), ("destination", destination, destination_same)] {
        let Some((ton, npi)) = kinds.best() else { continue };
        let show = |it: &(u8, u8)| format!("ton {} npi {}", it.0, it.1);
        let why = kinds.says(&(ton, npi), "screens", heard.places, show);
        if same * 10 < kinds.total() * 9 && ton <= 6 && npi <= 18 {
            found.add(TABLE, Line::set(key, format!("{{ ton = {ton}, npi = {npi} }}"), why));
        }
    }
}

/// When a deliver_sm is answered.
fn order(traffic: &Traffic, heard: &Heard<'_>, found: &mut Findings) {
    let mut order: Tally<&str> = Tally::default();
    for (from, screen) in heard.dialogues.iter().flat_map(Dialogue::exchanges) {
        if let Some(answer) = traffic.pdus.get(from.index).and_then(|pdu| pdu.answer) {
            order.add(if answer < screen.index { "before-reply" } else { "after-reply" }, screen.place);
        }
    }
    let line = match order.best() {
        None => Line::left("deliver_sm_resp", quoted("before-reply"), "no screen answers a deliver_sm in the capture"),
        Some(best) => {
            let why = order.says(&best, "screens", heard.places, |it| (*it).to_owned());
            Line::set(
                "deliver_sm_resp",
                quoted(best),
                format!("{why}; whether the operator insists on it, no traffic shows"),
            )
        }
    };
    found.add("link", line);
}

fn session_table(heard: &Heard<'_>, found: &mut Findings) {
    let session = &heard.session;
    let key = match session.tag {
        None => "msisdn",
        Some(Tag::ITS_SESSION_INFO) => "its_session_info",
        Some(Tag::USER_MESSAGE_REFERENCE) => "user_message_reference",
        Some(_) => "vendor",
    };
    found.add(SESSION, Line::set("key", quoted(key), session.why_key.clone()));
    if let (Some(tag), "vendor") = (session.tag, key) {
        found.add(SESSION, Line::set("vendor_tag", format!("{:#06x}", tag.0), "the tag of that parameter"));
    }
    let all = heard.dialogues.iter().flat_map(|it| &it.turns).filter(|turn| turn.from_phone);
    let without = all.filter(|turn| session.tag.is_some_and(|tag| turn.value(tag).is_none())).count();
    let why = match without {
        0 => "no message lacks the value, so the capture does not say".to_owned(),
        _ => format!("{without} messages from phones lack the value"),
    };
    found.add(SESSION, Line::left("optional", true, why));
    let why = if session.why_sequence.is_empty() { "there is no value" } else { &session.why_sequence };
    found.add(SESSION, Line::set("sequence_mask", format!("{:#04x}", session.sequence_mask), why));
    let why = if session.why_end.is_empty() { "there is no value" } else { &session.why_end };
    found.add(SESSION, Line::set("end_mask", format!("{:#04x}", session.end_mask), why));
    if session.counted {
        let echoed = if session.step == 0 { "screens give the turn number back" } else { "screens add so much to it" };
        found.add(SESSION, Line::set("sequence_step", session.step, echoed));
        found.add(SESSION, Line::set("sequence_advance", session.advance, "as counted above; 0 is not relied on"));
    }
    if session.changes {
        found.add(SESSION, Line::set("changes", true, session.why_sequence.clone()));
    }
}

fn gaps(heard: &Heard<'_>, found: &mut Findings) {
    if heard.ops.begin.is_none() {
        found.gaps.push("nothing that was seen begins a dialogue: dial the code while capturing".to_owned());
    }
    if heard.ops.proceed.is_none() {
        found.gaps.push("no screen was answered by a phone: answer a menu while capturing".to_owned());
    }
    if heard.ops.ends.is_empty() && !heard.session.ends_by_bit {
        found.gaps.push("no last screen was seen: follow a dialogue to its end while capturing".to_owned());
    }
    if heard.dialogues.iter().filter(|it| it.beginning == Beginning::Dialled).count() == 1 {
        found.missing.push("only one dialogue was dialled: a second one shows which bits name it".to_owned());
    }
}

impl<'t> Heard<'t> {
    /// The first message of each dialogue that was dialled.
    pub fn beginnings(&self) -> impl Iterator<Item = &dialogue::Turn<'t>> {
        let dialled = self.dialogues.iter().filter(|it| it.beginning == Beginning::Dialled);
        dialled.filter_map(|it| it.turns.first())
    }
}

/// How an op is written in words: `18 (0x12)`.
pub(super) fn op_name(op: &Op) -> String {
    op.map_or_else(|| "none".to_owned(), |op| format!("{op} ({op:#04x})"))
}

/// An address that may be a person's.
pub(super) fn masked(address: &str) -> String {
    let kind = if address.bytes().all(|octet| octet.is_ascii_digit()) { "digits" } else { "characters" };
    match address.len() {
        0 => "no address".to_owned(),
        length if length <= CODE_MAX && kind == "digits" => quoted(address),
        length => format!("an address of {length} {kind}"),
    }
}
