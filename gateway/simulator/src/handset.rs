//! A phone in somebody's hand.

use crate::delivery::{address_of, code_address};
use crate::exchange::Exchange;
use crate::inbox::Sms;
use crate::phone::{HandsetError, Screen};
use dayaq_smpp::ussd::{DialString, UssdEvent};
use dayaq_smpp::{CommandStatus, ShortMessage};
use dayaq_text::{Reference, best_alphabet, encode, split};
use dayaq_types::Msisdn;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// `esm_class`: the text begins with a user data header.
const UDHI: u8 = 0x40;

/// A phone. Clones, and handsets of the same number, are the same phone with one radio session and one inbox.
#[derive(Clone)]
pub struct Handset {
    exchange: Arc<Exchange>,
    number: Msisdn,
}

impl Handset {
    pub(crate) fn new(exchange: Arc<Exchange>, number: Msisdn) -> Self {
        Self { exchange, number }
    }

    /// The phone's number.
    pub fn number(&self) -> Msisdn {
        self.number
    }

    /// Dials `*7142#` or `*7142*2#` and waits for the first screen; first for a bind, where there is none.
    ///
    /// A session that is open is forgotten without a word to the ESME, as when a phone lost the network.
    pub async fn dial(&self, dialled: &str) -> Result<Screen, HandsetError> {
        let code = self.code_of(dialled).ok_or(HandsetError::UnknownCode)?;
        self.service().await?;
        let (session, screen) = self.exchange.begin(self.number, code, dialled)?;
        self.watch(session, screen).await
    }

    /// The service code that a dial string begins with; `None` where the network knows no such code.
    fn code_of<'d>(&self, dialled: &'d str) -> Option<&'d str> {
        DialString::parse(dialled).map(|d| d.code).filter(|code| self.exchange.config.knows(code))
    }

    /// Whether the network knows the code that is dialled.
    pub(crate) fn may_dial(&self, dialled: &str) -> bool {
        self.code_of(dialled).is_some()
    }

    /// Whether a gateway is bound.
    pub(crate) fn has_service(&self) -> bool {
        self.exchange.is_bound()
    }

    /// Waits until a gateway is bound, as long as a phone looks for the network.
    pub(crate) async fn service(&self) -> Result<(), HandsetError> {
        let bound = |exchange: &Exchange| exchange.is_bound().then_some(());
        self.exchange.wait_for(self.exchange.config.bind_wait, bound).await.ok_or(HandsetError::NoService)
    }

    /// Answers the screen and waits for the next one.
    pub async fn send(&self, typed: &str) -> Result<Screen, HandsetError> {
        let (session, screen) = self.exchange.proceed(self.number, typed, |_| {})?;
        self.watch(session, screen).await
    }

    /// Answers with octets that no phone would send: NUL, half a surrogate pair.
    pub async fn send_octets(&self, data_coding: u8, octets: &[u8]) -> Result<Screen, HandsetError> {
        let (session, screen) = self.exchange.proceed(self.number, "", |message| {
            message.data_coding = data_coding;
            message.short_message = octets.to_vec();
        })?;
        self.watch(session, screen).await
    }

    /// The next screen that came without a dial; waits for it. A menu is answered by [`Self::send`].
    pub async fn next_push(&self, limit: Duration) -> Result<Screen, HandsetError> {
        let next = |exchange: &Exchange| exchange.state().phones.get_mut(&self.number)?.pushed.pop_front();
        self.exchange.wait_for(limit, next).await.ok_or(HandsetError::NoAnswer)
    }

    /// Whether a radio session is open.
    pub fn in_session(&self) -> bool {
        self.exchange.state().radio(self.number).is_some()
    }

    /// Waits until no radio session is open: the phone hung up, the service let it go, or the network ended it.
    pub async fn session_over(&self, limit: Duration) -> Result<(), HandsetError> {
        let over = |exchange: &Exchange| exchange.state().radio(self.number).is_none().then_some(());
        self.exchange.wait_for(limit, over).await.ok_or(HandsetError::NoAnswer)
    }

    /// Hangs up, and waits until the ESME has been told.
    pub async fn hang_up(&self) -> Result<(), HandsetError> {
        self.settled(self.exchange.end(self.number, UssdEvent::Abort, |_| true)?).await
    }

    /// Lets the network end the session, and waits until the ESME has been told.
    pub async fn time_out(&self) -> Result<(), HandsetError> {
        self.settled(self.exchange.end(self.number, UssdEvent::Timeout, |_| true)?).await
    }

    /// Every text that arrived, oldest first.
    pub fn sms_inbox(&self) -> Vec<Sms> {
        self.exchange.state().phones.get(&self.number).map_or_else(Vec::new, |phone| phone.inbox.texts.clone())
    }

    /// The next text that this method has not given yet; waits for it.
    pub async fn next_sms(&self, limit: Duration) -> Result<Sms, HandsetError> {
        let next = |exchange: &Exchange| exchange.state().phones.get_mut(&self.number)?.inbox.next();
        self.exchange.wait_for(limit, next).await.ok_or(HandsetError::NoText)
    }

    /// Switches the phone off: texts wait for it, and their receipts with them.
    pub fn switch_off(&self) {
        self.exchange.switch(self.number, false);
    }

    /// Switches it on again.
    pub fn switch_on(&self) {
        self.exchange.switch(self.number, true);
    }

    /// Sends a text to the service code, in as many parts as it takes, and waits until the ESME has taken them all.
    pub async fn send_sms(&self, text: &str) -> Result<(), HandsetError> {
        let code = self.exchange.config.short_code.clone();
        self.send_sms_to(&code, text).await
    }

    /// The same to a code of one's choice.
    pub async fn send_sms_to(&self, code: &str, text: &str) -> Result<(), HandsetError> {
        if !self.exchange.config.knows(code) {
            return Err(HandsetError::UnknownCode);
        }
        self.service().await?;
        let mut sent = Vec::new();
        for part in self.parts(code, text)? {
            sent.push(self.exchange.send(self.number, code, part)?);
        }
        for part in sent {
            self.settled(part).await?;
        }
        Ok(())
    }

    fn parts(&self, code: &str, text: &str) -> Result<Vec<ShortMessage>, HandsetError> {
        let alphabet = best_alphabet(text);
        let codings = &self.exchange.config.dialect.data_codings;
        let data_coding = codings.data_coding(alphabet).ok_or(HandsetError::Unsendable)?;
        let parts = split(text, alphabet, Reference::Bits8).map_err(|_| HandsetError::Unsendable)?;
        let total = u8::try_from(parts.len()).map_err(|_| HandsetError::Unsendable)?;
        let reference = {
            let mut state = self.exchange.state();
            state.series = state.series.wrapping_add(1);
            state.series
        };
        let write = |(number, part): (u8, &dayaq_text::Part<'_>)| {
            let header: &[u8] = if total > 1 { &[5, 0, 3, reference, total, number] } else { &[] };
            let body = encode(part.text, alphabet).map_err(|_| HandsetError::Unsendable)?;
            Ok(ShortMessage {
                source: address_of(self.number),
                destination: code_address(code),
                esm_class: if total > 1 { UDHI } else { 0 },
                data_coding,
                short_message: [header, &body].concat(),
                ..ShortMessage::default()
            })
        };
        (1..=total).zip(&parts).map(write).collect()
    }

    /// Waits for a screen, and from then on for the network's patience with the subscriber.
    async fn watch(
        &self,
        session: u64,
        screen: oneshot::Receiver<Result<Screen, HandsetError>>,
    ) -> Result<Screen, HandsetError> {
        let config = &self.exchange.config;
        match tokio::time::timeout(config.answer_timeout, screen).await {
            Ok(Ok(Ok(screen))) => {
                if screen.more {
                    self.expire_later(session);
                }
                Ok(screen)
            }
            Ok(Ok(Err(error))) => Err(error),
            Ok(Err(_)) => Err(HandsetError::SessionOver),
            Err(_) => {
                // Where the session ended in the meantime there is nothing to say.
                let _ = self.exchange.end(self.number, UssdEvent::Timeout, |radio| radio.session == session);
                Err(HandsetError::NoAnswer)
            }
        }
    }

    fn expire_later(&self, session: u64) {
        let (exchange, number) = (self.exchange.clone(), self.number);
        let Some(sequence) = exchange.state().radio(number).filter(|r| r.session == session).map(|r| r.sequence) else {
            return;
        };
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(exchange.config.ussd_timeout) => {
                    let idle = |r: &crate::phone::Radio| r.session == session && r.sequence == sequence;
                    let _ = exchange.end(number, UssdEvent::Timeout, idle);
                    exchange.news.notify_waiters();
                }
                () = exchange.cancel.cancelled() => {}
            }
        });
    }

    async fn settled(&self, ended: oneshot::Receiver<Result<(), CommandStatus>>) -> Result<(), HandsetError> {
        match tokio::time::timeout(self.exchange.config.answer_timeout, ended).await {
            Ok(Ok(outcome)) => outcome.map_err(HandsetError::Refused),
            Ok(Err(_)) | Err(_) => Err(HandsetError::NoAnswer),
        }
    }
}
