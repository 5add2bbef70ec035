//! What passes between a bind's task and the rest of the gateway.

use super::History;
use super::figures::forgiven;
use crate::store::Ticket;
use dayaq_smpp::ussd::Dialect;
use dayaq_smpp::{CommandStatus, Instant, MessageKind, Pace, ShortMessage};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;
use uuid::Uuid;

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
        self.respond_with(status, None);
    }

    /// The same to a text that has this reply, whose own response will show that the operator has read the answer.
    pub fn respond_with(&self, status: CommandStatus, reply: Option<Uuid>) {
        let answer = Answer { connection: self.connection, sequence_number: self.sequence_number, status, reply };
        // The queue is as deep as the link's own bound on requests, so that it is never full for a live connection.
        let _ = self.bind.answers.try_send(answer);
    }

    /// Counts a text with NULs behind it that are no letters, where there are any.
    pub fn note_stray_nuls(&self, nuls: usize) {
        if nuls > 0 {
            forgiven(self.bind.name.to_string(), "nul_in_text").increment(1);
        }
    }

    /// Counts what is odd in a USSD turn and is read all the same.
    pub fn note_oddities(&self, dialect: &Dialect) {
        self.note_stray_nuls(dialect.stray_nuls(&self.message));
        if dialect.begins_with_end_bit(&self.message) {
            forgiven(self.bind.name.to_string(), "end_bit").increment(1);
        }
    }

    /// Sends a screen back by the bind that brought the input; `now` is monotonic time.
    pub async fn show(&self, message: ShortMessage, now: Duration) {
        let _ = self
            .bind
            .screens
            .send(Screen {
                message,
                made_at: now,
                waited_for: true,
                again: false,
                connection: self.connection,
                then: None,
            })
            .await;
    }

    /// Sends a screen that nobody has asked for: where the operator refuses it, it is not tried again.
    pub async fn push(&self, message: ShortMessage, now: Duration) {
        let _ = self
            .bind
            .screens
            .send(Screen {
                message,
                made_at: now,
                waited_for: false,
                again: false,
                connection: self.connection,
                then: None,
            })
            .await;
    }

    /// Sends a screen once more, to who has brought an input of before; answers the PDU behind it, where it has no answer.
    pub async fn show_again(&self, message: ShortMessage, now: Duration, answer: Option<CommandStatus>) {
        let (connection, sequence_number) = (self.connection, self.sequence_number);
        let then = answer.map(|status| Answer { connection, sequence_number, status, reply: None });
        let _ = self
            .bind
            .screens
            .send(Screen { message, made_at: now, waited_for: true, again: true, connection, then })
            .await;
    }

    /// The same, and answers the PDU once the screen is written: there are operators that want them in this order.
    pub async fn show_and_respond(&self, message: ShortMessage, now: Duration, status: CommandStatus) {
        let (connection, sequence_number) = (self.connection, self.sequence_number);
        let then = Some(Answer { connection, sequence_number, status, reply: None });
        let _ = self
            .bind
            .screens
            .send(Screen { message, made_at: now, waited_for: true, again: false, connection: self.connection, then })
            .await;
    }
}

/// The response to a deliver_sm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub connection: u64,
    pub sequence_number: u32,
    pub status: CommandStatus,
    /// The text that replies to the message.
    pub reply: Option<Uuid>,
}

/// A USSD reply: of use while its phone still waits, on whichever connection of the bind stands by then.
#[derive(Debug)]
pub(super) struct Screen {
    pub message: ShortMessage,
    /// Monotonic time.
    pub made_at: Duration,
    /// Whether a phone waits for it.
    pub waited_for: bool,
    /// Whether it was sent before, for the same input.
    pub again: bool,
    /// The connection that brought the input.
    pub connection: u64,
    /// What is answered behind it.
    pub then: Option<Answer>,
}

impl Screen {
    /// How long a phone waits for a screen, at most; networks end a silent session sooner or later.
    const LIFE: Duration = Duration::from_secs(10);

    /// How long a screen rests that was refused for a reason that may pass.
    pub(super) const REST: Duration = Duration::from_millis(500);

    /// Whether a refusal may pass while the phone still waits (A14, A15).
    pub(super) fn may_pass(&self, status: CommandStatus) -> bool {
        let passing =
            [CommandStatus::RSYSERR, CommandStatus::RMSGQFUL, CommandStatus::RSUBMITFAIL, CommandStatus::RX_T_APPN];
        self.waited_for && passing.contains(&status)
    }

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
    /// Monotonic time after which it must not be written any more.
    pub by: Duration,
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

impl Outcome {
    /// Whether the operator has said anything.
    pub(super) const fn is_response(&self) -> bool {
        match self {
            Self::Answered { .. } | Self::Nacked(_) => true,
            Self::InDoubt | Self::Unsent => false,
        }
    }
}

/// The way to a bind.
#[derive(Clone, Debug)]
pub struct BindHandle {
    pub(super) answers: mpsc::Sender<Answer>,
    pub(super) screens: mpsc::Sender<Screen>,
    pub(super) texts: mpsc::Sender<Outgoing>,
    /// Which of its connections stand; the one that sends is the first.
    pub(super) legs: Arc<[AtomicBool]>,
    pub(super) history: Arc<Mutex<History>>,
    pub(super) pace: Arc<Mutex<Pace>>,
    /// The name for logs and metrics: `operator/number`.
    pub name: Arc<str>,
    /// The operator's place in the configuration.
    pub operator: usize,
}

impl BindHandle {
    /// A bind without a task that always stands, and what it is given to send.
    #[cfg(test)]
    pub(crate) fn standing(name: &str, window: usize) -> (Self, mpsc::Receiver<Outgoing>) {
        let (texts_in, texts) = mpsc::channel(window);
        let handle = Self {
            answers: mpsc::channel(1).0,
            screens: mpsc::channel(1).0,
            texts: texts_in,
            legs: Arc::new([AtomicBool::new(true)]),
            history: Arc::default(),
            pace: Arc::new(Mutex::new(Pace::new(dayaq_smpp::PaceConfig::default()))),
            name: name.into(),
            operator: 0,
        };
        (handle, texts)
    }

    /// Whether messages may leave by it at this moment.
    pub fn is_bound(&self) -> bool {
        self.legs.first().is_some_and(|leg| leg.load(Ordering::Relaxed))
    }

    /// Whether each of its connections stands: of a pair, both.
    pub fn is_whole(&self) -> bool {
        self.legs.iter().all(|leg| leg.load(Ordering::Relaxed))
    }

    /// When its connections came and went.
    pub fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// How fast it may send; kept over its connections.
    pub fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// How many more segments it wants in its queue: what its pace lets out soon, so that none grows old there.
    pub fn room(&self, now: Instant) -> usize {
        let queued = self.texts.max_capacity() - self.texts.capacity();
        self.pace().texts_ready(now).saturating_sub(queued).min(self.texts.capacity())
    }

    /// Hands over a segment; `false` where the queue is full or the bind's task has ended. Never waits: one
    /// operator that does not answer must not hold up another.
    pub fn send(&self, outgoing: Outgoing) -> bool {
        self.texts.try_send(outgoing).is_ok()
    }
}

/// A bind's queues without its task: what a test finds in them.
#[cfg(test)]
pub(crate) struct LooseEnds {
    answers: mpsc::Receiver<Answer>,
    screens: mpsc::Receiver<Screen>,
    _texts: mpsc::Receiver<Outgoing>,
}

#[cfg(test)]
impl LooseEnds {
    /// The next status with which a message was answered.
    pub(crate) fn answer(&mut self) -> Option<CommandStatus> {
        self.answers.try_recv().ok().map(|answer| answer.status)
    }

    /// The next answer, with the number of what it answers.
    pub(crate) fn numbered_answer(&mut self) -> Option<(u32, CommandStatus)> {
        self.answers.try_recv().ok().map(|answer| (answer.sequence_number, answer.status))
    }

    /// The reply to the text that is answered next.
    pub(crate) fn reply(&mut self) -> Option<Option<uuid::Uuid>> {
        self.answers.try_recv().ok().map(|answer| answer.reply)
    }

    /// The next screen.
    pub(crate) fn screen(&mut self) -> Option<ShortMessage> {
        self.screens.try_recv().ok().map(|screen| screen.message)
    }
}

#[cfg(test)]
impl BindHandle {
    /// Loses the connection that brought this with its answer, and binds again.
    pub(crate) fn lose_and_bind(&self, unanswered: &Arrival, connection: u64, now: jiff::Timestamp) {
        let mut history = self.history();
        history.lose(unanswered.connection, now, vec![unanswered.sequence_number]);
        history.bind(connection, now);
    }

    /// Makes a connection, and loses the one before it where there was one, with these answers in doubt.
    pub(crate) fn connect(&self, connection: u64, unproven: Vec<u32>, now: jiff::Timestamp) {
        let mut history = self.history();
        history.lose(connection - 1, now, unproven);
        history.bind(connection, now);
    }

    /// A bind of that name that has no task.
    pub(crate) fn loose(name: &str) -> (Self, LooseEnds) {
        let ((answers, answered), (screens, shown), (texts, _texts)) =
            (mpsc::channel(1024), mpsc::channel(1024), mpsc::channel(64));
        let (standing, _) = Self::standing(name, 1);
        let handle = Self { answers, screens, texts, ..standing };
        (handle, LooseEnds { answers: answered, screens: shown, _texts })
    }
}
