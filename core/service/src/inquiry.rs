//! One request to an institution, with its pages or its ticket.

use crate::answer::{Answer, WrongForm};
use crate::config::Endpoint;
use crate::document::Document;
use crate::http::{self, HttpError, Question, Reply};
use crate::institution::{Institution, Place, Places, Request, Ticket};
use std::time::Duration;

/// Pages of one answer, at most.
const PAGES_MAX: u32 = 100;
/// Characters of a ticket, at most.
const TICKET_MAX: usize = 80;

/// What is asked of whom.
pub struct Inquiry<'a> {
    /// The client for HTTP.
    pub client: &'a reqwest::Client,
    /// Where the institution answers.
    pub endpoint: &'a Endpoint,
    /// The institution.
    pub institution: &'a Institution,
    /// What it is asked.
    pub request: &'a Request,
    /// What fills the places of path and body.
    pub places: Places,
}

/// What came of it.
pub enum Asked {
    /// An answer, and its octets as they came.
    Answer(Answer, Vec<u8>),
    /// The answer is being prepared; it is to be fetched by this number after the wait.
    Prepared(String, Duration),
    /// It is not ready yet.
    NotReady(Duration),
    /// The institution no longer knows the number: the request is to be made anew.
    TicketLost(Duration),
}

/// Why nothing came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InquiryError {
    /// No answer to read.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// An answer in which a fact is missing.
    #[error(transparent)]
    WrongForm(#[from] WrongForm),
}

/// An answer looked at.
enum Looked {
    Nothing,
    Something(Answer, Option<u32>),
}

impl Inquiry<'_> {
    /// Makes the request, or looks whether the one made before, under that ticket, is ready.
    pub async fn make(mut self, ticket: Option<String>) -> Result<Asked, InquiryError> {
        let request = self.request;
        match (&request.ticket, ticket) {
            (Some(how), Some(number)) => self.fetch(how, number).await,
            (Some(how), None) => self.order(how).await,
            (None, _) if request.pages.is_some() => self.pages().await,
            (None, _) => {
                let reply = self.ask().await?;
                Ok(match self.look(&reply)? {
                    Looked::Nothing => Asked::Answer(Answer::not_found(request), reply.octets),
                    Looked::Something(answer, _) => Asked::Answer(answer, reply.octets),
                })
            }
        }
    }

    /// Reads page after page; an answer that changes its number of pages meanwhile is of the wrong form.
    async fn pages(&mut self) -> Result<Asked, InquiryError> {
        let mut whole: Option<(Answer, Vec<u8>)> = None;
        let mut count = 1;
        let mut page = 1;
        while page <= count {
            self.places.insert(Place::Page, page.to_string());
            let reply = self.ask().await?;
            let (answer, pages) = match self.look(&reply)? {
                Looked::Nothing if page == 1 => {
                    return Ok(Asked::Answer(Answer::not_found(self.request), reply.octets));
                }
                Looked::Nothing => return Err(HttpError::Form.into()),
                Looked::Something(answer, pages) => (answer, pages.ok_or(HttpError::Form)?),
            };
            match &mut whole {
                None => {
                    count = pages;
                    whole = Some((answer, reply.octets));
                }
                Some(_) if pages != count => return Err(HttpError::Form.into()),
                Some((all, octets)) => {
                    all.add_page(answer)?;
                    octets.push(b'\n');
                    octets.extend(reply.octets);
                }
            }
            page += 1;
        }
        let (answer, octets) = whole.ok_or(HttpError::Form)?;
        Ok(Asked::Answer(answer, octets))
    }

    async fn order(&self, how: &Ticket) -> Result<Asked, InquiryError> {
        let reply = self.ask().await?;
        match reply.status {
            200..=202 => {
                let document = Document::parse(self.institution.format, &reply.octets).ok_or(HttpError::Form)?;
                let node = document.root().at(&how.pointer).ok().flatten();
                let number = node.and_then(|node| node.word().map(|word| word.into_owned()));
                let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
                let number = number.filter(|n| (1..=TICKET_MAX).contains(&n.len()) && n.bytes().all(plain));
                Ok(Asked::Prepared(number.ok_or(HttpError::Form)?, how.wait))
            }
            404 => Ok(Asked::Answer(Answer::not_found(self.request), reply.octets)),
            other => Err(HttpError::Status(other).into()),
        }
    }

    async fn fetch(&mut self, how: &Ticket, number: String) -> Result<Asked, InquiryError> {
        self.places.insert(Place::Ticket, number);
        let path = how.path.fill(&self.places).ok_or(HttpError::Form)?;
        let question = Question { path: &path, body: None, soap_action: None };
        let reply = http::ask(self.client, self.endpoint, question, self.institution.timeout).await?;
        match reply.status {
            202 => Ok(Asked::NotReady(how.wait)),
            404 | 410 => Ok(Asked::TicketLost(how.wait)),
            _ => Ok(match self.look(&reply)? {
                Looked::Nothing => Asked::Answer(Answer::not_found(self.request), reply.octets),
                Looked::Something(answer, _) => Asked::Answer(answer, reply.octets),
            }),
        }
    }

    async fn ask(&self) -> Result<Reply, InquiryError> {
        let request = self.request;
        let by_address = request.path_by_address.as_ref().filter(|_| !self.places.contains_key(&Place::Meter));
        let path = by_address.unwrap_or(&request.path).fill(&self.places).ok_or(HttpError::Form)?;
        let body = match &request.body {
            Some(body) => Some(body.fill(&self.places).ok_or(HttpError::Form)?),
            None => None,
        };
        let question = Question {
            path: &path,
            body: body.as_deref().map(|body| (self.institution.format.media_type(), body)),
            soap_action: request.soap_action.as_deref(),
        };
        Ok(http::ask(self.client, self.endpoint, question, self.institution.timeout).await?)
    }

    /// Tells an answer from a refusal. SOAP tells with status 500 what others tell with 404.
    fn look(&self, reply: &Reply) -> Result<Looked, InquiryError> {
        match reply.status {
            404 => return Ok(Looked::Nothing),
            200 | 201 => {}
            500 if self.request.absent.is_some() => {}
            other => return Err(HttpError::Status(other).into()),
        }
        let failed = if reply.status == 500 { HttpError::Status(500) } else { HttpError::Form };
        let document = Document::parse(self.institution.format, &reply.octets).ok_or(failed)?;
        if let Some(absent) = &self.request.absent
            && let Ok(Some(node)) = document.root().at(&absent.pointer)
            && node.word().is_some_and(|word| word == absent.value.as_str())
        {
            return Ok(Looked::Nothing);
        }
        if reply.status == 500 {
            return Err(failed.into());
        }
        let answer = Answer::read(self.request, &document)?;
        let pages = match &self.request.pages {
            Some(pointer) => {
                let node = document.root().at(pointer).ok().flatten();
                let number = node.and_then(|node| node.number()).and_then(|number| number.parse().ok());
                Some(number.filter(|count| (1..=PAGES_MAX).contains(count)).ok_or(HttpError::Form)?)
            }
            None => None,
        };
        Ok(Looked::Something(answer, pages))
    }
}
