use std::fmt;

use super::bind::{PASSWORD_MAX, SYSTEM_ID_MAX};
use super::reader::Reader;
use super::sm::{Addr, LONG_ADDR_MAX};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError, Field};
use crate::octets::Hidden;
use crate::tlv::Tlvs;

/// The body of `outbind` (SMPP 3.4 §4.1.7): the SMSC has connected and asks the ESME to bind. Nothing answers it but the
/// bind. Its `Debug` hides both values.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Outbind<'a> {
    /// At most 15 octets: the SMSC's name.
    pub system_id: &'a [u8],
    /// At most 8 octets by the specification. What comes in may have 32, as in a bind.
    pub password: &'a [u8],
}

impl<'a> Outbind<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let outbind = Self {
            system_id: r.cstr(Field::SystemId, SYSTEM_ID_MAX)?,
            password: r.cstr(Field::Password, PASSWORD_MAX)?,
        };
        r.lenient_tlvs();
        Ok(outbind)
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.cstr(Field::SystemId, SYSTEM_ID_MAX, self.system_id)?;
        w.cstr(Field::Password, PASSWORD_MAX, self.password)
    }
}

impl fmt::Debug for Outbind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbind")
            .field("system_id", &Hidden(self.system_id))
            .field("password", &Hidden(self.password))
            .finish()
    }
}

/// The body of `alert_notification` (SMPP 3.4 §4.12.1): a phone that a message waited for can be reached again.
/// Nothing answers it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertNotification<'a> {
    /// The phone. At most 64 octets.
    pub source: Addr<'a>,
    /// The ESME that asked. At most 64 octets.
    pub esme: Addr<'a>,
    /// `ms_availability_status`, mostly; up to the first parameter that is broken, for nobody can be told.
    pub tlvs: Tlvs<'a>,
}

impl<'a> AlertNotification<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            source: r.source(LONG_ADDR_MAX)?,
            esme: r.addr(Field::EsmeAddrTonNpi, Field::EsmeAddr, LONG_ADDR_MAX)?,
            tlvs: r.lenient_tlvs(),
        })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.addr(Field::SourceAddr, LONG_ADDR_MAX, &self.source)?;
        w.addr(Field::EsmeAddr, LONG_ADDR_MAX, &self.esme)?;
        w.bytes(self.tlvs.as_bytes());
        Ok(())
    }
}

impl fmt::Debug for AlertNotification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AlertNotification")
            .field("source", &self.source)
            .field("esme", &self.esme)
            .field("tlvs", &self.tlvs)
            .finish()
    }
}
