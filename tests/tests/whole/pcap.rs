//! Captures in the pcap format: PDUs in synthetic TCP over IPv4, for foreign dissectors.

use crate::proxy::{Passed, Sender};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::Ipv4Addr;
use std::path::Path;

/// The SMSC's port in a capture.
pub const SMSC_PORT: u16 = 2775;
/// The service's port on its first connection.
const FIRST_PORT: u16 = 40_000;
const US: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SMSC: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// LINKTYPE_RAW: a packet begins with its IP header.
const LINKTYPE_RAW: u32 = 101;
/// The longest payload of a packet: its length, with both headers, has 16 bits.
const PAYLOAD_MAX: usize = 65_535 - 40;

const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// The next sequence numbers of a connection: the service's, and the SMSC's.
#[derive(Clone, Copy)]
struct Numbers {
    us: u32,
    smsc: u32,
}

/// Writes a capture with one packet for each PDU, and gives the frame number of each.
pub fn write(path: &Path, pdus: &[Passed]) -> Vec<usize> {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let mut header = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, LINKTYPE_RAW] {
        header.extend(u32::to_le_bytes(word));
    }
    file.write_all(&header).expect("room on the disk");
    let mut connections: BTreeMap<usize, Numbers> = BTreeMap::new();
    let mut frames = Vec::new();
    let mut written = 0;
    for pdu in pdus {
        assert!(pdu.octets.len() <= PAYLOAD_MAX, "a PDU of {} octets", pdu.octets.len());
        let port = FIRST_PORT + u16::try_from(pdu.connection).expect("few connections");
        let mut put = |sender: Sender, flags: u8, numbers: Numbers, payload: &[u8]| {
            let packet = packet(sender, port, flags, numbers, payload);
            let micros = u64::try_from(pdu.at.as_micros()).expect("a short test");
            let (seconds, micros) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
            let length = u32::try_from(packet.len()).expect("16 bits");
            let record = [seconds, micros, length, length].map(u32::to_le_bytes).concat();
            file.write_all(&record).and_then(|()| file.write_all(&packet)).expect("room on the disk");
            written += 1;
        };
        let numbers = connections.entry(pdu.connection).or_insert_with(|| {
            // Three packets open the connection; each side's first octet follows its SYN.
            put(Sender::Us, SYN, Numbers { us: 0, smsc: 0 }, &[]);
            put(Sender::Smsc, SYN | ACK, Numbers { us: 1, smsc: 0 }, &[]);
            put(Sender::Us, ACK, Numbers { us: 1, smsc: 1 }, &[]);
            Numbers { us: 1, smsc: 1 }
        });
        put(pdu.sender, PSH | ACK, *numbers, &pdu.octets);
        let length = u32::try_from(pdu.octets.len()).expect("16 bits");
        match pdu.sender {
            Sender::Us => numbers.us = numbers.us.wrapping_add(length),
            Sender::Smsc => numbers.smsc = numbers.smsc.wrapping_add(length),
        }
        frames.push(written);
    }
    file.flush().expect("room on the disk");
    frames
}

/// An IPv4 packet (RFC 791) with a TCP segment (RFC 9293), neither with options.
fn packet(sender: Sender, port: u16, flags: u8, numbers: Numbers, payload: &[u8]) -> Vec<u8> {
    let (from, to, ports, sequence, acknowledged) = match sender {
        Sender::Us => (US, SMSC, [port, SMSC_PORT], numbers.us, numbers.smsc),
        Sender::Smsc => (SMSC, US, [SMSC_PORT, port], numbers.smsc, numbers.us),
    };
    let acknowledged = if flags & ACK == 0 { 0 } else { acknowledged };
    let mut segment = ports.map(u16::to_be_bytes).concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledged.to_be_bytes());
    segment.extend([5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]); // data offset, flags, window, checksum, urgent pointer
    segment.extend(payload);
    let segment_length = u16::try_from(segment.len()).expect("16 bits");
    let addresses = [from.octets(), to.octets()].concat();
    let pseudo = [addresses.as_slice(), &[0, 6], &segment_length.to_be_bytes(), &segment].concat();
    segment[16..18].copy_from_slice(&checksum(&pseudo));

    let mut packet = vec![0x45, 0];
    packet.extend((segment_length + 20).to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]); // identification, don't fragment, time to live, TCP, checksum
    packet.extend(addresses);
    let sum = checksum(&packet);
    packet[10..12].copy_from_slice(&sum);
    packet.extend(segment);
    packet
}

/// The Internet checksum (RFC 1071).
fn checksum(octets: &[u8]) -> [u8; 2] {
    let words = octets.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}
