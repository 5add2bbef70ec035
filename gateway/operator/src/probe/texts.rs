//! Texts: what each alphabet carries there and, where the phone sends it back, here again.

use super::mask::Mask;
use super::order::Order;
use super::row::{Group, Row};
use super::session::{Arrival, Session};
use dayaq_smpp::concat::{Added, Limits, LongText, Reassembly, UserData, segments, shift, user_data};
use dayaq_smpp::{Address, Octets, ShortMessage, relative_time};
use dayaq_text::{Alphabet, Carriage, plain, split};
use std::time::Duration;

/// How long a text of the probe is worth delivering.
const VALID: Duration = Duration::from_secs(600);
/// Parts of the long text.
const LONG_PARTS: usize = 3;

/// A text that the probe writes.
pub(super) struct Written {
    ids: (&'static str, &'static str),
    what: &'static str,
    /// The letters that the phone must show.
    text: String,
    /// By which it is known when it comes back.
    tag: String,
    tokens: Vec<u64>,
}

/// How fast texts go: never faster than the profile has it.
pub(super) fn interval(order: &Order) -> Duration {
    order.profile.pace.segments_per_second.map_or(Duration::ZERO, |rate| Duration::from_secs(1) / rate.max(1))
}

/// One PDU for each segment of a text to the test phone.
pub(super) fn compose(order: &Order, text: &str, reference: u16, receipt: bool) -> Result<Vec<ShortMessage>, String> {
    let profile = &order.profile;
    let carriage = Carriage::of(text, profile.sms.codings.default_alphabet);
    let data_coding = match carriage.wire {
        Alphabet::Ucs2 => profile.sms_ucs2,
        Alphabet::Gsm7 | Alphabet::Latin1 | Alphabet::Ascii => profile.sms_default,
    };
    let (ton, npi) = profile.sender_ton_npi;
    let source = Address::new(ton, npi, &profile.sender).map_err(|cause| cause.to_string())?;
    let destination = Address::new(1, 1, order.phone.digits()).map_err(|cause| cause.to_string())?;
    let cut = segments(text, carriage, profile.sms.long, reference).map_err(|cause| cause.to_string())?;
    cut.iter()
        .map(|segment| {
            let mut message = ShortMessage {
                source,
                destination,
                data_coding,
                validity_period: if profile.validity_period { relative_time(VALID) } else { Octets::EMPTY },
                registered_delivery: u8::from(receipt),
                ..ShortMessage::default()
            };
            segment.write(&mut message).map_err(|cause| cause.to_string())?;
            Ok(message)
        })
        .collect()
}

/// The texts of the list.
fn list(order: &Order) -> Vec<Written> {
    let default = order.profile.sms.codings.default_alphabet;
    let first = match default {
        Alphabet::Gsm7 | Alphabet::Ucs2 => "@ £ $ ö Ö ü Ü Ç [ ] { } \\ ~ ^ | €",
        Alphabet::Latin1 => "@ £ $ ö Ö ü Ü Ç [ ] { } \\ ~ ^ |",
        Alphabet::Ascii => "@ $ _ [ ] { } \\ ~ ^ |",
    };
    let form = |text: &str| if order.profile.is_plain() { plain(text) } else { text.to_owned() };
    let written = |ids, what, tag: &str, text: &str| Written {
        ids,
        what,
        text: format!("{tag} {text}"),
        tag: tag.to_owned(),
        tokens: Vec::new(),
    };
    vec![
        written(("texts.default", "texts.default-letters"), "a text in the default alphabet", "Dayaq 1:", first),
        written(
            ("texts.azerbaijani", "texts.azerbaijani-letters"),
            "a text in Azerbaijani",
            "Dayaq 2:",
            &form("Ə ə I ı İ i Ğ ğ Ş ş Ç ç Ö ö Ü ü"),
        ),
        written(
            ("texts.russian", "texts.russian-letters"),
            "a text in Russian",
            "Dayaq 3:",
            &form("Съешь ещё этих мягких булок, Ёё Щщ Ъъ Ыы Ээ Юю Яя"),
        ),
        written(("texts.long", "texts.long-letters"), "a text of three parts", "Dayaq 4:", &form(&long(order))),
    ]
}

/// A text that takes three parts, each word of it numbered.
fn long(order: &Order) -> String {
    let form = |text: &str| if order.profile.is_plain() { plain(text) } else { text.to_owned() };
    let mut text = "Uzun mətn.".to_owned();
    for number in 1..200 {
        let whole = form(&format!("Dayaq 4: {text}"));
        let air = Carriage::of(&whole, order.profile.sms.codings.default_alphabet).air;
        let parts = split(&whole, air, order.profile.sms.long.reference()).map_or(0, |parts| parts.len());
        if parts >= LONG_PARTS {
            break;
        }
        text.push_str(&format!(" söz{number}"));
    }
    text
}

/// Sends the texts, and judges whether they were taken.
pub(super) async fn send(
    order: &Order,
    session: &mut Session,
    budget: &mut usize,
    mask: &Mask,
) -> (Vec<Row>, Vec<Written>) {
    let (mut rows, mut sent) = (Vec::new(), Vec::new());
    for (number, mut text) in (1u16..).zip(list(order)) {
        let messages = compose(order, &text.text, number, order.profile.receipts);
        let row = |expected: String| Row::new(text.ids.0, Group::Texts, text.what, expected);
        let messages = match messages {
            Ok(messages) => messages,
            Err(why) => {
                rows.push(row("it can be written".to_owned()).differs(why));
                continue;
            }
        };
        let expected = described(order, &messages);
        let row = row(expected);
        if messages.len() > *budget {
            rows.push(row.not_shown(format!("it takes {} texts, and --texts leaves {budget}", messages.len())));
            continue;
        }
        *budget -= messages.len();
        for message in messages {
            text.tokens.push(session.submit(message));
            session.pause(interval(order)).await;
        }
        session.answered(&text.tokens).await;
        rows.push(taken(row, session, &text.tokens, mask));
        sent.push(text);
    }
    (rows, sent)
}

fn described(order: &Order, messages: &[ShortMessage]) -> String {
    let coding = messages.first().map_or(0, |message| message.data_coding);
    let how = match (order.profile.sms.long, messages.len()) {
        (LongText::Payload, _) if messages.iter().any(|message| message.short_message.is_empty()) => {
            " in message_payload".to_owned()
        }
        (_, 1) => String::new(),
        (LongText::Udh8, count) => format!(" in {count} parts with 8-bit headers"),
        (LongText::Udh16, count) => format!(" in {count} parts with 16-bit headers"),
        (LongText::Sar | LongText::Payload, count) => format!(" in {count} parts with sar parameters"),
    };
    format!("taken with data_coding {coding} = {coding:#04x}{how}")
}

/// Whether every one of these was answered ROK.
pub(super) fn taken(row: Row, session: &Session, tokens: &[u64], mask: &Mask) -> Row {
    let of = |token: &u64| session.submitted.get(token);
    let evidence = tokens.iter().filter_map(of).flat_map(|sent| {
        let answer = sent.answer.as_ref().map(|answer| &answer.frame);
        sent.frame.iter().chain(answer).map(|frame| mask.evidence(frame)).collect::<Vec<_>>()
    });
    let evidence = evidence.collect();
    let bad = tokens.iter().filter_map(of).find_map(|sent| match (&sent.answer, &sent.failed) {
        (Some(answer), _) if answer.status.is_ok() && !answer.nacked => None,
        (Some(answer), _) if answer.nacked => Some(format!("answered with generic_nack, {}", answer.status)),
        (Some(answer), _) => Some(format!("refused with {}", answer.status)),
        (None, Some(why)) => Some(why.clone()),
        (None, None) => Some("not answered".to_owned()),
    });
    let nameless =
        || tokens.iter().filter_map(of).any(|sent| sent.answer.as_ref().is_some_and(|it| it.message_id.is_none()));
    let unanswered =
        || tokens.iter().filter_map(of).all(|sent| sent.answer.as_ref().is_none_or(|it| it.status.is_ok()));
    match bad {
        // The row on the link says so, once.
        Some(_) if unanswered() && session.gone.is_some() => row.not_shown("the link ended before the answer"),
        Some(why) => row.differs(why),
        None if nameless() => row.differs("taken without a message_id: no receipt can be matched"),
        None => row.conforms("taken"),
    }
    .with(evidence)
}

/// Whether a screen was answered ROK; nobody needs its message_id.
pub(super) fn taken_by_op(row: Row, session: &Session, token: u64, mask: &Mask) -> Row {
    let row = taken(row, session, &[token], mask);
    let answer = session.submitted.get(&token).and_then(|sent| sent.answer.as_ref());
    match answer.is_some_and(|answer| answer.status.is_ok() && !answer.nacked) {
        true => row.conforms("taken"),
        false => row,
    }
}

/// Waits for the texts to come back, and compares them letter for letter.
pub(super) async fn compare(order: &Order, session: &mut Session, sent: &[Written], mask: &Mask) -> Vec<Row> {
    if order.echo && !sent.is_empty() {
        let whole = |session: &mut Session| {
            let read = read_texts(order, &session.texts);
            let back = |text: &Written| read.iter().any(|(said, _)| said.contains(&text.tag));
            sent.iter().all(back).then_some(())
        };
        session.until(order.receipt_wait, whole).await;
    }
    let read = read_texts(order, &session.texts);
    let rows = sent.iter().map(|text| {
        let row = Row::new(text.ids.1, Group::Texts, format!("{}, back from the phone", text.what), quoted(&text.text));
        match read.iter().find(|(said, _)| said.contains(&text.tag)) {
            None if order.echo => {
                row.not_shown(format!("it did not come back within {} s", order.receipt_wait.as_secs()))
            }
            None => row.not_shown("a person compares it on the phone"),
            Some((said, evidence)) => {
                let row = row.judged(*said == text.text, mask.text(&quoted(said)));
                return row.with(mask.all(evidence.iter().map(|arrival| &arrival.frame)));
            }
        }
        .to_tick(text.text.clone())
    });
    rows.collect()
}

/// A text between quotes, with the code of each character that cannot be seen.
fn quoted(text: &str) -> String {
    let visible = |it: char| if it.is_control() { format!("<{:02X}>", u32::from(it)) } else { it.to_string() };
    format!("“{}”", text.chars().map(visible).collect::<String>())
}

/// The phone's texts, their parts joined; what is no text is read as far as it goes.
fn read_texts(order: &Order, arrivals: &[Arrival]) -> Vec<(String, Vec<Arrival>)> {
    let codings = &order.profile.sms.codings;
    let mut parts = Reassembly::default();
    let (mut read, mut waiting): (Vec<(String, Vec<Arrival>)>, Vec<Arrival>) = (Vec::new(), Vec::new());
    for arrival in arrivals {
        let message = &arrival.message;
        let text = match user_data(message) {
            Ok(UserData::Whole(octets)) => {
                Some((codings.decode(message.data_coding, [(octets, shift(message))]), vec![arrival.clone()]))
            }
            Ok(UserData::Piece(piece)) => {
                waiting.push(arrival.clone());
                match parts.add(&piece, message.data_coding, arrival.at, &Limits::default()) {
                    Added::Complete(joined) => {
                        Some((codings.decode(message.data_coding, joined.runs()), std::mem::take(&mut waiting)))
                    }
                    _ => None,
                }
            }
            Err(_) => None,
        };
        if let Some((text, evidence)) = text {
            let lossy = || String::from_utf8_lossy(message.user_data()).into_owned();
            read.push((text.unwrap_or_else(|_| lossy()), evidence));
        }
    }
    read
}

/// All that was sent, by token.
pub(super) fn tokens(sent: &[Written]) -> Vec<u64> {
    sent.iter().flat_map(|text| text.tokens.iter().copied()).collect()
}
