use std::fmt;
use std::ops::Deref;

/// An octet string of at most `MAX` octets, kept in place and free to copy.
///
/// Its `Debug` shows the length alone: addresses, session values and message ids of subscribers pass
/// through it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octets<const MAX: usize> {
    // INVARIANT: octets past `len` are zero, so that the derived comparisons are right.
    bytes: [u8; MAX],
    len: u8,
}

/// A value that is longer than its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{len} octets where at most {max} fit")]
pub struct TooLong {
    /// The length that was given, in octets.
    pub len: usize,
    /// The greatest length that fits, in octets.
    pub max: usize,
}

impl<const MAX: usize> Octets<MAX> {
    /// The empty string.
    pub const EMPTY: Self = Self { bytes: [0; MAX], len: 0 };

    /// Copies `value`, which must have at most `MAX` octets (and `MAX` is at most 255).
    pub fn new(value: impl AsRef<[u8]>) -> Result<Self, TooLong> {
        let value = value.as_ref();
        let error = TooLong { len: value.len(), max: MAX };
        let len = u8::try_from(value.len()).map_err(|_| error)?;
        let mut bytes = [0; MAX];
        bytes.get_mut(..value.len()).ok_or(error)?.copy_from_slice(value);
        Ok(Self { bytes, len })
    }

    /// Gives the octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Gives the octets as text, where they are UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()).ok()
    }
}

impl<const MAX: usize> Default for Octets<MAX> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<const MAX: usize> Deref for Octets<MAX> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const MAX: usize> AsRef<[u8]> for Octets<MAX> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const MAX: usize> TryFrom<&[u8]> for Octets<MAX> {
    type Error = TooLong;

    fn try_from(value: &[u8]) -> Result<Self, TooLong> {
        Self::new(value)
    }
}

impl<const MAX: usize> fmt::Debug for Octets<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets>", self.len)
    }
}

/// Shows a borrowed octet string by its length alone.
pub(crate) struct Hidden<'a>(pub &'a [u8]);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets>", self.0.len())
    }
}
