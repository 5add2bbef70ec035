//! The contract of the gateway store, second part: what becomes of texts, segments and receipts, told as stories.

use super::{Ground, House, phone};
use crate::store::{
    Burn, ClaimedSegment, FinishedText, GatewayStore, MessageState, NewText, SegmentState, TextEnd, TextView, Ticket,
};
use dayaq_core_api::NoticeClass;
use dayaq_types::{Clock, Language, Pii};
use std::time::Duration;
use uuid::Uuid;

/// How long a text of these stories is valid.
pub(super) const VALID: Duration = Duration::from_hours(72);
pub(super) const MINUTE: Duration = Duration::from_mins(1);
pub(super) const OPERATOR: &str = "azercell";

/// A house with a store, and the few steps of which every story here is made.
pub(super) struct Story {
    pub house: House,
    pub store: GatewayStore,
}

impl Story {
    pub async fn begin(ground: Ground) -> Self {
        let house = House::on(ground).await;
        let store = house.store().await;
        Self { house, store }
    }

    pub fn text(&self, id: u128, segments: usize) -> NewText {
        NewText {
            id: Uuid::from_u128(id),
            core_fence: 1,
            subscriber: self.house.subscriber(0),
            msisdn: phone(0),
            class: NoticeClass::Outcome,
            operator: OPERATOR.to_owned(),
            language: Language::Az,
            notice: Pii::new("granted".to_owned()),
            matters: true,
            question: false,
            words: Pii::new("Məbləğ: 240,00 AZN".to_owned()),
            segments: (1..=segments).map(|n| Pii::new(format!("{id}/{n}\n\0").into_bytes())).collect(),
            not_before: self.house.clock.now(),
            expires_at: self.house.clock.now() + VALID,
        }
    }

    pub async fn add(&self, id: u128, segments: usize) {
        assert!(self.store.add_text(&self.text(id, segments)).await.unwrap());
    }

    pub async fn claim(&self) -> Vec<ClaimedSegment> {
        self.store.claim_segments(OPERATOR, 100, MINUTE).await.unwrap()
    }

    pub async fn claim_one(&self) -> ClaimedSegment {
        self.store.claim_segments(OPERATOR, 1, MINUTE).await.unwrap().pop().expect("a segment is due")
    }

    /// Claims one segment and commits the attempt.
    pub async fn attempt_one(&self) -> Ticket {
        let ticket = self.claim_one().await.ticket;
        assert!(self.store.attempt(&ticket, MINUTE).await.unwrap());
        ticket
    }

    pub async fn view(&self) -> TextView {
        self.store.texts_of(&self.house.subscriber(0), 1).await.unwrap().pop().unwrap()
    }

    pub async fn states(&self) -> Vec<SegmentState> {
        self.view().await.segments.iter().map(|segment| segment.state).collect()
    }

    pub async fn end(&self) -> Option<TextEnd> {
        self.store.finished_texts(10).await.unwrap().pop().map(|finished| finished.end)
    }
}

pub(super) fn sent(segments: u32) -> TextEnd {
    // SHA-256 of the words, by sha256sum.
    let text_sha256 = WORDS_SHA256.to_owned();
    TextEnd::Sent { text_sha256, segments }
}

const WORDS_SHA256: &str = "aa818c9860a338fdeae7cb1d7fce5cc1027a220c2d37d9a121082e069d74eaf6";

async fn i1_a_text_goes_out_and_its_end_is_reported_once(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 2).await;
    assert!(!story.store.add_text(&story.text(1, 2)).await.unwrap());
    let claimed = story.claim().await;
    assert_eq!(claimed.len(), 2);
    for (number, segment) in (1..).zip(&claimed) {
        assert_eq!((segment.ticket.number, segment.of, segment.attempt, segment.resend), (number, 2, 1, false));
        assert_eq!((segment.msisdn, segment.subscriber), (phone(0), story.house.subscriber(0)));
        assert_eq!(segment.body.expose(), format!("1/{number}\n\0").as_bytes());
        assert!(story.store.attempt(&segment.ticket, MINUTE).await.unwrap());
        assert_eq!(story.end().await, None);
        assert!(story.store.segment_sent(&segment.ticket, &format!("id-{number}")).await.unwrap());
    }
    assert_eq!(story.claim().await, []);
    let finished = FinishedText { id: Uuid::from_u128(1), core_fence: 1, end: sent(2) };
    assert_eq!(story.store.finished_texts(10).await.unwrap(), [finished]);
    assert!(story.store.reported(Uuid::from_u128(1), 1).await.unwrap());
    assert_eq!(story.end().await, None);
    assert_eq!(story.store.open_segments().await.unwrap(), 0);
}

async fn segments_are_claimed_in_the_order_of_their_texts_by_their_operator(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(9, 2).await;
    story.add(3, 1).await;
    let elsewhere = NewText { operator: "nar".to_owned(), ..story.text(5, 1) };
    story.store.add_text(&elsewhere).await.unwrap();
    let later = NewText { not_before: story.house.clock.now() + MINUTE, ..story.text(1, 1) };
    story.store.add_text(&later).await.unwrap();
    let order = |claimed: &[ClaimedSegment]| -> Vec<(u128, u32)> {
        claimed.iter().map(|c| (c.ticket.text.as_u128(), c.ticket.number)).collect()
    };
    let first = story.store.claim_segments(OPERATOR, 2, MINUTE * 9).await.unwrap();
    assert_eq!(order(&first), [(9, 1), (9, 2)]);
    assert_eq!(order(&story.claim().await), [(3, 1)]);
    assert_eq!(story.store.next_due().await.unwrap(), Some(story.house.clock.now()), "the other operator's");
    story.house.pass(MINUTE);
    assert_eq!(order(&story.claim().await), [(3, 1), (1, 1)]);
}

async fn a_text_leased_again_is_reported_under_its_new_fence(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let ticket = story.attempt_one().await;
    let again = NewText { core_fence: 2, ..story.text(1, 1) };
    assert!(!story.store.add_text(&again).await.unwrap());
    story.store.segment_sent(&ticket, "id").await.unwrap();
    assert!(!story.store.reported(again.id, 1).await.unwrap());
    assert_eq!(story.store.finished_texts(1).await.unwrap()[0].core_fence, 2);
    assert!(story.store.reported(again.id, 2).await.unwrap());
    let thrice = NewText { core_fence: 3, ..story.text(1, 1) };
    assert!(!story.store.add_text(&thrice).await.unwrap());
    assert_eq!(story.store.finished_texts(1).await.unwrap()[0].core_fence, 3, "the report was lost on its way");
    assert_eq!(story.claim().await, [], "and it is not sent again");
}

async fn x01_a_throttled_part_alone_is_sent_again_and_burns_no_try(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 2).await;
    let (one, two) = (story.attempt_one().await, story.attempt_one().await);
    assert!(story.store.segment_sent(&one, "id-1").await.unwrap());
    let at = story.house.clock.now() + Duration::from_secs(5);
    assert!(story.store.segment_retry(&two, at, Burn::Nothing, "RTHROTTLED").await.unwrap());
    assert!(!story.store.segment_retry(&two, at, Burn::Nothing, "RTHROTTLED").await.unwrap(), "the ticket is used");
    assert_eq!(story.claim().await, []);
    story.house.pass(Duration::from_secs(5));
    let again = story.claim_one().await;
    assert_eq!((again.ticket.number, again.attempt, again.resend), (2, 1, false));
    assert!(story.store.attempt(&again.ticket, MINUTE).await.unwrap());
    assert!(story.store.segment_sent(&again.ticket, "id-2").await.unwrap());
    assert_eq!(story.end().await, Some(sent(2)));
}

async fn a15_a_refusal_that_may_pass_burns_a_try(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    for attempt in 1..=3 {
        let segment = story.claim_one().await;
        assert_eq!(segment.attempt, attempt);
        assert!(story.store.attempt(&segment.ticket, MINUTE).await.unwrap());
        let now = story.house.clock.now();
        assert!(story.store.segment_retry(&segment.ticket, now, Burn::Try, "RSYSERR").await.unwrap());
    }
    let view = story.view().await;
    assert_eq!((view.segments[0].tries, view.segments[0].cause.as_deref()), (3, Some("RSYSERR")));
}

async fn a17_a_text_dies_with_its_first_dead_segment(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 4).await;
    let (one, two, three) = (story.attempt_one().await, story.attempt_one().await, story.attempt_one().await);
    assert!(story.store.segment_dead(&one, "RINVDSTADR").await.unwrap());
    assert_eq!(story.end().await, None, "two are still on their way");
    assert!(story.store.segment_retry(&two, story.house.clock.now(), Burn::Try, "RSYSERR").await.unwrap());
    assert!(story.store.segment_in_doubt(&three).await.unwrap());
    assert_eq!(story.end().await, Some(TextEnd::Dead { cause: "RINVDSTADR".to_owned() }));
    use SegmentState::{Dead, Unknown};
    assert_eq!(story.states().await, [Dead, Dead, Unknown, Dead]);
    story.house.pass(MINUTE * 10);
    assert_eq!(story.claim().await, []);
}

async fn a14_a_full_queue_holds_back_that_phone_alone(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let other = NewText { subscriber: story.house.subscriber(1), ..story.text(2, 1) };
    story.store.add_text(&other).await.unwrap();
    let until = story.house.clock.now() + MINUTE * 3;
    assert_eq!(story.store.delay_subscriber(&story.house.subscriber(0), until).await.unwrap(), 1);
    assert_eq!(story.claim_one().await.ticket.text, other.id);
    assert_eq!(story.claim().await, []);
    story.house.pass(MINUTE * 3);
    assert!(story.claim().await.iter().any(|segment| segment.ticket.text == Uuid::from_u128(1)));
}

async fn a42_without_an_answer_it_is_sent_once_more_after_a_grace_and_then_unknown(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    assert!(story.store.segment_in_doubt(&first).await.unwrap());
    assert!(!story.store.segment_in_doubt(&first).await.unwrap());
    story.house.pass(GatewayStore::DOUBT_GRACE - Duration::from_secs(1));
    assert_eq!(story.claim().await, [], "a late answer may still come");
    story.house.pass(Duration::from_secs(1));
    let second = story.claim_one().await;
    assert!(second.resend);
    assert!(story.store.attempt(&second.ticket, MINUTE).await.unwrap());
    assert!(story.store.segment_in_doubt(&second.ticket).await.unwrap());
    assert_eq!(story.states().await, [SegmentState::Unknown]);
    assert_eq!(story.end().await, Some(TextEnd::Unknown));
    story.house.pass(MINUTE * 600);
    assert_eq!(story.claim().await, []);
}

async fn a43_a_late_answer_within_the_grace_spares_the_resend(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    story.store.segment_in_doubt(&first).await.unwrap();
    assert!(story.store.segment_sent(&first, "late").await.unwrap());
    assert_eq!(story.end().await, Some(sent(1)));
    story.house.pass(MINUTE * 2);
    assert_eq!(story.claim().await, []);
}

async fn a43_a_late_answer_after_the_resend_was_claimed_still_stops_it(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    story.store.segment_in_doubt(&first).await.unwrap();
    story.house.pass(MINUTE);
    let second = story.claim_one().await;
    assert!(story.store.segment_sent(&first, "late").await.unwrap());
    assert!(!story.store.attempt(&second.ticket, MINUTE).await.unwrap(), "it must not be written");
}

async fn a43_both_copies_are_known_and_a_receipt_for_either_delivers(ground: Ground) {
    for delivered in ["first", "second"] {
        let story = Story::begin(ground).await;
        story.add(1, 1).await;
        let first = story.attempt_one().await;
        story.store.segment_in_doubt(&first).await.unwrap();
        story.house.pass(MINUTE);
        let second = story.attempt_one().await;
        assert!(story.store.segment_sent(&first, "first").await.unwrap());
        assert!(!story.store.segment_dead(&second, "RX_R_APPN").await.unwrap(), "it has been sent");
        assert!(story.store.segment_sent(&second, "second").await.unwrap());
        assert!(!story.view().await.is_delivered());
        let text = story.store.receipt(OPERATOR, delivered, MessageState::Delivered).await.unwrap().text;
        assert_eq!(text, Some(Uuid::from_u128(1)));
        let other = if delivered == "first" { "second" } else { "first" };
        story.store.receipt(OPERATOR, other, MessageState::Undeliverable).await.unwrap();
        assert!(story.view().await.is_delivered());
    }
}

async fn d06_what_a_killed_process_had_attempted_is_in_doubt_at_the_next_start(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 3).await;
    let (written, answered) = (story.attempt_one().await, story.attempt_one().await);
    story.store.segment_sent(&answered, "id").await.unwrap();
    let claimed = story.claim_one().await;
    let after = story.house.store().await;
    if let Ground::Postgres = ground {
        assert_eq!(after.on_start().await.unwrap(), 0, "another gateway may still wait for the answer");
        story.house.pass(MINUTE);
    }
    assert_eq!(after.on_start().await.unwrap(), 1);
    assert_eq!(after.on_start().await.unwrap(), 0);
    let free: Vec<_> = story.claim().await.iter().map(|segment| segment.ticket.number).collect();
    assert_eq!(free, [claimed.ticket.number], "what was claimed and not attempted need not wait");
    story.house.pass(MINUTE);
    let again = story.claim().await;
    let numbers: Vec<_> = again.iter().map(|segment| (segment.ticket.number, segment.resend)).collect();
    assert_eq!(numbers, [(written.number, true), (claimed.ticket.number, false)]);
}

async fn d06_an_attempt_that_nobody_speaks_of_becomes_doubtful_by_itself(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let first = story.attempt_one().await;
    story.house.pass(MINUTE);
    assert_eq!(story.claim().await, [], "the grace begins");
    assert!(!story.store.segment_in_doubt(&first).await.unwrap());
    story.house.pass(MINUTE);
    assert!(story.claim_one().await.resend);
}

async fn d11_a_sender_whose_lease_ended_writes_nothing(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let late = story.claim_one().await.ticket;
    story.house.pass(MINUTE);
    let current = story.claim_one().await.ticket;
    assert!(current.fence > late.fence);
    assert!(!story.store.attempt(&late, MINUTE).await.unwrap());
    assert!(!story.store.segment_sent(&late, "never written").await.unwrap());
    assert!(!story.store.segment_dead(&late, "stale").await.unwrap());
    assert!(!story.store.segment_retry(&late, story.house.clock.now(), Burn::Try, "stale").await.unwrap());
    assert!(story.store.attempt(&current, MINUTE).await.unwrap());
    assert!(!story.store.attempt(&current, MINUTE).await.unwrap(), "one attempt for each claim");
}

async fn a33_a_receipt_that_comes_before_the_answer_is_matched_by_it(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let ticket = story.attempt_one().await;
    assert_eq!(story.store.receipt(OPERATOR, "id-1", MessageState::Delivered).await.unwrap().text, None);
    story.house.pass(Duration::from_hours(24));
    story.store.sweep(story.house.clock.now()).await.unwrap();
    story.store.segment_sent(&ticket, "id-1").await.unwrap();
    assert!(story.view().await.is_delivered());
}

async fn a34_the_first_final_state_of_a_message_is_kept(ground: Ground) {
    use MessageState::{Delivered, Enroute, Expired, Rejected, Undeliverable};
    let cases = [
        (vec![Enroute, Undeliverable, Delivered], Undeliverable),
        (vec![Delivered, Delivered, Enroute, Rejected], Delivered),
        (vec![MessageState::Unknown, Expired], Expired),
        (vec![Enroute, MessageState::Accepted], MessageState::Accepted),
    ];
    for (receipts, kept) in cases {
        let story = Story::begin(ground).await;
        story.add(1, 1).await;
        let ticket = story.attempt_one().await;
        story.store.segment_sent(&ticket, "id").await.unwrap();
        for state in receipts {
            assert_eq!(story.store.receipt(OPERATOR, "id", state).await.unwrap().text, Some(Uuid::from_u128(1)));
        }
        assert_eq!(story.view().await.segments[0].receipt, Some(kept));
        assert_eq!(story.store.receipt("nar", "id", Delivered).await.unwrap().text, None, "another operator's id");
    }
}

async fn a19_an_empty_message_id_is_accepted_and_matches_no_receipt(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let ticket = story.attempt_one().await;
    assert!(story.store.segment_sent(&ticket, "").await.unwrap());
    assert_eq!(story.store.receipt(OPERATOR, "", MessageState::Delivered).await.unwrap().text, None);
    assert_eq!(story.view().await.segments[0].receipt, None);
    assert_eq!(story.end().await, Some(sent(1)));
}

async fn g12_bodies_are_erased_after_90_days_and_what_became_of_them_stays(ground: Ground) {
    let story = Story::begin(ground).await;
    story.add(1, 1).await;
    let ticket = story.attempt_one().await;
    story.store.segment_sent(&ticket, "id").await.unwrap();
    story.store.reported(Uuid::from_u128(1), 1).await.unwrap();
    story.house.pass(Duration::from_hours(90 * 24) - MINUTE);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().texts, 0);
    assert!(story.view().await.notice.is_some());
    story.house.pass(MINUTE);
    assert_eq!(story.store.sweep(story.house.clock.now()).await.unwrap().texts, 1);
    let view = story.view().await;
    assert_eq!((view.notice, view.segments[0].state), (None, SegmentState::Sent));
    let sql = "SELECT (SELECT count(sealed) FROM texts) + (SELECT count(sealed) FROM text_segments) AS sealed";
    let row = story.store.database().row(sql, &[]).await.unwrap().unwrap();
    assert_eq!(row.count("sealed"), 0);
}

on_each_database!(
    i1_a_text_goes_out_and_its_end_is_reported_once,
    segments_are_claimed_in_the_order_of_their_texts_by_their_operator,
    a_text_leased_again_is_reported_under_its_new_fence,
    x01_a_throttled_part_alone_is_sent_again_and_burns_no_try,
    a15_a_refusal_that_may_pass_burns_a_try,
    a17_a_text_dies_with_its_first_dead_segment,
    a14_a_full_queue_holds_back_that_phone_alone,
    a42_without_an_answer_it_is_sent_once_more_after_a_grace_and_then_unknown,
    a43_a_late_answer_within_the_grace_spares_the_resend,
    a43_a_late_answer_after_the_resend_was_claimed_still_stops_it,
    a43_both_copies_are_known_and_a_receipt_for_either_delivers,
    d06_what_a_killed_process_had_attempted_is_in_doubt_at_the_next_start,
    d06_an_attempt_that_nobody_speaks_of_becomes_doubtful_by_itself,
    d11_a_sender_whose_lease_ended_writes_nothing,
    a33_a_receipt_that_comes_before_the_answer_is_matched_by_it,
    a34_the_first_final_state_of_a_message_is_kept,
    a19_an_empty_message_id_is_accepted_and_matches_no_receipt,
    g12_bodies_are_erased_after_90_days_and_what_became_of_them_stays,
);
