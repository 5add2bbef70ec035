//! What the service begins: a message that is shown, and a menu that is answered.

use super::super::row::Verdict;
use super::super::texts::taken_by_op;
use super::turn::{self, Heard};
use super::{Talk, Tell, alphabet_for};
use dayaq_smpp::Address;
use dayaq_smpp::ussd::{UssdEvent, UssdReply};
use dayaq_types::Entropy;

const NOTICE: &str = "Dayaq probe: a message that we push. It closes by itself.";
const MENU: &str = "Dayaq probe: a menu that we push.\n1 Go on";

impl Talk<'_> {
    /// Pushes what the profile knows.
    pub(super) async fn push(&mut self, service: Address, entropy: &dyn Entropy, tell: Tell<'_>) {
        let push = self.order.profile.dialect.push;
        if push.notify.is_some() {
            tell("A message comes to the phone now: read it and close it.");
            self.push_one("ussd.push-notify", service, NOTICE, true, entropy).await;
        }
        if push.menu.is_some() {
            tell("A menu comes to the phone now: answer 1.");
            self.push_one("ussd.push-menu", service, MENU, false, entropy).await;
        }
    }

    async fn push_one(&mut self, id: &'static str, service: Address, text: &str, ends: bool, entropy: &dyn Entropy) {
        let Some(row) = turn::list(self.order).into_iter().find(|row| row.id == id) else { return };
        let dialect = &self.order.profile.dialect;
        let Ok(phone) = Address::new(1, 1, self.order.phone.digits()) else { return };
        let mut number = [0; 8];
        entropy.fill(&mut number);
        let begun = dialect.begin_push(phone, service, u64::from_be_bytes(number));
        let alphabet = alphabet_for(text, dialect);
        let screen =
            UssdReply { to: phone, from: service, session: begun.session, text, alphabet, language: *b"en", ends };
        let message = match dialect.write_push(&screen) {
            Ok(message) => message,
            Err(why) => return self.rows.push(row.differs(format!("the profile cannot write it: {why}"))),
        };
        let token = self.session.submit(message);
        self.session.answered(&[token]).await;
        let row = taken_by_op(row, self.session, token, self.mask);
        if row.verdict != Verdict::Conforms {
            return self.rows.push(row);
        }
        let wanted = if ends { UssdEvent::Notified } else { UssdEvent::Continue };
        if ends && !dialect.inbound_ops.iter().any(|op| op.event == UssdEvent::Notified) {
            return self.rows.push(row.to_tick(text));
        }
        let Heard::Turn(turn) = self.hear().await else {
            let wait = self.order.person_wait.as_secs();
            return self.rows.push(row.not_shown(format!("taken; nothing came back within {wait} s")).to_tick(text));
        };
        let mut evidence = row.evidence.clone();
        evidence.push(self.mask.evidence(&turn.arrival.frame));
        let row = match &turn.read {
            Ok(read) if read.event == wanted && read.key == begun.key => row.conforms("taken, and confirmed"),
            Ok(read) if read.event == wanted => row.differs("taken; what came back is of another session"),
            Ok(read) => row.differs(format!("taken; {:?} came back", read.event)),
            Err(why) => row.differs(format!("taken; what came back cannot be read: {why}")),
        };
        match ends {
            true => self.session.respond(&turn.arrival),
            false => self.say_closed(&turn).await,
        }
        self.rows.push(row.with(evidence));
    }
}
