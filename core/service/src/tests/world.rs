//! A core, its outside world and a clock that the test moves.

use super::outside::{Outside, TOKEN};
use crate::{ContentFiles, CoreConfig, CoreContent, CoreService, CoreStore, Endpoint, OpenError};
use dayaq_core_api::{
    Caller, Channel, Complete, CompleteReply, Core, ExistingReply, Explain, ExplainReply, Finished, Member, Notice,
    NoticeOutcome, PickupReply, Relation, Stage, StatusReply, Submit, SubmitReply,
};
use dayaq_postgres::PostgresDatabase;
use dayaq_sql::StoreConfig;
use dayaq_types::seal::{Key, KeyRing};
use dayaq_types::{Clock, Fin, IdCard, Language, ManualClock, Msisdn, NotaryNumber, SeededEntropy, new_id};
use jiff::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;

pub const APPLICANT: &str = "5AKT9X2";
pub const SPOUSE: &str = "6BLU8Y3";
pub const CHILD: &str = "7CMV7Z4";
pub const OTHER_CHILD: &str = "8DNW6A5";
pub const NUMBER: &str = "20261123";
pub const PHONE: &str = "994501234567";
pub const OTHER_PHONE: &str = "994552223344";

/// What a core's store stands on.
#[derive(Clone, Copy, Debug)]
pub enum Ground {
    Sqlite,
    Postgres,
}

pub struct World {
    pub core: CoreService,
    pub clock: Arc<ManualClock>,
    pub outside: Outside,
    pub folder: TempDir,
    pub config: CoreConfig,
    pub content: CoreContent,
    drafts: SeededEntropy,
    postgres: Option<PostgresDatabase>,
}

/// The content as it is shipped.
pub fn shipped() -> ContentFiles {
    let folder = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(name);
        let mut files: Vec<(String, String)> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .map(|path| (path.file_name().unwrap().display().to_string(), std::fs::read_to_string(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    ContentFiles { rules: folder("rules"), calendar: folder("calendar"), institutions: folder("institutions") }
}

pub fn content(files: &ContentFiles) -> CoreContent {
    let (content, diagnostics) = CoreContent::read(files);
    assert!(diagnostics.is_empty(), "{diagnostics}");
    content.unwrap()
}

pub fn keys() -> KeyRing {
    KeyRing::new(1, &Key::generate(&SeededEntropy::new(99)))
}

impl World {
    /// Monday 23 November 2026, ten in the morning in Baku.
    pub async fn new() -> Self {
        Self::on("2026-11-23T06:00:00Z", &shipped()).await
    }

    pub async fn on(now: &str, files: &ContentFiles) -> Self {
        Self::with(Ground::Sqlite, now, files).await
    }

    /// As [`Self::new`], on that database.
    pub async fn standing(ground: Ground) -> Self {
        Self::with(ground, "2026-11-23T06:00:00Z", &shipped()).await
    }

    async fn with(ground: Ground, now: &str, files: &ContentFiles) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let outside = Outside::open().await;
        let at = |name: &str| Endpoint::new(&format!("{}/{name}", outside.url), TOKEN);
        let mut content = content(files);
        let institutions: BTreeMap<String, Endpoint> =
            content.institution_ids().into_iter().map(|id| (id.clone(), at(&id))).collect();
        let mut config = CoreConfig::new(folder.path().join("core.sqlite"), institutions, at("bank"));
        config.bank_timeout = Duration::from_millis(300);
        for institution in &mut content.institutions {
            institution.timeout = Duration::from_millis(300);
        }
        let postgres = match ground {
            Ground::Sqlite => None,
            Ground::Postgres => Some(PostgresDatabase::create().await),
        };
        if let Some(database) = &postgres {
            config.store = StoreConfig::Postgres {
                url: database.url().into(),
                connections: 4,
                instance: Some("core-1".to_owned()),
            };
        }
        let clock = Arc::new(ManualClock::new(now.parse().unwrap()));
        let core = open(&config, &content, &clock, 1).await.unwrap();
        Self { core, clock, outside, folder, config, content, drafts: SeededEntropy::new(5), postgres }
    }

    /// The core's process ends and starts again on the same file.
    pub async fn restart(&mut self) {
        self.core.close().await;
        self.core = open(&self.config, &self.content, &self.clock, 2).await.unwrap();
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("core.sqlite")
    }

    /// The database that [`Ground::Postgres`] stands on.
    pub fn database(&self) -> &PostgresDatabase {
        self.postgres.as_ref().expect("a world on PostgreSQL")
    }

    /// The store as another process has it that goes by this name; a file, which no other process may open, is shared. The
    /// name is the seed too: processes that drew the
    /// same numbers would give two notices one id.
    pub async fn store(&self, instance: &str) -> CoreStore {
        if self.postgres.is_none() {
            return self.core.store.clone().named(instance);
        }
        let seed = instance.bytes().fold(4, |seed: u64, octet| seed.wrapping_mul(257).wrapping_add(octet.into()));
        let store = CoreStore::open(&self.config, keys(), Arc::new(SeededEntropy::new(seed))).await.unwrap();
        store.named(instance)
    }

    /// Runs a statement as somebody would who has the file, or the database's owner.
    pub async fn tamper(&self, sql: &str) -> Result<u64, sqlx::Error> {
        match &self.postgres {
            None => {
                let mut file = SqliteConnectOptions::new().filename(self.file()).connect().await.unwrap();
                let done = sqlx::raw_sql(sql).execute(&mut file).await.map(|done| done.rows_affected());
                file.close().await.unwrap();
                done
            }
            Some(database) => {
                let mut aside = database.aside().await;
                sqlx::raw_sql("SET search_path TO dayaq_core").execute(&mut aside).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut aside).await.map(|done| done.rows_affected())
            }
        }
    }

    /// The only text that a question to the store brings, as somebody reads it who has the file.
    pub async fn text_of(&self, sql: &str) -> String {
        match &self.postgres {
            None => {
                let mut file = SqliteConnectOptions::new().filename(self.file()).connect().await.unwrap();
                let text = sqlx::query_scalar(sql).fetch_one(&mut file).await.unwrap();
                file.close().await.unwrap();
                text
            }
            Some(database) => {
                let mut aside = database.aside().await;
                sqlx::raw_sql("SET search_path TO dayaq_core").execute(&mut aside).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut aside).await.unwrap()
            }
        }
    }

    /// Takes the triggers away that keep the audit.
    pub const fn without_triggers(&self) -> &'static str {
        match &self.postgres {
            None => "DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_deleted",
            Some(_) => "DROP TRIGGER audit_is_never_changed ON audit",
        }
    }

    /// Everything that lies in the store's files.
    pub async fn raw(&self) -> Vec<u8> {
        if let Some(database) = &self.postgres {
            return database.raw().await;
        }
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    pub fn draft(&self) -> Uuid {
        new_id(self.clock.now(), &self.drafts)
    }

    /// A household that the registers know: the applicant alone, notarised, in Quba.
    pub fn alone(&self) {
        self.outside.person(APPLICANT);
        self.outside.notarised(NUMBER, APPLICANT, "2026-11-01", "2027-01-29");
    }

    /// The applicant with husband and two children.
    pub fn family(&self) {
        self.alone();
        for fin in [SPOUSE, CHILD, OTHER_CHILD] {
            self.outside.person(fin);
        }
        let mut registers = self.outside.registers();
        let kin = registers.family.get_mut(APPLICANT).unwrap();
        kin["spouse"] = SPOUSE.into();
        kin["children"] = vec![CHILD, OTHER_CHILD].into();
    }

    pub fn members() -> Vec<Member> {
        let member = |fin, relation| Member { fin: Fin::parse(fin).unwrap(), relation };
        vec![member(SPOUSE, Relation::Spouse), member(CHILD, Relation::Child), member(OTHER_CHILD, Relation::Child)]
    }

    /// The application of a person alone, complete.
    pub fn application(&self) -> Submit {
        Submit {
            draft: self.draft(),
            applicant: Fin::parse(APPLICANT).unwrap(),
            id_card: IdCard::parse("AZE", "12345678").unwrap(),
            notary_number: NotaryNumber::parse(NUMBER),
            members: Vec::new(),
            district: "quba".to_owned(),
            branch: "quba-1".to_owned(),
            meters: dayaq_core_api::Meters::default(),
        }
    }

    pub async fn submit(&self, phone: &str, submit: &Submit) -> SubmitReply {
        self.core.submit(&self.caller(phone), submit).await.unwrap()
    }

    /// Hands in and returns the registration number.
    pub async fn registered(&self, phone: &str, submit: &Submit) -> String {
        match self.submit(phone, submit).await {
            SubmitReply::Registered { reference, .. } | SubmitReply::RegisteredUndated { reference, .. } => reference,
            other => panic!("{other:?}"),
        }
    }

    /// Hands in without the notarised application's number and returns the registration number.
    pub async fn awaiting(&self, phone: &str) -> String {
        let application = Submit { notary_number: None, ..self.application() };
        match self.submit(phone, &application).await {
            SubmitReply::AwaitingNotary { reference, .. } => reference,
            other => panic!("{other:?}"),
        }
    }

    /// That number, given alone under a draft of its own.
    pub fn number_for(&self, reference: &str, number: &str) -> Complete {
        let notary_number = NotaryNumber::parse(number).unwrap();
        Complete { draft: self.draft(), reference: reference.to_owned(), notary_number }
    }

    pub async fn complete(&self, phone: &str, complete: &Complete) -> CompleteReply {
        self.core.complete(&self.caller(phone), complete).await.unwrap()
    }

    pub async fn existing(&self, phone: &str) -> ExistingReply {
        self.core.existing(&self.caller(phone)).await.unwrap()
    }

    pub fn caller(&self, phone: &str) -> Caller {
        Caller {
            msisdn: Msisdn::parse(phone).unwrap(),
            channel: Channel::Ussd,
            language: Language::Az,
            received_at: self.clock.now(),
        }
    }

    /// Does what is due now.
    pub async fn work(&self) -> usize {
        self.core.run_due(self.clock.now()).await.unwrap()
    }

    /// Moves the clock from due time to due time until it has passed `until`.
    pub async fn work_until(&self, until: &str) {
        let until: Timestamp = until.parse().unwrap();
        loop {
            self.work().await;
            self.texts().await;
            match self.core.next_due().await.unwrap() {
                Some(due) if due <= until => self.clock.advance_to(due),
                Some(_) | None => break,
            }
        }
        self.clock.advance_to(until);
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub async fn stage(&self, phone: &str) -> Option<Stage> {
        match self.core.status(&self.caller(phone)).await.unwrap() {
            StatusReply::None => None,
            StatusReply::At { stage, .. } => Some(stage),
        }
    }

    /// Takes every waiting notice and reports it as sent.
    pub async fn texts(&self) -> Vec<Notice> {
        let mut texts = Vec::new();
        for leased in self.core.lease(100, Duration::from_secs(60)).await.unwrap() {
            let outcome = NoticeOutcome::Sent { text_sha256: "00".repeat(32), segments: 2 };
            assert!(self.core.finished(&Finished { id: leased.id, fence: leased.fence, outcome }).await.unwrap());
            texts.push(leased.notice);
        }
        texts
    }

    /// Takes them and gives their keys.
    pub async fn text_keys(&self) -> Vec<&'static str> {
        self.texts().await.iter().map(Notice::key).collect()
    }

    pub async fn explain(&self, phone: &str, last_four: &str) -> ExplainReply {
        self.core.explain(&self.caller(phone), &Explain { last_four: last_four.to_owned() }).await.unwrap()
    }

    pub async fn pickup(&self, phone: &str, last_four: &str) -> PickupReply {
        self.core.pickup(&self.caller(phone), &Explain { last_four: last_four.to_owned() }).await.unwrap()
    }
}

pub async fn open(
    config: &CoreConfig,
    content: &CoreContent,
    clock: &Arc<ManualClock>,
    seed: u64,
) -> Result<CoreService, OpenError> {
    let entropy = Arc::new(SeededEntropy::new(seed));
    CoreService::open(config.clone(), content.clone(), clock.clone(), entropy, keys()).await
}
