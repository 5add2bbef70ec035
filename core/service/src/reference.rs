//! Registration numbers: `26-0000017-8`.

use jiff::civil::Date;

/// Writes the registration number of the `count`th application of that day's year.
///
/// Digits and dashes alone, so that it can be read over the phone: the year, a counter of at least
/// seven digits, and a check digit (ISO 7064, MOD 11,10) that finds every wrong digit and almost
/// every swap of neighbours.
pub fn reference(day: Date, count: i64) -> String {
    let body = format!("{:02}{count:07}", day.year().rem_euclid(100));
    let check = check_digit(&body);
    format!("{}-{}-{check}", &body[..2], &body[2..])
}

/// Tells whether a text is a registration number with the right check digit.
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
