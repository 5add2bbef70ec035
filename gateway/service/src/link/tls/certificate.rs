//! What is read of a certificate besides what rustls reads, also of one that rustls does not take, such as X.509 v1.

use rustls::pki_types::SubjectPublicKeyInfoDer;

/// Tags of DER (X.690 §8).
const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xA0;

/// A certificate (RFC 5280 §4.1), as far as it is of interest here. Nothing in it has been verified.
pub(super) struct Certificate<'a> {
    /// 1 to 3.
    pub version: u8,
    issuer: &'a [u8],
    subject: &'a [u8],
    public_key: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads it, where its outer form is right.
    pub fn read(der: &'a [u8]) -> Option<Self> {
        let mut rest = der;
        let mut fields = take(&mut take(&mut rest, SEQUENCE)?.content, SEQUENCE)?.content;
        let version = match fields.first() {
            Some(&EXPLICIT_VERSION) => {
                let number = take(&mut take(&mut fields, EXPLICIT_VERSION)?.content, INTEGER)?.content;
                number.first()?.checked_add(1)?
            }
            Some(_) | None => 1,
        };
        let _serial = take(&mut fields, INTEGER)?;
        let _signature = take(&mut fields, SEQUENCE)?;
        let issuer = take(&mut fields, SEQUENCE)?.whole;
        let _validity = take(&mut fields, SEQUENCE)?;
        let subject = take(&mut fields, SEQUENCE)?.whole;
        let public_key = take(&mut fields, SEQUENCE)?.whole;
        Some(Self { version, issuer, subject, public_key })
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Its key.
    pub fn public_key(&self) -> SubjectPublicKeyInfoDer<'a> {
        SubjectPublicKeyInfoDer::from(self.public_key)
    }
}

struct Element<'a> {
    content: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
}

/// Takes the next element, if it has this tag.
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let from: &'a [u8] = rest;
    let (&[found, short], _) = from.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let (length, head) = match short {
        0..0x80 => (usize::from(short), 2),
        // More than three octets of length no certificate has: TLS gives it no more.
        0x81..=0x83 => {
            let count = usize::from(short & 0x7F);
            let octets = from.get(2..2 + count)?;
            (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), 2 + count)
        }
        0x80 | 0x84.. => return None,
    };
    let whole = from.get(..head + length)?;
    *rest = &from[whole.len()..];
    Some(Element { content: &whole[head..], whole })
}
