//! The rule files, read whole: every fault is reported.

use super::{
    Entry, EntryReason, EntryTest, Ground, Mark, Measure, NotCounted, Origin, Refusal, Rules, Sourced, VehicleBasis,
};
use crate::calendar::civil;
use dayaq_author::Table;
use dayaq_types::Money;

/// Reads all of a file before it gives up, so that every fault is reported.
pub(super) fn read_rules(root: &Table<'_>) -> Option<Rules> {
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
    let subsistence = section(root, "subsistence", |t| t.parse("amount", read_money));
    let holdings = section(root, "holdings", |t| t.boolean("counts"));
    if let (Some((true, _)), Some(((Some(months), _), _))) = (&holdings, &income)
        && months % 12 != 0
    {
        root.error("income", "window_months must be whole years where the yield of a year counts");
    }
    let earlier_assistance = section(root, "earlier_assistance", |t| t.boolean("counts"));
    let utility_spending = section(root, "utility_spending", |t| t.boolean("counts"));
    let entry = read_entries(root);
    let duties = super::duties::read_duties(root);
    let proofs = super::proof::read_proofs(root);
    let contested = super::proof::read_contested(root);
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
    let subsistence = subsistence?;
    let sourced = |(value, origin)| Sourced { value, origin };
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
        subsistence: Some(Sourced { value: subsistence.0, origin: subsistence.1 }),
        holdings: Some(sourced(holdings?)),
        earlier_assistance: Some(sourced(earlier_assistance?)),
        utility_spending: Some(sourced(utility_spending?)),
        entry,
        duties: Some(duties?),
        proofs,
        contested: Some(contested?),
    })
}

pub(super) fn section<T>(
    root: &Table<'_>,
    key: &str,
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Option<(T, Origin)> {
    let table = root.table(key)?;
    let value = read(&table);
    let origin = read_origin(&table);
    table.finish();
    Some((value?, origin?))
}

pub(super) fn read_origin(table: &Table<'_>) -> Option<Origin> {
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
    read_names(table, "statuses", &NotCounted::NAMES)
}

/// Reads the reasons; each must be there, so that none is left out by oversight.
fn read_entries(root: &Table<'_>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for table in root.tables("entry") {
        if let Some(entry) = read_entry(&table) {
            if entries.iter().any(|e| e.reason == entry.reason) {
                table.error("reason", "given twice");
            }
            entries.push(entry);
        }
        table.finish();
    }
    for reason in EntryReason::ALL {
        if !entries.iter().any(|e| e.reason == reason) {
            root.error("entry", format!("the reason {:?} is missing", reason.name()));
        }
    }
    entries
}

fn read_entry(table: &Table<'_>) -> Option<Entry> {
    let reason = table.one_of("reason", &EntryReason::ALL.map(|r| (r.name(), r)));
    let age = |key| table.integer(key, 1..=120u32);
    let percent = || table.integer("percent_from", 1..=100u32);
    let test = reason.and_then(|reason| match reason {
        EntryReason::Incapacity => {
            let (age_from, percent_from) = (age("age_from"), percent());
            Some(EntryTest::Incapacity { age_from: age_from?, percent_from: percent_from? })
        }
        EntryReason::DisabledCare => percent().map(EntryTest::Percent),
        EntryReason::YoungChildCare | EntryReason::Study => age("age_below").map(EntryTest::AgeBelow),
        EntryReason::UnemploymentInsurance | EntryReason::Work => {
            let kinds = table.strings("kinds");
            if kinds.is_empty() {
                table.error("kinds", "at least one is needed");
            }
            Some(EntryTest::Kinds(kinds))
        }
        EntryReason::DisabledChildCare
        | EntryReason::Death
        | EntryReason::Missing
        | EntryReason::Prison
        | EntryReason::WhereaboutsUnknown => Some(EntryTest::Fact),
    });
    let origin = read_origin(table);
    Some(Entry { reason: reason?, test: test?, origin: origin? })
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
    let measure = ground.and_then(|ground| read_measure(table, ground));
    let origin = read_origin(table);
    Some(Refusal { ground: ground?, vehicle_bases, rehabilitation_exempt, measure: measure?, origin: origin? })
}

/// Reads what the ground measures: `Some(None)` for one that measures nothing, `None` where something is missing.
fn read_measure(table: &Table<'_>, ground: Ground) -> Option<Option<Measure>> {
    let number = |key| table.integer(key, 1..=100u32);
    Some(match ground {
        Ground::Property => Some(Measure::Property { count: number("count")? }),
        Ground::Deals => Some(Measure::Deals { minimums: number("minimums")? }),
        Ground::Utilities => {
            let (percent, at_limit) = (number("percent"), table.boolean("at_limit"));
            Some(Measure::Utilities { percent: percent?, at_limit: at_limit? })
        }
        Ground::Jobs => {
            let (count, wait_months) = (number("count"), number("wait_months"));
            Some(Measure::Jobs { count: count?, wait_months: wait_months? })
        }
        Ground::Identity
        | Ground::Notary
        | Ground::Residence
        | Ground::Family
        | Ground::Income
        | Ground::Vehicle
        | Ground::Entry => None,
    })
}

pub(super) fn read_names<T: Copy + PartialEq>(table: &Table<'_>, key: &str, names: &[(&str, T)]) -> Vec<T> {
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
