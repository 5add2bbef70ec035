//! An aggregator: where it calls us, how it signs, and how its callbacks are read.

use super::callback::{read_budget, read_screen};
use super::operator::read_name;
use super::{CallbackProfile, Operator, Surroundings, parse_socket, read_callback_profile, read_secret};
use dayaq_author::{Diagnostics, Table, parse};
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;

/// The shortest secret taken, in octets: it is all that keeps a stranger from speaking for every phone.
const SECRET_MIN: usize = 16;
/// Most service codes of one aggregator.
const CODES_MAX: usize = 32;
/// Connections of one aggregator, or of the proxy in front of it.
const CONNECTIONS: usize = 512;

/// One aggregator of the configuration: phones reach us by its HTTP callbacks instead of SMPP.
#[derive(Clone, Debug)]
pub struct Aggregator {
    /// The name used in logs and metrics; no operator has the same.
    pub name: String,
    /// Where it calls us; its own listener.
    pub listen: SocketAddr,
    /// Connections that its listener holds at once (1 to 10000).
    pub connections: usize,
    /// Under which path.
    pub path: String,
    /// By which its requests are known to be its own, at least 16 octets.
    pub secret: SecretString,
    /// The service codes that are ours there, without the first star and the hash: `7142`, `384*1234`.
    pub codes: Vec<String>,
    /// The operator by which texts go to its phones.
    pub texts: String,
    /// How it calls.
    pub profile: CallbackProfile,
}

impl Aggregator {
    /// Reads one `[[aggregator]]`; its profile file is read through `around`.
    pub(super) fn read(
        table: &Table<'_>,
        operators: &[Operator],
        around: &dyn Surroundings,
        found: &Diagnostics,
    ) -> Option<Self> {
        let name = read_name(table);
        let listen = table.parse("listen", parse_socket);
        let path = table.opt_parse("path", read_path).unwrap_or_else(|| "/".to_owned());
        let secret = read_secret(table, "secret", around);
        if let Some(secret) = &secret
            && secret.expose_secret().len() < SECRET_MIN
        {
            let given = ["secret", "secret_env", "secret_file"].into_iter().find(|key| table.has(key));
            table.error(given.unwrap_or("secret"), format!("must be at least {SECRET_MIN} octets, better 32"));
        }
        let codes = read_codes(table);
        let texts = read_texts(table, operators);
        let profile = table.string("profile").and_then(|path| match around.file(&path) {
            Ok(text) => {
                let (document, more) = parse(&path, &text);
                let profile = read_callback_profile(&document, &more);
                found.extend(more);
                profile
            }
            Err(why) => {
                table.error("profile", format!("{path}: {why}"));
                None
            }
        });
        let profile = profile.map(|mut profile| {
            profile.reply_budget = read_budget(table, profile.reply_budget);
            profile.surface = read_screen(table).unwrap_or(profile.surface);
            profile
        });
        Some(Self {
            name: name?,
            listen: listen?,
            connections: table.integer_or("connections_max", 1..=10_000, CONNECTIONS),
            path,
            secret: secret?,
            codes: codes?,
            texts: texts?,
            profile: profile?,
        })
    }
}

/// Reads every `[[aggregator]]`, and finds what two of them cannot both have.
pub(super) fn read_all(
    root: &Table<'_>,
    http: SocketAddr,
    operators: &[Operator],
    around: &dyn Surroundings,
    found: &Diagnostics,
) -> Vec<Aggregator> {
    let mut aggregators: Vec<Aggregator> = Vec::new();
    for table in root.tables("aggregator") {
        let read = Aggregator::read(&table, operators, around, found);
        if let Some(aggregator) = &read {
            if operators.iter().any(|operator| operator.name == aggregator.name) {
                table.error("name", format!("an operator is already named {:?}", aggregator.name));
            }
            if clash(aggregator.listen, http) {
                table.error("listen", "is the address of [http], which is not for the outside: give another port");
            }
            for other in &aggregators {
                if other.name == aggregator.name {
                    table.error("name", format!("another aggregator is already named {:?}", aggregator.name));
                }
                if clash(aggregator.listen, other.listen) {
                    table.error("listen", format!("is the address of {:?}", other.name));
                }
                if other.secret.expose_secret() == aggregator.secret.expose_secret() {
                    table.error(
                        "secret",
                        format!("is that of {:?}, whose requests would be taken for its own", other.name),
                    );
                }
            }
        }
        table.finish();
        aggregators.extend(read);
    }
    aggregators
}

/// Whether only one listener can have both; an unspecified address has those of every interface.
fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let all = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (all || one.ip() == other.ip())
}

/// A code with stars between its digits only: `7142` of `*7142#`.
pub fn bare_code(text: &str) -> Option<String> {
    let text = text.trim();
    let body = text.strip_prefix('*').unwrap_or(text);
    let body = body.strip_suffix('#').unwrap_or(body);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (body.len() <= 40 && body.split('*').all(digits)).then(|| body.to_owned())
}

fn read_codes(table: &Table<'_>) -> Option<Vec<String>> {
    let items = table.string_items("codes");
    if items.is_empty() || items.len() > CODES_MAX {
        let found = items.len();
        table.error("codes", format!("must be 1 to {CODES_MAX} service codes such as \"*7142#\", found {found}"));
        return None;
    }
    let mut codes = Vec::new();
    for (text, place) in &items {
        match bare_code(text) {
            Some(code) => codes.push(code),
            None => {
                let line = place.position.line;
                table.error("codes", format!("must look like *7142# or *384*1234#, found {text:?} (line {line})"));
            }
        }
    }
    (codes.len() == items.len()).then_some(codes)
}

/// Reads `texts`: by which operator texts go to the phones of this aggregator; the only operator, where it is not said.
fn read_texts(table: &Table<'_>, operators: &[Operator]) -> Option<String> {
    let names = || operators.iter().map(|operator| operator.name.as_str()).collect::<Vec<_>>().join(", ");
    match (table.opt_string("texts"), operators) {
        (Some(name), _) if operators.iter().any(|operator| operator.name == name) => Some(name),
        (Some(name), []) => {
            table.error("texts", format!("there is no [[operator]] named {name:?} by which texts could go"));
            None
        }
        (Some(name), _) => {
            table.error("texts", format!("must be the name of an operator ({}), found {name:?}", names()));
            None
        }
        (None, [only]) => Some(only.name.clone()),
        (None, []) => {
            table.error("texts", "missing: an outcome is told by text, and there is no [[operator]] to send it");
            None
        }
        (None, _) => {
            table.error("texts", format!("missing: by which operator texts go to its phones ({})", names()));
            None
        }
    }
}

fn read_path(text: &str) -> Result<String, String> {
    let fine = text.starts_with('/')
        && text.len() <= 200
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b));
    fine.then(|| text.to_owned()).ok_or_else(|| format!("must be a path such as /ussd, found {text:?}"))
}

#[cfg(test)]
mod tests;
