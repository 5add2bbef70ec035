//! USSD: a person dials, answers, reads and hangs up; the probe shows small screens of its own.

mod push;
mod turn;

use super::mask::Mask;
use super::order::Order;
use super::row::{Group, Row};
use super::session::Session;
use super::texts;
use dayaq_smpp::ussd::{UssdEvent, UssdInbound, UssdReply};
use dayaq_text::{Alphabet, plain};
use dayaq_types::Entropy;
use turn::{Heard, Turn};

const ENGLISH: &str = "Dayaq probe, screen 1 of 3.\nCan you read this?\n1 Yes\n2 No";
const AZERBAIJANI: &str = "Ekran 2/3. Düzdür?\nƏ ə I ı İ i Ğ ğ Ş ş Ç ç Ö ö Ü ü\n1 Bəli\n2 Xeyr";
const LAST: &str = "Dayaq probe, screen 3 of 3. Thank you.\nIf your phone lets you answer this, answer 9.";
const HANG_UP: &str = "Dayaq probe.\nPlease hang up now: do not answer.";
const CLOSED: &str = "Dayaq probe: this is over.";

/// Where the probe tells a person what to do.
pub(super) type Tell<'t> = &'t mut (dyn FnMut(&str) + Send);

/// The rows of USSD, as far as a person takes part.
pub(super) async fn rows(
    order: &Order,
    session: &mut Session,
    mask: &Mask,
    entropy: &dyn Entropy,
    tell: Tell<'_>,
) -> Vec<Row> {
    session.screens_follow = true;
    let mut talk = Talk { order, session, mask, rows: Vec::new() };
    if let Some(address) = talk.dialogue(tell).await {
        talk.push(address, entropy, tell).await;
    }
    let Talk { mut rows, .. } = talk;
    session.release();
    for missing in turn::list(order) {
        if !rows.iter().any(|row| row.id == missing.id) {
            let why = session.gone.clone().unwrap_or_else(|| "the dialogue did not come so far".to_owned());
            rows.push(missing.not_shown(why));
        }
    }
    let place = |row: &Row| turn::list(order).iter().position(|known| known.id == row.id);
    rows.sort_by_key(place);
    rows
}

/// A conversation with the person who holds the test phone.
struct Talk<'t> {
    order: &'t Order,
    session: &'t mut Session,
    mask: &'t Mask,
    rows: Vec<Row>,
}

impl Talk<'_> {
    /// Two dials: one that comes to its end, one that is hung up. Gives the address that was dialled.
    async fn dialogue(&mut self, tell: Tell<'_>) -> Option<dayaq_smpp::Address> {
        let (code, phone) = (self.order.code.clone(), self.mask.phone());
        tell(&format!("Dial *{code}# on the phone {phone}, and answer what it shows."));
        let begin = match self.hear().await {
            Heard::Nothing => {
                let wait = self.order.person_wait.as_secs();
                let why = format!("nobody dialled *{code}# on the handset within {wait} s");
                let why = self.session.gone.clone().unwrap_or(why);
                self.rows.extend(turn::list(self.order).into_iter().map(|row| row.not_shown(why.clone())));
                return None;
            }
            Heard::Turn(turn) => turn,
        };
        self.rows.extend(turn::begin(self.order, &begin, self.mask));
        let first = self.goes_on(&begin)?;
        let service = first.to;
        self.show("ussd.screen-gsm7", &begin, &first, ENGLISH, false).await;
        let answer = self.answer_to("ussd.screen-gsm7").await?;
        self.rows.push(turn::proceeds(self.order, &first, &answer, self.mask));
        self.rows.push(turn::session(self.order, &first, &answer, self.mask));
        let next = self.goes_on(&answer)?;
        let words = if self.carries_ucs2() { AZERBAIJANI.to_owned() } else { plain(AZERBAIJANI) };
        self.show("ussd.screen-ucs2", &answer, &next, &words, false).await;
        let answer = self.answer_to("ussd.screen-ucs2").await?;
        let next = self.goes_on(&answer)?;
        self.end(&answer, &next, tell).await;
        Some(service)
    }

    fn carries_ucs2(&self) -> bool {
        self.order.profile.dialect.data_codings.data_coding(Alphabet::Ucs2).is_some()
    }

    /// What a turn says, or else at least whose it is.
    fn inbound(&self, turn: &Turn) -> Option<UssdInbound> {
        turn.read.clone().ok().or_else(|| turn.address.clone())
    }

    /// What an answer says; nothing, where the dialogue does not go on after it.
    fn goes_on(&self, turn: &Turn) -> Option<UssdInbound> {
        let over = |read: &UssdInbound| !matches!(read.event, UssdEvent::Begin | UssdEvent::Continue);
        let next = self.inbound(turn).filter(|read| !over(read));
        if next.is_none() {
            self.session.respond(&turn.arrival);
        }
        next
    }

    /// The next turn of the phone.
    async fn hear(&mut self) -> Heard {
        let wait = self.order.person_wait;
        match self.session.until(wait, |session| session.turns.pop_front()).await {
            None => Heard::Nothing,
            Some(arrival) => Heard::Turn(Box::new(Turn::read(&self.order.profile.dialect, arrival))),
        }
    }

    /// Shows a screen as the answer to a turn; its row is judged by the response, and by the person where she can be
    /// asked.
    async fn show(&mut self, id: &'static str, turn: &Turn, to: &UssdInbound, text: &str, ends: bool) -> Option<u64> {
        let row = turn::list(self.order).into_iter().find(|row| row.id == id)?;
        let dialect = &self.order.profile.dialect;
        let alphabet = alphabet_for(text, dialect);
        let reply = UssdReply { to: to.from, from: to.to, session: to.session, text, alphabet, language: *b"az", ends };
        let message = match dialect.write(&reply) {
            Ok(message) => message,
            Err(why) => {
                self.session.respond(&turn.arrival);
                self.rows.push(row.differs(format!("the profile cannot write it: {why}")));
                return None;
            }
        };
        let token = self.session.submit(message);
        self.session.respond(&turn.arrival);
        self.session.answered(&[token]).await;
        self.rows.push(texts::taken_by_op(row, self.session, token, self.mask).to_tick(text));
        Some(token)
    }

    /// What the person answered to a screen that asks whether it can be read.
    async fn answer_to(&mut self, id: &'static str) -> Option<Box<Turn>> {
        let Heard::Turn(answer) = self.hear().await else {
            return None;
        };
        let typed = answer.read.as_ref().ok().and_then(|read| read.text.clone().ok());
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id && row.verdict == super::Verdict::Conforms) {
            match typed.as_deref().map(str::trim) {
                Some("1") => {
                    row.seen.push_str("; the person reads it (1)");
                    row.tick = None;
                }
                Some("2") => *row = row.clone().differs("taken; the person cannot read it (2)"),
                _ => {}
            }
        }
        Some(answer)
    }

    /// Shows the last screen, and finds out by the next dial whether it was the last.
    async fn end(&mut self, turn: &Turn, to: &UssdInbound, tell: Tell<'_>) {
        let shown = self.show("ussd.end", turn, to, LAST, true).await;
        let code = self.order.code.clone();
        tell(&format!("When the phone is free again, dial *{code}# once more, and hang up without an answer."));
        let mut open: Option<String> = None;
        let again = loop {
            let Heard::Turn(turn) = self.hear().await else { break None };
            match turn.read.as_ref().map(|read| read.event) {
                Ok(UssdEvent::Begin) => break Some(turn),
                Ok(UssdEvent::Continue) => {
                    open.get_or_insert("the phone answered it: the session was still open".to_owned());
                    // So that the phone is not left without a word.
                    self.say_closed(&turn).await;
                }
                Ok(event @ (UssdEvent::Abort | UssdEvent::Timeout | UssdEvent::Notified)) => {
                    open.get_or_insert(format!("{event:?} came after it: the session was still open"));
                    self.session.respond(&turn.arrival);
                }
                Err(_) => self.session.respond(&turn.arrival),
            }
        };
        if let (Some(_), Some(row)) = (shown, self.rows.iter_mut().find(|row| row.id == "ussd.end"))
            && row.verdict == super::Verdict::Conforms
        {
            *row = match (open, &again) {
                (Some(why), _) => row.clone().differs(format!("taken; {why}")),
                (None, Some(_)) => row.clone().conforms("taken; nothing came after it until the next dial"),
                (None, None) => row.clone().conforms("taken; nothing came after it"),
            };
            row.tick = Some("The last screen closes by itself and leaves no field to type in.".to_owned());
        }
        match again {
            Some(begin) => self.hang_up(&begin).await,
            None => {
                let wait = self.order.person_wait.as_secs();
                self.miss("ussd.abort", format!("nobody dialled *{code}# once more within {wait} s"));
            }
        }
    }

    async fn say_closed(&mut self, turn: &Turn) {
        let dialect = &self.order.profile.dialect;
        if let Some(to) = self.inbound(turn) {
            let (alphabet, text) = (alphabet_for(CLOSED, dialect), CLOSED);
            let reply = UssdReply {
                to: to.from,
                from: to.to,
                session: to.session,
                text,
                alphabet,
                language: *b"en",
                ends: true,
            };
            if let Ok(message) = dialect.write(&reply) {
                let token = self.session.submit(message);
                self.session.respond(&turn.arrival);
                return self.session.answered(&[token]).await;
            }
        }
        self.session.respond(&turn.arrival);
    }

    /// The second dial: a menu that the person leaves by hanging up.
    async fn hang_up(&mut self, begin: &Turn) {
        let Some(to) = self.inbound(begin) else {
            self.session.respond(&begin.arrival);
            return self.miss("ussd.abort", "the second dial could not be answered");
        };
        let dialect = &self.order.profile.dialect;
        let (alphabet, text) = (alphabet_for(HANG_UP, dialect), HANG_UP);
        let reply =
            UssdReply { to: to.from, from: to.to, session: to.session, text, alphabet, language: *b"en", ends: false };
        let Ok(message) = dialect.write(&reply) else {
            self.session.respond(&begin.arrival);
            return self.miss("ussd.abort", "the profile cannot write the menu");
        };
        let token = self.session.submit(message);
        self.session.respond(&begin.arrival);
        self.session.answered(&[token]).await;
        let heard = self.hear().await;
        let row = turn::abort(self.order, &to, &heard, self.mask);
        if let Heard::Turn(turn) = heard {
            match turn.read.as_ref().map(|read| read.event) {
                Ok(UssdEvent::Begin | UssdEvent::Continue) => self.say_closed(&turn).await,
                _ => self.session.respond(&turn.arrival),
            }
        }
        self.rows.push(row);
    }

    fn miss(&mut self, id: &'static str, why: impl Into<String>) {
        let row = turn::list(self.order).into_iter().find(|row| row.id == id);
        self.rows.extend(row.map(|row| row.not_shown(why)));
    }
}

/// The alphabet that the dialect has for a text: the smallest that has every letter.
fn alphabet_for(text: &str, dialect: &dayaq_smpp::ussd::Dialect) -> Alphabet {
    let carries = |alphabet: &Alphabet| {
        dialect.data_codings.data_coding(*alphabet).is_some() && dayaq_text::measure(text, *alphabet).is_ok()
    };
    let all = [Alphabet::Gsm7, Alphabet::Ascii, Alphabet::Latin1, Alphabet::Ucs2];
    all.into_iter().find(carries).unwrap_or(Alphabet::Ucs2)
}

/// Of USSD, whose rows are all in one part.
const GROUP: Group = Group::Ussd;
