use dayaq_text::{Alphabet, Budget};

use super::UssdEvent;
use crate::tlv::Tag;

/// How one operator speaks USSD over SMPP. It is plain data: a profile file fills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `service_type` of what we send, at most 5 octets.
    pub service_type: String,
    /// Where the session is named.
    pub session: SessionRule,
    /// What the operator's `ussd_service_op` values mean.
    pub inbound_ops: Vec<InboundOp>,
    /// What a message without `ussd_service_op` means; `None` refuses it.
    pub inbound_without_op: Option<UssdEvent>,
    /// What the end bit means when the operator sets it on an answer; on a begin it means nothing.
    pub inbound_end: UssdEvent,
    /// Which `ussd_service_op` we send.
    pub outbound_ops: OutboundOps,
    /// How we say that a screen is the last.
    pub end_signal: EndSignal,
    /// Which `ussd_service_op` we send where the service speaks first.
    pub push: PushOps,
    /// Where the dialled code sits.
    pub code_in: CodeIn,
    /// What the text of a begin holds.
    pub dial: Dial,
    /// Which alphabets the operator's `data_coding` values mean, and which ones we send.
    pub data_codings: DataCodings,
    /// Whether GSM-7 travels packed, eight septets in seven octets.
    pub packed: bool,
    /// Whether UCS-2 that we send begins with two octets that name its language, as `data_coding` 0x11 has it
    /// (3GPP 23.038 §5); they take the room of one unit.
    pub language_prefix: bool,
    /// Sizes of a screen below the standard's, in units of the alphabet.
    pub screens: Vec<Budget>,
    /// Where screens come from; empty for the address that the subscriber reached.
    pub source_address: String,
    /// Of the service code, when we send.
    pub source: Option<TonNpi>,
    /// Of the subscriber, when we send.
    pub destination: Option<TonNpi>,
}

/// Where the session value is and which of its bits mean what.
///
/// Bits are counted in the value as a big-endian number, from its last octet; a mask of 0 has no such bits. What
/// neither mask covers is the session's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRule {
    /// Which parameter carries it.
    pub source: SessionSource,
    /// Whether a message without the value is taken all the same, as the only session of its subscriber.
    pub optional: bool,
    /// The turn number.
    pub sequence_mask: u64,
    /// The end of the session.
    pub end_mask: u64,
    /// What is added to the turn number in the reply: 0 echoes it.
    pub sequence_step: u64,
    /// By how much the operator's turn number grows from one input to the next; 0 where it may be anything. A turn that
    /// is neither the next one nor one that was taken before is out of sequence.
    pub sequence_advance: u64,
    /// Whether the value is another one in each turn: it is given back as it came, and a subscriber has one session.
    pub changes: bool,
}

/// Which parameter names the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSource {
    /// `its_session_info`
    ItsSessionInfo,
    /// `user_message_reference`
    UserMessageReference,
    /// A vendor's own parameter.
    Vendor(Tag),
    /// None: the subscriber's number is the session.
    MsisdnOnly,
}

impl SessionSource {
    /// Gives the parameter, if there is one.
    pub const fn tag(self) -> Option<Tag> {
        match self {
            SessionSource::ItsSessionInfo => Some(Tag::ITS_SESSION_INFO),
            SessionSource::UserMessageReference => Some(Tag::USER_MESSAGE_REFERENCE),
            SessionSource::Vendor(tag) => Some(tag),
            SessionSource::MsisdnOnly => None,
        }
    }
}

/// One value of the operator's `ussd_service_op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboundOp {
    /// The value.
    pub op: u8,
    /// What it means.
    pub event: UssdEvent,
}

/// Our values of `ussd_service_op`; `None` sends none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboundOps {
    /// A screen that expects an answer.
    pub proceed: Option<u8>,
    /// The last screen.
    pub end: Option<u8>,
}

/// Our values of `ussd_service_op` in a session that the service begins; `None` where the operator has no such thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushOps {
    /// A message that is shown and closes the session: USSN request.
    pub notify: Option<u8>,
    /// A screen that expects an answer: USSR request.
    pub menu: Option<u8>,
}

/// How we say that a screen is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndSignal {
    /// By `ussd_service_op`.
    Op,
    /// By the end bit; the op stays that of a screen that expects an answer.
    Bit,
    /// By both.
    Both,
}

impl EndSignal {
    pub(super) const fn by_op(self) -> bool {
        matches!(self, EndSignal::Op | EndSignal::Both)
    }

    pub(super) const fn by_bit(self) -> bool {
        matches!(self, EndSignal::Bit | EndSignal::Both)
    }
}

/// Where the dialled code sits in a begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeIn {
    /// In `destination_addr`, and perhaps once more in the text.
    Destination,
    /// In the text.
    Text,
}

/// What the text of a begin holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dial {
    /// The whole of what was dialled, `*7142*2#`, or nothing; what does not begin with a star is taken for what
    /// follows the code.
    Whole,
    /// What was dialled after the code, whatever it begins with: `2`, `*2#`.
    Split,
}

/// Which alphabet a `data_coding` means at this operator (0 is whatever the operator says), and the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataCodings {
    /// What comes in; a value that is not here means what 3GPP 23.038 §5 says of it, or else `default_alphabet`.
    pub inbound: Vec<(u8, Alphabet)>,
    /// The operator's default alphabet.
    pub default_alphabet: Alphabet,
    /// What goes out; an alphabet that is not here cannot be sent.
    pub outbound: Vec<(Alphabet, u8)>,
}

impl DataCodings {
    /// Gives the alphabet of what came in; `None` where it is said to be octets or compressed, so that nobody's letters
    /// are guessed at.
    ///
    /// USSD gateways hand on the values of 23.038 §5, in which 0x00 to 0x0F are languages in the default alphabet, and
    /// what is reserved is read in it, too.
    pub fn alphabet(&self, data_coding: u8) -> Option<Alphabet> {
        if let Some((_, alphabet)) = self.inbound.iter().find(|(value, _)| *value == data_coding) {
            return Some(*alphabet);
        }
        match data_coding {
            // General data coding, without and with a header: bit 5 is compression, bits 3 and 2 the alphabet.
            0x60..=0x7F => None,
            0x40..=0x5F | 0x90..=0x9F => match data_coding >> 2 & 0b11 {
                0b00 => Some(self.default_alphabet),
                0b10 => Some(Alphabet::Ucs2),
                _ => None,
            },
            // A message class: bit 2 is the alphabet.
            0xF0..=0xFF if data_coding & 0b100 != 0 => None,
            0x00..=0x3F | 0x80..=0x8F | 0xA0..=0xFF => Some(self.default_alphabet),
        }
    }

    /// Gives the `data_coding` for what goes out.
    pub fn data_coding(&self, alphabet: Alphabet) -> Option<u8> {
        self.outbound.iter().find(|(it, _)| *it == alphabet).map(|(_, value)| *value)
    }
}

/// Type of number and numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TonNpi {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan indicator.
    pub npi: u8,
}

impl Dialect {
    /// Gives the dialect of the specification (SMPP 3.4 §5.3.2.44 and §5.3.2.47).
    ///
    /// `ussd_service_op` is 1 (begin) and 18 (continue) coming in, 2 (a screen) and 17 (the last screen) going out.
    /// `its_session_info` has two octets: the session's number, then the turn's number in the upper seven bits and the
    /// end of the session in the lowest.
    pub fn specification() -> Self {
        Self {
            service_type: "USSD".to_owned(),
            session: SessionRule {
                source: SessionSource::ItsSessionInfo,
                optional: true,
                sequence_mask: 0xFE,
                end_mask: 0x01,
                sequence_step: 0,
                sequence_advance: 1,
                changes: false,
            },
            inbound_ops: vec![
                InboundOp { op: 1, event: UssdEvent::Begin },
                InboundOp { op: 18, event: UssdEvent::Continue },
            ],
            inbound_without_op: None,
            inbound_end: UssdEvent::Abort,
            outbound_ops: OutboundOps { proceed: Some(2), end: Some(17) },
            end_signal: EndSignal::Both,
            push: PushOps { notify: None, menu: None },
            code_in: CodeIn::Destination,
            dial: Dial::Whole,
            data_codings: DataCodings {
                inbound: vec![
                    (0x01, Alphabet::Ascii),
                    (0x03, Alphabet::Latin1),
                    (0x08, Alphabet::Ucs2),
                    (0x0F, Alphabet::Gsm7),
                    (0x11, Alphabet::Ucs2),
                    (0x18, Alphabet::Ucs2),
                    (0x48, Alphabet::Ucs2),
                ],
                default_alphabet: Alphabet::Gsm7,
                outbound: vec![(Alphabet::Gsm7, 0x00), (Alphabet::Ucs2, 0x08), (Alphabet::Latin1, 0x03)],
            },
            packed: false,
            language_prefix: false,
            screens: Vec::new(),
            source_address: String::new(),
            source: None,
            destination: None,
        }
    }

    /// Gives the room of one screen: what 160 octets hold, less what this operator takes of it.
    pub fn screen(&self, alphabet: Alphabet) -> Budget {
        let standard = Budget::ussd(alphabet).units;
        let own = self.screens.iter().find(|budget| budget.alphabet == alphabet).map_or(standard, |own| own.units);
        let prefix = usize::from(self.language_prefix && alphabet == Alphabet::Ucs2);
        Budget { alphabet, units: own.min(standard - prefix) }
    }

    /// Whether a text of this `data_coding` begins with two octets that name its language.
    pub(super) fn names_language(&self, data_coding: u8) -> bool {
        match self.data_codings.data_coding(Alphabet::Ucs2) == Some(data_coding) {
            true => self.language_prefix,
            false => data_coding == UCS2_WITH_LANGUAGE,
        }
    }
}

/// The coding of 3GPP 23.038 §5 in which UCS-2 follows the name of its language.
pub const UCS2_WITH_LANGUAGE: u8 = 0x11;
/// The octets of such a name: two septets.
pub(super) const LANGUAGE_OCTETS: usize = 2;
