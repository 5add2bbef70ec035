//! Parts of long texts as they are stored in a subscriber's session.

use dayaq_smpp::Instant;
use dayaq_smpp::concat::{Carrier, Completed, KeptPiece, PartialSet, Reassembly, Series};
use dayaq_text::{NationalLanguage, Shift};
use serde::{Deserialize, Serialize};

/// The unfinished series of a subscriber, and the prints of those that were completed lately.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct StoredParts {
    #[serde(default)]
    parts: Vec<StoredSet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    completed: Vec<StoredCompleted>,
}

/// An unfinished series of parts.
#[derive(Debug, Serialize, Deserialize)]
struct StoredSet {
    #[serde(flatten)]
    series: StoredSeries,
    began_us: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    echo: bool,
    /// Number and octets in hexadecimal.
    pieces: Vec<(u8, String)>,
    /// Number and national language identifiers (locking, single), of the pieces that have any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shifts: Vec<(u8, u8, u8)>,
}

/// A series that is complete.
#[derive(Debug, Serialize, Deserialize)]
struct StoredCompleted {
    #[serde(flatten)]
    series: StoredSeries,
    at_us: u64,
    prints: Vec<u64>,
}

/// A series of parts, with the coding of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredSeries {
    reference: u16,
    carrier: u8,
    total: u8,
    data_coding: u8,
}

impl StoredParts {
    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.completed.is_empty()
    }

    /// Puts them into the form of the store.
    pub fn write(parts: &Reassembly) -> Self {
        let completed = parts.completed.iter().map(|it| StoredCompleted {
            series: StoredSeries::write(it.series, it.data_coding),
            at_us: it.at.as_micros(),
            prints: it.prints.clone(),
        });
        Self { parts: parts.sets.iter().map(StoredSet::write).collect(), completed: completed.collect() }
    }

    /// Reads them back; a series that this program cannot read is left out.
    pub fn read(&self) -> Reassembly {
        let completed = self.completed.iter().filter_map(|it| {
            let (at, prints) = (Instant::from_micros(it.at_us), it.prints.clone());
            Some(Completed { series: it.series.read()?, data_coding: it.series.data_coding, at, prints })
        });
        Reassembly { sets: self.parts.iter().filter_map(StoredSet::read).collect(), completed: completed.collect() }
    }
}

impl StoredSeries {
    pub fn write(series: Series, data_coding: u8) -> Self {
        let carrier = match series.carrier {
            Carrier::Header8 => 0,
            Carrier::Header16 => 1,
            Carrier::Sar => 2,
        };
        Self { reference: series.reference, carrier, total: series.total, data_coding }
    }

    /// What tells it from others.
    pub fn octets(self) -> [u8; 5] {
        let [high, low] = self.reference.to_be_bytes();
        [high, low, self.carrier, self.total, self.data_coding]
    }

    fn read(self) -> Option<Series> {
        let carrier = match self.carrier {
            0 => Carrier::Header8,
            1 => Carrier::Header16,
            2 => Carrier::Sar,
            _ => return None,
        };
        Some(Series { reference: self.reference, carrier, total: self.total })
    }
}

impl StoredSet {
    fn write(set: &PartialSet) -> Self {
        let identifier = |language: Option<NationalLanguage>| language.map_or(0, NationalLanguage::identifier);
        let shifted = set.pieces.iter().filter(|piece| piece.shift != Shift::default());
        Self {
            series: StoredSeries::write(set.series, set.data_coding),
            began_us: set.began.as_micros(),
            echo: set.echo,
            pieces: set.pieces.iter().map(|piece| (piece.number, hex(&piece.octets))).collect(),
            shifts: shifted
                .map(|piece| (piece.number, identifier(piece.shift.locking), identifier(piece.shift.single)))
                .collect(),
        }
    }

    fn read(&self) -> Option<PartialSet> {
        let shift = |number: u8| {
            let own = self.shifts.iter().find(|(of, ..)| *of == number);
            own.map_or(Shift::default(), |(_, locking, single)| Shift {
                locking: NationalLanguage::from_identifier(*locking),
                single: NationalLanguage::from_identifier(*single),
            })
        };
        let piece = |(number, text): &(u8, String)| {
            Some(KeptPiece { number: *number, shift: shift(*number), octets: unhex(text)? })
        };
        Some(PartialSet {
            series: self.series.read()?,
            data_coding: self.series.data_coding,
            began: Instant::from_micros(self.began_us),
            echo: self.echo,
            pieces: self.pieces.iter().map(piece).collect::<Option<_>>()?,
        })
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_smpp::concat::{Limits, Piece};
    use proptest::prelude::*;

    proptest! {
        /// Whatever parts came: what another process reads is what this one has written.
        #[test]
        fn a30_parts_are_read_as_they_were_written(
            pieces in proptest::collection::vec((0u8..3, 0u16..3, 2u8..5, 1u8..5, 0u8..5, any::<[u8; 3]>(), any::<bool>()), 0..40),
        ) {
            let (mut here, mut there) = (Reassembly::default(), Reassembly::default());
            for (second, (carrier, reference, total, number, language, octets, ucs2)) in (0..).zip(&pieces) {
                let carrier = [Carrier::Header8, Carrier::Header16, Carrier::Sar][usize::from(*carrier)];
                let piece = Piece {
                    series: Series { reference: *reference, carrier, total: *total },
                    number: (*number).min(*total),
                    shift: Shift { locking: NationalLanguage::from_identifier(*language), single: None },
                    octets,
                };
                let now = Instant::from_micros(second * 30_000_000);
                let data_coding = if *ucs2 { 8 } else { 0 };
                let ours = here.add(&piece, data_coding, now, &Limits::default());
                prop_assert_eq!(&ours, &there.add(&piece, data_coding, now, &Limits::default()));
                let json = serde_json::to_vec(&StoredParts::write(&here)).unwrap();
                there = serde_json::from_slice::<StoredParts>(&json).unwrap().read();
                prop_assert_eq!(&here, &there);
            }
        }
    }

    #[test]
    fn a30_parts_that_an_older_version_wrote_are_read() {
        let old =
            r#"{"parts":[{"reference":9,"carrier":0,"total":2,"data_coding":0,"began_us":5,"pieces":[[1,"6162"]]}]}"#;
        let parts = serde_json::from_str::<StoredParts>(old).unwrap().read();
        assert_eq!(parts.sets[0].pieces, [KeptPiece { number: 1, shift: Shift::default(), octets: b"ab".to_vec() }]);
        assert!(!parts.sets[0].echo && parts.completed.is_empty());
    }
}
