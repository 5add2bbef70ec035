use super::fixture::{PASSWORD, PHONE};
use crate::probe::line::Frame;
use crate::probe::mask::Mask;
use dayaq_smpp::{
    Address, BindKind, BindRequest, Instant, Link, LinkConfig, MessageKind, Role, ShortMessage, split_frame,
};

fn mask() -> Mask {
    Mask::new(PHONE.to_owned(), PASSWORD.into(), Instant::ZERO)
}

fn frame(octets: &[u8]) -> Frame {
    Frame { at: Instant::from_micros(1500), sent: true, octets: octets.into() }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}

/// A bind, and a submit_sm whose text names the phone in every way of writing.
fn said() -> Vec<Vec<u8>> {
    let now = Instant::ZERO;
    let (mut esme, mut smsc) =
        (Link::new(LinkConfig::new(Role::Esme), now), Link::new(LinkConfig::new(Role::Smsc), now));
    esme.bind(now, &BindRequest::new(BindKind::Transceiver, "dayaq", PASSWORD).expect("short")).expect("open");
    let mut octets = Vec::new();
    esme.take_output(&mut octets);
    smsc.handle_bytes(now, &octets);
    smsc.accept_bind(now, PASSWORD.as_bytes()).expect("asked");
    let mut answer = Vec::new();
    smsc.take_output(&mut answer);
    esme.handle_bytes(now, &answer);
    let wide: Vec<u8> = PHONE.bytes().flat_map(|digit| [0, digit]).collect();
    let message = ShortMessage {
        destination: Address::new(1, 1, PHONE).expect("short"),
        short_message: [b"0", &PHONE.as_bytes()[3..], b" ", &wide].concat(),
        ..ShortMessage::default()
    };
    esme.submit(now, MessageKind::SubmitSm, &message, 1).expect("bound");
    esme.take_output(&mut octets);
    octets.extend(answer);
    let mut frames = Vec::new();
    let mut rest = &octets[..];
    while let Ok(Some(frame)) = split_frame(rest, usize::MAX) {
        frames.push(frame.to_vec());
        rest = &rest[frame.len()..];
    }
    frames
}

#[test]
fn s14_no_evidence_shows_the_password_or_more_of_the_number_than_its_end() {
    let frames = said();
    assert_eq!(frames.len(), 3);
    for whole in &frames {
        // However a PDU is cut: an SMSC may send anything.
        for length in 0..=whole.len() {
            let evidence = mask().evidence(&frame(&whole[..length]));
            for secret in [PASSWORD.as_bytes(), &PASSWORD.as_bytes()[..5], PHONE.as_bytes(), &PHONE.as_bytes()[3..]] {
                assert!(length < whole.len() || !evidence.hex.contains(&hex(secret)), "{}", evidence.hex);
            }
        }
    }
    let bind = mask().evidence(&frame(&frames[0]));
    assert_eq!(bind.name, "bind_transceiver");
    assert!(
        bind.hex.starts_with(".. .. .. .. 00 00 00 09"),
        "its length would tell that of the password: {}",
        bind.hex
    );
    assert!(bind.hex.contains("64 61 79 61 71 00 .. 00"), "one blot for a password of any length: {}", bind.hex);
    assert_eq!(mask().text("994501234567 and 0501234567"), "…4567 and 0…4567");
}

#[test]
fn s14_a_long_pdu_is_cut_in_the_evidence_and_says_how_long_it_is() {
    let evidence = mask().evidence(&frame(&[0; 5000]));
    assert!(evidence.hex.len() < 1100 && evidence.hex.ends_with("(5000 octets in all)"), "{}", evidence.hex);
}
