//! SMPP without I/O.
mod command;
pub mod concat;
mod error;
mod frame;
mod instant;
mod link;
mod message;
mod octets;
mod pdu;
pub mod receipt;
mod status;
mod tlv;
pub mod ussd;

pub use command::CommandId;
pub use error::{DecodeError, EncodeError, Field, Problem};
pub use frame::{FrameError, HEADER_LEN, Header, MAX_PDU_LEN, split_frame};
pub use instant::Instant;
pub use link::{
    BindRequest, CloseReason, Counters, Event, Link, LinkConfig, Role, SEQUENCE_NUMBER_MAX, State, SubmitError,
    VerbError,
};
pub use message::{Address, DataSm, DeliverSm, MessageId, ShortMessage, SubmitSm};
pub use octets::{Octets, TooLong};
pub use pdu::{Addr, Bind, BindKind, BindResp, Body, MessageKind, Pdu, Sm, SmResp, decode, encode};
pub use status::CommandStatus;
pub use tlv::{Tag, Tlv, TlvBuf, TlvIter, Tlvs};
