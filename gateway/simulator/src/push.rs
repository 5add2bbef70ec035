//! Sessions that an ESME begins: what is shown on a phone that has not dialled.

use crate::delivery::{Delivery, Purpose, Recipient};
use crate::exchange::{Exchange, State};
use crate::phone::{Radio, Screen};
use dayaq_smpp::ussd::{Dialect, InboundOp, Push, UssdEvent, UssdScreen};
use dayaq_smpp::{CommandStatus, ShortMessage};
use dayaq_text::measure;
use dayaq_types::Msisdn;

/// Pushed screens that a phone keeps until somebody looks.
const PUSHED_MAX: usize = 16;

/// A notification that was shown: the code under which it came, and its session.
pub(crate) struct Notified {
    code: String,
    session: u64,
}

impl State {
    /// Shows what the ESME begins with, on a phone that is in no session; gives a notification, to be confirmed.
    pub fn push(
        &mut self,
        phone: Msisdn,
        message: &ShortMessage,
        dialect: &Dialect,
    ) -> Result<Option<Notified>, CommandStatus> {
        let read = dialect.read_screen(message).map_err(|_| CommandStatus::RINVOPTPARAMVAL)?;
        let push = read.push.ok_or(CommandStatus::RSUBMITFAIL)?;
        let (session, said) = (dialect.session_number(&read.session), read.session);
        let code = message.source.digits.as_str().unwrap_or_default().to_owned();
        let screen = screen(message, read, push == Push::Menu, dialect)?;
        let phone = self.phones.entry(phone).or_default();
        if phone.off {
            return Err(CommandStatus::RSUBMITFAIL);
        }
        if phone.pushed.len() >= PUSHED_MAX {
            return Err(CommandStatus::RMSGQFUL);
        }
        phone.pushed.push_back(screen);
        match push {
            Push::Notify => Ok(Some(Notified { code, session })),
            Push::Menu => {
                phone.radio = Some(Radio { session, code, said, sequence: 0, waiting: None });
                Ok(None)
            }
        }
    }
}

impl Exchange {
    /// Tells the ESME that a notification was shown, where the dialect has a word for it.
    pub fn confirm(&self, phone: Msisdn, notified: Notified) {
        let knows = |op: &InboundOp| op.event == UssdEvent::Notified;
        if !self.config.dialect.inbound_ops.iter().any(knows) {
            return;
        }
        let Notified { code, session } = notified;
        let Ok(message) = self.turn(phone, &code, UssdEvent::Notified, session, 0, "") else { return };
        let delivery = Delivery::new(phone, Recipient::Code(code), message, Purpose::Always, None);
        if self.queue(self.state(), delivery).is_err() {
            tracing::warn!("A confirmation was dropped: too many messages wait");
        }
    }
}

/// What a phone shows of a message, if it can.
pub(crate) fn screen(
    message: &ShortMessage,
    read: UssdScreen,
    more: bool,
    dialect: &Dialect,
) -> Result<Screen, CommandStatus> {
    let text = read.text.map_err(|_| CommandStatus::RSUBMITFAIL)?;
    let alphabet = dialect.data_codings.alphabet(message.data_coding).ok_or(CommandStatus::RSUBMITFAIL)?;
    let units = measure(&text, alphabet).map_or(usize::MAX, |count| count.units);
    if units > dialect.screen(alphabet).units {
        return Err(CommandStatus::RINVMSGLEN);
    }
    Ok(Screen { text, more, alphabet, units })
}
