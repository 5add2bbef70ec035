//! Texts under random events: whatever happens in whatever order, a worker that is late writes nothing, and there are at most
//! two copies of a segment.

use super::Ground;
use super::text_rules::{MINUTE, Story};
use crate::store::{Burn, SegmentState, Ticket};
use dayaq_types::Clock;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a sender can meet. The number chooses among the tickets given out so far, from the latest backwards, so
/// that void ones are tried as well.
#[derive(Clone, Copy, Debug)]
enum Event {
    Claim,
    Attempt(usize),
    Answer(usize),
    Throttled(usize),
    Refused(usize),
    NoAnswer(usize),
    Restart,
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => Just(Event::Claim),
        12 => (0usize..4).prop_map(Event::Attempt),
        1 => (0usize..8).prop_map(Event::Answer),
        3 => (0usize..4).prop_map(Event::Throttled),
        1 => (0usize..80).prop_map(Event::Refused),
        9 => (0usize..4).prop_map(Event::NoAnswer),
        2 => Just(Event::Restart),
        12 => (10u64..120).prop_map(Event::Pass),
    ]
}

/// What an onlooker knows who sees every PDU.
#[derive(Default)]
struct Onlooker {
    tickets: Vec<Ticket>,
    /// For each segment, the claims whose PDU was written and not surely refused.
    on_air: BTreeMap<u32, Vec<u64>>,
    states: BTreeMap<u32, SegmentState>,
    /// Writes of late workers that were tried and refused.
    refused: usize,
}

impl Onlooker {
    fn ticket(&self, nth: usize) -> Option<Ticket> {
        self.tickets.iter().rev().nth(nth).copied()
    }

    /// Whether somebody else has claimed the segment since.
    fn is_late(&self, ticket: Ticket) -> bool {
        self.tickets.iter().any(|other| other.number == ticket.number && other.fence > ticket.fence)
    }

    /// A worker with this ticket has tried to write: of one that is late nothing is taken.
    fn tried(&mut self, ticket: Ticket, taken: bool) -> bool {
        if self.is_late(ticket) {
            assert!(!taken, "the write of a late worker was taken: {ticket:?}");
            self.refused += 1;
        }
        taken
    }

    fn written(&mut self, ticket: Ticket) {
        self.on_air.entry(ticket.number).or_default().push(ticket.fence);
    }

    fn surely_refused(&mut self, ticket: Ticket) {
        self.on_air.entry(ticket.number).or_default().retain(|fence| *fence != ticket.fence);
    }

    async fn meet(&mut self, story: &Story, event: Event) {
        let (store, now) = (&story.store, story.house.clock.now());
        match event {
            Event::Claim => self.tickets.extend(story.claim().await.iter().map(|claimed| claimed.ticket)),
            Event::Attempt(nth) => {
                let Some(ticket) = self.ticket(nth) else { return };
                let attempted = store.attempt(&ticket, MINUTE).await.unwrap();
                if self.tried(ticket, attempted) {
                    self.written(ticket);
                }
            }
            Event::Answer(nth) => {
                let Some(ticket) = self.ticket(nth) else { return };
                let believed = store.segment_sent(&ticket, "id").await.unwrap();
                let written = self.on_air.get(&ticket.number).is_some_and(|copies| copies.contains(&ticket.fence));
                assert!(believed || !written, "an answer to a PDU on the air is believed");
            }
            Event::Throttled(nth) => {
                let Some(ticket) = self.ticket(nth) else { return };
                let queued = store.segment_retry(&ticket, now, Burn::Nothing, "RTHROTTLED").await.unwrap();
                if self.tried(ticket, queued) {
                    self.surely_refused(ticket);
                }
            }
            Event::Refused(nth) => {
                let Some(ticket) = self.ticket(nth) else { return };
                let dead = store.segment_dead(&ticket, "RINVDSTADR").await.unwrap();
                if self.tried(ticket, dead) {
                    self.surely_refused(ticket);
                }
            }
            Event::NoAnswer(nth) => {
                let Some(ticket) = self.ticket(nth) else { return };
                let doubted = store.segment_in_doubt(&ticket).await.unwrap();
                self.tried(ticket, doubted);
            }
            Event::Restart => {
                store.on_start().await.unwrap();
            }
            Event::Pass(seconds) => story.house.pass(Duration::from_secs(seconds)),
        }
    }

    async fn check(&mut self, story: &Story) {
        for (number, copies) in &self.on_air {
            assert!(copies.len() <= 2, "segment {number} is on the air under {copies:?}");
        }
        for (number, state) in (1..).zip(story.states().await) {
            let may_follow = match self.states.insert(number, state) {
                Some(SegmentState::Sent) => state == SegmentState::Sent,
                Some(SegmentState::Dead) => state == SegmentState::Dead,
                Some(SegmentState::Expired) => state == SegmentState::Expired,
                Some(SegmentState::Unknown) => matches!(state, SegmentState::Unknown | SegmentState::Sent),
                Some(SegmentState::Queued | SegmentState::Attempted) | None => true,
            };
            assert!(may_follow, "segment {number} has come back to {state:?}");
        }
    }
}

/// Gives how many writes of late workers were refused.
fn whatever_happens(ground: Ground, events: Vec<Event>) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let story = Story::begin(ground).await;
        story.add(1, 2).await;
        let mut onlooker = Onlooker::default();
        for event in events {
            onlooker.meet(&story, event).await;
            onlooker.check(&story).await;
        }
        onlooker.refused
    })
}

/// With leases that end, late workers, restarts and late answers: what a late worker writes is refused, of a segment at most
/// two copies can be on the air, an answer once believed is never taken back, and every end is an end.
fn late_workers_write_nothing(ground: Ground) {
    let refused = AtomicUsize::new(0);
    let config = ProptestConfig { cases: 24, source_file: Some(file!()), ..ProptestConfig::default() };
    let all = TestRunner::new(config).run(&prop::collection::vec(event(), 1..120), |events| {
        refused.fetch_add(whatever_happens(ground, events), Ordering::Relaxed);
        Ok(())
    });
    all.unwrap_or_else(|fault| panic!("{fault}"));
    let refused = refused.into_inner();
    println!("{ground:?}: {refused} writes of late workers were refused");
    assert!(refused > 0, "nobody was late");
}

#[test]
fn d11_what_a_late_worker_writes_is_refused_and_there_are_at_most_two_copies_on_sqlite() {
    late_workers_write_nothing(Ground::Sqlite);
}

#[test]
fn d11_what_a_late_worker_writes_is_refused_and_there_are_at_most_two_copies_on_postgres() {
    late_workers_write_nothing(Ground::Postgres);
}
