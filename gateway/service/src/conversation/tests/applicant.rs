//! A family's application on sessions in a real Redis, question by question, and what may happen to the store meanwhile.

use super::world::{Phone, Said, World, content};
use crate::conversation::Conversations;
use crate::store::{RedisSessions, SessionBackend, SubscriberKey};
use dayaq_dialog::{Form, Language, neutral_end};
use dayaq_redis::RedisNode;
use dayaq_smpp::ShortMessage;
use dayaq_smpp::ussd::UssdEvent;
use std::sync::Arc;
use std::time::Duration;

/// A time limit that no busy machine reaches.
pub const PATIENT: Duration = Duration::from_secs(10);
/// What is typed, from the choice of the language to the last question before the review.
pub const ANSWERS: [&str; 15] =
    ["1", "1", "1", "1", "5AKT9X2", "1", "12345678", "4711", "7B3C8D1", "2", "2", "qub", "1", "1", "2"];
/// The first answer after which there is something to continue.
pub const DRAFT_FROM: usize = 4;

/// What who has no draft hears: sorry, once more, and the menu.
pub const SORRY: &str = "Üzr istəyirik, yenidən:\nÜnvanlı yardım\n1 Yeni müraciət\n";

/// A gateway whose sessions are in a Redis.
pub struct Desk {
    pub world: World,
    pub gateway: Arc<Conversations>,
}

/// What a phone that nothing happens to sees after so many answers, and the version of its kept draft by then.
pub struct Undisturbed {
    screens: Vec<String>,
    kept: Vec<u64>,
}

/// What stood after an answer.
pub struct Point {
    pub screen: String,
    /// The session in Redis, as a copy of it would have it.
    pub session: Vec<u8>,
    /// How many sections of the draft were in safe keeping.
    pub kept: u64,
}

impl Desk {
    pub async fn at(url: &str, profile: &'static str) -> Self {
        let backend = Arc::new(RedisSessions::open(url, PATIENT).unwrap());
        backend.connected().await;
        Self::on(profile, backend).await
    }

    pub async fn on(profile: &'static str, backend: Arc<dyn SessionBackend>) -> Self {
        let world = World::over(profile, backend).await;
        let gateway = world.gateway();
        Self { world, gateway }
    }

    /// The gateway is replaced by one that remembers nothing.
    pub fn restart(&mut self) {
        self.gateway = self.world.gateway();
    }

    pub fn phone(&self, number: u64) -> Phone<'_> {
        self.world.phone(number, number % 100 + 1)
    }

    pub async fn deliver(&self, message: ShortMessage) -> Said {
        self.world.deliver_to(&self.gateway, message).await
    }

    /// Dials in a new radio session.
    pub async fn dial(&self, phone: &mut Phone<'_>) -> (String, bool) {
        (phone.session, phone.sequence) = (phone.session + 1, 0);
        shown(&self.deliver(phone.message(UssdEvent::Begin, "*7142#")).await)
    }

    pub async fn send(&self, phone: &mut Phone<'_>, typed: &str) -> (String, bool) {
        phone.sequence += 1;
        shown(&self.deliver(phone.message(UssdEvent::Continue, typed)).await)
    }

    /// Dials and answers so many questions; gives what stood after the dial and after each answer.
    pub async fn apply(&self, redis: &RedisNode, phone: &mut Phone<'_>, answers: usize) -> Vec<Point> {
        let (screen, _) = self.dial(phone).await;
        let mut points = vec![self.point(redis, phone, screen).await];
        for typed in &ANSWERS[..answers] {
            let (screen, ends) = self.send(phone, typed).await;
            assert!(!ends, "{screen}");
            points.push(self.point(redis, phone, screen).await);
        }
        points
    }

    async fn point(&self, redis: &RedisNode, phone: &Phone<'_>, screen: String) -> Point {
        let key = self.world.key(phone.number);
        let kept = self.world.store().kept_draft(&key).await.unwrap();
        let session = redis.ask(&["DUMP", &name(&key)]).await;
        Point { screen, session, kept: kept.map_or(0, |kept| kept.version) }
    }

    /// Walks to the review by another phone.
    pub async fn undisturbed(&self, number: u64) -> Undisturbed {
        let mut phone = self.phone(number);
        let mut seen = Undisturbed { screens: vec![self.dial(&mut phone).await.0], kept: vec![0] };
        for typed in ANSWERS {
            seen.screens.push(self.send(&mut phone, typed).await.0);
            let draft = self.world.store().kept_draft(&self.world.key(number)).await.unwrap();
            seen.kept.push(draft.map_or(0, |draft| draft.version));
        }
        seen
    }

    /// What is heard to the answer after so many, by a phone whose session nobody reads: it is let go politely, or told at
    /// once, and goes on at its last finished section to the end; without one it begins anew.
    pub async fn goes_on_unread(
        &self,
        phone: &mut Phone<'_>,
        (mut screen, ends): (String, bool),
        at: usize,
        seen: &Undisturbed,
        what: &str,
    ) {
        let Undisturbed { screens, kept } = seen;
        let section = kept.iter().position(|of| *of == kept[at]).unwrap();
        if ends {
            assert_eq!(screen, neutral_end(&content().1, Some(Language::Az), Form::Proper), "{what}: it is let go");
            screen = self.dial(phone).await.0;
            if kept[at] > 0 {
                assert!(screen.contains("1 Davam et"), "{what}: {screen}");
                screen = self.send(phone, "1").await.0;
            }
        }
        if kept[at] == 0 {
            let anew = screens[..2].contains(&screen) || screen.starts_with(SORRY);
            assert!(anew, "{what}: it begins anew: {screen}");
            return;
        }
        assert_eq!(screen, screens[section], "{what}, after {at}: the last finished section");
        self.finish(phone, screen, section).await;
    }

    /// Answers everything from the question that stands after so many answers, sends the application off, and gives the
    /// last screen.
    pub async fn finish(&self, phone: &mut Phone<'_>, screen: String, from: usize) -> String {
        let mut screen = screen;
        for typed in &ANSWERS[from..] {
            screen = self.send(phone, typed).await.0;
        }
        assert!(screen.contains("5AKT9X2, AZE 12345678"), "the review: {screen}");
        for _ in 0..4 {
            if screen.contains("98 ") {
                screen = self.send(phone, "98").await.0;
            }
        }
        let (screen, ends) = self.send(phone, "1").await;
        assert!(ends && screen.contains("26-0000001-1"), "{screen}");
        screen
    }
}

/// The one screen, and whether it is the last.
pub fn shown(said: &Said) -> (String, bool) {
    let (screen, ends) = said.screen();
    (screen.to_owned(), ends)
}

/// Under what a phone's session is found.
pub fn name(key: &SubscriberKey) -> String {
    format!("dayaq:{{{}}}:s", key.hex())
}

/// Puts a session back as a copy has it.
pub async fn put_back(redis: &RedisNode, key: &SubscriberKey, session: &[u8]) {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut command = redis::cmd("RESTORE");
    command.arg(name(key)).arg(3_600_000).arg(session).arg("REPLACE");
    let _: String = command.query_async(&mut connection).await.unwrap();
}

/// How many answers the draft in safe keeping had, when so many were given.
pub fn section_of(points: &[Point], answers: usize) -> usize {
    let kept = points[answers].kept;
    points.iter().position(|point| point.kept == kept).unwrap()
}

/// After how many answers a question was asked, of those that come into question.
pub fn question(points: &[Point], screen: &str, least: usize) -> usize {
    let found = points.iter().enumerate().skip(least).find(|(_, point)| point.screen == screen);
    found.unwrap_or_else(|| panic!("no question from {least} on is {screen:?}")).0
}

/// Every case where all are asked for (DAYAQ_FULL=1), else so many of them.
pub fn cases(most: usize) -> usize {
    if std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1") { usize::MAX } else { most }
}
