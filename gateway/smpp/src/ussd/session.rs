use crate::octets::{Octets, TooLong};

/// A session value as the operator sent it, to be stored with the session and given back in the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionInfo(pub Octets<16>);

impl SessionInfo {
    /// Takes a stored value back; empty where the dialect has none.
    pub fn new(value: impl AsRef<[u8]>) -> Result<Self, TooLong> {
        Octets::new(value).map(Self)
    }

    /// Gives the octets to store.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// What stays the same in the session value from the first turn to the last.
///
/// It names a session only together with the subscriber's number; it is empty where a subscriber can have but one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub Octets<16>);

impl SessionKey {
    /// Gives the octets.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Gives the value with the bits of `mask` (counted from its last octet) cleared.
pub(super) fn clear(value: &[u8], mask: u64) -> Octets<16> {
    combine(value, |octet, mask| octet & !mask, mask)
}

/// Gives the value with the bits of `mask` set.
pub(super) fn set(value: &[u8], mask: u64) -> Octets<16> {
    combine(value, |octet, mask| octet | mask, mask)
}

/// Reads the bits of `mask` as a number, or `None` where the mask is empty.
pub(super) fn read(value: &[u8], mask: u64) -> Option<u64> {
    (mask != 0).then(|| (tail(value) & mask) >> mask.trailing_zeros())
}

/// Gives the value with `number` in the bits of `mask`; bits that do not fit are lost, for counters wrap.
pub(super) fn write(value: &[u8], mask: u64, number: u64) -> Octets<16> {
    if mask == 0 {
        return Octets::new(value).unwrap_or_default();
    }
    set(&clear(value, mask), number << mask.trailing_zeros() & mask)
}

/// Gives a value of `len` octets, 16 at most, with no bit set.
pub(super) fn zeros(len: usize) -> Octets<16> {
    Octets::new(&[0; 16][..len.min(16)]).unwrap_or_default()
}

fn tail(value: &[u8]) -> u64 {
    value.iter().rev().take(8).rev().fold(0, |n, octet| n << 8 | u64::from(*octet))
}

fn combine(value: &[u8], with: impl Fn(u8, u8) -> u8, mask: u64) -> Octets<16> {
    let mut octets = [0; 16];
    let len = value.len().min(16);
    octets[..len].copy_from_slice(&value[..len]);
    for (octet, mask) in octets[..len].iter_mut().rev().zip(mask.to_le_bytes()) {
        *octet = with(*octet, mask);
    }
    Octets::new(&octets[..len]).unwrap_or_default()
}
