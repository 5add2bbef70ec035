//! Plays: what a phone does and sees, step by step, from a file.

use crate::drawing::{draw_screen, draw_sms};
use crate::phone::{HandsetError, Screen};
use crate::telephone::Telephone;
use dayaq_author::{Diagnostics, Table, parse};
use dayaq_types::Msisdn;
use std::io::{self, Write};
use std::time::Duration;

/// How long a step waits for a text, where it does not say.
const WITHIN_S: u32 = 60;
/// The longest that a step may wait.
const WITHIN_S_MAX: u32 = 3600;

/// The plays that ship with the simulator, by name.
const SHIPPED: &[(&str, &str)] = &[
    ("apply-ussd-az", include_str!("../plays/apply-ussd-az.toml")),
    ("apply-ussd-ru", include_str!("../plays/apply-ussd-ru.toml")),
    ("apply-ussd-en", include_str!("../plays/apply-ussd-en.toml")),
    ("apply-sms-az", include_str!("../plays/apply-sms-az.toml")),
    ("apply-sms-ru", include_str!("../plays/apply-sms-ru.toml")),
    ("apply-sms-en", include_str!("../plays/apply-sms-en.toml")),
    ("refused-ussd-az", include_str!("../plays/refused-ussd-az.toml")),
    ("resume-ussd-ru", include_str!("../plays/resume-ussd-ru.toml")),
    ("complete-ussd-az", include_str!("../plays/complete-ussd-az.toml")),
    ("complete-sms-en", include_str!("../plays/complete-sms-en.toml")),
];

/// A play.
#[derive(Clone)]
pub struct Play {
    path: String,
    note: String,
    number: Msisdn,
    steps: Vec<Step>,
}

#[derive(Clone)]
struct Step {
    line: usize,
    action: Action,
    /// What the screen, or else the last text, must say.
    expect: Vec<String>,
    /// Whether the screen must be the last of its session.
    ends: Option<bool>,
}

#[derive(Clone)]
enum Action {
    Look,
    Dial(String),
    Send(String),
    HangUp,
    TimeOut,
    SendSms(String),
    AwaitSms { says: String, within: Duration },
}

/// What a play showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Screens.
    pub screens: usize,
    /// Texts.
    pub texts: usize,
    /// Segments of those texts.
    pub segments: usize,
}

/// Why a play broke off.
#[derive(Debug, thiserror::Error)]
#[error("{path}:{line}: {cause}")]
pub struct PlayError {
    /// The file.
    pub path: String,
    /// The line of the step.
    pub line: usize,
    /// What was wrong.
    pub cause: PlayFault,
}

/// What was wrong with a step.
#[derive(Debug, thiserror::Error)]
pub enum PlayFault {
    /// The phone showed nothing.
    #[error("{0}")]
    Handset(#[from] HandsetError),
    /// It showed something else.
    #[error("expected {0:?}, which the phone does not show")]
    Unexpected(String),
    /// The session went on, or did not.
    #[error("{}", if *.ends { "the session should be over" } else { "the session should go on" })]
    Ends {
        /// What was expected.
        ends: bool,
    },
    /// The transcript could not be written.
    #[error("the transcript cannot be written")]
    Transcript(#[from] io::Error),
}

impl Play {
    /// The names of the plays that ship.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// Reads the play of that name, of those that ship.
    pub fn shipped(name: &str) -> Option<(Option<Self>, Diagnostics)> {
        let (name, text) = SHIPPED.iter().find(|(n, _)| *n == name)?;
        Some(Self::read(&format!("gateway/simulator/plays/{name}.toml"), text))
    }

    /// Reads a play; the path is only printed. Every fault is in the diagnostics, and a play comes out only where there
    /// is none.
    pub fn read(path: &str, text: &str) -> (Option<Self>, Diagnostics) {
        let (document, diagnostics) = parse(path, text);
        let root = document.root(&diagnostics);
        let note = root.string_or("note", "");
        let number = root.parse("msisdn", |text| Msisdn::parse(text).map_err(|e| e.to_string()));
        let tables = root.tables("step");
        if tables.is_empty() {
            root.error("step", "a play has steps");
        }
        let steps = tables.into_iter().filter_map(|table| step(table, &diagnostics)).collect();
        root.finish();
        let sound = !diagnostics.has_errors();
        let play = number.filter(|_| sound).map(|number| Self { path: path.to_owned(), note, number, steps });
        (play, diagnostics)
    }

    /// What it is for.
    pub fn note(&self) -> &str {
        &self.note
    }

    /// The number of its phone.
    pub fn number(&self) -> Msisdn {
        self.number
    }

    /// Plays it on a phone and writes each screen and text to the transcript, up to the step that fails.
    pub async fn run<T: Telephone>(&self, phone: &T, transcript: &mut (dyn Write + Send)) -> Result<Shown, PlayError> {
        let mut stage = Stage { phone, transcript, shown: Shown::default(), visible: None, more: None };
        for step in &self.steps {
            stage.play(step).await.map_err(|cause| PlayError { path: self.path.clone(), line: step.line, cause })?;
        }
        Ok(stage.shown)
    }
}

/// A play in progress.
struct Stage<'a, T> {
    phone: &'a T,
    transcript: &'a mut (dyn Write + Send),
    shown: Shown,
    /// What the phone shows now.
    visible: Option<String>,
    /// Whether the last screen expects an answer.
    more: Option<bool>,
}

impl<T: Telephone> Stage<'_, T> {
    async fn play(&mut self, step: &Step) -> Result<(), PlayFault> {
        match &step.action {
            Action::Look => {}
            Action::Dial(code) => {
                writeln!(self.transcript, "> dials {code}")?;
                let screen = self.phone.dial(code).await?;
                self.show(screen)?;
            }
            Action::Send(typed) => {
                writeln!(self.transcript, "> {typed}")?;
                let screen = self.phone.send(typed).await?;
                self.show(screen)?;
            }
            Action::HangUp => {
                writeln!(self.transcript, "> hangs up")?;
                self.phone.hang_up().await?;
            }
            Action::TimeOut => {
                writeln!(self.transcript, "> the network ends the session")?;
                self.phone.time_out().await?;
            }
            Action::SendSms(text) => {
                writeln!(self.transcript, "> writes {text}")?;
                self.phone.handset().send_sms(text).await?;
            }
            Action::AwaitSms { says, within } => self.await_sms(says, *within).await?,
        }
        for says in &step.expect {
            if !self.visible.as_ref().is_some_and(|text| is_said(text, says)) {
                return Err(PlayFault::Unexpected(says.clone()));
            }
        }
        match step.ends {
            Some(ends) if self.more != Some(!ends) => Err(PlayFault::Ends { ends }),
            Some(_) | None => Ok(()),
        }
    }

    fn show(&mut self, screen: Screen) -> io::Result<()> {
        self.shown.screens += 1;
        write!(self.transcript, "{}", draw_screen(&screen))?;
        self.more = Some(screen.more);
        self.visible = Some(screen.text);
        Ok(())
    }

    /// Shows texts until one says what is awaited.
    async fn await_sms(&mut self, says: &str, within: Duration) -> Result<(), PlayFault> {
        let found = async {
            loop {
                let sms = self.phone.handset().next_sms(within).await?;
                self.shown.texts += 1;
                self.shown.segments += sms.segments;
                write!(self.transcript, "{}", draw_sms(&sms))?;
                let found = is_said(&sms.text, says);
                self.visible = Some(sms.text);
                if found {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(within, found).await.unwrap_or(Err(HandsetError::NoText.into()))
    }
}

/// Whether a text says this, in proper letters or in the plain ones of a network that carries no others.
fn is_said(text: &str, says: &str) -> bool {
    text.contains(says) || text.contains(&dayaq_text::plain(says))
}

fn step(table: Table<'_>, diagnostics: &Diagnostics) -> Option<Step> {
    const ACTIONS: &str = "dial, send, hang_up, time_out, send_sms, await_sms or expect";
    let place = table.place();
    let within_s = table.opt_integer("within_s", 1..=WITHIN_S_MAX);
    if within_s.is_some() && !table.has("await_sms") {
        table.error("within_s", "only await_sms waits");
    }
    let within = Duration::from_secs(within_s.unwrap_or(WITHIN_S).into());
    let mut actions: Vec<Action> = [
        table.opt_string("dial").map(Action::Dial),
        table.opt_string("send").map(Action::Send),
        table.boolean_or("hang_up", false).then_some(Action::HangUp),
        table.boolean_or("time_out", false).then_some(Action::TimeOut),
        table.opt_string("send_sms").map(Action::SendSms),
        table.opt_string("await_sms").map(|says| Action::AwaitSms { says, within }),
    ]
    .into_iter()
    .flatten()
    .collect();
    let expect: Vec<String> = table.opt_string("expect").into_iter().chain(table.strings("expect_all")).collect();
    let ends = table.has("ends").then(|| table.boolean_or("ends", false));
    table.finish();
    if actions.len() > 1 {
        diagnostics.push(place.error(format!("a step does one thing: {ACTIONS}")));
    } else if actions.is_empty() && expect.is_empty() {
        diagnostics.push(place.error(format!("a step says {ACTIONS}")));
    }
    Some(Step { line: place.position.line, action: actions.pop().unwrap_or(Action::Look), expect, ends })
}
