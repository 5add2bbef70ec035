//! How an aggregator calls: `config/aggregators/*.toml`, in which field stands what.

use super::dialect::SCREEN_MIN;
use dayaq_author::{Scalar, Table};
use dayaq_dialog::{Form, Surface};
use dayaq_text::{Alphabet, Budget};
use std::time::Duration;

/// Where the screen's text goes in an answer of plain text.
pub const TEXT: &str = "{text}";

/// How an aggregator calls and how it is answered.
#[derive(Clone, Debug)]
pub struct CallbackProfile {
    /// How requests are read.
    pub request: RequestForm,
    /// How answers are written.
    pub answer: AnswerForm,
    /// Where the signature stands.
    pub signature: SignatureHeaders,
    /// How long the core may take before the phone hears "recorded, an SMS will follow".
    pub reply_budget: Duration,
    /// What fits on a screen, and in which letters.
    pub surface: Surface,
}

/// How a request's body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`, one object without depth.
    Json,
}

impl Encoding {
    /// The media type that a request must name.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

/// In which fields of a request stands what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestForm {
    /// How the body is written.
    pub encoding: Encoding,
    /// The field of the session's name.
    pub session: String,
    /// The field of the phone number.
    pub phone: String,
    /// The field of the service code; without one, the code is at the beginning of what was dialled.
    pub code: Option<String>,
    /// The field of what was typed.
    pub text: String,
    /// What that field holds.
    pub holds: Holds,
    /// The field of the turn number.
    pub sequence: Option<String>,
    /// How much more each turn's number is than the one before it; 0: not relied on.
    pub sequence_advance: u64,
    /// The field that says what happened, and what its values mean.
    pub event: Option<EventField>,
}

/// What the field of the text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The last input; of a begin, all that was dialled.
    Input,
    /// Every input of the session, joined with stars.
    Inputs,
}

/// The field that says what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventField {
    /// Its name.
    pub name: String,
    /// What its values mean.
    pub values: Vec<(String, CallbackEvent)>,
}

impl EventField {
    /// Whether a session's begin is told, so that a request without the field is none.
    pub fn tells_begin(&self) -> bool {
        self.values.iter().any(|(_, event)| *event == CallbackEvent::Begin)
    }
}

/// What a request says has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// A code was dialled.
    Begin,
    /// A screen was answered.
    Continue,
    /// One of both: the first request of a session begins it.
    Turn,
    /// The subscriber hung up.
    Abort,
    /// The session is over.
    Timeout,
}

/// How an answer is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    /// `text/plain`, with [`TEXT`] where the screen's text goes.
    Text {
        /// Of a screen that expects an answer.
        goes_on: String,
        /// Of the last one.
        ends: String,
    },
    /// `application/json`, one object.
    Json {
        /// The field of the screen's text.
        text: String,
        /// Further fields of a screen that expects an answer.
        goes_on: Vec<(String, Scalar)>,
        /// Further fields of the last one.
        ends: Vec<(String, Scalar)>,
        /// Fields that repeat a field of the request: their name and its.
        echo: Vec<(String, String)>,
    },
}

/// The headers that sign a request, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// When it was signed: seconds since 1970.
    pub timestamp: String,
    /// What makes it the only one of its kind.
    pub nonce: String,
    /// HMAC-SHA-256 over both and the body, in hexadecimal digits.
    pub signature: String,
}

impl CallbackProfile {
    /// Reads a profile.
    pub(super) fn read(root: &Table<'_>) -> Option<Self> {
        let request = root.table("request").and_then(|table| {
            let read = RequestForm::read(&table);
            table.finish();
            read
        });
        let answer = root.table("answer").and_then(|table| {
            let read = AnswerForm::read(&table);
            table.finish();
            read
        });
        let signature = SignatureHeaders::read(root);
        let reply_budget = read_budget(root, Duration::from_millis(3_000));
        let surface = read_screen(root).unwrap_or_else(|| Surface::ussd(Form::Proper));
        Some(Self { request: request?, answer: answer?, signature, reply_budget, surface })
    }
}

/// Reads `reply_budget_ms`.
pub(super) fn read_budget(table: &Table<'_>, fallback: Duration) -> Duration {
    table.opt_integer("reply_budget_ms", 100..=8_000u64).map_or(fallback, Duration::from_millis)
}

/// Reads `screen`: the letters that are carried, and how many of them; `None` where it is not there.
pub(super) fn read_screen(root: &Table<'_>) -> Option<Surface> {
    const CARRIED: [(&str, Alphabet); 2] = [("gsm-7", Alphabet::Gsm7), ("ucs-2", Alphabet::Ucs2)];
    let table = root.opt_table("screen")?;
    let read = |(name, alphabet): (&str, Alphabet)| {
        let units = table.opt_integer(name, SCREEN_MIN..=Budget::ussd(alphabet).units)?;
        Some(Budget { alphabet, units })
    };
    let budgets: Vec<Budget> = CARRIED.into_iter().filter_map(read).collect();
    if table.keys().is_empty() {
        table.error_here("empty: at least one of gsm-7 and ucs-2 says how many letters a screen holds");
    }
    table.finish();
    let proper = budgets.iter().any(|budget| budget.alphabet == Alphabet::Ucs2);
    let form = if proper { Form::Proper } else { Form::Plain };
    (!budgets.is_empty()).then(|| Surface { budgets, ..Surface::ussd(form) })
}

impl RequestForm {
    fn read(table: &Table<'_>) -> Option<Self> {
        let encoding = table.one_of("encoding", &[("form", Encoding::Form), ("json", Encoding::Json)]);
        let session = table.parse("session", field);
        let phone = table.parse("phone", field);
        let code = table.opt_parse("code", field);
        let text = table.parse("text", field);
        let holds = table.one_of("text_holds", &[("input", Holds::Input), ("inputs", Holds::Inputs)]);
        let sequence = table.opt_parse("sequence", field);
        let sequence_advance = table.integer_or("sequence_advance", 0..=1_000, 1);
        let event = table.opt_table("event").and_then(|event| {
            let read = read_event(&event);
            event.finish();
            read
        });
        if holds == Some(Holds::Inputs) && sequence.is_some() {
            table.error("sequence", "a text that holds every input numbers the turns by itself");
        }
        if code.is_none() && holds == Some(Holds::Inputs) {
            table.error("code", "missing: a text of inputs does not hold the code");
        }
        if holds == Some(Holds::Input) && !event.as_ref().is_some_and(EventField::tells_begin) {
            table.error("event", "missing: where a text holds one input, begin says which request begins a session");
        }
        Some(Self {
            encoding: encoding?,
            session: session?,
            phone: phone?,
            code,
            text: text?,
            holds: holds?,
            sequence,
            sequence_advance,
            event,
        })
    }
}

fn read_event(table: &Table<'_>) -> Option<EventField> {
    const EVENTS: [(&str, CallbackEvent); 4] = [
        ("begin", CallbackEvent::Begin),
        ("continue", CallbackEvent::Continue),
        ("abort", CallbackEvent::Abort),
        ("timeout", CallbackEvent::Timeout),
    ];
    let mut values: Vec<(String, CallbackEvent)> = Vec::new();
    for (key, event) in EVENTS {
        for (value, place) in table.string_items(key) {
            if values.iter().any(|(other, _)| *other == value) {
                table.error(key, format!("{value:?} means two things (line {})", place.position.line));
            }
            values.push((value, event));
        }
    }
    let name = table.parse("field", field)?;
    let read = EventField { name, values };
    if read.tells_begin() && !read.values.iter().any(|(_, event)| *event == CallbackEvent::Continue) {
        table.error("continue", "missing: begin says what a session begins with, and continue what goes on");
    }
    Some(read)
}

impl AnswerForm {
    fn read(table: &Table<'_>) -> Option<Self> {
        match table.one_of("encoding", &[("text", false), ("json", true)])? {
            false => {
                let goes_on = table.parse("continue", template);
                let ends = table.parse("end", template);
                if goes_on.is_some() && goes_on == ends {
                    table.error("end", "is the same as continue, and nothing else marks the last screen");
                }
                Some(Self::Text { goes_on: goes_on?, ends: ends? })
            }
            true => {
                let text = table.parse("text", field);
                let plain = |key: &str| -> Vec<(String, Scalar)> {
                    table.scalars(key).into_iter().map(|(name, value, _)| (name, value)).collect()
                };
                let (goes_on, ends) = (plain("continue"), plain("end"));
                if goes_on == ends {
                    table.error("end", "is the same as continue, and nothing else marks the last screen");
                }
                let echo = table.string_map("echo").into_iter().map(|(name, from, _)| (name, from)).collect();
                Some(Self::Json { text: text?, goes_on, ends, echo })
            }
        }
    }
}

impl SignatureHeaders {
    fn read(root: &Table<'_>) -> Self {
        let mut headers = Self::default();
        let Some(table) = root.opt_table("signature") else { return headers };
        for (key, header) in [
            ("timestamp", &mut headers.timestamp),
            ("nonce", &mut headers.nonce),
            ("signature", &mut headers.signature),
        ] {
            if let Some(name) = table.opt_parse(key, header_name) {
                *header = name;
            }
        }
        let Self { timestamp, nonce, signature } = &headers;
        if timestamp == nonce || nonce == signature || timestamp == signature {
            table.error_here("timestamp, nonce and signature stand in a header each");
        }
        table.finish();
        headers
    }
}

impl Default for SignatureHeaders {
    fn default() -> Self {
        let name = |name: &str| format!("x-dayaq-{name}");
        Self { timestamp: name("timestamp"), nonce: name("nonce"), signature: name("signature") }
    }
}

fn field(text: &str) -> Result<String, String> {
    match (1..=64).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err("must be the name of a field".to_owned()),
    }
}

fn template(text: &str) -> Result<String, String> {
    match text.matches(TEXT).count() {
        1 => Ok(text.to_owned()),
        _ => Err(format!("must hold {TEXT} once, found {text:?}")),
    }
}

fn header_name(text: &str) -> Result<String, String> {
    match axum::http::HeaderName::try_from(text) {
        Ok(name) => Ok(name.as_str().to_owned()),
        Err(_) => Err(format!("must be the name of a header, found {text:?}")),
    }
}
