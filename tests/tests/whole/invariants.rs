//! What holds after every story, whatever happened in it (INV), looked up past the program in both stores and on the phones.

use crate::program::PATIENCE;
use crate::stage::{Phone, Stage, eventually, eventually_within, full, reference};
use dayaq_types::{Clock, SystemClock};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// The longest that a text takes to its end whose every copy went unanswered: each waits for a late answer first.
const ENDED: Duration = Duration::from_secs(240);
/// The longest lease of a claim.
const CLAIMED: Duration = Duration::from_secs(300);

/// What a story did to the service.
#[derive(Clone, Copy, Debug, Default)]
pub struct After {
    /// A link was cut, or the program with it: then a text may be on the air twice, else once.
    pub link_lost: bool,
    /// A database fell silent or died while it was asked: who had claimed something then may not know of it.
    pub answers_lost: bool,
    /// The gateway's store was restored from an older copy: it does not know every text that was sent.
    pub gateway_restored: bool,
}

impl After {
    /// Nothing befell the links or the stores.
    pub const NOTHING: Self = Self { link_lost: false, answers_lost: false, gateway_restored: false };
    /// A link was cut, or the program killed.
    pub const LOST_LINK: Self = Self { link_lost: true, ..Self::NOTHING };

    const fn copies(self) -> usize {
        if self.link_lost { 2 } else { 1 }
    }
}

/// Checks it all: one application for a family, one text that registers it, one decision with its text, one order of a
/// card, no claim that nobody holds, no text on these phones more often than it may be, and a program that is sound.
///
/// The families of the story must each have one phone. A program that has ended is not asked; whoever ended it in order
/// may not have left a claim behind.
pub async fn assert_invariants(stage: &Stage, phones: &[Phone], after: After) {
    if stage.serve.is_some() {
        stage.assert_sound().await;
    }
    each_family_has_one_application(stage).await;
    each_card_is_ordered_once(stage).await;
    nothing_is_claimed(stage, after).await;
    copies_are_few(stage, after).await;
    if !after.gateway_restored && stage.serve.is_some() {
        each_decision_has_its_text(stage).await;
    }
    let kept: BTreeSet<String> = stage.references().await.into_iter().collect();
    for phone in phones {
        phone_is_told_the_truth(phone, &kept, after);
    }
    let log = stage.log();
    for phone in phones {
        assert!(!log.contains(&phone.0.number().digits()[..]), "a phone's number is in the log");
    }
}

/// Nothing in the core's store answers to any of these.
async fn each_family_has_one_application(stage: &Stage) {
    for (what, sql) in [
        (
            "families with two open applications",
            "SELECT min(reference) FROM applications WHERE open = 1 GROUP BY fin_lookup, msisdn_lookup
             HAVING count(*) > 1",
        ),
        (
            "FINs that two applications occupy",
            "SELECT min(reference) FROM applications WHERE open = 1 AND verified = 1 GROUP BY fin_lookup
             HAVING count(*) > 1",
        ),
        (
            "registered applications without one text that says so",
            "SELECT reference FROM applications a WHERE registered_on IS NOT NULL AND (SELECT count(*) FROM notices n
                WHERE n.application_id = a.id AND n.key IN ('registered', 'registered-undated')) <> 1",
        ),
        (
            "applications that were decided twice",
            "SELECT min(a.reference) FROM decisions d JOIN applications a ON a.id = d.application_id
             GROUP BY d.application_id HAVING count(*) > 1",
        ),
        (
            "decisions without one text that says so",
            "SELECT a.reference FROM decisions d JOIN applications a ON a.id = d.application_id
             WHERE (SELECT count(*) FROM notices n WHERE n.application_id = d.application_id AND n.key = d.outcome) <> 1",
        ),
        (
            "cards without an award",
            "SELECT a.reference FROM cards c JOIN applications a ON a.id = c.application_id WHERE NOT EXISTS
                (SELECT 1 FROM decisions d WHERE d.application_id = c.application_id AND d.outcome = 'granted')",
        ),
    ] {
        assert_eq!(stage.core_column::<String>(sql).await, [""; 0], "{what}");
    }
}

/// At the bank there is one order for each card that was asked for, at most.
async fn each_card_is_ordered_once(stage: &Stage) {
    // Read before the store is, so that none of them can be younger than its card.
    let orders: Vec<String> = stage.registries.card_orders().into_iter().map(|order| order.order_id).collect();
    let asked: Vec<i64> = stage.core_column("SELECT count(*) FROM cards WHERE state <> 'wanted'").await;
    assert!(i64::try_from(orders.len()).is_ok_and(|orders| orders <= asked[0]), "{asked:?} cards, {orders:?}");
    let known: Vec<String> = stage.core_column("SELECT order_id FROM cards WHERE order_id IS NOT NULL").await;
    let each: BTreeSet<&String> = known.iter().collect();
    assert_eq!(each.len(), known.len(), "two cards have one order");
}

/// When each claim ends that is held now, in milliseconds.
async fn claims(stage: &Stage) -> Vec<i64> {
    let mut ends: Vec<i64> = Vec::new();
    for sql in [
        "SELECT leased_to FROM pending_calls WHERE finished_at IS NULL AND leased_to > 0",
        "SELECT leased_to FROM text_segments WHERE state = 'queued' AND leased_to > 0",
    ] {
        ends.extend(stage.gateway_column::<i64>(sql).await);
    }
    for sql in [
        "SELECT lease_until FROM jobs WHERE done = 0 AND lease_until > 0",
        "SELECT lease_until FROM notices WHERE state = 'waiting' AND kept = 0 AND lease_until > 0",
    ] {
        ends.extend(stage.core_column::<i64>(sql).await);
    }
    ends
}

/// Whatever was claimed is done with or given back: by a worker soon, by a process that ended at once. A claim whose answer
/// was lost is nobody's and ends by itself, and then it is taken up.
async fn nothing_is_claimed(stage: &Stage, after: After) {
    if stage.serve.is_none() {
        return assert_eq!(claims(stage).await, [0; 0], "calls, segments, jobs and notices are free");
    }
    let clock = SystemClock::new();
    let free = async || claims(stage).await.is_empty().then_some(());
    if !after.answers_lost {
        eventually("calls, segments, jobs and notices are free", free).await;
    } else if full() {
        eventually_within(CLAIMED + PATIENCE, "calls, segments, jobs and notices are free", free).await;
    } else {
        let latest = clock.now().checked_add(CLAIMED).expect("a time").as_millisecond();
        assert!(
            claims(stage).await.iter().all(|end| *end <= latest),
            "a claim is held for longer than there are leases"
        );
        eventually("a claim that has ended is taken up", async || {
            let now = clock.now().as_millisecond();
            claims(stage).await.iter().all(|end| *end > now).then_some(())
        })
        .await;
    }
}

/// The operator has taken no segment more often than it may, and what is reported has ended.
async fn copies_are_few(stage: &Stage, after: After) {
    let taken: Vec<i64> = stage
        .gateway_column("SELECT count(message_id) FROM text_attempts GROUP BY text, number ORDER BY 1 DESC LIMIT 1")
        .await;
    let most = i64::try_from(after.copies()).expect("a small number");
    assert!(taken.iter().all(|taken| *taken <= most), "a segment was taken {taken:?} times");
    let open: Vec<i64> = stage
        .gateway_column(
            "SELECT count(*) FROM texts t JOIN text_segments s ON s.text = t.position
             WHERE t.reported_at IS NOT NULL AND s.state IN ('queued', 'attempted')",
        )
        .await;
    assert_eq!(open, [0], "segments of texts that have ended");
}

/// Every committed decision, and whatever else a family is to be told, has one text in the gateway's store; where every case
/// is asked for, its end is waited for, too.
async fn each_decision_has_its_text(stage: &Stage) {
    // One that was put aside because it cannot be read, or put into words, has none.
    let told = "SELECT id FROM notices WHERE state <> 'dead'";
    eventually("every notice has its text", async || {
        let ids = stage.core_column::<String>(told).await;
        let notices: BTreeSet<Uuid> = ids.iter().map(|id| id.parse().expect("an id")).collect();
        let ids = stage.gateway_column::<Vec<u8>>("SELECT id FROM texts").await;
        let texts: BTreeSet<Uuid> = ids.iter().map(|id| Uuid::from_slice(id).expect("an id")).collect();
        notices.is_subset(&texts).then_some(())
    })
    .await;
    if full() {
        let open = "SELECT count(*) FROM notices WHERE state = 'waiting'";
        eventually_within(ENDED, "every text has come to its end", async || {
            (stage.core_column::<i64>(open).await == [0]).then_some(())
        })
        .await;
    }
}

/// A text that names an application is there no more often than it may be, and names one that is kept.
fn phone_is_told_the_truth(phone: &Phone, kept: &BTreeSet<String>, after: After) {
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for sms in phone.0.sms_inbox() {
        let Some(number) = reference(&sms.text) else { continue };
        assert!(kept.contains(&number), "{number} is not kept:\n{}", sms.text);
        *copies.entry(sms.text).or_default() += 1;
    }
    for (text, copies) in copies {
        assert!(copies <= after.copies(), "{copies} copies of\n{text}");
    }
}
