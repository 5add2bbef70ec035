//! The institutions that are simulated.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An institution, each under its own path prefix and with its own token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Institution {
    /// Ministry of Internal Affairs: identity, residence, vehicles.
    Interior,
    /// Ministry of Justice: family, prisoners, notarised applications.
    Justice,
    /// Ministry of Taxes: income by month.
    Taxes,
    /// Ministry of Agriculture: land, livestock, subsidies.
    Agriculture,
    /// Ministry of Education: who studies.
    Education,
    /// Ministry of Health: disability, vehicles for rehabilitation.
    Health,
    /// Ministry of Communications: bills for telephony.
    Communications,
    /// State Committee for Refugees and IDPs: where displaced families are settled.
    Refugees,
    /// State Statistics Committee: what land and livestock yield.
    Statistics,
    /// State Committee on Property Issues: real estate.
    Property,
    /// State Migration Service: who lives abroad.
    Migration,
    /// State Service for Mobilization and Conscription: who serves.
    Conscription,
    /// Central Bank: purchases, sales, loans.
    CentralBank,
    /// State Examination Centre: who was admitted.
    Examination,
    /// Azərişıq: electricity.
    Azerisiq,
    /// Azərsu: water.
    Azersu,
    /// Azəriqaz: gas.
    Azeriqaz,
    /// The ministry's own register: pensions, allowances, jobs offered.
    Ministry,
    /// The bank that makes the cards.
    Bank,
}

impl Institution {
    /// All of them, the bank last.
    pub const ALL: [Self; 19] = [
        Self::Interior,
        Self::Justice,
        Self::Taxes,
        Self::Agriculture,
        Self::Education,
        Self::Health,
        Self::Communications,
        Self::Refugees,
        Self::Statistics,
        Self::Property,
        Self::Migration,
        Self::Conscription,
        Self::CentralBank,
        Self::Examination,
        Self::Azerisiq,
        Self::Azersu,
        Self::Azeriqaz,
        Self::Ministry,
        Self::Bank,
    ];

    /// The path prefix, without slashes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interior => "interior",
            Self::Justice => "justice",
            Self::Taxes => "taxes",
            Self::Agriculture => "agriculture",
            Self::Education => "education",
            Self::Health => "health",
            Self::Communications => "communications",
            Self::Refugees => "refugees",
            Self::Statistics => "statistics",
            Self::Property => "property",
            Self::Migration => "migration",
            Self::Conscription => "conscription",
            Self::CentralBank => "central-bank",
            Self::Examination => "examination",
            Self::Azerisiq => "azerisiq",
            Self::Azersu => "azersu",
            Self::Azeriqaz => "azeriqaz",
            Self::Ministry => "ministry",
            Self::Bank => "bank",
        }
    }

    /// Reads that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|i| i.name() == name)
    }

    /// Each with its name.
    pub(crate) fn names() -> [(&'static str, Self); Self::ALL.len()] {
        Self::ALL.map(|i| (i.name(), i))
    }
}

impl fmt::Display for Institution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
