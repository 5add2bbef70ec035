//! The `[ussd]` part of an operator's profile: a dialect as data.

use dayaq_author::Table;
use dayaq_smpp::Tag;
use dayaq_smpp::ussd::{CodeIn, Dialect, EndSignal, InboundOp, SessionSource, TonNpi, UssdEvent};
use dayaq_text::Alphabet;

const EVENTS: [(&str, UssdEvent); 4] = [
    ("begin", UssdEvent::Begin),
    ("continue", UssdEvent::Continue),
    ("abort", UssdEvent::Abort),
    ("timeout", UssdEvent::Timeout),
];

const ALPHABETS: [(&str, Alphabet); 4] =
    [("gsm-7", Alphabet::Gsm7), ("latin-1", Alphabet::Latin1), ("ascii", Alphabet::Ascii), ("ucs-2", Alphabet::Ucs2)];

/// Changes what the profile names; everything else stays as the specification has it.
pub(super) fn read(table: &Table<'_>, dialect: &mut Dialect) {
    if let Some(service_type) = table.opt_parse("service_type", |text| match text.len() <= 5 {
        true => Ok(text.to_owned()),
        false => Err(format!("must be at most 5 characters, found {}", text.len())),
    }) {
        dialect.service_type = service_type;
    }
    if let Some(session) = table.opt_table("session") {
        read_session(&session, dialect);
        session.finish();
    }
    if let Some(ops) = table.opt_table("inbound_ops") {
        dialect.inbound_ops.clear();
        for (name, event) in EVENTS {
            if let Some(op) = ops.opt_integer(name, 0..=255u8) {
                dialect.inbound_ops.push(InboundOp { op, event });
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
    let signals = [("op", EndSignal::Op), ("bit", EndSignal::Bit), ("both", EndSignal::Both)];
    dialect.end_signal = table.one_of_or("end", &signals, dialect.end_signal);
    let places = [("destination", CodeIn::Destination), ("text", CodeIn::Text)];
    dialect.code_in = table.one_of_or("code_in", &places, dialect.code_in);
    dialect.packed = table.boolean_or("packed", dialect.packed);
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
        out.finish();
    }
    dialect.source = read_ton_npi(table, "source").or(dialect.source);
    dialect.destination = read_ton_npi(table, "destination").or(dialect.destination);
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
}

fn read_ton_npi(table: &Table<'_>, key: &str) -> Option<TonNpi> {
    let address = table.opt_table(key)?;
    let (ton, npi) = (address.integer("ton", 0..=6), address.integer("npi", 0..=18));
    address.finish();
    Some(TonNpi { ton: ton?, npi: npi? })
}

fn choose<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("must be one of {}, found {text:?}", names.join(", "))
    })
}
