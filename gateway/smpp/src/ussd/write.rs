use dayaq_text::{Alphabet, encode, gsm7};

use super::dial::DialString;
use super::dialect::{CodeIn, Dial, Dialect, SessionRule, TonNpi};
use super::session;
use super::{Push, SessionInfo, UssdEvent, UssdInbound, UssdReply, UssdTurn, UssdWriteError};
use crate::message::{Address, DeliverSm, ShortMessage, SubmitSm};
use crate::octets::Octets;
use crate::tlv::{Tag, TlvBuf};

impl Dialect {
    /// Writes one screen. A text beyond one screen is refused, never cut.
    pub fn write(&self, reply: &UssdReply<'_>) -> Result<SubmitSm, UssdWriteError> {
        let mut message = self.outbound(reply.from, reply.to, reply.text, reply.alphabet, reply.language)?;
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

    /// Begins a session with a phone that has not dialled: what its own begin would have been, for the first screen and
    /// for its answer. Of the number as many bits count as the session value has.
    pub fn begin_push(&self, phone: Address, service: Address, number: u64) -> UssdInbound {
        let named = self.session.source.tag().is_some();
        let session = if named { SessionInfo(self.fresh_session(number, 0)) } else { SessionInfo::default() };
        UssdInbound {
            event: UssdEvent::Begin,
            key: self.key(&session),
            sequence: session::read(session.as_bytes(), self.session.sequence_mask),
            session,
            from: phone,
            to: service,
            code: service.digits.as_str().unwrap_or_default().to_owned(),
            text: Ok(String::new()),
        }
    }

    /// Writes the first screen for such a phone: one that ends is shown and closes by itself, any other is a menu.
    pub fn write_push(&self, screen: &UssdReply<'_>) -> Result<SubmitSm, UssdWriteError> {
        let (kind, op) = match screen.ends {
            true => (Push::Notify, self.push.notify),
            false => (Push::Menu, self.push.menu),
        };
        let op = op.ok_or(UssdWriteError::NoPush(kind))?;
        let mut message = self.outbound(screen.from, screen.to, screen.text, screen.alphabet, screen.language)?;
        message.tlvs.push_u8(Tag::USSD_SERVICE_OP, op);
        if let (Some(tag), false) = (self.session.source.tag(), screen.session.as_bytes().is_empty()) {
            message.tlvs.push(tag, screen.session.as_bytes())?;
        }
        Ok(message)
    }

    /// Writes one turn of a phone, on the SMSC's side.
    ///
    /// An event for which the dialect has no op is said by the end bit, with the op of a continue.
    pub fn write_turn(&self, turn: &UssdTurn<'_>) -> Result<DeliverSm, UssdWriteError> {
        let text = match turn.event {
            UssdEvent::Begin => self.dialled_text(turn.text),
            UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => turn.text,
        };
        let to = if self.code_in == CodeIn::Text { Address::default() } else { turn.to };
        let mut message = self.message(turn.from, to, text, turn.alphabet, *b"az")?;
        let op_of = |event| self.inbound_ops.iter().find(|known| known.event == event).map(|known| known.op);
        let own = op_of(turn.event);
        if let Some(op) = own.or_else(|| op_of(UssdEvent::Continue)) {
            message.tlvs.push_u8(Tag::USSD_SERVICE_OP, op);
        }
        if let Some(tag) = self.session.source.tag() {
            let mut value = self.fresh_session(turn.session, turn.sequence);
            if own.is_none() && matches!(turn.event, UssdEvent::Abort | UssdEvent::Timeout) {
                value = session::set(&value, self.session.end_mask);
            }
            message.tlvs.push(tag, &value)?;
        }
        Ok(message)
    }

    /// What a begin of this operator says of what was dialled.
    fn dialled_text<'t>(&self, dialled: &'t str) -> &'t str {
        match (self.dial, DialString::parse(dialled)) {
            (Dial::Split, Some(parts)) if self.code_in == CodeIn::Destination => parts.rest,
            (Dial::Whole | Dial::Split, _) => dialled,
        }
    }

    /// A session value of two octets, or of as many as the rule's bits need.
    fn fresh_session(&self, number: u64, sequence: u64) -> Octets<16> {
        let SessionRule { sequence_mask, end_mask, sequence_advance, changes, .. } = self.session;
        let used = sequence_mask | end_mask;
        let octets = session::zeros(2.max((64 - used.leading_zeros() as usize).div_ceil(8)));
        let width_mask = if octets.len() >= 8 { u64::MAX } else { (1 << (8 * octets.len())) - 1 };
        // Where the value is another one in each turn, any will do that is: the octet below the number counts.
        let number = if changes { number << 8 | sequence & 0xFF } else { number };
        let value = session::write(&octets, width_mask & !used, number);
        session::write(&value, sequence_mask, sequence.wrapping_mul(sequence_advance.max(1)))
    }

    pub(super) fn answer_session(&self, came: &[u8], ends: bool) -> Octets<16> {
        let rule = &self.session;
        let mut value = session::clear(came, rule.end_mask);
        if let Some(sequence) = session::read(came, rule.sequence_mask) {
            value = session::write(&value, rule.sequence_mask, sequence.wrapping_add(rule.sequence_step));
        }
        if ends { session::set(&value, rule.end_mask) } else { value }
    }

    /// A message from us, with the addresses as this operator wants them.
    fn outbound(
        &self,
        from: Address,
        to: Address,
        text: &str,
        alphabet: Alphabet,
        language: [u8; 2],
    ) -> Result<ShortMessage, UssdWriteError> {
        let mut message = self.message(from, to, text, alphabet, language)?;
        if !self.source_address.is_empty() {
            message.source.digits = Octets::new(&self.source_address)?;
        }
        message.source = self.source.map_or(message.source, |it| with(message.source, it));
        message.destination = self.destination.map_or(message.destination, |it| with(message.destination, it));
        Ok(message)
    }

    fn message(
        &self,
        source: Address,
        destination: Address,
        text: &str,
        alphabet: Alphabet,
        language: [u8; 2],
    ) -> Result<ShortMessage, UssdWriteError> {
        let data_coding = self.data_codings.data_coding(alphabet).ok_or(UssdWriteError::NoDataCoding(alphabet))?;
        let budget = self.screen(alphabet);
        let units = dayaq_text::measure(text, alphabet)?.units;
        if units > budget.units {
            return Err(UssdWriteError::TooLong { units, max: budget.units });
        }
        let mut octets = encode(text, alphabet)?;
        if self.packed && alphabet == Alphabet::Gsm7 {
            octets = gsm7::pack(&octets);
        }
        if alphabet == Alphabet::Ucs2 && self.names_language(data_coding) {
            // Two septets, padded to the border of an octet.
            octets.splice(..0, gsm7::pack(&language));
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
