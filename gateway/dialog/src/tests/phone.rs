use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    Book, DRAFT_KEPT, Effect, Form, Input, Language, Moment, News, Outcome, Record, Session, Surface, Value, step,
};

/// A handset in memory: it dials, answers, and shows what came back.
pub(super) struct Phone<'b> {
    book: &'b Book,
    pub session: Session,
    pub surface: Surface,
    pub now: Timestamp,
    pub draft_kept: SignedDuration,
    /// What did not arrive, for whoever asks.
    pub news: Vec<News>,
    pub screen: String,
    pub ended: bool,
    pub effects: Vec<Effect>,
    drafts: usize,
}

impl<'b> Phone<'b> {
    pub fn new(book: &'b Book) -> Self {
        let now = Timestamp::UNIX_EPOCH;
        Phone {
            book,
            session: Session::new("draft-0", None, book, now),
            surface: Surface::ussd(Form::Proper),
            now,
            draft_kept: DRAFT_KEPT,
            news: Vec::new(),
            screen: String::new(),
            ended: false,
            effects: Vec::new(),
            drafts: 0,
        }
    }

    pub fn speaking(book: &'b Book, language: Language) -> Self {
        let session = Session::new("draft-0", Some(language), book, Timestamp::UNIX_EPOCH);
        Phone { session, ..Self::new(book) }
    }

    pub fn dial(&mut self, dialled: &str) -> &mut Self {
        self.happens(Input::Open { dialled })
    }

    pub fn send(&mut self, text: &str) -> &mut Self {
        self.happens(Input::Text(text))
    }

    pub fn send_all(&mut self, texts: &[&str]) -> &mut Self {
        for text in texts {
            self.send(text);
        }
        self
    }

    /// Leafs on to the page that shows this.
    #[track_caller]
    pub fn leaf_to(&mut self, part: &str) -> &mut Self {
        while !self.screen.contains(part) && self.screen.contains("98 ") {
            self.send("98");
        }
        self.expect(part)
    }

    /// Looks over the whole review and sends the application off.
    #[track_caller]
    pub fn confirm(&mut self) -> &mut Self {
        self.leaf_to("1 Göndər").send("1")
    }

    pub fn hang_up(&mut self) -> &mut Self {
        self.happens(Input::Aborted)
    }

    pub fn wait(&mut self, hours: i64) -> &mut Self {
        self.now += SignedDuration::from_hours(hours);
        self
    }

    pub fn call(&self) -> (String, String, BTreeMap<String, Value>) {
        self.effects
            .iter()
            .find_map(|effect| match effect {
                Effect::Call { id, operation, args, .. } => Some((id.clone(), operation.clone(), args.clone())),
                _ => None,
            })
            .expect("a call")
    }

    pub fn calls(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Call { .. }))
    }

    pub fn outcome(&mut self, name: &str, values: &[(&str, Value)]) -> &mut Self {
        let (id, _, _) = self.call();
        let values: Record = values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        self.happens(Input::Called { id: &id, outcome: Outcome { name: name.to_owned(), values } })
    }

    pub fn happens(&mut self, input: Input<'_>) -> &mut Self {
        // A stored session is all that a step may depend on.
        let stored = serde_json::to_string(&self.session).expect("stored");
        let session = serde_json::from_str(&stored).expect("loaded");
        self.drafts += 1;
        let fresh_draft = format!("draft-{}", self.drafts);
        let moment = Moment {
            surface: &self.surface,
            now: self.now,
            fresh_draft: &fresh_draft,
            draft_kept: self.draft_kept,
            news: &self.news,
        };
        let done = step(self.book, session, input, &moment);
        self.session = done.session;
        self.effects = done.effects;
        for effect in &self.effects {
            if let Effect::Reply { text, ends } = effect {
                assert!(self.surface.fits(text), "does not fit: {text}");
                self.screen.clone_from(text);
                self.ended = *ends;
            }
        }
        self
    }

    #[track_caller]
    pub fn expect(&mut self, part: &str) -> &mut Self {
        assert!(self.screen.contains(part), "expected {part:?} on the screen:\n{}", self.screen);
        self
    }

    #[track_caller]
    pub fn refute(&mut self, part: &str) -> &mut Self {
        assert!(!self.screen.contains(part), "{part:?} should not be on the screen:\n{}", self.screen);
        self
    }

    #[track_caller]
    pub fn ends(&mut self) -> &mut Self {
        assert!(self.ended, "the phone was not let go:\n{}", self.screen);
        assert!(self.effects.contains(&Effect::Ended));
        self
    }
}
