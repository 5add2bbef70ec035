//! A TCP proxy between the service and an SMSC, which keeps every octet that passes.

use crate::program::PATIENCE;
use dayaq_types::{Clock, SystemClock};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Who sent a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The service.
    Us,
    /// The SMSC.
    Smsc,
}

/// A PDU that passed, cut from the stream by its command_length.
#[derive(Clone, Debug)]
pub struct Passed {
    /// When, since the proxy was opened.
    pub at: Duration,
    /// On which connection, from 0.
    pub connection: usize,
    /// Who sent it.
    pub sender: Sender,
    /// Its octets.
    pub octets: Vec<u8>,
}

impl Passed {
    /// Its command_id.
    pub fn command_id(&self) -> u32 {
        self.word(4)
    }

    /// Its command_status.
    pub fn command_status(&self) -> u32 {
        self.word(8)
    }

    /// Its sequence_number.
    pub fn sequence_number(&self) -> u32 {
        self.word(12)
    }

    fn word(&self, at: usize) -> u32 {
        word(&self.octets, at).expect("a PDU has a header")
    }
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}

/// What has passed so far.
#[derive(Default)]
struct Record {
    pdus: Vec<Passed>,
    /// Octets after the last whole PDU, for each connection and sender that has any.
    rest: Vec<(usize, Sender, Vec<u8>)>,
    connections: usize,
    /// Streams that have not ended.
    open: usize,
}

/// The proxy. It listens until the test process ends.
pub struct Proxy {
    /// Where it listens.
    pub addr: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    record: Mutex<Record>,
    changed: Condvar,
    clock: SystemClock,
}

impl Proxy {
    /// Opens a proxy in front of that SMSC.
    pub fn open(smsc: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let addr = listener.local_addr().expect("it is bound");
        let shared = Shared { record: Mutex::default(), changed: Condvar::new(), clock: SystemClock::new() };
        let proxy = Self { addr, shared: Arc::new(shared) };
        let shared = Arc::clone(&proxy.shared);
        std::thread::spawn(move || {
            for ours in listener.incoming().map_while(Result::ok) {
                // Where the SMSC does not listen, the service sees its connection end.
                if let Ok(theirs) = TcpStream::connect(smsc) {
                    join(&shared, &ours, &theirs);
                }
            }
        });
        proxy
    }

    /// Every PDU so far, in the order in which they passed.
    pub fn pdus(&self) -> Vec<Passed> {
        self.shared.lock().pdus.clone()
    }

    /// Waits until a PDU of that kind has passed.
    pub fn wait_for(&self, sender: Sender, command_id: u32) {
        self.wait(|record| record.pdus.iter().any(|pdu| pdu.sender == sender && pdu.command_id() == command_id));
    }

    /// Waits until every connection has ended both ways; no octet may be left over.
    pub fn wait_for_end(&self) {
        self.wait(|record| record.connections > 0 && record.open == 0);
        let rest = &self.shared.lock().rest;
        assert!(rest.is_empty(), "octets that are not a whole PDU: {rest:02x?}");
    }

    fn wait(&self, done: impl Fn(&Record) -> bool) {
        let waiting = self.shared.changed.wait_timeout_while(self.shared.lock(), PATIENCE, |record| !done(record));
        let (record, waited) = waiting.expect("no thread panics with the record");
        let seen: Vec<String> = record.pdus.iter().map(|p| format!("{:?} {:08x}", p.sender, p.command_id())).collect();
        assert!(!waited.timed_out(), "what was awaited has not passed: {seen:?}");
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("no thread panics with the record")
    }
}

fn join(shared: &Arc<Shared>, ours: &TcpStream, theirs: &TcpStream) {
    let connection = {
        let mut record = shared.lock();
        record.connections += 1;
        record.open += 2;
        record.connections - 1
    };
    for (from, to, sender) in [(ours, theirs, Sender::Us), (theirs, ours, Sender::Smsc)] {
        let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
        let shared = Arc::clone(shared);
        std::thread::spawn(move || pump(&shared, from, to, connection, sender));
    }
}

/// Passes octets on until the stream ends. They are recorded first, so that what they cause comes after them.
fn pump(shared: &Shared, mut from: TcpStream, mut to: TcpStream, connection: usize, sender: Sender) {
    let mut pending = Vec::new();
    let mut octets = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut octets) {
        pending.extend_from_slice(&octets[..count]);
        let at = shared.clock.monotonic();
        let mut record = shared.lock();
        while let Some(length) = word(&pending, 0).map(|length| length as usize)
            && length >= 16
            && length <= pending.len()
        {
            let rest = pending.split_off(length);
            record.pdus.push(Passed { at, connection, sender, octets: std::mem::replace(&mut pending, rest) });
        }
        drop(record);
        shared.changed.notify_all();
        if to.write_all(&octets[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    let mut record = shared.lock();
    record.open -= 1;
    if !pending.is_empty() {
        record.rest.push((connection, sender, pending));
    }
    drop(record);
    shared.changed.notify_all();
}
