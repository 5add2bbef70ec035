use std::fmt;

/// A `command_id` (SMPP 3.4 §5.1.2.1), known to us or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u32);

const RESPONSE_BIT: u32 = 0x8000_0000;

macro_rules! commands {
    ($($(#[doc = $doc:literal])* $name:ident = $value:literal $text:literal $(/ $response:literal)?;)*) => {
        impl CommandId {
            $(#[doc = concat!("`", $text, "`")] $(#[doc = $doc])* pub const $name: Self = Self($value);)*

            /// Gives the specification's name, or `None` for a command that the specifications do not have.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    response => match response ^ RESPONSE_BIT {
                        $($($value => Some($response),)?)*
                        _ => None,
                    },
                }
            }
        }
    };
}

commands! {
    BIND_RECEIVER = 0x0000_0001 "bind_receiver" / "bind_receiver_resp";
    BIND_TRANSMITTER = 0x0000_0002 "bind_transmitter" / "bind_transmitter_resp";
    QUERY_SM = 0x0000_0003 "query_sm" / "query_sm_resp";
    SUBMIT_SM = 0x0000_0004 "submit_sm" / "submit_sm_resp";
    DELIVER_SM = 0x0000_0005 "deliver_sm" / "deliver_sm_resp";
    UNBIND = 0x0000_0006 "unbind" / "unbind_resp";
    REPLACE_SM = 0x0000_0007 "replace_sm" / "replace_sm_resp";
    CANCEL_SM = 0x0000_0008 "cancel_sm" / "cancel_sm_resp";
    BIND_TRANSCEIVER = 0x0000_0009 "bind_transceiver" / "bind_transceiver_resp";
    /// The SMSC asks the ESME to bind; nothing answers it but the bind.
    OUTBIND = 0x0000_000B "outbind";
    ENQUIRE_LINK = 0x0000_0015 "enquire_link" / "enquire_link_resp";
    /// Known by name; its body is kept as octets.
    SUBMIT_MULTI = 0x0000_0021 "submit_multi" / "submit_multi_resp";
    /// Nothing answers it.
    ALERT_NOTIFICATION = 0x0000_0102 "alert_notification";
    DATA_SM = 0x0000_0103 "data_sm" / "data_sm_resp";
    /// Known by name (5.0); its body is kept as octets.
    BROADCAST_SM = 0x0000_0111 "broadcast_sm" / "broadcast_sm_resp";
    /// Known by name (5.0); its body is kept as octets.
    QUERY_BROADCAST_SM = 0x0000_0112 "query_broadcast_sm" / "query_broadcast_sm_resp";
    /// Known by name (5.0); its body is kept as octets.
    CANCEL_BROADCAST_SM = 0x0000_0113 "cancel_broadcast_sm" / "cancel_broadcast_sm_resp";
    /// It has the response bit and answers any request.
    GENERIC_NACK = 0x8000_0000 "generic_nack";
}

impl CommandId {
    /// Tells whether bit 31 marks this as a response.
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE_BIT != 0
    }

    /// Gives the command that answers this one.
    pub const fn response(self) -> Self {
        Self(self.0 | RESPONSE_BIT)
    }

    /// Tells whether a request with this command is answered: all are but `outbind` and `alert_notification`.
    pub const fn wants_response(self) -> bool {
        !self.is_response() && self.0 != Self::OUTBIND.0 && self.0 != Self::ALERT_NOTIFICATION.0
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
