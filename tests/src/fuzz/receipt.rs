use dayaq_smpp::receipt::{ReceiptIds, Report, read, report};
use dayaq_smpp::{ShortMessage, Tag, TlvBuf};

use super::script::Script;

const TAGS: [Tag; 4] = [Tag::RECEIPTED_MESSAGE_ID, Tag::MESSAGE_STATE, Tag::NETWORK_ERROR_CODE, Tag::MESSAGE_PAYLOAD];

const IDS: [ReceiptIds; 6] = [
    ReceiptIds::Same,
    ReceiptIds::HexDecimal,
    ReceiptIds::DecimalHex,
    ReceiptIds::NoZeros,
    ReceiptIds::AnyCase,
    ReceiptIds::Folded,
];

/// Any octets as a receipt: it is always one, says the same twice, and has a name by which it is compared
/// where it has an id. Without the mark of a receipt its text is never surely one.
pub fn receipt(octets: &[u8]) {
    let mut script = Script(octets);
    let choice = script.octet();
    let mut tlvs = TlvBuf::new();
    for _ in 0..choice & 3 {
        let tag = TAGS[usize::from(script.octet() & 3)];
        tlvs.push(tag, script.octets()).expect("at most 255 octets");
    }
    let esm_class = if choice & 4 == 0 { 0x04 } else { 0x20 };
    let mut message = ShortMessage { esm_class, short_message: script.0.to_vec(), tlvs, ..ShortMessage::default() };
    let receipt = read(&message).expect("esm_class alone makes it a receipt");
    assert_eq!(receipt.intermediate, esm_class == 0x20);
    assert_eq!(read(&message), Some(receipt));
    for ids in IDS {
        let name = ids.of_receipt(&receipt);
        let blank = receipt.message_id.is_none_or(|id| id.trim_ascii().is_empty());
        assert_eq!(name.is_none(), blank);
        if let (ReceiptIds::Same, Some(id), Some(name)) = (ids, receipt.message_id, name) {
            assert_eq!(ids.of_response(&id), Some(name));
        }
    }
    for esm_class in [0x00, 0x08, 0x10, 0x24, 0x40, 0x44] {
        message.esm_class = esm_class;
        let told = report(&message);
        assert_eq!(told, report(&message));
        match told {
            Some(Report::Receipt(receipt)) => assert_eq!(read(&message), Some(receipt)),
            Some(Report::Claim(_)) => assert!(read(&message).is_none() && esm_class & 0x2C == 0),
            Some(Report::Piece(_)) => assert_eq!(esm_class, 0x44),
            None => assert_eq!(esm_class & 0x24, 0),
        }
    }
    message.esm_class = 0x40;
    message.tlvs = TlvBuf::new();
    assert_eq!(read(&message), None);
}
