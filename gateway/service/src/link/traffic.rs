//! What passes between a bind's task and the rest of the gateway.

use super::History;
use crate::store::Ticket;
use dayaq_smpp::{CommandStatus, MessageKind, ShortMessage};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;

/// A message that an operator delivered, not answered yet.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The PDU's number on its connection.
    pub sequence_number: u32,
    /// deliver_sm or data_sm.
    pub kind: MessageKind,
    /// The message.
    pub message: ShortMessage,
    /// Which connection of the bind brought it.
    pub connection: u64,
    /// The bind that brought it: the answer and a screen leave by it.
    pub bind: BindHandle,
}

impl Arrival {
    /// Answers the PDU. Nothing is acknowledged before it is safe: call it after the save.
    pub fn respond(&self, status: CommandStatus) {
        let answer = Answer { connection: self.connection, sequence_number: self.sequence_number, status };
        // The queue is as deep as the link's own bound on requests, so that it is never full for a live connection.
        let _ = self.bind.answers.try_send(answer);
    }

    /// Sends a screen back by the bind that brought the input; `now` is monotonic time.
    pub async fn show(&self, message: ShortMessage, now: Duration) {
        let _ = self.bind.screens.send(Screen { message, made_at: now }).await;
    }
}

/// The response to a deliver_sm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub connection: u64,
    pub sequence_number: u32,
    pub status: CommandStatus,
}

/// A USSD reply: of use while its phone still waits, on whichever connection of the bind stands by then.
#[derive(Debug)]
pub(super) struct Screen {
    pub message: ShortMessage,
    /// Monotonic time.
    pub made_at: Duration,
}

impl Screen {
    /// How long a phone waits for a screen, at most; networks end a silent session sooner or later.
    const LIFE: Duration = Duration::from_secs(10);

    /// Whether its phone has surely given up.
    pub(super) fn is_late(&self, now: Duration) -> bool {
        now.saturating_sub(self.made_at) > Self::LIFE
    }
}

/// A text's segment on its way out.
#[derive(Debug)]
pub struct Outgoing {
    /// Whose outcome it is.
    pub ticket: Ticket,
    /// The submit_sm.
    pub message: ShortMessage,
}

/// What became of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The operator answered.
    Answered {
        /// ROK: it was taken.
        status: CommandStatus,
        /// The operator's name for it.
        message_id: Option<String>,
    },
    /// It was answered by generic_nack: it will never be taken in this form.
    Nacked(CommandStatus),
    /// It was written and not answered: nobody knows.
    InDoubt,
    /// It was never written.
    Unsent,
}

/// The way to a bind.
#[derive(Clone, Debug)]
pub struct BindHandle {
    pub(super) answers: mpsc::Sender<Answer>,
    pub(super) screens: mpsc::Sender<Screen>,
    pub(super) texts: mpsc::Sender<Outgoing>,
    pub(super) bound: Arc<AtomicBool>,
    pub(super) history: Arc<Mutex<History>>,
    /// The name for logs and metrics: `operator/number`.
    pub name: Arc<str>,
    /// The operator's place in the configuration.
    pub operator: usize,
}

impl BindHandle {
    /// Whether the bind stands at this moment.
    pub fn is_bound(&self) -> bool {
        self.bound.load(Ordering::Relaxed)
    }

    /// When its connections came and went.
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// How many more segments its queue takes at this moment.
    pub fn room(&self) -> usize {
        self.texts.capacity()
    }

    /// Hands over a segment; `false` where the queue is full or the bind's task has ended. Never waits: one
    /// operator that does not answer must not hold up another.
    pub fn send(&self, outgoing: Outgoing) -> bool {
        self.texts.try_send(outgoing).is_ok()
    }
}
