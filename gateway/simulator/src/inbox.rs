//! A phone's inbox: texts joined from their parts, as a phone does it.

use dayaq_smpp::ussd::DataCodings;
use dayaq_smpp::{CommandStatus, ShortMessage};
use dayaq_text::{Alphabet, Reference, decode, measure, split};
use std::collections::BTreeMap;
use std::fmt;

/// Series that a phone keeps while parts are missing.
const SERIES_MAX: usize = 16;
/// Texts that a phone keeps; the oldest go first.
const TEXTS_MAX: usize = 1000;
/// `esm_class`: the text begins with a user data header.
const UDHI: u8 = 0x40;
/// Octets that one part has room for, header and text together.
const PART_OCTETS: usize = 140;

/// A text as the phone shows it. Its `Debug` hides the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// The sender's address.
    pub from: String,
    /// The text.
    pub text: String,
    /// How it was encoded.
    pub alphabet: Alphabet,
    /// Its length in units of that alphabet.
    pub units: usize,
    /// How many segments it took on the air.
    pub segments: usize,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms").field("segments", &self.segments).field("units", &self.units).finish_non_exhaustive()
    }
}

/// Texts in the order of their last part, and the parts of those that are not whole.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pub texts: Vec<Sms>,
    /// How many texts ever came.
    pub total: u64,
    /// How many of `texts` were handed out by `next`.
    read: usize,
    series: BTreeMap<SeriesKey, Series>,
    arrived: u64,
}

type SeriesKey = (String, u16, u8);

#[derive(Debug, Default)]
struct Series {
    parts: BTreeMap<u8, (String, Alphabet)>,
    /// Orders the series by their first part, so that the oldest is forgotten first.
    began: u64,
}

/// A part's place in its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    reference: u16,
    total: u8,
    number: u8,
}

impl Inbox {
    /// Takes one message; the status says why the network would refuse it.
    pub fn take(&mut self, message: &ShortMessage, codings: &DataCodings) -> Result<(), CommandStatus> {
        let from = message.source.digits.as_str().unwrap_or_default().to_owned();
        let alphabet = codings.alphabet(message.data_coding).ok_or(CommandStatus::RSUBMITFAIL)?;
        let (place, body) = match message.esm_class & UDHI {
            0 => (None, message.user_data()),
            _ => parse_header(message.user_data()).ok_or(CommandStatus::RINVESMCLASS)?,
        };
        if !message.short_message.is_empty() && !fits(message.short_message.len() - body.len(), body.len(), alphabet) {
            return Err(CommandStatus::RINVMSGLEN);
        }
        let text = decode(body, alphabet).map_err(|_| CommandStatus::RSUBMITFAIL)?;
        match place {
            None => {
                let segments = split(&text, alphabet, Reference::Bits8).map_or(1, |parts| parts.len());
                self.show(from, text, alphabet, segments);
            }
            Some(place) => self.take_part(from, place, text, alphabet),
        }
        Ok(())
    }

    /// The first text that was not handed out yet.
    pub fn next(&mut self) -> Option<Sms> {
        let sms = self.texts.get(self.read).cloned()?;
        self.read += 1;
        Some(sms)
    }

    fn take_part(&mut self, from: String, place: Place, text: String, alphabet: Alphabet) {
        let key = (from, place.reference, place.total);
        self.arrived += 1;
        let began = self.arrived;
        let series = self.series.entry(key.clone()).or_insert_with(|| Series { began, ..Series::default() });
        series.parts.insert(place.number, (text, alphabet));
        if series.parts.len() == usize::from(place.total) {
            if let Some(series) = self.series.remove(&key) {
                let alphabet = series.parts.first_key_value().map_or(Alphabet::Gsm7, |(_, (_, a))| *a);
                let segments = series.parts.len();
                self.show(key.0, series.parts.into_values().map(|(text, _)| text).collect(), alphabet, segments);
            }
        } else if self.series.len() > SERIES_MAX
            && let Some(oldest) = self.series.iter().min_by_key(|(_, s)| s.began).map(|(key, _)| key.clone())
        {
            self.series.remove(&oldest);
        }
    }

    fn show(&mut self, from: String, text: String, alphabet: Alphabet, segments: usize) {
        let units = measure(&text, alphabet).map_or(0, |count| count.units);
        if self.texts.len() >= TEXTS_MAX {
            self.texts.remove(0);
            self.read = self.read.saturating_sub(1);
        }
        self.total += 1;
        self.texts.push(Sms { from, text, alphabet, units, segments });
    }
}

/// Reads the user data header (3GPP 23.040 §9.2.3.24): the place in a series, and the text after it.
fn parse_header(octets: &[u8]) -> Option<(Option<Place>, &[u8])> {
    let (len, rest) = octets.split_first()?;
    let (mut elements, body) = rest.split_at_checked(usize::from(*len))?;
    let mut place = None;
    while let [id, len, tail @ ..] = elements {
        let (value, next) = tail.split_at_checked(usize::from(*len))?;
        let found = match (*id, value) {
            (0x00, [reference, total, number]) => Some((u16::from(*reference), *total, *number)),
            (0x08, [high, low, total, number]) => Some((u16::from_be_bytes([*high, *low]), *total, *number)),
            (_, _) => None,
        };
        if let Some((reference, total, number)) = found {
            if number == 0 || number > total {
                return None;
            }
            place = (total > 1).then_some(Place { reference, total, number });
        }
        elements = next;
    }
    elements.is_empty().then_some((place, body))
}

/// Whether a part has room on the air. Septets travel one in an octet here and are packed by the network.
fn fits(header: usize, body: usize, alphabet: Alphabet) -> bool {
    match alphabet {
        Alphabet::Gsm7 | Alphabet::Ascii => (header * 8).div_ceil(7) + body <= PART_OCTETS * 8 / 7,
        Alphabet::Ucs2 | Alphabet::Latin1 => header + body <= PART_OCTETS,
    }
}
