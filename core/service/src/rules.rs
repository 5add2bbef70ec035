//! Dated eligibility rules: `config/rules/*.toml`.
//!
//! The kinds of rule are in code, their values in the files. Each value carries its source and a
//! [`Mark`]; the day of application decides which set governs.

use crate::calendar::civil;
use dayaq_author::{Diagnostics, Table};
use dayaq_types::Money;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How well a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Read in the source named.
    Verified,
    /// Follows from what was read.
    Inferred,
    /// Neither: such a value refuses nobody.
    Assumed,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// How well it is known.
    pub mark: Mark,
    /// The act, page or reasoning.
    pub source: String,
}

/// A reason for which the law refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The ID card is not the applicant's on record.
    Identity,
    /// The notarised application is unknown, another person's, or not valid on the day.
    Notary,
    /// The district of residence is not the one on record.
    Residence,
    /// A member's declared kinship is not the one on record.
    Family,
    /// The average income reaches the sum of the criteria.
    Income,
    /// A vehicle is owned or used.
    Vehicle,
}

impl Ground {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 6] =
        [Self::Identity, Self::Notary, Self::Residence, Self::Family, Self::Income, Self::Vehicle];

    /// The name in the rule files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Notary => "notary",
            Self::Residence => "residence",
            Self::Family => "family",
            Self::Income => "income",
            Self::Vehicle => "vehicle",
        }
    }

    /// The phrase that tells it to the family.
    pub const fn term(self) -> &'static str {
        match self {
            Self::Identity => "reason-identity",
            Self::Notary => "reason-notary",
            Self::Residence => "reason-residence",
            Self::Family => "reason-family",
            Self::Income => "reason-income",
            Self::Vehicle => "reason-vehicle",
        }
    }
}

/// Why a member is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotCounted {
    /// In prison.
    Prisoner,
    /// Not a citizen.
    Foreigner,
    /// Dead on record.
    Dead,
    /// Declared missing.
    Missing,
}

/// On what footing a vehicle is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VehicleBasis {
    /// In ownership.
    Owned,
    /// In use.
    Used,
}

/// A refusal and what it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The ground.
    pub ground: Ground,
    /// Footings on which a vehicle refuses; empty for other grounds.
    pub vehicle_bases: Vec<VehicleBasis>,
    /// Whether a vehicle that the state gave for rehabilitation is exempt.
    pub rehabilitation_exempt: bool,
    /// Where it comes from.
    pub origin: Origin,
}

/// The rules for applications of a span of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Its name, stored with every decision made by it.
    pub id: String,
    /// The first day of application it governs.
    pub from: Date,
    /// The last.
    pub until: Date,
    /// The need criterion: a month's amount for each counted member.
    pub criterion: Money,
    /// Where that comes from.
    pub criterion_origin: Origin,
    /// Full calendar months before the month of application over which income is averaged.
    pub income_window_months: u32,
    /// Kinds of income, in the tax office's words, that do not count.
    pub income_excluded_kinds: Vec<String>,
    /// Where that comes from.
    pub income_origin: Origin,
    /// Who is neither a head nor an earner.
    pub not_counted: Vec<NotCounted>,
    /// Where that comes from.
    pub not_counted_origin: Origin,
    /// Months of an award, from the first day of the month of application.
    pub award_months: u32,
    /// Where that comes from.
    pub award_origin: Origin,
    /// What refuses.
    pub refusals: Vec<Refusal>,
}

impl Rules {
    /// The refusal for that ground, where these rules know it.
    pub fn refusal(&self, ground: Ground) -> Option<&Refusal> {
        self.refusals.iter().find(|r| r.ground == ground)
    }
}

/// Every set of rules, by the days it governs.
#[derive(Clone, Debug, Default)]
pub struct RuleBook {
    sets: Vec<Rules>,
}

impl RuleBook {
    /// Reads the files, one set each; overlapping spans are a fault, a gap is not: applications of such days wait.
    pub fn read(files: &[(String, String)], diagnostics: &Diagnostics) -> Self {
        let mut book = Self::default();
        for (path, text) in files {
            let (document, found) = dayaq_author::parse(path, text);
            let root = document.root(&found);
            if let Some(rules) = read_rules(&root) {
                for other in &book.sets {
                    if other.id == rules.id {
                        root.error("id", format!("another file is already called {:?}", rules.id));
                    }
                    if other.from <= rules.until && rules.from <= other.until {
                        root.error("from", format!("its days overlap those of {:?}", other.id));
                    }
                }
                book.sets.push(rules);
            }
            root.finish();
            diagnostics.extend(found);
        }
        book.sets.sort_by_key(|r| r.from);
        book
    }

    /// The rules that govern an application of that day.
    pub fn governing(&self, day: Date) -> Option<&Rules> {
        self.sets.iter().find(|r| r.from <= day && day <= r.until)
    }
}

/// Reads all of a file before it gives up, so that every fault is reported.
fn read_rules(root: &Table<'_>) -> Option<Rules> {
    let id = root.string("id");
    let from = root.date("from").and_then(civil);
    let until = root.date("until").and_then(civil);
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        root.error("until", "must not be before from");
    }
    let criterion = section(root, "criterion", |t| t.parse("amount", read_money));
    let income =
        section(root, "income", |t| Some((t.integer("window_months", 1..=60u32), t.strings("excluded_kinds"))));
    let not_counted = section(root, "not_counted", |t| Some(read_not_counted(t)));
    let award = section(root, "award", |t| t.integer("months", 1..=120u32));
    let mut refusals: Vec<Refusal> = Vec::new();
    for table in root.tables("refusal") {
        if let Some(refusal) = read_refusal(&table) {
            if refusals.iter().any(|r| r.ground == refusal.ground) {
                table.error("ground", "given twice");
            }
            refusals.push(refusal);
        }
        table.finish();
    }
    for ground in Ground::ALL {
        // A ground that the law does not know at that time is written with the mark `assumed`, never left out by
        // oversight.
        if !refusals.iter().any(|r| r.ground == ground) {
            root.error("refusal", format!("the ground {:?} is missing", ground.name()));
        }
    }
    let (criterion, criterion_origin) = criterion?;
    let ((income_window_months, income_excluded_kinds), income_origin) = income?;
    let (not_counted, not_counted_origin) = not_counted?;
    let (award_months, award_origin) = award?;
    Some(Rules {
        id: id?,
        from: from?,
        until: until?,
        criterion,
        criterion_origin,
        income_window_months: income_window_months?,
        income_excluded_kinds,
        income_origin,
        not_counted,
        not_counted_origin,
        award_months,
        award_origin,
        refusals,
    })
}

fn section<T>(root: &Table<'_>, key: &str, read: impl FnOnce(&Table<'_>) -> Option<T>) -> Option<(T, Origin)> {
    let table = root.table(key)?;
    let value = read(&table);
    let origin = read_origin(&table);
    table.finish();
    Some((value?, origin?))
}

fn read_origin(table: &Table<'_>) -> Option<Origin> {
    let marks = [("verified", Mark::Verified), ("inferred", Mark::Inferred), ("assumed", Mark::Assumed)];
    let mark = table.one_of("mark", &marks);
    let source = table.string("source");
    Some(Origin { mark: mark?, source: source? })
}

fn read_money(text: &str) -> Result<Money, String> {
    let money = Money::parse(text).filter(|m| *m > Money::ZERO && *m <= Money::from_manat(1_000_000));
    money.ok_or_else(|| format!("must be an amount in AZN such as \"246.00\", found {text:?}"))
}

fn read_not_counted(table: &Table<'_>) -> Vec<NotCounted> {
    let names = [
        ("prisoner", NotCounted::Prisoner),
        ("foreigner", NotCounted::Foreigner),
        ("dead", NotCounted::Dead),
        ("missing", NotCounted::Missing),
    ];
    read_names(table, "statuses", &names)
}

fn read_refusal(table: &Table<'_>) -> Option<Refusal> {
    let grounds = Ground::ALL.map(|g| (g.name(), g));
    let ground = table.one_of("ground", &grounds);
    let vehicle = ground == Some(Ground::Vehicle);
    let (vehicle_bases, rehabilitation_exempt) = if vehicle {
        let names = [("owned", VehicleBasis::Owned), ("used", VehicleBasis::Used)];
        let bases = read_names(table, "bases", &names);
        if bases.is_empty() {
            table.error("bases", "must name \"owned\", \"used\" or both");
        }
        (bases, table.boolean("rehabilitation_exempt").unwrap_or(true))
    } else {
        (Vec::new(), false)
    };
    let origin = read_origin(table);
    Some(Refusal { ground: ground?, vehicle_bases, rehabilitation_exempt, origin: origin? })
}

fn read_names<T: Copy + PartialEq>(table: &Table<'_>, key: &str, names: &[(&str, T)]) -> Vec<T> {
    let mut read: Vec<T> = Vec::new();
    for (text, _) in table.string_items(key) {
        match names.iter().find(|(name, _)| *name == text) {
            Some((_, value)) if !read.contains(value) => read.push(*value),
            Some(_) => table.error(key, format!("{text:?} is given twice")),
            None => {
                let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
                table.error(key, format!("must be among {}, found {text:?}", known.join(", ")));
            }
        }
    }
    read
}
