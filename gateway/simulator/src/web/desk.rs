//! All pages' phones, and the watch over network and wire that tells them what happened.

use super::attribution::{Attribution, Concern};
use super::event::Event;
use super::line::{Line, Reception};
use super::pdu::PduView;
use crate::exchange::Exchange;
use crate::handset::Handset;
use crate::tap::TappedPdu;
use dayaq_smpp::{Body, Pdu, decode};
use dayaq_types::Msisdn;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// Phones at once. A further page takes the place of the oldest that nobody looks at any more.
const LINES_MAX: usize = 256;
/// PDUs of the link itself that a new page is shown: the bind above all.
const LINK_PAST_MAX: usize = 16;
/// Numbers of web phones begin so: a prefix under which, in all likelihood, nobody can be reached.
const PREFIX: &str = "99440";

/// A phone's name in addresses: what only its page knows.
pub(super) type LineId = String;

/// Where pages get their phones.
pub(super) struct Desk {
    pub cancel: CancellationToken,
    pub exchange: Arc<Exchange>,
    lines: Mutex<Vec<(LineId, Arc<Line>)>>,
    link_past: Mutex<VecDeque<Arc<str>>>,
}

impl Desk {
    pub fn new(exchange: Arc<Exchange>) -> Self {
        let cancel = exchange.cancel.child_token();
        Self { cancel, exchange, lines: Mutex::default(), link_past: Mutex::default() }
    }

    /// The service code as it is dialled.
    pub fn code(&self) -> String {
        format!("*{}#", self.exchange.config.short_code)
    }

    /// Gives a page a phone, of the number that it had before where that is free; `None` where all phones are taken.
    pub fn open(&self, wanted: Option<Msisdn>) -> Option<(LineId, Arc<Line>)> {
        let mut lines = self.lines();
        if lines.len() >= LINES_MAX {
            let idle = lines.iter().position(|(_, line)| !line.has_page())?;
            lines.remove(idle);
        }
        let taken = |number: &Msisdn| lines.iter().any(|(_, line)| line.number() == *number);
        let number = match wanted.filter(|number| !taken(number)) {
            Some(number) => number,
            None => std::iter::repeat_with(|| self.any_number()).flatten().find(|number| !taken(number))?,
        };
        let handset = Handset::new(self.exchange.clone(), number);
        let line = Arc::new(Line::new(handset, self.exchange.config.clock.clone()));
        // A PDU of the link that passes at this moment is told once: both this and `record` hold the lines.
        for json in self.link_past().iter() {
            line.tell_written(json.clone());
        }
        let mut id = [0; 16];
        self.exchange.config.entropy.fill(&mut id);
        let id: LineId = id.iter().map(|octet| format!("{octet:02x}")).collect();
        lines.push((id.clone(), line.clone()));
        drop(lines);
        line.notice(|told| self.reception(number, told));
        Some((id, line))
    }

    /// The phone of that name.
    pub fn line(&self, id: &str) -> Option<Arc<Line>> {
        self.lines().iter().find(|(known, _)| known == id).map(|(_, line)| line.clone())
    }

    /// Tells pages of texts, of ended sessions and of the wire, until cancelled.
    pub async fn watch(&self, mut tap: broadcast::Receiver<TappedPdu>) {
        let mut attribution = Attribution::default();
        loop {
            let news = self.exchange.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            self.look();
            loop {
                tokio::select! {
                    tapped = tap.recv() => match tapped {
                        Ok(tapped) => self.record(&tapped, &mut attribution),
                        // What was missed is missing in the pages, and nowhere else.
                        Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    },
                    () = &mut news => break,
                    () = self.cancel.cancelled() => return,
                }
            }
        }
    }

    fn look(&self) {
        let lines: Vec<Arc<Line>> = self.lines().iter().map(|(_, line)| line.clone()).collect();
        for line in lines {
            line.notice(|told| self.reception(line.number(), told));
        }
    }

    fn reception(&self, number: Msisdn, told: u64) -> Reception {
        let bound = self.exchange.is_bound();
        let state = self.exchange.state();
        let Some(phone) = state.phones.get(&number) else {
            return Reception { bound, in_session: false, total: 0, fresh: Vec::new() };
        };
        let texts = &phone.inbox.texts;
        let fresh = usize::try_from(phone.inbox.total.saturating_sub(told)).unwrap_or(usize::MAX);
        let fresh = texts[texts.len().saturating_sub(fresh)..].to_vec();
        Reception { bound, in_session: phone.radio.is_some(), total: phone.inbox.total, fresh }
    }

    fn record(&self, tapped: &TappedPdu, attribution: &mut Attribution) {
        let pdu = decode(&tapped.octets).ok();
        let concern = match &pdu {
            Some(pdu) => attribution.concern(tapped.link, tapped.direction, pdu),
            None => Concern::Link,
        };
        let lines = self.lines();
        let hears = |line: &Line| match concern {
            Concern::Link => true,
            Concern::Phone(number) => line.number() == number,
            Concern::Nobody => false,
        };
        if concern != Concern::Link && !lines.iter().any(|(_, line)| hears(line)) {
            return;
        }
        let view = PduView::new(tapped, pdu.as_ref(), &self.exchange.config.dialect);
        let Ok(json) = serde_json::to_string(&Event::Pdu(Box::new(view))) else { return };
        let json: Arc<str> = json.into();
        if concern == Concern::Link && !pdu.as_ref().is_some_and(is_heartbeat) {
            let mut past = self.link_past();
            if past.len() >= LINK_PAST_MAX {
                past.pop_front();
            }
            past.push_back(json.clone());
        }
        for (_, line) in lines.iter().filter(|(_, line)| hears(line)) {
            line.tell_written(json.clone());
        }
    }

    /// A number by chance; `None` never, in fact.
    fn any_number(&self) -> Option<Msisdn> {
        let mut random = [0; 4];
        self.exchange.config.entropy.fill(&mut random);
        Msisdn::parse(&format!("{PREFIX}{:07}", u32::from_be_bytes(random) % 10_000_000)).ok()
    }

    fn lines(&self) -> MutexGuard<'_, Vec<(LineId, Arc<Line>)>> {
        self.lines.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn link_past(&self) -> MutexGuard<'_, VecDeque<Arc<str>>> {
        self.link_past.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Whether a PDU only asks or tells that the link is alive.
fn is_heartbeat(pdu: &Pdu<'_>) -> bool {
    matches!(pdu.body, Body::EnquireLink | Body::EnquireLinkResp)
}
