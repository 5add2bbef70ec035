//! `[ussd]` in words.

use super::{Words, alphabet, both, ton_npi};
use dayaq_smpp::ussd::{CodeIn, Dial, Dialect, EndSignal, SessionRule, SessionSource, UssdEvent};
use dayaq_text::Alphabet;
use std::time::Duration;

const ALPHABETS: [Alphabet; 4] = [Alphabet::Gsm7, Alphabet::Ucs2, Alphabet::Latin1, Alphabet::Ascii];

pub(super) fn say(words: &mut Words<'_>, dialect: &Dialect, reply_budget: Duration) {
    words.part("USSD");
    let service_type = match dialect.service_type.as_str() {
        "" => "service_type is empty".to_owned(),
        named => format!("service_type of our screens is \"{named}\""),
    };
    words.line(&["ussd.service_type"], service_type);
    words.line(&["ussd.code_in", "ussd.dial"], dialled(dialect));
    let from = match dialect.source_address.as_str() {
        "" => "our screens come from the address that was dialled".to_owned(),
        own => format!("our screens come from the address {own}"),
    };
    words.line(&["ussd.source_address"], from);
    for (key, whose, address) in [
        ("ussd.source", "our address", dialect.source),
        ("ussd.destination", "the phone's address", dialect.destination),
    ] {
        let kind = match address {
            None => format!("{whose} has the TON and NPI with which it came"),
            Some(it) => format!("{whose} has {}", ton_npi(it.ton, it.npi)),
        };
        words.line(&[key], kind);
    }
    words.line(
        &["ussd.reply_budget_ms"],
        format!(
            "a phone has its screen within {} ms, if need be \"recorded, an SMS will follow\"",
            reply_budget.as_millis()
        ),
    );
    session(words, &dialect.session);
    inbound(words, dialect);
    outbound(words, dialect);
    push(words, dialect);
    letters(words, dialect);
}

fn dialled(dialect: &Dialect) -> &'static str {
    match (dialect.code_in, dialect.dial) {
        (CodeIn::Destination, Dial::Whole) => {
            "the dialled code is in destination_addr; the text of the first message is all that was dialled, such as *7142*2#"
        }
        (CodeIn::Destination, Dial::Split) => {
            "the dialled code is in destination_addr; the text of the first message is what follows it, such as 2"
        }
        (CodeIn::Text, Dial::Whole | Dial::Split) => {
            "the dialled code is in the text of the first message, such as *7142*2#, and destination_addr may be empty"
        }
    }
}

fn session(words: &mut Words<'_>, rule: &SessionRule) {
    words.part("USSD: how a session is named");
    let named = match rule.source {
        SessionSource::ItsSessionInfo => "its_session_info (tag 0x1383) names the session".to_owned(),
        SessionSource::UserMessageReference => "user_message_reference (tag 0x0204) names the session".to_owned(),
        SessionSource::Vendor(tag) => format!("the vendor's parameter {:#06x} names the session", tag.0),
        SessionSource::MsisdnOnly => "nothing names the session: a phone has one at a time".to_owned(),
    };
    words.line(&["ussd.session.key", "ussd.session.vendor_tag"], named);
    if rule.source == SessionSource::MsisdnOnly {
        return;
    }
    words.line(
        &["ussd.session.optional"],
        match rule.optional {
            true => "a message without it is taken as one of the phone's only session",
            false => "a message without it is refused",
        },
    );
    if rule.changes {
        words.line(&["ussd.session.changes"], "it is another one in each turn; we give it back as it came");
        return;
    }
    let number = match rule.sequence_mask {
        0 => "it holds no turn number".to_owned(),
        mask => {
            let back = match rule.sequence_step {
                0 => "as it came".to_owned(),
                step => format!("with {step} added"),
            };
            let next = match rule.sequence_advance {
                0 => "it is not relied on".to_owned(),
                advance => format!("the phone's next answer has {advance} more"),
            };
            format!(
                "its bits {mask:#04x}, counted from the last octet, are the turn number; we give it back {back}, and {next}"
            )
        }
    };
    words.line(&["ussd.session.sequence_mask", "ussd.session.sequence_step", "ussd.session.sequence_advance"], number);
    let end = match rule.end_mask {
        0 => "it holds no end bit".to_owned(),
        mask => format!("its bit {mask:#04x}, counted from the last octet, says that the session is over"),
    };
    words.line(&["ussd.session.end_mask"], end);
}

fn inbound(words: &mut Words<'_>, dialect: &Dialect) {
    words.part("USSD: what the operator says (ussd_service_op in deliver_sm)");
    for known in &dialect.inbound_ops {
        let key = match known.event {
            UssdEvent::Notified => "ussd.push",
            UssdEvent::Begin | UssdEvent::Continue | UssdEvent::Abort | UssdEvent::Timeout => "ussd.inbound_ops",
        };
        words.line(&[key], format!("{}: {}", both(known.op), event(known.event)));
    }
    let none = match dialect.inbound_without_op {
        None => "no ussd_service_op: the message is refused".to_owned(),
        Some(means) => format!("no ussd_service_op: {}", event(means)),
    };
    words.line(&["ussd.inbound_ops.none"], none);
    if dialect.session.end_mask != 0 && dialect.session.source != SessionSource::MsisdnOnly {
        words.line(&["ussd.inbound_ops.end_bit"], format!("the end bit: {}", event(dialect.inbound_end)));
    }
    let says = |means| dialect.inbound_ops.iter().any(|known| known.event == means) || bit_says(dialect, means);
    for (means, missing) in [
        (
            UssdEvent::Abort,
            "nothing tells that a subscriber hangs up; the session ends when the operator's time is over",
        ),
        (UssdEvent::Timeout, "nothing tells that the network ends a session"),
    ] {
        if !says(means) {
            words.line(&["ussd.inbound_ops"], missing);
        }
    }
}

fn bit_says(dialect: &Dialect, means: UssdEvent) -> bool {
    dialect.session.end_mask != 0 && dialect.inbound_end == means
}

fn event(event: UssdEvent) -> &'static str {
    match event {
        UssdEvent::Begin => "a subscriber dials",
        UssdEvent::Continue => "a subscriber answers a screen",
        UssdEvent::Abort => "a subscriber hangs up",
        UssdEvent::Timeout => "the network ends the session",
        UssdEvent::Notified => "a message that we pushed was shown",
    }
}

fn outbound(words: &mut Words<'_>, dialect: &Dialect) {
    words.part("USSD: what we say (ussd_service_op in submit_sm)");
    let op = |op: Option<u8>| op.map_or("no ussd_service_op".to_owned(), both);
    let ops = dialect.outbound_ops;
    words.line(&["ussd.outbound_ops"], format!("{}: a screen that expects an answer", op(ops.proceed)));
    let last = match dialect.end_signal {
        EndSignal::Op => format!("{}: the last screen; the operator closes the session", op(ops.end)),
        EndSignal::Bit => format!("{} and the end bit set: the last screen", op(ops.proceed)),
        EndSignal::Both => format!("{} and the end bit set: the last screen", op(ops.end)),
    };
    words.line(&["ussd.outbound_ops", "ussd.end"], last);
}

fn push(words: &mut Words<'_>, dialect: &Dialect) {
    match (dialect.push.notify, dialect.push.menu) {
        (None, None) => words.line(&["ussd.push"], "we never speak first (no [ussd.push])"),
        (notify, menu) => {
            if let Some(op) = notify {
                words.line(
                    &["ussd.push"],
                    format!("{}: we speak first, with a message that closes by itself", both(op)),
                );
            }
            if let Some(op) = menu {
                words.line(
                    &["ussd.push"],
                    format!("{}: we speak first, with a screen that expects an answer", both(op)),
                );
            }
        }
    }
}

fn letters(words: &mut Words<'_>, dialect: &Dialect) {
    words.part("USSD: letters");
    let codings = &dialect.data_codings;
    words.line(&["ussd.default_alphabet"], format!("data_coding 0 means {}", alphabet(codings.default_alphabet)));
    let known: Vec<String> =
        codings.inbound.iter().map(|(value, means)| format!("{} {}", both(*value), alphabet(*means))).collect();
    words.line(
        &[],
        format!("coming in, further: {}; other values as 3GPP 23.038 §5 has them, or else as 0", known.join(", ")),
    );
    let sent: Vec<String> =
        codings.outbound.iter().map(|(means, value)| format!("{} with {}", alphabet(*means), both(*value))).collect();
    words.line(&["ussd.data_coding"], format!("going out: {}", sent.join(", ")));
    words.line(
        &["ussd.packed"],
        match dialect.packed {
            true => "GSM-7 travels packed, eight letters in seven octets, both ways",
            false => "GSM-7 travels one letter in an octet, both ways",
        },
    );
    if codings.data_coding(Alphabet::Ucs2).is_some() {
        words.line(
            &["ussd.language_prefix"],
            match dialect.language_prefix {
                true => "UCS-2 begins with two octets that name its language",
                false => "UCS-2 begins with the text itself",
            },
        );
    }
    let sizes: Vec<String> = ALPHABETS
        .into_iter()
        .filter(|it| codings.data_coding(*it).is_some())
        .map(|it| format!("{} of {}", dialect.screen(it).units, alphabet(it)))
        .collect();
    words.line(&["ussd.screen"], format!("a screen holds at most so many letters: {}", sizes.join(", ")));
}
