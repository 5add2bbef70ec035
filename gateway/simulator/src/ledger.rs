//! What became of messages: what query_sm asks for.

use dayaq_smpp::Address;
use dayaq_smpp::receipt::MessageState;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Messages that an operator remembers; the oldest go first.
const ENTRIES_MAX: usize = 10_000;

/// Messages by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Ledger(BTreeMap<u64, Entry>);

/// One message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub source: Address,
    pub destination: Address,
    pub account: usize,
    pub registered_delivery: u8,
    pub state: MessageState,
    /// When it reached its final state.
    pub done: Option<Timestamp>,
}

impl Ledger {
    pub fn add(&mut self, number: u64, entry: Entry) {
        if self.0.len() >= ENTRIES_MAX {
            self.0.pop_first();
        }
        self.0.insert(number, entry);
    }

    pub fn get(&mut self, number: u64) -> Option<&mut Entry> {
        self.0.get_mut(&number)
    }
}
