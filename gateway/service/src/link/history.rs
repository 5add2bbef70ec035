//! When the connections of a bind came and went: what an answer written on one of them is worth.

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;

/// Connections remembered; older ones are long past any doubt.
const REMEMBERED: usize = 16;
/// Texts remembered with what their responses say; what they prove is stored soon.
const RESPONSES_MAX: usize = 4096;

/// The connections of one bind in this process.
#[derive(Debug, Default)]
pub struct History {
    bound: Option<(u64, Timestamp)>,
    lost: VecDeque<Lost>,
    /// Texts of ours that the operator has responded to: when first, and whether that shows that it has read our answer
    /// to what they reply to.
    responses: BTreeMap<Uuid, (Timestamp, bool)>,
}

#[derive(Debug)]
struct Lost {
    connection: u64,
    at: Timestamp,
    /// Sequence numbers of the messages whose answers the operator may not have.
    unproven: BTreeSet<u32>,
    /// When the bind stood again.
    again: Option<Timestamp>,
}

impl History {
    /// Notes that a connection is bound.
    pub(super) fn bind(&mut self, connection: u64, now: Timestamp) {
        self.bound = Some((connection, now));
        for lost in &mut self.lost {
            lost.again.get_or_insert(now);
        }
    }

    /// Notes that a connection is gone, and which of its messages the operator may bring again.
    pub(super) fn lose(&mut self, connection: u64, at: Timestamp, unproven: Vec<u32>) {
        if self.lost.len() == REMEMBERED {
            self.lost.pop_front();
        }
        self.lost.push_back(Lost { connection, at, unproven: unproven.into_iter().collect(), again: None });
    }

    /// Notes that the operator has responded to this text of ours, and whether that shows that it has read our answer to
    /// the text that this replies to.
    pub(super) fn respond(&mut self, text: Uuid, now: Timestamp, proof: bool) {
        if self.responses.len() >= RESPONSES_MAX {
            self.responses.pop_first();
        }
        self.responses.entry(text).or_insert((now, false)).1 |= proof;
    }

    /// When the operator first responded to this text of ours: nobody has read it before.
    pub fn responded_at(&self, text: &Uuid) -> Option<Timestamp> {
        self.responses.get(text).map(|(at, _)| *at)
    }

    /// Whether the operator has shown that it has read our answer to the text that this replies to.
    pub fn has_heard(&self, reply: &Uuid) -> bool {
        self.responses.get(reply).is_some_and(|(_, proof)| *proof)
    }

    /// The connections that were lost: number, moment, and the messages whose answers the operator may not have.
    pub fn losses(&self) -> impl Iterator<Item = (u64, Timestamp, Vec<u32>)> {
        self.lost.iter().map(|lost| (lost.connection, lost.at, lost.unproven.iter().copied().collect()))
    }

    /// When this connection was bound, if it is the latest that was.
    pub fn bound_at(&self, connection: u64) -> Option<Timestamp> {
        self.bound.filter(|(number, _)| *number == connection).map(|(_, at)| at)
    }

    /// When the bind stood again after it had lost this connection.
    pub fn bound_after(&self, connection: u64) -> Option<Timestamp> {
        self.lost.iter().find(|lost| lost.connection == connection)?.again
    }

    /// When this connection was lost and with it, perhaps, the answer to that message. `None` while it stands, for one
    /// that is long gone, and for a message whose answer the operator has read. Without a number any message is meant.
    pub fn lost_at(&self, connection: u64, message: Option<u32>) -> Option<Timestamp> {
        let lost = self.lost.iter().find(|lost| lost.connection == connection)?;
        message.is_none_or(|number| lost.unproven.contains(&number)).then_some(lost.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a06_what_was_lost_is_brought_again_after_the_next_bind_and_not_after_later_ones() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let mut history = History::default();
        history.bind(1, at(0));
        history.lose(1, at(10), vec![7]);
        assert_eq!((history.lost_at(1, Some(7)), history.bound_after(1)), (Some(at(10)), None));
        assert_eq!(history.lost_at(1, Some(8)), None, "its answer was read");
        history.bind(2, at(20));
        history.lose(2, at(300), Vec::new());
        history.bind(3, at(301));
        assert_eq!((history.bound_after(1), history.bound_after(2)), (Some(at(20)), Some(at(301))));
        assert_eq!(history.losses().count(), 2);
        let reply = Uuid::from_u128(1);
        assert!(!history.has_heard(&reply));
        history.respond(reply, at(5), true);
        history.respond(reply, at(6), false);
        assert_eq!((history.has_heard(&reply), history.responded_at(&reply)), (true, Some(at(5))));
    }
}
