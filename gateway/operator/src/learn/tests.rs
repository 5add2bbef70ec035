//! Captures made by hand: damaged, interleaved, in every container, and the same profile each time.

mod dumps;
mod odd;
mod packets;
mod pushed;
mod story;

use super::{LearnError, Proposal, learn};
use dayaq_author::parse;
use dayaq_gateway::config::{Profile, read_profile};
use dayaq_smpp::Tag;
use dayaq_smpp::ussd::{InboundOp, SessionSource, UssdEvent};
use packets::{Container, Frame, Link, capture, frames, shuffled};
use proptest::prelude::*;
use std::fmt::Write;
use std::path::PathBuf;
use story::{PHONES, Said, Story};

fn profile(toml: &str) -> Profile {
    let (document, faults) = parse("proposal", toml);
    let profile = read_profile(&document, &faults);
    // A capture may show what is worth a warning, such as USSD under SMPP 3.3.
    assert!(!faults.has_errors(), "{faults}\n{toml}");
    profile.expect("it loads")
}

fn from(octets: &[u8]) -> Proposal {
    learn(octets, None).unwrap_or_else(|fault| panic!("{fault}"))
}

fn dialogue_id() -> Profile {
    profile(include_str!("../../../../config/operators/dialogue-id.toml"))
}

/// What was said in a dialect, all of it.
fn said(profile: &Profile) -> Vec<Said> {
    Story::new(&profile.dialect).everything()
}

/// Everything that is learnt but for the evidence.
fn keys(toml: &str) -> Vec<&str> {
    toml.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
}

#[test]
fn s14_every_container_and_link_layer_gives_the_same_profile() {
    let packets = frames(&said(&dialogue_id()), 536);
    let wanted = from(&capture(Container::Pcap, Link::Raw, &packets));
    assert_eq!(wanted.gaps, [""; 0], "{}", wanted.toml);
    for container in [Container::Pcap, Container::PcapNano, Container::PcapBigEndian, Container::PcapNg] {
        for link in [Link::Raw, Link::Ethernet, Link::Vlan, Link::Cooked, Link::Cooked2, Link::Loopback, Link::Ipv6] {
            let learnt = from(&capture(container, link, &packets));
            assert_eq!(learnt.toml, wanted.toml, "{container:?} {link:?}");
        }
    }
}

#[test]
fn s14_segments_out_of_order_twice_and_in_pieces_give_the_same_profile() {
    let said = said(&dialogue_id());
    let wanted = from(&capture(Container::Pcap, Link::Raw, &frames(&said, 536))).toml;
    for size in [1, 7, 40, 1400] {
        let learnt = from(&capture(Container::Pcap, Link::Raw, &frames(&said, size)));
        assert_eq!(keys(&learnt.toml), keys(&wanted), "{size} octets in a segment");
    }
    for seed in 0..20 {
        let mixed = shuffled(frames(&said, 100), seed);
        let learnt = from(&capture(Container::Pcap, Link::Ethernet, &mixed));
        assert_eq!(keys(&learnt.toml), keys(&wanted), "seed {seed}");
    }
}

#[test]
fn s14_a_capture_that_lacks_segments_is_used_as_far_as_it_goes() {
    let said = said(&dialogue_id());
    let all = frames(&said, 536);
    let wanted = profile(&from(&capture(Container::Pcap, Link::Raw, &all)).toml);
    for lost in (10..all.len() - 10).step_by(9) {
        let mut packets = all.clone();
        packets.remove(lost);
        let learnt = from(&capture(Container::Pcap, Link::Raw, &packets));
        let found = profile(&learnt.toml);
        assert_eq!(found.dialect.session, wanted.dialect.session, "without packet {lost}\n{}", learnt.toml);
        assert_eq!(found.dialect.outbound_ops, wanted.dialect.outbound_ops, "without packet {lost}\n{}", learnt.toml);
        assert_eq!(found.dialect.end_signal, wanted.dialect.end_signal, "without packet {lost}");
    }
    // In the middle of a PDU: it is found again, and it is told.
    let mut packets = frames(&said, 30);
    packets.remove(packets.len() / 2);
    let learnt = from(&capture(Container::Pcap, Link::Raw, &packets));
    assert!(learnt.seen.iter().any(|line| line.contains("taken up at the next PDU")), "{:?}", learnt.seen);
    assert_eq!(profile(&learnt.toml).dialect.session, wanted.dialect.session);
}

#[test]
fn s14_a_capture_that_begins_late_or_is_cut_off_says_so() {
    let all = frames(&said(&dialogue_id()), 33);
    let late: Vec<Frame> = all[20..].to_vec();
    let learnt = from(&capture(Container::Pcap, Link::Raw, &late));
    assert_eq!(profile(&learnt.toml).dialect.session.end_mask, 1);
    assert!(learnt.missing.iter().any(|line| line.contains("no bind")), "{:?}", learnt.missing);
    let whole = capture(Container::PcapNg, Link::Raw, &all);
    let learnt = from(&whole[..whole.len() - 5]);
    assert!(learnt.seen.iter().any(|line| line.contains("in the middle of a packet")), "{:?}", learnt.seen);
}

#[test]
fn s14_two_binds_and_another_protocol_beside_them_are_one_operator() {
    let profile = dialogue_id();
    let (mut first, second) = (frames(&said(&profile), 536), elsewhere(said(&profile)));
    let wanted = keys_of(&first);
    let other: Vec<Frame> = frames(&second, 536).into_iter().map(|frame| frame.of_client(40_001)).collect();
    let page = Said { esme: true, octets: b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec() };
    let web: Vec<Frame> = frames(&[page], 536).into_iter().map(|frame| frame.of_client(50_000).with_port(80)).collect();
    first.extend(other);
    first.extend(web);
    first.sort_by_key(|frame| frame.at);
    assert_eq!(keys_of(&first), wanted);
}

/// The same of other phones.
fn elsewhere(said: Vec<Said>) -> Vec<Said> {
    let other = |it: Said| {
        let mut octets = it.octets;
        for at in 0..octets.len().saturating_sub(4) {
            if octets[at..].starts_with(b"994") {
                octets[at + 4] = b'9';
            }
        }
        Said { octets, ..it }
    };
    said.into_iter().map(other).collect()
}

fn keys_of(packets: &[Frame]) -> Vec<String> {
    let learnt = from(&capture(Container::Pcap, Link::Raw, packets));
    keys(&learnt.toml).into_iter().map(str::to_owned).collect()
}

#[test]
fn s14_logs_in_hexadecimal_give_the_profile_of_the_same_traffic() {
    let said = said(&dialogue_id());
    let wanted = from(&capture(Container::Pcap, Link::Raw, &frames(&said, 1400))).toml;
    let words = |it: &Said| if it.esme { "sent" } else { "received" };
    let dump = |octets: &[u8]| {
        octets.chunks(16).enumerate().fold(String::new(), |mut text, (row, line)| {
            let _ = writeln!(text, "{:04x}   {:<47}   ................", row * 16, hex(line, " "));
            text
        })
    };
    for (name, log) in [
        ("one line each", said.iter().map(|it| format!("{} {}\n", words(it), hex(&it.octets, ""))).collect::<String>()),
        ("without who speaks", said.iter().map(|it| format!("{}\n\n", hex(&it.octets, " "))).collect()),
        ("dumps", said.iter().map(|it| format!("{} PDU\n{}\n", words(it), dump(&it.octets))).collect()),
    ] {
        assert_eq!(keys(&from(log.as_bytes()).toml), keys(&wanted), "{name}");
    }
}

/// Octets in hexadecimal, with this between them.
fn hex(octets: &[u8], between: &str) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(between)
}

/// The profiles that ship, each able to push.
fn able() -> Vec<(&'static str, Profile)> {
    let shipped = [
        ("specification", include_str!("../../../../config/operators/specification.toml")),
        ("dialogue-id", include_str!("../../../../config/operators/dialogue-id.toml")),
        ("message-reference", include_str!("../../../../config/operators/message-reference.toml")),
        ("msisdn-only", include_str!("../../../../config/operators/msisdn-only.toml")),
        ("vendor-tag", include_str!("../../../../config/operators/vendor-tag.toml")),
    ];
    let able = shipped.map(|(name, text)| {
        let mut profile = profile(text);
        profile.dialect.push.notify.get_or_insert(3);
        profile.dialect.push.menu.get_or_insert(2);
        (name, profile)
    });
    able.into()
}

#[test]
fn s14_a_value_of_a_vendor_that_ends_dialogues_is_proposed_with_both_readings() {
    let shipped = profile(include_str!("../../../../config/operators/vendor-tag.toml"));
    let mut story = Story::new(&shipped.dialect);
    let mut said = story.everything();
    said.extend(story.ended_by(33));
    let learnt = from(&capture(Container::Pcap, Link::Raw, &frames(&said, 1400)));
    let dialect = profile(&learnt.toml).dialect;
    assert_eq!(dialect.session.source, SessionSource::Vendor(Tag(0x1501)));
    assert!(dialect.inbound_ops.contains(&InboundOp { op: 33, event: UssdEvent::Abort }), "{}", learnt.toml);
    assert!(learnt.toml.contains("it may also be the network's timeout"), "{}", learnt.toml);
}

#[test]
fn s14_the_proposal_is_as_reviewed_and_tells_no_number_and_no_text() {
    let learnt = from(&capture(Container::Pcap, Link::Raw, &frames(&said(&dialogue_id()), 1400)));
    let all = format!("{}{:?}{:?}{:?}", learnt.toml, learnt.seen, learnt.missing, learnt.gaps);
    for secret in PHONES.into_iter().chain(story::SECRETS) {
        assert!(!all.contains(secret), "{secret} is told");
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/learnt-dialogue-id.toml");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &learnt.toml).expect("the folder is there");
    }
    let golden = std::fs::read_to_string(&path).expect("it is reviewed with the tests");
    assert_eq!(learnt.toml, golden);
}

#[test]
fn s14_what_is_no_capture_is_told() {
    for (octets, told) in [
        (&b""[..], "the file is empty"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x00\x01\x02\x03", "neither pcap"),
        (b"\xd4\xc3\xb2\xa1\x02", "not one packet"),
        (b"nothing\n", "no SMPP"),
    ] {
        let fault = learn(octets, None).expect_err("nothing can be learnt");
        assert!(fault.to_string().contains(told), "{fault}");
    }
    let all = capture(Container::Pcap, Link::Raw, &frames(&said(&dialogue_id()), 1400));
    assert!(matches!(learn(&all[..], Some(1)), Err(LearnError::NoSmpp { port: Some(1), .. })));
    assert!(learn(&all[..], Some(2775)).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn s14_no_octets_panic(octets in proptest::collection::vec(any::<u8>(), 0..600), magic in 0..4usize) {
        let heads: [&[u8]; 4] =
            [b"", b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x65\x00\x00\x00",
             b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00",
             b"00 00 00 10 "];
        let _ = learn(&[heads[magic], &octets].concat()[..], None);
    }

    /// Whatever happens to the octets of a capture, what is proposed loads.
    #[test]
    fn s14_a_spoilt_capture_still_gives_a_profile_that_loads(
        spoils in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..60),
    ) {
        let mut octets = capture(Container::Pcap, Link::Raw, &frames(&said(&dialogue_id()), 1400));
        for (at, octet) in spoils {
            let at = 24 + at.index(octets.len() - 24);
            octets[at] = octet;
        }
        if let Ok(learnt) = learn(&octets[..], None) {
            profile(&learnt.toml);
        }
    }
}
