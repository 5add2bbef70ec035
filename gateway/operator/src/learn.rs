//! A profile proposed from a capture of the operator's traffic.
//!
//! [`learn`] reads pcap, pcapng or a log in hexadecimal, however damaged, and proposes a profile with the evidence of
//! each key: how many PDUs say so, where one of them is, what contradicts it. Where the capture is silent a key stays as
//! it is by default and says so. No phone number and no text gets into a proposal.
//!
//! Octets of a capture are a stranger's: nothing in them makes this panic, and its memory is bounded whatever they say.

mod capture;
mod coding;
mod dialogue;
mod events;
mod evidence;
mod frames;
mod hexlog;
mod link;
mod packets;
mod proposal;
mod push;
mod reading;
mod segment;
mod session;
mod sms;
mod streams;
#[cfg(test)]
mod tests;
mod traffic;
mod ussd;

pub use capture::Unreadable;

use evidence::{Findings, Places};
use hexlog::Foreign;
use std::io::Read;

/// A profile, proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The file: TOML that [`dayaq_gateway::config::read_profile`] takes.
    pub toml: String,
    /// What was in the capture, and its state, in sentences.
    pub seen: Vec<String>,
    /// What is not in it and would be worth capturing.
    pub missing: Vec<String>,
    /// What stops USSD from working until it is known. Empty where the proposal can be tried.
    pub gaps: Vec<String>,
}

/// Why there is no proposal.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The file cannot be used at all.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The capture can be read, and there is no SMPP in it.
    #[error("no SMPP is in the capture{}{why}", .port.map(|port| format!(" on port {port}")).unwrap_or_default())]
    NoSmpp {
        /// The only port that was looked at.
        port: Option<u16>,
        /// More of it, with the line, where that is known.
        why: String,
    },
}

/// What stands in a log in place of PDUs.
fn foreign(source: &capture::Source) -> String {
    match source.foreign {
        _ if source.packets => String::new(),
        None => ": no line of it has 16 octets in hexadecimal, a PDU's header".to_owned(),
        Some((line, Foreign::Octets)) => format!(
            ": the octets that begin on line {line} are no PDU, whose first four are its length and the next four its \
             command; xxd, hexdump -C, Wireshark, Kannel, SMPPSim and log lines with whole PDUs are read"
        ),
        Some((line, Foreign::Fields)) => format!(
            ": line {line} begins a PDU that Kannel tells field by field, which is not read; capture it with tcpdump -w"
        ),
    }
}

/// Reads a capture to its end and proposes a profile. `port` is the SMSC's; without it every TCP connection that looks
/// like SMPP is read.
///
/// # Errors
///
/// [`LearnError`] where nothing can be read or nothing of it is SMPP. A damaged capture is used as far as it goes.
pub fn learn(input: impl Read + Send, port: Option<u16>) -> Result<Proposal, LearnError> {
    let (traffic, source) = capture::read(input, port)?;
    if traffic.pdus.is_empty() {
        return Err(LearnError::NoSmpp { port, why: foreign(&source) });
    }
    let places = Places { packets: source.packets };
    let mut found = Findings::default();
    link::learn(&traffic, places, &mut found);
    let dialogues = ussd::learn(&traffic, &source, places, &mut found);
    let (texts, receipts) = sms::learn(&traffic, places, &mut found);
    let mut connections: Vec<u32> = traffic.pdus.iter().map(|pdu| pdu.connection).collect();
    connections.sort_unstable();
    connections.dedup();
    let mut seen = vec![format!(
        "{} PDUs over {}: {dialogues} USSD dialogues, {texts} texts, {receipts} receipts",
        traffic.pdus.len(),
        if connections.len() == 1 { "one connection".to_owned() } else { format!("{} connections", connections.len()) }
    )];
    if traffic.beyond > 0 {
        seen.push(format!("{} more PDUs were counted only: those before them say enough", traffic.beyond));
    }
    for (oddity, count) in traffic.oddities.values() {
        let first = traffic.oddities.first(oddity).map_or_else(String::new, |place| places.name(place));
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        seen.push(format!("a malformed PDU: {oddity} ({times}, first in {first})"));
    }
    seen.extend(source.remarks);
    let mut head = vec![format!("Learnt from a capture with {}.", seen[0])];
    head.push("Above each key stands what says so. A key that is a comment is as by default.".to_owned());
    let toml = proposal::write(&head, &found);
    Ok(Proposal { toml, seen, missing: found.missing, gaps: found.gaps })
}
