//! What is allocated, counted: a binary of its own, because the count is the allocator's.

use allocation_counter::measure;
use dayaq_smpp::{
    BindKind, BindRequest, Body, CommandStatus, Event, Forgiven, Instant, Link, LinkConfig, MAX_PDU_LEN, Pdu, Role,
    decode, decode_forgiving, encode,
};

const DELIVER_SM: &[u8] = b"\x00\x00\x00\x46\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x07\
USSD\0\x01\x01994501234567\0\x00\x017142\0\x00\x00\x00\0\0\x00\x00\x0F\x00\x06*7142#\
\x05\x01\x00\x01\x01\x13\x83\x00\x02\x05\x00";

/// PDUs with something to forgive: NULs, a parameter that overruns, a text twice, a message_id without its NUL.
const FAULTY: [&[u8]; 4] = [
    b"\0\0\0\x24\0\0\0\x05\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x011\0\0",
    b"\0\0\0\x26\0\0\0\x05\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x011\x14\0\0\x01",
    b"\0\0\0\x27\0\0\0\x05\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x011\x04\x24\0\x011",
    b"\0\0\0\x13\x80\0\0\x04\0\0\0\0\0\0\0\x0717A",
];

/// A megabyte, in octets.
const MIB: u64 = 1 << 20;

fn esme() -> Link {
    let mut link = Link::new(LinkConfig::new(Role::Esme), Instant::ZERO);
    link.bind(Instant::ZERO, &BindRequest::new(BindKind::Transceiver, "dayaq", "secret").unwrap()).unwrap();
    link.handle_bytes(Instant::ZERO, b"\x00\x00\x00\x11\x80\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01\0");
    assert!(link.is_bound());
    link.take_output(&mut Vec::new());
    while link.poll_event().is_some() {}
    link
}

#[test]
fn decoding_allocates_nothing_and_neither_does_encoding_into_a_buffer_with_room() {
    let mut out = Vec::with_capacity(256);
    let info = measure(|| {
        for cut in 0..=DELIVER_SM.len() {
            let _whatever = decode(&DELIVER_SM[..cut]);
        }
        for faulty in FAULTY {
            assert_ne!(decode_forgiving(faulty).unwrap().1, Forgiven::NOTHING);
        }
        let pdu = decode(DELIVER_SM).unwrap();
        encode(&pdu, &mut out).unwrap();
        assert_eq!(out, DELIVER_SM);
        out.clear();
        encode(&Pdu { command_status: CommandStatus::ROK, sequence_number: 1, body: Body::EnquireLink }, &mut out)
            .unwrap();
    });
    assert_eq!(info.count_total, 0, "{info:?}");
}

#[test]
fn a21_a_length_of_four_gigabytes_is_refused_in_the_read_that_brings_it_and_costs_no_more_than_the_read() {
    for length in [u32::MAX, 0x8000_0000, MAX_PDU_LEN as u32 + 1] {
        let mut link = esme();
        let read = [&length.to_be_bytes()[..], &[0xAA; 4092]].concat();
        let info = measure(|| link.handle_bytes(Instant::ZERO, &read));
        assert!(matches!(link.poll_event(), Some(Event::Closed { .. })), "within one read");
        // The answer, the event and at most the read itself: far below the megabyte of the catalogue.
        assert!(info.bytes_max < 6 * 1024, "{length:#x}: {info:?}");
    }
}

#[test]
fn a21_a_peer_that_claims_the_longest_pdu_is_given_room_only_as_its_octets_come() {
    let mut link = esme();
    let mut head = DELIVER_SM[..16].to_vec();
    head[..4].copy_from_slice(&(MAX_PDU_LEN as u32).to_be_bytes());
    let info = measure(|| link.handle_bytes(Instant::ZERO, &head));
    assert!(info.bytes_max < 1024, "{info:?}");

    // It goes on for ever with whole PDUs of that length that nobody can read: each is answered, and nothing grows.
    let mut link = esme();
    let mut frame = vec![b'A'; MAX_PDU_LEN];
    frame[..16].copy_from_slice(&head);
    let mut output = Vec::new();
    let info = measure(|| {
        for _ in 0..50 {
            for piece in frame.chunks(8192) {
                link.handle_bytes(Instant::ZERO, piece);
            }
            output.clear();
            link.take_output(&mut output);
        }
    });
    assert_eq!(link.counters().bad_bodies, 50);
    assert!(link.is_bound());
    assert!(info.bytes_max < MIB, "{info:?}");
    assert!(info.bytes_current < 256 * 1024, "{info:?}");
}
