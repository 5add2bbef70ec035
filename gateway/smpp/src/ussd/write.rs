use dayaq_text::{Alphabet, Budget, encode, gsm7};

use super::dialect::{Dialect, TonNpi};
use super::read::fresh_session;
use super::session;
use super::{UssdEvent, UssdReply, UssdTurn, UssdWriteError};
use crate::message::{Address, DeliverSm, ShortMessage, SubmitSm};
use crate::octets::Octets;
use crate::tlv::{Tag, TlvBuf};

impl Dialect {
    /// Writes one screen. A text beyond one screen is refused, never cut.
    pub fn write(&self, reply: &UssdReply<'_>) -> Result<SubmitSm, UssdWriteError> {
        let mut message = self.message(reply.from, reply.to, reply.text, reply.alphabet)?;
        message.source = self.source.map_or(message.source, |it| with(message.source, it));
        message.destination = self.destination.map_or(message.destination, |it| with(message.destination, it));
        let ends_by_op = reply.ends && self.end_signal.by_op();
        let op = if ends_by_op { self.outbound_ops.end } else { self.outbound_ops.proceed };
        if let Some(op) = op {
            message.tlvs.push_u8(Tag::USSD_SERVICE_OP, op);
        }
        if let (Some(tag), false) = (self.session.source.tag(), reply.session.as_bytes().is_empty()) {
            let ends_by_bit = reply.ends && self.end_signal.by_bit();
            message.tlvs.push(tag, &self.answer_session(reply.session.as_bytes(), ends_by_bit))?;
        }
        Ok(message)
    }

    /// Writes one turn of a phone, on the SMSC's side.
    ///
    /// An event for which the dialect has no op is said by the end bit, with the op of a continue.
    pub fn write_turn(&self, turn: &UssdTurn<'_>) -> Result<DeliverSm, UssdWriteError> {
        let mut message = self.message(turn.from, turn.to, turn.text, turn.alphabet)?;
        let op_of = |event| self.inbound_ops.iter().find(|known| known.event == event).map(|known| known.op);
        let own = op_of(turn.event);
        if let Some(op) = own.or_else(|| op_of(UssdEvent::Continue)) {
            message.tlvs.push_u8(Tag::USSD_SERVICE_OP, op);
        }
        if let Some(tag) = self.session.source.tag() {
            let used = self.session.sequence_mask | self.session.end_mask;
            let octets = fresh_session(2.max((64 - used.leading_zeros() as usize).div_ceil(8)));
            let width_mask = if octets.len() >= 8 { u64::MAX } else { (1 << (8 * octets.len())) - 1 };
            let mut value = session::write(&octets, width_mask & !used, turn.session);
            value = session::write(&value, self.session.sequence_mask, turn.sequence);
            if own.is_none() && matches!(turn.event, UssdEvent::Abort | UssdEvent::Timeout) {
                value = session::set(&value, self.session.end_mask);
            }
            message.tlvs.push(tag, &value)?;
        }
        Ok(message)
    }

    fn answer_session(&self, came: &[u8], ends: bool) -> Octets<16> {
        let rule = &self.session;
        let mut value = session::clear(came, rule.end_mask);
        if let Some(sequence) = session::read(came, rule.sequence_mask) {
            value = session::write(&value, rule.sequence_mask, sequence.wrapping_add(rule.sequence_step));
        }
        if ends { session::set(&value, rule.end_mask) } else { value }
    }

    fn message(
        &self,
        source: Address,
        destination: Address,
        text: &str,
        alphabet: Alphabet,
    ) -> Result<ShortMessage, UssdWriteError> {
        let data_coding = self.data_codings.data_coding(alphabet).ok_or(UssdWriteError::NoDataCoding(alphabet))?;
        let budget = Budget::ussd(alphabet);
        let units = dayaq_text::measure(text, alphabet)?.units;
        if units > budget.units {
            return Err(UssdWriteError::TooLong { units, max: budget.units });
        }
        let mut octets = encode(text, alphabet)?;
        if self.packed && alphabet == Alphabet::Gsm7 {
            octets = gsm7::pack(&octets);
        }
        Ok(ShortMessage {
            service_type: Octets::new(&self.service_type)?,
            source,
            destination,
            data_coding,
            short_message: octets,
            tlvs: TlvBuf::new(),
            ..ShortMessage::default()
        })
    }
}

fn with(address: Address, it: TonNpi) -> Address {
    Address { ton: it.ton, npi: it.npi, ..address }
}
