use std::fmt;

use super::reader::Reader;
use super::writer::Writer;
use crate::command::CommandId;
use crate::error::{DecodeError, EncodeError, Field};
use crate::octets::Hidden;
use crate::tlv::Tlvs;

/// Which way messages may go over a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindKind {
    /// The ESME sends only.
    Transmitter,
    /// The ESME receives only.
    Receiver,
    /// Both ways.
    Transceiver,
}

impl BindKind {
    /// Gives the request's `command_id`.
    pub const fn command_id(self) -> CommandId {
        match self {
            BindKind::Transmitter => CommandId::BIND_TRANSMITTER,
            BindKind::Receiver => CommandId::BIND_RECEIVER,
            BindKind::Transceiver => CommandId::BIND_TRANSCEIVER,
        }
    }
}

/// The body of a bind request. Its `Debug` hides `system_id` and `password`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Bind<'a> {
    /// At most 15 octets.
    pub system_id: &'a [u8],
    /// At most 8 octets by the specification. What comes in may have 32: operators hand out longer ones.
    pub password: &'a [u8],
    /// At most 12 octets.
    pub system_type: &'a [u8],
    /// 0x33, 0x34 or 0x50.
    pub interface_version: u8,
    /// Type of number of the ESME's addresses.
    pub addr_ton: u8,
    /// Numbering plan of the ESME's addresses.
    pub addr_npi: u8,
    /// At most 40 octets.
    pub address_range: &'a [u8],
}

/// Octets of `system_id`, its NUL among them.
pub(super) const SYSTEM_ID_MAX: usize = 16;
/// Octets of `password`, its NUL among them; the specification has 9.
pub(super) const PASSWORD_MAX: usize = 33;
const SYSTEM_TYPE_MAX: usize = 13;
const ADDRESS_RANGE_MAX: usize = 41;

impl<'a> Bind<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let bind = Self {
            system_id: r.cstr(Field::SystemId, SYSTEM_ID_MAX)?,
            password: r.cstr(Field::Password, PASSWORD_MAX)?,
            system_type: r.cstr(Field::SystemType, SYSTEM_TYPE_MAX)?,
            interface_version: r.u8(Field::InterfaceVersion)?,
            addr_ton: r.u8(Field::AddrTonNpi)?,
            addr_npi: r.u8(Field::AddrTonNpi)?,
            address_range: r.cstr(Field::AddressRange, ADDRESS_RANGE_MAX)?,
        };
        // The specification has no parameters here; those of vendors are passed over.
        r.tlvs()?;
        Ok(bind)
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::SystemId, SYSTEM_ID_MAX, self.system_id)?;
        w.cstr(Field::Password, PASSWORD_MAX, self.password)?;
        w.cstr(Field::SystemType, SYSTEM_TYPE_MAX, self.system_type)?;
        w.bytes(&[self.interface_version, self.addr_ton, self.addr_npi]);
        w.cstr(Field::AddressRange, ADDRESS_RANGE_MAX, self.address_range)
    }
}

impl fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind")
            .field("system_id", &Hidden(self.system_id))
            .field("password", &Hidden(self.password))
            .field("interface_version", &self.interface_version)
            .finish_non_exhaustive()
    }
}

/// The body of a bind response. Nothing in it can be refused, so its decoding never fails.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct BindResp<'a> {
    /// The SMSC's name for itself; often empty.
    pub system_id: &'a [u8],
    /// `sc_interface_version`, mostly.
    pub tlvs: Tlvs<'a>,
}

impl<'a> BindResp<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Self {
        let system_id = r.last_cstr(SYSTEM_ID_MAX).unwrap_or_default();
        Self { system_id, tlvs: r.lenient_tlvs() }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::SystemId, SYSTEM_ID_MAX, self.system_id)?;
        w.bytes(self.tlvs.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for BindResp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindResp").field("system_id", &Hidden(self.system_id)).field("tlvs", &self.tlvs).finish()
    }
}
