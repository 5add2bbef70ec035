//! A TCP segment in a captured packet.

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;
use std::net::{IpAddr, SocketAddr};

/// One TCP segment.
pub(super) struct Segment<'a> {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub sequence: u32,
    /// It opens a connection: what follows it has the next sequence number.
    pub syn: bool,
    pub payload: &'a [u8],
}

/// The link layers that are read (LINKTYPE_* of the tcpdump group).
const RAW_ON_BSD: Linktype = Linktype(12);
const RAW_ON_OPENBSD: Linktype = Linktype(14);

/// The octets before the protocol in Linux cooked captures, and where they name it.
const COOKED_V1: (usize, usize) = (16, 14);
const COOKED_V2: (usize, usize) = (20, 0);

/// Finds the segment; `None` where the packet is something else, or a fragment.
pub(super) fn read(link: Linktype, octets: &[u8]) -> Option<Segment<'_>> {
    let packet = match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(octets).ok()?,
        Linktype::LINUX_SLL => cooked(octets, COOKED_V1)?,
        Linktype::LINUX_SLL2 => cooked(octets, COOKED_V2)?,
        Linktype::NULL | Linktype::LOOP => LaxSlicedPacket::from_ip(octets.get(4..)?).ok()?,
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 | RAW_ON_BSD | RAW_ON_OPENBSD => {
            LaxSlicedPacket::from_ip(octets).ok()?
        }
        _ => return None,
    };
    let (from, to): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Arp(_) => return None,
    };
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return None };
    Some(Segment {
        from: SocketAddr::new(from, tcp.source_port()),
        to: SocketAddr::new(to, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        syn: tcp.syn(),
        payload: tcp.payload(),
    })
}

/// Tells whether packets of this link layer can be read.
pub(super) const fn is_known(link: Linktype) -> bool {
    matches!(
        link,
        Linktype::ETHERNET
            | Linktype::LINUX_SLL
            | Linktype::LINUX_SLL2
            | Linktype::NULL
            | Linktype::LOOP
            | Linktype::RAW
            | Linktype::IPV4
            | Linktype::IPV6
            | RAW_ON_BSD
            | RAW_ON_OPENBSD
    )
}

fn cooked(octets: &[u8], (header, protocol): (usize, usize)) -> Option<LaxSlicedPacket<'_>> {
    let [high, low] = *octets.get(protocol..)?.first_chunk()?;
    Some(LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes([high, low])), octets.get(header..)?))
}
