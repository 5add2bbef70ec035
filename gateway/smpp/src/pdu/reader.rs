use super::sm::{Addr, SHORT_MESSAGE_MAX};
use super::{Body, Forgiven};
use crate::command::CommandId;
use crate::error::{DecodeError, Field, Problem};
use crate::frame::Header;
use crate::stray::NULS_MAX;
use crate::tlv::{BadTlvs, Tag, Tlvs};

/// Reads the fields of one body in order, and names the first that is wrong.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    command_id: CommandId,
    sequence_number: u32,
    /// What was wrong and costs nothing.
    pub(super) forgiven: Forgiven,
}

impl<'a> Reader<'a> {
    pub(super) fn new(header: Header, body: &'a [u8]) -> Self {
        let Header { command_id, sequence_number, .. } = header;
        Self { rest: body, command_id, sequence_number, forgiven: Forgiven::default() }
    }

    pub(super) fn fail(&self, field: Field, problem: Problem) -> DecodeError {
        DecodeError { command_id: self.command_id, sequence_number: self.sequence_number, field, problem }
    }

    pub(super) fn u8(&mut self, field: Field) -> Result<u8, DecodeError> {
        let Some((first, rest)) = self.rest.split_first() else { return Err(self.fail(field, Problem::Missing)) };
        self.rest = rest;
        Ok(*first)
    }

    /// Reads a C-octet string of at most `max` octets, its NUL among them; gives it without the NUL.
    pub(super) fn cstr(&mut self, field: Field, max: usize) -> Result<&'a [u8], DecodeError> {
        let window = &self.rest[..self.rest.len().min(max)];
        if let Some(end) = window.iter().position(|octet| *octet == 0) {
            let value = &self.rest[..end];
            self.rest = &self.rest[end + 1..];
            return Ok(value);
        }
        Err(self.fail(
            field,
            if self.rest.is_empty() {
                Problem::Missing
            } else if self.rest.len() < max {
                Problem::NoNul
            } else {
                Problem::TooLong { max }
            },
        ))
    }

    /// Reads a C-octet string as a response carries it: absent, without its NUL or too long, it counts as none.
    pub(super) fn lenient_cstr(&mut self, max: usize) -> Option<&'a [u8]> {
        match self.rest.iter().position(|octet| *octet == 0) {
            Some(end) => {
                let value = &self.rest[..end];
                self.rest = &self.rest[end + 1..];
                (!value.is_empty() && end < max).then_some(value)
            }
            None => {
                self.rest = &[];
                None
            }
        }
    }

    /// Reads a C-octet string at the end of a response, where one without its NUL runs to the end of the PDU: absent or too
    /// long, it counts as none.
    pub(super) fn last_cstr(&mut self, max: usize) -> Option<&'a [u8]> {
        if self.rest.contains(&0) || self.rest.is_empty() {
            return self.lenient_cstr(max);
        }
        self.forgiven.no_nul = true;
        let value = std::mem::take(&mut self.rest);
        (value.len() < max).then_some(value)
    }

    /// Reads type of number, numbering plan and an address of at most `max` octets, its NUL among them.
    pub(super) fn addr(&mut self, kind: Field, digits: Field, max: usize) -> Result<Addr<'a>, DecodeError> {
        Ok(Addr { ton: self.u8(kind)?, npi: self.u8(kind)?, digits: self.cstr(digits, max)? })
    }

    pub(super) fn source(&mut self, max: usize) -> Result<Addr<'a>, DecodeError> {
        self.addr(Field::SourceAddrTonNpi, Field::SourceAddr, max)
    }

    pub(super) fn destination(&mut self, max: usize) -> Result<Addr<'a>, DecodeError> {
        self.addr(Field::DestAddrTonNpi, Field::DestinationAddr, max)
    }

    /// Reads `sm_length`, `short_message` and the optional parameters, of which `message_payload` may not carry another text.
    pub(super) fn text_and_tlvs(&mut self) -> Result<(&'a [u8], Tlvs<'a>), DecodeError> {
        let len = self.u8(Field::SmLength)?;
        if len > SHORT_MESSAGE_MAX {
            return Err(self.fail(Field::SmLength, Problem::OutOfRange));
        }
        let short_message = self.take(Field::ShortMessage, usize::from(len))?;
        let tlvs = self.tlvs()?;
        match tlvs.get(Tag::MESSAGE_PAYLOAD) {
            None | Some([]) => {}
            Some(_) if short_message.is_empty() => {}
            Some(text) if text == short_message => self.forgiven.doubled_text = true,
            Some(_) => return Err(self.fail(Field::Tlv(Tag::MESSAGE_PAYLOAD), Problem::Both)),
        }
        Ok((short_message, tlvs))
    }

    pub(super) fn take(&mut self, field: Field, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((value, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.fail(field, Problem::Overrun));
        };
        self.rest = rest;
        Ok(value)
    }

    /// Reads the optional parameters, up to one that overruns the PDU, which costs itself alone, or up to stray NULs.
    pub(super) fn tlvs(&mut self) -> Result<Tlvs<'a>, DecodeError> {
        self.tlvs_or_garbage().map_err(|_before| self.fail(Field::Rest, Problem::Garbage))
    }

    /// Reads the optional parameters of what nobody can answer: whatever is wrong with them ends them.
    pub(super) fn lenient_tlvs(&mut self) -> Tlvs<'a> {
        self.tlvs_or_garbage().unwrap_or_else(|before| before)
    }

    /// Gives the parameters before garbage as the error.
    fn tlvs_or_garbage(&mut self) -> Result<Tlvs<'a>, Tlvs<'a>> {
        let (whole, bad) = Tlvs::longest_prefix(self.rest);
        if bad.is_some()
            && let Some(behind) = self.behind_nuls()
        {
            return Ok(behind);
        }
        match bad {
            None => Ok(whole),
            Some(BadTlvs::Overrun(tag)) => {
                self.forgiven.overrun = Some(tag);
                Ok(whole)
            }
            Some(BadTlvs::Leftover) => {
                self.rest = &self.rest[whole.as_bytes().len()..];
                if self.forgive_nuls() { Ok(whole) } else { Err(whole) }
            }
        }
    }

    /// Gives a body that has no fields. What else is in it is passed over.
    pub(super) fn bare(&mut self, body: Body<'a>) -> Body<'a> {
        self.forgive_nuls();
        body
    }

    /// Forgives what is left where it is up to three NULs; tells whether it is, or nothing.
    /// Reads the parameters behind up to three stray NULs that end what stands before them, an SMSC's `short_message` for
    /// one: read with the NULs they make no sense, and without them they do.
    fn behind_nuls(&mut self) -> Option<Tlvs<'a>> {
        let nuls = self.rest.iter().take(NULS_MAX).take_while(|octet| **octet == 0).count();
        for skipped in 1..=nuls {
            let (behind, None) = Tlvs::longest_prefix(&self.rest[skipped..]) else { continue };
            if behind.iter().next().is_some_and(|first| first.tag != Tag(0)) {
                self.forgiven.nuls = skipped as u8;
                return Some(behind);
            }
        }
        None
    }

    fn forgive_nuls(&mut self) -> bool {
        let all = self.rest.len() <= NULS_MAX && self.rest.iter().all(|octet| *octet == 0);
        self.forgiven.nuls = if all { self.rest.len() as u8 } else { 0 };
        all
    }

    /// What is said of a parameter that overruns, where the body makes no sense without it.
    pub(super) fn overrun(&self, tag: Tag) -> DecodeError {
        self.fail(Field::Tlv(tag), Problem::Overrun)
    }
}
