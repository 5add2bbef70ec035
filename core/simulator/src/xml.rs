//! XML answers, with and without an envelope.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An XML document.
pub(crate) fn document(body: &str) -> Response {
    reply(StatusCode::OK, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
}

/// A SOAP answer.
pub(crate) fn envelope(body: &str) -> Response {
    reply(StatusCode::OK, wrapped(body))
}

/// A SOAP fault that says that there is nothing under the key.
pub(crate) fn not_found() -> Response {
    let fault = "<S:Fault><faultcode>Client.NotFound</faultcode><faultstring>nothing found</faultstring></S:Fault>";
    reply(StatusCode::INTERNAL_SERVER_ERROR, wrapped(fault))
}

/// Escapes a text.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What stands in the one element of that name in a request, whatever its prefix.
///
/// The requests are small and come from one connector: no parser is needed to find a key in them.
pub(crate) fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let end = body.find(&format!("{name}>")).map(|at| at + name.len() + 1)?;
    body[end..].split('<').next()
}

/// Manat with a decimal comma.
pub(crate) fn comma(qepik: i64) -> String {
    format!("{},{:02}", qepik / 100, qepik % 100)
}

/// Manat with a decimal point.
pub(crate) fn point(qepik: i64) -> String {
    format!("{}.{:02}", qepik / 100, qepik % 100)
}

fn wrapped(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <S:Body>{body}</S:Body></S:Envelope>"
    )
}

fn reply(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}
