//! A phone whose screens come by the aggregator, and whose texts come by its operator.

use super::SimulatedAggregator;
use super::radio::{Happening, Radio, after_code};
use crate::handset::Handset;
use crate::phone::{HandsetError, Screen};
use dayaq_text::{best_alphabet, measure};

/// A phone. Clones, and phones of the same number, are the same phone with one radio session.
#[derive(Clone)]
pub struct AggregatorPhone {
    aggregator: SimulatedAggregator,
    handset: Handset,
}

impl AggregatorPhone {
    pub(super) fn new(aggregator: SimulatedAggregator, handset: Handset) -> Self {
        Self { aggregator, handset }
    }

    /// The same phone as its operator knows it, with its texts.
    pub fn handset(&self) -> &Handset {
        &self.handset
    }

    /// Dials `*7142#` or `*7142*2#` and waits for the first screen; a session that is open is forgotten.
    pub async fn dial(&self, dialled: &str) -> Result<Screen, HandsetError> {
        let config = self.aggregator.config();
        let rest = after_code(&config.code, dialled).ok_or(HandsetError::UnknownCode)?;
        let mut random = [0; 16];
        config.entropy.fill(&mut random);
        let radio = Radio {
            number: self.handset.number(),
            session: config.style.session(u128::from_be_bytes(random)),
            code: config.code.clone(),
            dialled: dialled.to_owned(),
            inputs: Some(rest).filter(|rest| !rest.is_empty()).map(str::to_owned).into_iter().collect(),
            sequence: 1,
        };
        self.aggregator.radios().insert(radio.number, radio.clone());
        self.ask(radio, Happening::Dialled).await
    }

    /// Answers the screen and waits for the next one.
    pub async fn send(&self, typed: &str) -> Result<Screen, HandsetError> {
        let radio = {
            let mut radios = self.aggregator.radios();
            let radio = radios.get_mut(&self.handset.number()).ok_or(HandsetError::SessionOver)?;
            radio.inputs.push(typed.to_owned());
            radio.sequence += 1;
            radio.clone()
        };
        self.ask(radio, Happening::Typed).await
    }

    /// Hangs up, and waits until the service has been told, where the aggregator tells.
    pub async fn hang_up(&self) -> Result<(), HandsetError> {
        self.end(Happening::HungUp).await
    }

    /// Lets the network end the session, and waits until the service has been told, where the aggregator tells.
    pub async fn time_out(&self) -> Result<(), HandsetError> {
        self.end(Happening::CutOff).await
    }

    /// Whether a session is open.
    pub fn in_session(&self) -> bool {
        self.aggregator.radios().contains_key(&self.handset.number())
    }

    async fn ask(&self, radio: Radio, happening: Happening) -> Result<Screen, HandsetError> {
        let screen = self.screen(&radio, happening).await;
        if !screen.as_ref().is_ok_and(|screen| screen.more) {
            self.aggregator.radios().remove(&radio.number);
        }
        if screen.as_ref().is_ok_and(|screen| !screen.more) {
            self.tell_end(&radio, Happening::Over).await?;
        }
        screen
    }

    async fn screen(&self, radio: &Radio, happening: Happening) -> Result<Screen, HandsetError> {
        let style = self.aggregator.config().style;
        let body = style.body(radio, happening).ok_or(HandsetError::Unsendable)?;
        let answer = self.aggregator.tell(body.content_type, body.octets).await?;
        if answer.status != 200 {
            return Err(HandsetError::TurnedAway(answer.status));
        }
        let understood = style.understand(radio, &answer.content_type, answer.body.as_bytes());
        let understood = understood.ok_or(HandsetError::NotUnderstood)?;
        let alphabet = best_alphabet(&understood.text);
        let units = measure(&understood.text, alphabet).map_err(|_| HandsetError::NotUnderstood)?.units;
        Ok(Screen { text: understood.text, more: understood.more, alphabet, units })
    }

    async fn end(&self, happening: Happening) -> Result<(), HandsetError> {
        let radio = self.aggregator.radios().remove(&self.handset.number());
        let mut radio = radio.ok_or(HandsetError::SessionOver)?;
        radio.sequence += 1;
        self.tell_end(&radio, happening).await
    }

    async fn tell_end(&self, radio: &Radio, happening: Happening) -> Result<(), HandsetError> {
        let Some(body) = self.aggregator.config().style.body(radio, happening) else { return Ok(()) };
        let answer = self.aggregator.tell(body.content_type, body.octets).await?;
        match answer.status {
            200 => Ok(()),
            status => Err(HandsetError::TurnedAway(status)),
        }
    }
}
