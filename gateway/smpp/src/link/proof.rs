use std::collections::VecDeque;

/// Answers remembered; of more, the oldest count as read.
const ANSWERS_MAX: usize = 16_384;
/// After so many answers without a proof the peer is asked for one.
const ASK_AFTER: usize = 256;

/// Our answers that the peer may not have read.
///
/// A connection delivers in order: who answers a request has read all that was written before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Unproven {
    /// Where the answer's last octet lies in all that this link ever wrote, and which request it answers.
    answers: VecDeque<(u64, u32)>,
    /// Requests that were not answered when the link ended.
    unanswered: Vec<u32>,
}

impl Unproven {
    pub(super) fn answered(&mut self, written_at: u64, sequence_number: u32) {
        if self.answers.len() >= ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back((written_at, sequence_number));
    }

    /// The peer has read all that lies before this place.
    pub(super) fn read_to(&mut self, place: u64) {
        while self.answers.pop_front_if(|(written_at, _)| *written_at <= place).is_some() {}
    }

    pub(super) fn never_answered(&mut self, sequence_number: u32) {
        self.unanswered.push(sequence_number);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Whether it is time to ask for a sign that they are read.
    pub(super) fn are_many(&self) -> bool {
        self.answers.len() >= ASK_AFTER
    }

    pub(super) fn answered_numbers(&self) -> impl Iterator<Item = u32> {
        self.answers.iter().map(|(_, sequence_number)| *sequence_number)
    }

    pub(super) fn unanswered_numbers(&self) -> impl Iterator<Item = u32> {
        self.unanswered.iter().copied()
    }
}
