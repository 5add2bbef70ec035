use std::fmt;

use crate::octets::{Hidden, Octets, TooLong};
use crate::pdu::{Addr, Sm};
use crate::tlv::{Tag, TlvBuf};

/// The SMSC's name for a message: at most 64 octets.
pub type MessageId = Octets<64>;

/// An owned address. Its `Debug` hides the digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// Type of number: 0 unknown, 1 international, 2 national, 3 network specific, 5 alphanumeric.
    pub ton: u8,
    /// Numbering plan indicator: 0 unknown, 1 E.164.
    pub npi: u8,
    /// At most 20 octets in `submit_sm` and `deliver_sm`, 64 in `data_sm`; encoding checks it.
    pub digits: Octets<64>,
}

impl Address {
    /// Makes an address of at most 64 octets.
    pub fn new(ton: u8, npi: u8, digits: impl AsRef<[u8]>) -> Result<Self, TooLong> {
        Ok(Self { ton, npi, digits: Octets::new(digits)? })
    }

    /// Borrows it.
    pub fn as_addr(&self) -> Addr<'_> {
        Addr { ton: self.ton, npi: self.npi, digits: self.digits.as_bytes() }
    }
}

impl TryFrom<Addr<'_>> for Address {
    type Error = TooLong;

    fn try_from(addr: Addr<'_>) -> Result<Self, TooLong> {
        Self::new(addr.ton, addr.npi, addr.digits)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_addr().fmt(f)
    }
}

/// A message that is owned: what queues hold, what the link takes and gives.
///
/// The fields are those of [`Sm`]. Build it with `ShortMessage { source, destination, ..Default::default() }`.
/// Only the text and the parameters are on the heap.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShortMessage {
    /// At most 5 octets: `USSD`, `CMT` or empty, mostly.
    pub service_type: Octets<5>,
    /// Who sends.
    pub source: Address,
    /// To whom.
    pub destination: Address,
    /// Mode, message type and features (0x40: the text begins with a user data header).
    pub esm_class: u8,
    /// GSM TP-PID.
    pub protocol_id: u8,
    /// 0 to 3.
    pub priority_flag: u8,
    /// Empty, or 16 octets.
    pub schedule_delivery_time: Octets<16>,
    /// Empty, or 16 octets.
    pub validity_period: Octets<16>,
    /// Which receipts are asked for: 1 always, 2 on failure.
    pub registered_delivery: u8,
    /// 1 replaces an earlier message that is still waiting.
    pub replace_if_present_flag: u8,
    /// How the text is encoded; 0 is whatever the SMSC says.
    pub data_coding: u8,
    /// A message stored at the SMSC.
    pub sm_default_msg_id: u8,
    /// The text with its header. More than 254 octets, and any text of a `data_sm`, go out as `message_payload`.
    pub short_message: Vec<u8>,
    /// The optional parameters.
    pub tlvs: TlvBuf,
}

/// What an ESME sends.
pub type SubmitSm = ShortMessage;
/// What an SMSC sends.
pub type DeliverSm = ShortMessage;
/// What either may send.
pub type DataSm = ShortMessage;

impl ShortMessage {
    /// Borrows it in the form that the codec writes.
    pub fn as_sm(&self) -> Sm<'_> {
        Sm {
            service_type: self.service_type.as_bytes(),
            source: self.source.as_addr(),
            destination: self.destination.as_addr(),
            esm_class: self.esm_class,
            protocol_id: self.protocol_id,
            priority_flag: self.priority_flag,
            schedule_delivery_time: self.schedule_delivery_time.as_bytes(),
            validity_period: self.validity_period.as_bytes(),
            registered_delivery: self.registered_delivery,
            replace_if_present_flag: self.replace_if_present_flag,
            data_coding: self.data_coding,
            sm_default_msg_id: self.sm_default_msg_id,
            short_message: &self.short_message,
            tlvs: self.tlvs.as_tlvs(),
        }
    }

    /// Gives the text with its header, wherever it travels: `short_message`, or else `message_payload`.
    pub fn user_data(&self) -> &[u8] {
        if self.short_message.is_empty() {
            self.tlvs.as_tlvs().get(Tag::MESSAGE_PAYLOAD).unwrap_or_default()
        } else {
            &self.short_message
        }
    }

    /// How many short messages the text makes on the air: what is too long for one is cut by the SMSC (3GPP 23.040
    /// §9.2.3.24.1). Octets are septets under `data_coding` 0 and 1, and fill octets of the air under any other.
    pub fn segments(&self) -> u32 {
        let octets = self.user_data().len();
        let (whole, part) = if self.data_coding <= 1 { (160, 153) } else { (140, 134) };
        // At most 64 KiB.
        if octets <= whole { 1 } else { octets.div_ceil(part) as u32 }
    }
}

impl TryFrom<&Sm<'_>> for ShortMessage {
    type Error = TooLong;

    /// Copies a borrowed message. What [`crate::decode`] gave always fits.
    fn try_from(sm: &Sm<'_>) -> Result<Self, TooLong> {
        Ok(Self {
            service_type: Octets::new(sm.service_type)?,
            source: sm.source.try_into()?,
            destination: sm.destination.try_into()?,
            esm_class: sm.esm_class,
            protocol_id: sm.protocol_id,
            priority_flag: sm.priority_flag,
            schedule_delivery_time: Octets::new(sm.schedule_delivery_time)?,
            validity_period: Octets::new(sm.validity_period)?,
            registered_delivery: sm.registered_delivery,
            replace_if_present_flag: sm.replace_if_present_flag,
            data_coding: sm.data_coding,
            sm_default_msg_id: sm.sm_default_msg_id,
            short_message: sm.short_message.to_vec(),
            tlvs: sm.tlvs.into(),
        })
    }
}

impl fmt::Debug for ShortMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortMessage")
            .field("service_type", &Hidden(&self.service_type))
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("data_coding", &self.data_coding)
            .field("short_message", &Hidden(&self.short_message))
            .field("tlvs", &self.tlvs)
            .finish_non_exhaustive()
    }
}
