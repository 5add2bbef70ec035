//! Which values of `ussd_service_op` mean what, each way.

use super::dialogue::{Beginning, Dialogue, Op};
use super::evidence::{Findings, Line, Tally, quoted};
use super::push::Pushes;
use super::ussd::{Heard, TABLE, op_name};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) const INBOUND: &str = "ussd.inbound_ops";
pub(super) const OUTBOUND: &str = "ussd.outbound_ops";
/// A network waits at least so long for a subscriber.
const PATIENCE: Duration = Duration::from_secs(15);
/// What vendors use where the specification has nothing: the subscriber hung up, the network ended it.
const USUAL_ABORT: u64 = 129;
const USUAL_TIMEOUT: u64 = 130;

/// What ended dialogues from the phone's side with one op.
#[derive(Default)]
struct Endings {
    count: u64,
    place: u64,
    idle: Vec<Duration>,
}

impl Endings {
    fn add(&mut self, idle: Option<Duration>, place: u64) {
        self.count += 1;
        self.place = place;
        self.idle.extend(idle);
    }

    /// Always after the same long silence: the network's patience, and no person's.
    fn is_timeout(&self) -> bool {
        let (Some(least), Some(most)) = (self.idle.iter().min(), self.idle.iter().max()) else { return false };
        *least >= PATIENCE && most.saturating_sub(*least) <= *least / 5
    }

    fn silence(&self) -> String {
        match (self.idle.iter().min(), self.idle.iter().max()) {
            (Some(least), Some(most)) if *most >= PATIENCE => {
                format!(", after silences of {} to {} s", least.as_secs(), most.as_secs())
            }
            _ => String::new(),
        }
    }
}

/// What a phone or the network did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Abort,
    Timeout,
}

impl Ending {
    const fn name(self) -> &'static str {
        match self {
            Self::Abort => "abort",
            Self::Timeout => "timeout",
        }
    }
}

/// Learns `[ussd.inbound_ops]`.
pub(super) fn inbound(heard: &Heard<'_>, pushes: &Pushes, found: &mut Findings) {
    let mut begin: Tally<Op> = Tally::default();
    heard.beginnings().for_each(|turn| begin.add(turn.op, turn.place));
    let mut none = None;
    match heard.ops.begin {
        Some(op) => {
            let why = begin.says(&op, "dialogues begin with it", heard.places, op_name);
            match small(op) {
                Some(value) => found.add(INBOUND, Line::set("begin", value, why)),
                None => none = Some(("begin", why)),
            }
        }
        None => found.add(INBOUND, Line::set("begin", 1, "default: no dialogue begins in the capture")),
    }
    let main = heard.ops.answers.best().filter(|op| Some(*op) != pushes.notify_confirm());
    let mut vendor: Vec<(u8, &str, String)> = Vec::new();
    match main {
        Some(op) => {
            let why = heard.ops.answers.says(&op, "messages that a screen follows", heard.places, op_name);
            match small(op) {
                Some(value) => found.add(INBOUND, Line::set("continue", value, why)),
                None if none.is_none() => none = Some(("continue", why)),
                None => {}
            }
        }
        None => found.add(INBOUND, Line::set("continue", 18, "default: no screen was answered in the capture")),
    }
    let begins = heard.ops.begin.flatten();
    let continues = main.map_or(Some(18), |op| op);
    for (op, _) in heard.ops.answers.values().filter(|(op, _)| Some(**op) != main) {
        let more = small(*op).filter(|_| *op != begins && !heard.ops.closing.contains(op));
        if let Some(value) = more {
            let why = heard.ops.answers.says(op, "messages that a screen follows", heard.places, op_name);
            vendor.push((value, "continue", why));
        }
    }
    let (by_op, by_bit) = endings(heard, continues);
    let by_op: Vec<(u64, Endings)> = by_op
        .into_iter()
        .filter_map(|(op, ending)| op.map(|op| (op, ending)))
        .filter(|(op, _)| Some(*op) != begins && Some(*op) != continues && *op <= 255)
        .collect();
    let mut abort = None;
    let mut timeout = None;
    for (op, ending) in rank(&by_op) {
        let Some(value) = small(Some(op)) else { continue };
        let reading = read_ending(op, ending, abort.is_some(), timeout.is_some());
        let mut why = format!(
            "{} dialogues end so, such as {}{}",
            ending.count,
            heard.places.name(ending.place),
            ending.silence()
        );
        why += reading.1;
        match reading.0 {
            Ending::Abort if abort.is_none() => abort = Some((value, why)),
            Ending::Timeout if timeout.is_none() => timeout = Some((value, why)),
            kind => vendor.push((value, kind.name(), why)),
        }
    }
    let (has_abort, has_timeout) = (abort.is_some(), timeout.is_some());
    for (key, known) in [("abort", abort), ("timeout", timeout)] {
        if let Some((value, why)) = known {
            found.add(INBOUND, Line::set(key, value, why));
        }
    }
    if let Some((event, why)) = none {
        found.add(INBOUND, Line::set("none", quoted(event), why));
    }
    if !vendor.is_empty() {
        let values: Vec<String> = vendor.iter().map(|(op, event, _)| format!("{op} = \"{event}\"")).collect();
        let whys: Vec<String> = vendor.iter().map(|(op, _, why)| format!("{op}: {why}")).collect();
        found.add(INBOUND, Line::set("vendor", format!("{{ {} }}", values.join(", ")), whys.join("; ")));
    }
    if by_bit.count > 0 {
        let (event, other) = match (has_abort, by_bit.is_timeout()) {
            (_, true) => (Ending::Timeout, "; always after the same silence, as only a network ends them"),
            (true, false) if !has_timeout => {
                (Ending::Timeout, "; hanging up has an op of its own, so it is taken for the network's")
            }
            (_, false) => (Ending::Abort, "; it may also be the network's timeout: both keep the answers"),
        };
        let place = heard.places.name(by_bit.place);
        let why =
            format!("{} messages with the op of a continue set the end bit, such as {place}{other}", by_bit.count);
        found.add(INBOUND, Line::set("end_bit", quoted(event.name()), why));
    }
    if !has_abort && by_bit.count == 0 {
        found.missing.push(
            "no dialogue in it was ended by the subscriber: abort ops are unknown; dial and hang up while capturing"
                .to_owned(),
        );
    }
    if !has_timeout {
        found.missing.push(
            "no dialogue is known to have been ended by the network: dial, wait for some minutes and capture that too"
                .to_owned(),
        );
    }
}

/// How dialogues end from the phone's side: by op, and by the end bit with the op of a continue.
fn endings(heard: &Heard<'_>, continues: Op) -> (BTreeMap<Op, Endings>, Endings) {
    let (mut by_op, mut by_bit): (BTreeMap<Op, Endings>, Endings) = (BTreeMap::new(), Endings::default());
    for dialogue in heard.dialogues.iter().filter(|it| !is_confirmed(it)) {
        let Some((before, last)) = dialogue.ending() else { continue };
        let idle = before.at.zip(last.at).map(|(before, last)| last.saturating_sub(before));
        let value = heard.session.tag.and_then(|tag| last.value(tag)).map(super::session::number);
        let marked = value.is_some_and(|value| value & heard.session.end_mask != 0);
        if last.op != continues {
            by_op.entry(last.op).or_default().add(idle, last.place);
        } else if marked {
            by_bit.add(idle, last.place);
        }
    }
    (by_op, by_bit)
}

/// A pushed screen and one message after it is no dialogue that was ended.
fn is_confirmed(dialogue: &Dialogue<'_>) -> bool {
    dialogue.beginning == Beginning::Pushed && dialogue.turns.len() <= 2
}

/// Those whose meaning is usual come first, then the more frequent.
fn rank(by_op: &[(u64, Endings)]) -> impl Iterator<Item = (u64, &Endings)> {
    let mut sorted: Vec<(u64, &Endings)> = by_op.iter().map(|(op, ending)| (*op, ending)).collect();
    let usual = |op: u64| op == USUAL_ABORT || op == USUAL_TIMEOUT;
    sorted.sort_by_key(|(op, ending)| (!usual(*op), u64::MAX - ending.count, *op));
    sorted.into_iter()
}

fn read_ending(op: u64, ending: &Endings, has_abort: bool, has_timeout: bool) -> (Ending, &'static str) {
    match op {
        _ if ending.is_timeout() => (Ending::Timeout, ": always the same, as only a network ends them"),
        USUAL_ABORT => (Ending::Abort, "; 129 is abort at most vendors, the capture alone would allow timeout"),
        USUAL_TIMEOUT => (Ending::Timeout, "; 130 is timeout at most vendors, the capture alone would allow abort"),
        _ if has_abort && !has_timeout && ending.count > 1 => {
            (Ending::Timeout, "; it may also be another abort: timeout because abort has an op already")
        }
        _ => (Ending::Abort, "; it may also be the network's timeout: both keep the answers"),
    }
}

/// Learns how last screens are marked: writes `end`, and gives the line of the op.
pub(super) fn outbound(heard: &Heard<'_>, found: &mut Findings) -> Option<Line> {
    let mut lasts: Tally<Op> = Tally::default();
    for dialogue in heard.dialogues.iter().filter(|it| it.beginning != Beginning::Pushed || it.turns.len() > 2) {
        for (screen, _) in dialogue.screens().filter(|(screen, answered)| {
            !answered
                && (heard.ops.ends.contains(&screen.op) || super::dialogue::Marks::is_over(&heard.session, screen))
        }) {
            lasts.add(screen.op, screen.place);
        }
    }
    let end = lasts.best().filter(|op| heard.ops.ends.contains(op));
    let by_op = end.and_then(small).filter(|_| end != heard.ops.proceed);
    let by_bit = heard.session.ends_by_bit;
    let says = |op: &Op| lasts.says(op, "last screens", heard.places, op_name);
    let (value, why) = match (by_op, by_bit) {
        (Some(_), true) => ("both", format!("{}; the bit: {}", says(&end.flatten()), heard.session.why_end)),
        (Some(_), false) => ("op", format!("{}; no bit of the session value marks them", says(&end.flatten()))),
        (None, true) => ("bit", format!("{}; their op is that of any other screen", heard.session.why_end)),
        (None, false) => {
            let value = if heard.session.end_mask == 0 { "op" } else { "both" };
            found.add(TABLE, Line::set("end", quoted(value), "default: no last screen is in the capture"));
            return Some(Line::set("end", 17, "default: no last screen is in the capture"));
        }
    };
    found.add(TABLE, Line::set("end", quoted(value), why));
    let op = by_op?;
    Some(Line::set("end", op, says(&Some(op.into()))))
}

/// The op of a screen that expects an answer.
pub(super) fn proceed(heard: &Heard<'_>) -> Line {
    let mut seen: Tally<Op> = Tally::default();
    let answered = heard.dialogues.iter().flat_map(Dialogue::screens).filter(|(_, answered)| *answered);
    answered.for_each(|(screen, _)| seen.add(screen.op, screen.place));
    match heard.ops.proceed.and_then(small) {
        Some(op) => {
            let why = seen.says(&Some(op.into()), "screens that a phone answered", heard.places, op_name);
            Line::set("continue", op, why)
        }
        None if heard.ops.proceed.is_none() => {
            Line::set("continue", 2, "default: no screen was answered in the capture")
        }
        None => Line::left("continue", 2, "screens that a phone answered have no op"),
    }
}

/// An op that a profile can have.
pub(super) fn small(op: Op) -> Option<u8> {
    op.and_then(|op| u8::try_from(op).ok())
}
