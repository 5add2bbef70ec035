//! Notices: what the core wants told to a phone, without a word of text.

use crate::{Args, Term, Value};
use dayaq_types::{Language, Money, Msisdn};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something to tell a family. The gateway finds the words under `notice-<key>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "key")]
pub enum Notice {
    /// The application is registered and the 15 working days run.
    Registered {
        /// The registration number.
        reference: String,
        /// The last day for the decision.
        decide_by: Date,
    },
    /// The application is registered, and no day for the decision can be promised yet.
    RegisteredUndated {
        /// The registration number.
        reference: String,
    },
    /// The day that could not be promised at registration is known.
    Deadline {
        /// The registration number.
        reference: String,
        /// The last day for the decision.
        decide_by: Date,
    },
    /// The application is kept; the notarised application's number is missing.
    AwaitingNotary {
        /// The registration number.
        reference: String,
    },
    /// The assistance is granted (S9).
    Granted {
        /// The registration number.
        reference: String,
        /// A month's amount.
        amount: Money,
        /// The first day paid for.
        from: Date,
        /// The last day paid for.
        until: Date,
    },
    /// The assistance is refused (S9), with every reason.
    Refused {
        /// The registration number.
        reference: String,
        /// The reasons.
        reasons: Vec<Term>,
    },
    /// The card can be collected (S11).
    CardReady {
        /// The branch, an id of the list `branches`; the text gives its address.
        branch: String,
        /// The first day on which it can be collected.
        collect_from: Date,
    },
    /// Another, verified application of the same applicant took this one's place.
    Superseded {
        /// The registration number.
        reference: String,
    },
    /// The last day for the decision is past; told on the next working day, and again every fifth one.
    Late {
        /// The registration number.
        reference: String,
        /// The how-manieth time, from 0.
        number: u32,
    },
    /// Nothing proves somebody who was declared: the family is asked about it.
    Unproven {
        /// The registration number.
        reference: String,
    },
    /// A member whom this family has proven counts in another family's award, or is claimed by another family.
    Contested {
        /// The registration number.
        reference: String,
    },
}

impl Notice {
    /// The key under which the locales hold its words.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::RegisteredUndated { .. } => "registered-undated",
            Self::Deadline { .. } => "deadline",
            Self::AwaitingNotary { .. } => "awaiting-notary",
            Self::Granted { .. } => "granted",
            Self::Refused { .. } => "refused",
            Self::CardReady { .. } => "card-ready",
            Self::Superseded { .. } => "superseded",
            Self::Late { .. } => "late",
            Self::Unproven { .. } => "unproven",
            Self::Contested { .. } => "contested",
        }
    }

    /// Its arguments, as the catalogue lists them.
    pub fn args(&self) -> Args {
        let text = |s: &String| Value::Text(s.clone());
        let pairs: Vec<(&str, Value)> = match self {
            Self::Registered { reference, decide_by } | Self::Deadline { reference, decide_by } => {
                vec![("reference", text(reference)), ("decide-by", Value::Date(*decide_by))]
            }
            Self::RegisteredUndated { reference }
            | Self::AwaitingNotary { reference }
            | Self::Superseded { reference }
            | Self::Late { reference, number: _ }
            | Self::Unproven { reference }
            | Self::Contested { reference } => vec![("reference", text(reference))],
            Self::Granted { reference, amount, from, until } => vec![
                ("reference", text(reference)),
                ("amount", Value::Money(*amount)),
                ("from", Value::Date(*from)),
                ("until", Value::Date(*until)),
            ],
            Self::Refused { reference, reasons } => {
                vec![("reference", text(reference)), ("reasons", Value::Terms(reasons.clone()))]
            }
            Self::CardReady { branch, collect_from } => vec![
                ("branch", Value::Item { list: "branches".to_owned(), id: branch.clone() }),
                ("collect-from", Value::Date(*collect_from)),
            ],
        };
        pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
    }

    /// How it is to be treated on its way.
    pub const fn class(&self) -> NoticeClass {
        match self {
            Self::Registered { .. } | Self::RegisteredUndated { .. } | Self::AwaitingNotary { .. } => {
                NoticeClass::Reply
            }
            Self::Deadline { .. }
            | Self::Granted { .. }
            | Self::Refused { .. }
            | Self::CardReady { .. }
            | Self::Superseded { .. }
            | Self::Late { .. }
            | Self::Unproven { .. }
            | Self::Contested { .. } => NoticeClass::Outcome,
        }
    }
}

/// The class of a notice decides what may hold it back: an outcome goes out even after STOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeClass {
    /// The echo of something the person just did; at any hour.
    Reply,
    /// An outcome or a card.
    Outcome,
}

/// A notice leased by a gateway: nobody else gets it before the lease ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeasedNotice {
    /// The notice's id, the idempotency key of the text.
    pub id: Uuid,
    /// The lease's fencing token: a report with an older one is refused.
    pub fence: u64,
    /// To which phone.
    pub msisdn: Msisdn,
    /// In which language, unless the phone has since chosen another.
    pub language: Language,
    /// What to tell.
    pub notice: Notice,
}

/// What became of a leased notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// The notice.
    pub id: Uuid,
    /// The lease under which it was handled.
    pub fence: u64,
    /// Its end.
    pub outcome: NoticeOutcome,
}

/// The end of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum NoticeOutcome {
    /// The operator took every segment.
    Sent {
        /// SHA-256 of the text, in hexadecimal.
        text_sha256: String,
        /// Segments it took.
        segments: u32,
    },
    /// Refused for good.
    Dead {
        /// The SMPP command_status, or another short cause; never personal.
        cause: String,
    },
    /// Sent twice without an answer: nobody can know.
    Unknown,
}
