//! What is stored of a subscriber between two turns: the dialogue's session, and the radio session's last turn.

use super::callback::Marks;
use super::texting::Texting;
use crate::store::Life;
use dayaq_dialog::Session;
use dayaq_smpp::ussd::{UssdEvent, UssdInbound};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Turns before the last one that are known again when they are delivered once more.
const PAST_MAX: usize = 8;

/// The form of the envelope; a session of another form restarts from its last draft.
const SCHEMA: u8 = 1;

/// A subscriber's session as it is stored.
#[derive(Serialize, Deserialize)]
pub(super) struct Envelope {
    schema: u8,
    /// The dialogue's own state.
    pub dialog: Session,
    /// The radio session of the last turn.
    pub radio: Option<Radio>,
    /// What was written by SMS.
    #[serde(default)]
    pub texting: Texting,
    /// What an aggregator brought.
    #[serde(default)]
    pub marks: Marks,
    /// The version of the draft in safe keeping that this session has seen; `None` where an older program wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<u64>,
    /// The life of the store that it was last read from or written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
}

/// The last turn over the air, and the reply that it got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Radio {
    /// The operator's name: two operators may use the same session numbers.
    operator: String,
    key: Vec<u8>,
    sequence: Option<u64>,
    print: u64,
    /// Earlier turns of the radio session: number and print, the oldest first.
    #[serde(default)]
    past: Vec<(u64, u64)>,
    /// Whether the phone still holds the session.
    pub live: bool,
    /// The reply, as text; `None` while the core is asked.
    pub shown: Option<Shown>,
}

/// A reply as it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shown {
    pub text: String,
    pub ends: bool,
}

/// Why what was sealed as an envelope cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It has that form, which another version of the program writes.
    OtherForm(u64),
    /// It is no envelope of any version.
    Damaged,
}

impl Unread {
    fn of(plain: &[u8]) -> Self {
        /// What envelopes of every version have.
        #[derive(Deserialize)]
        struct Form {
            schema: u64,
        }
        match serde_json::from_slice(plain) {
            Ok(Form { schema }) if schema != u64::from(SCHEMA) => Self::OtherForm(schema),
            Ok(Form { .. }) | Err(_) => Self::Damaged,
        }
    }
}

impl Envelope {
    pub(super) fn new(dialog: Session) -> Self {
        let (texting, marks) = (Texting::default(), Marks::default());
        Self { schema: SCHEMA, dialog, radio: None, texting, marks, kept: None, life: None }
    }

    /// The operator over which the subscriber was last heard.
    pub(super) fn operator(&self) -> Option<&str> {
        self.radio.as_ref().map(Radio::operator).or(self.texting.operator.as_deref())
    }

    /// Reads a stored envelope, or says why this program cannot.
    pub(super) fn decode(plain: &[u8]) -> Result<Self, Unread> {
        match serde_json::from_slice::<Self>(plain) {
            Ok(envelope) if envelope.schema == SCHEMA => Ok(envelope),
            Ok(_) | Err(_) => Err(Unread::of(plain)),
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether this turn goes on with the radio session that is live.
    pub(super) fn belongs(&self, operator: &str, turn: &UssdInbound) -> bool {
        self.radio.as_ref().is_some_and(|r| r.live && r.operator == operator && r.key == turn.key.as_bytes())
    }
}

impl Radio {
    /// The operator over which the last turn came.
    pub(super) fn operator(&self) -> &str {
        &self.operator
    }

    /// Whether a turn has the name of this radio session.
    pub(super) fn is_of(&self, operator: &str, turn: &UssdInbound) -> bool {
        self.operator == operator && self.key == turn.key.as_bytes()
    }

    /// The number of the last turn, where the operator has such numbers.
    pub(super) fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// Whether a turn is the last one once more.
    pub(super) fn is(&self, turn: &UssdInbound) -> bool {
        self.sequence.is_some() && self.sequence == turn.sequence && self.print == print(turn)
    }

    /// Whether a turn was taken before the last one.
    pub(super) fn was(&self, turn: &UssdInbound) -> bool {
        turn.sequence.is_some_and(|sequence| self.past.contains(&(sequence, print(turn))))
    }

    /// The radio session after this turn, before its reply.
    pub(super) fn after(operator: &str, turn: &UssdInbound, before: Option<&Self>) -> Self {
        let before = before.filter(|radio| turn.event != UssdEvent::Begin && radio.is_of(operator, turn));
        let mut past = before.map(|radio| radio.past.clone()).unwrap_or_default();
        past.extend(before.and_then(|radio| radio.sequence.map(|sequence| (sequence, radio.print))));
        past.drain(..past.len().saturating_sub(PAST_MAX));
        Self {
            operator: operator.to_owned(),
            key: turn.key.as_bytes().to_vec(),
            sequence: turn.sequence,
            print: print(turn),
            past,
            live: matches!(turn.event, UssdEvent::Begin | UssdEvent::Continue),
            shown: None,
        }
    }
}

fn print(turn: &UssdInbound) -> u64 {
    let event = match turn.event {
        UssdEvent::Begin => 1,
        UssdEvent::Continue => 2,
        UssdEvent::Abort => 3,
        UssdEvent::Timeout => 4,
        UssdEvent::Notified => 5,
    };
    let text = turn.text.as_ref().map_or(&b""[..], |text| text.as_bytes());
    let digest = Sha256::new().chain_update([event]).chain_update(&turn.code).chain_update([0]).chain_update(text);
    let digest = digest.finalize();
    u64::from_be_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]])
}
