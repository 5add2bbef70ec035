//! Registration numbers: `26-000000017-8`.

use dayaq_types::Entropy;
use jiff::civil::Date;

/// How many numbers a year has room for: nine digits.
const ROOM: u64 = 1_000_000_000;

/// Draws a registration number for an application of that day's year.
///
/// Digits and dashes alone, so that it can be read over the phone: the year, nine digits, and a check digit (ISO 7064, MOD
/// 11,10) that finds every wrong digit and almost every swap of neighbours. They are drawn and not counted: a store
/// that was restored from an older copy does not give a family the number of another.
pub fn reference(day: Date, entropy: &dyn Entropy) -> String {
    let mut octets = [0; 8];
    entropy.fill(&mut octets);
    written(day, u64::from_be_bytes(octets) % ROOM)
}

pub(crate) fn written(day: Date, number: u64) -> String {
    let body = format!("{:02}{number:09}", day.year().rem_euclid(100));
    let check = check_digit(&body);
    format!("{}-{}-{check}", &body[..2], &body[2..])
}

/// Tells whether a text is a registration number with the right check digit. Those of seven digits that were counted once
/// are still good.
pub fn is_reference(text: &str) -> bool {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    if digits.len() < 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let (body, check) = digits.split_at(digits.len() - 1);
    text == format!("{}-{}-{check}", &body[..2], &body[2..]) && check == check_digit(body).to_string()
}

fn check_digit(digits: &str) -> u32 {
    let product = digits.chars().filter_map(|c| c.to_digit(10)).fold(10, |product, digit| {
        let sum = (product + digit) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10
}
