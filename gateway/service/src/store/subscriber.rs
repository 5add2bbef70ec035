//! Under what a subscriber is found.

use dayaq_types::Msisdn;
use dayaq_types::seal::KeyRing;
use std::fmt;

/// A subscriber's keyed pseudonym: HMAC-SHA-256 of the phone number under the ring's look-up key.
///
/// It is stable over rotations of the sealing keys. It still tells one person from another, so it does not print.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberKey([u8; 32]);

impl SubscriberKey {
    /// The key of this phone number.
    pub fn of(keys: &KeyRing, msisdn: &Msisdn) -> Self {
        Self(keys.lookup("msisdn", msisdn.digits().as_bytes()))
    }

    /// Under what a sender's nonce is kept where sessions are; no phone number has the same.
    pub(super) fn of_nonce(keys: &KeyRing, sender: &str, nonce: &str) -> Self {
        Self(keys.lookup("nonce", &[sender.as_bytes(), &[0], nonce.as_bytes()].concat()))
    }

    /// Under what the marks of both stores are kept where sessions are; no phone number has the same.
    pub fn of_marks(keys: &KeyRing) -> Self {
        Self(keys.lookup("marks", b"dayaq"))
    }

    /// The 32 octets as a store holds them.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what [`Self::as_bytes`] gave; `None` unless there are 32 octets.
    pub fn from_slice(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// 64 hexadecimal digits, for the key of a store alone.
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, octet| {
            text.push(char::from_digit(u32::from(octet >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(octet & 15), 16).unwrap_or('0'));
            text
        })
    }

    /// What a value of this subscriber is sealed with: the table's word and the key, so that a blob moved to
    /// another row or another table does not open there.
    pub(super) fn context(&self, table: &str) -> Vec<u8> {
        [table.as_bytes(), b"/", &self.0].concat()
    }
}

impl fmt::Debug for SubscriberKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubscriberKey[pseudonym]")
    }
}
