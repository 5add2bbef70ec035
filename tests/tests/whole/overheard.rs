//! What passes between an operator and the program, in its order.

use crate::stage::Stage;
use dayaq_simulator::Direction;
use dayaq_smpp::{CommandId, Header};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio_util::task::AbortOnDropHandle;

/// Everything from now on.
pub struct Overheard {
    passed: Arc<Mutex<Vec<(Direction, Header)>>>,
    _listening: AbortOnDropHandle<()>,
}

impl Overheard {
    /// Begins to listen at the stage's operator.
    pub fn at(stage: &Stage) -> Self {
        let (mut tap, passed) = (stage.smsc.tap(), Arc::<Mutex<Vec<_>>>::default());
        let listening = tokio::spawn({
            let passed = Arc::clone(&passed);
            async move {
                while let Ok(pdu) = tap.recv().await {
                    let header = Header::read(&pdu.octets).expect("a header");
                    passed.lock().expect("no reader panics").push((pdu.direction, header));
                }
            }
        });
        Self { passed, _listening: AbortOnDropHandle::new(listening) }
    }

    /// The texts and screens that the operator has and has not answered.
    pub fn unanswered(&self) -> BTreeSet<u32> {
        let mut open = BTreeSet::new();
        for (direction, header) in &*self.passed.lock().expect("no reader panics") {
            match (direction, header.command_id) {
                (Direction::Received, CommandId::SUBMIT_SM) => _ = open.insert(header.sequence_number),
                (Direction::Sent, id) if id == CommandId::SUBMIT_SM.response() => {
                    open.remove(&header.sequence_number);
                }
                (Direction::Received | Direction::Sent, _) => {}
            }
        }
        open
    }

    /// The commands that the operator has had from the program, in their order.
    pub fn received(&self) -> Vec<CommandId> {
        let passed = self.passed.lock().expect("no reader panics");
        let received = passed.iter().filter(|(direction, _)| *direction == Direction::Received);
        received.map(|(_, header)| header.command_id).collect()
    }

    /// The program has gone in order: one unbind, and nothing of its own behind it.
    pub fn ends_with_an_unbind(&self) {
        let received = self.received();
        let at = received.iter().position(|command| *command == CommandId::UNBIND).expect("it unbinds");
        assert_eq!(received[at..], [CommandId::UNBIND], "the last that the operator has of it");
    }
}
