//! What a capture says of the link: version, window, pace, timers.

use super::evidence::{Findings, Line, Places, Tally, quoted};
use super::traffic::{Pdu, Sender, Traffic, What};
use dayaq_smpp::{CommandStatus, MessageKind};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

const TABLE: &str = "link";
/// What a profile has by default.
const WINDOW: usize = 100;
/// How many probes have to agree on an interval.
const PROBES_MIN: usize = 3;

/// Learns `[link]`, but for the order of responses, which the dialogues show.
pub(super) fn learn(traffic: &Traffic, places: Places, found: &mut Findings) {
    version(traffic, places, found);
    window(traffic, places, found);
    pace(traffic, places, found);
    probes(traffic, places, found);
    let timers = "no traffic shows it";
    for (key, value) in [
        ("window_reserve", "25"),
        ("burst_ms", "20"),
        ("inbound_max", "1000"),
        ("bind_response_s", "10"),
        ("response_s", "30"),
    ] {
        found.add(TABLE, Line::left(key, value, timers));
    }
}

fn version(traffic: &Traffic, places: Places, found: &mut Findings) {
    let mut said: Tally<u8> = Tally::default();
    for pdu in &traffic.pdus {
        if let What::Bind(_, version) = pdu.what {
            said.add(version, pdu.place);
        }
    }
    let Some(version) = said.best() else {
        found.missing.push("no bind: interface_version is unknown; capture while the ESME binds".to_owned());
        found.add(TABLE, Line::left("interface_version", quoted("3.4"), "no bind is in the capture"));
        return;
    };
    let name = match version {
        0x00..=0x33 => "3.3",
        0x50 => "5.0",
        _ => "3.4",
    };
    let mut why = said.says(&version, "binds", places, |it| format!("{it:#04x}"));
    let announced = traffic.pdus.iter().find_map(|pdu| match pdu.what {
        What::BindResp(Some(version)) => Some((version, pdu.place)),
        _ => None,
    });
    match announced {
        Some((version, place)) => {
            why += &format!("; the SMSC announces {version:#04x} ({})", places.name(place));
        }
        None => why += "; the SMSC announces none",
    }
    found.add(TABLE, Line::set("interface_version", quoted(name), why));
}

/// The most requests of one side that were unanswered at once, and where.
fn in_flight(traffic: &Traffic, sender: Sender) -> (usize, u64) {
    // Where the answers stand, for each connection.
    let mut open: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    let mut most = (0, 0);
    for (at, pdu) in traffic.pdus.iter().enumerate() {
        // Of a request without an answer nobody knows how long it was open.
        let (true, Some(_), Some(answer)) = (pdu.sender == sender, pdu.message(), pdu.answer) else { continue };
        let waiting = open.entry(pdu.connection).or_default();
        while waiting.first().is_some_and(|answered| *answered < at) {
            waiting.pop_first();
        }
        waiting.insert(answer);
        if waiting.len() > most.0 {
            most = (waiting.len(), pdu.place);
        }
    }
    most
}

fn window(traffic: &Traffic, places: Places, found: &mut Findings) {
    let (ours, place) = in_flight(traffic, Sender::Esme);
    let (theirs, _) = in_flight(traffic, Sender::Smsc);
    let seen = match ours {
        0 => "no request of the ESME was answered in the capture".to_owned(),
        _ => format!(
            "the ESME had at most {ours} requests unanswered ({}), the SMSC {theirs}: a lower bound, the operator names it",
            places.name(place)
        ),
    };
    if ours > WINDOW {
        found.add(TABLE, Line::set("window", ours.min(1000), seen));
    } else {
        found.add(TABLE, Line::left("window", WINDOW, seen));
    }
}

/// Submissions of one connection in the second that ends with each, and the greatest number of them.
fn pace(traffic: &Traffic, places: Places, found: &mut Findings) {
    let mut recent: BTreeMap<u32, VecDeque<Duration>> = BTreeMap::new();
    let mut peak = 0;
    let mut throttled: Option<(usize, u64)> = None;
    let submits = traffic.pdus.iter().filter(|pdu| pdu.sender == Sender::Esme && pdu.message().is_some());
    for pdu in submits {
        let Some(at) = pdu.at else { continue };
        let recent = recent.entry(pdu.connection).or_default();
        while recent.front().is_some_and(|first| at.saturating_sub(*first) >= Duration::from_secs(1)) {
            recent.pop_front();
        }
        let refused = traffic.answer_to(pdu).is_some_and(|answer| answer.status == CommandStatus::RTHROTTLED);
        if refused {
            let taken = recent.len().max(1);
            if throttled.is_none_or(|(least, _)| taken < least) {
                throttled = Some((taken, pdu.place));
            }
        } else {
            recent.push_back(at);
            peak = peak.max(recent.len());
        }
    }
    let (value, why) = match throttled {
        Some((taken, place)) => (
            taken,
            format!("RTHROTTLED was answered after {taken} in one second ({}); ask the operator", places.name(place)),
        ),
        None => {
            (30, format!("nothing was throttled; at most {peak} were sent in a second, so there is no limit below it"))
        }
    };
    found.add(TABLE, Line::left("segments_per_second", value, why));
}

fn probes(traffic: &Traffic, places: Places, found: &mut Findings) {
    let ours = intervals(traffic, Sender::Esme);
    let theirs = intervals(traffic, Sender::Smsc);
    let shown = theirs.typical().map_or_else(
        || "the SMSC's own probes are too few to tell".to_owned(),
        |interval| format!("the SMSC probes every {} s", interval.as_secs()),
    );
    match ours.typical() {
        Some(interval) if (1..=3600).contains(&interval.as_secs()) => {
            let why = format!(
                "{} probes of the ESME came so long after the last PDU, such as {}; {shown}",
                ours.silences.len(),
                places.name(ours.place)
            );
            found.add(TABLE, Line::set("enquire_link_s", interval.as_secs(), why));
        }
        _ => {
            let why = format!("fewer than {PROBES_MIN} probes of the ESME agree; {shown}");
            found.add(TABLE, Line::left("enquire_link_s", 30, why));
        }
    }
    let mut answers: Vec<Duration> = Vec::new();
    for pdu in traffic.pdus.iter().filter(|pdu| matches!(pdu.what, What::EnquireLink) && pdu.sender == Sender::Esme) {
        if let (Some(asked), Some(answered)) = (pdu.at, traffic.answer_to(pdu).and_then(|answer| answer.at)) {
            answers.push(answered.saturating_sub(asked));
        }
    }
    let why = match answers.iter().max() {
        Some(longest) => format!("the slowest of {} answers took {} ms", answers.len(), longest.as_millis()),
        None => "no probe was answered in the capture".to_owned(),
    };
    found.add(TABLE, Line::left("enquire_link_response_s", 5, why));
}

/// How long one side was silent before it probed.
struct Silences {
    silences: Vec<Duration>,
    place: u64,
}

impl Silences {
    /// The interval, where probes agree on it within a tenth and half a second.
    fn typical(&self) -> Option<Duration> {
        let mut sorted = self.silences.clone();
        sorted.sort_unstable();
        let middle = *sorted.get(sorted.len() / 2)?;
        let near = |it: &&Duration| it.abs_diff(middle) <= middle / 10 + Duration::from_millis(500);
        let agree = sorted.iter().filter(near).count();
        (agree >= PROBES_MIN && agree * 2 > sorted.len())
            .then(|| Duration::from_secs((middle + Duration::from_millis(500)).as_secs()))
    }
}

fn intervals(traffic: &Traffic, prober: Sender) -> Silences {
    let mut last: BTreeMap<u32, Duration> = BTreeMap::new();
    let mut found = Silences { silences: Vec::new(), place: 0 };
    let said = |pdu: &Pdu| !matches!(pdu.what, What::MessageResp(MessageKind::DataSm, _)) && pdu.at.is_some();
    for pdu in traffic.pdus.iter().filter(|pdu| said(pdu)) {
        let Some(at) = pdu.at else { continue };
        if matches!(pdu.what, What::EnquireLink)
            && pdu.sender == prober
            && let Some(before) = last.get(&pdu.connection)
        {
            found.silences.push(at.saturating_sub(*before));
            found.place = pdu.place;
        }
        last.insert(pdu.connection, at);
    }
    found
}
