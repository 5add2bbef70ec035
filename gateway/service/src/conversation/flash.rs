//! Flashes: what the service shows on a phone's screen before the phone has dialled, ahead of the text that says it all.
//!
//! A flash is a courtesy and never retried: the text goes out whatever becomes of it. A phone that is busy, an operator
//! that refuses, a screen that is too small: all of them leave the text alone.

use super::envelope::Radio;
use super::turn::{Turn, UNREADABLE};
use super::way::{Line, Way};
use super::{Conversations, Voice};
use crate::link::{Arrival, BindHandle};
use crate::store::{StoreError, SubscriberKey};
use crate::values;
use dayaq_dialog::Input;
use dayaq_smpp::ussd::{DialString, UssdInbound};
use dayaq_smpp::{Address, MessageKind, ShortMessage};
use dayaq_types::{Language, Msisdn};
use jiff::SignedDuration;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// A radio session of which nothing was heard for so long is over: networks end a silent one after three minutes.
const BUSY: SignedDuration = SignedDuration::from_secs(180);

/// A screen to be pushed.
#[derive(Clone)]
pub struct Flash {
    /// Whose phone.
    pub msisdn: Msisdn,
    /// Through which operator.
    pub operator: String,
    /// The language of the words.
    pub language: Language,
    /// What to show as a notification; `None` where the notice has no words for a screen.
    pub words: Option<String>,
    /// What the phone is taken to have dialled, so that its first screen is pushed as a menu.
    pub opens: Option<String>,
}

/// Sends flashes as they come.
pub struct FlashWorker {
    /// Which phones are busy, and what they are shown.
    pub conversations: Arc<Conversations>,
    /// The binds of each operator, in the order of the configuration.
    pub binds: Vec<Vec<BindHandle>>,
}

impl FlashWorker {
    /// Runs until `stop`.
    pub async fn run(&self, flashes: &mut mpsc::Receiver<Flash>, stop: CancellationToken) {
        loop {
            let flash = tokio::select! {
                () = stop.cancelled() => return,
                flash = flashes.recv() => flash,
            };
            let Some(flash) = flash else { return };
            let at = self.conversations.voices.iter().position(|voice| voice.name == flash.operator);
            let mut binds = at.and_then(|at| self.binds.get(at)).into_iter().flatten();
            let bound = binds.find(|bind| bind.is_bound());
            let result = match (at, bound) {
                (Some(at), Some(bind)) => self.conversations.flash(at, bind, &flash).await,
                (_, _) => Ok(Flashed::Unbound),
            };
            let result = result.unwrap_or_else(|cause| {
                debug!(cause = %cause, "Flash not shown");
                Flashed::Failed
            });
            metrics::counter!("dayaq_flashes_total", "result" => result.name()).increment(1);
        }
    }
}

/// What became of a flash; the operator's answer is counted with those to other screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flashed {
    /// A notification is on its way.
    Notified,
    /// A menu is on its way.
    Opened,
    /// The phone is in a session.
    Busy,
    /// There is nothing that this operator's screen can show.
    Wordless,
    /// No bind stands.
    Unbound,
    /// The session store did not answer.
    Failed,
}

impl Flashed {
    const fn name(self) -> &'static str {
        match self {
            Self::Notified => "notified",
            Self::Opened => "opened",
            Self::Busy => "busy",
            Self::Wordless => "wordless",
            Self::Unbound => "unbound",
            Self::Failed => "failed",
        }
    }
}

impl Conversations {
    /// Pushes a menu where the phone has one to come to, else a notification, and nothing to a phone that is busy.
    pub(super) async fn flash(&self, at: usize, bind: &BindHandle, flash: &Flash) -> Result<Flashed, StoreError> {
        let Some(voice) = self.voices.get(at) else { return Ok(Flashed::Unbound) };
        let key = SubscriberKey::of(&self.keys, &flash.msisdn);
        let _passage = self.turnstile.enter(key).await;
        let mut number = [0; 8];
        self.entropy.fill(&mut number);
        // Two octets, as a session value has at least; and never the number 0.
        let number = u64::from_be_bytes(number) % 0xFF + 1;
        let Some(begun) = self.begun(voice, flash, number) else { return Ok(Flashed::Wordless) };
        let arrival = Arrival {
            sequence_number: 0,
            kind: MessageKind::DeliverSm,
            message: ShortMessage::default(),
            connection: 0,
            bind: bind.clone(),
        };
        let loaded = self.load(&key).await?;
        let envelope = self.envelope(&key, &loaded).await?;
        let since = self.clock.now().duration_since(envelope.dialog.updated_at());
        if envelope.radio.as_ref().is_some_and(|radio| radio.live) && since < BUSY {
            return Ok(Flashed::Busy);
        }
        let book = self.books.of(envelope.dialog.book()).await?;
        let held = envelope.dialog.holds_draft(&book);
        let known = (envelope.dialog.language(), envelope.operator().map(str::to_owned));
        let menu = flash.opens.as_deref().filter(|_| known.0.is_some() && !held);
        let (Some(opens), true) = (menu, voice.profile.dialect.push.menu.is_some()) else {
            return Ok(self.notify(voice, &arrival, &begun, flash).await);
        };
        let mut turn = Turn {
            carrier: voice,
            way: Way::Push(Line { arrival: &arrival, voice, again: false }, &begun),
            msisdn: flash.msisdn,
            key,
            book,
            version: loaded.version,
            known,
            held,
            ahead: false,
            answered: true,
            news: Vec::new(),
            envelope,
        };
        turn.envelope.radio = Some(Radio::after(&voice.name, &begun, None));
        let effects = self.advance(&mut turn, Input::Open { dialled: opens });
        // Whoever was first has the phone.
        if self.save(&mut turn).await?.is_some() {
            return Ok(Flashed::Busy);
        }
        self.carry_out(turn, effects).await?;
        Ok(Flashed::Opened)
    }

    async fn notify(&self, voice: &Voice, arrival: &Arrival, begun: &UssdInbound, flash: &Flash) -> Flashed {
        let Some(words) = &flash.words else { return Flashed::Wordless };
        let language = Some(values::to_dialog_language(flash.language));
        match voice.push(begun, words, language, true) {
            Ok(message) => {
                arrival.push(message, self.clock.monotonic()).await;
                Flashed::Notified
            }
            Err(cause) => {
                debug!(bind = %arrival.bind.name, cause = %cause, "Flash not written");
                Flashed::Wordless
            }
        }
    }

    /// The session that the service begins with a phone, under the code of the dialogues.
    fn begun(&self, voice: &Voice, flash: &Flash, number: u64) -> Option<UssdInbound> {
        let code = flash.opens.as_deref().or_else(|| self.books.current().codes().next())?;
        let service = Address::new(0, 1, DialString::parse(code)?.code).ok()?;
        let phone = Address::new(1, 1, flash.msisdn.digits()).ok()?;
        let mut begun = voice.profile.dialect.begin_push(phone, service, number);
        // Not what anybody dials: a network that gives the next dial the number of ours does not repeat our begin.
        begun.text = Ok(UNREADABLE.to_owned());
        Some(begun)
    }
}
