use crate::command::CommandId;
use crate::error::{DecodeError, Field, Problem};
use crate::frame::Header;
use crate::tlv::{BadTlvs, Tlvs};

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

    pub(super) fn take(&mut self, field: Field, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((value, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.fail(field, Problem::Overrun));
        };
        self.rest = rest;
        Ok(value)
    }

    pub(super) fn tlvs(self) -> Result<Tlvs<'a>, DecodeError> {
        Tlvs::parse(self.rest).map_err(|bad| match bad {
            BadTlvs::Leftover => self.fail(Field::Rest, Problem::Garbage),
            BadTlvs::Overrun(tag) => self.fail(Field::Tlv(tag), Problem::Overrun),
        })
    }

    pub(super) fn lenient_tlvs(self) -> Tlvs<'a> {
        Tlvs::longest_prefix(self.rest).0
    }
}
