//! A profile in words.

mod link;
mod sms;
mod ussd;

use dayaq_author::{Diagnostics, Document, Table};
use dayaq_gateway::config::Profile;
use dayaq_text::Alphabet;

/// Says a profile line by line; a star marks what the file leaves at its default.
pub(super) fn say(profile: &Profile, document: &Document) -> String {
    let mut words = Words { document, lines: String::new() };
    link::say(&mut words, profile);
    ussd::say(&mut words, &profile.dialect, profile.reply_budget);
    sms::say(&mut words, profile);
    words.lines
}

/// Lines as they are gathered, and the file that they are about.
struct Words<'d> {
    document: &'d Document,
    lines: String,
}

impl Words<'_> {
    /// Begins a part.
    fn part(&mut self, title: &str) {
        if !self.lines.is_empty() {
            self.lines.push('\n');
        }
        self.lines.push_str(&format!("{title}\n"));
    }

    /// Says what these keys, such as `ussd.session.key`, come to; it is a default where the file has none of them.
    fn line(&mut self, keys: &[&str], says: impl AsRef<str>) {
        let mark = if keys.iter().any(|key| self.names(key)) { ' ' } else { '*' };
        self.lines.push_str(&format!("{mark} {}\n", says.as_ref()));
    }

    fn names(&self, key: &str) -> bool {
        // The file has been read before; what is found on this walk has been reported.
        let again = Diagnostics::new();
        let root = self.document.root(&again);
        let steps: Vec<&str> = key.split('.').collect();
        let [tables @ .., last] = &steps[..] else { return false };
        let mut table: Option<Table<'_>> = Some(root);
        for step in tables {
            table = table.and_then(|table| table.opt_table(step));
        }
        table.is_some_and(|table| table.has(last))
    }
}

/// A number as people and as traces write it.
fn both(value: u8) -> String {
    format!("{value} = {value:#04x}")
}

/// The alphabet's name.
fn alphabet(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7 => "GSM-7",
        Alphabet::Ucs2 => "UCS-2",
        Alphabet::Latin1 => "Latin-1",
        Alphabet::Ascii => "ASCII",
    }
}

/// An address's kind; numbers and names as in SMPP 3.4 §5.2.5 and §5.2.6.
fn ton_npi(ton: u8, npi: u8) -> String {
    let kind = match ton {
        0 => "unknown",
        1 => "international",
        2 => "national",
        3 => "network specific",
        4 => "subscriber number",
        5 => "alphanumeric",
        6 => "abbreviated",
        _ => "reserved",
    };
    let plan = match npi {
        0 => "unknown",
        1 => "E.164",
        3 => "X.121",
        4 => "telex",
        6 => "E.212",
        8 => "national",
        9 => "private",
        10 => "ERMES",
        14 => "Internet",
        18 => "WAP",
        _ => "reserved",
    };
    format!("TON {ton} ({kind}), NPI {npi} ({plan})")
}
