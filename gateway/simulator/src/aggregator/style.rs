//! How aggregators call: what each of them posts, and what it takes for an answer.

use super::radio::{Happening, Radio};
use dayaq_text::{Alphabet, Budget, fits};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// Whose callbacks are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Form fields, every input in one text, `CON …` and `END …`; a notification when a session is over.
    AfricasTalking,
    /// JSON with a flag for a new session and the last input; nothing is told of an end.
    Arkesel,
    /// JSON with a type for everything that happens, and numbered turns.
    Hubtel,
}

/// No style has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of africas-talking, arkesel, hubtel, found {0:?}")]
pub struct UnknownStyle(String);

/// A body with its content type.
pub(super) struct Body {
    pub content_type: &'static str,
    pub octets: Vec<u8>,
}

/// An answer as the aggregator understood it.
pub(super) struct Understood {
    pub text: String,
    pub more: bool,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 3] = [Self::AfricasTalking, Self::Arkesel, Self::Hubtel];

    /// Its name, which is also that of its profile in config/aggregators.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AfricasTalking => "africas-talking",
            Self::Arkesel => "arkesel",
            Self::Hubtel => "hubtel",
        }
    }

    /// What the networks behind it carry; longer or other texts are not shown.
    pub(super) fn carries(self, text: &str) -> bool {
        let budgets: &[Budget] = match self {
            Self::AfricasTalking => &[Budget { alphabet: Alphabet::Gsm7, units: 160 }],
            Self::Arkesel | Self::Hubtel => &[Budget::ussd(Alphabet::Gsm7), Budget::ussd(Alphabet::Ucs2)],
        };
        budgets.iter().any(|budget| fits(text, *budget))
    }

    /// The name of a new session.
    pub(super) fn session(self, random: u128) -> String {
        match self {
            Self::AfricasTalking => format!("ATUid_{random:032x}"),
            Self::Arkesel | Self::Hubtel => format!("{random:032x}"),
        }
    }

    /// What is posted when this happens; `None` where the aggregator does not tell.
    pub(super) fn body(self, radio: &Radio, happening: Happening) -> Option<Body> {
        let phone = radio.number.digits();
        let typed = radio.inputs.last().map(String::as_str).unwrap_or_default();
        match self {
            Self::AfricasTalking => {
                let text = radio.all_inputs();
                let mut fields = vec![
                    ("sessionId", radio.session.clone()),
                    ("serviceCode", radio.code.clone()),
                    ("networkCode", "40001".to_owned()),
                    ("phoneNumber", format!("+{phone}")),
                ];
                match happening {
                    Happening::Dialled | Happening::Typed => fields.push(("text", text)),
                    Happening::HungUp => fields.extend([("status", "Incomplete".to_owned()), ("input", text)]),
                    Happening::CutOff => fields.extend([("status", "Failed".to_owned()), ("input", text)]),
                    Happening::Over => fields.extend([("status", "Success".to_owned()), ("input", text)]),
                }
                Some(Body { content_type: "application/x-www-form-urlencoded", octets: form(&fields) })
            }
            Self::Arkesel => {
                let new = match happening {
                    Happening::Dialled => true,
                    Happening::Typed => false,
                    Happening::HungUp | Happening::CutOff | Happening::Over => return None,
                };
                Some(object(&json!({
                    "sessionID": radio.session,
                    "userID": "DAYAQ",
                    "newSession": new,
                    "msisdn": phone,
                    "userData": if new { &radio.dialled } else { typed },
                    "network": "Azercell",
                })))
            }
            Self::Hubtel => {
                let (kind, message) = match happening {
                    Happening::Dialled => ("Initiation", radio.dialled.as_str()),
                    Happening::Typed => ("Response", typed),
                    Happening::HungUp => ("Release", ""),
                    Happening::CutOff => ("Timeout", ""),
                    Happening::Over => return None,
                };
                Some(object(&json!({
                    "Type": kind,
                    "Mobile": phone,
                    "SessionId": radio.session,
                    "ServiceCode": radio.code.trim_matches(['*', '#']),
                    "Message": message,
                    "Operator": "Azercell",
                    "Sequence": radio.sequence,
                })))
            }
        }
    }

    /// Reads an answer; `None` where the aggregator could not make anything of it.
    pub(super) fn understand(self, radio: &Radio, content_type: &str, body: &[u8]) -> Option<Understood> {
        let text = std::str::from_utf8(body).ok()?;
        let understood = match self {
            Self::AfricasTalking => {
                let plain = content_type.starts_with("text/plain");
                let (text, more) = match text.strip_prefix("CON ") {
                    Some(text) => (text, true),
                    None => (text.strip_prefix("END ")?, false),
                };
                plain.then(|| Understood { text: text.to_owned(), more })
            }
            Self::Arkesel => {
                let answer = read_object(content_type, text)?;
                let ours = answer["sessionID"] == radio.session.as_str()
                    && answer["userID"] == "DAYAQ"
                    && answer["msisdn"] == radio.number.digits();
                let (text, more) = (answer["message"].as_str()?, answer["continueSession"].as_bool()?);
                ours.then(|| Understood { text: text.to_owned(), more })
            }
            Self::Hubtel => {
                let answer = read_object(content_type, text)?;
                let more = match answer["Type"].as_str()? {
                    "response" => true,
                    "release" => false,
                    _ => return None,
                };
                let text = answer["Message"].as_str()?;
                (answer["SessionId"] == radio.session.as_str()).then(|| Understood { text: text.to_owned(), more })
            }
        };
        understood.filter(|understood| self.carries(&understood.text))
    }
}

impl FromStr for Style {
    type Err = UnknownStyle;

    fn from_str(text: &str) -> Result<Self, UnknownStyle> {
        Self::ALL.into_iter().find(|style| style.name() == text).ok_or_else(|| UnknownStyle(text.to_owned()))
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn object(value: &Value) -> Body {
    Body { content_type: "application/json", octets: value.to_string().into_bytes() }
}

fn read_object(content_type: &str, text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|_| content_type.starts_with("application/json"))
}

/// `application/x-www-form-urlencoded`, as the URL standard has it.
fn form(fields: &[(&str, String)]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (name, value) in fields {
        if !octets.is_empty() {
            octets.push(b'&');
        }
        escape(name, &mut octets);
        octets.push(b'=');
        escape(value, &mut octets);
    }
    octets
}

fn escape(text: &str, octets: &mut Vec<u8>) {
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => octets.push(octet),
            b' ' => octets.push(b'+'),
            other => octets.extend(format!("%{other:02X}").into_bytes()),
        }
    }
}
