//! A job that panics: it is put aside, and the others are done.

use super::world::*;
use crate::CoreService;
use dayaq_core_api::{Stage, Submit};
use dayaq_types::{Entropy, Fin, NotaryNumber, SeededEntropy};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Randomness that fails so many times, as a machine's may.
struct Frail {
    octets: SeededEntropy,
    panics: AtomicU32,
}

impl Entropy for Frail {
    fn fill(&self, buffer: &mut [u8]) {
        let left = self.panics.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        assert!(left.is_err(), "no randomness");
        self.octets.fill(buffer);
    }
}

#[tokio::test]
async fn e10_a_job_that_panics_is_put_aside_for_an_hour_with_its_cause_and_stops_no_other() {
    let mut world = World::new().await;
    world.alone();
    world.registered(PHONE, &world.application()).await;
    world.outside.person(SPOUSE);
    world.outside.notarised("20261124", SPOUSE, "2026-11-01", "2027-01-29");
    let other = Submit {
        applicant: Fin::parse(SPOUSE).unwrap(),
        notary_number: NotaryNumber::parse("20261124"),
        ..world.application()
    };
    world.registered(OTHER_PHONE, &other).await;
    world.core.close().await;
    let entropy = Arc::new(Frail { octets: SeededEntropy::new(2), panics: AtomicU32::new(0) });
    let core = CoreService::open(
        world.config.clone(),
        world.content.clone(),
        world.clock.clone(),
        Arc::clone(&entropy) as Arc<dyn Entropy>,
        keys(),
    );
    world.core = core.await.unwrap();
    // Whichever job draws first is the one that panics: of evidence, or already of a card.
    entropy.panics.store(1, Ordering::SeqCst);
    world.work().await;
    assert_eq!(entropy.panics.load(Ordering::SeqCst), 0, "one panicked");
    let stages = [world.stage(PHONE).await, world.stage(OTHER_PHONE).await];
    assert!(stages.contains(&Some(Stage::Granted)), "the other is decided: {stages:?}");
    let cause = world.text_of("SELECT cause FROM jobs WHERE cause IS NOT NULL").await;
    assert!(cause.contains("panicked"), "{cause}");
    world.clock.advance(Duration::from_secs(3_600));
    world.work().await;
    assert_eq!([world.stage(PHONE).await, world.stage(OTHER_PHONE).await], [Some(Stage::Granted); 2]);
    assert_eq!(world.outside.registers().orders.len(), 2, "both cards are ordered");
}
