use std::borrow::Cow;

use dayaq_text::{Alphabet, Undecodable, decode, gsm7};

use super::dial::{DialString, bare_code};
use super::dialect::{CodeIn, Dial, Dialect, LANGUAGE_OCTETS};
use super::session::{self, SessionInfo, SessionKey};
use super::{Push, UssdEvent, UssdInbound, UssdReadError, UssdScreen};
use crate::message::{DeliverSm, ShortMessage, SubmitSm};
use crate::stray::{NULS_MAX, stray_nuls};
use crate::tlv::{Tag, Tlvs};

impl Dialect {
    /// Tells whether a message is USSD at all, rather than a text: it has an op, or our `service_type`.
    pub fn concerns(&self, message: &ShortMessage) -> bool {
        message.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP).is_some()
            || (!self.service_type.is_empty() && *message.service_type == *self.service_type.as_bytes())
    }

    /// Reads one turn that the operator delivers.
    pub fn read(&self, message: &DeliverSm) -> Result<UssdInbound, UssdReadError> {
        let tlvs = message.tlvs.as_tlvs();
        let said = self.inbound_event(&tlvs)?;
        let session = self.session_info(&tlvs)?;
        let ended = self.has_end_bit(&session);
        // Nothing has begun that a begin could end, so the bit is noise on it.
        let event = match said {
            UssdEvent::Continue if ended => self.inbound_end,
            UssdEvent::Begin | UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => {
                said
            }
        };
        let text = self.text(message, event);
        let (code, text) = match event {
            UssdEvent::Begin => self.dialled(message, text),
            UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified => {
                (self.reached(message), text)
            }
        };
        Ok(self.inbound(message, event, session, code, text))
    }

    /// Reads whose turn it is, and of which session, where its op says nothing; the event is that of an answer.
    pub fn read_address(&self, message: &DeliverSm) -> Result<UssdInbound, UssdReadError> {
        let session = self.session_info(&message.tlvs.as_tlvs())?;
        Ok(self.inbound(
            message,
            UssdEvent::Continue,
            session,
            self.reached(message),
            self.text(message, UssdEvent::Continue),
        ))
    }

    fn inbound(
        &self,
        message: &DeliverSm,
        event: UssdEvent,
        session: SessionInfo,
        code: String,
        text: Result<String, Undecodable>,
    ) -> UssdInbound {
        UssdInbound {
            event,
            key: self.key(&session),
            sequence: session::read(session.as_bytes(), self.session.sequence_mask),
            session,
            from: message.source,
            to: message.destination,
            code,
            text,
        }
    }

    /// Reads one screen, on the SMSC's side.
    pub fn read_screen(&self, message: &SubmitSm) -> Result<UssdScreen, UssdReadError> {
        let tlvs = message.tlvs.as_tlvs();
        let session = self.session_info(&tlvs)?;
        let op = op(&tlvs)?;
        let ends = (self.end_signal.by_bit() && self.has_end_bit(&session))
            || (self.end_signal.by_op() && op.is_some() && op == self.outbound_ops.end.map(u64::from));
        let is = |pushed: Option<u8>| op.is_some() && op == pushed.map(u64::from);
        let push = match (is(self.push.notify), is(self.push.menu)) {
            (true, _) => Some(Push::Notify),
            (false, true) => Some(Push::Menu),
            (false, false) => None,
        };
        Ok(UssdScreen { key: self.key(&session), session, push, ends, text: self.screen_text(message) })
    }

    /// Whether a screen answers the turn whose deliver_sm carried that value, on the SMSC's side.
    pub fn is_answer(&self, turn: &SessionInfo, screen: &UssdScreen) -> bool {
        let wanted = self.answer_session(turn.as_bytes(), false);
        wanted == session::clear(screen.session.as_bytes(), self.session.end_mask)
    }

    /// Whether a message is a begin whose session value has the end bit, which means nothing there.
    pub fn begins_with_end_bit(&self, message: &DeliverSm) -> bool {
        let tlvs = message.tlvs.as_tlvs();
        self.inbound_event(&tlvs) == Ok(UssdEvent::Begin)
            && self.session_info(&tlvs).is_ok_and(|session| self.has_end_bit(&session))
    }

    fn has_end_bit(&self, session: &SessionInfo) -> bool {
        session::read(session.as_bytes(), self.session.end_mask).is_some_and(|bit| bit != 0)
    }

    fn inbound_event(&self, tlvs: &Tlvs<'_>) -> Result<UssdEvent, UssdReadError> {
        let Some(op) = op(tlvs)? else { return self.inbound_without_op.ok_or(UssdReadError::NoOp) };
        let known = self.inbound_ops.iter().find(|known| u64::from(known.op) == op);
        known.map(|known| known.event).ok_or(UssdReadError::UnknownOp(Some(op)))
    }

    fn session_info(&self, tlvs: &Tlvs<'_>) -> Result<SessionInfo, UssdReadError> {
        let Some(tag) = self.session.source.tag() else { return Ok(SessionInfo::default()) };
        match tlvs.get(tag) {
            Some([]) => Err(UssdReadError::BadSession(0)),
            Some(value) => SessionInfo::new(value).map_err(|error| UssdReadError::BadSession(error.len)),
            None if self.session.optional => Ok(SessionInfo::default()),
            None => Err(UssdReadError::NoSession),
        }
    }

    /// The number of a session as [`super::UssdTurn`] has it, on the SMSC's side.
    pub fn session_number(&self, session: &SessionInfo) -> u64 {
        let used = self.session.sequence_mask | self.session.end_mask;
        let number = session::read(session.as_bytes(), !used).unwrap_or_default();
        if self.session.changes { number >> 8 } else { number }
    }

    pub(super) fn key(&self, session: &SessionInfo) -> SessionKey {
        if self.session.changes {
            return SessionKey::default();
        }
        SessionKey(session::clear(session.as_bytes(), self.session.sequence_mask | self.session.end_mask))
    }

    /// Counts the NULs, 0 to 3, that an SMSC has put behind what a phone wrote and counted in its length; [`Dialect::read`]
    /// leaves them out. In GSM-7, in which a NUL is an at sign, one alone stays where it may be one (`ali@`).
    pub fn stray_nuls(&self, message: &DeliverSm) -> usize {
        let begins = self.inbound_event(&message.tlvs.as_tlvs()) == Ok(UssdEvent::Begin);
        self.letters(message).map_or(0, |(octets, alphabet)| strays(&octets, alphabet, begins))
    }

    /// What a phone wrote.
    fn text(&self, message: &DeliverSm, event: UssdEvent) -> Result<String, Undecodable> {
        let (octets, alphabet) = self.letters(message)?;
        let strays = strays(&octets, alphabet, event == UssdEvent::Begin);
        let mut letters = &octets[..octets.len() - strays];
        // The CR that filled seven spare bits of the last octet before a NUL (3GPP 23.038 §6.1.2.3).
        if strays > 0
            && self.packed
            && letters.len().is_multiple_of(8)
            && let Some(filled) = letters.strip_suffix(b"\r")
        {
            letters = filled;
        }
        decode(letters, alphabet)
    }

    /// What a service shows, to the last octet: it may end in an at sign.
    fn screen_text(&self, message: &SubmitSm) -> Result<String, Undecodable> {
        let (octets, alphabet) = self.letters(message)?;
        decode(&octets, alphabet)
    }

    /// The text without the name of its language, in octets of its alphabet: septets are unpacked.
    fn letters<'m>(&self, message: &'m ShortMessage) -> Result<(Cow<'m, [u8]>, Alphabet), Undecodable> {
        let data_coding = message.data_coding;
        let alphabet = self.data_codings.alphabet(data_coding).ok_or(Undecodable::NoText { data_coding })?;
        let mut octets = message.user_data();
        if alphabet == Alphabet::Ucs2 && self.names_language(message.data_coding) {
            octets = octets.get(LANGUAGE_OCTETS..).unwrap_or_default();
        }
        if self.packed && alphabet == Alphabet::Gsm7 {
            return Ok((Cow::Owned(gsm7::unpack(octets)), alphabet));
        }
        Ok((Cow::Borrowed(octets), alphabet))
    }

    /// Finds the code and what follows it in a begin.
    fn dialled(
        &self,
        message: &ShortMessage,
        text: Result<String, Undecodable>,
    ) -> (String, Result<String, Undecodable>) {
        let reached = self.reached(message);
        let Ok(typed) = &text else { return (reached, text) };
        if self.dial == Dial::Split && self.code_in == CodeIn::Destination {
            let piece = typed.trim();
            let piece = piece.strip_prefix('*').unwrap_or(piece);
            let piece = piece.strip_suffix('#').unwrap_or(piece).to_owned();
            return (reached, Ok(piece));
        }
        let dialled = DialString::parse(typed);
        let code = match (self.code_in, dialled) {
            (CodeIn::Destination, Some(dialled)) if reached.is_empty() => dialled.code.to_owned(),
            (CodeIn::Destination, Some(_) | None) => reached,
            (CodeIn::Text, Some(dialled)) => dialled.code.to_owned(),
            // A bare `7142` in the text: all of it is the code.
            (CodeIn::Text, None) => return (typed.trim().to_owned(), Ok(String::new())),
        };
        let rest = match dialled {
            Some(dialled) => dialled.rest.to_owned(),
            None if *typed == code => String::new(),
            None if typed.is_empty() => self.rest_of_address(message),
            None => typed.clone(),
        };
        (code, Ok(rest))
    }

    fn reached(&self, message: &ShortMessage) -> String {
        bare_code(message.destination.digits.as_str().unwrap_or_default()).to_owned()
    }

    /// Some operators put the whole of `*7142*2#` into the address.
    fn rest_of_address(&self, message: &ShortMessage) -> String {
        let address = message.destination.digits.as_str().and_then(DialString::parse);
        address.map_or(String::new(), |dialled| dialled.rest.to_owned())
    }
}

/// No code that can be dialled has an at sign, so behind one every NUL is a stray, where there is nothing before it, too.
fn strays(octets: &[u8], alphabet: Alphabet, begins: bool) -> usize {
    let run = octets.iter().rev().take_while(|octet| **octet == 0).count();
    match (begins, alphabet) {
        (true, Alphabet::Gsm7) if run <= NULS_MAX => run,
        (true | false, _) => stray_nuls(octets, alphabet),
    }
}

fn op(tlvs: &Tlvs<'_>) -> Result<Option<u64>, UssdReadError> {
    match tlvs.count(Tag::USSD_SERVICE_OP) {
        0 => Ok(None),
        1 => tlvs.uint(Tag::USSD_SERVICE_OP).map(Some).ok_or(UssdReadError::UnknownOp(None)),
        _ => Err(UssdReadError::TwoOps),
    }
}
