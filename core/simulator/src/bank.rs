//! The bank: card orders that become ready with the passing of its clock.

use dayaq_types::{Fin, Pii, baku_date, baku_start_of_day};
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Orders that the bank's books have room for.
const ORDERS_MAX: usize = 1_000_000;

/// How long the bank takes to make a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardTime {
    /// So many weekdays after the day of the order; ready when that day begins in Baku.
    Weekdays(u16),
    /// This long after the order, for a simulation on the machine's own clock.
    After(Duration),
}

/// An order as it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct CardOrder {
    pub reference: String,
    pub fin: Fin,
    pub holder: Pii<String>,
    pub branch: String,
    pub ordered_on: Date,
}

/// How far a card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CardStatus {
    /// The order is in the books.
    Accepted,
    /// The card is being made.
    InProduction,
    /// The card waits at the branch.
    Ready,
}

/// What the bank tells of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardState {
    /// The bank's own number of the order.
    pub order_id: String,
    /// How far it is.
    pub status: CardStatus,
    /// The branch.
    pub branch: String,
    /// From which day it can be collected; once ready.
    pub collect_from: Option<Date>,
}

/// The bank's books. They live as long as the process.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    orders: Vec<Booked>,
    by_key: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Booked {
    order: CardOrder,
    accepted_at: Timestamp,
    ready_at: Timestamp,
}

/// What became of an order that came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It is new.
    New(CardState),
    /// The same key and the same order came before.
    Again(CardState),
    /// The key belongs to a different order.
    KeyTaken,
    /// The books are full.
    Full,
}

impl Bank {
    pub fn place(&mut self, key: &str, order: CardOrder, time: CardTime, now: Timestamp) -> Placed {
        if let Some(at) = self.by_key.get(key) {
            return match self.orders[*at].order == order {
                true => Placed::Again(self.state(*at, now)),
                false => Placed::KeyTaken,
            };
        }
        if self.orders.len() >= ORDERS_MAX {
            return Placed::Full;
        }
        self.by_key.insert(key.to_owned(), self.orders.len());
        self.orders.push(Booked { order, accepted_at: now, ready_at: ready_at(time, now) });
        Placed::New(self.state(self.orders.len() - 1, now))
    }

    pub fn by_id(&self, order_id: &str, now: Timestamp) -> Option<CardState> {
        let at = order_id.strip_prefix("K-")?.parse::<usize>().ok()?.checked_sub(1)?;
        (at < self.orders.len() && number(at) == order_id).then(|| self.state(at, now))
    }

    pub fn by_key(&self, key: &str, now: Timestamp) -> Option<CardState> {
        self.by_key.get(key).map(|at| self.state(*at, now))
    }

    pub fn all(&self, now: Timestamp) -> Vec<CardState> {
        (0..self.orders.len()).map(|at| self.state(at, now)).collect()
    }

    fn state(&self, at: usize, now: Timestamp) -> CardState {
        let booked = &self.orders[at];
        let (passed, whole) =
            (now.duration_since(booked.accepted_at), booked.ready_at.duration_since(booked.accepted_at));
        let status = if now >= booked.ready_at {
            CardStatus::Ready
        } else if passed >= whole / 3 && passed > SignedDuration::ZERO {
            CardStatus::InProduction
        } else {
            CardStatus::Accepted
        };
        let collect_from = match status {
            CardStatus::Ready => Some(weekdays_after(baku_date(booked.ready_at), 1)),
            CardStatus::Accepted | CardStatus::InProduction => None,
        };
        CardState { order_id: number(at), status, branch: booked.order.branch.clone(), collect_from }
    }
}

fn number(at: usize) -> String {
    format!("K-{:06}", at + 1)
}

fn ready_at(time: CardTime, now: Timestamp) -> Timestamp {
    match time {
        CardTime::Weekdays(days) => baku_start_of_day(weekdays_after(baku_date(now), days)).max(now),
        CardTime::After(after) => now.checked_add(after).unwrap_or(Timestamp::MAX),
    }
}

/// The weekday that many weekdays after a day. The bank knows Saturday and Sunday and no holidays.
fn weekdays_after(day: Date, weekdays: u16) -> Date {
    let mut day = day;
    let mut left = weekdays;
    while left > 0 {
        day = day.saturating_add(1.day());
        if day == Date::MAX {
            break;
        }
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    day
}
