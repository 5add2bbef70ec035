//! Addresses of phones.

use dayaq_smpp::Address;
use dayaq_types::Msisdn;

/// The subscriber behind an address; international numbers may come without their plus.
pub(super) fn number(from: &Address) -> Option<Msisdn> {
    let digits = from.digits.as_str()?;
    let international = from.ton == 1 && !digits.starts_with('+') && !digits.starts_with("00");
    let text = if international { format!("+{digits}") } else { digits.to_owned() };
    Msisdn::parse(&text).ok()
}
