//! Sealing of personal values at rest, and their keyed look-up.
//!
//! XChaCha20-Poly1305 under a master key that is kept outside the store; the context (which table,
//! which row) is bound in as associated data, so that a blob moved elsewhere does not open. Values
//! are looked up by HMAC-SHA-256 under a key derived from the same ring: 34^7 FINs make a bare
//! hash reversible in seconds.

use crate::Entropy;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const FORMAT: u8 = 1;
const NONCE_LEN: usize = 24;
const HEADER_LEN: usize = 1 + 4 + NONCE_LEN;

/// A 256-bit key that wipes itself and does not print.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; Key::LEN]);

impl Key {
    /// Octets in a key.
    pub const LEN: usize = 32;

    /// A fresh key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut key = [0; Self::LEN];
        entropy.fill(&mut key);
        Self(key)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, SealError> {
        let text = text.trim();
        if text.len() != 2 * Self::LEN || !text.is_ascii() {
            return Err(SealError::Key);
        }
        let mut key = [0; Self::LEN];
        for (i, octet) in key.iter_mut().enumerate() {
            *octet = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| SealError::Key)?;
        }
        Ok(Self(key))
    }

    /// Writes 64 hexadecimal digits, for the key file alone.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// A key for one purpose, derived from this one.
    fn derive(&self, purpose: &str) -> Self {
        Self(mac(self, &[purpose.as_bytes()]))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key[secret]")
    }
}

/// Why something could not be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not 64 hexadecimal digits.
    #[error("a key is 64 hexadecimal digits")]
    Key,
    /// The blob names a key that the ring does not hold.
    #[error("sealed under key {0}, which is not in the ring")]
    UnknownKey(u32),
    /// Cut short, altered, of another row, or under another key.
    #[error("the sealed value does not open here")]
    Broken,
}

/// The master keys by number: the current one seals, all of them open.
///
/// The look-up key never changes with rotation, or rows could not be found while it is under way.
#[derive(Clone)]
pub struct KeyRing {
    sealing: BTreeMap<u32, Key>,
    current: u32,
    lookup: Key,
}

impl KeyRing {
    /// A ring of one master key.
    pub fn new(number: u32, master: &Key) -> Self {
        Self {
            sealing: BTreeMap::from([(number, master.derive("dayaq seal"))]),
            current: number,
            lookup: master.derive("dayaq lookup"),
        }
    }

    /// Adds a master key that from now on seals; the earlier ones go on opening.
    pub fn rotate(&mut self, number: u32, master: &Key) {
        self.sealing.insert(number, master.derive("dayaq seal"));
        self.current = number;
    }

    /// Seals `plain`, bound to its `context` (for example `session/<subscriber>`).
    pub fn seal(&self, context: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let key = &self.sealing[&self.current];
        seal_under(key, self.current, context, plain, entropy)
    }

    /// Opens what was sealed in the same context.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let number = key_number(sealed)?;
        let key = self.sealing.get(&number).ok_or(SealError::UnknownKey(number))?;
        open_under(key, context, sealed)
    }

    /// The keyed hash under which a value is looked up; `domain` keeps FINs and phones apart.
    pub fn lookup(&self, domain: &str, value: &[u8]) -> [u8; 32] {
        mac(&self.lookup, &[domain.as_bytes(), &[0], value])
    }

    /// A key of one's own for an application, and its wrapped form for the row.
    pub fn new_data_key(&self, context: &[u8], entropy: &dyn Entropy) -> (DataKey, Vec<u8>) {
        let key = Key::generate(entropy);
        let wrapped = self.seal(context, &key.0, entropy);
        (DataKey(key), wrapped)
    }

    /// Unwraps an application's key. Once the wrapped form is deleted, nothing sealed under it opens again.
    pub fn open_data_key(&self, context: &[u8], wrapped: &[u8]) -> Result<DataKey, SealError> {
        let plain = self.open(context, wrapped)?;
        let key: [u8; Key::LEN] = plain.as_slice().try_into().map_err(|_| SealError::Broken)?;
        Ok(DataKey(Key(key)))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing[{} keys, current {}]", self.sealing.len(), self.current)
    }
}

/// The key of one application.
#[derive(Clone, Debug)]
pub struct DataKey(Key);

impl DataKey {
    /// Seals a value of this application, bound to its context.
    pub fn seal(&self, context: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        seal_under(&self.0, 0, context, plain, entropy)
    }

    /// Opens a value of this application.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        open_under(&self.0, context, sealed)
    }
}

fn seal_under(key: &Key, number: u32, context: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let mut out = Vec::with_capacity(HEADER_LEN + plain.len() + 16);
    out.push(FORMAT);
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&nonce);
    let cipher = XChaCha20Poly1305::new((&key.0).into());
    // The cipher refuses only plaintexts of over 256 GiB.
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: context }).unwrap_or_default();
    out.extend_from_slice(&sealed);
    out
}

fn open_under(key: &Key, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    key_number(sealed)?;
    let nonce = XNonce::from_slice(&sealed[HEADER_LEN - NONCE_LEN..HEADER_LEN]);
    let cipher = XChaCha20Poly1305::new((&key.0).into());
    let plain = cipher.decrypt(nonce, Payload { msg: &sealed[HEADER_LEN..], aad: context });
    plain.map(Zeroizing::new).map_err(|_| SealError::Broken)
}

fn key_number(sealed: &[u8]) -> Result<u32, SealError> {
    match sealed {
        [FORMAT, a, b, c, d, rest @ ..] if rest.len() >= NONCE_LEN + 16 => Ok(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => Err(SealError::Broken),
    }
}

fn mac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&key.0) else { return [0; 32] };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
