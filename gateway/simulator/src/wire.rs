//! The last step before the socket: what a link wants to say, with what is to go wrong on the way. No I/O.

use crate::fault::{Deed, FaultBook, Occasion};
use dayaq_smpp::{
    Body, CommandId, CommandStatus, HEADER_LEN, Header, Instant, MAX_PDU_LEN, MessageKind, Pdu, decode, encode,
    split_frame,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Set in the sequence number of what the link did not send, so that it never meets one of the link's own.
const FOREIGN: u32 = 0x4000_0000;
/// A vendor's tag (SMPP 3.4 §5.3.2), for a parameter that claims 200 octets and has one.
const TRUNCATED: [u8; 5] = [0x14, 0x00, 0x00, 200, 0xFF];
/// How often a slow link writes at most.
const SLOW_WRITES_PER_S: u32 = 20;

/// What happens to a response on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    Lose,
    OtherSequence,
    OtherCommand,
    Nack(CommandStatus),
}

/// What goes out over one connection.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    plans: BTreeMap<u32, Plan>,
    ready: Vec<u8>,
    /// PDUs and octets that went out or are ready to.
    sent: u64,
    octets: u64,
    /// Nothing follows what is ready.
    cut: bool,
    unbind: bool,
    next_write: Option<Instant>,
}

impl Wire {
    /// PDUs sent so far, those that are ready among them.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Octets that are ready to be written.
    pub fn ready(&self) -> &[u8] {
        &self.ready
    }

    /// Takes notice that so many octets were written.
    pub fn written(&mut self, octets: usize) {
        self.ready.drain(..octets);
    }

    /// Whether the connection is to end once everything is written.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Whether the link is to unbind now; asked once.
    pub fn take_unbind(&mut self) -> bool {
        std::mem::take(&mut self.unbind)
    }

    /// Decides what happens to the response to that request.
    pub fn plan(&mut self, sequence_number: u32, plan: Plan) {
        self.plans.insert(sequence_number, plan);
    }

    /// Takes what the link wants to say: whole PDUs.
    pub fn pass(&mut self, mut octets: &[u8], book: &mut FaultBook) {
        while let Ok(Some(frame)) = split_frame(octets, MAX_PDU_LEN) {
            octets = &octets[frame.len()..];
            self.pass_frame(frame, book);
        }
    }

    fn pass_frame(&mut self, frame: &[u8], book: &mut FaultBook) {
        let Some(header) = Header::read(frame) else { return };
        let id = header.command_id;
        if id == CommandId::SUBMIT_SM.response() || id == CommandId::DATA_SM.response() {
            match self.plans.remove(&header.sequence_number) {
                None => self.put(frame, book),
                Some(Plan::Lose) => {}
                Some(Plan::OtherSequence) => {
                    self.put(&with_sequence(frame, header.sequence_number ^ FOREIGN), book);
                }
                Some(Plan::OtherCommand) => {
                    let mut other = frame.to_vec();
                    other[4..8].copy_from_slice(&CommandId::DELIVER_SM.response().0.to_be_bytes());
                    self.put(&other, book);
                }
                Some(Plan::Nack(status)) => {
                    let pdu = Pdu {
                        command_status: status,
                        sequence_number: header.sequence_number,
                        body: Body::GenericNack,
                    };
                    let mut nack = Vec::new();
                    // A header alone always has an encoding.
                    let _ = encode(&pdu, &mut nack);
                    self.put(&nack, book);
                }
            }
        } else if id == CommandId::ENQUIRE_LINK.response() {
            if book.strike(Occasion::EnquireLink, self.sent) != Some(Deed::IgnoreEnquireLink) {
                self.put(frame, book);
            }
        } else if id == CommandId::DELIVER_SM {
            match book.strike(Occasion::Deliver(&sender(frame)), self.sent) {
                Some(Deed::DeliverTwice) => {
                    self.put(frame, book);
                    self.put(&with_sequence(frame, header.sequence_number ^ FOREIGN), book);
                }
                Some(Deed::TruncateParameter) => self.put(&truncated(frame), book),
                _ => self.put(frame, book),
            }
        } else {
            self.put(frame, book);
        }
    }

    /// Makes a PDU ready, and what goes wrong after it.
    fn put(&mut self, frame: &[u8], book: &mut FaultBook) {
        if self.cut {
            return;
        }
        let after = self.octets + frame.len() as u64;
        self.sent += 1;
        let deed = book.strike(Occasion::Sent(after), self.sent);
        let whole = match deed {
            Some(Deed::CutAtOctet(at)) => usize::try_from(at.saturating_sub(self.octets)).unwrap_or(usize::MAX),
            _ => frame.len(),
        };
        let part = &frame[..whole.min(frame.len())];
        self.ready.extend_from_slice(part);
        self.octets += part.len() as u64;
        match deed {
            Some(Deed::Cut | Deed::CutAtOctet(_)) => self.cut = true,
            Some(Deed::Unbind) => self.unbind = true,
            Some(Deed::Length(length)) => self.put_header(length, CommandId::ENQUIRE_LINK.0),
            Some(Deed::Command(id)) => self.put_header(HEADER_LEN as u32, id),
            _ => {}
        }
    }

    fn put_header(&mut self, length: u32, command_id: u32) {
        let sequence_number = FOREIGN | self.sent as u32 & 0xFFFF;
        let header = [length, command_id, 0, sequence_number].map(u32::to_be_bytes).concat();
        self.sent += 1;
        self.octets += header.len() as u64;
        self.ready.extend_from_slice(&header);
    }

    /// How many octets may be written now, at this rate.
    pub fn allowed(&self, now: Instant, octets_per_s: Option<u32>) -> usize {
        match octets_per_s {
            None => self.ready.len(),
            Some(_) if self.next_write.is_some_and(|at| now < at) => 0,
            Some(rate) => self.ready.len().min(chunk(rate)),
        }
    }

    /// Takes notice that something was written at this rate.
    pub fn pace(&mut self, now: Instant, octets_per_s: Option<u32>) {
        self.next_write = octets_per_s.map(|rate| now + Duration::from_secs(1) * chunk(rate) as u32 / rate);
    }

    /// When a slow link may write again; `None` where it need not wait, or has nothing to write.
    pub fn next_write(&self) -> Option<Instant> {
        self.next_write.filter(|_| !self.ready.is_empty())
    }
}

fn chunk(octets_per_s: u32) -> usize {
    (octets_per_s / SLOW_WRITES_PER_S).max(1) as usize
}

fn with_sequence(frame: &[u8], sequence_number: u32) -> Vec<u8> {
    let mut other = frame.to_vec();
    other[12..16].copy_from_slice(&sequence_number.to_be_bytes());
    other
}

fn truncated(frame: &[u8]) -> Vec<u8> {
    let mut longer = [frame, &TRUNCATED].concat();
    let length = u32::try_from(longer.len()).unwrap_or(u32::MAX);
    longer[..4].copy_from_slice(&length.to_be_bytes());
    longer
}

/// Who sends a deliver_sm: the phone; a receipt bears its message's phone.
fn sender(frame: &[u8]) -> String {
    match decode(frame).map(|pdu| pdu.body) {
        Ok(Body::Message(MessageKind::DeliverSm, sm)) => String::from_utf8_lossy(sm.source.digits).into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a03_a_slow_link_writes_one_octet_a_second() {
        let mut wire = Wire::default();
        let mut probe = Vec::new();
        let pdu = Pdu { command_status: CommandStatus::ROK, sequence_number: 7, body: Body::EnquireLink };
        encode(&pdu, &mut probe).expect("a header");
        wire.pass(&probe, &mut FaultBook::default());
        let mut written = Vec::new();
        for tenth in 0..200 {
            let now = Instant::from_micros(tenth * 100_000);
            let allowed = wire.allowed(now, Some(1));
            if allowed > 0 {
                assert!(wire.next_write().is_none_or(|at| at <= now));
                written.push((tenth, wire.ready()[..allowed].to_vec()));
                wire.written(allowed);
                wire.pace(now, Some(1));
            }
        }
        assert!(written.iter().enumerate().all(|(at, (tenth, octets))| *tenth == 10 * at as u64 && octets.len() == 1));
        assert_eq!(written.into_iter().flat_map(|(_, octets)| octets).collect::<Vec<u8>>(), probe);
        assert_eq!(wire.next_write(), None, "nothing is left");
    }
}
