use std::fmt;

/// A `command_id` (SMPP 3.4 §5.1.2.1), known to us or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u32);

const RESPONSE_BIT: u32 = 0x8000_0000;

impl CommandId {
    /// `bind_receiver`
    pub const BIND_RECEIVER: Self = Self(0x0000_0001);
    /// `bind_transmitter`
    pub const BIND_TRANSMITTER: Self = Self(0x0000_0002);
    /// `submit_sm`
    pub const SUBMIT_SM: Self = Self(0x0000_0004);
    /// `deliver_sm`
    pub const DELIVER_SM: Self = Self(0x0000_0005);
    /// `unbind`
    pub const UNBIND: Self = Self(0x0000_0006);
    /// `bind_transceiver`
    pub const BIND_TRANSCEIVER: Self = Self(0x0000_0009);
    /// `enquire_link`
    pub const ENQUIRE_LINK: Self = Self(0x0000_0015);
    /// `data_sm`
    pub const DATA_SM: Self = Self(0x0000_0103);
    /// `generic_nack`, which has the response bit and answers any request.
    pub const GENERIC_NACK: Self = Self(0x8000_0000);

    /// Tells whether bit 31 marks this as a response.
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE_BIT != 0
    }

    /// Gives the command that answers this one.
    pub const fn response(self) -> Self {
        Self(self.0 | RESPONSE_BIT)
    }

    /// Gives the specification's name, or `None` for a command that this crate keeps as octets.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::BIND_RECEIVER => "bind_receiver",
            Self::BIND_TRANSMITTER => "bind_transmitter",
            Self::SUBMIT_SM => "submit_sm",
            Self::DELIVER_SM => "deliver_sm",
            Self::UNBIND => "unbind",
            Self::BIND_TRANSCEIVER => "bind_transceiver",
            Self::ENQUIRE_LINK => "enquire_link",
            Self::DATA_SM => "data_sm",
            Self::GENERIC_NACK => "generic_nack",
            Self(0x8000_0001) => "bind_receiver_resp",
            Self(0x8000_0002) => "bind_transmitter_resp",
            Self(0x8000_0004) => "submit_sm_resp",
            Self(0x8000_0005) => "deliver_sm_resp",
            Self(0x8000_0006) => "unbind_resp",
            Self(0x8000_0009) => "bind_transceiver_resp",
            Self(0x8000_0015) => "enquire_link_resp",
            Self(0x8000_0103) => "data_sm_resp",
            _ => return None,
        })
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "command {:#010x}", self.0),
        }
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
