//! Stories of texts and of what an operator says to them: the pusher over its store, answered by hand.

use super::*;
use crate::config::read_profile;
use crate::store::{IN_SQLITE, NewText, SegmentState, SegmentView, SqliteFile, SubscriberKey};
use dayaq_core_api::{
    Caller, Complete, CompleteReply, CoreError, ExistingReply, Explain, ExplainReply, LeasedNotice, NoticeClass,
    PickupReply, StatusReply, Submit, SubmitReply,
};
use dayaq_smpp::CommandStatus;
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Language, ManualClock, Msisdn, Pii, SeededEntropy};
use std::sync::Mutex;
use tempfile::TempDir;

const OPERATOR: &str = "azercell";
const HOUR: Duration = Duration::from_hours(1);

/// A core that only hears the ends of texts.
#[derive(Default)]
struct Ends(Mutex<Vec<NoticeOutcome>>);

#[async_trait::async_trait]
impl Core for Ends {
    async fn submit(&self, _: &Caller, _: &Submit) -> Result<SubmitReply, CoreError> {
        Err(CoreError::Unavailable("not in this story".to_owned()))
    }
    async fn complete(&self, _: &Caller, _: &Complete) -> Result<CompleteReply, CoreError> {
        Err(CoreError::Unavailable("not in this story".to_owned()))
    }
    async fn existing(&self, _: &Caller) -> Result<ExistingReply, CoreError> {
        Err(CoreError::Unavailable("not in this story".to_owned()))
    }
    async fn status(&self, _: &Caller) -> Result<StatusReply, CoreError> {
        Err(CoreError::Unavailable("not in this story".to_owned()))
    }
    async fn explain(&self, _: &Caller, _: &Explain) -> Result<ExplainReply, CoreError> {
        Err(CoreError::Unavailable("not in this story".to_owned()))
    }
    async fn pickup(&self, _: &Caller, _: &Explain) -> Result<PickupReply, CoreError> {
        Err(CoreError::Unavailable("not in this story".to_owned()))
    }
    async fn lease(&self, _: u32, _: Duration) -> Result<Vec<LeasedNotice>, CoreError> {
        Ok(Vec::new())
    }
    async fn finished(&self, finished: &Finished) -> Result<bool, CoreError> {
        self.0.lock().unwrap().push(finished.outcome.clone());
        Ok(true)
    }
}

struct Story {
    pusher: Pusher,
    clock: Arc<ManualClock>,
    keys: KeyRing,
    ends: Arc<Ends>,
    sent: mpsc::Receiver<Outgoing>,
    _folder: TempDir,
}

impl Story {
    /// At noon in Baku.
    async fn begin() -> Self {
        Self::at("2026-11-23T12:00:00+04:00", "").await
    }

    async fn at(moment: &str, profile: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(moment.parse().unwrap()));
        let entropy = Arc::new(SeededEntropy::new(7));
        let keys = KeyRing::new(1, &Key::generate(&*entropy));
        let file = SqliteFile::open(&folder.path().join("gateway.db"), IN_SQLITE).await.unwrap();
        let store = Arc::new(GatewayStore::new(file, keys.clone(), entropy.clone(), clock.clone()));
        let (document, found) = dayaq_author::parse("operator.toml", profile);
        let profile = read_profile(&document, &found).unwrap();
        assert_eq!(found.to_string(), "");
        let (bind, sent) = BindHandle::standing("azercell/1", profile.link.window);
        let sender = Sender::new(&profile).unwrap();
        let ends = Arc::<Ends>::default();
        let pusher = Pusher {
            core: ends.clone(),
            store,
            routes: vec![Route { operator: OPERATOR.to_owned(), binds: vec![bind], link: profile.link, sender }],
            clock: clock.clone(),
            entropy,
            wake: Arc::default(),
            hours: Hours::default(),
            poll: Duration::from_secs(1),
            flights: BTreeMap::new(),
            owed: Owed::default(),
        };
        Self { pusher, clock, keys, ends, sent, _folder: folder }
    }

    fn phone(&self, n: u64) -> (Msisdn, SubscriberKey) {
        let msisdn = Msisdn::parse(&format!("+{}", 994_501_234_567 + n)).unwrap();
        (msisdn, SubscriberKey::of(&self.keys, &msisdn))
    }

    /// Adds a text of that class, whose words are its number, as those who write texts do.
    async fn add(&self, number: u128, phone: u64, class: NoticeClass) {
        let (msisdn, subscriber) = self.phone(phone);
        let words = number.to_string();
        let segments = self.pusher.routes[0].sender.cut(&words, Uuid::from_u128(number)).unwrap();
        let not_before = self.pusher.hours.earliest(class, self.clock.now());
        let text = NewText {
            id: Uuid::from_u128(number),
            core_fence: 1,
            subscriber,
            msisdn,
            class,
            operator: OPERATOR.to_owned(),
            language: Language::Az,
            notice: Pii::new("granted".to_owned()),
            matters: true,
            question: false,
            words: Pii::new(words),
            segments: segments.iter().map(|body| Pii::new(body.encode())).collect(),
            not_before,
            expires_at: not_before + validity::of(class),
        };
        assert!(self.pusher.store.add_text(&text).await.unwrap());
    }

    async fn outcome(&self, number: u128, phone: u64) {
        self.add(number, phone, NoticeClass::Outcome).await;
    }

    async fn reply(&self, number: u128, phone: u64) {
        self.add(number, phone, NoticeClass::Reply).await;
    }

    /// One look of the pusher; gives what it sent.
    async fn pass(&mut self) -> Vec<Outgoing> {
        self.pusher.pass().await.unwrap();
        std::iter::from_fn(|| self.sent.try_recv().ok()).collect()
    }

    /// One look; gives the words of what was sent.
    async fn words(&mut self) -> Vec<String> {
        self.pass().await.into_iter().map(|sent| String::from_utf8(sent.message.short_message).unwrap()).collect()
    }

    async fn answer(&mut self, number: u128, status: CommandStatus) {
        let message_id = status.is_ok().then(|| format!("id-{number}"));
        self.settle(number, Outcome::Answered { status, message_id }).await;
    }

    async fn settle(&mut self, number: u128, outcome: Outcome) {
        let flight = self.pusher.flights.values().find(|flight| flight.segment.ticket.text == Uuid::from_u128(number));
        let ticket = flight.expect("it is under way").segment.ticket;
        self.pusher.settle_all(vec![(ticket, outcome)]).await;
    }

    async fn row(&self, number: u128, phone: u64) -> SegmentView {
        let texts = self.pusher.store.texts_of(&self.phone(phone).1, 100).await.unwrap();
        let text = texts.into_iter().find(|text| text.id == Uuid::from_u128(number)).unwrap();
        text.segments.into_iter().next().unwrap()
    }

    fn ends(&self) -> Vec<NoticeOutcome> {
        self.ends.0.lock().unwrap().clone()
    }

    fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Answers the one text under way in the same manner until it is given up; gives the waits between the tries.
    async fn persist(&mut self, number: u128, phone: u64, status: CommandStatus) -> Vec<Duration> {
        let mut waits = Vec::new();
        let mut last = self.clock.now();
        while waits.len() < 2000 {
            if !self.words().await.is_empty() {
                waits.push(Duration::try_from(self.clock.now().duration_since(last)).unwrap());
                last = self.clock.now();
                self.answer(number, status).await;
            }
            let row = self.row(number, phone).await;
            if row.state != SegmentState::Queued {
                return waits.split_off(1);
            }
            // A throttled bind lets nothing out for a second; here no bind does that.
            self.clock.advance_to(row.next_at.max(last + Duration::from_secs(1)));
        }
        panic!("it is tried for ever");
    }
}

#[tokio::test]
async fn a13_a_throttled_segment_burns_no_try_and_goes_before_those_after_it() {
    let mut story = Story::begin().await;
    for number in 1..=3 {
        story.outcome(number, number as u64).await;
    }
    assert_eq!(story.words().await, ["1", "2", "3"]);
    story.answer(1, CommandStatus::ROK).await;
    story.outcome(4, 4).await;
    for _ in 0..20 {
        story.answer(2, CommandStatus::RTHROTTLED).await;
        story.settle(3, Outcome::Unsent).await;
        story.wait(Duration::from_secs(1));
        assert_eq!(story.words().await, ["2", "3", "4"]);
        story.settle(4, Outcome::Unsent).await;
    }
    assert_eq!(story.row(2, 2).await.tries, 0);
    story.answer(2, CommandStatus::ROK).await;
    assert_eq!(story.row(2, 2).await.state, SegmentState::Sent);
}

#[tokio::test]
async fn a14_a_full_queue_delays_that_phone_for_three_minutes_and_no_other() {
    let mut story = Story::begin().await;
    story.outcome(1, 1).await;
    story.outcome(2, 2).await;
    assert_eq!(story.words().await, ["1", "2"]);
    story.answer(1, CommandStatus::RMSGQFUL).await;
    story.answer(2, CommandStatus::ROK).await;
    story.outcome(3, 1).await;
    story.outcome(4, 2).await;
    assert_eq!(story.words().await, ["4"], "a new text to the full phone waits behind the old one");
    story.wait(Duration::from_secs(179));
    assert_eq!(story.words().await, Vec::<String>::new());
    story.wait(Duration::from_secs(1 + 45));
    assert_eq!(story.words().await, ["1", "3"]);
    assert_eq!(story.row(1, 1).await.tries, 0);
}

#[tokio::test]
async fn a15_a_temporary_refusal_is_retried_until_the_text_expires() {
    let mut story = Story::begin().await;
    story.pusher.hours = Hours::Always;
    story.outcome(1, 1).await;
    let waits = story.persist(1, 1, CommandStatus::RSYSERR).await;
    for (wait, base) in waits.iter().zip([5, 30, 120, 600, 3600, 3600, 3600]) {
        let (least, most) = (Duration::from_secs(base), Duration::from_secs(base).mul_f64(1.25));
        assert!((least..=most).contains(wait), "{waits:?}");
    }
    let total: Duration = waits.iter().sum();
    assert!(total <= 72 * HOUR && total > 70 * HOUR, "{total:?}");
    let row = story.row(1, 1).await;
    assert_eq!((row.state, row.cause.as_deref()), (SegmentState::Expired, Some("RSYSERR (0x08)")));
    story.pass().await;
    assert_eq!(story.ends(), [NoticeOutcome::Dead { cause: "expired".to_owned() }]);
}

#[tokio::test]
async fn a15_a18_a_refusal_that_may_be_final_is_tried_three_times() {
    let statuses = [CommandStatus::RSUBMITFAIL, CommandStatus::RUNKNOWNERR, CommandStatus(0x4AB)];
    for status in statuses {
        let mut story = Story::begin().await;
        story.outcome(1, 1).await;
        let waits = story.persist(1, 1, status).await;
        assert_eq!(waits.len(), 2, "{status}");
        let row = story.row(1, 1).await;
        assert_eq!((row.state, row.tries, row.cause), (SegmentState::Dead, 3, Some(status.to_string())));
        story.pass().await;
        assert_eq!(story.ends(), [NoticeOutcome::Dead { cause: status.to_string() }]);
    }
}

#[tokio::test]
async fn a16_told_that_we_are_not_bound_it_is_tried_once_more() {
    let mut story = Story::begin().await;
    story.outcome(1, 1).await;
    story.outcome(2, 2).await;
    assert_eq!(story.words().await, ["1", "2"]);
    for number in [1, 2] {
        story.answer(number, CommandStatus::RINVBNDSTS).await;
    }
    assert_eq!(story.words().await, ["1", "2"], "nothing is lost");
    story.answer(1, CommandStatus::ROK).await;
    story.answer(2, CommandStatus::RINVBNDSTS).await;
    assert_eq!(story.row(1, 1).await.state, SegmentState::Sent);
    assert_eq!(story.row(2, 2).await.state, SegmentState::Dead);
}

#[tokio::test]
async fn a17_a_final_refusal_is_a_dead_letter_after_one_try() {
    let bad_data_coding = CommandStatus(0x104);
    for status in [CommandStatus::RINVDSTADR, bad_data_coding, CommandStatus::RX_P_APPN, CommandStatus::RX_R_APPN] {
        let mut story = Story::begin().await;
        story.outcome(1, 1).await;
        assert_eq!(story.persist(1, 1, status).await, Vec::<Duration>::new());
        let row = story.row(1, 1).await;
        assert_eq!((row.state, row.tries, row.cause), (SegmentState::Dead, 1, Some(status.to_string())));
        story.pass().await;
        assert_eq!(story.ends(), [NoticeOutcome::Dead { cause: status.to_string() }]);
    }
}

#[tokio::test]
async fn a11_a_nacked_segment_is_a_dead_letter() {
    let mut story = Story::begin().await;
    story.outcome(1, 1).await;
    assert_eq!(story.words().await, ["1"]);
    story.settle(1, Outcome::Nacked(CommandStatus::RINVCMDLEN)).await;
    story.wait(72 * HOUR);
    assert_eq!(story.words().await, Vec::<String>::new());
    assert_eq!(story.ends(), [NoticeOutcome::Dead { cause: "nack RINVCMDLEN (0x02)".to_owned() }]);
}

#[tokio::test]
async fn i6_nothing_is_tried_for_ever_whatever_the_operator_says() {
    for status in [CommandStatus::RTHROTTLED, CommandStatus::RMSGQFUL, CommandStatus::RX_T_APPN] {
        let mut story = Story::begin().await;
        let (msisdn, subscriber) = story.phone(1);
        let reply = Reply {
            id: Uuid::from_u128(1),
            subscriber,
            msisdn,
            service: dayaq_smpp::Address::new(0, 1, "7142").unwrap(),
            operator: OPERATOR,
            language: Language::Az,
            words: "1",
            question: true,
        };
        let text = story.pusher.routes[0].sender.reply(&reply, story.clock.now()).unwrap();
        assert!(story.pusher.store.add_text(&text).await.unwrap());
        let begun = story.clock.now();
        let mut tries = 0;
        while story.row(1, 1).await.state == SegmentState::Queued {
            if !story.words().await.is_empty() {
                tries += 1;
                story.answer(1, status).await;
            }
            story.wait(Duration::from_secs(60));
        }
        assert!(tries > 3, "{status}: {tries}");
        assert_eq!(story.row(1, 1).await.state, SegmentState::Expired, "{status}");
        assert!(story.clock.now() <= begun + HOUR + Duration::from_secs(120), "{status}");
    }
}

#[tokio::test]
async fn i6_the_smsc_is_told_how_long_a_text_is_valid_where_the_profile_says_so() {
    for (profile, expected) in [("[sms]\nvalidity_period = true\n", &b"000002230000000R"[..]), ("", b"")] {
        let mut story = Story::at("2026-11-23T12:00:00+04:00", profile).await;
        story.outcome(1, 1).await;
        story.wait(HOUR);
        let sent = story.pass().await;
        assert_eq!(sent[0].message.validity_period.as_bytes(), expected);
    }
}

#[tokio::test]
async fn i4_in_the_night_replies_go_and_notices_wait_for_nine_in_their_order() {
    let mut story = Story::at("2026-11-23T20:59:50+04:00", "").await;
    story.outcome(1, 1).await;
    assert_eq!(story.words().await, ["1"]);
    story.answer(1, CommandStatus::RSYSERR).await;
    story.outcome(2, 2).await;
    story.wait(Duration::from_secs(30));
    story.outcome(3, 3).await;
    story.reply(4, 4).await;
    assert_eq!(story.words().await, ["4"], "what was due before nine in the evening and did not go waits, too");
    let opens: jiff::Timestamp = "2026-11-24T09:00:00+04:00".parse().unwrap();
    story.answer(4, CommandStatus::ROK).await;
    assert_eq!(story.pusher.store.texts_due().await.unwrap(), Some(opens));
    story.wait(11 * HOUR);
    assert_eq!(story.words().await, Vec::<String>::new());
    story.clock.advance_to(opens);
    story.reply(5, 5).await;
    assert_eq!(story.words().await, ["5", "1", "2", "3"], "a reply overtakes");
}

/// The operator has taken a text and the store does not take that: it is kept and stored later, and the text is never
/// sent again for that.
#[tokio::test]
async fn d16_an_outcome_that_cannot_be_stored_is_stored_later_and_never_sent_again_for_that() {
    let mut story = Story::begin().await;
    story.pusher.hours = Hours::Always;
    for number in [1, 2] {
        story.outcome(number, number as u64).await;
    }
    assert_eq!(story.words().await, ["1", "2"]);
    let path = story._folder.path().join("gateway.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut aside = sqlx::ConnectOptions::connect(&options).await.unwrap();
    let mut ask = async |sql: &'static str| sqlx::raw_sql(sql).execute(&mut aside).await.unwrap();
    ask("CREATE TRIGGER broken BEFORE UPDATE OF message_id ON text_attempts BEGIN SELECT RAISE(ABORT, 'broken'); END")
        .await;
    story.answer(1, CommandStatus::ROK).await;
    story.answer(2, CommandStatus::ROK).await;
    // For a while longer than any lease: the attempt counts as in doubt and the resend is due, and it does not go.
    for _ in 0..200 {
        story.wait(Duration::from_secs(3));
        assert_eq!(story.words().await, Vec::<String>::new());
    }
    assert_eq!(story.ends(), []);
    ask("DROP TRIGGER broken").await;
    story.wait(Duration::from_secs(6));
    assert_eq!(story.words().await, Vec::<String>::new());
    for number in [1, 2] {
        assert_eq!(story.row(number, number as u64).await.state, SegmentState::Sent);
    }
    assert_eq!(story.pusher.store.open_segments().await.unwrap(), 0);
    let sent = story.ends().iter().filter(|end| matches!(end, NoticeOutcome::Sent { .. })).count();
    assert_eq!(sent, 2, "{:?}", story.ends());
    assert!(story.pusher.flights.is_empty());
}
