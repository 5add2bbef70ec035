//! One connection: moves octets and time between a socket and the link, and tells of every PDU as it was on the wire.

use dayaq_gateway::link::{Wire, broken};
use dayaq_smpp::{
    BindRequest, CommandStatus, Event, Instant, Link, LinkConfig, MessageKind, ShortMessage, split_frame,
};
use dayaq_types::Clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Octets read at once.
const READ_OCTETS: usize = 16 * 1024;
/// How long to sleep where nothing at all is due.
const IDLE: Duration = Duration::from_secs(3600);

/// One PDU on the wire.
#[derive(Clone)]
pub(super) struct Frame {
    /// When, by the probe's clock.
    pub at: Instant,
    /// Whether it went out.
    pub sent: bool,
    /// The whole of it; where the stream cannot be followed any more, the octets as they came.
    pub octets: Arc<[u8]>,
}

/// What happened on a connection, in order.
pub(super) enum Happening {
    /// A PDU went out or came in. What it means to the link follows.
    Frame(Frame),
    /// The submit_sm of that token went out, or why it did not.
    Submitted(u64, Result<Frame, String>),
    /// Something happened to the link.
    Event(Event),
    /// A response came to nothing that the link asked.
    Unmatched,
    /// The connection is over.
    Gone(String),
}

/// What the probe wants said.
enum Say {
    Bind(Box<BindRequest>),
    Submit(u64, Box<ShortMessage>),
    Respond(u32, CommandStatus),
    /// A PDU that the link knows nothing of.
    Raw(Vec<u8>),
    Unbind,
}

/// A connection's place among those of a session: its number goes with whatever it tells.
pub(super) type Told = (usize, Happening);

/// The end of a connection that the probe holds; dropped, it cuts the connection.
pub(super) struct Line {
    say: mpsc::UnboundedSender<Say>,
    task: JoinHandle<()>,
}

impl Line {
    /// Begins on a connection that has just come up.
    pub fn begin(
        number: usize,
        wire: Box<dyn Wire>,
        config: LinkConfig,
        clock: Arc<dyn Clock>,
        told: mpsc::UnboundedSender<Told>,
    ) -> Self {
        let (say, said) = mpsc::unbounded_channel();
        let now = instant(&*clock);
        let max_pdu_len = config.max_pdu_len;
        let driver = Driver {
            number,
            link: Link::new(config, now),
            max_pdu_len,
            clock,
            told,
            partial: Vec::new(),
            output: Vec::new(),
        };
        Self { say, task: tokio::spawn(driver.run(wire, said)) }
    }

    pub fn bind(&self, request: BindRequest) {
        self.order(Say::Bind(Box::new(request)));
    }

    pub fn submit(&self, token: u64, message: ShortMessage) {
        self.order(Say::Submit(token, Box::new(message)));
    }

    pub fn respond(&self, sequence_number: u32, status: CommandStatus) {
        self.order(Say::Respond(sequence_number, status));
    }

    pub fn raw(&self, octets: Vec<u8>) {
        self.order(Say::Raw(octets));
    }

    pub fn unbind(&self) {
        self.order(Say::Unbind);
    }

    fn order(&self, say: Say) {
        // Of a connection that is over, `Happening::Gone` tells.
        let _ = self.say.send(say);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The probe's moment.
pub(super) fn instant(clock: &dyn Clock) -> Instant {
    Instant::from_micros(u64::try_from(clock.monotonic().as_micros()).unwrap_or(u64::MAX))
}

struct Driver {
    number: usize,
    link: Link,
    max_pdu_len: usize,
    clock: Arc<dyn Clock>,
    told: mpsc::UnboundedSender<Told>,
    /// What came in and is no whole PDU yet.
    partial: Vec<u8>,
    /// What is still to be written.
    output: Vec<u8>,
}

impl Driver {
    async fn run(mut self, wire: Box<dyn Wire>, mut said: mpsc::UnboundedReceiver<Say>) {
        let (mut reader, mut writer) = tokio::io::split(wire);
        let mut buffer = vec![0; READ_OCTETS];
        let why = loop {
            self.take_output();
            self.tell_events();
            if self.output.is_empty() && self.link.is_closed() {
                break None;
            }
            let sleep = self.link.poll_timeout().map_or(IDLE, |at| at.saturating_since(self.now()));
            tokio::select! {
                read = reader.read(&mut buffer) => match read {
                    Ok(0) => break Some("the SMSC closed the connection".to_owned()),
                    Ok(count) => self.take(&buffer[..count]),
                    Err(cause) => break Some(format!("the connection broke: {}", broken(&cause))),
                },
                written = write(&mut writer, &self.output), if !self.output.is_empty() => match written {
                    Ok(count) => {
                        self.output.drain(..count);
                    }
                    Err(cause) => break Some(format!("the connection broke: {}", broken(&cause))),
                },
                say = said.recv() => match say {
                    Some(say) => self.say(say),
                    None => return,
                },
                () = tokio::time::sleep(sleep) => {
                    let now = self.now();
                    self.link.handle_timeout(now);
                }
            }
        };
        let now = self.now();
        self.link.handle_closed(now);
        let mut reason = None;
        while let Some(event) = self.link.poll_event() {
            if let Event::Closed { reason: closed } = event {
                reason = Some(closed.to_string());
            }
            self.tell(Happening::Event(event));
        }
        // Whoever does not read any more has closed already.
        let _ = writer.shutdown().await;
        self.tell(Happening::Gone(why.or(reason).unwrap_or_else(|| "the link ended".to_owned())));
    }

    fn now(&self) -> Instant {
        instant(&*self.clock)
    }

    fn tell(&self, happening: Happening) {
        // The probe may be over.
        let _ = self.told.send((self.number, happening));
    }

    /// Hands octets that came in to the link, one PDU at a time.
    fn take(&mut self, octets: &[u8]) {
        self.partial.extend_from_slice(octets);
        loop {
            let partial = std::mem::take(&mut self.partial);
            let frame = match split_frame(&partial, self.max_pdu_len) {
                Ok(None) => {
                    self.partial = partial;
                    return;
                }
                Ok(Some(frame)) => frame,
                // The link says what is wrong with it.
                Err(_) => &partial[..],
            };
            let now = self.now();
            self.tell(Happening::Frame(Frame { at: now, sent: false, octets: frame.into() }));
            let before = self.link.counters().unknown_responses;
            self.link.handle_bytes(now, frame);
            if self.link.counters().unknown_responses > before {
                self.tell(Happening::Unmatched);
            }
            self.tell_events();
            self.partial = partial[frame.len()..].to_vec();
            if self.link.is_closed() {
                return;
            }
        }
    }

    fn tell_events(&mut self) {
        while let Some(event) = self.link.poll_event() {
            self.tell(Happening::Event(event));
        }
    }

    fn say(&mut self, say: Say) {
        let now = self.now();
        match say {
            // A link that is over has told so.
            Say::Bind(request) => drop(self.link.bind(now, &request)),
            Say::Respond(sequence_number, status) => drop(self.link.respond(now, sequence_number, status, None)),
            Say::Unbind => {
                if self.link.unbind(now).is_err() {
                    self.link.handle_closed(now);
                }
            }
            Say::Raw(octets) => {
                self.take_output();
                self.tell(Happening::Frame(Frame { at: now, sent: true, octets: octets.as_slice().into() }));
                self.output.extend_from_slice(&octets);
            }
            Say::Submit(token, message) => {
                self.take_output();
                let taken = self.link.submit(now, MessageKind::SubmitSm, &message, token);
                let frame = taken.map_err(|cause| cause.to_string()).map(|()| {
                    let frames = self.take_output();
                    frames.into_iter().next_back().unwrap_or(Frame { at: now, sent: true, octets: Arc::from([]) })
                });
                self.tell(Happening::Submitted(token, frame));
            }
        }
    }

    /// Takes what the link wants to say, and tells of it.
    fn take_output(&mut self) -> Vec<Frame> {
        let mut fresh = Vec::new();
        let mut frames = Vec::new();
        if self.link.take_output(&mut fresh) {
            let mut rest = &fresh[..];
            while let Ok(Some(octets)) = split_frame(rest, usize::MAX) {
                rest = &rest[octets.len()..];
                frames.push(Frame { at: self.now(), sent: true, octets: octets.into() });
            }
            self.output.append(&mut fresh);
        }
        for frame in &frames {
            self.tell(Happening::Frame(frame.clone()));
        }
        frames
    }
}

async fn write<W: AsyncWriteExt + Unpin>(writer: &mut W, octets: &[u8]) -> std::io::Result<usize> {
    let count = writer.write(octets).await?;
    writer.flush().await?;
    Ok(count)
}
