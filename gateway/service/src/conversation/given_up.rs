//! Long texts that were given up: the person is told of each once, whatever comes of it later.

use super::parts::StoredSeries;
use super::texting::name;
use crate::store::SubscriberKey;
use dayaq_smpp::Instant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// Texts that are remembered; a phone does not write more at once.
const TEXTS_MAX: usize = 8;
/// Parts of one of them that are remembered. Of the others a new text is not told apart.
const PARTS_MAX: usize = 16;
/// A part that comes so long after the last belongs to another text: no network tries longer.
const LATE: Duration = Duration::from_hours(72);

/// A text that was given up, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct GivenUp {
    #[serde(flatten)]
    series: StoredSeries,
    /// When its last part was given up.
    at_us: u64,
    /// Number and print of its parts.
    parts: Vec<(u8, u64)>,
}

impl GivenUp {
    /// Notes that these parts are given up. Gives the id of the text that tells the person so, and `None` where one did:
    /// what comes late of a text, or once more, is not another. A part that differs from what came under its number
    /// is one of a new text, for phones use references again.
    pub fn note<'p>(
        all: &mut Vec<Self>,
        key: &SubscriberKey,
        series: StoredSeries,
        parts: impl Iterator<Item = (u8, &'p [u8])>,
        now: Instant,
    ) -> Option<Uuid> {
        let parts: Vec<(u8, u64)> = parts.map(|(number, octets)| (number, print(octets))).collect();
        all.retain(|it| now.saturating_since(Instant::from_micros(it.at_us)) <= LATE);
        if let Some(known) = all.iter_mut().find(|it| it.series == series && it.goes_on_with(&parts)) {
            known.at_us = now.as_micros();
            let others = parts.iter().filter(|(number, _)| !known.parts.iter().any(|(known, _)| known == number));
            let others: Vec<_> = others.copied().collect();
            known.parts.extend(others);
            known.parts.truncate(PARTS_MAX);
            return None;
        }
        all.retain(|it| it.series != series);
        if all.len() >= TEXTS_MAX {
            all.remove(0);
        }
        let id = name(&[b"given up", key.as_bytes(), &series.octets(), &now.as_micros().to_be_bytes()]);
        let parts = parts.into_iter().take(PARTS_MAX).collect();
        all.push(Self { series, at_us: now.as_micros(), parts });
        Some(id)
    }

    fn goes_on_with(&self, parts: &[(u8, u64)]) -> bool {
        let differs = |(number, print): &(u8, u64)| self.parts.iter().any(|(n, p)| n == number && p != print);
        !parts.iter().any(differs)
    }
}

fn print(octets: &[u8]) -> u64 {
    let digest = Sha256::digest(octets);
    u64::from_be_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_smpp::concat::{Carrier, Series};
    use dayaq_types::seal::{Key, KeyRing};
    use dayaq_types::{Msisdn, SeededEntropy};
    use std::collections::HashSet;

    #[test]
    fn a44_of_each_text_that_is_given_up_the_person_hears_once_whatever_comes_late() {
        let ring = KeyRing::new(1, &Key::generate(&SeededEntropy::new(1)));
        let key = SubscriberKey::of(&ring, &Msisdn::parse("994501234567").unwrap());
        let series = |reference| StoredSeries::write(Series { reference, carrier: Carrier::Header8, total: 3 }, 0);
        let hour = |hours: u64| Instant::from_micros(hours * 3_600_000_000);
        let mut all = Vec::new();
        let mut told = HashSet::new();
        for (at, reference, number, octets, is_told) in [
            (0, 1, 1, "171", true),
            (1, 1, 2, "S5", false),   // comes late
            (2, 1, 1, "171", false),  // comes again
            (2, 2, 1, "171", true),   // is another text
            (2, 3, 1, "171", true),   // and so is this
            (50, 1, 3, "AV", false),  // comes very late
            (100, 1, 3, "AV", false), // and again
            (101, 1, 1, "172", true), // is a new text under the reference of an old one
            (102, 1, 2, "S5", false),
            (200, 1, 2, "S5", true), // days after
        ] {
            let parts = std::iter::once((number, octets.as_bytes()));
            let id = GivenUp::note(&mut all, &key, series(reference), parts, hour(at));
            assert_eq!(id.is_some(), is_told, "{octets} of {reference} after {at} hours");
            assert!(id.is_none_or(|id| told.insert(id)), "each notice has its own name");
        }
        for reference in 10..100 {
            for number in 1..=50 {
                let parts = std::iter::once((number, &b"x"[..]));
                let id = GivenUp::note(&mut all, &key, series(reference), parts, hour(201));
                assert_eq!(id.is_some(), number == 1);
            }
        }
        assert!(all.len() <= TEXTS_MAX && all.iter().all(|it| it.parts.len() <= PARTS_MAX));
    }
}
