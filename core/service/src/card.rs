//! The card order at the bank: one for each application, whatever becomes of the bank's answers.

use crate::http::{self, Found, HttpError};
use crate::service::{CoreService, is_item_id};
use crate::store::{Application, Card, CardState, Job};
use crate::worker::{Done, JobError, after, note_failure};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// The waits before the next tries; the last one repeats.
const RETRY_S: [u64; 5] = [5, 30, 120, 600, 3600];
/// The longest of them.
pub(crate) const LONGEST_RETRY: Duration = Duration::from_secs(RETRY_S[RETRY_S.len() - 1]);
/// Octets in the bank's number of an order, at most.
const ORDER_ID_OCTETS_MAX: usize = 64;

/// The bank's answer, as far as it is needed.
#[derive(Deserialize)]
struct Order {
    order_id: String,
    status: OrderStatus,
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    collect_from: Option<Date>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderStatus {
    Accepted,
    InProduction,
    Ready,
}

impl CoreService {
    /// Orders the card under the application's id as the key.
    ///
    /// That the bank is about to be asked is committed first. From then on, after a time-out, a broken
    /// connection or a crash, the bank is asked by key whether it has the order before it is asked again.
    pub(crate) async fn order_card(&self, job: &Job) -> Result<Done, JobError> {
        let (application, card) = self.card_of(job).await?;
        let found = match card.state {
            CardState::Ordered | CardState::Ready => {
                self.store.finish_job(job).await?;
                return Ok(Done::Finished);
            }
            CardState::Wanted => {
                self.store.card_asked(job, &application).await?;
                self.place_order(&application, &card).await
            }
            CardState::Asked => {
                let query = format!("/card-orders?key={}", application.id);
                match self.bank_get(&query).await {
                    Ok(Found::No) => self.place_order(&application, &card).await,
                    other => other,
                }
            }
        };
        let order = match found {
            Ok(Found::Yes { json }) => read_order(json),
            // The bank has no such service: a fault of its configuration or ours.
            Ok(Found::No) => Err(HttpError::Status(404)),
            Err(error) => Err(error),
        };
        match order {
            Ok(order) => {
                let now = self.clock.now();
                let ask_at = after(now, self.config.card_poll);
                self.store.card_ordered(job, &application, &order.order_id, now, ask_at).await?;
                metrics::counter!("dayaq_core_cards_ordered_total").increment(1);
                tracing::info!(application = %application.id, "Card ordered");
                Ok(Done::Finished)
            }
            Err(error) => self.bank_failed(job, &application, "order-card", error).await,
        }
    }

    /// Asks whether the card is ready, and tells the family once it is.
    pub(crate) async fn poll_card(&self, job: &Job) -> Result<Done, JobError> {
        let (application, card) = self.card_of(job).await?;
        let order_id = card.order_id.as_deref().ok_or(JobError::Missing("card order"))?;
        if card.state == CardState::Ready {
            self.store.finish_job(job).await?;
            return Ok(Done::Finished);
        }
        let order = match self.bank_get(&format!("/card-orders/{order_id}")).await {
            Ok(Found::Yes { json }) => read_order(json),
            Ok(Found::No) => Err(HttpError::Status(404)),
            Err(error) => Err(error),
        };
        let order = match order {
            Ok(order) if order.order_id == order_id => order,
            Ok(_) => return self.bank_failed(job, &application, "poll-card", HttpError::Form).await,
            Err(error) => return self.bank_failed(job, &application, "poll-card", error).await,
        };
        match (order.status, order.collect_from) {
            (OrderStatus::Accepted | OrderStatus::InProduction, _) => Ok(Done::Later(self.config.card_poll)),
            (OrderStatus::Ready, None) => self.bank_failed(job, &application, "poll-card", HttpError::Form).await,
            (OrderStatus::Ready, Some(collect_from)) => {
                // The bank may have moved the card to another of its branches.
                let branch = order.branch.filter(|b| is_item_id(b)).unwrap_or_else(|| card.branch.clone());
                let now = self.clock.now();
                self.store.card_ready(job, &application, &card, &branch, collect_from, now).await?;
                metrics::counter!("dayaq_core_cards_ready_total").increment(1);
                tracing::info!(application = %application.id, "Card ready");
                Ok(Done::Finished)
            }
        }
    }

    async fn card_of(&self, job: &Job) -> Result<(Application, Card), JobError> {
        let application = self.store.application(job.application).await?.ok_or(JobError::Missing("application"))?;
        let card = self.store.card(&application).await?.ok_or(JobError::Missing("card"))?;
        Ok((application, card))
    }

    async fn place_order(&self, application: &Application, card: &Card) -> Result<Found, HttpError> {
        let body = json!({
            "reference": application.reference,
            "fin": application.declared.applicant,
            "holder": card.holder,
            "branch": card.branch,
            "ordered_on": card.ordered_on,
        });
        let key = application.id.to_string();
        http::post(&self.http, &self.config.bank, "/card-orders", &key, &body, self.config.bank_timeout).await
    }

    async fn bank_get(&self, path: &str) -> Result<Found, HttpError> {
        http::get(&self.http, &self.config.bank, path, self.config.bank_timeout).await
    }

    /// Puts the job off. A refusal that time alone will not heal is marked for somebody to look at as well.
    async fn bank_failed(
        &self,
        job: &Job,
        application: &Application,
        request: &str,
        error: HttpError,
    ) -> Result<Done, JobError> {
        note_failure(job, "bank", request, &error);
        if matches!(error, HttpError::Status(400..=407 | 409..=424 | 426..=428 | 430..=499)) {
            self.store.card_needs_attention(application).await?;
            metrics::counter!("dayaq_core_cards_need_attention_total").increment(1);
        }
        let at = usize::try_from(job.tries).unwrap_or(usize::MAX).min(RETRY_S.len() - 1);
        Ok(Done::Failed(Duration::from_secs(RETRY_S[at])))
    }
}

/// Reads an order; its number becomes part of a path, so that nothing but plain characters is taken.
fn read_order(json: Json) -> Result<Order, HttpError> {
    let order: Order = serde_json::from_value(json).map_err(|_| HttpError::Form)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let fits = (1..=ORDER_ID_OCTETS_MAX).contains(&order.order_id.len()) && order.order_id.bytes().all(plain);
    if fits { Ok(order) } else { Err(HttpError::Form) }
}
