//! What the institutions beside Interior, Justice and Taxes know of a person or a home.

use crate::household::Income;
use crate::{Institution, Month};
use dayaq_types::baku_date;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

/// A person in those registers; nothing where the person is not in them.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Interior: sought by the police.
    pub wanted: bool,
    /// Interior: nobody knows where the person is.
    pub whereabouts_unknown: bool,
    /// Justice: the day of death on the acts.
    pub died_on: Option<Date>,
    /// Agriculture: land by use, in square metres.
    pub land: Vec<Holding>,
    /// Agriculture: animals by kind.
    pub livestock: Vec<Holding>,
    /// Agriculture: subsidies, in qəpik a year, the same each year.
    pub subsidy_yearly_qepik: i64,
    /// Education: the form of study.
    pub study: Option<Study>,
    /// Health: a disability.
    pub disability: Option<Disability>,
    /// Communications: bills, in qəpik a month, the same each month.
    pub telecom_monthly_qepik: i64,
    /// Refugees: the district where the person is settled.
    pub displaced_to: Option<String>,
    /// Property: what is owned.
    pub estate: Vec<Estate>,
    /// Property: contracts of sale.
    pub estate_deals: Vec<Deal>,
    /// Migration: lives in another country.
    pub abroad: bool,
    /// Conscription: serves.
    pub conscript: bool,
    /// Central Bank: purchases and sales.
    pub bank_deals: Vec<Deal>,
    /// Central Bank: loans by month.
    pub loans: Vec<Income>,
    /// Examination Centre: the last admission.
    pub admission: Option<Admission>,
    /// The ministry: pensions and allowances.
    pub payments: Vec<Income>,
    /// The ministry: so many days ago a suitable job was refused.
    pub jobs_refused_days_ago: Vec<u16>,
    /// The ministry: kept wholly by the state.
    pub state_kept: bool,
    /// Institutions that know nobody under this FIN.
    pub unknown_to: Vec<Institution>,
}

/// Land of one use, or animals of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holding {
    /// In the ministry's word: `ekin`, `bag`, `otlaq`; `inek`, `qoyun`, `ari`.
    pub kind: String,
    /// Square metres, or heads.
    pub quantity: u32,
}

/// How somebody studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Study {
    /// A pupil of a school.
    School,
    /// A student, full time.
    FullTime,
    /// A student by correspondence.
    Correspondence,
}

impl Study {
    pub(crate) const NAMES: [(&'static str, Self); 3] =
        [("school", Self::School), ("full-time", Self::FullTime), ("correspondence", Self::Correspondence)];
}

/// To what kind of study somebody was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// Full time.
    FullTime,
    /// By correspondence.
    Correspondence,
}

impl Admission {
    pub(crate) const NAMES: [(&'static str, Self); 2] =
        [("full-time", Self::FullTime), ("correspondence", Self::Correspondence)];
}

/// A disability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disability {
    /// The loss in per cent; 0 for a child.
    pub percent: u8,
    /// A child's.
    #[serde(default)]
    pub child: bool,
}

/// Something owned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estate {
    /// In the committee's word: `menzil`, `bag-evi`, `magaza`, `qaraj`.
    pub purpose: String,
    /// Where.
    pub address: String,
}

/// A purchase or a sale.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deal {
    /// So many months before the month of the question; 1 is last month.
    pub months_ago: u16,
    /// The price, in qəpik.
    pub qepik: i64,
    /// The contract's number.
    pub contract: Option<String>,
}

impl Deal {
    /// The month in which it was made.
    pub(crate) fn month(&self, now: Month) -> Month {
        now.plus(-i32::from(self.months_ago))
    }
}

impl Records {
    /// The days on which jobs were refused.
    pub(crate) fn jobs_refused(&self, now: Timestamp) -> Vec<Date> {
        let today = baku_date(now);
        self.jobs_refused_days_ago.iter().map(|days| today.saturating_sub(i32::from(*days).days())).collect()
    }
}

/// What a home pays for electricity, water and gas.
#[derive(Clone, Debug, Default)]
pub struct Utilities {
    /// Azərişıq's account.
    pub electricity: Option<Account>,
    /// Azərsu's.
    pub water: Option<Account>,
    /// Azəriqaz's.
    pub gas: Option<Account>,
}

/// An account at a utility.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The meter's number, which the family types; without it the account is found by the address.
    pub meter: Option<String>,
    /// What is paid, the same each month.
    pub monthly_qepik: i64,
}

impl Utilities {
    /// The meters' numbers.
    pub(crate) fn meters(&self) -> [Option<String>; 3] {
        [&self.electricity, &self.water, &self.gas].map(|account| account.as_ref()?.meter.clone())
    }
}
