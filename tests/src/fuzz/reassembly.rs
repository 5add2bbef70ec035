use std::collections::BTreeMap;
use std::time::Duration;

use dayaq_smpp::concat::{Added, Carrier, Limits, Piece, Reassembly, Series, UserData, user_data};
use dayaq_smpp::{Instant, ShortMessage, Tag, TlvBuf};

use super::script::Script;

/// Reference, carrier, total, data_coding.
type Name = (u16, u8, u8, u8);
/// What came last under each number of each series.
type Came = BTreeMap<Name, BTreeMap<u8, Vec<u8>>>;

const LIMITS: Limits = Limits { sets_max: 4, octets_max: 600, pieces_max: 20, lifetime: Duration::from_secs(600) };

/// Any octets as the messages of one subscriber: what is joined is what came, in order, and the bounds hold.
pub fn reassembly(octets: &[u8]) {
    let mut script = Script(octets);
    let mut kept = Reassembly::default();
    let mut now = Instant::ZERO;
    let mut came = Came::new();
    while !script.is_over() {
        let choice = script.octet();
        now = now + Duration::from_secs(u64::from(choice >> 4) * 7);
        let data_coding = if choice & 1 == 0 { 0 } else { 8 };
        let message = message(&mut script, choice & 2 == 0);
        let Ok(UserData::Piece(piece)) = user_data(&message) else { continue };
        assert!((1..=piece.series.total).contains(&piece.number) && piece.series.total > 1);
        came.entry(name(&piece.series, data_coding)).or_default().insert(piece.number, piece.octets.to_vec());
        let expired = kept.expire(now, &LIMITS);
        assert!(expired.iter().all(|set| now.saturating_since(set.began) >= LIMITS.lifetime));
        add(&mut kept, &piece, data_coding, now, &came);
        assert!(kept.sets.len() <= LIMITS.sets_max && kept.octets() <= LIMITS.octets_max);
        assert!(kept.completed.len() <= LIMITS.sets_max);
        assert!(kept.next_expiry(&LIMITS).is_none_or(|due| due > now));
    }
}

fn add(kept: &mut Reassembly, piece: &Piece<'_>, data_coding: u8, now: Instant, came: &Came) {
    let before = kept.octets();
    match kept.add(piece, data_coding, now, &LIMITS) {
        Added::Complete(text) => {
            let pieces = &came[&name(&piece.series, data_coding)];
            let whole: Vec<u8> =
                (1..=piece.series.total).flat_map(|number| pieces.get(&number).cloned().unwrap_or_default()).collect();
            assert_eq!(text.octets(), whole, "the text is not what came");
            assert!(text.runs().flat_map(|(octets, _)| octets).eq(&whole), "the runs are not the text");
        }
        Added::Duplicate => assert_eq!(kept.octets(), before),
        Added::Waiting => {}
        Added::Rejected(_) => {
            assert!(piece.series.total > LIMITS.pieces_max || before + piece.octets.len() > LIMITS.octets_max);
        }
    }
}

fn name(series: &Series, data_coding: u8) -> Name {
    let carrier = match series.carrier {
        Carrier::Header8 => 0,
        Carrier::Header16 => 1,
        Carrier::Sar => 2,
    };
    (series.reference, carrier, series.total, data_coding)
}

/// A message whose header is the script's, or is right but for its numbers and its length.
fn message(script: &mut Script<'_>, well_formed: bool) -> ShortMessage {
    let mut message = ShortMessage { esm_class: 0x40, ..ShortMessage::default() };
    if !well_formed {
        message.esm_class = script.octet();
        message.short_message = script.octets().to_vec();
        return message;
    }
    let (choice, reference, total, number) =
        (script.octet(), script.octet() & 3, script.octet() & 31, script.octet() & 31);
    match choice % 3 {
        0 => message.short_message = vec![5, 0, 3, reference, total, number],
        1 => message.short_message = vec![6, 8, 4, 0, reference, total, number],
        _ => {
            message.esm_class = 0;
            let mut tlvs = TlvBuf::new();
            tlvs.push(Tag::SAR_MSG_REF_NUM, &[0, reference]).expect("two octets");
            tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, total);
            tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, number);
            message.tlvs = tlvs;
        }
    }
    if let Some(len) = message.short_message.first_mut() {
        // A header that says to be longer than it is.
        *len += choice >> 6;
    }
    message.short_message.extend_from_slice(script.octets());
    message
}
