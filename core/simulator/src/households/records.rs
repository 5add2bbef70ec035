//! Reading what the other institutions know of a person or a home.

use super::{QEPIK_MAX, address_code, date, income};
use crate::Institution;
use crate::records::{Account, Admission, Deal, Disability, Estate, Holding, Records, Study, Utilities};
use dayaq_author::{Diagnostics, Table};
use std::collections::BTreeMap;

pub(super) fn records(table: &Table<'_>, diagnostics: &Diagnostics) -> Records {
    let incomes = |key: &str| table.tables(key).into_iter().filter_map(|t| income(t, diagnostics)).collect();
    let flag = |key: &str| table.boolean_or(key, false);
    Records {
        wanted: flag("wanted"),
        whereabouts_unknown: flag("whereabouts_unknown"),
        died_on: table.opt_date("died_on").and_then(date),
        land: holdings(table, "land"),
        livestock: holdings(table, "livestock"),
        subsidy_yearly_qepik: table.integer_or("subsidy_yearly_qepik", 0..=QEPIK_MAX, 0),
        study: choice(table, "study", &Study::NAMES),
        disability: table.opt_table("disability").and_then(disability),
        telecom_monthly_qepik: table.integer_or("telecom_monthly_qepik", 0..=QEPIK_MAX, 0),
        displaced_to: table.opt_parse("displaced_to", super::identifier),
        estate: table.tables("estate").into_iter().filter_map(estate).collect(),
        estate_deals: table.tables("estate_deal").into_iter().filter_map(deal).collect(),
        abroad: flag("abroad"),
        conscript: flag("conscript"),
        bank_deals: table.tables("bank_deal").into_iter().filter_map(deal).collect(),
        loans: incomes("loan"),
        admission: choice(table, "admission", &Admission::NAMES),
        payments: incomes("payment"),
        jobs_refused_days_ago: jobs(table),
        state_kept: flag("state_kept"),
        unknown_to: unknown_to(table),
    }
}

fn choice<T: Copy>(table: &Table<'_>, key: &str, names: &[(&'static str, T)]) -> Option<T> {
    if table.has(key) { table.one_of(key, names) } else { None }
}

fn holdings(table: &Table<'_>, key: &str) -> Vec<Holding> {
    let holding = |t: Table<'_>| {
        let kind = t.parse("kind", super::identifier);
        let quantity = t.integer("quantity", 1..=1_000_000_000u32);
        t.finish();
        Some(Holding { kind: kind?, quantity: quantity? })
    };
    table.tables(key).into_iter().filter_map(holding).collect()
}

fn disability(table: Table<'_>) -> Option<Disability> {
    let percent = table.integer("percent", 0..=100u8);
    let child = table.boolean_or("child", false);
    table.finish();
    Some(Disability { percent: percent?, child })
}

fn estate(table: Table<'_>) -> Option<Estate> {
    let purpose = table.parse("purpose", super::identifier);
    let address = table.string("address");
    table.finish();
    Some(Estate { purpose: purpose?, address: address? })
}

fn deal(table: Table<'_>) -> Option<Deal> {
    let months_ago = table.integer("months_ago", 0..=240u16);
    let qepik = table.integer("qepik", 0..=QEPIK_MAX);
    let contract = table.opt_parse("contract", address_code);
    table.finish();
    Some(Deal { months_ago: months_ago?, qepik: qepik?, contract })
}

fn jobs(table: &Table<'_>) -> Vec<u16> {
    let job = |t: Table<'_>| {
        let days = t.integer("refused_days_ago", 0..=3650u16);
        t.finish();
        days
    };
    table.tables("job").into_iter().filter_map(job).collect()
}

fn unknown_to(table: &Table<'_>) -> Vec<Institution> {
    let mut institutions = Vec::new();
    for (name, place) in table.string_items("unknown_to") {
        match Institution::parse(&name) {
            Some(institution) => institutions.push(institution),
            None => {
                table.error("unknown_to", format!("no institution is called {name:?}, line {}", place.position.line))
            }
        }
    }
    institutions
}

pub(super) fn utilities(table: Table<'_>) -> Utilities {
    let account = |key: &str| {
        let t = table.opt_table(key)?;
        let meter = t.opt_parse("meter", |text| {
            let sound = (5..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            if sound { Ok(text.to_owned()) } else { Err("a meter's number has 5 to 12 digits".to_owned()) }
        });
        let monthly_qepik = t.integer("monthly_qepik", 0..=QEPIK_MAX);
        t.finish();
        Some(Account { meter, monthly_qepik: monthly_qepik? })
    };
    let utilities = Utilities { electricity: account("electricity"), water: account("water"), gas: account("gas") };
    table.finish();
    utilities
}

/// What a square metre or a head yields in a year, in qəpik, by the committee's word.
pub(super) fn norms(table: Table<'_>) -> BTreeMap<String, i64> {
    let keys: Vec<String> = table.keys().into_iter().map(str::to_owned).collect();
    let norms = keys.into_iter().filter_map(|key| Some((key.clone(), table.integer(&key, 0..=QEPIK_MAX)?))).collect();
    table.finish();
    norms
}
