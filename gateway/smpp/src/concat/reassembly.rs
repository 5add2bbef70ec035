use std::fmt;
use std::time::Duration;

use super::piece::{Piece, Series};
use crate::instant::Instant;

/// How much of one subscriber's unfinished texts is kept, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many series at once.
    pub sets_max: usize,
    /// How many octets in all of them together.
    pub octets_max: usize,
    /// How many pieces one series may have.
    pub pieces_max: u8,
    /// From the first piece to the moment when the series is given up.
    pub lifetime: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sets_max: 4, octets_max: 8 * 1024, pieces_max: 50, lifetime: Duration::from_secs(600) }
    }
}

/// One series that is not complete.
#[derive(Clone, PartialEq, Eq)]
pub struct PartialSet {
    /// Which.
    pub series: Series,
    /// Of its text: pieces with another `data_coding` belong to another series.
    pub data_coding: u8,
    /// When its first piece came.
    pub began: Instant,
    /// What has come, by piece number, in ascending order.
    pub pieces: Vec<(u8, Vec<u8>)>,
}

/// The unfinished texts of one subscriber: a value that the caller stores between messages.
///
/// Time must come from a clock that all who share the value agree on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassembly {
    /// In the order of beginning.
    pub sets: Vec<PartialSet>,
}

/// What became of a piece.
#[derive(Clone, PartialEq, Eq)]
pub enum Added {
    /// It was the last: here is the whole text.
    Complete(Vec<u8>),
    /// Others are still to come.
    Waiting,
    /// It was here already.
    Duplicate,
    /// It is not kept, and neither is what came before it.
    Rejected(Rejected),
}

/// Why a piece is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The series has more pieces than the limits allow.
    #[error("a series of {0} pieces")]
    TooManyPieces(u8),
    /// The series alone has more octets than the limits allow.
    #[error("a series with too many octets")]
    TooLarge,
}

impl Reassembly {
    /// Takes one piece. Call [`Reassembly::expire`] before, to learn which texts are given up.
    ///
    /// Where there is no room the oldest unfinished series makes way: a reference that the phone has given up must not
    /// block its next text. A piece that comes again with other octets begins its series afresh, for phones reuse
    /// references.
    pub fn add(&mut self, piece: &Piece<'_>, data_coding: u8, now: Instant, limits: &Limits) -> Added {
        self.expire(now, limits);
        if piece.series.total > limits.pieces_max {
            return Added::Rejected(Rejected::TooManyPieces(piece.series.total));
        }
        let same = |set: &PartialSet| set.series == piece.series && set.data_coding == data_coding;
        let mut set = match self.sets.iter().position(same) {
            Some(at) => self.sets.remove(at),
            None => PartialSet { series: piece.series, data_coding, began: now, pieces: Vec::new() },
        };
        match set.pieces.binary_search_by_key(&piece.number, |(number, _)| *number) {
            Ok(at) if set.pieces[at].1 == piece.octets => {
                self.keep(set, limits);
                return Added::Duplicate;
            }
            Ok(_) => {
                set.began = now;
                set.pieces = vec![(piece.number, piece.octets.to_vec())];
            }
            Err(at) => set.pieces.insert(at, (piece.number, piece.octets.to_vec())),
        }
        if set.octets() > limits.octets_max {
            return Added::Rejected(Rejected::TooLarge);
        }
        if set.pieces.len() == usize::from(set.series.total) {
            return Added::Complete(set.pieces.into_iter().flat_map(|(_, octets)| octets).collect());
        }
        self.keep(set, limits);
        Added::Waiting
    }

    /// Gives up the series whose time is over, and gives them back: the subscriber is told once.
    pub fn expire(&mut self, now: Instant, limits: &Limits) -> Vec<PartialSet> {
        self.sets.extract_if(.., |set| now.saturating_since(set.began) >= limits.lifetime).collect()
    }

    /// Gives the moment at which the next series is given up.
    pub fn next_expiry(&self, limits: &Limits) -> Option<Instant> {
        self.sets.iter().map(|set| set.began + limits.lifetime).min()
    }

    /// Counts the octets of text that are kept.
    pub fn octets(&self) -> usize {
        self.sets.iter().map(PartialSet::octets).sum()
    }

    fn keep(&mut self, set: PartialSet, limits: &Limits) {
        while !self.sets.is_empty()
            && (self.sets.len() >= limits.sets_max || self.octets() + set.octets() > limits.octets_max)
        {
            self.sets.remove(0);
        }
        let at = self.sets.partition_point(|other| other.began <= set.began);
        self.sets.insert(at, set);
    }
}

impl PartialSet {
    /// Counts the octets of text in it.
    pub fn octets(&self) -> usize {
        self.pieces.iter().map(|(_, octets)| octets.len()).sum()
    }
}

impl fmt::Debug for PartialSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialSet")
            .field("series", &self.series)
            .field("pieces", &self.pieces.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Added::Complete(text) => write!(f, "Complete(<{} octets>)", text.len()),
            Added::Waiting => f.write_str("Waiting"),
            Added::Duplicate => f.write_str("Duplicate"),
            Added::Rejected(why) => write!(f, "Rejected({why:?})"),
        }
    }
}
