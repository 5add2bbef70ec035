//! What was said: the PDUs of a capture in the order of their time, each with its sender and its answer.

use super::evidence::Tally;
use crate::oddity::oddities;
use dayaq_smpp::{
    BindKind, Body, CommandId, CommandStatus, MessageId, MessageKind, ShortMessage, Tag, decode_forgiving,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// PDUs that are kept; later ones are only counted. So many dialogues say all that there is to say.
const KEPT_MAX: usize = 250_000;
/// Octets of kept PDUs.
const OCTETS_MAX: usize = 64 * 1024 * 1024;

/// A PDU as it came out of the capture.
pub(super) struct Heard<'a> {
    pub connection: u32,
    /// Which end of the connection sent it; `None` where only its command can tell.
    pub side: Option<usize>,
    pub at: Option<Duration>,
    /// The packet's number, or the line's.
    pub place: u64,
    pub octets: &'a [u8],
}

/// Who sent a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sender {
    Esme,
    Smsc,
}

impl Sender {
    const fn other(self) -> Self {
        match self {
            Self::Esme => Self::Smsc,
            Self::Smsc => Self::Esme,
        }
    }
}

/// What a PDU says, as far as anything is learnt from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Bind(BindKind, u8),
    BindResp(Option<u64>),
    EnquireLink,
    Message(MessageKind, Box<ShortMessage>),
    MessageResp(MessageKind, Option<MessageId>),
    /// Any other PDU.
    Other(CommandId),
    /// A request with a field that cannot be read; it is among the oddities.
    Unreadable(CommandId),
}

/// One PDU.
#[derive(Clone, Debug)]
pub(super) struct Pdu {
    pub connection: u32,
    pub side: Option<usize>,
    pub sender: Sender,
    pub at: Option<Duration>,
    pub place: u64,
    pub sequence_number: u32,
    pub status: CommandStatus,
    pub is_response: bool,
    pub what: What,
    /// Where in the traffic the answer to this request stands.
    pub answer: Option<usize>,
}

impl Pdu {
    /// The message, if it is one.
    pub fn message(&self) -> Option<&ShortMessage> {
        match &self.what {
            What::Message(_, message) => Some(message),
            What::Bind(..)
            | What::BindResp(_)
            | What::EnquireLink
            | What::MessageResp(..)
            | What::Other(_)
            | What::Unreadable(_) => None,
        }
    }
}

/// Everything that was said.
#[derive(Default)]
pub(super) struct Traffic {
    /// By time.
    pub pdus: Vec<Pdu>,
    /// PDUs that were only counted.
    pub beyond: u64,
    /// PDUs that are not quite right, by what is wrong with them and became of it.
    pub oddities: Tally<String>,
    octets: usize,
}

impl Traffic {
    /// Takes a PDU.
    pub fn hear(&mut self, heard: &Heard<'_>) {
        if self.pdus.len() >= KEPT_MAX || self.octets + heard.octets.len() > OCTETS_MAX {
            self.beyond += 1;
            return;
        }
        self.octets += heard.octets.len();
        let Some(header) = dayaq_smpp::Header::read(heard.octets) else { return };
        let what = match decode_forgiving(heard.octets) {
            Ok((pdu, forgiven)) => {
                for oddity in oddities(header.command_id, &forgiven) {
                    self.oddities.add(oddity, heard.place);
                }
                say(pdu.body)
            }
            Err(error) => {
                self.oddities.add(format!("{error}; it cannot be read and was passed over"), heard.place);
                What::Unreadable(header.command_id)
            }
        };
        self.pdus.push(Pdu {
            connection: heard.connection,
            side: heard.side,
            sender: Sender::Esme,
            at: heard.at,
            place: heard.place,
            sequence_number: header.sequence_number,
            status: header.command_status,
            is_response: header.command_id.is_response(),
            what,
            answer: None,
        });
    }

    /// Puts all in order once everything was heard: by time, with senders and answers.
    pub fn settle(&mut self) {
        self.pdus.sort_by_key(|pdu| (pdu.at.unwrap_or_default(), pdu.place));
        let mut votes: BTreeMap<u32, i64> = BTreeMap::new();
        for pdu in &self.pdus {
            if let (Some(side), Some(sender)) = (pdu.side, told_by_command(pdu)) {
                let first_is_esme = (side == 0) == (sender == Sender::Esme);
                *votes.entry(pdu.connection).or_default() += if first_is_esme { 1 } else { -1 };
            }
        }
        for pdu in &mut self.pdus {
            pdu.sender = match pdu.side {
                Some(side) => {
                    let first_is_esme = votes.get(&pdu.connection).is_none_or(|votes| *votes >= 0);
                    if first_is_esme == (side == 0) { Sender::Esme } else { Sender::Smsc }
                }
                None => told_by_command(pdu).unwrap_or(Sender::Esme),
            };
        }
        self.pair();
    }

    fn pair(&mut self) {
        let mut open: BTreeMap<(u32, Sender, u32), usize> = BTreeMap::new();
        for at in 0..self.pdus.len() {
            let pdu = &self.pdus[at];
            let (connection, sender, sequence_number) = (pdu.connection, pdu.sender, pdu.sequence_number);
            if pdu.is_response {
                if let Some(request) = open.remove(&(connection, sender.other(), sequence_number)) {
                    self.pdus[request].answer = Some(at);
                }
            } else {
                open.insert((connection, sender, sequence_number), at);
            }
        }
    }

    /// The answer to a request.
    pub fn answer_to(&self, pdu: &Pdu) -> Option<&Pdu> {
        pdu.answer.and_then(|at| self.pdus.get(at))
    }
}

fn say(body: Body<'_>) -> What {
    let command_id = body.command_id();
    match body {
        Body::Bind(kind, bind) => What::Bind(kind, bind.interface_version),
        Body::BindResp(_, resp) => What::BindResp(resp.tlvs.uint(Tag::SC_INTERFACE_VERSION)),
        Body::EnquireLink => What::EnquireLink,
        Body::Message(kind, sm) => match ShortMessage::try_from(&sm) {
            Ok(message) => What::Message(kind, Box::new(message)),
            Err(_) => What::Unreadable(command_id),
        },
        Body::MessageResp(kind, resp) => {
            What::MessageResp(kind, resp.message_id.and_then(|id| MessageId::new(id).ok()))
        }
        Body::Unbind
        | Body::UnbindResp
        | Body::EnquireLinkResp
        | Body::QuerySm(_)
        | Body::QuerySmResp(_)
        | Body::CancelSm(_)
        | Body::CancelSmResp
        | Body::ReplaceSm(_)
        | Body::ReplaceSmResp
        | Body::Outbind(_)
        | Body::AlertNotification(_)
        | Body::GenericNack
        | Body::Unknown { .. } => What::Other(command_id),
    }
}

/// Who must have sent it: most commands go one way only.
fn told_by_command(pdu: &Pdu) -> Option<Sender> {
    let by_esme = match &pdu.what {
        What::Bind(..) => true,
        What::BindResp(_) => false,
        What::Message(MessageKind::SubmitSm, _) | What::MessageResp(MessageKind::DeliverSm, _) => true,
        What::Message(MessageKind::DeliverSm, _) | What::MessageResp(MessageKind::SubmitSm, _) => false,
        What::Unreadable(id) | What::Other(id) => match *id {
            CommandId::SUBMIT_SM | CommandId::QUERY_SM | CommandId::CANCEL_SM | CommandId::REPLACE_SM => true,
            CommandId::DELIVER_SM | CommandId::OUTBIND | CommandId::ALERT_NOTIFICATION => false,
            _ => return None,
        },
        What::Message(MessageKind::DataSm, _) | What::MessageResp(MessageKind::DataSm, _) | What::EnquireLink => {
            return None;
        }
    };
    Some(if by_esme { Sender::Esme } else { Sender::Smsc })
}
