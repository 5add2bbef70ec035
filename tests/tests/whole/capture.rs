//! What passed on the wire of a simulated operator, for foreign dissectors.

use crate::proxy::{Passed, Sender};
use crate::wire::assert_smpp;
use dayaq_simulator::{Direction, Smsc, TappedPdu};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// Everything that passes from its beginning on; the ESME is the capture's service.
pub struct Capture(Receiver<TappedPdu>);

impl Capture {
    /// Begins to listen.
    pub fn of(smsc: &Smsc) -> Self {
        Self(smsc.tap())
    }

    /// What has passed so far, which tshark must take for SMPP without a fault.
    pub fn dissect(self) -> Vec<Passed> {
        let passed = self.passed();
        assert_smpp(&passed);
        passed
    }

    /// What has passed so far.
    pub fn passed(mut self) -> Vec<Passed> {
        let mut tapped = Vec::new();
        loop {
            match self.0.try_recv() {
                Ok(pdu) => tapped.push(pdu),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
                Err(TryRecvError::Lagged(lost)) => panic!("{lost} PDUs were not listened to"),
            }
        }
        let start = tapped.first().expect("something passed").at;
        tapped
            .iter()
            .map(|pdu| Passed {
                at: pdu.at.duration_since(start).try_into().unwrap_or_default(),
                connection: usize::try_from(pdu.link).expect("few links"),
                sender: match pdu.direction {
                    Direction::Received => Sender::Us,
                    Direction::Sent => Sender::Smsc,
                },
                octets: pdu.octets.to_vec(),
            })
            .collect()
    }
}
