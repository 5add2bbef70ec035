//! The fingerprint by which one certificate is told from all others.

use sha2::{Digest, Sha256};
use std::fmt;

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// Hexadecimal digits of SHA-256, SHA-1 and MD5.
const SHA256: usize = 64;
const SHA1: usize = 40;
const MD5: usize = 32;

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }

    /// Reads 64 hexadecimal digits, with colons or blanks between the octets or without. What openssl prints before them
    /// may stand there, too.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits = match text.split_once('=') {
            Some((what, digits)) if what.to_ascii_lowercase().ends_with("fingerprint") => digits,
            Some(_) | None => text,
        };
        let digits: Vec<char> = digits.chars().filter(|sign| !matches!(sign, ':' | ' ')).collect();
        let wrong =
            |found: String| Err(format!("must be 64 hexadecimal digits, with or without colons, found {found}"));
        if let Some(sign) = digits.iter().find(|sign| !sign.is_ascii_hexdigit()) {
            return wrong(format!("{sign:?}"));
        }
        match digits.len() {
            SHA256 => {}
            SHA1 => return wrong(format!("{SHA1}, as of SHA-1: openssl needs -sha256")),
            MD5 => return wrong(format!("{MD5}, as of MD5: openssl needs -sha256")),
            count => return wrong(count.to_string()),
        }
        let mut octets = [0; 32];
        for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
            *octet = pair.iter().fold(0, |value, digit| value << 4 | digit.to_digit(16).unwrap_or_default() as u8);
        }
        Ok(Self(octets))
    }
}

impl fmt::Display for Fingerprint {
    /// As openssl prints it: `AB:CD:…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, octet) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{octet:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a47_a_fingerprint_is_read_in_every_form_that_openssl_and_people_write() {
        let own = Fingerprint::of(b"certificate");
        let printed = own.to_string();
        assert_eq!((printed.len(), printed.matches(':').count()), (95, 31));
        let bare = printed.replace(':', "");
        for text in [
            printed.clone(),
            printed.to_lowercase(),
            bare.clone(),
            bare.to_lowercase(),
            printed.replace(':', " "),
            format!("sha256 Fingerprint={printed}"),
            format!("SHA256 Fingerprint={printed}"),
        ] {
            assert_eq!(Fingerprint::parse(&text), Ok(own), "{text}");
        }
    }

    #[test]
    fn a47_what_is_no_fingerprint_is_told_with_what_is_wrong() {
        let bare = Fingerprint::of(b"certificate").to_string().replace(':', "");
        for (text, why) in [
            (String::new(), "found 0"),
            (bare[..63].to_owned(), "found 63"),
            (format!("{bare}0"), "found 65"),
            (bare[..40].to_owned(), "found 40, as of SHA-1"),
            (format!("SHA1 Fingerprint={}", &bare[..40]), "found 40, as of SHA-1"),
            (bare[..32].to_owned(), "found 32, as of MD5"),
            (format!("g{}", &bare[1..]), "found 'g'"),
            (format!("{}ə", &bare[1..]), "found 'ə'"),
            ("qXJk3Lb0hC1cVxkJm2dU4hVQm1rU3l5y0d8QpW3nX0E=".to_owned(), "found 'q'"),
        ] {
            let told = Fingerprint::parse(&text).expect_err(&text);
            assert!(told.starts_with("must be 64 hexadecimal digits") && told.contains(why), "{text}: {told}");
        }
    }
}
