use dayaq_text::latin1;

use super::Receipt;

/// How an SMSC writes the id of a message in `submit_sm_resp` and in receipts.
///
/// Ids may have any length that the fields have: a decimal number of 40 digits is as good as one of 4, and what is no
/// number (a UUID with dashes) stays as it is in every mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReceiptIds {
    /// The same string in both places, but for blanks around it.
    #[default]
    Same,
    /// Hexadecimal in the response, decimal in the receipt.
    HexDecimal,
    /// Decimal in the response, hexadecimal in the receipt.
    DecimalHex,
    /// With leading zeros in one place and without them in the other.
    NoZeros,
    /// In capitals in one place and in small letters in the other.
    AnyCase,
    /// Both of the last two.
    Folded,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Decimal,
    Hex,
    /// Whether leading zeros count, and whether capitals do.
    Text {
        zeros: bool,
        case: bool,
    },
}

impl ReceiptIds {
    const fn forms(self) -> (Form, Form) {
        let (zeros, case) = match self {
            Self::HexDecimal => return (Form::Hex, Form::Decimal),
            Self::DecimalHex => return (Form::Decimal, Form::Hex),
            Self::Same => (true, true),
            Self::NoZeros => (false, true),
            Self::AnyCase => (true, false),
            Self::Folded => (false, false),
        };
        (Form::Text { zeros, case }, Form::Text { zeros, case })
    }

    /// Gives the name under which a message is kept, from the id in its response; `None` for an empty one, which no
    /// receipt can find.
    pub fn of_response(self, id: &[u8]) -> Option<String> {
        normal(id, self.forms().0)
    }

    /// Gives the name of the message that a receipt is about; `None` where it says none.
    ///
    /// The parameter counts before the text. An SMSC may write the parameter as it writes its responses and the text as
    /// it writes receipts: where both then name the same message, it is that one.
    pub fn of_receipt(self, receipt: &Receipt) -> Option<String> {
        let (response, form) = self.forms();
        let said = receipt.message_id.as_ref()?.as_bytes();
        if let Some(written) = &receipt.written_id {
            let as_response = normal(said, response);
            if as_response.is_some() && as_response == normal(written.as_bytes(), form) {
                return as_response;
            }
        }
        normal(said, form)
    }
}

/// Gives the one name of all ids that mean the same. A number begins with `#`, so that it is never taken for the text
/// of another id.
fn normal(id: &[u8], form: Form) -> Option<String> {
    let id = id.trim_ascii();
    let all = |digit: fn(&u8) -> bool| id.iter().all(digit);
    let name = match form {
        _ if id.is_empty() => return None,
        Form::Decimal if all(u8::is_ascii_digit) => format!("#{}", decimal_to_hex(id)),
        Form::Hex if all(u8::is_ascii_hexdigit) => {
            let digits = latin1::decode(id).to_ascii_lowercase();
            format!("#{}", digits.trim_start_matches('0'))
        }
        Form::Decimal | Form::Hex => latin1::decode(id),
        Form::Text { zeros, case } => {
            let text = latin1::decode(id);
            let text = if case { text } else { text.to_ascii_lowercase() };
            if zeros { text } else { text.trim_start_matches('0').to_owned() }
        }
    };
    // An id of zeros alone is still an id.
    Some(if name.is_empty() { "0".to_owned() } else { name })
}

/// Writes a decimal number of any length in hexadecimal, without leading zeros.
fn decimal_to_hex(digits: &[u8]) -> String {
    // The least significant nibble comes first.
    let mut nibbles: Vec<u8> = Vec::with_capacity(digits.len());
    for digit in digits {
        let mut carry = digit - b'0';
        for nibble in &mut nibbles {
            let value = *nibble * 10 + carry;
            (*nibble, carry) = (value & 0xF, value >> 4);
        }
        if carry > 0 {
            nibbles.push(carry);
        }
    }
    nibbles.iter().rev().filter_map(|nibble| char::from_digit(u32::from(*nibble), 16)).collect()
}
