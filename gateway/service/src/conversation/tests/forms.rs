//! Receipts as an operator may write them, by the dice.

use dayaq_smpp::concat::ESM_CLASS_UDHI;
use dayaq_smpp::receipt::MessageState;
use dayaq_smpp::{Address, Octets, ShortMessage, Tag, TlvBuf};

/// Numbers that look like chance and are the same for the same seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31) % sides
    }

    /// Whether one of so many comes up.
    pub fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// An empty message from a phone to the service.
pub fn from_phone(number: u64) -> ShortMessage {
    ShortMessage {
        source: Address::new(1, 1, number.to_string()).unwrap(),
        destination: Address::new(0, 1, "7142").unwrap(),
        ..ShortMessage::default()
    }
}

/// A text, in UCS-2 where it must be.
pub fn text(number: u64, words: &str) -> ShortMessage {
    let (data_coding, short_message) = match words.is_ascii() {
        true => (0, words.into()),
        false => (8, ucs2(words)),
    };
    ShortMessage { data_coding, short_message, ..from_phone(number) }
}

fn ucs2(words: &str) -> Vec<u8> {
    words.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// A text in as many parts.
pub fn parts(number: u64, reference: u8, words: &[&str]) -> Vec<ShortMessage> {
    let total = words.len() as u8;
    (1..).zip(words).map(|(at, words)| part(&from_phone(number), [reference, total, at], words.as_bytes())).collect()
}

/// One part: reference, total and number, then its octets.
pub fn part(of: &ShortMessage, [reference, total, number]: [u8; 3], octets: &[u8]) -> ShortMessage {
    let short_message = [&[5, 0, 3, reference, total, number], octets].concat();
    ShortMessage { esm_class: of.esm_class | ESM_CLASS_UDHI, short_message, ..of.clone() }
}

/// The words of a receipt, in one of many spellings.
fn words(dice: &mut Dice, id: &str, state: MessageState) -> String {
    let stat = state.word();
    let usual =
        format!("id:{id} sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:{stat} err:000 text:Salam");
    match dice.roll(9) {
        0 => usual.to_ascii_uppercase(),
        1 => usual.replace(' ', ""),
        2 => usual.replace(' ', "\r\n"),
        3 => format!("stat:{stat} err:000 dlvrd:001 sub:001 id:{id} text:"),
        4 => format!("text:Salam id:{id} stat:{stat}"),
        5 => format!("id: {id} stat: {stat} err: 000"),
        6 => format!("id:{id},stat:{stat}"),
        7 if !matches!(state, MessageState::Expired) => format!("Message ID: {id} Status: {stat}"),
        _ => usual,
    }
}

/// The receipt of a text to that phone under a type, a coding and a place by the dice: one message, or its parts.
pub fn receipt(dice: &mut Dice, number: u64, id: &str, state: MessageState, reference: u8) -> Vec<ShortMessage> {
    let words = words(dice, id, state);
    let wide = dice.one_in(4);
    let mut octets = if wide { ucs2(&words) } else { words.into_bytes() };
    if dice.one_in(4) {
        octets.splice(..0, vec![0; 1 + dice.roll(3) as usize]);
    }
    let mut message = ShortMessage {
        service_type: Octets::new(dice.pick(&["", "USSD", "CMT"])).unwrap(),
        esm_class: dice.pick(&[0x00, 0x00, 0x04, 0x08, 0x0C, 0x20, 0x24, 0x10]),
        data_coding: if wide { dice.pick(&[8, 0x18]) } else { dice.pick(&[0, 1, 3, 4, 8]) },
        ..from_phone(number)
    };
    let parameters = dice.one_in(4);
    if parameters {
        message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, &[id.as_bytes(), &[0]].concat()).unwrap();
        message.tlvs.push_u8(Tag::MESSAGE_STATE, state.value());
        if dice.one_in(2) {
            return vec![message];
        }
    }
    match dice.roll(6) {
        0 => {
            message.tlvs.push(Tag::MESSAGE_PAYLOAD, &octets).unwrap();
            vec![message]
        }
        // What says all by its parameters does not come in parts.
        1 | 2 if !parameters && octets.len() > 8 => {
            let (one, two) = octets.split_at(2 + 2 * dice.roll(octets.len() as u64 / 2 - 2) as usize);
            let mut parts = vec![part(&message, [reference, 2, 1], one), part(&message, [reference, 2, 2], two)];
            if dice.one_in(2) {
                parts.reverse();
            }
            if dice.one_in(8) {
                parts.push(parts[0].clone());
            }
            parts
        }
        _ => vec![ShortMessage { short_message: octets, ..message }],
    }
}

/// One half of a receipt that is too long for one message, under a mark or none.
pub fn half_receipt(dice: &mut Dice, number: u64, reference: u8) -> ShortMessage {
    let words = "id:0 sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:Salam";
    let wide = dice.one_in(2);
    let octets = if wide { ucs2(words) } else { words.into() };
    let message = ShortMessage {
        service_type: Octets::new(dice.pick(&["", "USSD"])).unwrap(),
        esm_class: dice.pick(&[0x00, 0x00, 0x04, 0x08]),
        data_coding: if wide { 8 } else { 0 },
        ..from_phone(number)
    };
    let (one, two) = octets.split_at(octets.len() / 4 + 2 * dice.roll(octets.len() as u64 / 8) as usize);
    if dice.one_in(2) { part(&message, [reference, 2, 1], one) } else { part(&message, [reference, 2, 2], two) }
}

/// An acknowledgement that some machine made, and that tells nothing of a text.
pub fn acknowledgement(dice: &mut Dice, number: u64) -> ShortMessage {
    let mut message = ShortMessage { esm_class: dice.pick(&[0x08, 0x18, 0x04, 0x20, 0x10]), ..from_phone(number) };
    if message.esm_class != 0x10 {
        message.short_message = dice.pick(&["", "Salam", "Message delivered", "OK"]).into();
    }
    if dice.one_in(3) {
        let mut tlvs = TlvBuf::new();
        tlvs.push_u8(Tag::MESSAGE_STATE, 2);
        message.tlvs = tlvs;
    }
    message
}
