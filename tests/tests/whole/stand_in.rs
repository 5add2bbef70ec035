//! A core that does as it is told, behind the gateway's port: slow, away, refusing; and the gateway in front of it.

use crate::far_line::{self, FarLine};
use async_trait::async_trait;
use dayaq_core_api::{
    Caller, Complete, CompleteReply, Core, CoreError, ExistingReply, Explain, ExplainReply, Finished, LeasedNotice,
    PickupReply, StatusReply, Submit, SubmitReply,
};
use dayaq_dialog::Book;
use dayaq_gateway::config::{Environment, GatewayConfig, Surroundings};
use dayaq_gateway::content::{ContentFiles, compile_book};
use dayaq_gateway::store::Stores;
use dayaq_gateway::{Gateway, GatewayParts};
use dayaq_simulator::{Smsc, SmscConfig};
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{SeededEntropy, SystemClock, SystemEntropy};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use uuid::Uuid;

/// How the core is on this day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Answers at once.
    #[default]
    Well,
    /// Takes the request and never answers in a phone's time.
    Slow,
    /// Cannot answer.
    Away,
    /// Calls the request invalid.
    Refusing,
    /// Knows the application already.
    Knowing,
}

/// The stand-in.
#[derive(Default)]
pub struct StandIn {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    mood: Mood,
    /// How often each draft was handed in.
    submitted: BTreeMap<Uuid, u32>,
    /// The drafts for which it was asked, whatever it answered, in their order.
    asked: Vec<Uuid>,
    /// How often each number given alone came.
    completed: BTreeMap<Uuid, u32>,
    /// What the phone has already.
    existing: Option<ExistingReply>,
    /// What becomes of a number given alone, where it is not registered.
    completes: Option<CompleteReply>,
    notices: Vec<LeasedNotice>,
    /// So many leases are still to panic.
    lease_panics: u32,
    /// Whoever asks how it stands with his application brings the core down.
    status_panics: bool,
    /// Whoever hands this draft in brings the core down, and how often that was.
    poison: Option<(Uuid, u32)>,
    finished: Vec<Finished>,
}

impl StandIn {
    pub fn be(&self, mood: Mood) {
        self.state.lock().expect("no test panics in it").mood = mood;
    }

    /// The drafts for which it was asked, whatever it answered, in their order.
    pub fn asked(&self) -> Vec<Uuid> {
        self.state.lock().expect("no test panics in it").asked.clone()
    }

    /// Panics at so many of the next leases.
    pub fn panic_at_leases(&self, times: u32) {
        self.state.lock().expect("no test panics in it").lease_panics = times;
    }

    /// Panics, or not, at each question how it stands.
    pub fn panic_at_status(&self, panics: bool) {
        self.state.lock().expect("no test panics in it").status_panics = panics;
    }

    /// Panics at each submission of that draft.
    pub fn poison(&self, draft: Uuid) {
        self.state.lock().expect("no test panics in it").poison = Some((draft, 0));
    }

    /// How often it panicked at that draft.
    pub fn poisoned(&self) -> u32 {
        self.state.lock().expect("no test panics in it").poison.map_or(0, |(_, times)| times)
    }

    /// How often each draft was handed in.
    pub fn submitted(&self) -> BTreeMap<Uuid, u32> {
        self.state.lock().expect("no test panics in it").submitted.clone()
    }

    /// How often each draft brought a number given alone.
    pub fn completed(&self) -> BTreeMap<Uuid, u32> {
        self.state.lock().expect("no test panics in it").completed.clone()
    }

    /// Has this application for whoever asks, in every mood but those that do not answer.
    pub fn has(&self, existing: ExistingReply) {
        self.state.lock().expect("no test panics in it").existing = Some(existing);
    }

    /// Says this of a number given alone.
    pub fn completes(&self, reply: CompleteReply) {
        self.state.lock().expect("no test panics in it").completes = Some(reply);
    }

    /// Hands out a notice at the next lease.
    pub fn tell(&self, notice: LeasedNotice) {
        self.state.lock().expect("no test panics in it").notices.push(notice);
    }

    /// What became of the notices.
    pub fn finished(&self) -> Vec<Finished> {
        self.state.lock().expect("no test panics in it").finished.clone()
    }

    async fn answer<T>(&self, reply: T) -> Result<T, CoreError> {
        let mood = self.state.lock().expect("no test panics in it").mood;
        match mood {
            Mood::Well | Mood::Knowing => Ok(reply),
            Mood::Slow => std::future::pending().await,
            Mood::Away => Err(CoreError::Unavailable("away".to_owned())),
            Mood::Refusing => Err(CoreError::Invalid { field: "branch", why: "closed".to_owned() }),
        }
    }
}

#[async_trait]
impl Core for StandIn {
    async fn submit(&self, _: &Caller, submit: &Submit) -> Result<SubmitReply, CoreError> {
        let poisonous = {
            let mut state = self.state.lock().expect("no test panics in it");
            if !state.asked.contains(&submit.draft) {
                state.asked.push(submit.draft);
            }
            let poison = state.poison.as_mut().filter(|(draft, _)| *draft == submit.draft);
            poison.map(|(_, times)| *times += 1).is_some()
        };
        assert!(!poisonous, "poison");
        let day = jiff::civil::date(2026, 11, 23);
        let reply =
            SubmitReply::Registered { reference: "26-0000042-9".to_owned(), registered_on: day, decide_by: day };
        if self.state.lock().expect("no test panics in it").mood != Mood::Away {
            *self.state.lock().expect("no test panics in it").submitted.entry(submit.draft).or_default() += 1;
        }
        if self.state.lock().expect("no test panics in it").mood == Mood::Knowing {
            return Ok(SubmitReply::Already { reference: "26-0000041-1".to_owned(), registered_on: day });
        }
        self.answer(reply).await
    }

    async fn complete(&self, _: &Caller, complete: &Complete) -> Result<CompleteReply, CoreError> {
        let day = jiff::civil::date(2026, 11, 26);
        let reference = complete.reference.clone();
        let told = {
            let mut state = self.state.lock().expect("no test panics in it");
            if state.mood != Mood::Away {
                *state.completed.entry(complete.draft).or_default() += 1;
            }
            state.completes.clone()
        };
        self.answer(told.unwrap_or(CompleteReply::Registered { reference, registered_on: day, decide_by: day })).await
    }

    async fn existing(&self, _: &Caller) -> Result<ExistingReply, CoreError> {
        let existing = self.state.lock().expect("no test panics in it").existing.clone();
        self.answer(existing.unwrap_or(ExistingReply::None)).await
    }

    async fn status(&self, _: &Caller) -> Result<StatusReply, CoreError> {
        let panics = self.state.lock().expect("no test panics in it").status_panics;
        if panics {
            // Without a word to the log of the tests, which would take longer than many turns.
            std::panic::resume_unwind(Box::new("no status"));
        }
        self.answer(StatusReply::None).await
    }

    async fn explain(&self, _: &Caller, _: &Explain) -> Result<ExplainReply, CoreError> {
        self.answer(ExplainReply::None).await
    }

    async fn pickup(&self, _: &Caller, _: &Explain) -> Result<PickupReply, CoreError> {
        self.answer(PickupReply::None).await
    }

    async fn lease(&self, most: u32, _: Duration) -> Result<Vec<LeasedNotice>, CoreError> {
        let panics = {
            let mut state = self.state.lock().expect("no test panics in it");
            let left = state.lease_panics;
            state.lease_panics = left.saturating_sub(1);
            left > 0
        };
        assert!(!panics, "out of order");
        let mut state = self.state.lock().expect("no test panics in it");
        let most = state.notices.len().min(most as usize);
        Ok(state.notices.drain(..most).collect())
    }

    async fn finished(&self, finished: &Finished) -> Result<bool, CoreError> {
        self.state.lock().expect("no test panics in it").finished.push(finished.clone());
        Ok(true)
    }
}

/// The gateway in this process, an operator before it, a stand-in behind it.
pub struct House {
    pub smsc: Smsc,
    pub core: Arc<StandIn>,
    pub gateway: Gateway,
    _far: Option<FarLine>,
    _folder: tempfile::TempDir,
}

struct Files(ContentFiles);

impl Environment for Files {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

impl Surroundings for Files {
    fn file(&self, path: &str) -> Result<String, String> {
        let text = self.0.get(&format!("config/{path}")).ok_or("not there")?;
        // A phone's patience of a tenth of a second keeps the tests quick.
        Ok(text.replace("reply_budget_ms = 3000", "reply_budget_ms = 100"))
    }
}

/// The content of the tree, compiled once.
fn content() -> &'static (ContentFiles, Arc<Book>) {
    static CONTENT: OnceLock<(ContentFiles, Arc<Book>)> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let files = ContentFiles::from_folder(crate::program::root()).expect("the tree's content");
        let (book, found) = compile_book(&files);
        (files, Arc::new(book.unwrap_or_else(|| panic!("{found}"))))
    })
}

impl House {
    /// Starts everything; `more` is further configuration of the gateway.
    pub async fn up(more: &str) -> Self {
        Self::made(more, false).await
    }

    /// The same with the operator far away.
    pub async fn far(more: &str) -> Self {
        Self::made(more, true).await
    }

    async fn made(more: &str, far: bool) -> Self {
        let smsc = SmscConfig::default();
        let smsc = if far { far_line::operator(smsc) } else { smsc };
        let smsc = Smsc::start(smsc).await.expect("loopback has a free port");
        let far = if far { Some(FarLine::to(smsc.addr()).await) } else { None };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (files, book) = content();
        let text = format!(
            "[gateway]\ndatabase = \"{}\"\npoll_ms = 20\nnotice_hours = \"always\"\n{more}\n[http]\nlisten = \"127.0.0.1:0\"\n[[operator]]\nname = \"one\"\n\
             profile = \"operators/specification.toml\"\naddress = \"{}\"\nsystem_id = \"dayaq\"\npassword = \"secret\"\n",
            folder.path().join("gateway.sqlite").display(),
            far.as_ref().map_or(smsc.addr(), FarLine::addr)
        );
        let (document, found) = dayaq_author::parse("house.toml", &text);
        let config = {
            let root = document.root(&found);
            let config = GatewayConfig::read(&root, &Files(files.clone()), &found);
            root.finish();
            config
        };
        assert_eq!(found.to_string(), "");
        let core = Arc::new(StandIn::default());
        let config = config.expect("a configuration");
        let keys = KeyRing::new(1, &Key::generate(&SeededEntropy::new(1)));
        let stores = Stores::open(&config, keys.clone(), Arc::new(SystemEntropy), Arc::new(SystemClock::new()));
        let gateway = Gateway::start(GatewayParts {
            config: config.clone(),
            stores: stores.await.expect("they open"),
            book: Arc::clone(book),
            files: files.clone(),
            core: Arc::clone(&core) as Arc<dyn Core>,
            checks: Vec::new(),
            workers: dayaq_gateway::workers::Workers::new(Arc::new(SystemClock::new()), 10),
            keys,
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        });
        let gateway = gateway.await.expect("it starts");
        assert!(smsc.bound(crate::program::PATIENCE).await, "it binds");
        Self { smsc, core, gateway, _far: far, _folder: folder }
    }
}
