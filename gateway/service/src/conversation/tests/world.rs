//! A gateway without sockets: the shipped dialogues, stores in a folder, a core that says what the test wants.

use super::memory::Memory;
pub use super::script::Script;
use crate::config::{Environment, GatewayConfig, Surroundings};
use crate::content::{ContentFiles, compile_book};
use crate::conversation::envelope::Envelope;
use crate::conversation::{Books, Conversations, Parts};
use crate::link::{Arrival, BindHandle, LooseEnds};
use crate::push::Sender;
use crate::store::{GatewayStore, IN_SQLITE, Saved, SessionBackend, Sessions, SqliteFile, SubscriberKey, Version};
use dayaq_dialog::Book;
use dayaq_smpp::ussd::{Dialect, Push, UssdEvent, UssdTurn};
use dayaq_smpp::{Address, CommandStatus, MessageKind, ShortMessage};
use dayaq_text::best_alphabet;
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Clock, ManualClock, Msisdn, SeededEntropy};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// The dialogues that ship, compiled once.
pub fn content() -> &'static (ContentFiles, Arc<Book>) {
    static CONTENT: OnceLock<(ContentFiles, Arc<Book>)> = OnceLock::new();
    CONTENT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = ContentFiles::from_folder(&root).unwrap();
        let (book, found) = compile_book(&files);
        (files, Arc::new(book.unwrap_or_else(|| panic!("{found}"))))
    })
}

/// One gateway, one operator, as many phones as a test dials with.
pub struct World {
    pub conversations: Arc<Conversations>,
    /// Another gateway of the same operator, on the same stores.
    other: Arc<Conversations>,
    pub clock: Arc<ManualClock>,
    pub core: Arc<Script>,
    pub dialect: Dialect,
    sessions: Arc<Memory>,
    reader: Sessions,
    keys: KeyRing,
    kit: Kit,
    bind: BindHandle,
    ends: Mutex<LooseEnds>,
    /// Another bind, whose connections are cut.
    cut: (BindHandle, Mutex<LooseEnds>),
    _folder: TempDir,
}

/// What another gateway of the same operator is made of.
struct Kit {
    books: Arc<Books>,
    file: SqliteFile,
    store: Arc<GatewayStore>,
    backend: Arc<dyn SessionBackend>,
    entropy: Arc<SeededEntropy>,
    config: GatewayConfig,
}

impl Kit {
    fn gateway(&self, keys: &KeyRing, core: &Arc<Script>, clock: Arc<dyn Clock>) -> Arc<Conversations> {
        let sessions = Sessions::new(self.backend.clone(), keys.clone(), self.entropy.clone(), 100);
        // Each process has a name of its own.
        let store = GatewayStore::new(self.file.clone(), keys.clone(), self.entropy.clone(), clock.clone());
        let parts = Parts {
            books: Arc::clone(&self.books),
            sessions: Arc::new(sessions),
            store: Arc::new(store.keeping_drafts(self.store.draft_life())),
            core: core.clone(),
            keys: keys.clone(),
            clock,
            entropy: self.entropy.clone(),
            pending: Arc::default(),
            senders: vec![Sender::new(&self.config.operators[0].profile).unwrap()],
            wake: Arc::default(),
            notices: Arc::default(),
        };
        Conversations::new(parts, &self.config.operators, &self.config)
    }
}

/// What came out for one message that went in.
#[derive(Debug, Default)]
pub struct Said {
    pub statuses: Vec<CommandStatus>,
    /// Screens: text, and whether it is the last.
    pub screens: Vec<(String, bool)>,
}

impl Said {
    /// The one screen, and whether it is the last; the message was taken.
    #[track_caller]
    pub fn screen(&self) -> (&str, bool) {
        assert_eq!(self.statuses, [CommandStatus::ROK]);
        assert_eq!(self.screens.len(), 1, "{:?}", self.screens);
        (&self.screens[0].0, self.screens[0].1)
    }

    /// The message was taken, and nothing is shown.
    #[track_caller]
    pub fn is_silent(&self) {
        assert_eq!((&self.statuses[..], &self.screens[..]), (&[CommandStatus::ROK][..], &[][..]));
    }
}

impl World {
    /// With an operator that speaks by the shipped profile of that name.
    pub async fn by(profile: &'static str) -> Self {
        Self::tuned(profile, |_| {}).await
    }

    /// The same with a change to the dialect.
    pub async fn tuned(profile: &'static str, change: impl FnOnce(&mut Dialect)) -> Self {
        Self::made(profile, "replies_per_minute = 100000", change, None).await
    }

    /// With an operator that follows the specification, and these lines about phones.
    pub async fn configured(lines: &str) -> Self {
        Self::made("specification", lines, |_| {}, None).await
    }

    /// With sessions in that store.
    pub async fn over(profile: &'static str, backend: Arc<dyn SessionBackend>) -> Self {
        Self::made(profile, "replies_per_minute = 100000", |_| {}, Some(backend)).await
    }

    async fn made(
        profile: &'static str,
        lines: &str,
        change: impl FnOnce(&mut Dialect),
        backend: Option<Arc<dyn SessionBackend>>,
    ) -> Self {
        let (files, book) = content();
        let entropy = Arc::new(SeededEntropy::new(20_261_123));
        let keys = KeyRing::new(1, &Key::generate(&*entropy));
        let clock = Arc::new(ManualClock::new("2026-11-23T05:00:00Z".parse().unwrap()));
        // Where there is such a folder, in memory.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let file = SqliteFile::open(&folder.path().join("gateway.sqlite"), IN_SQLITE).await.unwrap();
        let mut config = config(profile, lines);
        change(&mut config.operators[0].profile.dialect);
        let dialect = config.operators[0].profile.dialect.clone();
        let (sessions, core) = (Arc::new(Memory::default()), Arc::new(Script::default()));
        let backend = backend.unwrap_or_else(|| sessions.clone());
        let store = Arc::new(GatewayStore::new(file.clone(), keys.clone(), entropy.clone(), clock.clone()));
        let books = Arc::new(Books::publish(Arc::clone(book), files, Arc::clone(&store)).await.unwrap());
        let reader = Sessions::new(backend.clone(), keys.clone(), entropy.clone(), 0);
        let kit = Kit { books, file, store, backend, entropy, config };
        let gateway = || kit.gateway(&keys, &core, clock.clone());
        let (conversations, other) = (gateway(), gateway());
        let (bind, ends) = BindHandle::loose("test/1");
        let (cut, cut_ends) = BindHandle::loose("test/2");
        Self {
            reader,
            conversations,
            other,
            clock,
            core,
            dialect,
            sessions,
            keys,
            kit,
            bind,
            ends: Mutex::new(ends),
            cut: (cut, Mutex::new(cut_ends)),
            _folder: folder,
        }
    }

    /// Another gateway of the same operator on the same stores, which remembers nothing yet and goes by that clock.
    pub fn gateway_by(&self, clock: Arc<dyn Clock>) -> Arc<Conversations> {
        self.kit.gateway(&self.keys, &self.core, clock)
    }

    /// Drafts are kept for so long by every gateway that comes after this.
    pub fn keep_drafts(&mut self, life: Duration) {
        self.kit.store = Arc::new(GatewayStore::clone(&self.kit.store).keeping_drafts(life));
    }

    /// What outlives a session.
    pub fn store(&self) -> &GatewayStore {
        &self.kit.store
    }

    /// Seals a session as it is stored, to be put in its place past the gateways.
    pub async fn put(&self, number: u64, plain: &[u8]) {
        let loaded = self.reader.load_fresh(&self.key(number)).await.unwrap();
        let life = Duration::from_secs(3_600);
        let saved = self.reader.store(&self.key(number), loaded.version, plain, life).await.unwrap();
        assert!(matches!(saved, Saved::Written(_)), "nobody else writes");
    }

    /// Which state of a phone's session is stored.
    pub async fn version(&self, number: u64) -> Version {
        self.reader.load_fresh(&self.key(number)).await.unwrap().version
    }

    /// What is stored of a phone, as it was before it was sealed.
    pub async fn plain(&self, number: u64) -> Option<Vec<u8>> {
        self.reader.load_fresh(&self.key(number)).await.unwrap().plain
    }

    pub async fn new() -> Self {
        Self::by("specification").await
    }

    /// A phone in a radio session of that number.
    pub fn phone(&self, number: u64, session: u64) -> Phone<'_> {
        Phone { world: self, number, session, sequence: 0 }
    }

    /// Delivers a message and gives what came of it.
    pub async fn deliver(&self, message: ShortMessage) -> Said {
        self.conversations.handle(&self.arrival(message)).await;
        self.said()
    }

    /// The same to that gateway.
    pub async fn deliver_to(&self, gateway: &Arc<Conversations>, message: ShortMessage) -> Said {
        gateway.handle(&self.arrival(message)).await;
        self.said()
    }

    /// The same to the other gateway.
    pub async fn deliver_to_the_other(&self, message: ShortMessage) -> Said {
        self.other.handle(&self.arrival(message)).await;
        self.said()
    }

    /// The file of the gateway's store.
    pub fn database(&self) -> std::path::PathBuf {
        self._folder.path().join("gateway.sqlite")
    }

    /// Starts one more gateway of the same operator, on the same stores.
    pub fn gateway(&self) -> Arc<Conversations> {
        self.gateway_by(self.clock.clone())
    }

    /// A delivered message, not yet taken.
    pub fn arrival(&self, message: ShortMessage) -> Arrival {
        let (kind, bind) = (MessageKind::DeliverSm, self.bind.clone());
        Arrival { sequence_number: 1, kind, message, connection: 1, bind }
    }

    /// What has come out since the last look.
    pub fn said(&self) -> Said {
        let mut said = Said::default();
        let mut ends = self.ends.lock().unwrap();
        said.statuses.extend(std::iter::from_fn(|| ends.answer()));
        for message in std::iter::from_fn(|| ends.screen()) {
            let screen = self.dialect.read_screen(&message).unwrap();
            said.screens.push((screen.text.unwrap(), screen.ends));
        }
        said
    }

    /// The number and the status of each answer since the last look; screens are left out.
    pub fn answers(&self) -> Vec<(u32, CommandStatus)> {
        let mut ends = self.ends.lock().unwrap();
        while ends.screen().is_some() {}
        std::iter::from_fn(|| ends.numbered_answer()).collect()
    }

    /// Delivers a message twice, the second time before the first is taken.
    pub async fn deliver_twice_at_once(&self, first: Arrival, again: Arrival) {
        let number = first.message.source.digits.as_str().unwrap().parse().unwrap();
        let passage = self.conversations.turnstile.enter(self.key(number)).await;
        let both_are_there = async {
            tokio::task::yield_now().await;
            drop(passage);
        };
        tokio::join!(self.conversations.handle(&first), self.conversations.handle(&again), both_are_there);
    }

    /// Delivers a message, loses the link with its answer, and delivers it again on the next one; gives both answers.
    pub async fn deliver_over_a_cut(&self, first: Arrival, again: Arrival) -> Vec<(u32, CommandStatus)> {
        let (bind, ends) = &self.cut;
        let on_own = |arrival: Arrival| {
            let connection = u64::from(arrival.sequence_number);
            Arrival { connection, bind: bind.clone(), ..arrival }
        };
        let (first, again) = (on_own(first), on_own(again));
        self.conversations.handle(&first).await;
        bind.lose_and_bind(&first, again.connection, self.clock.now());
        self.conversations.handle(&again).await;
        let mut ends = ends.lock().unwrap();
        std::iter::from_fn(|| ends.numbered_answer()).collect()
    }

    /// What has been pushed since the last look: its kind, its text, and the number of its session.
    pub fn pushed(&self) -> Vec<(Push, String, u64)> {
        let mut ends = self.ends.lock().unwrap();
        let read = |message: ShortMessage| {
            let screen = self.dialect.read_screen(&message).unwrap();
            let session = self.dialect.session_number(&screen.session);
            (screen.push.expect("a push"), screen.text.unwrap(), session)
        };
        std::iter::from_fn(|| ends.screen()).map(read).collect()
    }

    /// What was sent since the last look: the phone and the segments of each text, which are taken.
    pub async fn texts(&self) -> Vec<(u64, u32)> {
        let (store, minute) = (&self.conversations.store, Duration::from_secs(60));
        let mut texts: BTreeMap<_, (u64, u32)> = BTreeMap::new();
        loop {
            let claimed = store.claim_segments("test", 256, minute).await.unwrap();
            if claimed.is_empty() {
                return texts.into_values().collect();
            }
            let tickets: Vec<_> = claimed.iter().map(|segment| segment.ticket).collect();
            assert_eq!(store.attempt_all(&tickets, minute).await.unwrap().len(), tickets.len());
            for segment in &claimed {
                let number = segment.msisdn.digits().parse().unwrap();
                texts.entry(segment.ticket.text).or_insert((number, 0)).1 += 1;
            }
            let sent: Vec<_> = tickets.into_iter().map(|ticket| (ticket, "0A".to_owned())).collect();
            store.sent_all(&sent).await.unwrap();
        }
    }

    /// What the phone was last told by SMS.
    pub async fn reply(&self, number: u64) -> String {
        self.envelope(number).await.texting.turn.and_then(|turn| turn.shown).unwrap_or_default()
    }

    /// The bind by which everything comes and goes.
    pub fn bind(&self) -> &BindHandle {
        &self.bind
    }

    /// Puts another phone where this one is.
    pub async fn fork(&self, from: u64, to: u64) {
        let key = |number| SubscriberKey::of(&self.keys, &msisdn(number));
        let plain = self.reader.load_fresh(&key(from)).await.unwrap().plain.expect("a session");
        let stored = self.reader.store(&key(to), Version::ABSENT, &plain, Duration::from_secs(3_600)).await.unwrap();
        assert!(matches!(stored, Saved::Written(_)), "a phone of its own");
    }

    /// What is stored of a phone.
    pub async fn envelope(&self, number: u64) -> Envelope {
        let key = SubscriberKey::of(&self.keys, &msisdn(number));
        let loaded = self.reader.load_fresh(&key).await.unwrap();
        Envelope::decode(&loaded.plain.expect("a session")).unwrap()
    }

    /// How often sessions were written.
    pub fn writes(&self) -> u64 {
        self.sessions.0.lock().unwrap().values().map(|stored| stored.version.number()).sum()
    }

    /// The name under which a phone is stored.
    pub fn key(&self, number: u64) -> SubscriberKey {
        SubscriberKey::of(&self.keys, &msisdn(number))
    }

    pub fn elapsed(&self) -> Duration {
        self.clock.monotonic()
    }
}

fn msisdn(number: u64) -> Msisdn {
    Msisdn::parse(&format!("+{number}")).unwrap()
}

/// A phone, turn by turn.
#[derive(Clone)]
pub struct Phone<'w> {
    pub world: &'w World,
    pub number: u64,
    pub session: u64,
    /// The number of the last turn.
    pub sequence: u64,
}

impl Phone<'_> {
    pub async fn dial(&mut self, dialled: &str) -> Said {
        self.sequence = 0;
        self.world.deliver(self.message(UssdEvent::Begin, dialled)).await
    }

    pub async fn send(&mut self, typed: &str) -> Said {
        self.sequence += 1;
        self.world.deliver(self.message(UssdEvent::Continue, typed)).await
    }

    pub async fn ends(&mut self, event: UssdEvent) -> Said {
        self.sequence += 1;
        self.world.deliver(self.message(event, "")).await
    }

    /// The deliver_sm of the turn that has the phone's number of now.
    pub fn message(&self, event: UssdEvent, text: &str) -> ShortMessage {
        let turn = UssdTurn {
            event,
            from: Address::new(1, 1, self.number.to_string()).unwrap(),
            to: Address::new(0, 1, "7142").unwrap(),
            session: self.session,
            sequence: self.sequence,
            text,
            alphabet: best_alphabet(text),
        };
        self.world.dialect.write_turn(&turn).unwrap()
    }

    pub async fn envelope(&self) -> Envelope {
        self.world.envelope(self.number).await
    }
}

/// A configuration with one operator, whose profile ships.
fn config(profile: &'static str, lines: &str) -> GatewayConfig {
    struct Shipped(&'static str);
    impl Environment for Shipped {
        fn variable(&self, _name: &str) -> Option<String> {
            None
        }
    }
    impl Surroundings for Shipped {
        fn file(&self, _path: &str) -> Result<String, String> {
            let path = format!("config/operators/{}.toml", self.0);
            content().0.get(&path).map(str::to_owned).ok_or_else(|| format!("{path} does not ship"))
        }
    }
    let operator = r#"
[[operator]]
name = "test"
profile = "operator.toml"
address = "127.0.0.1:2775"
system_id = "dayaq"
password = "secret"
"#;
    let text = format!("[gateway]\ndatabase = \"gateway.sqlite\"\n{lines}\n{operator}");
    let (document, found) = dayaq_author::parse("dayaq.toml", &text);
    let root = document.root(&found);
    let config = GatewayConfig::read(&root, &Shipped(profile), &found);
    root.finish();
    assert_eq!(found.to_string(), "");
    config.unwrap()
}
