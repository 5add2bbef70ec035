//! What the core answers.

use crate::{Args, Term, Value};
use dayaq_types::Money;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The answer to a submission. It never tells whether a FIN is known to anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum SubmitReply {
    /// Registered and verified: the 15 working days run.
    Registered {
        /// The registration number.
        reference: String,
        /// The day of registration in Baku.
        registered_on: Date,
        /// The last day for the decision.
        decide_by: Date,
    },
    /// Registered, and no day can be promised: the calendar ends before it, or no rules govern the day of registration yet.
    RegisteredUndated {
        /// The registration number.
        reference: String,
        /// The day of registration in Baku.
        registered_on: Date,
    },
    /// Kept, without a notarised application's number: the 15 days have not begun.
    AwaitingNotary {
        /// The registration number.
        reference: String,
        /// The day of registration in Baku.
        registered_on: Date,
    },
    /// This phone already has an open application for this applicant.
    Already {
        /// Its registration number.
        reference: String,
        /// The day of its registration in Baku.
        registered_on: Date,
    },
    /// This phone has handed in for three others within 30 days; nothing was kept.
    Limited,
}

impl SubmitReply {
    /// The registration number of the application that it is about.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Registered { reference, .. }
            | Self::RegisteredUndated { reference, .. }
            | Self::AwaitingNotary { reference, .. }
            | Self::Already { reference, .. } => Some(reference),
            Self::Limited => None,
        }
    }
}

/// The answer to a number given alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum CompleteReply {
    /// Registered: the 15 working days run from this day.
    Registered {
        /// The registration number, which is the one that the application had.
        reference: String,
        /// The day in Baku on which the number came.
        registered_on: Date,
        /// The last day for the decision.
        decide_by: Date,
    },
    /// Registered, and no day can be promised yet.
    RegisteredUndated {
        /// The registration number, which is the one that the application had.
        reference: String,
        /// The day in Baku on which the number came.
        registered_on: Date,
    },
    /// The application has this number already.
    Already {
        /// Its registration number.
        reference: String,
        /// The day of its registration in Baku.
        registered_on: Date,
    },
    /// The application has another number, or is over; nothing was changed.
    NotAwaiting {
        /// Its registration number.
        reference: String,
    },
    /// No such application is bound to this phone.
    None,
}

/// The application that a phone has: one that is neither refused nor superseded, and whose award has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum ExistingReply {
    /// It has none.
    None,
    /// The latest one that waits for the notarised application's number.
    AwaitingNotary {
        /// Its registration number.
        reference: String,
    },
    /// None waits for a number; this is the latest.
    Open {
        /// Its registration number.
        reference: String,
    },
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The notarised application's number is missing.
    AwaitingNotary,
    /// Evidence is being gathered.
    Gathering,
    /// It still is, after the last day for the decision; told, and never written into a row.
    Late,
    /// Granted; the card is on order.
    Granted,
    /// Refused.
    Refused,
    /// The card can be collected.
    CardReady,
    /// Another, verified application of the same applicant took its place.
    Superseded,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AwaitingNotary,
        Self::Gathering,
        Self::Late,
        Self::Granted,
        Self::Refused,
        Self::CardReady,
        Self::Superseded,
    ];

    /// The outcome name of `status` and the value kept in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AwaitingNotary => "awaiting-notary",
            Self::Gathering => "gathering",
            Self::Late => "late",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::CardReady => "card-ready",
            Self::Superseded => "superseded",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// The stage alone, told to the bound phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum StatusReply {
    /// No application is bound to this phone.
    None,
    /// The latest one.
    At {
        /// Where it stands.
        stage: Stage,
        /// Its registration number.
        reference: String,
        /// The last day for the decision, once the 15 days run and that day is known.
        decide_by: Option<Date>,
    },
}

/// Amount and period of an award.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwardTerms {
    /// A month's amount.
    pub amount: Money,
    /// The first day paid for.
    pub from: Date,
    /// The last day paid for.
    pub until: Date,
}

/// The outcome with its details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum ExplainReply {
    /// No application is bound to this phone.
    None,
    /// The digits are not those of the applicant's card.
    Wrong,
    /// Too many wrong tries from this phone: at most 5 in 24 hours.
    Locked,
    /// Not decided yet.
    Undecided {
        /// The last day for the decision, once the 15 days run.
        decide_by: Option<Date>,
    },
    /// Registered and not decided yet, and no day can be promised.
    Undated,
    /// Not decided yet, and the last day for it is past.
    Late,
    /// Granted.
    Granted(AwardTerms),
    /// Refused, with every reason.
    Refused {
        /// The reasons.
        reasons: Vec<Term>,
    },
}

/// How far a card is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "stage")]
pub enum CardStage {
    /// None was ordered: there is no award.
    None,
    /// The bank makes it.
    Ordered {
        /// The branch.
        branch: String,
    },
    /// It waits at the branch.
    Ready {
        /// The branch.
        branch: String,
        /// The first day on which it can be collected.
        collect_from: Date,
    },
}

/// The card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum PickupReply {
    /// No application is bound to this phone.
    None,
    /// The digits are not those of the applicant's card.
    Wrong,
    /// Too many wrong tries from this phone: at most 5 in 24 hours.
    Locked,
    /// How far the card is.
    Card(CardStage),
}

/// Any reply, as a dialogue sees it: the name of an outcome and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// A name from the operation's outcomes in the catalogue.
    pub outcome: &'static str,
    /// The values of that outcome.
    pub values: Args,
}

impl Reply {
    fn new<const N: usize>(outcome: &'static str, values: [(&str, Value); N]) -> Self {
        Self { outcome, values: values.into_iter().map(|(k, v)| (k.to_owned(), v)).collect() }
    }
}

fn branch(id: String) -> Value {
    Value::Item { list: "branches".to_owned(), id }
}

impl From<SubmitReply> for Reply {
    fn from(reply: SubmitReply) -> Self {
        match reply {
            SubmitReply::Registered { reference, registered_on, decide_by } => Self::new(
                "registered",
                [
                    ("reference", Value::Text(reference)),
                    ("registered-on", Value::Date(registered_on)),
                    ("decide-by", Value::Date(decide_by)),
                ],
            ),
            SubmitReply::RegisteredUndated { reference, registered_on } => Self::new(
                "registered-undated",
                [("reference", Value::Text(reference)), ("registered-on", Value::Date(registered_on))],
            ),
            SubmitReply::AwaitingNotary { reference, registered_on } => Self::new(
                "awaiting-notary",
                [("reference", Value::Text(reference)), ("registered-on", Value::Date(registered_on))],
            ),
            SubmitReply::Already { reference, registered_on } => Self::new(
                "already",
                [("reference", Value::Text(reference)), ("registered-on", Value::Date(registered_on))],
            ),
            SubmitReply::Limited => Self::new("limited", []),
        }
    }
}

impl From<CompleteReply> for Reply {
    fn from(reply: CompleteReply) -> Self {
        match reply {
            CompleteReply::Registered { reference, registered_on, decide_by } => {
                SubmitReply::Registered { reference, registered_on, decide_by }.into()
            }
            CompleteReply::RegisteredUndated { reference, registered_on } => {
                SubmitReply::RegisteredUndated { reference, registered_on }.into()
            }
            CompleteReply::Already { reference, registered_on } => {
                SubmitReply::Already { reference, registered_on }.into()
            }
            CompleteReply::NotAwaiting { reference } => {
                Self::new("not-awaiting", [("reference", Value::Text(reference))])
            }
            CompleteReply::None => Self::new("none", []),
        }
    }
}

impl From<ExistingReply> for Reply {
    fn from(reply: ExistingReply) -> Self {
        match reply {
            ExistingReply::None => Self::new("none", []),
            ExistingReply::AwaitingNotary { reference } => {
                Self::new("awaiting-notary", [("reference", Value::Text(reference))])
            }
            ExistingReply::Open { reference } => Self::new("open", [("reference", Value::Text(reference))]),
        }
    }
}

impl From<StatusReply> for Reply {
    fn from(reply: StatusReply) -> Self {
        match reply {
            StatusReply::None => Self::new("none", []),
            StatusReply::At { stage, reference, decide_by } => {
                let reference = ("reference", Value::Text(reference));
                match (stage, decide_by) {
                    (Stage::Gathering, Some(day)) => {
                        Self::new(stage.name(), [reference, ("decide-by", Value::Date(day))])
                    }
                    (Stage::Gathering, None) => Self::new("gathering-undated", [reference]),
                    (_, _) => Self::new(stage.name(), [reference]),
                }
            }
        }
    }
}

impl From<ExplainReply> for Reply {
    fn from(reply: ExplainReply) -> Self {
        match reply {
            ExplainReply::None => Self::new("none", []),
            ExplainReply::Wrong => Self::new("wrong", []),
            ExplainReply::Locked => Self::new("locked", []),
            ExplainReply::Undecided { decide_by: None } => Self::new("not-begun", []),
            ExplainReply::Undecided { decide_by: Some(day) } => {
                Self::new("undecided", [("decide-by", Value::Date(day))])
            }
            ExplainReply::Undated => Self::new("undecided-undated", []),
            ExplainReply::Late => Self::new("undecided-late", []),
            ExplainReply::Granted(AwardTerms { amount, from, until }) => Self::new(
                "granted",
                [("amount", Value::Money(amount)), ("from", Value::Date(from)), ("until", Value::Date(until))],
            ),
            ExplainReply::Refused { reasons } => Self::new("refused", [("reasons", Value::Terms(reasons))]),
        }
    }
}

impl From<PickupReply> for Reply {
    fn from(reply: PickupReply) -> Self {
        match reply {
            PickupReply::None => Self::new("none", []),
            PickupReply::Wrong => Self::new("wrong", []),
            PickupReply::Locked => Self::new("locked", []),
            PickupReply::Card(CardStage::None) => Self::new("no-card", []),
            PickupReply::Card(CardStage::Ordered { branch: id }) => Self::new("ordered", [("branch", branch(id))]),
            PickupReply::Card(CardStage::Ready { branch: id, collect_from }) => {
                Self::new("ready", [("branch", branch(id)), ("collect-from", Value::Date(collect_from))])
            }
        }
    }
}
