//! How many segments left within a second: what an operator was offered.

use crate::instant::Instant;

/// Parts of a second that are counted each for itself.
const SLOTS: u64 = 10;
const SLOT_MICROS: u64 = 100_000;

/// Counts of the last second, to a tenth of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Meter {
    counts: [u64; SLOTS as usize],
    /// The latest slot in which something was counted, numbered from the epoch.
    slot: u64,
}

impl Meter {
    pub(super) fn count(&mut self, segments: u32, now: Instant) {
        let slot = (now.as_micros() / SLOT_MICROS).max(self.slot);
        if slot - self.slot >= SLOTS {
            self.counts = Default::default();
        } else {
            (self.slot + 1..=slot).for_each(|passed| self.counts[place(passed)] = 0);
        }
        self.slot = slot;
        self.counts[place(slot)] += u64::from(segments);
    }

    /// How many left in the second that ends now.
    pub(super) fn per_second(&self, now: Instant) -> u64 {
        let oldest = (now.as_micros() / SLOT_MICROS + 1).saturating_sub(SLOTS);
        let kept = (self.slot + 1).saturating_sub(SLOTS);
        (oldest.max(kept)..=self.slot).map(|slot| self.counts[place(slot)]).sum()
    }
}

fn place(slot: u64) -> usize {
    (slot % SLOTS) as usize
}
