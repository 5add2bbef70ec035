use crate::command::CommandId;
use crate::status::CommandStatus;

/// The octets of a PDU header (SMPP 3.4 §3.2).
pub const HEADER_LEN: usize = 16;

/// The greatest `command_length` taken by default: a `message_payload` of 65,535 octets fits with room to spare.
pub const MAX_PDU_LEN: usize = 68 * 1024;

/// The stream cannot be followed any more: where the next PDU begins is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// `command_length` is smaller than the header.
    #[error("command_length {command_length} is below 16")]
    TooShort {
        /// What the peer wrote.
        command_length: u32,
    },
    /// `command_length` is greater than what we take.
    #[error("command_length {command_length} is above the limit of {max}")]
    TooLong {
        /// What the peer wrote.
        command_length: u32,
        /// The limit, in octets.
        max: usize,
    },
}

/// The header of a whole frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which PDU it is.
    pub command_id: CommandId,
    /// The outcome, in responses; zero in requests.
    pub command_status: CommandStatus,
    /// Pairs a response with its request.
    pub sequence_number: u32,
}

impl Header {
    /// Reads the header of a frame that [`split_frame`] gave; `None` if it is shorter than a header.
    pub fn read(frame: &[u8]) -> Option<Header> {
        let [_, _, _, _, i0, i1, i2, i3, s0, s1, s2, s3, n0, n1, n2, n3, ..] = *frame else { return None };
        Some(Header {
            command_id: CommandId(u32::from_be_bytes([i0, i1, i2, i3])),
            command_status: CommandStatus(u32::from_be_bytes([s0, s1, s2, s3])),
            sequence_number: u32::from_be_bytes([n0, n1, n2, n3]),
        })
    }
}

/// Gives the first whole frame of `stream`; the next one begins where it ends.
///
/// Gives `Ok(None)` while the frame is incomplete. The length is judged as soon as its four octets are there, before
/// anything is kept, so a peer that claims four gigabytes costs nothing.
pub fn split_frame(stream: &[u8], max_pdu_len: usize) -> Result<Option<&[u8]>, FrameError> {
    let [l0, l1, l2, l3, ..] = *stream else { return Ok(None) };
    let command_length = u32::from_be_bytes([l0, l1, l2, l3]);
    let len = usize::try_from(command_length).unwrap_or(usize::MAX);
    if len < HEADER_LEN {
        return Err(FrameError::TooShort { command_length });
    }
    if len > max_pdu_len {
        return Err(FrameError::TooLong { command_length, max: max_pdu_len });
    }
    Ok(stream.get(..len))
}
