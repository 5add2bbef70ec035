//! Delivery receipts in the forms that operators write them (SMPP 3.4, appendix B and §5.3.2).

use dayaq_smpp::receipt::MessageState;
use dayaq_smpp::{Address, ShortMessage, Tag};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};

/// `esm_class`: this is a delivery receipt.
const RECEIPT: u8 = 0x04;

/// How an operator writes receipts and names messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptRule {
    /// Where a receipt says what became of which message.
    pub form: ReceiptForm,
    /// When it is sent, where the message reaches the phone at once.
    pub order: ReceiptOrder,
    /// How `submit_sm_resp` writes message ids.
    pub response_id: IdStyle,
    /// How receipts write them.
    pub receipt_id: IdStyle,
}

impl Default for ReceiptRule {
    fn default() -> Self {
        Self {
            form: ReceiptForm::Both,
            order: ReceiptOrder::AfterResponse,
            response_id: IdStyle::Padded,
            receipt_id: IdStyle::Padded,
        }
    }
}

/// Where a receipt says what became of which message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptForm {
    /// In its text.
    Text,
    /// In `receipted_message_id` and `message_state`.
    Parameters,
    /// In both.
    Both,
}

/// When a receipt is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptOrder {
    /// Before the response that names the message.
    BeforeResponse,
    /// After it.
    AfterResponse,
}

/// How a message id is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdStyle {
    /// `1234`
    Decimal,
    /// `0000001234`
    Padded,
    /// `000004d2`
    Hex,
    /// `000004D2`
    HexUpper,
    /// `000004d2-0000-4000-8000-0000000004d2`
    Uuid,
}

impl IdStyle {
    /// The names of all styles.
    pub const ALL: [(&'static str, Self); 5] = [
        ("decimal", Self::Decimal),
        ("padded", Self::Padded),
        ("hex", Self::Hex),
        ("hex-upper", Self::HexUpper),
        ("uuid", Self::Uuid),
    ];

    /// Writes an id.
    pub(crate) fn write(self, number: u64) -> String {
        match self {
            Self::Decimal => number.to_string(),
            Self::Padded => format!("{number:010}"),
            Self::Hex => format!("{number:08x}"),
            Self::HexUpper => format!("{number:08X}"),
            Self::Uuid => format!("{:08x}-0000-4000-8000-{:012x}", number & 0xFFFF_FFFF, number & 0xFFFF_FFFF_FFFF),
        }
    }

    /// Reads what [`IdStyle::write`] wrote.
    pub(crate) fn read(self, id: &str) -> Option<u64> {
        let number = match self {
            Self::Decimal | Self::Padded => id.parse().ok(),
            Self::Hex | Self::HexUpper => u64::from_str_radix(id, 16).ok(),
            Self::Uuid => u64::from_str_radix(id.rsplit('-').next()?, 16).ok(),
        }?;
        (self.write(number) == id).then_some(number)
    }
}

/// What a receipt tells.
pub(crate) struct Outcome {
    pub number: u64,
    /// Of the message.
    pub source: Address,
    /// Of the message: the phone.
    pub destination: Address,
    pub state: MessageState,
    pub at: Timestamp,
}

impl ReceiptRule {
    pub(crate) fn write(&self, outcome: &Outcome) -> ShortMessage {
        let id = self.receipt_id.write(outcome.number);
        let mut receipt = ShortMessage {
            source: outcome.destination,
            destination: outcome.source,
            esm_class: RECEIPT,
            ..ShortMessage::default()
        };
        if self.form != ReceiptForm::Parameters {
            let date = outcome.at.to_zoned(TimeZone::fixed(offset(4))).strftime("%y%m%d%H%M").to_string();
            let (delivered, error) = match outcome.state {
                MessageState::Delivered => ("001", "000"),
                _ => ("000", "001"),
            };
            let stat = outcome.state.word();
            let text = format!(
                "id:{id} sub:001 dlvrd:{delivered} submit date:{date} done date:{date} stat:{stat} err:{error} text:"
            );
            receipt.short_message = text.into_bytes();
        }
        if self.form != ReceiptForm::Text {
            // An id of ours is far below the 65,535 octets that a parameter has room for.
            let _ = receipt.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, &[id.as_bytes(), &[0]].concat());
            receipt.tlvs.push_u8(Tag::MESSAGE_STATE, outcome.state.value());
        }
        receipt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a5_an_id_is_read_back_in_the_style_in_which_it_was_written_and_in_no_other() {
        for (_, style) in IdStyle::ALL {
            for number in [1, 0xABCD, 4_294_967_295] {
                assert_eq!(style.read(&style.write(number)), Some(number), "{style:?}");
            }
            assert_eq!((style.read(""), style.read("+1"), style.read("x")), (None, None, None), "{style:?}");
        }
        assert_eq!(IdStyle::Decimal.write(0x4D2), "1234");
        assert_eq!(IdStyle::HexUpper.write(0x4D2), "000004D2");
        assert_eq!(IdStyle::Decimal.read("0001234"), None);
    }
}
