//! C03: a failover that loses the last writes: nothing that a phone was told is lost, and it is asked one question again.

use crate::family::ALONE;
use crate::redis_failover::behind;
use crate::stage::{Phone, Setting, Stage, eventually};
use crate::walker::{number_of, own};
use dayaq_redis::{RedisNode, Sentinels};
use dayaq_simulator::Screen;
use dayaq_types::{Clock, SystemClock};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::task::block_in_place;

/// People in the middle of an application; each has given one answer more than the one before.
const PEOPLE: usize = 8;
/// The first of them has given so many, and has a draft.
const FIRST: usize = 6;
/// For so long the replicas stand still before the master dies.
const PAUSE: Duration = Duration::from_millis(500);
/// Between a person's attempts while nothing goes.
const AGAIN: Duration = Duration::from_millis(500);

/// A person, and what its phone has shown after so many answers.
struct Person {
    number: usize,
    phone: Phone,
    shown: Vec<String>,
}

impl Person {
    /// Is in the middle of an application.
    async fn begins(number: usize, phone: Phone) -> Self {
        let mut person = Self { number, shown: vec![phone.dial().await.text], phone };
        for _ in 0..FIRST + number {
            person = person.answers().await;
        }
        person
    }

    fn answer(&self) -> String {
        own(self.number, ALONE.answers[self.shown.len() - 1].0)
    }

    /// What the screen after the answer says.
    fn says(&self) -> String {
        own(self.number, ALONE.answers[self.shown.len() - 1].1)
    }

    /// Answers, and is shown the next question.
    async fn answers(mut self) -> Self {
        let seen = self.phone.send(&self.answer()).await;
        seen.says(&self.says());
        self.shown.push(seen.text);
        self
    }

    /// Answers after the failover, dials where it is let go, and finds a question. Gives how many are asked again, too.
    async fn finds_its_place(mut self) -> (Self, usize) {
        let mut heard = self.phone.0.send(&self.answer()).await;
        let screen = loop {
            match heard {
                Ok(Screen { text, more: true, .. }) if text.contains(ALONE.go_on) => {
                    heard = self.phone.0.send("1").await;
                }
                Ok(Screen { text, more: true, .. }) => break text,
                Ok(_) | Err(_) => {
                    tokio::time::sleep(AGAIN).await;
                    heard = self.phone.0.dial("*7142#").await;
                }
            }
        };
        let given = self.shown.len() - 1;
        if screen.contains(&self.says()) && !self.shown.contains(&screen) {
            self.shown.push(screen);
            return (self, 0);
        }
        let back = self.shown.iter().rposition(|shown| *shown == screen);
        let back = back.unwrap_or_else(|| panic!("person {} has never seen\n{screen}", self.number));
        self.shown.truncate(back + 1);
        (self, given - back)
    }

    /// Answers what is left, and hands in.
    async fn finishes(mut self) -> String {
        while self.shown.len() <= ALONE.answers.len() {
            self = self.answers().await;
        }
        let mut screen = self.shown.pop().expect("the review");
        while !screen.contains(ALONE.confirm) {
            screen = self.phone.send("98").await.text;
        }
        self.phone.send("1").await.says(ALONE.registered).ends().reference()
    }
}

/// Does all of it at the same time.
async fn at_once<T: Send + 'static>(works: impl IntoIterator<Item: Future<Output = T> + Send + 'static>) -> Vec<T> {
    let mut done = Vec::new();
    for work in works.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
        done.push(work.await.expect("no panic"));
    }
    done
}

/// The number of each session, which counts its writes, as that server has it.
async fn sessions(server: &RedisNode) -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    let keys: Vec<String> = server.ask(&["KEYS", "dayaq:*:s"]).await;
    // What a look at readiness leaves for a moment is none.
    for key in keys.into_iter().filter(|key| !key.contains("{ready}")) {
        let number: Option<String> = server.ask(&["HGET", &key, "n"]).await;
        numbers.extend(number.map(|number| (key, number)));
    }
    numbers
}

/// The replicas stand still for a moment. Meanwhile one person hands in and is told the number, and others each give an
/// answer and are shown the next question. Then the master is killed, and a replica that has heard nothing of it takes over.
#[tokio::test(flavor = "multi_thread")]
async fn c03_a_failover_that_loses_the_last_writes_repeats_one_question_and_loses_nothing_that_was_told() {
    let mut all = Sentinels::up().await;
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.keep_sessions(&behind(&all));
    stage.start().await;
    let last = stage.phone(ALONE.number);
    ALONE.until_confirm(&last).await;
    let begins = |number| Person::begins(number, stage.phone(&number_of(number)));
    let people = at_once((0..PEOPLE).map(begins)).await;
    let reign = loop {
        let reign = all.settled().await;
        if all.have_heard(reign).await {
            break reign;
        }
    };
    let (clock, master) = (SystemClock::new(), &all.servers[reign.master]);
    let replicated = sessions(master).await;
    let paused = clock.monotonic();
    let replicas = || all.servers.iter().enumerate().filter(|(at, _)| *at != reign.master).map(|(_, server)| server);
    replicas().for_each(RedisNode::freeze);
    let _: i64 = master.ask(&["CLIENT", "KILL", "TYPE", "replica"]).await;
    let told = last.send("1").await.says(ALONE.registered).ends().reference();
    let people = at_once(people.into_iter().map(Person::answers)).await;
    // Whoever thinks for as long as the replicas stand still gives one answer meanwhile.
    tokio::time::sleep(PAUSE.saturating_sub(clock.monotonic() - paused)).await;
    let at_death = sessions(master).await;
    block_in_place(|| all.servers[reign.master].kill());
    let paused = clock.monotonic() - paused;
    let replicas = || all.servers.iter().enumerate().filter(|(at, _)| *at != reign.master).map(|(_, server)| server);
    let mut survived = Vec::new();
    for replica in replicas() {
        replica.thaw();
        survived.push(sessions(replica).await);
    }
    let lost =
        |now: &BTreeMap<String, String>| at_death.iter().filter(|(key, number)| now.get(*key) != Some(number)).count();
    assert!(survived.iter().all(|of| lost(of) > PEOPLE), "the last write of each is lost: {at_death:?}, {survived:?}");
    assert!(survived.iter().all(|of| of.len() == replicated.len()), "and those before it are there");
    all.promoted(reign.master).await;
    let placed = at_once(people.into_iter().map(Person::finds_its_place)).await;
    let (people, repeated): (Vec<Person>, Vec<usize>) = placed.into_iter().unzip();
    let noticed = stage.metric("dayaq_sessions_revived_total").await;
    println!(
        "the replicas stood still for {paused:?}; {} sessions lost their last write, {noticed} were noticed, {repeated:?} \
         questions were asked again",
        lost(&survived[0])
    );
    assert!(repeated.iter().all(|repeated| *repeated <= 1), "{repeated:?}");
    assert!(repeated.contains(&1), "something was lost");
    // Who was told the number has handed in, whatever the session says that came back.
    let seen = eventually("it is served", async || {
        let seen = last.0.dial("*7142#").await.ok()?;
        seen.more.then_some(seen.text)
    })
    .await;
    assert!(seen.contains(ALONE.menu) && !seen.contains(ALONE.go_on), "{seen}");
    let mut references: BTreeSet<String> =
        at_once(people.into_iter().map(Person::finishes)).await.into_iter().collect();
    references.insert(told);
    assert_eq!(references.len(), PEOPLE + 1, "one number each");
    assert_eq!(
        stage.references().await.into_iter().collect::<BTreeSet<_>>(),
        references,
        "what was told is what is kept"
    );
    assert_eq!(stage.metric("dayaq_smpp_links_lost_total").await, 0.0, "the link did not suffer");
    stage.assert_sound().await;
}
