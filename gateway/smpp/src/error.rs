use std::fmt;

use crate::command::CommandId;
use crate::status::CommandStatus;
use crate::tlv::Tag;

/// A field of a PDU body, by the specification's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The header of a PDU that is shorter than one.
    Header,
    /// `system_id`
    SystemId,
    /// `password`
    Password,
    /// `system_type`
    SystemType,
    /// `interface_version`
    InterfaceVersion,
    /// `addr_ton` or `addr_npi` of a bind
    AddrTonNpi,
    /// `address_range`
    AddressRange,
    /// `service_type`
    ServiceType,
    /// `source_addr_ton` or `source_addr_npi`
    SourceAddrTonNpi,
    /// `source_addr`
    SourceAddr,
    /// `dest_addr_ton` or `dest_addr_npi`
    DestAddrTonNpi,
    /// `destination_addr`
    DestinationAddr,
    /// `esm_class`
    EsmClass,
    /// `protocol_id`
    ProtocolId,
    /// `priority_flag`
    PriorityFlag,
    /// `schedule_delivery_time`
    ScheduleDeliveryTime,
    /// `validity_period`
    ValidityPeriod,
    /// `registered_delivery`
    RegisteredDelivery,
    /// `replace_if_present_flag`
    ReplaceIfPresentFlag,
    /// `data_coding`
    DataCoding,
    /// `sm_default_msg_id`
    SmDefaultMsgId,
    /// `sm_length`
    SmLength,
    /// `short_message`
    ShortMessage,
    /// `message_id`
    MessageId,
    /// `final_date`
    FinalDate,
    /// `message_state`
    MessageState,
    /// `error_code`
    ErrorCode,
    /// `esme_addr_ton` or `esme_addr_npi`
    EsmeAddrTonNpi,
    /// `esme_addr`
    EsmeAddr,
    /// What is left after the last field and is no parameter.
    Rest,
    /// An optional parameter.
    Tlv(Tag),
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Field::Header => "header",
            Field::SystemId => "system_id",
            Field::Password => "password",
            Field::SystemType => "system_type",
            Field::InterfaceVersion => "interface_version",
            Field::AddrTonNpi => "addr_ton or addr_npi",
            Field::AddressRange => "address_range",
            Field::ServiceType => "service_type",
            Field::SourceAddrTonNpi => "source_addr_ton or source_addr_npi",
            Field::SourceAddr => "source_addr",
            Field::DestAddrTonNpi => "dest_addr_ton or dest_addr_npi",
            Field::DestinationAddr => "destination_addr",
            Field::EsmClass => "esm_class",
            Field::ProtocolId => "protocol_id",
            Field::PriorityFlag => "priority_flag",
            Field::ScheduleDeliveryTime => "schedule_delivery_time",
            Field::ValidityPeriod => "validity_period",
            Field::RegisteredDelivery => "registered_delivery",
            Field::ReplaceIfPresentFlag => "replace_if_present_flag",
            Field::DataCoding => "data_coding",
            Field::SmDefaultMsgId => "sm_default_msg_id",
            Field::SmLength => "sm_length",
            Field::ShortMessage => "short_message",
            Field::MessageId => "message_id",
            Field::FinalDate => "final_date",
            Field::MessageState => "message_state",
            Field::ErrorCode => "error_code",
            Field::EsmeAddrTonNpi => "esme_addr_ton or esme_addr_npi",
            Field::EsmeAddr => "esme_addr",
            Field::Rest => "rest of the body",
            Field::Tlv(tag) => return write!(f, "{tag:?}"),
        })
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The PDU ends before the field.
    #[error("is missing: the PDU ends before it")]
    Missing,
    /// A C-octet string runs to the end of the PDU without a NUL.
    #[error("has no NUL")]
    NoNul,
    /// A C-octet string has no NUL within the octets that the specification gives it.
    #[error("is longer than {max} octets with its NUL")]
    TooLong {
        /// The greatest length, with the NUL, in octets.
        max: usize,
    },
    /// A length runs past the end of the PDU.
    #[error("runs past the end of the PDU")]
    Overrun,
    /// A length has a value that the specification does not allow.
    #[error("is out of range")]
    OutOfRange,
    /// `short_message` and `message_payload` carry two texts.
    #[error("comes beside another short_message")]
    Both,
    /// One to three octets are left over.
    #[error("is not a parameter")]
    Garbage,
}

/// A PDU whose frame is whole and whose body is not: it can be answered, and the link goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{command_id}: {field} {problem}")]
pub struct DecodeError {
    /// Which PDU it was.
    pub command_id: CommandId,
    /// Its sequence number, for the answer.
    pub sequence_number: u32,
    /// The first field that is wrong.
    pub field: Field,
    /// What is wrong with it.
    pub problem: Problem,
}

impl DecodeError {
    /// Gives the status with which to answer (SMPP 3.4 §5.1.3).
    pub fn status(&self) -> CommandStatus {
        if self.problem == Problem::Missing {
            return CommandStatus::RINVCMDLEN;
        }
        match self.field {
            Field::SystemId => CommandStatus::RINVSYSID,
            Field::Password => CommandStatus::RINVPASWD,
            Field::SystemType => CommandStatus::RINVSYSTYP,
            Field::ServiceType => CommandStatus::RINVSERTYP,
            Field::SourceAddr => CommandStatus::RINVSRCADR,
            Field::DestinationAddr => CommandStatus::RINVDSTADR,
            Field::ScheduleDeliveryTime => CommandStatus::RINVSCHED,
            Field::ValidityPeriod => CommandStatus::RINVEXPIRY,
            Field::SmLength | Field::ShortMessage => CommandStatus::RINVMSGLEN,
            Field::MessageId => CommandStatus::RINVMSGID,
            Field::Tlv(_) if self.problem == Problem::Both => CommandStatus::ROPTPARNOTALLWD,
            Field::Tlv(_) => CommandStatus::RINVOPTPARSTREAM,
            // A string of a wrong length in a field that has no status of its own.
            Field::AddressRange | Field::FinalDate | Field::EsmeAddr => CommandStatus::RINVPARLEN,
            Field::Header
            | Field::InterfaceVersion
            | Field::AddrTonNpi
            | Field::EsmeAddrTonNpi
            | Field::MessageState
            | Field::ErrorCode
            | Field::SourceAddrTonNpi
            | Field::DestAddrTonNpi
            | Field::EsmClass
            | Field::ProtocolId
            | Field::PriorityFlag
            | Field::RegisteredDelivery
            | Field::ReplaceIfPresentFlag
            | Field::DataCoding
            | Field::SmDefaultMsgId
            | Field::Rest => CommandStatus::RINVCMDLEN,
        }
    }
}

/// A PDU that we were asked to send and that the specification does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A value is longer than its field.
    #[error("{field} has {len} octets where at most {max} fit")]
    TooLong {
        /// The field.
        field: Field,
        /// Its length, without a NUL, in octets.
        len: usize,
        /// The greatest length, without a NUL, in octets.
        max: usize,
    },
    /// A C-octet string holds a NUL.
    #[error("{0} holds a NUL")]
    NulInside(Field),
    /// Text is given in `short_message` and in `message_payload`.
    #[error("both short_message and message_payload carry text")]
    Both,
}
