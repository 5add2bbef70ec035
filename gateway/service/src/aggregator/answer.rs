//! From a screen to the answer of a callback.

use crate::config::{AnswerForm, TEXT};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use dayaq_author::Scalar;
use serde_json::{Map, Value};

/// The answer that shows a screen; `fields` are those of the request.
pub fn write(form: &AnswerForm, fields: &Map<String, Value>, text: &str, ends: bool) -> Response {
    match form {
        AnswerForm::Text { goes_on, ends: end } => {
            let body = if ends { end } else { goes_on }.replacen(TEXT, text, 1);
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
        }
        AnswerForm::Json { text: name, goes_on, ends: end, echo } => {
            let mut object = Map::new();
            for (name, from) in echo {
                if let Some(value) = fields.get(from) {
                    object.insert(name.clone(), value.clone());
                }
            }
            for (name, value) in if ends { end } else { goes_on } {
                object.insert(name.clone(), json(value));
            }
            object.insert(name.clone(), Value::String(text.to_owned()));
            axum::Json(object).into_response()
        }
    }
}

/// The answer where there is no screen.
pub fn silent() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], "").into_response()
}

fn json(value: &Scalar) -> Value {
    match value {
        Scalar::String(text) => Value::String(text.clone()),
        Scalar::Integer(number) => Value::from(*number),
        Scalar::Boolean(value) => Value::Bool(*value),
    }
}
