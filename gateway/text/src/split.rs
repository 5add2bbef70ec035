use crate::alphabet::{Alphabet, Count, Unencodable, units_of};
use crate::boundary::hurt;
use crate::budget::Budget;

/// How many bits the reference of a series has; it decides the length of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// Six octets of header: 153 septets or 67 units of UCS-2 in each part.
    Bits8,
    /// Seven octets of header: 152 septets or 66 units of UCS-2 in each part.
    Bits16,
}

/// The greatest number of parts of one text: their number has one octet.
pub const PARTS_MAX: usize = 255;

/// One part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The part.
    pub text: &'a str,
    /// Its size.
    pub count: Count,
}

/// Why a text cannot be sent as SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// The alphabet lacks a character.
    #[error("{0}")]
    Unencodable(#[from] Unencodable),
    /// More than 255 parts.
    #[error("more than 255 parts")]
    TooLong,
}

/// Gives the units of each part of a series.
pub const fn part_units(alphabet: Alphabet, reference: Reference) -> usize {
    match (alphabet, reference) {
        (Alphabet::Gsm7 | Alphabet::Ascii, Reference::Bits8) => 153,
        (Alphabet::Gsm7 | Alphabet::Ascii, Reference::Bits16) => 152,
        (Alphabet::Ucs2, Reference::Bits8) => 67,
        (Alphabet::Ucs2, Reference::Bits16) => 66,
        (Alphabet::Latin1, Reference::Bits8) => 134,
        (Alphabet::Latin1, Reference::Bits16) => 133,
    }
}

/// Cuts a text into the parts of an SMS series, or gives one part where one is enough.
///
/// There are never more parts than there have to be. Among the ways to make so few, the one is taken that cuts the
/// fewest numbers, dates and amounts, then the fewest words. No part ends between an escape and its septet or between
/// the halves of a surrogate pair. An empty text is one empty part.
pub fn split(text: &str, alphabet: Alphabet, reference: Reference) -> Result<Vec<Part<'_>>, SplitError> {
    let count = crate::measure(text, alphabet)?;
    if count.units <= Budget::sms(alphabet).units {
        return Ok(vec![Part { text, count }]);
    }
    let ruler = Ruler::of(text, alphabet);
    let cuts = cuts(text, &ruler, part_units(alphabet, reference))?;
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    let mut begin = 0;
    for end in cuts.into_iter().chain([ruler.characters()]) {
        let units = ruler.units(begin, end);
        parts.push(Part { text: &text[ruler.at[begin]..ruler.at[end]], count: Count { alphabet, units } });
        begin = end;
    }
    Ok(parts)
}

/// Where each character of a text begins, in octets and in units, and where the text ends.
struct Ruler {
    at: Vec<usize>,
    sum: Vec<usize>,
}

impl Ruler {
    fn of(text: &str, alphabet: Alphabet) -> Self {
        let (mut at, mut sum, mut total) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()), 0);
        for (begin, character) in text.char_indices() {
            at.push(begin);
            sum.push(total);
            // `measure` has seen every character.
            total += units_of(character, alphabet).unwrap_or_default();
        }
        at.push(text.len());
        sum.push(total);
        Self { at, sum }
    }

    fn characters(&self) -> usize {
        self.at.len() - 1
    }

    fn units(&self, begin: usize, end: usize) -> usize {
        self.sum[end] - self.sum[begin]
    }

    /// The last place at which a part that begins here may end.
    fn farthest(&self, begin: usize, room: usize) -> usize {
        self.sum.partition_point(|sum| *sum <= self.sum[begin] + room) - 1
    }

    /// The first place at which a part that ends here may begin.
    fn nearest(&self, end: usize, room: usize) -> usize {
        self.sum.partition_point(|sum| *sum + room < self.sum[end])
    }
}

/// Gives the character at which each part but the first begins.
///
/// With the least number of parts, the cut after part k lies in a window: not behind what the first k parts can hold,
/// nor before what the others need. The best series of cuts through the windows is found from window to window.
fn cuts(text: &str, ruler: &Ruler, room: usize) -> Result<Vec<usize>, SplitError> {
    let end = ruler.characters();
    let mut latest = vec![0];
    while latest[latest.len() - 1] < end {
        if latest.len() > PARTS_MAX {
            return Err(SplitError::TooLong);
        }
        latest.push(ruler.farthest(latest[latest.len() - 1], room));
    }
    let mut earliest = vec![end];
    while earliest.len() < latest.len() {
        earliest.push(ruler.nearest(earliest[earliest.len() - 1], room));
    }
    earliest.reverse();

    // For each place of a window: what the cuts up to it cost at least, and the place of the cut before it. The window
    // of the last part is the end of the text.
    let mut windows: Vec<Window> = vec![Window { first: 0, places: vec![(0, 0)] }];
    for k in 1..latest.len() {
        let before = &windows[k - 1];
        let first = earliest[k].max(k);
        let places = (first..=latest[k]).map(|place| {
            let (cost, from) = before.best(ruler.nearest(place, room), place, end);
            (cost.saturating_add(hurt(text, ruler.at[place]).weight()), from)
        });
        let places = places.collect();
        windows.push(Window { first, places });
    }
    let mut cuts = vec![end];
    for window in windows[2..].iter().rev() {
        cuts.push(window.places[cuts[cuts.len() - 1] - window.first].1);
    }
    cuts.reverse();
    cuts.pop();
    Ok(cuts)
}

/// Where one cut may lie.
struct Window {
    first: usize,
    places: Vec<(u64, usize)>,
}

impl Window {
    /// Finds the cheapest place from one place to before another. Of equals the latest: the parts before are as full as
    /// they can be.
    fn best(&self, from: usize, before: usize, end: usize) -> (u64, usize) {
        let from = from.max(self.first);
        let until = before.max(from + 1).min(self.first + self.places.len());
        let costs = (from..until).map(|place| (self.places[place - self.first].0, place));
        costs.min_by_key(|(cost, place)| (*cost, end - place)).unwrap_or((u64::MAX, self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, alphabet: Alphabet, reference: Reference, expected: &[usize]) {
        let parts = split(text, alphabet, reference).unwrap();
        let units: Vec<usize> = parts.iter().map(|part| part.count.units).collect();
        assert_eq!(units, expected);
    }

    #[test]
    fn a4_the_borders_of_the_specification_hold() {
        use Reference::{Bits8, Bits16};
        check("", Alphabet::Gsm7, Bits8, &[0]);
        check(&"a".repeat(160), Alphabet::Gsm7, Bits8, &[160]);
        check(&"a".repeat(161), Alphabet::Gsm7, Bits8, &[153, 8]);
        check(&"a".repeat(161), Alphabet::Gsm7, Bits16, &[152, 9]);
        check(&"ə".repeat(70), Alphabet::Ucs2, Bits8, &[70]);
        check(&"ə".repeat(71), Alphabet::Ucs2, Bits8, &[67, 4]);
        check(&"ə".repeat(71), Alphabet::Ucs2, Bits16, &[66, 5]);
    }

    #[test]
    fn a4_no_part_ends_inside_an_escape_or_a_pair() {
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        check(&text, Alphabet::Gsm7, Reference::Bits8, &[152, 22]);
        let text = format!("{}😀{}", "ə".repeat(66), "ə".repeat(20));
        check(&text, Alphabet::Ucs2, Reference::Bits8, &[66, 22]);
    }

    /// Cuts a text at the places that are marked by a bar.
    fn cut_at(marked: &str, alphabet: Alphabet) {
        let text = marked.replace('|', "");
        let parts = split(&text, alphabet, Reference::Bits8).unwrap();
        let shown: Vec<&str> = parts.iter().map(|part| part.text).collect();
        assert_eq!(shown.join("|"), marked);
    }

    #[test]
    fn a4_a_part_ends_between_words_and_never_in_an_amount_a_date_or_a_reference() {
        let fill = |n: usize| "söz ".repeat(n);
        // The room of 67 units ends inside the amount, the date, the reference.
        for tail in ["|240,00 AZN", "|01.12.2026", "|26-0000017-4", "|994 50 123 45 67", "|AA 1339538", "|müavinət"] {
            cut_at(&format!("{}{tail} təyin edildi", fill(16)), Alphabet::Ucs2);
        }
        // Two words of the last line would need a fourth part if the second part ended early: it does not.
        cut_at(&format!("{}{}|{}", "a".repeat(150), "bcd", "e".repeat(10)), Alphabet::Gsm7);
    }

    #[test]
    fn a4_words_are_cut_where_keeping_them_whole_would_cost_a_part() {
        // 306 septets fill two parts to the last: the one cut there is lies in a word.
        let text = "abcd ".repeat(61) + "e";
        check(&text, Alphabet::Gsm7, Reference::Bits8, &[153, 153]);
        // One septet less, and the cut may lie a septet earlier, which is no better; two, and it lies between words.
        let text = "abcd ".repeat(61);
        check(&text, Alphabet::Gsm7, Reference::Bits8, &[153, 152]);
        let text = "abcd ".repeat(60) + "abc";
        check(&text, Alphabet::Gsm7, Reference::Bits8, &[150, 153]);
    }

    /// The least number of parts, found by filling each to the last.
    fn least(text: &str, alphabet: Alphabet, reference: Reference) -> usize {
        if crate::measure(text, alphabet).unwrap().units <= Budget::sms(alphabet).units {
            return 1;
        }
        let (mut parts, mut units) = (1, 0);
        for character in text.chars() {
            let more = units_of(character, alphabet).unwrap();
            if units + more > part_units(alphabet, reference) {
                (parts, units) = (parts + 1, 0);
            }
            units += more;
        }
        parts
    }

    #[test]
    fn f05_more_than_255_parts_are_refused() {
        let text = "a".repeat(153 * 255);
        assert_eq!(split(&text, Alphabet::Gsm7, Reference::Bits8).unwrap().len(), 255);
        let text = "a".repeat(153 * 255 + 1);
        assert_eq!(split(&text, Alphabet::Gsm7, Reference::Bits8), Err(SplitError::TooLong));
    }

    proptest! {
        #[test]
        fn a4_the_parts_are_the_text_octet_by_octet_and_no_more_than_there_have_to_be(
            text in "([a-z]{1,9}|[0-9,.€-]{1,12}|[ \n]|[A-Z]{2,3} |[^\u{0}-\u{1f}]|😀|ə){0,250}",
            wide in any::<bool>(),
        ) {
            let reference = if wide { Reference::Bits16 } else { Reference::Bits8 };
            for alphabet in [Alphabet::Ucs2, Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Ascii] {
                let text: String = text.chars().filter(|it| units_of(*it, alphabet).is_some()).collect();
                let parts = split(&text, alphabet, reference).unwrap();
                prop_assert_eq!(parts.len(), least(&text, alphabet, reference));
                let whole = crate::encode(&text, alphabet).unwrap();
                let mut joined = Vec::new();
                let room = if parts.len() == 1 { Budget::sms(alphabet).units } else { part_units(alphabet, reference) };
                for part in &parts {
                    let octets = crate::encode(part.text, alphabet).unwrap();
                    let width = if alphabet == Alphabet::Ucs2 { 2 } else { 1 };
                    prop_assert_eq!(octets.len(), part.count.units * width);
                    prop_assert!(part.count.units <= room && (!part.text.is_empty() || text.is_empty()));
                    // Each part is a text for itself: nothing in it is half an escape or half a pair.
                    let alone = crate::decode(&octets, alphabet);
                    prop_assert_eq!(alone.as_deref(), Ok(part.text));
                    joined.extend(octets);
                }
                prop_assert_eq!(joined, whole);
            }
        }

        /// Where words are short and there is room to spare in every part, none is ever cut.
        #[test]
        fn a4_no_word_is_cut_where_there_is_room(words in proptest::collection::vec("[a-zəğ]{1,8}|[a-zəğ]{1,2}:[0-9]{1,2},[0-9]{2}", 0..60)) {
            let text = words.join(" ");
            let parts = split(&text, Alphabet::Ucs2, Reference::Bits8).unwrap();
            // At most nine units of each part are lost before the next word.
            let spare = (parts.len() * 67).saturating_sub(text.chars().count());
            prop_assume!(spare >= 9 * (parts.len() - 1));
            for pair in parts.windows(2) {
                prop_assert!(pair[0].text.ends_with(' ') || pair[1].text.starts_with(' '), "{:?}", pair);
            }
        }
    }
}
