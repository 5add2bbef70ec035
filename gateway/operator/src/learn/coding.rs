//! What `data_coding` means in USSD, both ways.

use super::dialogue::Turns;
use super::evidence::{Findings, Line, quoted};
use super::reading::{Reading, Readings};
use super::ussd::{Heard, TABLE};
use std::collections::BTreeMap;

const OUT: &str = "ussd.data_coding";

/// The texts of USSD by data_coding.
#[derive(Default)]
pub(super) struct Direction {
    screens: BTreeMap<u8, Readings>,
    typed: BTreeMap<u8, Readings>,
}

impl Direction {
    pub fn of(turns: &Turns<'_>) -> Self {
        let mut it = Self::default();
        for turn in turns.all() {
            let texts = if turn.from_phone { &mut it.typed } else { &mut it.screens };
            texts.entry(turn.message.data_coding).or_default().add(turn.message.user_data(), turn.place);
        }
        it
    }

    /// Both ways together, for both have one meaning.
    fn both(&self) -> BTreeMap<u8, Readings> {
        let mut both = self.screens.clone();
        for (data_coding, readings) in &self.typed {
            match both.get_mut(data_coding) {
                Some(known) => known.merge(readings),
                None => {
                    both.insert(*data_coding, readings.clone());
                }
            }
        }
        both
    }
}

/// Learns alphabets, packing, prefixes and sizes.
pub(super) fn learn_ussd(texts: &Direction, heard: &Heard<'_>, found: &mut Findings) {
    let both = texts.both();
    let places = heard.places;
    let read: BTreeMap<u8, Reading> = both
        .iter()
        .filter(|(_, readings)| readings.texts > 0)
        .map(|(data_coding, readings)| (*data_coding, readings.best(*data_coding)))
        .collect();
    let told = |data_coding: u8, reading: Reading| {
        let readings = &both[&data_coding];
        let open = if readings.is_open(reading) { "; other alphabets of one octet would read them alike" } else { "" };
        format!(
            "{} texts of data_coding {data_coding:#04x} are plain writing so, such as {}{open}",
            readings.texts,
            places.name(readings.place)
        )
    };
    found.add(
        TABLE,
        match read.get(&0) {
            Some(reading) => Line::set("default_alphabet", quoted(reading.name()), told(0, *reading)),
            None => Line::left("default_alphabet", quoted("gsm-7"), "no text has data_coding 0"),
        },
    );
    let packed = read.iter().find(|(_, reading)| **reading == Reading::Packed);
    found.add(
        TABLE,
        match packed {
            Some((data_coding, reading)) => {
                Line::set("packed", true, format!("{}: eight letters in seven octets", told(*data_coding, *reading)))
            }
            None if read.values().any(|it| *it == Reading::Gsm7) => {
                Line::set("packed", false, "GSM-7 is plain writing with one letter in each octet")
            }
            None => Line::left("packed", false, "no text in GSM-7 is in the capture"),
        },
    );
    out(texts, &read, &told, found);
    screens(texts, &read, places, found);
}

/// The table of what screens are sent in.
fn out(texts: &Direction, read: &BTreeMap<u8, Reading>, told: &impl Fn(u8, Reading) -> String, found: &mut Findings) {
    let sent = |alphabet: &str| {
        let of = |it: &(&u8, &Readings)| it.1.texts > 0 && read.get(it.0).is_some_and(|it| it.name() == alphabet);
        texts.screens.iter().filter(of).max_by_key(|(_, readings)| readings.texts).map(|(data_coding, _)| *data_coding)
    };
    let (gsm7, ucs2, latin1) = (sent("gsm-7"), sent("ucs-2"), sent("latin-1"));
    let prefixed = ucs2.and_then(|data_coding| read.get(&data_coding)) == Some(&Reading::Ucs2Prefixed);
    let as_usual = |seen: Option<u8>, usual: u8| seen.is_none_or(|seen| seen == usual);
    let usual = as_usual(gsm7, 0) && as_usual(ucs2, 8) && as_usual(latin1, 3);
    let mut rows = Vec::new();
    for (key, seen, default) in [("gsm-7", gsm7, 0), ("ucs-2", ucs2, 8), ("latin-1", latin1, 3)] {
        rows.push(match seen {
            Some(data_coding) if usual => Line::left(key, data_coding, told(data_coding, read[&data_coding])),
            Some(data_coding) => Line::set(key, format!("{data_coding:#04x}"), told(data_coding, read[&data_coding])),
            None if key == "ucs-2" && gsm7 == Some(0x0F) => Line::set(
                key,
                "0x48",
                "no screen in UCS-2 is in the capture; who writes 0x0F for GSM-7 writes 0x48 (23.038 §5), and 8 is possible",
            ),
            None if key == "latin-1" || usual => Line::left(key, default, format!("no screen in {key} is in the capture")),
            None => Line::set(key, default, format!("default: no screen in {key} is in the capture")),
        });
    }
    if ucs2.is_none() {
        found.missing.push("no screen in UCS-2: capture one in Azerbaijani or Russian".to_owned());
    }
    if gsm7.is_none() {
        found.missing.push("no screen in GSM-7: capture one in English".to_owned());
    }
    if let Some(data_coding) = ucs2 {
        let by_itself = data_coding == dayaq_smpp::ussd::UCS2_WITH_LANGUAGE;
        let why =
            if prefixed { "two octets before the text name its language" } else { "UCS-2 begins at the first octet" };
        let line = if by_itself == prefixed { Line::left } else { Line::set };
        found.add(TABLE, line("language_prefix", prefixed, why.to_owned()));
    }
    rows.into_iter().for_each(|row| found.add(OUT, row));
}

/// The longest screens: a limit is at least so large.
fn screens(texts: &Direction, read: &BTreeMap<u8, Reading>, places: super::evidence::Places, found: &mut Findings) {
    for (alphabet, standard) in [("gsm-7", 182), ("ucs-2", 80), ("latin-1", 160)] {
        let of = texts.screens.iter().filter_map(|(data_coding, readings)| {
            let reading = read.get(data_coding).filter(|it| it.name() == alphabet)?;
            Some((readings.longest(*reading), readings.place))
        });
        if let Some((longest, place)) = of.max() {
            let place = places.name(place);
            let why = format!("the longest screen seen has {longest} letters; the alphabet is first seen in {place}");
            found.add("ussd.screen", Line::left(alphabet, standard, why));
        }
    }
}
