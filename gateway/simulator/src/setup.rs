//! An operator from a file that an engineer writes.

use crate::account::Account;
use crate::config::SmscConfig;
use crate::fault::Fault;
use crate::receipt::{IdStyle, ReceiptForm, ReceiptOrder};
use crate::tls::{Tls, TlsError};
use dayaq_author::{Diagnostics, Surroundings, Table, parse, read_secret};
use dayaq_smpp::BindKind;
use dayaq_types::Pii;
use secrecy::ExposeSecret;
use std::time::Duration;

/// The longest that anything may be made to wait, in milliseconds.
const DELAY_MS_MAX: u64 = 3_600_000;
/// Octets of a name and of a password in a bind (SMPP 3.4 §4.1; longer passwords are seen).
const SYSTEM_ID_MAX: usize = 15;
const PASSWORD_MAX: usize = 32;

const KINDS: [(&str, BindKind); 3] =
    [("transceiver", BindKind::Transceiver), ("transmitter", BindKind::Transmitter), ("receiver", BindKind::Receiver)];
const FORMS: [(&str, ReceiptForm); 3] =
    [("text", ReceiptForm::Text), ("parameters", ReceiptForm::Parameters), ("both", ReceiptForm::Both)];
const ORDERS: [(&str, ReceiptOrder); 2] =
    [("before-response", ReceiptOrder::BeforeResponse), ("after-response", ReceiptOrder::AfterResponse)];

/// Reads an operator over what `config` has; the path is only printed, and the files of `[tls]` are read through `around`.
/// Every fault is in the diagnostics.
pub fn read_setup(
    path: &str,
    text: &str,
    mut config: SmscConfig,
    around: &dyn Surroundings,
) -> (SmscConfig, Diagnostics) {
    let (document, found) = parse(path, text);
    let root = document.root(&found);
    if let Some(name) = root.opt_parse("system_id", |text| bounded(text, SYSTEM_ID_MAX)) {
        config.system_id = name;
    }
    if let Some(code) = root.opt_parse("short_code", code) {
        config.short_code = code;
    }
    let tables = root.tables("account");
    if !tables.is_empty() {
        config.accounts = tables.into_iter().filter_map(account).collect();
    }
    if let Some(table) = root.opt_table("tls") {
        config.tls = tls(&table, around);
        table.finish();
    }
    if let Some(table) = root.opt_table("receipts") {
        let rule = &mut config.receipts;
        rule.form = table.one_of_or("form", &FORMS, rule.form);
        rule.order = table.one_of_or("order", &ORDERS, rule.order);
        rule.response_id = table.one_of_or("response_id", &IdStyle::ALL, rule.response_id);
        rule.receipt_id = table.one_of_or("receipt_id", &IdStyle::ALL, rule.receipt_id);
        table.finish();
    }
    if let Some(table) = root.opt_table("limits") {
        config.throughput = table.opt_integer("throughput", 1..=1_000_000).or(config.throughput);
        config.link.inbound_max = table.integer_or("window", 1..=100_000, config.link.inbound_max);
        config.queue_max = table.integer_or("queue", 1..=100_000, config.queue_max);
        table.finish();
    }
    if let Some(table) = root.opt_table("delays") {
        let millis = |key: &str, fallback: Duration| {
            table.opt_integer(key, 0..=DELAY_MS_MAX).map_or(fallback, Duration::from_millis)
        };
        config.response_delay = millis("response_ms", config.response_delay);
        config.delivery_delay = millis("delivery_ms", config.delivery_delay);
        if let Some(seconds) = table.opt_integer("enquire_link_s", 1..=3600u64) {
            config.link.enquire_link = Some(Duration::from_secs(seconds));
        }
        table.finish();
    }
    for (text, place) in root.string_items("faults") {
        match text.parse::<Fault>() {
            Ok(fault) => config.faults.push(fault),
            Err(why) => found.push(place.error(why.to_string())),
        }
    }
    root.finish();
    (config, found)
}

fn tls(table: &Table<'_>, around: &dyn Surroundings) -> Option<Tls> {
    let read = |key: &str, path: &str| around.file(path).map_err(|why| table.error(key, format!("{path}: {why}"))).ok();
    let certificate = table.string("certificate_file").and_then(|path| read("certificate_file", &path));
    let key = read_secret(table, "key", around);
    let client_ca = match table.opt_string("client_ca_file") {
        None => None,
        Some(path) => Some(read("client_ca_file", &path)?),
    };
    let tls = Tls::new(&certificate?, key?.expose_secret(), client_ca.as_deref());
    let given = || ["key", "key_env", "key_file"].into_iter().find(|key| table.has(key)).unwrap_or("key");
    tls.map_err(|fault| match fault {
        TlsError::Certificate(why) => table.error("certificate_file", why),
        TlsError::Key(why) => table.error(given(), why),
        TlsError::ClientAuthority(why) => table.error("client_ca_file", why),
    })
    .ok()
}

fn account(table: Table<'_>) -> Option<Account> {
    let system_id = table.parse("system_id", |text| bounded(text, SYSTEM_ID_MAX));
    let password = table.parse("password", |text| bounded(text, PASSWORD_MAX));
    let mut account = Account::new(&system_id?, "");
    account.password = Pii::new(password?);
    account.binds_max = table.integer_or("binds_max", 1..=1000, account.binds_max);
    let kinds: Vec<BindKind> = table
        .string_items("binds")
        .into_iter()
        .filter_map(|(text, _)| {
            let known = KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
            if known.is_none() {
                table.error("binds", format!("must be transceiver, transmitter or receiver, found {text:?}"));
            }
            known
        })
        .collect();
    if !kinds.is_empty() {
        account.kinds = kinds;
    }
    for (text, _) in table.string_items("codes") {
        match code(&text) {
            Ok(code) => account.codes.push(code),
            Err(why) => table.error("codes", why),
        }
    }
    table.finish();
    Some(account)
}

/// A service code without star and hash.
fn code(text: &str) -> Result<String, String> {
    let digits = !text.is_empty() && text.len() <= 20 && text.bytes().all(|octet| octet.is_ascii_digit());
    digits.then(|| text.to_owned()).ok_or_else(|| format!("must be 1 to 20 digits, found {text:?}"))
}

fn bounded(text: &str, most: usize) -> Result<String, String> {
    match (1..=most).contains(&text.len()) && text.is_ascii() {
        true => Ok(text.to_owned()),
        false => Err(format!("must be 1 to {most} ASCII characters, found {}", text.len())),
    }
}
