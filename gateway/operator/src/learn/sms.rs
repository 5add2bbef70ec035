//! What a capture says of texts: `[sms]` and `[sms.inbound]`.

use super::dialogue::Turns;
use super::evidence::{Findings, Line, Places, Tally, quoted};
use super::reading::{Reading, Readings};
use super::traffic::{Pdu, Sender, Traffic, What};
use super::ussd::masked;
use dayaq_smpp::concat::{self, Carrier, UserData};
use dayaq_smpp::receipt::{self, Receipt, ReceiptIds};
use dayaq_smpp::{CommandStatus, ShortMessage, Tag, TextCodings};
use dayaq_text::{Alphabet, Shift};
use std::collections::{BTreeMap, BTreeSet};

const TABLE: &str = "sms";
/// Octets of a text that fit one message.
const SINGLE_MAX: usize = 140;
/// A service number is at most so long; a longer one may be a person's.
const SENDER_DIGITS_MAX: usize = 8;
/// Odd writing, in thousandths: a text in the wrong alphabet has more.
const ODD: u64 = 200;

/// What was said outside USSD.
struct Texts<'t> {
    /// From the ESME, with the ids that the SMSC gave them.
    sent: Vec<(&'t Pdu, &'t ShortMessage, Option<String>)>,
    /// From phones.
    received: Vec<(&'t Pdu, &'t ShortMessage)>,
    receipts: Vec<(&'t Pdu, &'t ShortMessage, Receipt)>,
}

impl<'t> Texts<'t> {
    fn of(traffic: &'t Traffic) -> Self {
        let turns = Turns::of(traffic);
        let ussd: BTreeSet<usize> = turns.all().map(|turn| turn.index).collect();
        let mut it = Self { sent: Vec::new(), received: Vec::new(), receipts: Vec::new() };
        for (index, pdu) in traffic.pdus.iter().enumerate() {
            let Some(message) = pdu.message() else { continue };
            let answer = traffic.answer_to(pdu);
            let refused = answer.is_some_and(|answer| answer.status != CommandStatus::ROK);
            if ussd.contains(&index) || message.tlvs.as_tlvs().get(Tag::USSD_SERVICE_OP).is_some() {
                continue;
            }
            match (pdu.sender, receipt::read(message)) {
                (Sender::Esme, _) if !refused => {
                    let id = answer.and_then(|answer| match &answer.what {
                        What::MessageResp(_, id) => *id,
                        _ => None,
                    });
                    let id = id.and_then(|id| id.as_str().map(str::to_owned));
                    it.sent.push((pdu, message, id));
                }
                (Sender::Smsc, Some(receipt)) => it.receipts.push((pdu, message, receipt)),
                (Sender::Smsc, None) => it.received.push((pdu, message)),
                (Sender::Esme, _) => {}
            }
        }
        it
    }
}

/// Learns `[sms]`; gives how many texts and receipts there are.
pub(super) fn learn(traffic: &Traffic, places: Places, found: &mut Findings) -> (usize, usize) {
    let texts = Texts::of(traffic);
    let sent = readings(texts.sent.iter().map(|(pdu, message, _)| (*pdu, *message)));
    let received = readings(texts.received.iter().copied());
    found.add(TABLE, Line::left("form", quoted("proper"), "no traffic shows what a network cannot carry"));
    sender(&texts, places, found);
    receipts(&texts, places, found);
    validity(&texts, places, found);
    codings(&sent, &received, places, found);
    long(&texts, places, found);
    receipt_ids(&texts, places, found);
    inbound(&texts, &received, found);
    if texts.sent.is_empty() {
        found.missing.push("no text went to a phone: send a long one in Azerbaijani while capturing".to_owned());
    }
    if texts.received.is_empty() {
        found.missing.push("no text came from a phone: write to the service code while capturing".to_owned());
    }
    (texts.sent.len() + texts.received.len(), texts.receipts.len())
}

/// A text without its header.
fn body(message: &ShortMessage) -> &[u8] {
    match concat::user_data(message) {
        Ok(UserData::Whole(octets)) => octets,
        Ok(UserData::Piece(piece)) => piece.octets,
        Err(_) => &[],
    }
}

fn readings<'t>(messages: impl Iterator<Item = (&'t Pdu, &'t ShortMessage)>) -> BTreeMap<u8, Readings> {
    let mut all: BTreeMap<u8, Readings> = BTreeMap::new();
    for (pdu, message) in messages {
        // Septets of national tables are judged by those tables alone.
        if concat::shift(message) == Shift::default() {
            all.entry(message.data_coding).or_default().add(body(message), pdu.place);
        }
    }
    all.retain(|_, readings| readings.texts > 0);
    all
}

fn sender(texts: &Texts<'_>, places: Places, found: &mut Findings) {
    let mut senders: Tally<(String, u8, u8)> = Tally::default();
    for (pdu, message, _) in &texts.sent {
        let source = message.source;
        senders.add((source.digits.as_str().unwrap_or_default().to_owned(), source.ton, source.npi), pdu.place);
    }
    let Some(best) = senders.best() else {
        found.add(TABLE, Line::left("sender", quoted("Dayaq"), "no text went to a phone"));
        return;
    };
    let (address, ton, npi) = &best;
    let why = senders.says(&best, "texts", places, |(it, ton, npi)| format!("{} ton {ton} npi {npi}", name(it)));
    let digits = !address.is_empty() && address.bytes().all(|octet| octet.is_ascii_digit());
    let printable = address.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' ');
    if address.is_empty() || !printable || address.len() > 11 || digits && address.len() > SENDER_DIGITS_MAX {
        let why = format!("texts come from {}: put your own sender here", masked(address));
        found.add(TABLE, Line::left("sender", quoted("Dayaq"), why));
        return;
    }
    found.add(TABLE, Line::set("sender", quoted(address), format!("{why}; put your own here")));
    let usual = if digits { (0, 1) } else { (5, 0) };
    if (*ton, *npi) != usual && *ton <= 6 && *npi <= 18 {
        found.add(TABLE, Line::set("sender_ton", ton, "type of number of those texts"));
        found.add(TABLE, Line::set("sender_npi", npi, "numbering plan of those texts"));
    }
}

/// A sender that may be printed: letters, or a short number.
fn name(address: &str) -> String {
    let letters = address.len() <= 11 && address.bytes().any(|octet| octet.is_ascii_alphabetic());
    if letters { quoted(address) } else { masked(address) }
}

fn receipts(texts: &Texts<'_>, places: Places, found: &mut Findings) {
    let mut asked: Tally<bool> = Tally::default();
    let whole = |message: &ShortMessage| message.registered_delivery & 0x03 != 0;
    texts.sent.iter().for_each(|(pdu, message, _)| asked.add(whole(message), pdu.place));
    let line = match asked.best() {
        None => Line::left("receipts", true, "no text went to a phone"),
        Some(most) => {
            // Where they came once they are known there, and without them nobody knows what became of a text.
            let best = most || !texts.receipts.is_empty();
            let mut why =
                asked.says(&best, "texts ask so", places, |it| if *it { "asked" } else { "not asked" }.to_owned());
            let by_parameter = texts
                .receipts
                .iter()
                .filter(|(_, message, _)| message.tlvs.as_tlvs().get(Tag::RECEIPTED_MESSAGE_ID).is_some());
            let written = texts.receipts.iter().filter(|(_, _, receipt)| receipt.written_id.is_some());
            why += &format!(
                "; {} receipts came, {} with parameters, {} written out",
                texts.receipts.len(),
                by_parameter.count(),
                written.count()
            );
            Line::set("receipts", best, why)
        }
    };
    found.add(TABLE, line);
}

fn validity(texts: &Texts<'_>, places: Places, found: &mut Findings) {
    let mut told: Tally<bool> = Tally::default();
    texts.sent.iter().for_each(|(pdu, message, _)| told.add(!message.validity_period.is_empty(), pdu.place));
    let line = match told.best() {
        None => Line::left("validity_period", false, "no text went to a phone"),
        Some(best) => {
            let show = |it: &bool| if *it { "with one" } else { "without" }.to_owned();
            Line::set("validity_period", best, told.says(&best, "texts", places, show))
        }
    };
    found.add(TABLE, line);
}

fn codings(sent: &BTreeMap<u8, Readings>, received: &BTreeMap<u8, Readings>, places: Places, found: &mut Findings) {
    let of = |name: &str| {
        let fits = |it: &(&u8, &Readings)| unpacked(it.1.best(*it.0)).name() == name;
        sent.iter().filter(fits).max_by_key(|(_, readings)| readings.texts).map(|(coding, it)| (*coding, it))
    };
    let told = |readings: &Readings, reading: Reading| {
        let open = if readings.is_open(reading) { "; other alphabets of one octet would read them alike" } else { "" };
        format!("{} texts are plain writing so, such as {}{open}", readings.texts, places.name(readings.place))
    };
    found.add(
        TABLE,
        match of("ucs-2") {
            Some((coding, it)) => Line::set("data_coding_ucs2", coding, told(it, Reading::Ucs2)),
            None => Line::left("data_coding_ucs2", 8, "no text in UCS-2 went to a phone"),
        },
    );
    let mut zero = sent.get(&0).cloned().unwrap_or_default();
    received.get(&0).into_iter().for_each(|more| zero.merge(more));
    if zero.texts > 0 && zero.place == 0 {
        zero.place = received.get(&0).map_or(0, |it| it.place);
    }
    let meaning = unpacked(zero.best(0));
    let default = of("gsm-7").or_else(|| of("latin-1")).or_else(|| of("ascii"));
    found.add(
        TABLE,
        match default {
            Some((coding, it)) => Line::set("data_coding_default", coding, told(it, unpacked(it.best(coding)))),
            None => Line::left("data_coding_default", 0, "no text in letters of one octet went to a phone"),
        },
    );
    found.add(
        TABLE,
        match zero.texts {
            0 => Line::left("default_alphabet", quoted("gsm-7"), "no text has data_coding 0"),
            _ => Line::set("default_alphabet", quoted(meaning.name()), told(&zero, meaning)),
        },
    );
}

/// Texts of SMPP are never packed; what looks so is something else.
const fn unpacked(reading: Reading) -> Reading {
    match reading {
        Reading::Packed => Reading::Latin1,
        Reading::Ucs2Prefixed => Reading::Ucs2,
        other => other,
    }
}

fn long(texts: &Texts<'_>, places: Places, found: &mut Findings) {
    let mut ways: Tally<&str> = Tally::default();
    for (pdu, message, _) in &texts.sent {
        match concat::user_data(message) {
            Ok(UserData::Piece(piece)) => {
                let way = match piece.series.carrier {
                    Carrier::Header8 => "udh8",
                    Carrier::Header16 => "udh16",
                    Carrier::Sar => "sar",
                };
                ways.add(way, pdu.place);
            }
            Ok(UserData::Whole(octets)) if message.short_message.is_empty() && octets.len() > SINGLE_MAX => {
                ways.add("message_payload", pdu.place);
            }
            Ok(UserData::Whole(_)) | Err(_) => {}
        }
    }
    let line = match ways.best() {
        Some(way) => {
            Line::set("long", quoted(way), ways.says(&way, "long texts and parts", places, |it| (*it).to_owned()))
        }
        None => {
            if !texts.sent.is_empty() {
                found.missing.push("no text was longer than one message: how long ones go out is unknown".to_owned());
            }
            Line::left("long", quoted("udh8"), "no text was longer than one message")
        }
    };
    found.add(TABLE, line);
}

const MODES: [(&str, ReceiptIds); 6] = [
    ("same", ReceiptIds::Same),
    ("no-zeros", ReceiptIds::NoZeros),
    ("any-case", ReceiptIds::AnyCase),
    ("folded", ReceiptIds::Folded),
    ("hex-decimal", ReceiptIds::HexDecimal),
    ("decimal-hex", ReceiptIds::DecimalHex),
];

/// Finds the comparison of ids by which most receipts find a text to the same phone.
fn receipt_ids(texts: &Texts<'_>, places: Places, found: &mut Findings) {
    let mut by_mode: Vec<(&str, u64, u64)> = Vec::new();
    for (name, mode) in MODES {
        let mut named: BTreeSet<(&[u8], String)> = BTreeSet::new();
        for (_, message, id) in &texts.sent {
            if let Some(id) = id.as_ref().and_then(|id| mode.of_response(id.as_bytes())) {
                named.insert((message.destination.digits.as_bytes(), id));
            }
        }
        let (mut hits, mut first) = (0, 0);
        for (pdu, message, receipt) in &texts.receipts {
            let id = mode.of_receipt(receipt);
            if id.is_some_and(|id| named.remove(&(message.source.digits.as_bytes(), id))) {
                first = if hits == 0 { pdu.place } else { first };
                hits += 1;
            }
        }
        by_mode.push((name, hits, first));
    }
    let most = by_mode.iter().map(|(_, hits, _)| *hits).max().unwrap_or_default();
    let best = by_mode.iter().find(|(_, hits, _)| *hits == most && most > 0);
    let Some((name, hits, place)) = best else {
        let why = match texts.receipts.len() {
            0 => "no receipt is in the capture".to_owned(),
            count => {
                format!("no comparison finds the texts of {count} receipts; their responses may not be in the capture")
            }
        };
        found.missing.push("no receipt belongs to a text in the capture: receipt_id is unknown".to_owned());
        found.add(TABLE, Line::left("receipt_id", quoted("same"), why));
        return;
    };
    let alike: Vec<&str> =
        by_mode.iter().filter(|(other, hits, _)| other != name && *hits == most).map(|(other, ..)| *other).collect();
    let mut why =
        format!("{hits} of {} receipts find their text so, such as {}", texts.receipts.len(), places.name(*place));
    if !alike.is_empty() {
        why += &format!("; {} would find them as well, the simplest was chosen", alike.join(", "));
    }
    found.add(TABLE, Line::set("receipt_id", quoted(name), why));
}

/// Values of data_coding that do not mean what the specifications say.
fn inbound(texts: &Texts<'_>, received: &BTreeMap<u8, Readings>, found: &mut Findings) {
    for (coding, readings) in received.iter().filter(|(coding, _)| **coding != 0) {
        let of = texts.received.iter().filter(|(_, message)| message.data_coding == *coding);
        let codings = TextCodings { default_alphabet: Alphabet::Gsm7, exceptions: Vec::new() };
        let unread = of.filter(|(_, message)| codings.decode(*coding, [(body(message), Shift::default())]).is_err());
        let unread = unread.count() as u64;
        let best = unpacked(readings.best(*coding));
        // 3GPP 23.038 §4: bits 3 and 2 are the alphabet.
        let by_rule = match *coding {
            0x01 => Reading::Ascii,
            0x03 => Reading::Latin1,
            0x08 | 0xE0..=0xEF => Reading::Ucs2,
            0x10..=0x1F | 0x40..=0x5F if coding >> 2 & 3 == 2 => Reading::Ucs2,
            _ => Reading::Gsm7,
        };
        let odd = readings.oddity(by_rule) > ODD && best != by_rule;
        if (unread * 2 > readings.texts || odd && *coding != 0x06) && readings.oddity(best) < ODD {
            let why = format!(
                "{} texts from phones are plain writing so, and none as the specifications have it",
                readings.texts
            );
            found.add("sms.inbound", Line::set(&coding.to_string(), quoted(best.name()), why));
        }
    }
}
