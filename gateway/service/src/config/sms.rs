//! The `[sms]` part of an operator's profile that says how texts are written and read.

use super::dialect::ALPHABETS;
use dayaq_author::Table;
use dayaq_smpp::TextCodings;
use dayaq_smpp::concat::LongText;
use dayaq_smpp::receipt::ReceiptIds;

/// How an operator's texts are written and read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmsWriting {
    /// What `data_coding` means in what comes in; its default alphabet is also what we write.
    pub codings: TextCodings,
    /// How a text that is longer than one message goes out.
    pub long: LongText,
    /// How the ids in responses and in receipts are compared.
    pub receipt_ids: ReceiptIds,
}

const LONG: [(&str, LongText); 4] = [
    ("udh8", LongText::Udh8),
    ("udh16", LongText::Udh16),
    ("sar", LongText::Sar),
    ("message_payload", LongText::Payload),
];

const RECEIPT_IDS: [(&str, ReceiptIds); 6] = [
    ("same", ReceiptIds::Same),
    ("hex-decimal", ReceiptIds::HexDecimal),
    ("decimal-hex", ReceiptIds::DecimalHex),
    ("no-zeros", ReceiptIds::NoZeros),
    ("any-case", ReceiptIds::AnyCase),
    ("folded", ReceiptIds::Folded),
];

impl SmsWriting {
    /// Reads `default_alphabet`, `long`, `receipt_id` and `[sms.inbound]`.
    pub(super) fn read(table: &Table<'_>) -> Self {
        let mut writing = Self::default();
        let alphabet = table.one_of_or("default_alphabet", &ALPHABETS, writing.codings.default_alphabet);
        writing.codings.default_alphabet = alphabet;
        writing.long = table.one_of_or("long", &LONG, writing.long);
        writing.receipt_ids = table.one_of_or("receipt_id", &RECEIPT_IDS, writing.receipt_ids);
        if let Some(inbound) = table.opt_table("inbound") {
            for key in inbound.keys() {
                let Ok(value) = key.parse::<u8>() else {
                    inbound.error(key, "must be a data_coding, 0 to 255 in decimal");
                    continue;
                };
                if let Some(alphabet) = inbound.one_of(key, &ALPHABETS) {
                    writing.codings.exceptions.push((value, alphabet));
                }
            }
            inbound.finish();
        }
        writing
    }
}
