//! The `[ussd]` part of an operator's profile: a dialect as data.

mod agreement;

use dayaq_author::Table;
use dayaq_smpp::Tag;
use dayaq_smpp::ussd::{
    CodeIn, Dial, Dialect, EndSignal, InboundOp, SessionSource, TonNpi, UCS2_WITH_LANGUAGE, UssdEvent,
};
use dayaq_text::{Alphabet, Budget};

const EVENTS: [(&str, UssdEvent); 4] = [
    ("begin", UssdEvent::Begin),
    ("continue", UssdEvent::Continue),
    ("abort", UssdEvent::Abort),
    ("timeout", UssdEvent::Timeout),
];

pub(super) const ALPHABETS: [(&str, Alphabet); 4] =
    [("gsm-7", Alphabet::Gsm7), ("latin-1", Alphabet::Latin1), ("ascii", Alphabet::Ascii), ("ucs-2", Alphabet::Ucs2)];

/// The smallest screen that a profile may name; less holds no menu.
pub(super) const SCREEN_MIN: usize = 40;

/// Changes what the profile names; everything else stays as the specification has it.
pub(super) fn read(table: &Table<'_>, dialect: &mut Dialect) {
    if let Some(service_type) = table.opt_parse("service_type", |text| bounded(text, 5)) {
        dialect.service_type = service_type;
    }
    if let Some(session) = table.opt_table("session") {
        read_session(&session, dialect);
        session.finish();
    }
    read_ops(table, dialect);
    let signals = [("op", EndSignal::Op), ("bit", EndSignal::Bit), ("both", EndSignal::Both)];
    dialect.end_signal = table.one_of_or("end", &signals, dialect.end_signal);
    let places = [("destination", CodeIn::Destination), ("text", CodeIn::Text)];
    dialect.code_in = table.one_of_or("code_in", &places, dialect.code_in);
    dialect.dial = table.one_of_or("dial", &[("whole", Dial::Whole), ("split", Dial::Split)], dialect.dial);
    if dialect.code_in == CodeIn::Text && dialect.dial == Dial::Split {
        table.error("dial", "a code that is in the text comes with what follows it: \"whole\"");
    }
    if let Some(address) = table.opt_parse("source_address", |text| bounded(text, 20)) {
        dialect.source_address = address;
    }
    dialect.packed = table.boolean_or("packed", dialect.packed);
    read_codings(table, dialect);
    read_screens(table, dialect);
    dialect.source = read_ton_npi(table, "source").or(dialect.source);
    dialect.destination = read_ton_npi(table, "destination").or(dialect.destination);
    agreement::check(table, dialect);
}

fn read_ops(table: &Table<'_>, dialect: &mut Dialect) {
    if let Some(ops) = table.opt_table("inbound_ops") {
        dialect.inbound_ops.clear();
        for (name, event) in EVENTS {
            if let Some(op) = ops.opt_integer(name, 0..=255u8) {
                dialect.inbound_ops.push(InboundOp { op, event });
            }
        }
        for (op, event, place) in ops.string_map("vendor") {
            match (op.parse(), choose(&event, &EVENTS)) {
                (Ok(op), Ok(event)) => dialect.inbound_ops.push(InboundOp { op, event }),
                (Err(_), _) => ops.error("vendor", format!("an op is 0 to 255, found {op:?}")),
                (Ok(_), Err(why)) => ops.error("vendor", format!("{why} (line {})", place.position.line)),
            }
        }
        dialect.inbound_without_op = ops.opt_parse("none", |text| choose(text, &EVENTS));
        if let Some(event) = ops.opt_parse("end_bit", |text| choose(text, &EVENTS)) {
            dialect.inbound_end = event;
        }
        ops.finish();
    }
    if let Some(ops) = table.opt_table("outbound_ops") {
        dialect.outbound_ops.proceed = ops.opt_integer("continue", 0..=255);
        dialect.outbound_ops.end = ops.opt_integer("end", 0..=255);
        ops.finish();
    }
    if let Some(push) = table.opt_table("push") {
        dialect.push.notify = push.opt_integer("notify", 0..=255);
        dialect.push.menu = push.opt_integer("menu", 0..=255);
        let begun = [("notify_confirm", dialect.push.notify, "notify"), ("menu_confirm", dialect.push.menu, "menu")];
        for (key, what, name) in begun {
            if push.has(key) && what.is_none() {
                push.error(key, format!("confirms what is never pushed: {name} says with which op"));
            }
        }
        for (key, event) in [("notify_confirm", UssdEvent::Notified), ("menu_confirm", UssdEvent::Continue)] {
            if let Some(op) = push.opt_integer(key, 0..=255u8)
                && !dialect.inbound_ops.contains(&InboundOp { op, event })
            {
                dialect.inbound_ops.push(InboundOp { op, event });
            }
        }
        push.finish();
    }
}

fn read_codings(table: &Table<'_>, dialect: &mut Dialect) {
    let codings = &mut dialect.data_codings;
    codings.default_alphabet = table.one_of_or("default_alphabet", &ALPHABETS, codings.default_alphabet);
    if let Some(out) = table.opt_table("data_coding") {
        codings.outbound.clear();
        // The order of the file is kept: it is the order in which they are preferred.
        for key in out.keys() {
            let known = ALPHABETS.iter().find(|(name, _)| *name == key);
            if let Some((name, alphabet)) = known
                && let Some(value) = out.opt_integer(name, 0..=255u8)
            {
                codings.outbound.push((*alphabet, value));
            }
        }
        if out.keys().is_empty() {
            out.error_here("empty: at least one alphabet has a data_coding");
        }
        out.finish();
    }
    let named = codings.data_coding(Alphabet::Ucs2) == Some(UCS2_WITH_LANGUAGE);
    dialect.language_prefix = table.boolean_or("language_prefix", named);
}

fn read_screens(table: &Table<'_>, dialect: &mut Dialect) {
    let Some(screen) = table.opt_table("screen") else { return };
    for (name, alphabet) in ALPHABETS {
        if let Some(units) = screen.opt_integer(name, SCREEN_MIN..=Budget::ussd(alphabet).units) {
            dialect.screens.push(Budget { alphabet, units });
        }
    }
    screen.finish();
}

fn read_session(table: &Table<'_>, dialect: &mut Dialect) {
    let rule = &mut dialect.session;
    let vendor = table.opt_integer("vendor_tag", 0x1400..=0x3FFFu16);
    rule.source = match table.opt_string("key").as_deref() {
        None => rule.source,
        Some("its_session_info") => SessionSource::ItsSessionInfo,
        Some("user_message_reference") => SessionSource::UserMessageReference,
        Some("msisdn") => SessionSource::MsisdnOnly,
        Some("vendor") => match vendor {
            Some(tag) => SessionSource::Vendor(Tag(tag)),
            None => {
                table.error("vendor_tag", "missing: the tag that names the session, 0x1400 to 0x3FFF");
                rule.source
            }
        },
        Some(other) => {
            let names = "its_session_info, user_message_reference, vendor or msisdn";
            table.error("key", format!("must be {names}, found {other:?}"));
            rule.source
        }
    };
    rule.optional = table.boolean_or("optional", rule.optional);
    let mask = |key: &str, fallback: u64| {
        table.opt_integer(key, 0..=i64::MAX).and_then(|m| u64::try_from(m).ok()).unwrap_or(fallback)
    };
    rule.sequence_mask = mask("sequence_mask", rule.sequence_mask);
    rule.end_mask = mask("end_mask", rule.end_mask);
    rule.sequence_step = mask("sequence_step", rule.sequence_step);
    rule.sequence_advance = mask("sequence_advance", rule.sequence_advance);
    rule.changes = table.boolean_or("changes", rule.changes);
    if rule.changes && (rule.sequence_mask | rule.end_mask) != 0 {
        table
            .error("changes", "a value that is another one in each turn has no bits: sequence_mask and end_mask are 0");
    }
    if vendor.is_some() && !matches!(rule.source, SessionSource::Vendor(_)) {
        table.error("vendor_tag", "is for key = \"vendor\"");
    }
    let widest = rule.sequence_mask | rule.end_mask;
    if rule.source == SessionSource::UserMessageReference && widest > u64::from(u16::MAX) {
        table.error(
            "sequence_mask",
            "user_message_reference has two octets: sequence_mask and end_mask are at most 0xFFFF",
        );
    }
    for (key, value) in [("sequence_step", rule.sequence_step), ("sequence_advance", rule.sequence_advance)] {
        if table.has(key) && value != 0 && rule.sequence_mask == 0 {
            table.error(key, "there is no turn number to count: sequence_mask is 0");
        }
    }
    if rule.sequence_mask & rule.end_mask != 0 {
        table.error("end_mask", "a bit is either of the turn number or of the end");
    }
    if !is_run(rule.sequence_mask) {
        table.error("sequence_mask", "the bits of the turn number stand side by side");
    }
}

/// Whether the bits of a mask stand side by side.
const fn is_run(mask: u64) -> bool {
    let run = mask >> (mask.trailing_zeros() % 64);
    mask == 0 || run & (run.wrapping_add(1)) == 0
}

fn read_ton_npi(table: &Table<'_>, key: &str) -> Option<TonNpi> {
    let address = table.opt_table(key)?;
    let (ton, npi) = (address.integer("ton", 0..=6), address.integer("npi", 0..=18));
    address.finish();
    Some(TonNpi { ton: ton?, npi: npi? })
}

fn bounded(text: &str, most: usize) -> Result<String, String> {
    match text.len() <= most && text.is_ascii() {
        true => Ok(text.to_owned()),
        false => Err(format!("must be at most {most} characters, found {}", text.len())),
    }
}

fn choose<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("must be one of {}, found {text:?}", names.join(", "))
    })
}

#[cfg(test)]
mod tests;
