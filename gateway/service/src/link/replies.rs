//! Replies to texts whose answers have gone out over a connection: who responds to one has read the answer before it.

use super::leg::Leg;
use super::traffic::Outcome;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Replies remembered; of more, the oldest prove nothing.
const REPLIES_MAX: usize = 4096;

/// The replies of one connection, each with the last token given to a request before the answer was written.
#[derive(Debug, Default)]
pub(super) struct Replies(BTreeMap<Uuid, u64>);

impl Replies {
    /// Notes that the text to which this replies is answered.
    pub fn answered(&mut self, reply: Option<Uuid>, token: u64) {
        let Some(reply) = reply else { return };
        self.0.insert(reply, token);
        while self.0.len() > REPLIES_MAX {
            self.0.pop_first();
        }
    }

    /// Tells the bind what the end of the request of that token, which brought this reply, proves.
    pub fn ended(&mut self, reply: &Uuid, token: u64, outcome: &Outcome, leg: &Leg) {
        if outcome.is_response() {
            let proof = self.take_proof(reply, token);
            leg.handle.history().respond(*reply, leg.settings.clock.now(), proof);
        }
    }

    /// Whether a response to the request of that token, which brought this reply, shows that the answer was read; told once.
    fn take_proof(&mut self, reply: &Uuid, token: u64) -> bool {
        self.0.get(reply).is_some_and(|before| token > *before) && self.0.remove(reply).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a06_only_a_reply_that_was_written_after_the_answer_proves_that_the_answer_was_read() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut replies = Replies::default();
        replies.answered(Some(one), 7);
        replies.answered(None, 8);
        assert!(!replies.take_proof(&one, 7), "it went out before the answer");
        assert!(!replies.take_proof(&two, 9), "it is of another connection");
        assert!(replies.take_proof(&one, 8));
        assert!(!replies.take_proof(&one, 8), "it is told once");
    }
}
