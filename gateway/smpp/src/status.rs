use std::fmt;

/// A `command_status` (SMPP 3.4 §5.1.3, 5.0 §4.7.6), kept as it came, known to us or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CommandStatus(pub u32);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        impl CommandStatus {
            $($(#[$doc])* pub const $name: Self = Self($value);)*

            /// Gives the specification's name without its `ESME_`, or `None` for a vendor's own status.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    /// No error.
    ROK = 0x00;
    /// Message length is invalid.
    RINVMSGLEN = 0x01;
    /// Command length is invalid.
    RINVCMDLEN = 0x02;
    /// Command id is invalid.
    RINVCMDID = 0x03;
    /// Wrong bind status for this command.
    RINVBNDSTS = 0x04;
    /// Already bound.
    RALYBND = 0x05;
    /// Invalid priority flag.
    RINVPRTFLG = 0x06;
    /// Invalid registered delivery flag.
    RINVREGDLVFLG = 0x07;
    /// System error.
    RSYSERR = 0x08;
    /// Invalid source address.
    RINVSRCADR = 0x0A;
    /// Invalid destination address.
    RINVDSTADR = 0x0B;
    /// Invalid message id.
    RINVMSGID = 0x0C;
    /// Bind failed.
    RBINDFAIL = 0x0D;
    /// Invalid password.
    RINVPASWD = 0x0E;
    /// Invalid system id.
    RINVSYSID = 0x0F;
    /// Cancel failed.
    RCANCELFAIL = 0x11;
    /// Replace failed.
    RREPLACEFAIL = 0x13;
    /// Message queue full.
    RMSGQFUL = 0x14;
    /// Invalid service type.
    RINVSERTYP = 0x15;
    /// Invalid number of destinations.
    RINVNUMDESTS = 0x33;
    /// Invalid distribution list name.
    RINVDLNAME = 0x34;
    /// Invalid destination flag.
    RINVDESTFLAG = 0x40;
    /// Invalid submit with replace.
    RINVSUBREP = 0x42;
    /// Invalid `esm_class`.
    RINVESMCLASS = 0x43;
    /// Cannot submit to the distribution list.
    RCNTSUBDL = 0x44;
    /// Submit failed.
    RSUBMITFAIL = 0x45;
    /// Invalid source type of number.
    RINVSRCTON = 0x48;
    /// Invalid source numbering plan.
    RINVSRCNPI = 0x49;
    /// Invalid destination type of number.
    RINVDSTTON = 0x50;
    /// Invalid destination numbering plan.
    RINVDSTNPI = 0x51;
    /// Invalid system type.
    RINVSYSTYP = 0x53;
    /// Invalid replace flag.
    RINVREPFLAG = 0x54;
    /// Invalid number of messages.
    RINVNUMMSGS = 0x55;
    /// Throttled: the sender exceeds the allowed rate.
    RTHROTTLED = 0x58;
    /// Invalid schedule time.
    RINVSCHED = 0x61;
    /// Invalid validity period.
    RINVEXPIRY = 0x62;
    /// Predefined message not found.
    RINVDFTMSGID = 0x63;
    /// Receiver: temporary application error; send it again.
    RX_T_APPN = 0x64;
    /// Receiver: permanent application error.
    RX_P_APPN = 0x65;
    /// Receiver: the application rejects the message.
    RX_R_APPN = 0x66;
    /// Query failed.
    RQUERYFAIL = 0x67;
    /// Error in the optional part of the body.
    RINVOPTPARSTREAM = 0xC0;
    /// Optional parameter not allowed.
    ROPTPARNOTALLWD = 0xC1;
    /// Invalid parameter length.
    RINVPARLEN = 0xC2;
    /// Expected optional parameter missing.
    RMISSINGOPTPARAM = 0xC3;
    /// Invalid optional parameter value.
    RINVOPTPARAMVAL = 0xC4;
    /// Delivery failure, in `data_sm_resp`.
    RDELIVERYFAILURE = 0xFE;
    /// Unknown error.
    RUNKNOWNERR = 0xFF;
    /// Not authorised to use the service type (5.0).
    RSERTYPUNAUTH = 0x100;
    /// Not allowed to do this (5.0).
    RPROHIBITED = 0x101;
    /// The service type is not available (5.0).
    RSERTYPUNAVAIL = 0x102;
    /// The service type is denied (5.0).
    RSERTYPDENIED = 0x103;
    /// Invalid data coding scheme (5.0).
    RINVDCS = 0x104;
    /// Invalid source address subunit (5.0).
    RINVSRCADDRSUBUNIT = 0x105;
    /// Invalid destination address subunit (5.0).
    RINVDSTADDRSUBUNIT = 0x106;
    /// Invalid broadcast frequency interval (5.0).
    RINVBCASTFREQINT = 0x107;
    /// Invalid broadcast alias name (5.0).
    RINVBCASTALIAS_NAME = 0x108;
    /// Invalid broadcast area format (5.0).
    RINVBCASTAREAFMT = 0x109;
    /// Invalid number of broadcast areas (5.0).
    RINVNUMBCAST_AREAS = 0x10A;
    /// Invalid broadcast content type (5.0).
    RINVBCASTCNTTYPE = 0x10B;
    /// Invalid broadcast message class (5.0).
    RINVBCASTMSGCLASS = 0x10C;
    /// `broadcast_sm` failed (5.0).
    RBCASTFAIL = 0x10D;
    /// `query_broadcast_sm` failed (5.0).
    RBCASTQUERYFAIL = 0x10E;
    /// `cancel_broadcast_sm` failed (5.0).
    RBCASTCANCELFAIL = 0x10F;
    /// Invalid number of repeated broadcasts (5.0).
    RINVBCAST_REP = 0x110;
    /// Invalid broadcast service group (5.0).
    RINVBCASTSRVGRP = 0x111;
    /// Invalid broadcast channel indicator (5.0).
    RINVBCASTCHANIND = 0x112;
}

impl CommandStatus {
    /// Tells whether the request succeeded.
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#04x})", self.0),
            None => write!(f, "status {:#x}", self.0),
        }
    }
}

impl fmt::Debug for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
