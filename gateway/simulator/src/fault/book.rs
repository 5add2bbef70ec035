//! The faults that stand, and how often each has struck.

use super::{Deed, Fault};

/// Faults that may stand at once.
const FAULTS_MAX: usize = 64;

/// Every fault that stands, oldest first.
#[derive(Debug, Default)]
pub(crate) struct FaultBook {
    standing: Vec<Standing>,
    ids: u64,
}

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub id: u64,
    pub fault: Fault,
    /// Occasions that it fitted.
    met: u64,
    /// How often it went wrong.
    pub struck: u64,
}

/// Something that may go wrong. A phone is named by its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion<'o> {
    /// A bind is to be judged.
    Bind,
    /// A message for this phone is to be taken.
    Submit(&'o str),
    /// It is taken and is to be answered.
    Response(&'o str),
    /// Its receipt is to be sent.
    Receipt(&'o str),
    /// A message from this phone is about to be sent.
    Deliver(&'o str),
    /// A probe is to be answered.
    EnquireLink,
    /// A PDU is about to be sent, after which the link has sent so many octets.
    Sent(u64),
}

/// What goes wrong all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lasting {
    pub half_open: bool,
    pub octets_per_s: Option<u32>,
}

impl FaultBook {
    /// Lets a fault stand from now on, and names it; `None` where too many stand.
    pub fn add(&mut self, fault: Fault) -> Option<u64> {
        if self.standing.len() >= FAULTS_MAX {
            return None;
        }
        self.ids += 1;
        self.standing.push(Standing { id: self.ids, fault, met: 0, struck: 0 });
        Some(self.ids)
    }

    /// Ends a fault; tells whether it stood.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.standing.len();
        self.standing.retain(|standing| standing.id != id);
        self.standing.len() < before
    }

    /// Ends all of them.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// All that stand.
    pub fn all(&self) -> &[Standing] {
        &self.standing
    }

    /// What goes wrong now, on a link that has sent so many PDUs: the oldest fault whose turn it is.
    pub fn strike(&mut self, occasion: Occasion<'_>, sent: u64) -> Option<Deed> {
        for standing in &mut self.standing {
            let fault = &standing.fault;
            let over = fault.times.is_some_and(|times| standing.struck >= u64::from(times));
            if over || sent < fault.after || !fits(fault, occasion) {
                continue;
            }
            standing.met += 1;
            if standing.met % u64::from(fault.every.max(1)) == 0 {
                standing.struck += 1;
                return Some(fault.deed);
            }
        }
        None
    }

    /// What goes wrong all the time on a link that has sent so many PDUs.
    pub fn lasting(&self, sent: u64) -> Lasting {
        let mut lasting = Lasting::default();
        for fault in self.standing.iter().map(|standing| &standing.fault).filter(|fault| sent >= fault.after) {
            match fault.deed {
                Deed::HalfOpen => lasting.half_open = true,
                Deed::Slow(rate) => lasting.octets_per_s = Some(rate),
                _ => {}
            }
        }
        lasting
    }
}

fn fits(fault: &Fault, occasion: Occasion<'_>) -> bool {
    let (of_kind, phone) = match occasion {
        Occasion::Bind => (matches!(fault.deed, Deed::RefuseBind(_) | Deed::IgnoreBind), ""),
        Occasion::Submit(phone) => (matches!(fault.deed, Deed::Refuse(_) | Deed::Nack(_)), phone),
        Occasion::Response(phone) => {
            let deeds = matches!(
                fault.deed,
                Deed::LateResponse(_) | Deed::LoseResponse | Deed::WrongSequence | Deed::WrongCommand
            );
            (deeds, phone)
        }
        Occasion::Receipt(phone) => (matches!(fault.deed, Deed::Receipt(_) | Deed::LoseReceipt), phone),
        Occasion::Deliver(phone) => (matches!(fault.deed, Deed::DeliverTwice | Deed::TruncateParameter), phone),
        Occasion::EnquireLink => (matches!(fault.deed, Deed::IgnoreEnquireLink), ""),
        Occasion::Sent(octets) => {
            let deeds = match fault.deed {
                Deed::CutAtOctet(at) => at <= octets,
                Deed::Cut | Deed::Unbind | Deed::Length(_) | Deed::Command(_) => true,
                _ => false,
            };
            (deeds, "")
        }
    };
    of_kind && phone.starts_with(&fault.to)
}
