//! When the connections of a bind came and went: what an answer written on one of them is worth.

use jiff::Timestamp;
use std::collections::{BTreeSet, VecDeque};
use uuid::Uuid;

/// Connections remembered; older ones are long past any doubt.
const REMEMBERED: usize = 16;
/// Replies remembered that have proved an answer; what they prove is stored soon.
const HEARD_MAX: usize = 4096;

/// The connections of one bind in this process.
#[derive(Debug, Default)]
pub struct History {
    bound: Option<(u64, Timestamp)>,
    lost: VecDeque<Lost>,
    /// Replies by whose response the operator has shown that it has read our answer to what they reply to.
    heard: BTreeSet<Uuid>,
}

#[derive(Debug)]
struct Lost {
    connection: u64,
    at: Timestamp,
    /// Sequence numbers of the messages whose answers the operator may not have.
    unproven: BTreeSet<u32>,
}

impl History {
    /// Notes that a connection is bound.
    pub(super) fn bind(&mut self, connection: u64, now: Timestamp) {
        self.bound = Some((connection, now));
    }

    /// Notes that a connection is gone, and which of its messages the operator may bring again.
    pub(super) fn lose(&mut self, connection: u64, at: Timestamp, unproven: Vec<u32>) {
        if self.lost.len() == REMEMBERED {
            self.lost.pop_front();
        }
        self.lost.push_back(Lost { connection, at, unproven: unproven.into_iter().collect() });
    }

    /// Notes that the operator has read our answer to the text that this replies to.
    pub(super) fn hear(&mut self, reply: Uuid) {
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_first();
        }
        self.heard.insert(reply);
    }

    /// Whether the operator has shown that it has read our answer to the text that this replies to.
    pub fn has_heard(&self, reply: &Uuid) -> bool {
        self.heard.contains(reply)
    }

    /// The connections that were lost: number, moment, and the messages whose answers the operator may not have.
    pub fn losses(&self) -> impl Iterator<Item = (u64, Timestamp, Vec<u32>)> {
        self.lost.iter().map(|lost| (lost.connection, lost.at, lost.unproven.iter().copied().collect()))
    }

    /// When this connection was bound, if it is the latest that was.
    pub fn bound_at(&self, connection: u64) -> Option<Timestamp> {
        self.bound.filter(|(number, _)| *number == connection).map(|(_, at)| at)
    }

    /// When this connection was lost and with it, perhaps, the answer to that message. `None` while it stands, for one
    /// that is long gone, and for a message whose answer the operator has read. Without a number any message is meant.
    pub fn lost_at(&self, connection: u64, message: Option<u32>) -> Option<Timestamp> {
        let lost = self.lost.iter().find(|lost| lost.connection == connection)?;
        message.is_none_or(|number| lost.unproven.contains(&number)).then_some(lost.at)
    }
}
