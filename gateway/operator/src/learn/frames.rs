//! PDUs cut out of a stream of octets that may lack some, begin anywhere, or be no SMPP at all.

use dayaq_smpp::{CommandId, HEADER_LEN, Header, decode};

/// The longest PDU that is believed: a message_payload of 65,535 octets fits.
const PDU_MAX: usize = 68 * 1024;
/// The greatest command_status that is believed: vendors' errors end at 0x4FF, and some go beyond.
const STATUS_MAX: u32 = 0xFFFF;
/// Octets of a stream that may pass before its first PDU; after so many it is no SMPP.
const PATIENCE: u64 = 64 * 1024;

/// Cuts one direction of one connection.
#[derive(Default)]
pub(super) struct Cutter {
    rest: Vec<u8>,
    state: State,
    /// PDUs that were cut.
    pub pdus: u64,
    /// How often the stream made no sense and was found again.
    pub lost: u64,
    /// Octets that belong to no PDU.
    pub skipped: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Where a PDU begins is known.
    Following,
    /// It has to be found.
    #[default]
    Searching,
    /// It is no SMPP.
    GivenUp,
}

impl Cutter {
    /// A stream whose first octet is known to be that of a PDU: the connection's beginning was seen.
    pub fn at_beginning() -> Self {
        Self { state: State::Following, ..Self::default() }
    }

    /// Octets are missing here.
    pub fn gap(&mut self) {
        if self.state == State::GivenUp {
            return;
        }
        self.skipped += self.rest.len() as u64;
        self.rest.clear();
        if self.pdus > 0 {
            self.lost += 1;
        }
        self.state = State::Searching;
    }

    /// Takes the next octets and gives each PDU that is whole.
    pub fn push(&mut self, octets: &[u8], mut take: impl FnMut(&[u8])) {
        if self.state == State::GivenUp {
            return;
        }
        self.rest.extend_from_slice(octets);
        let mut at = 0;
        loop {
            let rest = &self.rest[at..];
            match self.state {
                State::Following => match frame(rest) {
                    Frame::Whole(len) => {
                        self.pdus += 1;
                        take(&rest[..len]);
                        at += len;
                    }
                    Frame::Partial => break,
                    Frame::No => {
                        if self.pdus > 0 {
                            self.lost += 1;
                        }
                        self.state = State::Searching;
                    }
                },
                State::Searching => match find(rest) {
                    Found::At(skip) => {
                        self.skipped += skip as u64;
                        at += skip;
                        self.state = State::Following;
                    }
                    Found::Perhaps(skip) => {
                        self.skipped += skip as u64;
                        at += skip;
                        if self.pdus == 0 && self.skipped > PATIENCE {
                            self.state = State::GivenUp;
                            at = self.rest.len();
                        }
                        break;
                    }
                },
                State::GivenUp => break,
            }
        }
        self.rest.drain(..at);
    }

    /// Whether nothing of it can be SMPP any more.
    pub fn is_hopeless(&self) -> bool {
        self.state == State::GivenUp
    }

    /// Octets that wait for the rest of their PDU.
    pub fn waiting(&self) -> usize {
        self.rest.len()
    }
}

enum Frame {
    Whole(usize),
    Partial,
    No,
}

/// Judges what stands at the beginning.
fn frame(octets: &[u8]) -> Frame {
    let Some(len) = length(octets) else { return if octets.len() < 4 { Frame::Partial } else { Frame::No } };
    match Header::read(octets) {
        None => Frame::Partial,
        Some(header) if !is_plausible(header) => Frame::No,
        Some(_) if octets.len() < len => Frame::Partial,
        Some(_) => Frame::Whole(len),
    }
}

fn length(octets: &[u8]) -> Option<usize> {
    let len = usize::try_from(u32::from_be_bytes(*octets.first_chunk()?)).ok()?;
    (HEADER_LEN..=PDU_MAX).contains(&len).then_some(len)
}

/// Whether a header may be one. Commands that the specifications do not have are believed only while following.
fn is_plausible(header: Header) -> bool {
    let CommandId(id) = header.command_id;
    id & 0x7FFF_0000 == 0 && header.command_status.0 <= STATUS_MAX
}

enum Found {
    At(usize),
    /// The octets before are none; those after may become one.
    Perhaps(usize),
}

/// Finds the next PDU: a header of a known command whose body can be read and, where more follows, another header.
fn find(octets: &[u8]) -> Found {
    for at in 0..octets.len() {
        let rest = &octets[at..];
        // Every PDU that is believed is shorter than 2^17 octets.
        if rest[0] != 0 || rest.len() > 1 && rest[1] > 1 {
            continue;
        }
        if rest.len() < HEADER_LEN {
            return Found::Perhaps(at);
        }
        let (Some(len), Some(header)) = (length(rest), Header::read(rest)) else { continue };
        let sound = header.command_id.name().is_some()
            && is_plausible(header)
            && (header.command_id.is_response() || header.command_status.is_ok());
        if !sound {
            continue;
        }
        let Some(whole) = rest.get(..len) else { return Found::Perhaps(at) };
        if decode(whole).is_ok() && !matches!(frame(&rest[len..]), Frame::No) {
            return Found::At(at);
        }
    }
    Found::Perhaps(octets.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enquire(sequence_number: u32) -> Vec<u8> {
        [16, 0x15, 0, sequence_number].map(u32::to_be_bytes).concat()
    }

    fn cut(mut cutter: Cutter, pieces: &[&[u8]]) -> (Vec<u32>, Cutter) {
        let mut seen = Vec::new();
        for piece in pieces {
            cutter.push(piece, |pdu| seen.push(Header::read(pdu).expect("a header").sequence_number));
        }
        (seen, cutter)
    }

    #[test]
    fn s14_pdus_are_cut_wherever_the_octets_are_cut() {
        let stream = [enquire(1), enquire(2), enquire(3)].concat();
        for at in 0..stream.len() {
            let (seen, cutter) = cut(Cutter::at_beginning(), &[&stream[..at], &stream[at..]]);
            assert_eq!((seen, cutter.lost, cutter.skipped), (vec![1, 2, 3], 0, 0), "{at}");
        }
    }

    #[test]
    fn s14_a_stream_that_begins_in_the_middle_is_found_at_its_next_pdu() {
        let stream = [enquire(1), enquire(2), enquire(3)].concat();
        let (seen, cutter) = cut(Cutter::default(), &[&stream[5..]]);
        assert_eq!((seen, cutter.lost, cutter.skipped), (vec![2, 3], 0, 11));
    }

    #[test]
    fn s14_after_a_gap_the_stream_is_found_again_and_it_is_told() {
        let mut cutter = Cutter::at_beginning();
        let mut seen = Vec::new();
        let mut take = |pdu: &[u8]| seen.push(Header::read(pdu).expect("a header").sequence_number);
        cutter.push(&[enquire(1), enquire(2)[..7].to_vec()].concat(), &mut take);
        cutter.gap();
        cutter.push(&[enquire(3)[9..].to_vec(), enquire(4)].concat(), &mut take);
        assert_eq!((seen, cutter.lost, cutter.skipped), (vec![1, 4], 1, 14));
    }

    #[test]
    fn s14_what_is_no_smpp_is_let_go() {
        let page = b"HTTP/1.1 200 OK\r\n".repeat(10_000);
        let (seen, cutter) = cut(Cutter::default(), &[&page]);
        assert!(seen.is_empty() && cutter.is_hopeless());
        let (seen, cutter) = cut(cutter, &[&enquire(1)]);
        assert!(seen.is_empty() && cutter.waiting() == 0);
    }
}
