//! Captures in every container and link layer that is read.

use super::story::Said;

/// A captured TCP segment.
#[derive(Clone)]
pub struct Frame {
    /// Microseconds.
    pub at: u64,
    esme: bool,
    client: u16,
    port: u16,
    sequence: u32,
    syn: bool,
    pub payload: Vec<u8>,
}

impl Frame {
    pub fn of_client(mut self, client: u16) -> Self {
        self.client = client;
        self
    }

    pub fn with_port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Container {
    Pcap,
    PcapNano,
    PcapBigEndian,
    PcapNg,
}

#[derive(Clone, Copy, Debug)]
pub enum Link {
    Raw,
    Ethernet,
    Vlan,
    Cooked,
    Cooked2,
    Loopback,
    Ipv6,
}

/// A connection: both SYNs, then every PDU in segments of at most so many octets. Its sequence numbers wrap.
pub fn frames(said: &[Said], size: usize) -> Vec<Frame> {
    let mut next = [u32::MAX - 500, 77];
    let mut at = 1_700_000_000_000_000;
    let mut all = Vec::new();
    let mut put = |esme: bool, syn: bool, payload: &[u8], at: u64| {
        let sequence = next[usize::from(esme)];
        next[usize::from(esme)] = sequence.wrapping_add(if syn { 1 } else { payload.len() as u32 });
        all.push(Frame { at, esme, client: 40_000, port: 2775, sequence, syn, payload: payload.to_vec() });
    };
    put(true, true, &[], at);
    put(false, true, &[], at + 10);
    for one in said {
        at += 10_000;
        for piece in one.octets.chunks(size) {
            at += 5;
            put(one.esme, false, piece, at);
        }
    }
    all
}

/// Neighbours change places in the file, and some packets come twice; each keeps its time.
pub fn shuffled(frames: Vec<Frame>, mut seed: u64) -> Vec<Frame> {
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut all: Vec<Frame> = Vec::new();
    for frame in frames {
        if random(5) == 0 {
            all.push(frame.clone());
        }
        all.push(frame);
    }
    for at in 4..all.len() - 4 {
        let other = at + random(4);
        all.swap(at, other);
    }
    all
}

/// Writes the file.
pub fn capture(container: Container, link: Link, frames: &[Frame]) -> Vec<u8> {
    let kind: u32 = match link {
        Link::Raw | Link::Ipv6 => 101,
        Link::Ethernet | Link::Vlan => 1,
        Link::Cooked => 113,
        Link::Cooked2 => 276,
        Link::Loopback => 0,
    };
    let big = matches!(container, Container::PcapBigEndian);
    let word = |word: u32| if big { word.to_be_bytes() } else { word.to_le_bytes() };
    let mut file = Vec::new();
    match container {
        Container::Pcap | Container::PcapNano | Container::PcapBigEndian => {
            let magic = if matches!(container, Container::PcapNano) { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
            let versions = if big { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
            file.extend(word(magic));
            file.extend(versions);
            file.extend([0, 0, 65_535, kind].map(word).concat());
        }
        Container::PcapNg => {
            file.extend([0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28].map(word).concat());
            file.extend([1, 20, kind, 0, 20].map(word).concat());
        }
    }
    for frame in frames {
        let octets = packet(link, frame);
        let length = octets.len() as u32;
        let (seconds, micros) = ((frame.at / 1_000_000) as u32, (frame.at % 1_000_000) as u32);
        match container {
            Container::Pcap | Container::PcapBigEndian => {
                file.extend([seconds, micros, length, length].map(word).concat());
                file.extend(octets);
            }
            Container::PcapNano => {
                file.extend([seconds, micros * 1000, length, length].map(word).concat());
                file.extend(octets);
            }
            Container::PcapNg => {
                let padded = octets.len().next_multiple_of(4);
                let total = padded as u32 + 32;
                let (high, low) = ((frame.at >> 32) as u32, frame.at as u32);
                file.extend([6, total, 0, high, low, length, length].map(word).concat());
                file.extend(&octets);
                file.extend(vec![0; padded - octets.len()]);
                file.extend(word(total));
            }
        }
    }
    file
}

fn packet(link: Link, frame: &Frame) -> Vec<u8> {
    let head: &[u8] = match link {
        Link::Raw | Link::Ipv6 => &[],
        Link::Ethernet => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0],
        Link::Vlan => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0, 0, 42, 8, 0],
        Link::Cooked => &[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 8, 0],
        Link::Cooked2 => &[8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0],
        Link::Loopback => &[2, 0, 0, 0],
    };
    let mut tcp = Vec::new();
    let ports = if frame.esme { [frame.client, frame.port] } else { [frame.port, frame.client] };
    ports.iter().for_each(|port| tcp.extend(port.to_be_bytes()));
    tcp.extend(frame.sequence.to_be_bytes());
    tcp.extend([0, 0, 0, 0, 5 << 4, if frame.syn { 2 } else { 0x18 }, 255, 255, 0, 0, 0, 0]);
    tcp.extend(&frame.payload);
    let (us, smsc) = (1_u8, 2_u8);
    let (from, to) = if frame.esme { (us, smsc) } else { (smsc, us) };
    let mut ip = Vec::new();
    if matches!(link, Link::Ipv6) {
        ip.extend([0x60, 0, 0, 0]);
        ip.extend((tcp.len() as u16).to_be_bytes());
        ip.extend([6, 64]);
        for host in [from, to] {
            ip.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
        }
    } else {
        ip.extend([0x45, 0]);
        ip.extend((20 + tcp.len() as u16).to_be_bytes());
        ip.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        for host in [from, to] {
            ip.extend([192, 0, 2, host]);
        }
    }
    let mut octets = [head, &ip, &tcp].concat();
    if matches!(link, Link::Ethernet | Link::Vlan) && octets.len() < 60 {
        // A short frame is padded, and the padding is no payload.
        octets.resize(60, 0);
    }
    octets
}
