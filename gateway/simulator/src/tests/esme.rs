//! A small ESME over the link in its other role, with an application that is a function.

use dayaq_smpp::ussd::{Dialect, UssdEvent, UssdInbound, UssdReply};
use dayaq_smpp::{
    BindKind, BindRequest, CommandStatus, Event, Instant, Link, LinkConfig, MessageKind, Role, ShortMessage,
};
use dayaq_text::best_alphabet;
use dayaq_types::{Clock, SystemClock};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What the application does with a message.
pub enum Reaction {
    /// Answers with a status, then sends these.
    Answer(CommandStatus, Vec<ShortMessage>),
    /// Sends these and answers ROK after them.
    ReplyFirst(Vec<ShortMessage>),
    /// Says nothing at all.
    Silence,
}

/// What the SMSC said of something we sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub status: CommandStatus,
    pub id: Option<String>,
}

pub struct Esme {
    task: JoinHandle<()>,
    outbox: mpsc::UnboundedSender<ShortMessage>,
    pub said: mpsc::UnboundedReceiver<Said>,
    pub bound: mpsc::UnboundedReceiver<Result<(), CommandStatus>>,
}

impl Esme {
    pub async fn connect(
        addr: SocketAddr,
        kind: BindKind,
        password: &str,
        app: impl FnMut(&ShortMessage) -> Reaction + Send + 'static,
    ) -> Self {
        let stream = TcpStream::connect(addr).await.expect("the SMSC listens");
        let request = BindRequest::new(kind, "dayaq", password).expect("short names");
        let (outbox, inbox) = mpsc::unbounded_channel();
        let (said_tx, said) = mpsc::unbounded_channel();
        let (bound_tx, bound) = mpsc::unbounded_channel();
        let task = tokio::spawn(run(stream, request, app, inbox, said_tx, bound_tx));
        Self { task, outbox, said, bound }
    }

    /// Sends a message of the application's own accord.
    pub fn send(&self, message: ShortMessage) {
        self.outbox.send(message).expect("the ESME runs");
    }

    pub async fn ended(self) {
        self.task.await.expect("no panic in the ESME");
    }
}

async fn run(
    mut stream: TcpStream,
    request: BindRequest,
    mut app: impl FnMut(&ShortMessage) -> Reaction,
    mut inbox: mpsc::UnboundedReceiver<ShortMessage>,
    said: mpsc::UnboundedSender<Said>,
    bound: mpsc::UnboundedSender<Result<(), CommandStatus>>,
) {
    let clock = SystemClock::new();
    let now = || Instant::from_micros(clock.monotonic().as_micros() as u64);
    let mut link = Link::new(LinkConfig::new(Role::Esme), now());
    link.bind(now(), &request).expect("a fresh link binds");
    let (mut buffer, mut out) = (vec![0; 4096], Vec::new());
    loop {
        while let Some(event) = link.poll_event() {
            match event {
                Event::Bound { .. } => {
                    let _ = bound.send(Ok(()));
                }
                Event::BindRefused { status } => {
                    let _ = bound.send(Err(status));
                }
                Event::Request { sequence_number, message, .. } => {
                    let (status, replies, first) = match app(&message) {
                        Reaction::Answer(status, replies) => (status, replies, false),
                        Reaction::ReplyFirst(replies) => (CommandStatus::ROK, replies, true),
                        Reaction::Silence => continue,
                    };
                    if !first {
                        link.respond(now(), sequence_number, status, None).expect("it waits for an answer");
                    }
                    for reply in replies {
                        link.submit(now(), MessageKind::SubmitSm, &reply, 0).expect("the window has room");
                    }
                    if first {
                        link.respond(now(), sequence_number, status, None).expect("it waits for an answer");
                    }
                }
                Event::Response { status, message_id, .. } => {
                    let id = message_id.and_then(|id| id.as_str().map(str::to_owned));
                    let _ = said.send(Said { status, id });
                }
                Event::BindRequest(_)
                | Event::Outbind(_)
                | Event::Ancillary { .. }
                | Event::QueryResponse { .. }
                | Event::AlertNotification { .. }
                | Event::LateResponse { .. }
                | Event::Nacked { .. }
                | Event::InDoubt { .. }
                | Event::Unsent { .. }
                | Event::PeerUnbind
                | Event::Closed { .. } => {}
            }
        }
        if link.take_output(&mut out) {
            if stream.write_all(&out).await.is_err() {
                return;
            }
            out.clear();
        }
        if link.is_closed() {
            return;
        }
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(n) if n > 0 => link.handle_bytes(now(), &buffer[..n]),
                Ok(_) | Err(_) => return,
            },
            Some(message) = inbox.recv() => link.submit(now(), MessageKind::SubmitSm, &message, 1).expect("room"),
        }
    }
}

pub fn read(message: &ShortMessage) -> UssdInbound {
    Dialect::specification().read(message).expect("a turn of the dialect")
}

/// The screen that answers a turn.
pub fn screen(message: &ShortMessage, text: &str, ends: bool) -> ShortMessage {
    let turn = read(message);
    let reply = UssdReply {
        to: turn.from,
        from: turn.to,
        session: turn.session,
        text,
        alphabet: best_alphabet(text),
        language: *b"az",
        ends,
    };
    Dialect::specification().write(&reply).expect("a screen of the dialect")
}

/// Answers every turn with what was typed, and ends the session at `0`.
pub fn echo(message: &ShortMessage) -> Reaction {
    let turn = read(message);
    match turn.event {
        UssdEvent::Begin | UssdEvent::Continue => {
            let typed = turn.text.unwrap_or_else(|error| error.to_string());
            let reply = screen(message, &format!("Yazdınız: {typed}"), typed == "0");
            Reaction::Answer(CommandStatus::ROK, vec![reply])
        }
        UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => Reaction::Answer(CommandStatus::ROK, Vec::new()),
    }
}
