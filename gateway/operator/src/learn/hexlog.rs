//! Logs in which octets are written in hexadecimal.
//!
//! What is understood, line by line:
//!
//! - A dump with offsets: `00000000: 0000 0010 …` (xxd), `00000000  00 00 00 10 … |....|` (hexdump -C),
//!   `0000   00 00 00 10 …` (Wireshark), `0x0000:  4500 …` (tcpdump -x). An offset that does not continue the last
//!   one begins a new stretch. Indented lines are a stretch of their own, as where both directions of a stream are shown.
//! - Any other line with a run of at least 16 octets, written together or with a blank, colon, dash, comma, `0x` or
//!   `\x` between them: a log line. Lines that hold hexadecimal alone continue it, or begin a stretch.
//! - A line that begins as the line before it did, digits aside, goes on with that one's PDU until it is whole: Kannel's
//!   `… DEBUG:   data: 00 00 …   ....`, and SMPPSim's `… INFO    00000010:00000015:…`.
//! - Each stretch is cut into PDUs. What is none is passed over and counted.
//! - Who speaks: words (`sent`, `sending`, `tx`, `received`, `got`, `rx` and the like) or arrows (`>`, `->`, `<`, `<-`)
//!   before the octets or on the line before them; without them the command tells.
//! - A date and time at the beginning of a line (`2026-11-23 10:00:00.123`, `2026.11.23 10:00:00 123`) dates the octets.

use super::frames::Cutter;
use super::traffic::Heard;
use jiff::civil::DateTime;
use std::io::{self, BufRead, Read};
use std::time::Duration;

/// The longest line that is read; the rest of it is passed over.
const LINE_MAX: usize = 512 * 1024;
/// Octets of one line of a dump.
const DUMP_LINE_MAX: usize = 64;
/// Octets that a run in a log line has at least: a PDU's header.
const RUN_MIN: usize = 16;
/// Octets with which a line of hexadecimal alone begins a stretch.
const ALONE_MIN: usize = 8;

/// What was read of a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub lines: u64,
    pub lost: u64,
    pub skipped: u64,
    /// The first line whose octets are no PDU, and what it is.
    pub foreign: Option<(u64, Foreign)>,
}

/// What a line holds that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// Octets in hexadecimal, at which no PDU begins.
    Octets,
    /// The first line of a PDU that Kannel tells field by field.
    Fields,
}

/// How Kannel begins to tell a PDU by its fields.
const KANNEL_FIELDS: &[u8] = b"type_name: ";

/// Gives each PDU to `tell`.
pub(super) fn read(mut input: impl BufRead, mut tell: impl FnMut(&Heard<'_>)) -> io::Result<Summary> {
    let mut log = Log::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(LINE_MAX as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            break;
        }
        if read == LINE_MAX && line.last() != Some(&b'\n') {
            pass_over_line(&mut input)?;
        }
        log.summary.lines += 1;
        log.line(line.trim_ascii_end(), &mut tell);
    }
    for at in 0..log.stretches.len() {
        log.end(at, &mut tell);
    }
    Ok(log.summary)
}

fn pass_over_line(input: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, done) = match buffer.iter().position(|octet| *octet == b'\n') {
            Some(end) => (end + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Log lines, dumps, and indented dumps.
const LOOSE: usize = 0;
const DUMP: usize = 1;
const INDENTED: usize = 2;

#[derive(Default)]
struct Log {
    stretches: [Stretch; 3],
    side: Option<usize>,
    at: Option<Duration>,
    summary: Summary,
}

struct Stretch {
    cutter: Cutter,
    /// The last line, which the next offset may still shorten.
    pending: Vec<u8>,
    /// Its offset.
    offset: usize,
    side: Option<usize>,
    place: u64,
    /// What stands before its octets on a log line, with 0 for every digit.
    prefix: Vec<u8>,
}

impl Default for Stretch {
    fn default() -> Self {
        Self {
            cutter: Cutter::at_beginning(),
            pending: Vec::new(),
            offset: 0,
            side: None,
            place: 0,
            prefix: Vec::new(),
        }
    }
}

impl Log {
    fn line(&mut self, line: &[u8], tell: &mut impl FnMut(&Heard<'_>)) {
        if let Some(at) = time(line) {
            // A log tells one thing after the other, whatever its clock does.
            self.at = self.at.max(Some(at));
        }
        if let Some(dump) = dump_line(line) {
            let which = if dump.indented { INDENTED } else { DUMP };
            if self.continues(which, dump.offset) {
                self.end(LOOSE, tell);
                self.add(which, dump.offset, dump.octets, tell);
                return;
            }
        }
        if let Some(octets) = self.goes_on(line) {
            return self.pass(LOOSE, &octets, tell);
        }
        if line.windows(KANNEL_FIELDS.len()).any(|part| part == KANNEL_FIELDS) {
            self.is_foreign(self.summary.lines, Foreign::Fields);
        }
        let run = longest_run(line);
        let before = run.as_ref().map_or(line, |run| &line[..run.begin]);
        let said = direction(before);
        match run {
            Some(run) if run.alone && said.is_none() && self.stretches[LOOSE].place > 0 => {
                self.pass(LOOSE, &run.octets, tell);
            }
            Some(run) if run.octets.len() >= RUN_MIN || run.alone && run.octets.len() >= ALONE_MIN => {
                self.end(LOOSE, tell);
                self.side = said.or(self.side);
                self.begin(LOOSE);
                self.stretches[LOOSE].prefix = shape(before);
                self.pass(LOOSE, &run.octets, tell);
                self.side = None;
            }
            Some(_) | None => {
                self.end(LOOSE, tell);
                if said.is_some() || line.is_empty() {
                    self.side = said;
                }
            }
        }
    }

    /// The octets of a line that begins as the one before it did, where the PDU of that one is not whole.
    fn goes_on(&self, line: &[u8]) -> Option<Vec<u8>> {
        let Stretch { cutter, prefix, .. } = &self.stretches[LOOSE];
        let like = line.get(..prefix.len()).filter(|before| !prefix.is_empty() && shape(before) == *prefix)?;
        let (octets, _) = run(line, like.len());
        (cutter.waiting() > 0 && !octets.is_empty()).then_some(octets)
    }

    fn is_foreign(&mut self, line: u64, what: Foreign) {
        self.summary.foreign.get_or_insert((line, what));
    }

    /// Whether an offset begins a stretch or follows the last line of one.
    fn continues(&self, which: usize, offset: usize) -> bool {
        let stretch = &self.stretches[which];
        offset == 0 || offset > stretch.offset && offset <= stretch.offset + stretch.pending.len()
    }

    fn add(&mut self, which: usize, offset: usize, octets: Vec<u8>, tell: &mut impl FnMut(&Heard<'_>)) {
        if offset == 0 {
            self.end(which, tell);
            self.begin(which);
            self.side = None;
        } else {
            let stretch = &mut self.stretches[which];
            stretch.pending.truncate(offset - stretch.offset);
            self.flush(which, tell);
        }
        let stretch = &mut self.stretches[which];
        (stretch.pending, stretch.offset) = (octets, offset);
    }

    fn begin(&mut self, which: usize) {
        self.stretches[which] = Stretch { side: self.side, place: self.summary.lines, ..Stretch::default() };
    }

    fn flush(&mut self, which: usize, tell: &mut impl FnMut(&Heard<'_>)) {
        let pending = std::mem::take(&mut self.stretches[which].pending);
        self.pass(which, &pending, tell);
    }

    fn pass(&mut self, which: usize, octets: &[u8], tell: &mut impl FnMut(&Heard<'_>)) {
        let Stretch { cutter, side, place, .. } = &mut self.stretches[which];
        let at = self.at;
        cutter.push(octets, |octets| {
            tell(&Heard { connection: 0, side: *side, at, place: *place, octets });
        });
    }

    fn end(&mut self, which: usize, tell: &mut impl FnMut(&Heard<'_>)) {
        self.flush(which, tell);
        let Stretch { cutter, place, .. } = std::mem::take(&mut self.stretches[which]);
        if cutter.pdus > 0 {
            self.summary.lost += cutter.lost;
            self.summary.skipped += cutter.skipped + cutter.waiting() as u64;
        } else if place > 0 {
            self.is_foreign(place, Foreign::Octets);
        }
    }
}

/// What stands before octets, with 0 for every digit: the same on each line of one dump.
fn shape(before: &[u8]) -> Vec<u8> {
    before.iter().map(|sign| if sign.is_ascii_digit() { b'0' } else { *sign }).collect()
}

struct DumpLine {
    indented: bool,
    offset: usize,
    octets: Vec<u8>,
}

/// Reads a line that begins with an offset.
fn dump_line(line: &[u8]) -> Option<DumpLine> {
    let text = line.trim_ascii_start();
    let prefixed = text.strip_prefix(b"0x");
    let indented = text.len() < line.len() && prefixed.is_none();
    let text = prefixed.unwrap_or(text);
    let digits = text.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
    if !(4..=8).contains(&digits) {
        return None;
    }
    let (offset, rest) = text.split_at(digits);
    let colon = rest.first() == Some(&b':');
    if !colon && !rest.starts_with(b"  ") {
        return None;
    }
    let offset = offset.iter().fold(0, |n, digit| n << 4 | usize::from(value(*digit)));
    let mut rest = if colon { &rest[1..] } else { rest };
    let mut octets = Vec::new();
    while octets.len() < DUMP_LINE_MAX {
        let gap = rest.iter().take_while(|octet| **octet == b' ').count();
        // The letters stand after a wide gap; a narrow one parts sixteen octets in the middle.
        if !octets.is_empty() && (gap > 2 || gap == 2 && (colon || octets.len() != 8)) {
            break;
        }
        let token = rest[gap..].split(|octet| *octet == b' ').next().unwrap_or_default();
        let hex = !token.is_empty() && token.len().is_multiple_of(2) && token.iter().all(u8::is_ascii_hexdigit);
        if !hex || token.len() > 2 * DUMP_LINE_MAX {
            break;
        }
        octets.extend(token.as_chunks::<2>().0.iter().map(|[high, low]| value(*high) << 4 | value(*low)));
        rest = &rest[gap + token.len()..];
    }
    (!octets.is_empty()).then_some(DumpLine { indented, offset, octets })
}

struct Run {
    begin: usize,
    octets: Vec<u8>,
    /// Nothing else is on the line.
    alone: bool,
}

/// Finds the longest run of octets in a line.
fn longest_run(line: &[u8]) -> Option<Run> {
    let mut longest: Option<Run> = None;
    let mut at = 0;
    while at < line.len() {
        let digit = line[at].is_ascii_hexdigit() && (at == 0 || !line[at - 1].is_ascii_alphanumeric());
        let begins = digit || line[at..].starts_with(b"\\x");
        if !begins {
            at += 1;
            continue;
        }
        let (octets, end) = run(line, at);
        if octets.len() > longest.as_ref().map_or(0, |run| run.octets.len()) {
            let word = |octet: &u8| octet.is_ascii_alphanumeric();
            let alone = !line[..at].iter().any(word) && !line[end..].iter().any(word);
            longest = Some(Run { begin: at, octets, alone });
        }
        at = end.max(at + 1);
    }
    longest
}

/// Reads pairs of digits with what may stand between them; gives where they end.
fn run(line: &[u8], begin: usize) -> (Vec<u8>, usize) {
    let mut octets = Vec::new();
    let mut at = begin;
    let mut end = begin;
    loop {
        if line[at..].starts_with(b"0x") || line[at..].starts_with(b"\\x") {
            at += 2;
        }
        let Some([high, low]) = line[at..].first_chunk() else { break };
        if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
            break;
        }
        octets.push(value(*high) << 4 | value(*low));
        at += 2;
        end = at;
        match line[at..] {
            [b',', b' ', ..] => at += 2,
            [b' ' | b':' | b'-' | b',', ..] => at += 1,
            _ => {}
        }
    }
    // A word that begins with hexadecimal digits is no octet.
    if line.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        octets.pop();
    }
    (octets, end)
}

fn value(digit: u8) -> u8 {
    char::from(digit).to_digit(16).map_or(0, |value| value as u8)
}

const SENDS: [&str; 9] = ["send", "sent", "sending", "outgoing", "outbound", "tx", "wrote", "writing", "OUT"];
const RECEIVES: [&str; 9] = ["receive", "received", "receiving", "recv", "got", "incoming", "inbound", "rx", "IN"];

/// Which way the octets go, in the words of whoever wrote the log.
fn direction(before: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(before);
    for word in text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()) {
        let is = |known: &&str| *known == word || *known == word.to_ascii_lowercase();
        if SENDS.iter().any(is) {
            return Some(0);
        }
        if RECEIVES.iter().any(is) {
            return Some(1);
        }
    }
    let sign = text.trim_start();
    let points = |arrow: &str, head: char| text.contains(arrow) || sign.starts_with(head);
    match (points("->", '>'), points("<-", '<')) {
        (true, false) => Some(0),
        (false, true) => Some(1),
        (true, true) | (false, false) => None,
    }
}

/// Reads the date and time with which a line begins.
fn time(line: &[u8]) -> Option<Duration> {
    let text = line.strip_prefix(b"[").unwrap_or(line);
    let whole = text.get(..19)?;
    let shape = whole.iter().zip(b"0000-00-00 00:00:00").all(|(octet, like)| match like {
        b'0' => octet.is_ascii_digit(),
        b' ' => matches!(octet, b' ' | b'T'),
        b'-' => matches!(octet, b'-' | b'.' | b'/'),
        other => octet == other,
    });
    if !shape {
        return None;
    }
    let fraction = match &text[19..] {
        [b'.' | b',' | b' ', digits @ ..] => digits.iter().take_while(|octet| octet.is_ascii_digit()).count().min(9),
        _ => 0,
    };
    let mut written = String::from_utf8_lossy(whole).replace(' ', "T").replace(['.', '/'], "-");
    if fraction > 0 {
        written.push('.');
        written.push_str(&String::from_utf8_lossy(&text[20..20 + fraction]));
    }
    let moment: DateTime = written.parse().ok()?;
    let since = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_duration();
    since.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_smpp::Header;

    /// Sequence numbers and sides of what is read.
    fn heard(log: &str) -> Vec<(u32, Option<usize>)> {
        let mut seen = Vec::new();
        let tell =
            |heard: &Heard<'_>| seen.push((Header::read(heard.octets).expect("whole").sequence_number, heard.side));
        read(log.as_bytes(), tell).expect("memory can be read");
        seen
    }

    #[test]
    fn s14_every_form_of_hexadecimal_is_the_same_pdu() {
        let both = [(1, None), (2, None)];
        for (name, log) in [
            (
                "xxd",
                "00000000: 0000 0010 0000 0015 0000 0000 0000 0001  ................\n\
                     00000010: 0000 0010 8000 0015 0000 0000 0000 0002  ................\n",
            ),
            (
                "hexdump -C",
                "00000000  00 00 00 10 00 00 00 15  00 00 00 00 00 00 00 01  |................|\n\
                            00000010  00 00 00 10 80 00 00 15  00 00 00 00 00 00 00 02  |................|\n",
            ),
            (
                "copied from Wireshark",
                "0000   00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 01   ................\n\n\
                                       0000   00 00 00 10 80 00 00 15 00 00 00 00 00 00 00 02   ................\n",
            ),
            (
                "a stream shown both ways",
                "00000000  00 00 00 10 00 00 00 15  00 00 00 00 00 00 00 01   ........ ........\n    \
                                          00000000  00 00 00 10 80 00 00 15  00 00 00 00 00 00 00 02   ........ ........\n",
            ),
            ("plain", "00000010000000150000000000000001\n00000010800000150000000000000002\n"),
            (
                "blanks, over several lines",
                "00 00 00 10 00 00 00 15\n00 00 00 00 00 00 00 01\n\n\
                                            00 00 00 10 80 00 00 15 00 00 00 00 00 00 00 02\n",
            ),
            ("colons", "00:00:00:10:00:00:00:15:00:00:00:00:00:00:00:01\n\n0000 0010 8000 0015 0000 0000 0000 0002\n"),
            (
                "escapes",
                "\\x00\\x00\\x00\\x10\\x00\\x00\\x00\\x15\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x01\n\
                         0x00, 0x00, 0x00, 0x10, 0x80, 0x00, 0x00, 0x15, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02\n",
            ),
        ] {
            assert_eq!(heard(log), both, "{name}");
        }
    }

    #[test]
    fn s14_a_log_says_who_speaks_and_when() {
        let log = "2026-11-23 10:00:00,250 INFO sending pdu: 00000010000000150000000000000001\n\
                   2026-11-23 10:00:01,250 INFO received data [00000010800000150000000000000001]\n\
                   >>> PDU\n00 00 00 10 00 00 00 15 00 00 00 00 00 00 00 02\n\
                   <<< PDU\n00 00 00 10 80 00 00 15 00 00 00 00 00 00 00 02\n";
        assert_eq!(heard(log), [(1, Some(0)), (1, Some(1)), (2, Some(0)), (2, Some(1))]);
        let mut times = Vec::new();
        read(log.as_bytes(), |heard| times.push(heard.at.expect("dated").as_millis() % 100_000)).expect("read");
        assert_eq!(times[1] - times[0], 1000);
    }

    #[test]
    fn s14_the_letters_beside_a_dump_are_no_octets() {
        // "abcdef0123456789" as a text of a PDU: its letters look like hexadecimal.
        let log = "00000000  00 00 00 20 00 00 00 06  00 00 00 00 00 00 00 01  |... ............|\n\
                   00000010  61 62 63 64 65 66 30 31  32 33 34 35 36 37 38 39  |abcdef0123456789|\n\
                   00000020  00 00 00 10 80 00 00 06  00 00 00 00 00 00 00 02  |................|\n";
        assert_eq!(heard(log), [(1, None), (2, None)]);
        let log = log.replace("  |", "   ").replace('|', "");
        assert_eq!(heard(&log), [(1, None), (2, None)]);
    }
}
