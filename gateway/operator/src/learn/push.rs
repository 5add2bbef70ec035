//! Sessions that the service began.

use super::dialogue::{Beginning, Dialogue, Op};
use super::events::small;
use super::evidence::{Findings, Line, Tally};
use super::ussd::{Heard, op_name};

const TABLE: &str = "ussd.push";
/// USSN request of the specification (SMPP 3.4 §5.3.2.44).
const NOTIFY: Op = Some(3);

/// What was seen of them.
#[derive(Default)]
pub(super) struct Pushes {
    notify: Tally<Op>,
    notify_confirm: Tally<Op>,
    menu: Tally<Op>,
    menu_confirm: Tally<Op>,
}

/// Sorts the dialogues that begin with a screen.
pub(super) fn learn(heard: &Heard<'_>) -> Pushes {
    let mut pushes = Pushes::default();
    for dialogue in heard.dialogues.iter().filter(|it| it.beginning == Beginning::Pushed) {
        let Some(screen) = dialogue.turns.first() else { continue };
        let answer = dialogue.turns.get(1).filter(|turn| turn.from_phone);
        if is_menu(dialogue, heard) {
            pushes.menu.add(screen.op, screen.place);
            answer.into_iter().for_each(|turn| pushes.menu_confirm.add(turn.op, turn.place));
        } else if answer.is_some() || screen.op == NOTIFY {
            pushes.notify.add(screen.op, screen.place);
            answer.into_iter().for_each(|turn| pushes.notify_confirm.add(turn.op, turn.place));
        }
    }
    // Where messages are missing a screen may only seem to be the first: then more must say so than are missing.
    let doubtful = |menus: &Tally<Op>| heard.gaps > 0 && menus.total() <= heard.gaps;
    if pushes.menu.best() == heard.ops.proceed && doubtful(&pushes.menu) {
        (pushes.menu, pushes.menu_confirm) = (Tally::default(), Tally::default());
    }
    pushes
}

/// Whether a person answered: something was typed, or another screen followed.
fn is_menu(dialogue: &Dialogue<'_>, heard: &Heard<'_>) -> bool {
    let [screen, answer, rest @ ..] = dialogue.turns.as_slice() else { return false };
    answer.from_phone
        && screen.op != NOTIFY
        && (!answer.message.user_data().is_empty()
            || rest.iter().any(|turn| !turn.from_phone)
            || screen.op.is_some() && Some(screen.op) == heard.ops.proceed)
}

impl Pushes {
    /// The op with which a phone says that it has shown something.
    pub fn notify_confirm(&self) -> Option<Op> {
        self.notify_confirm.best()
    }

    /// Writes `[ussd.push]`, if there is any.
    pub fn write(&self, heard: &Heard<'_>, found: &mut Findings) {
        let rows = [
            ("notify", &self.notify, "notifications"),
            ("notify_confirm", &self.notify_confirm, "confirmations of notifications"),
            ("menu", &self.menu, "menus that were pushed"),
            ("menu_confirm", &self.menu_confirm, "answers to menus that were pushed"),
        ];
        let taken = |op: u8| {
            let begins = heard.ops.begin.and_then(small) == Some(op);
            let continues = heard.ops.answers.best().and_then(small) == Some(op);
            (begins, continues)
        };
        for (key, seen, what) in rows {
            let Some(op) = seen.best() else { continue };
            let Some(value) = small(op) else { continue };
            // One op cannot mean two things.
            let (begins, continues) = taken(value);
            let clashes = match key {
                "notify_confirm" => begins || continues,
                "menu_confirm" => begins || self.notify_confirm() == Some(op),
                _ => false,
            };
            if !clashes {
                found.add(TABLE, Line::set(key, value, seen.says(&op, what, heard.places, op_name)));
            }
        }
        if self.menu.total() + self.notify.total() == 0 {
            found.missing.push("the service never spoke first: [ussd.push] is unknown".to_owned());
        }
    }
}
