//! PDUs as evidence: in hexadecimal, with passwords and phone numbers blotted out.

use super::line::Frame;
use super::row::Evidence;
use dayaq_smpp::{HEADER_LEN, Header, Instant};
use secrecy::{ExposeSecret, SecretString};

/// Octets of a PDU that are shown; a long one is cut.
const SHOWN: usize = 320;
/// Digits of a phone number that stay: so many at its end.
const KEPT: usize = 4;
/// Digits by which a phone number is known, however a network writes what goes before them.
const KNOWN: usize = 9;

/// What must not be shown.
pub(super) struct Mask {
    /// The test phone's digits.
    phone: String,
    password: SecretString,
    began: Instant,
}

impl Mask {
    pub fn new(phone: String, password: SecretString, began: Instant) -> Self {
        Self { phone, password, began }
    }

    /// The phone's number, but for its end.
    pub fn phone(&self) -> String {
        let kept = self.phone.len().saturating_sub(KEPT);
        format!("…{}", &self.phone[kept..])
    }

    /// A text in which the phone's number may stand.
    pub fn text(&self, text: &str) -> String {
        let tail = &self.phone[self.phone.len().saturating_sub(KNOWN)..];
        let end = &self.phone[self.phone.len().saturating_sub(KEPT)..];
        text.replace(&self.phone, &self.phone()).replace(tail, &format!("…{end}"))
    }

    /// A PDU as evidence.
    pub fn evidence(&self, frame: &Frame) -> Evidence {
        let mut shown: Vec<Option<u8>> = frame.octets.iter().copied().map(Some).collect();
        self.hide_bind_password(&frame.octets, &mut shown);
        let password = self.password.expose_secret().as_bytes();
        if password.len() >= KEPT {
            hide(&frame.octets, password, password.len(), &mut shown);
        }
        let tail = &self.phone.as_bytes()[self.phone.len().saturating_sub(KNOWN)..];
        for known in [self.phone.as_bytes(), tail] {
            hide(&frame.octets, known, known.len().saturating_sub(KEPT), &mut shown);
            let wide: Vec<u8> = known.iter().flat_map(|digit| [0, *digit]).collect();
            hide(&frame.octets, &wide, wide.len().saturating_sub(2 * KEPT), &mut shown);
        }
        let cut = shown.len() > SHOWN;
        let hex: Vec<String> = shown
            .iter()
            .take(SHOWN)
            .map(|octet| octet.map_or("..".to_owned(), |octet| format!("{octet:02x}")))
            .collect();
        let mut hex = hex.join(" ");
        if cut {
            hex.push_str(&format!(" … ({} octets in all)", frame.octets.len()));
        }
        let at = Instant::from_micros(frame.at.as_micros().saturating_sub(self.began.as_micros()));
        Evidence { at, sent: frame.sent, name: name(&frame.octets), hex }
    }

    pub fn all<'f>(&self, frames: impl IntoIterator<Item = &'f Frame>) -> Vec<Evidence> {
        frames.into_iter().map(|frame| self.evidence(frame)).collect()
    }

    /// The password of a bind is hidden with its length: from the end of system_id to the NUL after it.
    fn hide_bind_password(&self, octets: &[u8], shown: &mut Vec<Option<u8>>) {
        let Some(header) = Header::read(octets) else { return };
        if !matches!(header.command_id.0, 1 | 2 | 9) {
            return;
        }
        let body = &octets[HEADER_LEN..];
        let Some(name) = body.iter().position(|octet| *octet == 0) else { return };
        let from = HEADER_LEN + name + 1;
        let length = octets[from..].iter().position(|octet| *octet == 0).unwrap_or(octets.len() - from);
        // One blot, however long it is; command_length tells nothing then, for it is hidden as well.
        shown.splice(from..from + length, [None]);
        shown[..4].fill(None);
    }
}

/// Hides the first `count` octets of every place where `known` stands.
fn hide(octets: &[u8], known: &[u8], count: usize, shown: &mut [Option<u8>]) {
    if known.is_empty() || shown.len() != octets.len() {
        // Of a bind the octets have moved; it names no phone.
        return;
    }
    for at in 0..octets.len().saturating_sub(known.len() - 1) {
        if &octets[at..at + known.len()] == known {
            shown[at..at + count].fill(None);
        }
    }
}

/// The command, and its status where that is not ROK.
pub(super) fn name(octets: &[u8]) -> String {
    match Header::read(octets) {
        None => "octets that are no PDU".to_owned(),
        Some(header) if header.command_status.is_ok() => header.command_id.to_string(),
        Some(header) => format!("{}, {}", header.command_id, header.command_status),
    }
}
