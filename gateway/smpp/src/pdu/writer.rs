use super::sm::Addr;
use crate::command::CommandId;
use crate::error::{EncodeError, Field};
use crate::frame::HEADER_LEN;
use crate::status::CommandStatus;

/// Writes one PDU at the end of a buffer; the length goes in when it is complete.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    begin: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        out: &'a mut Vec<u8>,
        command_id: CommandId,
        status: CommandStatus,
        sequence_number: u32,
    ) -> Self {
        let begin = out.len();
        let mut header = [0; HEADER_LEN];
        header[4..8].copy_from_slice(&command_id.0.to_be_bytes());
        header[8..12].copy_from_slice(&status.0.to_be_bytes());
        header[12..16].copy_from_slice(&sequence_number.to_be_bytes());
        out.extend_from_slice(&header);
        Self { out, begin }
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }

    /// Writes a C-octet string of at most `max` octets, its NUL among them.
    pub(super) fn cstr(&mut self, field: Field, max: usize, value: &[u8]) -> Result<(), EncodeError> {
        if value.len() >= max {
            return Err(EncodeError::TooLong { field, len: value.len(), max: max - 1 });
        }
        if value.contains(&0) {
            return Err(EncodeError::NulInside(field));
        }
        self.out.extend_from_slice(value);
        self.out.push(0);
        Ok(())
    }

    /// Writes type of number, numbering plan and an address of at most `max` octets, its NUL among them.
    pub(super) fn addr(&mut self, field: Field, max: usize, addr: &Addr<'_>) -> Result<(), EncodeError> {
        self.bytes(&[addr.ton, addr.npi]);
        self.cstr(field, max, addr.digits)
    }

    pub(super) fn finish(self) {
        // A body is at most a few C-octet strings, 254 octets and parameters that `TlvBuf` has bounded one by one.
        let len = u32::try_from(self.out.len() - self.begin).unwrap_or(u32::MAX);
        self.out[self.begin..self.begin + 4].copy_from_slice(&len.to_be_bytes());
    }

    /// Takes back what was written.
    pub(super) fn abandon(self) {
        self.out.truncate(self.begin);
    }
}
