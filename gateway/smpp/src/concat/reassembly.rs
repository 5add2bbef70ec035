use std::fmt;
use std::time::Duration;

use dayaq_text::Shift;

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

impl Limits {
    /// Octets that each of two values leaves to the other.
    const SPARED: usize = 512;

    /// The limits for one of two values that share a subscriber's room, beside what the other holds. There is always room
    /// for one series of the other.
    pub fn beside(&self, other: &Reassembly) -> Self {
        Self {
            sets_max: self.sets_max.saturating_sub(other.sets.len().max(1)).max(1),
            octets_max: self.octets_max.saturating_sub(other.octets().max(Self::SPARED)),
            ..*self
        }
    }
}

/// One piece as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPiece {
    /// Which one, from 1.
    pub number: u8,
    /// The national language tables of its text.
    pub shift: Shift,
    /// Its text.
    pub octets: Vec<u8>,
}

impl KeptPiece {
    fn of(piece: &Piece<'_>) -> Self {
        Self { number: piece.number, shift: piece.shift, octets: piece.octets.to_vec() }
    }

    fn is(&self, piece: &Piece<'_>) -> bool {
        self.number == piece.number && self.shift == piece.shift && self.octets == piece.octets
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
    /// Whether all of it came before, in a series that was completed: nobody misses the rest.
    pub echo: bool,
    /// What has come, by piece number, in ascending order.
    pub pieces: Vec<KeptPiece>,
}

/// A series that was completed a while ago: enough to know its pieces again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which.
    pub series: Series,
    /// Of its text.
    pub data_coding: u8,
    /// When.
    pub at: Instant,
    /// A print of each piece, from the first to the last.
    pub prints: Vec<u64>,
}

/// The unfinished texts of one subscriber: a value that the caller stores between messages.
///
/// Time must come from a clock that all who share the value agree on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reassembly {
    /// In the order of beginning.
    pub sets: Vec<PartialSet>,
    /// In the order of completion; as many as there may be sets, and for as long.
    pub completed: Vec<Completed>,
}

/// The text of a series, its pieces in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Joined {
    octets: Vec<u8>,
    /// Where each run of pieces with the same tables ends.
    runs: Vec<(usize, Shift)>,
}

impl Joined {
    fn push(&mut self, piece: &KeptPiece) {
        self.octets.extend_from_slice(&piece.octets);
        let end = self.octets.len();
        match self.runs.last_mut() {
            Some((last, shift)) if *shift == piece.shift => *last = end,
            Some(_) | None => self.runs.push((end, piece.shift)),
        }
    }

    /// Gives all octets.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Gives the octets in runs, each with its national language tables.
    pub fn runs(&self) -> impl Iterator<Item = (&[u8], Shift)> {
        let begins = std::iter::once(0).chain(self.runs.iter().map(|(end, _)| *end));
        begins.zip(&self.runs).map(|(begin, (end, shift))| (&self.octets[begin..*end], *shift))
    }
}

/// What became of a piece.
#[derive(Clone, PartialEq, Eq)]
pub enum Added {
    /// It was the last: here is the whole text.
    Complete(Joined),
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
    /// references. A piece of a series that was completed a while ago is kept as an echo of it: if all of them come
    /// again the person has written the same once more, and if not the network has repeated itself and nobody is told.
    pub fn add(&mut self, piece: &Piece<'_>, data_coding: u8, now: Instant, limits: &Limits) -> Added {
        self.expire(now, limits);
        if piece.series.total > limits.pieces_max {
            return Added::Rejected(Rejected::TooManyPieces(piece.series.total));
        }
        let came_before = self.came_before(piece, data_coding);
        let same = |set: &PartialSet| set.series == piece.series && set.data_coding == data_coding;
        let mut set = match self.sets.iter().position(same) {
            Some(at) => self.sets.remove(at),
            None => PartialSet { series: piece.series, data_coding, began: now, echo: true, pieces: Vec::new() },
        };
        match set.pieces.binary_search_by_key(&piece.number, |kept| kept.number) {
            Ok(at) if set.pieces[at].is(piece) => {
                self.keep(set, limits);
                return Added::Duplicate;
            }
            Ok(_) => {
                set.began = now;
                set.echo = came_before;
                set.pieces = vec![KeptPiece::of(piece)];
            }
            Err(at) => {
                set.echo &= came_before;
                set.pieces.insert(at, KeptPiece::of(piece));
            }
        }
        if set.octets() > limits.octets_max {
            return Added::Rejected(Rejected::TooLarge);
        }
        if set.pieces.len() == usize::from(set.series.total) {
            return Added::Complete(self.complete(&set, now, limits));
        }
        self.keep(set, limits);
        Added::Waiting
    }

    /// Gives up the series whose time is over, and gives back those of which something is missing that never came: the
    /// subscriber is told once.
    ///
    /// What began after `now` was written under a clock that has been set back since. It counts from now on, so that no
    /// series waits longer than its time.
    pub fn expire(&mut self, now: Instant, limits: &Limits) -> Vec<PartialSet> {
        self.sets.iter_mut().for_each(|set| set.began = set.began.min(now));
        self.completed.iter_mut().for_each(|it| it.at = it.at.min(now));
        self.completed.retain(|it| now.saturating_since(it.at) < limits.lifetime);
        let over = self.sets.extract_if(.., |set| now.saturating_since(set.began) >= limits.lifetime);
        over.filter(|set| !set.echo).collect()
    }

    /// Gives the moment at which the next series is given up.
    pub fn next_expiry(&self, limits: &Limits) -> Option<Instant> {
        self.sets.iter().map(|set| set.began + limits.lifetime).min()
    }

    /// Counts the octets of text that are kept.
    pub fn octets(&self) -> usize {
        self.sets.iter().map(PartialSet::octets).sum()
    }

    fn came_before(&self, piece: &Piece<'_>, data_coding: u8) -> bool {
        let at = usize::from(piece.number) - 1;
        let own = print(piece.shift, piece.octets);
        let of = |it: &&Completed| it.series == piece.series && it.data_coding == data_coding;
        self.completed.iter().filter(of).any(|it| it.prints.get(at) == Some(&own))
    }

    fn complete(&mut self, set: &PartialSet, now: Instant, limits: &Limits) -> Joined {
        self.completed.retain(|it| it.series != set.series || it.data_coding != set.data_coding);
        if self.completed.len() >= limits.sets_max {
            self.completed.remove(0);
        }
        let prints = set.pieces.iter().map(|piece| print(piece.shift, &piece.octets)).collect();
        self.completed.push(Completed { series: set.series, data_coding: set.data_coding, at: now, prints });
        let mut joined = Joined::default();
        set.pieces.iter().for_each(|piece| joined.push(piece));
        joined
    }

    fn keep(&mut self, set: PartialSet, limits: &Limits) {
        while !self.sets.is_empty()
            && (self.sets.len() >= limits.sets_max || self.octets() + set.octets() > limits.octets_max)
        {
            let first = self.sets.iter().position(|set| set.echo).unwrap_or(0);
            self.sets.remove(first);
        }
        let at = self.sets.partition_point(|other| other.began <= set.began);
        self.sets.insert(at, set);
    }
}

impl PartialSet {
    /// Counts the octets of text in it.
    pub fn octets(&self) -> usize {
        self.pieces.iter().map(|piece| piece.octets.len()).sum()
    }
}

/// A print of a piece (FNV-1a): enough to tell the pieces of one subscriber's last texts apart.
fn print(shift: Shift, octets: &[u8]) -> u64 {
    let tables = [shift.locking, shift.single].map(|it| it.map_or(0, dayaq_text::NationalLanguage::identifier));
    tables
        .iter()
        .chain(octets)
        .fold(0xCBF2_9CE4_8422_2325, |print, octet| (print ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01B3))
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
            Added::Complete(text) => write!(f, "Complete({text:?})"),
            Added::Waiting => f.write_str("Waiting"),
            Added::Duplicate => f.write_str("Duplicate"),
            Added::Rejected(why) => write!(f, "Rejected({why:?})"),
        }
    }
}

impl fmt::Debug for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets in {} runs>", self.octets.len(), self.runs.len())
    }
}

impl fmt::Debug for KeptPiece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: <{} octets>", self.number, self.octets.len())
    }
}
