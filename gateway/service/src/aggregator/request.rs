//! From the body of a callback to what its phone did.

use crate::config::{CallbackEvent, Encoding, Holds, RequestForm};
use axum::Form;
use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::header::CONTENT_TYPE;
use dayaq_types::Msisdn;
use serde_json::{Map, Value};

/// Longest name of a session, in octets.
const SESSION_MAX: usize = 128;

/// A callback as it was read. It has no `Debug`: all of it is personal.
pub struct Request {
    /// What it says has happened.
    pub event: CallbackEvent,
    /// The session's name.
    pub session: String,
    /// Whose phone.
    pub phone: Msisdn,
    /// The service code as it came.
    pub code: Option<String>,
    /// What was typed or dialled.
    pub text: String,
    /// The turn number.
    pub sequence: Option<u64>,
    /// Everything that came, by field.
    pub fields: Map<String, Value>,
}

/// Why a body is no callback.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is in another form than agreed.
    #[error("the content type must be {0}")]
    MediaType(&'static str),
    /// It is not in the form that it says.
    #[error("the body is not {0}")]
    Body(&'static str),
    /// A field is missing or holds what it cannot.
    #[error("{field}: {why}")]
    Field {
        /// Its name.
        field: String,
        /// Why, without what it holds.
        why: &'static str,
    },
}

/// Reads a body.
pub async fn read(form: &RequestForm, content_type: Option<&str>, body: &[u8]) -> Result<Request, Unreadable> {
    let expected = form.encoding.media_type();
    let given = content_type.and_then(|given| given.split(';').next()).unwrap_or_default();
    if !given.trim().eq_ignore_ascii_case(expected) {
        return Err(Unreadable::MediaType(expected));
    }
    let fields = Fields(match form.encoding {
        Encoding::Form => pairs(body).await?,
        Encoding::Json => serde_json::from_slice(body).map_err(|_| Unreadable::Body("a JSON object"))?,
    });
    let session = fields.must(&form.session)?;
    if session.is_empty() || session.len() > SESSION_MAX {
        return Err(fault(&form.session, "must have 1 to 128 octets"));
    }
    let phone = fields.must(&form.phone)?;
    let phone = Msisdn::parse(&phone).map_err(|_| fault(&form.phone, "is not a phone number"))?;
    let code = form.code.as_ref().map(|name| fields.may(name)).transpose()?.flatten();
    let event = event(form, &fields)?;
    let over = matches!(event, CallbackEvent::Abort | CallbackEvent::Timeout);
    // Who hangs up types nothing.
    let text = if over { fields.may(&form.text)?.unwrap_or_default() } else { fields.must(&form.text)? };
    if !over && form.code.is_some() && code.is_none() {
        return Err(fault(form.code.as_deref().unwrap_or_default(), "is missing"));
    }
    let sequence = match &form.sequence {
        None => None,
        Some(name) => {
            let number = fields.must(name)?.parse().map_err(|_| fault(name, "is not a number"))?;
            Some(number)
        }
    };
    Ok(Request { event, session, phone, code, text, sequence, fields: fields.0 })
}

fn event(form: &RequestForm, fields: &Fields) -> Result<CallbackEvent, Unreadable> {
    let Some(field) = &form.event else { return Ok(CallbackEvent::Turn) };
    let value = if field.tells_begin() { Some(fields.must(&field.name)?) } else { fields.may(&field.name)? };
    let Some(value) = value else { return Ok(CallbackEvent::Turn) };
    let known = field.values.iter().find(|(name, _)| *name == value).map(|(_, event)| *event);
    known.ok_or_else(|| fault(&field.name, "has a value that nobody agreed on"))
}

/// The service code of ours that was reached, and what was typed: on a begin, what was dialled after the code.
///
/// `None` where it is no code of ours.
pub fn reach<'c>(codes: &'c [String], holds: Holds, request: &Request) -> Option<(Option<&'c str>, String)> {
    let given = request.code.as_deref().map(body);
    let of_field = given.and_then(|given| longest(codes, given));
    let over = matches!(request.event, CallbackEvent::Abort | CallbackEvent::Timeout);
    let begins = request.event == CallbackEvent::Begin && holds == Holds::Input;
    if !begins {
        let known = over || given.is_none() || of_field.is_some();
        return known.then(|| (of_field.map(|(code, _)| code), request.text.clone()));
    }
    let dialled = request.text.trim();
    let of_text = longest(codes, body(dialled)).filter(|(_, rest)| rest.is_empty() || dialled.starts_with('*'));
    match (of_text, of_field) {
        (Some((code, rest)), _) => Some((Some(code), rest.to_owned())),
        // Another way to write what was dialled than ours: it leads to the first menu.
        (None, Some((code, _))) if dialled.starts_with(['*', '#']) => Some((Some(code), String::new())),
        (None, Some((code, _))) => Some((Some(code), dialled.to_owned())),
        (None, None) => None,
    }
}

/// The longest code with which a dialled body begins, and what comes after it.
fn longest<'c, 'd>(codes: &'c [String], dialled: &'d str) -> Option<(&'c str, &'d str)> {
    let after = |code: &'c String| {
        let rest = dialled.strip_prefix(code.as_str())?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix('*')? };
        Some((code.as_str(), rest))
    };
    codes.iter().filter_map(after).max_by_key(|(code, _)| code.len())
}

/// What was dialled, without its first star and its hash.
fn body(dialled: &str) -> &str {
    let dialled = dialled.trim();
    let dialled = dialled.strip_prefix('*').unwrap_or(dialled);
    dialled.strip_suffix('#').unwrap_or(dialled)
}

/// The pairs of a form; a field that stands there twice says nothing.
async fn pairs(body: &[u8]) -> Result<Map<String, Value>, Unreadable> {
    let request = axum::http::Request::post("/").header(CONTENT_TYPE, Encoding::Form.media_type());
    let request = request.body(Body::from(body.to_vec())).map_err(|_| Unreadable::Body("a form"))?;
    let read = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let Form(pairs) = read.map_err(|_| Unreadable::Body("a form"))?;
    let mut fields = Map::new();
    for (name, value) in pairs {
        if fields.contains_key(&name) {
            return Err(fault(&name, "stands there twice"));
        }
        fields.insert(name, Value::String(value));
    }
    Ok(fields)
}

struct Fields(Map<String, Value>);

impl Fields {
    fn must(&self, name: &str) -> Result<String, Unreadable> {
        self.may(name)?.ok_or_else(|| fault(name, "is missing"))
    }

    fn may(&self, name: &str) -> Result<Option<String>, Unreadable> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(value)) => Ok(Some(value.to_string())),
            Some(Value::Array(_) | Value::Object(_)) => Err(fault(name, "must be a text or a number")),
        }
    }
}

fn fault(field: &str, why: &'static str) -> Unreadable {
    Unreadable::Field { field: field.to_owned(), why }
}
