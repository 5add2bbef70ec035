//! TCP streams put together again from segments that come out of order, twice, overlapping, or not at all.

use super::frames::Cutter;
use super::segment::Segment;
use super::traffic::Heard;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// Connections that are followed; further ones are passed over.
const CONNECTIONS_MAX: usize = 65_536;
/// Octets of one direction that wait for a missing segment. Beyond them it is taken for lost.
const HELD_MAX: usize = 1024 * 1024;
/// Segments of one direction that wait.
const SEGMENTS_MAX: usize = 1024;
/// Octets of all directions that wait.
const HELD_ALL_MAX: usize = 64 * 1024 * 1024;
/// A sequence number that is farther away than this belongs to another connection of the same ports.
const JUMP_MAX: u32 = 1 << 26;

/// All connections of a capture.
pub(super) struct Streams {
    port: Option<u16>,
    open: BTreeMap<(SocketAddr, SocketAddr), usize>,
    connections: Vec<[Direction; 2]>,
    held: usize,
    /// Places where octets are missing.
    pub gaps: u64,
}

#[derive(Default)]
struct Direction {
    /// The sequence number that follows a SYN.
    start: Option<u32>,
    next: Option<u32>,
    held: Vec<Held>,
    octets: usize,
    cutter: Cutter,
    latest: Option<Duration>,
}

struct Held {
    sequence: u32,
    payload: Vec<u8>,
    mark: Mark,
}

/// The packet in which octets came.
#[derive(Clone, Copy)]
struct Mark {
    connection: usize,
    side: usize,
    at: Option<Duration>,
    place: u64,
}

impl Streams {
    /// Follows the connections of that port at either end, or all.
    pub fn new(port: Option<u16>) -> Self {
        Self { port, open: BTreeMap::new(), connections: Vec::new(), held: 0, gaps: 0 }
    }

    /// Takes the next captured segment.
    pub fn take(&mut self, segment: &Segment<'_>, at: Option<Duration>, place: u64, mut tell: impl FnMut(&Heard<'_>)) {
        if self.port.is_some_and(|port| segment.from.port() != port && segment.to.port() != port) {
            return;
        }
        if segment.payload.is_empty() && !segment.syn {
            return;
        }
        let side = usize::from(segment.from > segment.to);
        let ends = if side == 0 { (segment.from, segment.to) } else { (segment.to, segment.from) };
        let mut connection = self.open.get(&ends).copied();
        if segment.syn
            && let Some(known) = connection
            && self.connections[known][side].is_another(segment.sequence.wrapping_add(1))
        {
            self.end(known, &mut tell);
            connection = None;
        }
        let connection = match connection {
            Some(known) => known,
            None if self.connections.len() >= CONNECTIONS_MAX => return,
            None => {
                self.connections.push(Default::default());
                self.open.insert(ends, self.connections.len() - 1);
                self.connections.len() - 1
            }
        };
        let direction = &mut self.connections[connection][side];
        if segment.syn {
            // Octets that come with a SYN are sent again by whoever is not known already, so they are not lost.
            direction.open(segment.sequence.wrapping_add(1));
            return;
        }
        let before = direction.octets;
        let mark = Mark { connection, side, at, place };
        self.gaps += direction.take(segment.sequence, segment.payload, mark, &mut tell);
        self.held = self.held + direction.octets - before;
        if self.held > HELD_ALL_MAX {
            self.held -= direction.octets;
            self.gaps += direction.give_up_waiting(&mut tell);
        }
    }

    /// Gives what still waits: nothing more will come.
    pub fn finish(&mut self, mut tell: impl FnMut(&Heard<'_>)) {
        for connection in 0..self.connections.len() {
            self.end(connection, &mut tell);
        }
    }

    /// How often a stream made no sense and was found again, and the octets that belong to no PDU; of streams that
    /// have any.
    pub fn losses(&self) -> (u64, u64) {
        let smpp = self.connections.iter().flatten().map(|it| &it.cutter).filter(|it| it.pdus > 0);
        smpp.fold((0, 0), |(lost, skipped), it| (lost + it.lost, skipped + it.skipped + it.waiting() as u64))
    }

    /// Whether the beginning of this connection was captured.
    pub fn was_opened(&self, connection: u32) -> bool {
        let found = usize::try_from(connection).ok().and_then(|at| self.connections.get(at));
        found.is_some_and(|directions| directions.iter().any(|it| it.start.is_some()))
    }

    fn end(&mut self, connection: usize, tell: &mut impl FnMut(&Heard<'_>)) {
        for direction in &mut self.connections[connection] {
            self.held -= direction.octets;
            self.gaps += direction.give_up_waiting(tell);
        }
    }
}

impl Direction {
    /// Whether a SYN with that first sequence number opens another connection than the one that is followed.
    fn is_another(&self, first: u32) -> bool {
        match (self.start, self.next) {
            (Some(start), _) => start != first,
            // The SYN itself was captured late.
            (None, Some(next)) => next.wrapping_sub(first) > JUMP_MAX,
            (None, None) => false,
        }
    }

    fn open(&mut self, first: u32) {
        if self.next.is_none() {
            self.cutter = Cutter::at_beginning();
            self.next = Some(first);
        }
        self.start = Some(first);
    }

    /// Takes a segment; gives how many holes were passed over.
    fn take(&mut self, sequence: u32, payload: &[u8], mark: Mark, tell: &mut impl FnMut(&Heard<'_>)) -> u64 {
        if self.cutter.is_hopeless() {
            return 0;
        }
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next);
        let behind = next.wrapping_sub(sequence);
        if ahead != 0 && ahead > JUMP_MAX && behind > JUMP_MAX {
            let holes = self.give_up_waiting(tell);
            self.cutter.gap();
            self.next = Some(sequence);
            self.pass(payload, mark, tell);
            return holes + 1;
        }
        if behind <= JUMP_MAX {
            let known = usize::try_from(behind).unwrap_or(usize::MAX);
            if let Some(fresh) = payload.get(known..) {
                self.pass(fresh, mark, tell);
                self.drain(tell);
            }
            return 0;
        }
        self.octets += payload.len();
        self.held.push(Held { sequence, payload: payload.to_vec(), mark });
        if self.octets > HELD_MAX || self.held.len() > SEGMENTS_MAX { self.give_up_waiting(tell) } else { 0 }
    }

    fn pass(&mut self, fresh: &[u8], mark: Mark, tell: &mut impl FnMut(&Heard<'_>)) {
        let length = fresh.len() as u32;
        self.next = self.next.map(|next| next.wrapping_add(length));
        // A stream runs one way: what follows a late segment is not earlier than it.
        self.latest = self.latest.max(mark.at);
        let at = self.latest;
        self.cutter.push(fresh, |octets| {
            tell(&Heard { connection: mark.connection as u32, side: Some(mark.side), at, place: mark.place, octets });
        });
    }

    /// Passes on what waits and follows without a hole.
    fn drain(&mut self, tell: &mut impl FnMut(&Heard<'_>)) {
        while let Some(next) = self.next
            && let Some(at) = self.held.iter().position(|held| next.wrapping_sub(held.sequence) <= JUMP_MAX)
        {
            let held = self.held.swap_remove(at);
            self.octets -= held.payload.len();
            let known = usize::try_from(next.wrapping_sub(held.sequence)).unwrap_or(usize::MAX);
            if let Some(fresh) = held.payload.get(known..) {
                self.pass(fresh, held.mark, tell);
            }
        }
    }

    /// Passes over the holes before everything that waits; gives how many there were.
    fn give_up_waiting(&mut self, tell: &mut impl FnMut(&Heard<'_>)) -> u64 {
        let mut holes = 0;
        while let Some(next) = self.next
            && let Some(nearest) = self.held.iter().map(|held| held.sequence.wrapping_sub(next)).min()
        {
            holes += 1;
            self.cutter.gap();
            self.next = Some(next.wrapping_add(nearest));
            self.drain(tell);
        }
        holes
    }
}
