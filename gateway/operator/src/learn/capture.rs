//! A capture, in whichever form it comes.

use super::hexlog::{self, Foreign};
use super::traffic::Traffic;
use super::{packets, segment, streams::Streams};
use std::io::{self, BufRead, BufReader, Read};

/// How much of a file is looked at to see what it is.
const LOOK: usize = 4096;

/// What a capture was made of, besides its traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Its places are packets; else lines.
    pub packets: bool,
    /// What the engineer should know of its state, in sentences.
    pub remarks: Vec<String>,
    /// Connections whose beginning is in it.
    pub opened: Vec<u32>,
    /// Places where octets are missing from streams.
    pub gaps: u64,
    /// Of a log, the first line whose octets are no PDU, and what it is.
    pub foreign: Option<(u64, Foreign)>,
}

/// Why nothing can be read of a file.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is packed.
    #[error("this is packed by gzip; unpack it first")]
    Packed,
    /// It is none of what is read.
    #[error("this is neither pcap, nor pcapng, nor a log with octets in hexadecimal")]
    Unknown,
    /// It begins like a capture, but not one packet of it can be read.
    #[error("not one packet can be read: {0}")]
    Damaged(&'static str),
}

/// Reads all of it, as far as it goes.
pub(super) fn read(input: impl Read + Send, port: Option<u16>) -> Result<(Traffic, Source), Unreadable> {
    let mut input = BufReader::with_capacity(LOOK.max(64 * 1024), input);
    let look = fill(&mut input)?;
    let (mut traffic, source) = match look.get(..4) {
        _ if look.is_empty() => return Err(Unreadable::Empty),
        Some([0x1F, 0x8B, ..]) => return Err(Unreadable::Packed),
        Some(
            [0xA1, 0xB2, 0xC3, 0xD4]
            | [0xD4, 0xC3, 0xB2, 0xA1]
            | [0xA1, 0xB2, 0x3C, 0x4D]
            | [0x4D, 0x3C, 0xB2, 0xA1]
            | [0xA1, 0xB2, 0xCD, 0x34]
            | [0x34, 0xCD, 0xB2, 0xA1]
            | [0x0A, 0x0D, 0x0D, 0x0A],
        ) => packets(input, port)?,
        _ if !look[..look.len().min(LOOK)].contains(&0) => log(input)?,
        _ => return Err(Unreadable::Unknown),
    };
    traffic.settle();
    Ok((traffic, source))
}

fn fill(input: &mut BufReader<impl Read>) -> io::Result<&[u8]> {
    loop {
        match input.fill_buf() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(input.buffer())
}

fn packets(input: impl Read + Send, port: Option<u16>) -> Result<(Traffic, Source), Unreadable> {
    let (mut traffic, mut source) = (Traffic::default(), Source { packets: true, ..Source::default() });
    let mut streams = Streams::new(port);
    let (mut latest, mut foreign) = (None, 0_u64);
    let read = packets::read(input, |packet| {
        latest = packet.at.or(latest);
        foreign += u64::from(!segment::is_known(packet.link));
        if let Some(segment) = segment::read(packet.link, packet.octets) {
            streams.take(&segment, latest, packet.number, |heard| traffic.hear(heard));
        }
    });
    streams.finish(|heard| traffic.hear(heard));
    if let Err(broken) = read {
        if broken.after == 0 {
            return Err(Unreadable::Damaged(broken.why));
        }
        let remark = format!("{} after packet {}; what stands before was used", broken.why, broken.after);
        source.remarks.push(remark);
    }
    if foreign > 0 {
        let remark = "packets have a link layer that is not read: Ethernet, Linux cooked, raw IP and loopback are";
        source.remarks.push(format!("{foreign} {remark}"));
    }
    let (lost, skipped) = streams.losses();
    if streams.gaps > 0 && lost + skipped > 0 {
        source.remarks.push(format!("octets are missing in {} places of TCP streams", streams.gaps));
    }
    source.remarks.extend(losses(lost, skipped));
    let mut connections: Vec<u32> = traffic.pdus.iter().map(|pdu| pdu.connection).collect();
    connections.sort_unstable();
    connections.dedup();
    source.gaps = streams.gaps;
    source.opened = connections.into_iter().filter(|it| streams.was_opened(*it)).collect();
    Ok((traffic, source))
}

fn log(input: impl BufRead) -> Result<(Traffic, Source), Unreadable> {
    let mut traffic = Traffic::default();
    let read = hexlog::read(input, |heard| traffic.hear(heard))?;
    let remarks = losses(read.lost, read.skipped).into_iter().collect();
    if traffic.pdus.is_empty() && read.lines == 0 {
        return Err(Unreadable::Empty);
    }
    Ok((traffic, Source { packets: false, remarks, foreign: read.foreign, ..Source::default() }))
}

fn losses(lost: u64, skipped: u64) -> Option<String> {
    match (lost, skipped) {
        (0, 0) => None,
        (0, _) => Some(format!("{skipped} octets at the edges belong to no PDU")),
        (_, _) => Some(format!(
            "a stream could not be followed {lost} times and was taken up at the next PDU; {skipped} octets were passed over"
        )),
    }
}
