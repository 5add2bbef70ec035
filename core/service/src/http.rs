//! HTTP to an institution or the bank.
//!
//! A path may hold a FIN: no error here carries an address, and none is logged.

use crate::config::Endpoint;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::Value as Json;
use std::time::Duration;

/// Octets in an answer, at most.
const BODY_OCTETS_MAX: usize = 1 << 20;

/// Why there is no answer to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Nothing came in time; whether the request arrived is not known.
    #[error("no answer in time")]
    Timeout,
    /// The connection failed; whether the request arrived is not known.
    #[error("the connection failed")]
    Connection,
    /// A status that is neither success nor a known refusal.
    #[error("status {0}")]
    Status(u16),
    /// Not of the format agreed, or of the wrong form.
    #[error("the answer has the wrong form")]
    Form,
    /// More than a megabyte.
    #[error("the answer is too long")]
    TooLong,
}

impl HttpError {
    /// A short name for metrics.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Status(_) => "status",
            Self::Form => "form",
            Self::TooLong => "too-long",
        }
    }
}

impl From<reqwest::Error> for HttpError {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::Timeout } else { Self::Connection }
    }
}

/// The bank's answer: found with its JSON, or 404.
#[derive(Clone, Debug)]
pub enum Found {
    /// Status 200 or 201.
    Yes {
        /// The body, read.
        json: Json,
    },
    /// Status 404.
    No,
}

/// A client that follows no redirect: a token is for one institution alone.
pub fn client() -> Result<Client, ClientError> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(ClientError("no TLS provider is installed in this process".to_owned()));
    }
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .no_proxy()
        .build()
        .map_err(|e| ClientError(e.without_url().to_string()))
}

/// Why no HTTP client could be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client cannot be built: {0}")]
pub struct ClientError(String);

/// What is asked of an institution.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The path under its address.
    pub path: &'a str,
    /// What is posted, with its media type; nothing makes it a GET.
    pub body: Option<(&'static str, &'a str)>,
    /// The SOAPAction header.
    pub soap_action: Option<&'a str>,
}

/// An answer as it came.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub octets: Vec<u8>,
}

/// Puts the question; every status is an answer.
pub async fn ask(
    client: &Client,
    endpoint: &Endpoint,
    question: Question<'_>,
    timeout: Duration,
) -> Result<Reply, HttpError> {
    let method = if question.body.is_some() { Method::POST } else { Method::GET };
    let mut request = request(client, method, endpoint, question.path)?;
    if let Some((media_type, body)) = question.body {
        request = request.header(CONTENT_TYPE, media_type).body(body.to_owned());
    }
    if let Some(action) = question.soap_action {
        request = request.header("soapaction", format!("\"{action}\""));
    }
    exchange(request, timeout).await
}

/// Asks the bank for `path`.
pub async fn get(client: &Client, endpoint: &Endpoint, path: &str, timeout: Duration) -> Result<Found, HttpError> {
    found(exchange(request(client, Method::GET, endpoint, path)?, timeout).await?)
}

/// Sends the bank JSON under an idempotency key.
pub async fn post(
    client: &Client,
    endpoint: &Endpoint,
    path: &str,
    key: &str,
    body: &Json,
    timeout: Duration,
) -> Result<Found, HttpError> {
    let key = HeaderValue::from_str(key).map_err(|_| HttpError::Form)?;
    let request = request(client, Method::POST, endpoint, path)?.header("idempotency-key", key).json(body);
    found(exchange(request, timeout).await?)
}

fn request(client: &Client, method: Method, endpoint: &Endpoint, path: &str) -> Result<RequestBuilder, HttpError> {
    let mut token = HeaderValue::from_str(&format!("Bearer {}", endpoint.token.expose_secret()))
        .map_err(|_| HttpError::Connection)?;
    token.set_sensitive(true);
    Ok(client.request(method, format!("{}{path}", endpoint.base_url)).header(AUTHORIZATION, token))
}

async fn exchange(request: RequestBuilder, timeout: Duration) -> Result<Reply, HttpError> {
    let mut response = request.timeout(timeout).send().await?;
    let status = response.status().as_u16();
    let mut octets = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if octets.len() + chunk.len() > BODY_OCTETS_MAX {
            return Err(HttpError::TooLong);
        }
        octets.extend_from_slice(&chunk);
    }
    Ok(Reply { status, octets })
}

fn found(reply: Reply) -> Result<Found, HttpError> {
    match reply.status {
        200 | 201 => {
            let json = serde_json::from_slice(&reply.octets).map_err(|_| HttpError::Form)?;
            Ok(Found::Yes { json })
        }
        404 => Ok(Found::No),
        other => Err(HttpError::Status(other)),
    }
}
