//! The wire tap: every PDU, as octets, with its direction and time.

use dayaq_smpp::split_frame;
use dayaq_types::Clock;
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::broadcast;

/// PDUs that a slow listener may lag behind before it loses some.
const LAG_MAX: usize = 4096;

/// Which way a PDU went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the ESME.
    Received,
    /// To the ESME.
    Sent,
}

/// One PDU on the wire. It holds what subscribers wrote: it is for synthetic data.
#[derive(Clone)]
pub struct TappedPdu {
    /// When, by the operator's clock.
    pub at: Timestamp,
    /// On which connection, counted from 1.
    pub link: u64,
    /// Which way.
    pub direction: Direction,
    /// The whole PDU with its header; where the stream cannot be followed any more, the octets as they came.
    pub octets: Arc<[u8]>,
}

/// Where links tell of their PDUs.
pub(crate) struct Tap {
    clock: Arc<dyn Clock>,
    listeners: broadcast::Sender<TappedPdu>,
}

impl Tap {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, listeners: broadcast::Sender::new(LAG_MAX) }
    }

    pub fn listen(&self) -> broadcast::Receiver<TappedPdu> {
        self.listeners.subscribe()
    }

    fn tell(&self, link: u64, direction: Direction, octets: &[u8]) {
        if self.listeners.receiver_count() == 0 {
            return;
        }
        // The last listener may leave at this moment.
        let _ = self.listeners.send(TappedPdu { at: self.clock.now(), link, direction, octets: octets.into() });
    }
}

/// One direction of one link: cuts the stream into PDUs again.
pub(crate) struct TapStream {
    link: u64,
    direction: Direction,
    max_pdu_len: usize,
    partial: Vec<u8>,
}

impl TapStream {
    pub fn new(link: u64, direction: Direction, max_pdu_len: usize) -> Self {
        Self { link, direction, max_pdu_len, partial: Vec::new() }
    }

    pub fn pass(&mut self, tap: &Tap, octets: &[u8]) {
        self.partial.extend_from_slice(octets);
        let mut used = 0;
        loop {
            match split_frame(&self.partial[used..], self.max_pdu_len) {
                Ok(Some(frame)) => {
                    tap.tell(self.link, self.direction, frame);
                    used += frame.len();
                }
                Ok(None) => break,
                Err(_) => {
                    tap.tell(self.link, self.direction, &self.partial[used..]);
                    used = self.partial.len();
                    break;
                }
            }
        }
        self.partial.drain(..used);
    }
}
