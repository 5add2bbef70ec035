//! One page's phone: what it does, and everything that it heard.

use super::event::{Ender, Event, SmsView, fault, in_baku};
use crate::handset::Handset;
use crate::inbox::Sms;
use crate::phone::{HandsetError, Screen};
use dayaq_types::{Clock, Msisdn};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

/// Events that a page loaded again hears; the oldest go first.
const PAST_MAX: usize = 4000;
/// Events that a page may lag behind before its stream begins anew.
const LAG_MAX: usize = 512;
/// Things that one phone may do at once: a real one does one or two.
const DEEDS_MAX: usize = 8;

/// An event as it is told, with the number by which a page asks for what came after.
#[derive(Clone)]
pub(super) struct Told {
    pub id: u64,
    pub json: Arc<str>,
}

/// A phone with a page, or several, in front of it.
pub(super) struct Line {
    handset: Handset,
    clock: Arc<dyn Clock>,
    heard: Mutex<Heard>,
    live: broadcast::Sender<Told>,
    deeds: Arc<Semaphore>,
}

#[derive(Default)]
struct Heard {
    last: u64,
    past: VecDeque<Told>,
    /// The page believes that a session is open.
    open: bool,
    /// Counts what the phone did: the outcome of something that was overtaken is not told.
    deed: u64,
    /// How many of the inbox's texts were told.
    texts: u64,
    bound: Option<bool>,
}

/// What the network knows of a phone at one moment.
pub(super) struct Reception {
    pub bound: bool,
    pub in_session: bool,
    /// How many texts ever came.
    pub total: u64,
    /// Those that were not told yet, oldest first.
    pub fresh: Vec<Sms>,
}

impl Line {
    pub fn new(handset: Handset, clock: Arc<dyn Clock>) -> Self {
        Self {
            handset,
            clock,
            heard: Mutex::default(),
            live: broadcast::Sender::new(LAG_MAX),
            deeds: Arc::new(Semaphore::new(DEEDS_MAX)),
        }
    }

    pub fn number(&self) -> Msisdn {
        self.handset.number()
    }

    /// Whether a page listens.
    pub fn has_page(&self) -> bool {
        self.live.receiver_count() > 0
    }

    /// A place among the things that the phone does; `None` where it does too many already.
    pub fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.deeds.clone().try_acquire_owned().ok()
    }

    /// What came after `last`, and what will come.
    pub fn listen(&self, last: Option<u64>) -> (VecDeque<Told>, broadcast::Receiver<Told>) {
        let heard = self.heard();
        let past = heard.past.iter().filter(|told| last.is_none_or(|last| told.id > last)).cloned().collect();
        (past, self.live.subscribe())
    }

    pub async fn dial(&self, code: &str) {
        let deed = self.begin(Some(Event::Dialled { code: code.to_owned() }));
        let screen = self.handset.dial(code).await;
        self.conclude(deed, screen);
    }

    pub async fn answer(&self, typed: &str) {
        let deed = self.begin(None);
        let screen = self.handset.send(typed).await;
        self.conclude(deed, screen);
    }

    pub async fn hang_up(&self) {
        self.begin(Some(Event::Ended { by: Ender::Phone }));
        // Where nothing was open, or nobody is there to be told, the phone is idle all the same.
        let _ = self.handset.hang_up().await;
    }

    pub async fn time_out(&self) {
        self.begin(Some(Event::Ended { by: Ender::Network }));
        // The same.
        let _ = self.handset.time_out().await;
    }

    pub async fn send_sms(&self, text: &str) {
        match self.handset.send_sms(text).await {
            Ok(()) => self.tell(&Event::Sent { text: text.to_owned(), at: in_baku(self.clock.now()) }),
            Err(error) => self.tell(&Event::Fault { why: fault(error), open: self.handset.in_session() }),
        }
    }

    /// Tells what changed without the page's doing. `receive` says how things are, given how many texts were told; it
    /// is asked while nothing else can be told, so that its answer is not older than what was told last.
    pub fn notice(&self, receive: impl FnOnce(u64) -> Reception) {
        let mut heard = self.heard();
        let reception = receive(heard.texts);
        if heard.bound != Some(reception.bound) {
            heard.bound = Some(reception.bound);
            self.add(&mut heard, &Event::Network { bound: reception.bound });
        }
        if heard.open && !reception.in_session {
            heard.open = false;
            self.add(&mut heard, &Event::Ended { by: Ender::Network });
        }
        heard.texts = reception.total;
        let now = self.clock.now();
        for sms in &reception.fresh {
            self.add(&mut heard, &Event::Sms(SmsView::new(sms, now)));
        }
    }

    pub fn tell(&self, event: &Event) {
        self.add(&mut self.heard(), event);
    }

    /// Tells an event that is written already, as the wire's are for several phones.
    pub fn tell_written(&self, json: Arc<str>) {
        self.push(&mut self.heard(), json);
    }

    fn begin(&self, event: Option<Event>) -> u64 {
        let mut heard = self.heard();
        heard.deed += 1;
        heard.open = false;
        if let Some(event) = event {
            self.add(&mut heard, &event);
        }
        heard.deed
    }

    fn conclude(&self, deed: u64, screen: Result<Screen, HandsetError>) {
        let in_session = self.handset.in_session();
        let mut heard = self.heard();
        if heard.deed != deed {
            return;
        }
        heard.open = in_session;
        let event = match screen {
            Ok(screen) => Event::Screen(screen.into()),
            Err(error) => Event::Fault { why: fault(error), open: in_session },
        };
        self.add(&mut heard, &event);
    }

    fn add(&self, heard: &mut Heard, event: &Event) {
        // Texts and numbers always have a form in JSON.
        if let Ok(json) = serde_json::to_string(event) {
            self.push(heard, json.into());
        }
    }

    fn push(&self, heard: &mut Heard, json: Arc<str>) {
        heard.last += 1;
        let told = Told { id: heard.last, json };
        if heard.past.len() >= PAST_MAX {
            heard.past.pop_front();
        }
        heard.past.push_back(told.clone());
        // Nobody may be listening.
        let _ = self.live.send(told);
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(|e| e.into_inner())
    }
}
