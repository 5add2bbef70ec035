use crate::message::MessageId;

/// How an SMSC writes message ids: many write hexadecimal in `submit_sm_resp` and decimal in receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdForm {
    /// As it stands, but for blanks around it.
    #[default]
    Verbatim,
    /// A decimal number, perhaps with leading zeros.
    Decimal,
    /// A hexadecimal number in either case, perhaps with leading zeros.
    Hex,
}

/// Gives the form in which ids of the two places can be compared: a decimal number without leading zeros.
///
/// An id that is no number of that form stays as it is.
pub fn normal_id(id: &[u8], form: IdForm) -> Option<MessageId> {
    let id = id.trim_ascii();
    let radix = match form {
        IdForm::Verbatim => None,
        IdForm::Decimal => Some(10),
        IdForm::Hex => Some(16),
    };
    let number = radix.and_then(|radix| {
        // `from_str_radix` would take a sign.
        let digits = std::str::from_utf8(id).ok().filter(|id| id.bytes().all(|it| it.is_ascii_hexdigit()))?;
        u128::from_str_radix(digits, radix).ok()
    });
    match number {
        Some(number) => MessageId::new(number.to_string()).ok(),
        None => MessageId::new(id).ok(),
    }
}
