//! PDUs that are not quite right: what can be read of them is read, and what was wrong is told with its place.

use super::packets::{Container, Link, capture, frames};
use super::story::Said;
use super::{able, dialogue_id, from, keys, said};

/// The same PDU with octets behind its end that its length counts.
fn with_tail(it: &Said, tail: &[u8]) -> Said {
    let mut octets = [&it.octets[..], tail].concat();
    let length = u32::try_from(octets.len()).expect("it is short").to_be_bytes();
    octets[..4].copy_from_slice(&length);
    Said { octets, ..it.clone() }
}

#[test]
fn s14_learn_tells_of_nuls_behind_pdus_and_reads_the_traffic_all_the_same() {
    for (name, profile) in able() {
        let clean = said(&profile);
        let wanted = from(&capture(Container::Pcap, Link::Raw, &frames(&clean, 1400))).toml;
        for nuls in 1..=3 {
            for (who, command) in [("deliver_sm", 5), ("submit_sm", 4)] {
                let of = |it: &Said| it.octets[4..8] == u32::to_be_bytes(command);
                let spoilt: Vec<Said> =
                    clean.iter().map(|it| if of(it) { with_tail(it, &vec![0; nuls]) } else { it.clone() }).collect();
                let count = clean.iter().filter(|it| of(it)).count();
                let learnt = from(&capture(Container::Pcap, Link::Raw, &frames(&spoilt, 1400)));
                let seen = learnt.seen.join("\n");
                assert_eq!(keys(&learnt.toml), keys(&wanted), "{name}, {nuls} behind each {who}: {seen}");
                let told = format!(
                    "a malformed PDU: {who} has NULs after its end; they were passed over ({count} times, first in packet "
                );
                assert!(seen.contains(&told), "{name}, {nuls} behind each {who}: {seen}");
            }
        }
    }
}

#[test]
fn s14_learn_names_the_field_and_the_packet_of_what_it_cannot_read() {
    let clean = said(&dialogue_id());
    let at = clean.iter().position(|it| it.octets[4..8] == [0, 0, 0, 5]).expect("a deliver_sm");
    let mut cut = clean[at].clone();
    cut.octets.truncate(30);
    let cut = with_tail(&cut, b"");
    for (spoilt, told) in
        [(with_tail(&clean[at], &[7, 7, 7]), "deliver_sm: rest of the body is not a parameter"), (cut, "deliver_sm: ")]
    {
        let mut said = clean.clone();
        said[at] = spoilt;
        let packets = frames(&said, 1400);
        let learnt = from(&capture(Container::Pcap, Link::Raw, &packets));
        let line = learnt.seen.iter().find(|line| line.contains("cannot be read")).expect("it is told").clone();
        assert!(
            line.contains(told) && line.contains("it cannot be read and was passed over (once, first in packet "),
            "{line}"
        );
        let unreadable = Said { octets: said[at].octets.clone(), esme: false };
        let place = packets.iter().position(|it| it.payload == unreadable.octets).expect("a packet of its own") + 1;
        assert!(line.ends_with(&format!("packet {place})")), "{line}, and it is in {place}");
    }
}
