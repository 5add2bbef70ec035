//! A signed request, as it goes over the wire.

use dayaq_types::{Clock, Entropy};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt::Write;

/// A request with its signature. Its parts can be changed, and it can be posted again: so that a test sees what becomes
/// of it.
#[derive(Clone)]
pub struct SignedCall {
    /// `Content-Type`.
    pub content_type: String,
    /// `X-Dayaq-Timestamp`: seconds since 1970.
    pub timestamp: String,
    /// `X-Dayaq-Nonce`.
    pub nonce: String,
    /// `X-Dayaq-Signature`: HMAC-SHA-256 over timestamp, nonce and body with a line feed after each of the first two.
    pub signature: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What the service answered.
#[derive(Clone, PartialEq, Eq)]
pub struct CallAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Retry-After`, where it is there.
    pub retry_after: Option<String>,
    /// The body.
    pub body: String,
}

impl SignedCall {
    pub(super) fn sign(
        content_type: &str,
        body: Vec<u8>,
        secret: &SecretString,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Self {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        let unsigned = Self {
            content_type: content_type.to_owned(),
            timestamp: clock.now().as_second().to_string(),
            nonce: hex(&random),
            signature: String::new(),
            body,
        };
        unsigned.signed(secret)
    }

    /// The same under a signature that fits its parts as they are now.
    pub fn signed(self, secret: &SecretString) -> Self {
        // HMAC takes a key of any length (RFC 2104).
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return self };
        for part in [self.timestamp.as_bytes(), b"\n", self.nonce.as_bytes(), b"\n", &self.body] {
            mac.update(part);
        }
        Self { signature: hex(&mac.finalize().into_bytes()), ..self }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
