//! `[sms]` in words.

use super::{Words, alphabet, both, ton_npi};
use dayaq_gateway::config::Profile;
use dayaq_smpp::concat::LongText;
use dayaq_smpp::receipt::ReceiptIds;
use dayaq_text::Alphabet;

pub(super) fn say(words: &mut Words<'_>, profile: &Profile) {
    words.part("Texts");
    let (ton, npi) = profile.sender_ton_npi;
    words.line(
        &["sms.sender", "sms.sender_ton", "sms.sender_npi"],
        format!("texts come from \"{}\", {}", profile.sender, ton_npi(ton, npi)),
    );
    words.line(
        &["sms.form"],
        match profile.is_plain() {
            false => "texts keep their letters: ə, ğ, ş and Russian go out in UCS-2",
            true => "texts are written in plain letters, e for ə and s for ş: the network carries no UCS-2",
        },
    );
    let codings = &profile.sms.codings;
    words.line(
        &["sms.default_alphabet"],
        format!("data_coding 0 means {}, both ways", alphabet(codings.default_alphabet)),
    );
    if codings.default_alphabet != Alphabet::Ucs2 {
        let default = alphabet(codings.default_alphabet);
        let value = both(profile.sms_default);
        words.line(&["sms.data_coding_default"], format!("what {default} can write goes out with data_coding {value}"));
    }
    words.line(&["sms.data_coding_ucs2"], format!("UCS-2 goes out with data_coding {}", both(profile.sms_ucs2)));
    match &codings.exceptions[..] {
        [] => words.line(&["sms.inbound"], "what comes in is read as SMPP 3.4 §5.2.19 and 3GPP 23.038 §4 have it"),
        some => {
            let said: Vec<String> =
                some.iter().map(|(value, means)| format!("{} {}", both(*value), alphabet(*means))).collect();
            let said = said.join(", ");
            words.line(
                &["sms.inbound"],
                format!("what comes in is read so: {said}; other values as SMPP 3.4 §5.2.19 has it"),
            );
        }
    }
    words.line(&["sms.long"], long(profile.sms.long));
    words.line(
        &["sms.validity_period"],
        match profile.validity_period {
            true => "validity_period says how long a text is worth delivering, in relative time",
            false => "validity_period is left empty: the operator decides how long a text is tried",
        },
    );
    words.line(
        &["sms.receipts"],
        match profile.receipts {
            true => "a delivery receipt is asked for with every text but replies by SMS (registered_delivery 1), and read from parameters (receipted_message_id, message_state) or from its text (id: stat:), whichever comes",
            false => "no delivery receipts are asked for",
        },
    );
    if profile.receipts {
        words.line(&["sms.receipt_id"], ids(profile.sms.receipt_ids));
    }
}

fn long(long: LongText) -> &'static str {
    match long {
        LongText::Udh8 => {
            "a text beyond 160 letters of GSM-7 or 70 of UCS-2 goes out in parts of 153 or 67, each with a header of 6 octets and an 8-bit reference"
        }
        LongText::Udh16 => {
            "a text beyond 160 letters of GSM-7 or 70 of UCS-2 goes out in parts of 152 or 66, each with a header of 7 octets and a 16-bit reference"
        }
        LongText::Sar => {
            "a text beyond 160 letters of GSM-7 or 70 of UCS-2 goes out in parts of 152 or 66, numbered by sar_msg_ref_num, sar_total_segments and sar_segment_seqnum"
        }
        LongText::Payload => {
            "a text beyond 160 letters of GSM-7 or 70 of UCS-2 goes out whole in message_payload; the operator makes the parts"
        }
    }
}

fn ids(ids: ReceiptIds) -> &'static str {
    match ids {
        ReceiptIds::Same => "a receipt names its text as submit_sm_resp did",
        ReceiptIds::HexDecimal => "submit_sm_resp names a text in hexadecimal, its receipt in decimal",
        ReceiptIds::DecimalHex => "submit_sm_resp names a text in decimal, its receipt in hexadecimal",
        ReceiptIds::NoZeros => "a receipt names its text as submit_sm_resp did, but for zeros in front",
        ReceiptIds::AnyCase => "a receipt names its text as submit_sm_resp did, but for capitals",
        ReceiptIds::Folded => "a receipt names its text as submit_sm_resp did, but for zeros in front and capitals",
    }
}
