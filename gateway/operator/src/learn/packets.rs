//! The packets of a pcap or pcapng file, one after the other, however large the file is.

use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};
use std::io::Read;
use std::time::Duration;

/// The room for blocks at first.
const BUFFER: usize = 128 * 1024;
/// The longest block that is read: longer than any packet that a capture tool writes (262,144 octets).
const BLOCK_MAX: usize = 2 * 1024 * 1024;
/// Interfaces of a section; packets of a further one are passed over.
const INTERFACES_MAX: usize = 4096;

/// One captured packet.
pub(super) struct Packet<'a> {
    /// Counted from 1, as capture tools count.
    pub number: u64,
    /// Since 1970, where the file says so.
    pub at: Option<Duration>,
    pub link: Linktype,
    pub octets: &'a [u8],
}

/// How the reading of a file ended before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// The packets that were read.
    pub after: u64,
    /// What is wrong, in words.
    pub why: &'static str,
}

/// An interface of a pcapng section.
#[derive(Clone, Copy)]
struct Interface {
    link: Linktype,
    /// Units per second.
    resolution: Option<u64>,
    offset_s: i64,
}

/// Gives each packet to `take`. What was read before a fault has been given.
pub(super) fn read(input: impl Read + Send, mut take: impl FnMut(&Packet<'_>)) -> Result<u64, Broken> {
    let mut number = 0;
    let broken = |after, why| Err(Broken { after, why });
    let mut reader = match create_reader(BUFFER, input) {
        Ok(reader) => reader,
        Err(PcapError::ReadError) => return broken(0, "the file cannot be read"),
        Err(_) => return broken(0, "the file's own header is cut off or damaged"),
    };
    let mut room = BUFFER;
    let mut legacy = (Linktype::NULL, false);
    let mut interfaces: Vec<Interface> = Vec::new();
    loop {
        match reader.next() {
            Ok((used, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => {
                        legacy = (header.network, header.is_nanosecond_precision());
                    }
                    PcapBlockOwned::Legacy(packet) => {
                        number += 1;
                        let nanos = if legacy.1 { packet.ts_usec } else { packet.ts_usec.saturating_mul(1000) };
                        let at = Duration::from_secs(packet.ts_sec.into()) + Duration::from_nanos(nanos.into());
                        take(&Packet { number, at: Some(at), link: legacy.0, octets: packet.data });
                    }
                    PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
                    PcapBlockOwned::NG(Block::InterfaceDescription(it)) if interfaces.len() < INTERFACES_MAX => {
                        interfaces.push(Interface {
                            link: it.linktype,
                            resolution: it.ts_resolution(),
                            offset_s: it.ts_offset(),
                        });
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                        number += 1;
                        let interface = usize::try_from(packet.if_id).ok().and_then(|at| interfaces.get(at));
                        if let Some(interface) = interface {
                            let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                            let (at, link) = (interface.time(ticks), interface.link);
                            take(&Packet { number, at, link, octets: packet.packet_data() });
                        }
                    }
                    PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
                        number += 1;
                        if let Some(interface) = interfaces.first() {
                            let octets = packet.packet_data();
                            take(&Packet { number, at: None, link: interface.link, octets });
                        }
                    }
                    // Names, statistics, keys and vendors' blocks are no packets.
                    PcapBlockOwned::NG(_) => {}
                }
                reader.consume(used);
            }
            Err(PcapError::Eof) => return Ok(number),
            Err(PcapError::UnexpectedEof) => return end(number, reader.data()),
            Err(PcapError::Incomplete(_)) => {
                if reader.reader_exhausted() {
                    return end(number, reader.data());
                }
                if reader.refill().is_err() {
                    return broken(number, "the file cannot be read any further");
                }
            }
            Err(PcapError::BufferTooSmall) => {
                room *= 2;
                if room > BLOCK_MAX || !reader.grow(room) {
                    return broken(number, "a length is impossible");
                }
                if reader.refill().is_err() {
                    return broken(number, "the file cannot be read any further");
                }
            }
            Err(_) => return broken(number, "a packet's header makes no sense"),
        }
    }
}

/// The file has ended: in order where nothing is left of it.
fn end(after: u64, left: &[u8]) -> Result<u64, Broken> {
    match left.is_empty() {
        true => Ok(after),
        false => Err(Broken { after, why: "the file ends in the middle of a packet" }),
    }
}

impl Interface {
    fn time(&self, ticks: u64) -> Option<Duration> {
        let resolution = self.resolution.filter(|units| *units > 0)?;
        let nanos = u128::from(ticks % resolution) * 1_000_000_000 / u128::from(resolution);
        let seconds = (ticks / resolution).checked_add_signed(self.offset_s)?;
        Some(Duration::new(seconds, u32::try_from(nanos).ok()?))
    }
}
