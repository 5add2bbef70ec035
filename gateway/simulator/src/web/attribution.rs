//! Whose PDU it is: a request names its phone, a response is its request's.

use crate::tap::Direction;
use dayaq_smpp::{Addr, Body, MessageKind, Pdu};
use dayaq_types::Msisdn;
use std::collections::{BTreeMap, VecDeque};

/// Requests that wait for their response; beyond, the oldest is forgotten and its response shown to nobody.
const PENDING_MAX: usize = 10_000;

/// Whom a PDU concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concern {
    /// The link as a whole, and so every phone.
    Link,
    /// One phone.
    Phone(Msisdn),
    /// A phone that cannot be told.
    Nobody,
}

/// A request on the wire: its connection, whether we sent it, and its number.
type Request = (u64, bool, u32);

/// Remembers the requests of phones until they are answered.
#[derive(Default)]
pub(super) struct Attribution {
    pending: BTreeMap<Request, Msisdn>,
    order: VecDeque<Request>,
}

impl Attribution {
    pub fn concern(&mut self, link: u64, direction: Direction, pdu: &Pdu<'_>) -> Concern {
        let sent = direction == Direction::Sent;
        let subscriber = match &pdu.body {
            Body::Message(MessageKind::DeliverSm, sm) => sm.source,
            Body::Message(MessageKind::SubmitSm, sm) => sm.destination,
            Body::Message(MessageKind::DataSm, sm) => {
                if sent {
                    sm.source
                } else {
                    sm.destination
                }
            }
            Body::MessageResp(..) => {
                let request = (link, !sent, pdu.sequence_number);
                return self.pending.remove(&request).map_or(Concern::Nobody, Concern::Phone);
            }
            Body::GenericNack => {
                let request = (link, !sent, pdu.sequence_number);
                return self.pending.remove(&request).map_or(Concern::Link, Concern::Phone);
            }
            Body::Bind(..)
            | Body::BindResp(..)
            | Body::Unbind
            | Body::UnbindResp
            | Body::EnquireLink
            | Body::EnquireLinkResp
            | Body::QuerySm(_)
            | Body::QuerySmResp(_)
            | Body::CancelSm(_)
            | Body::CancelSmResp
            | Body::ReplaceSm(_)
            | Body::ReplaceSmResp
            | Body::Outbind(_)
            | Body::AlertNotification(_)
            | Body::Unknown { .. } => return Concern::Link,
        };
        let Some(number) = number(subscriber) else { return Concern::Nobody };
        self.remember((link, sent, pdu.sequence_number), number);
        Concern::Phone(number)
    }

    fn remember(&mut self, request: Request, number: Msisdn) {
        if self.pending.insert(request, number).is_none() {
            self.order.push_back(request);
        }
        while self.order.len() > PENDING_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.pending.remove(&oldest);
            }
        }
    }
}

fn number(address: Addr<'_>) -> Option<Msisdn> {
    Msisdn::parse(std::str::from_utf8(address.digits).ok()?).ok()
}
