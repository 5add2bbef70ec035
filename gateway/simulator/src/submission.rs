//! What an ESME hands in: texts and screens for phones, and what it asks about them afterwards.

use crate::delivery::{Delivery, Purpose, Recipient};
use crate::exchange::{Exchange, State};
use crate::fault::{Deed, Occasion};
use crate::inbox::Inbox;
use crate::ledger::Entry;
use crate::receipt::Outcome;
use crate::time;
use dayaq_smpp::receipt::MessageState;
use dayaq_smpp::{Address, Ancillary, CommandStatus, Instant, MessageId, Octets, QueryOutcome, ShortMessage};
use dayaq_types::Msisdn;
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use std::sync::MutexGuard;
use std::time::Duration;

/// Phones that the network knows; a further one is answered as a full queue.
const PHONES_MAX: usize = 1_000_000;
/// `registered_delivery`: which outcomes are to be told (SMPP 3.4 §5.2.17).
const OUTCOMES: u8 = 0x03;
const EVERY_OUTCOME: u8 = 0x01;
const FAILURE_ONLY: u8 = 0x02;

/// A text that waits until its phone can be reached.
pub(crate) struct Held {
    pub number: u64,
    pub phone: Msisdn,
    pub message: ShortMessage,
    pub due: Instant,
    /// When its validity ends.
    pub expires: Option<Instant>,
}

/// When a text goes to its phone, and how long it may wait there.
struct Times {
    wait: Duration,
    validity: Option<Duration>,
}

impl Held {
    fn is_ready(&self, state: &State, now: Instant) -> bool {
        self.expires.is_some_and(|at| at <= now) || self.due <= now && state.is_on(self.phone)
    }
}

/// A message that was taken.
pub(crate) struct Accepted {
    /// Its name for the response.
    pub id: String,
    /// What is to be told of it, where that is known already.
    pub receipt: Option<Delivery>,
}

impl Exchange {
    /// Takes a message from an ESME.
    pub fn accept(&self, account: usize, message: &ShortMessage) -> Result<Accepted, CommandStatus> {
        let digits = message.destination.digits.as_str().unwrap_or_default();
        let phone = Msisdn::parse(digits).map_err(|_| CommandStatus::RINVDSTADR)?;
        let times = self.times(message)?;
        let mut state = self.state();
        if state.phones.len() >= PHONES_MAX && !state.phones.contains_key(&phone) {
            return Err(CommandStatus::RMSGQFUL);
        }
        let mut notified = None;
        let held = if self.config.dialect.concerns(message) {
            match state.radio(phone).is_some() {
                true => state.show(phone, message, &self.config.dialect)?,
                false => notified = state.push(phone, message, &self.config.dialect)?,
            }
            false
        } else {
            self.take_text(&mut state, phone, message, &times)?
        };
        state.messages += 1;
        let number = state.messages;
        let entry = Entry {
            source: message.source,
            destination: message.destination,
            account,
            registered_delivery: message.registered_delivery,
            state: MessageState::Enroute,
            done: None,
        };
        state.ledger.add(number, entry);
        let receipt = if held {
            let now = self.now();
            let (due, expires) = (now + times.wait, times.validity.map(|validity| now + validity));
            state.held.push_back(Held { number, phone, message: message.clone(), due, expires });
            None
        } else {
            self.conclude(&mut state, number, phone, MessageState::Delivered)
        };
        drop(state);
        self.news.notify_waiters();
        if let Some(notified) = notified {
            self.confirm(phone, notified);
        }
        if held {
            self.held.notify_one();
        }
        Ok(Accepted { id: self.config.receipts.response_id.write(number), receipt })
    }

    fn times(&self, message: &ShortMessage) -> Result<Times, CommandStatus> {
        let now = self.config.clock.now();
        let schedule = time::until(&message.schedule_delivery_time, now).map_err(|_| CommandStatus::RINVSCHED)?;
        let validity = time::until(&message.validity_period, now).map_err(|_| CommandStatus::RINVEXPIRY)?;
        Ok(Times { wait: self.config.delivery_delay + schedule.unwrap_or_default(), validity })
    }

    /// Puts a text into its phone's inbox, or tells that it has to wait.
    fn take_text(
        &self,
        state: &mut State,
        phone: Msisdn,
        message: &ShortMessage,
        times: &Times,
    ) -> Result<bool, CommandStatus> {
        let codings = &self.config.dialect.data_codings;
        let waiting = state.held.iter().filter(|held| held.phone == phone).count();
        let off = state.phones.get(&phone).is_some_and(|phone| phone.off);
        if !off && waiting == 0 && times.wait.is_zero() {
            state.phones.entry(phone).or_default().inbox.take(message, codings)?;
            return Ok(false);
        }
        if waiting >= self.config.queue_max {
            return Err(CommandStatus::RMSGQFUL);
        }
        // What no phone could show is refused at once.
        Inbox::default().take(message, codings)?;
        Ok(true)
    }

    /// Delivers the texts that are due to phones that can be reached, and gives up those whose validity has ended.
    pub fn deliver_held(&self, now: Instant) {
        let mut state = self.state();
        let mut receipts = Vec::new();
        while let Some(at) = state.held.iter().position(|held| held.is_ready(&state, now)) {
            let Some(held) = state.held.remove(at) else { break };
            let inbox = &mut state.phones.entry(held.phone).or_default().inbox;
            let outcome = match held.expires {
                Some(expires) if expires <= now => MessageState::Expired,
                _ if inbox.take(&held.message, &self.config.dialect.data_codings).is_ok() => MessageState::Delivered,
                _ => MessageState::Undeliverable,
            };
            receipts.extend(self.conclude(&mut state, held.number, held.phone, outcome));
        }
        drop(state);
        for receipt in receipts {
            self.send_receipt(receipt);
        }
        self.news.notify_waiters();
    }

    /// When the next of them is due, or at its end.
    pub fn next_held(&self) -> Option<Instant> {
        let state = self.state();
        let due = |held: &Held| state.is_on(held.phone).then_some(held.due);
        state.held.iter().flat_map(|held| [due(held), held.expires]).flatten().min()
    }

    /// Switches a phone off, or on again.
    pub fn switch(&self, phone: Msisdn, on: bool) {
        self.state().phones.entry(phone).or_default().off = !on;
        self.held.notify_one();
    }

    /// Answers cancel_sm and replace_sm.
    pub fn change(&self, account: usize, request: &Ancillary) -> Result<(), CommandStatus> {
        let mut state = self.state();
        match request {
            Ancillary::Query { .. } => Err(CommandStatus::RQUERYFAIL),
            Ancillary::Cancel { message_id, source, destination, .. } => {
                let wanted = match message_id.is_empty() {
                    true => None,
                    false => Some(self.find(&mut state, account, message_id, source)?),
                };
                let mut cancelled = Vec::new();
                state.held.retain(|held| {
                    let between = held.message.source == *source && held.message.destination == *destination;
                    let hit = wanted.map_or(between, |number| held.number == number);
                    if hit {
                        cancelled.push((held.number, held.phone));
                    }
                    !hit
                });
                if cancelled.is_empty() {
                    return Err(CommandStatus::RCANCELFAIL);
                }
                let tell = |(number, phone)| self.conclude(&mut state, number, phone, MessageState::Deleted);
                let receipts: Vec<Delivery> = cancelled.into_iter().filter_map(tell).collect();
                drop(state);
                receipts.into_iter().for_each(|receipt| self.send_receipt(receipt));
                Ok(())
            }
            Ancillary::Replace { message_id, source, registered_delivery, short_message, .. } => {
                let number = self.find(&mut state, account, message_id, source)?;
                let held = state.held.iter_mut().find(|held| held.number == number);
                let held = held.ok_or(CommandStatus::RREPLACEFAIL)?;
                let message = ShortMessage { short_message: short_message.clone(), ..held.message.clone() };
                Inbox::default().take(&message, &self.config.dialect.data_codings)?;
                held.message = message;
                if let Some(entry) = state.ledger.get(number) {
                    entry.registered_delivery = *registered_delivery;
                }
                Ok(())
            }
        }
    }

    /// Answers query_sm.
    pub fn query(
        &self,
        account: usize,
        message_id: &MessageId,
        source: &Address,
    ) -> Result<QueryOutcome, CommandStatus> {
        let mut state = self.state();
        let number = self.find(&mut state, account, message_id, source)?;
        let entry = state.ledger.get(number).ok_or(CommandStatus::RINVMSGID)?;
        let final_date = entry.done.and_then(|done| Octets::new(absolute(done)).ok()).unwrap_or_default();
        let error_code = u8::from(entry.state == MessageState::Undeliverable);
        Ok(QueryOutcome { final_date, message_state: entry.state, error_code })
    }

    /// The number of a message that this account sent from that address.
    fn find(
        &self,
        state: &mut MutexGuard<'_, State>,
        account: usize,
        id: &MessageId,
        source: &Address,
    ) -> Result<u64, CommandStatus> {
        let rule = &self.config.receipts;
        let read = |id: &str| rule.response_id.read(id).or_else(|| rule.receipt_id.read(id));
        let number = id.as_str().and_then(read).ok_or(CommandStatus::RINVMSGID)?;
        let entry = state.ledger.get(number).filter(|entry| entry.account == account);
        let entry = entry.ok_or(CommandStatus::RINVMSGID)?;
        match entry.source.digits == source.digits {
            true => Ok(number),
            false => Err(CommandStatus::RINVSRCADR),
        }
    }

    /// Notes what became of a message, and writes the receipt that was asked for.
    fn conclude(&self, state: &mut State, number: u64, phone: Msisdn, outcome: MessageState) -> Option<Delivery> {
        let now = self.config.clock.now();
        let entry = state.ledger.get(number)?;
        (entry.state, entry.done) = (outcome, Some(now));
        let entry = *entry;
        let mut told = outcome;
        match self.strike(Occasion::Receipt(&phone.digits()), 0) {
            Some(Deed::LoseReceipt) => return None,
            Some(Deed::Receipt(state)) => told = state,
            _ => {}
        }
        let wanted = match entry.registered_delivery & OUTCOMES {
            EVERY_OUTCOME => true,
            FAILURE_ONLY => told != MessageState::Delivered,
            _ => false,
        };
        if !wanted {
            return None;
        }
        let Entry { source, destination, .. } = entry;
        let receipt = self.config.receipts.write(&Outcome { number, source, destination, state: told, at: now });
        Some(Delivery::new(phone, Recipient::Account(entry.account), receipt, Purpose::Always, None))
    }
}

/// An absolute time (SMPP 3.4 §7.1.1), in Baku: sixteen quarters of an hour ahead of UTC.
fn absolute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(4))).strftime("%y%m%d%H%M%S016+").to_string()
}
