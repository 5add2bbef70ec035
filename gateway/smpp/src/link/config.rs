use std::time::Duration;

use crate::frame::MAX_PDU_LEN;

/// Which end of the link we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The external short messaging entity: it binds.
    Esme,
    /// The message centre: it is bound to.
    Smsc,
}

/// Every bound and every time of a link. All of them have a default that suits a live operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    /// Which end we are.
    pub role: Role,
    /// What we say and what we are told with a bind: 0x33, 0x34 or 0x50.
    pub interface_version: u8,
    /// The greatest `command_length` taken, in octets.
    pub max_pdu_len: usize,
    /// How many of our requests may be unanswered: a hard limit.
    pub window: usize,
    /// How many of the peer's requests may wait for [`crate::Link::respond`]. Further ones are answered at once,
    /// with RX_T_APPN (as ESME) or RTHROTTLED (as SMSC), and the peer sends them again.
    pub inbound_max: usize,
    /// SMSC: whether `query_sm`, `cancel_sm` and `replace_sm` come up as [`crate::Event::Ancillary`]. Where they do not,
    /// they are answered as unknown commands are: `generic_nack` RINVCMDID.
    pub ancillary: bool,
    /// How many timed-out requests are remembered, so that a late response still finds its token.
    pub late_max: usize,
    /// How many events may wait for [`crate::Link::poll_event`].
    pub events_max: usize,
    /// How many octets of output may wait for [`crate::Link::take_output`] before requests are refused. A peer that
    /// makes us answer and never reads is closed at twice this and one PDU.
    pub output_max: usize,
    /// From the connection to the bind request.
    pub session_init: Duration,
    /// From the bind request to its response.
    pub bind_response: Duration,
    /// From the last PDU heard to our probe; `None` sends none.
    pub enquire_link: Option<Duration>,
    /// From a probe to the next; the second that stays unanswered closes the link.
    pub enquire_link_response: Duration,
    /// From a request to the moment its outcome is called unknown.
    pub response: Duration,
    /// How long requests under way are waited for before (our) or after (the peer's) unbind.
    pub drain: Duration,
    /// From our unbind to its response.
    pub unbind_response: Duration,
    /// How long a PDU may take to arrive, from its first octet to its last.
    pub frame: Duration,
    /// The first sequence number that we use, from 1 to 0x7FFFFFFF.
    pub first_sequence_number: u32,
}

impl LinkConfig {
    /// Gives the defaults for one role.
    pub const fn new(role: Role) -> Self {
        Self {
            role,
            interface_version: 0x34,
            max_pdu_len: MAX_PDU_LEN,
            window: 10,
            inbound_max: 1000,
            ancillary: false,
            late_max: 100,
            events_max: 4000,
            output_max: 1024 * 1024,
            session_init: Duration::from_secs(10),
            bind_response: Duration::from_secs(10),
            enquire_link: Some(Duration::from_secs(30)),
            enquire_link_response: Duration::from_secs(5),
            response: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            unbind_response: Duration::from_secs(5),
            frame: Duration::from_secs(30),
            first_sequence_number: 1,
        }
    }
}
