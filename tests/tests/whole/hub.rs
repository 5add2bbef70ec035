//! An aggregator before a gateway in this process, and its phones.

use crate::program::PATIENCE;
use crate::stand_in::House;
use dayaq_simulator::{AggregatorConfig, AggregatorPhone, CallAnswer, Screen, SignedCall, SimulatedAggregator, Style};
use dayaq_types::Msisdn;

pub const SECRET: &str = "what both of them know";

/// A gateway with an aggregator before it.
pub struct Hub {
    pub house: House,
    pub aggregator: SimulatedAggregator,
}

/// An aggregator of that style in the configuration; further keys of the gateway go first.
pub fn aggregator(style: Style, gateway: &str, reply_budget_ms: u32) -> String {
    format!(
        "{gateway}\n[[aggregator]]\nname = \"hub\"\nprofile = \"aggregators/{style}.toml\"\nlisten = \"127.0.0.1:0\"\n\
         path = \"/ussd\"\nsecret = \"{SECRET}\"\ncodes = [\"*7142#\"]\nreply_budget_ms = {reply_budget_ms}\n"
    )
}

impl Hub {
    pub async fn up(style: Style) -> Self {
        Self::with(style, "").await
    }

    pub async fn with(style: Style, gateway: &str) -> Self {
        Self::before(House::up(&aggregator(style, gateway, 100)).await, style)
    }

    pub fn before(house: House, style: Style) -> Self {
        let config = AggregatorConfig {
            path: "/ussd".to_owned(),
            patience: PATIENCE,
            ..AggregatorConfig::new(house.gateway.callbacks[0], style, SECRET)
        };
        let aggregator = SimulatedAggregator::new(config).expect("a client");
        Self { house, aggregator }
    }

    pub fn phone(&self, number: &str) -> AggregatorPhone {
        self.aggregator.phone(self.house.smsc.handset(Msisdn::parse(number).expect("a number")))
    }

    /// The call that was made last.
    pub fn last(&self) -> SignedCall {
        self.aggregator.last_call().expect("a call was made")
    }

    pub async fn post(&self, call: &SignedCall) -> CallAnswer {
        self.aggregator.post(call).await.expect("an answer")
    }

    /// Posts and gives the status with the problem's detail.
    pub async fn problem(&self, call: &SignedCall) -> (u16, String) {
        problem(&self.post(call).await)
    }

    /// A body of this style, signed now.
    pub fn signed(&self, content_type: &str, body: &str) -> SignedCall {
        self.aggregator.sign(content_type, body)
    }
}

#[track_caller]
pub fn problem(answer: &CallAnswer) -> (u16, String) {
    assert_eq!(answer.content_type, "application/problem+json", "{}", answer.body);
    let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(body["status"], answer.status);
    assert_eq!(answer.retry_after.is_some(), answer.status == 503, "a time to come again is said with 503");
    (answer.status, body["detail"].as_str().expect("a detail").to_owned())
}

pub const ONE: &str = "994501234567";
pub const OTHER: &str = "994551234567";

pub fn says(screen: &Screen, part: &str) {
    // The phones of one style have plain letters alone.
    let found = screen.text.contains(part) || screen.text.contains(&dayaq_text::plain(part));
    assert!(found, "{part:?} not in {:?}", screen.text);
}

/// A phone at the question for its FIN.
pub async fn at_fin(phone: &AggregatorPhone) {
    says(&phone.dial("*7142#").await.expect("a screen"), "3 English");
    for (typed, part) in [("1", "1 Yeni müraciət"), ("1", "1 Davam"), ("1", "1 Razıyam"), ("1", "FİN kodunuz")] {
        says(&phone.send(typed).await.expect("a screen"), part);
    }
}

/// A phone at the last page of the review.
pub async fn at_review(phone: &AggregatorPhone) {
    at_fin(phone).await;
    let mut screen = None;
    for typed in ["300TQ7M", "2", "3073607", "2026004117", "2", "qub", "1", "1", "2"] {
        screen = Some(phone.send(typed).await.unwrap_or_else(|cause| panic!("{typed}: {cause}")));
    }
    while screen.take().is_some_and(|screen| !screen.text.contains("1 Gönd") && !screen.text.contains("1 Gond")) {
        screen = Some(phone.send("98").await.expect("a page"));
    }
}
