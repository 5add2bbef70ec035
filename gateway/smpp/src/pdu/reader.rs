use super::sm::{Addr, SHORT_MESSAGE_MAX};
use crate::command::CommandId;
use crate::error::{DecodeError, Field, Problem};
use crate::frame::Header;
use crate::tlv::{BadTlvs, Tag, Tlvs};

/// Reads the fields of one body in order, and names the first that is wrong.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    command_id: CommandId,
    sequence_number: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(header: Header, body: &'a [u8]) -> Self {
        Self { rest: body, command_id: header.command_id, sequence_number: header.sequence_number }
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

    /// Reads `sm_length`, `short_message` and the optional parameters, of which `message_payload` may not also carry text.
    pub(super) fn text_and_tlvs(mut self) -> Result<(&'a [u8], Tlvs<'a>), DecodeError> {
        let len = self.u8(Field::SmLength)?;
        if len > SHORT_MESSAGE_MAX {
            return Err(self.fail(Field::SmLength, Problem::OutOfRange));
        }
        let short_message = self.take(Field::ShortMessage, usize::from(len))?;
        let tlvs = self.tlvs()?;
        let both = !short_message.is_empty() && tlvs.get(Tag::MESSAGE_PAYLOAD).is_some_and(|text| !text.is_empty());
        if both { Err(self.fail(Field::Tlv(Tag::MESSAGE_PAYLOAD), Problem::Both)) } else { Ok((short_message, tlvs)) }
    }

    pub(super) fn take(&mut self, field: Field, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((value, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.fail(field, Problem::Overrun));
        };
        self.rest = rest;
        Ok(value)
    }

    pub(super) fn tlvs(&self) -> Result<Tlvs<'a>, DecodeError> {
        Tlvs::parse(self.rest).map_err(|bad| match bad {
            BadTlvs::Leftover => self.fail(Field::Rest, Problem::Garbage),
            BadTlvs::Overrun(tag) => self.fail(Field::Tlv(tag), Problem::Overrun),
        })
    }

    pub(super) fn lenient_tlvs(self) -> Tlvs<'a> {
        Tlvs::longest_prefix(self.rest).0
    }
}
