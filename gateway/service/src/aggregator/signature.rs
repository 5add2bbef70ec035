//! Whether a request is the aggregator's own: HMAC-SHA-256 (RFC 2104) over when, which and what.
//!
//! What is signed is the timestamp, a line feed, the nonce, a line feed, and the octets of the body as they are sent; the
//! key is the secret's octets, and the signature is 64 hexadecimal digits.

use crate::config::SignatureHeaders;
use axum::http::HeaderMap;
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::time::Duration;

/// How far the timestamp may be from our clock, either way.
pub const WINDOW: Duration = Duration::from_secs(300);
/// How long a nonce is remembered: as long as its request could be taken, and a minute for clocks that are set.
pub const NONCE_LIFE: Duration = Duration::from_secs(2 * 300 + 60);
/// Lengths of a nonce, in octets.
const NONCE_LEN: std::ops::RangeInclusive<usize> = 16..=128;

/// A request that is the aggregator's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What makes it the only one of its kind.
    pub nonce: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// Why a request is not taken for the aggregator's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// A header is missing, or malformed, or the signature is another; which of them is nobody's business.
    #[error("not signed as agreed")]
    Unproven,
    /// The signature is right and the timestamp is not.
    #[error("signed at another time")]
    Stale,
}

/// Checks the signature, in constant time, and then the timestamp.
pub fn verify(
    secret: &SecretString,
    names: &SignatureHeaders,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Signed, NotSigned> {
    let signed = read(secret, names, headers, body).ok_or(NotSigned::Unproven)?;
    match signed.at.as_second().abs_diff(now.as_second()) <= WINDOW.as_secs() {
        true => Ok(signed),
        false => Err(NotSigned::Stale),
    }
}

fn read(secret: &SecretString, names: &SignatureHeaders, headers: &HeaderMap, body: &[u8]) -> Option<Signed> {
    let timestamp = only(headers, &names.timestamp)?;
    let nonce = only(headers, &names.nonce)?;
    let signature = octets(only(headers, &names.signature)?)?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    if !NONCE_LEN.contains(&nonce.len()) || !plain(nonce) {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    for part in [timestamp.as_bytes(), b"\n", nonce.as_bytes(), b"\n", body] {
        mac.update(part);
    }
    mac.verify_slice(&signature).ok()?;
    let digits = timestamp.len() <= 12 && timestamp.bytes().all(|b| b.is_ascii_digit());
    let at = Timestamp::from_second(timestamp.parse().ok().filter(|_| digits)?).ok()?;
    Some(Signed { nonce: nonce.to_owned(), at })
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

fn octets(hex: &str) -> Option<[u8; 32]> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let mut octets = [0; 32];
    if pairs.len() != octets.len() || !rest.is_empty() {
        return None;
    }
    for (octet, [high, low]) in octets.iter_mut().zip(pairs) {
        *octet = digit(*high)? << 4 | digit(*low)?;
    }
    Some(octets)
}
