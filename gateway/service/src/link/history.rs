//! When the connections of a bind came and went: what an answer written on one of them is worth.

use jiff::Timestamp;
use std::collections::VecDeque;

/// Connections remembered; older ones are long past any doubt.
const REMEMBERED: usize = 16;

/// The connections of one bind in this process.
#[derive(Debug, Default)]
pub struct History {
    bound: Option<(u64, Timestamp)>,
    lost: VecDeque<(u64, Timestamp)>,
}

impl History {
    /// Notes that a connection is bound.
    pub(super) fn bind(&mut self, connection: u64, now: Timestamp) {
        self.bound = Some((connection, now));
    }

    /// Notes that a connection is gone.
    pub(super) fn lose(&mut self, connection: u64, now: Timestamp) {
        if self.lost.len() == REMEMBERED {
            self.lost.pop_front();
        }
        self.lost.push_back((connection, now));
    }

    /// When this connection was bound, if it is the latest that was.
    pub fn bound_at(&self, connection: u64) -> Option<Timestamp> {
        self.bound.filter(|(number, _)| *number == connection).map(|(_, at)| at)
    }

    /// When this connection was lost; `None` while it stands, and for one that is long gone.
    pub fn lost_at(&self, connection: u64) -> Option<Timestamp> {
        self.lost.iter().find(|(number, _)| *number == connection).map(|(_, at)| *at)
    }
}
