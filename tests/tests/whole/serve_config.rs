//! A configuration of `dayaq serve` in a folder of its own, and the program running on it.

use crate::program::{Process, root};
use dayaq_registries::Institution;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The token of the institutions and the bank.
pub const TOKEN: &str = "simulated";
/// How `serve` binds.
pub const SYSTEM_ID: &str = "dayaq";
/// Its password.
pub const PASSWORD: &str = "secret";
/// The master key, in hexadecimal digits.
pub const MASTER_KEY: &str = "7d1f0c9a5e3b486277a0d4c1be9852f36a0e41d7c8b9351f2e6d70a49c18b5e3";

/// Lines of `[gateway]` for a test in which one phone writes more than a person would.
pub const UNLIMITED: &str = "replies_per_minute = 100000\nfutile_replies = 100000\nreply_segments_per_day = 100000";

/// Lines of the log that a failed test shows.
const LINES_SHOWN: usize = 60;

/// A configuration: one operator, the shipped specification profile, SQLite sessions, quick polls.
///
/// It stays in its folder with the stores, so that a second [`ServeConfig::start`] goes on where the first was killed.
pub struct ServeConfig {
    folder: Arc<TempDir>,
    /// Name of each operator, and how we come together.
    operators: Vec<(String, String)>,
    /// More about the links of each.
    links: String,
    registries: SocketAddr,
    sessions: String,
    postgres: Option<String>,
    core_postgres: Option<String>,
    instance: String,
    gateway: String,
    profile: String,
    open_files: Option<u32>,
}

impl ServeConfig {
    /// Binds to that SMSC, and asks institutions and bank below that address.
    pub fn new(smsc: SocketAddr, registries: SocketAddr) -> Self {
        let profile = fs::read_to_string(root().join("config/operators/specification.toml")).expect("it ships");
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let operators = vec![("foreign".to_owned(), address(smsc))];
        let (links, gateway) = (String::new(), String::new());
        let (sessions, instance) = ("store = \"sqlite\"".to_owned(), "dayaq-1".to_owned());
        Self {
            folder,
            operators,
            links,
            registries,
            sessions,
            postgres: None,
            core_postgres: None,
            instance,
            gateway,
            profile,
            open_files: None,
        }
    }

    /// Keeps live sessions in that Redis.
    pub fn redis(mut self, url: &str) -> Self {
        self.sessions = format!("store = \"redis\"\nredis_url = \"{url}\"");
        self
    }

    /// Keeps live sessions where these lines of `[sessions]` say.
    pub fn keep_sessions(&mut self, lines: &str) {
        lines.clone_into(&mut self.sessions);
    }

    /// Keeps the rows of gateway and core in that PostgreSQL database, each under a name of its own.
    pub fn postgres(mut self, url: &str) -> Self {
        self.postgres = Some(url.to_owned());
        self
    }

    /// Keeps the rows of the core alone in that PostgreSQL database.
    pub fn core_postgres(mut self, url: &str) -> Self {
        self.core_postgres = Some(url.to_owned());
        self
    }

    /// Comes together with the operator in this way, such as `listen = "127.0.0.1:0"`, in place of its address.
    pub fn reach(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.operators[0].1);
        self
    }

    /// Comes together with several operators, `foreign-1` and so on, each in its way.
    pub fn operators(mut self, ways: &[String]) -> Self {
        let named = |(number, way): (usize, &String)| (format!("foreign-{}", number + 1), way.clone());
        self.operators = ways.iter().enumerate().map(named).collect();
        self
    }

    /// Says more about the links of each operator, such as `binds = 2`.
    pub fn links(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.links);
        self
    }

    /// Puts a file beside the configuration.
    pub fn put(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).expect("a file");
    }

    /// The name of the process among those that share a database.
    pub fn instance(mut self, name: &str) -> Self {
        self.instance = name.to_owned();
        self
    }

    /// Adds a line to what is said of the gateway.
    pub fn gateway(mut self, line: &str) -> Self {
        self.gateway = format!("{}{line}\n", self.gateway);
        self
    }

    /// Speaks by that profile in place of the specification's.
    pub fn profile_text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.profile);
        self
    }

    /// Sets a key of the operator's profile, as `("link", "frame_s = 1")`, in place of what ships.
    pub fn profile(mut self, section: &str, line: &str) -> Self {
        let header = self.profile.find(&format!("\n[{section}]")).unwrap_or_else(|| panic!("no section {section}")) + 1;
        let start = header + self.profile[header..].find('\n').map_or(0, |end| end + 1);
        let end = self.profile[start..].find("\n[").map_or(self.profile.len(), |at| start + at + 1);
        let key = format!("{} ", line.split_once(' ').expect("key = value").0);
        let others: Vec<&str> = self.profile[start..end].lines().filter(|other| !other.starts_with(&key)).collect();
        self.profile = format!("{}{line}\n{}\n{}", &self.profile[..start], others.join("\n"), &self.profile[end..]);
        self
    }

    /// Lets the program open so many files.
    pub fn open_files(mut self, files: u32) -> Self {
        self.open_files = Some(files);
        self
    }

    /// The folder with the configuration and the stores.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The PostgreSQL database that holds the rows of the core; `None` where they are in a file.
    pub fn database(&self) -> Option<&str> {
        self.core_postgres.as_deref().or(self.postgres.as_deref())
    }

    /// The PostgreSQL database that holds the rows of the gateway; `None` where they are in a file.
    pub fn gateway_server(&self) -> Option<&str> {
        self.postgres.as_deref()
    }

    /// The core's SQLite file.
    pub fn core_database(&self) -> PathBuf {
        self.folder().join("core.sqlite")
    }

    /// The gateway's SQLite file.
    pub fn gateway_database(&self) -> PathBuf {
        self.folder().join("gateway.sqlite")
    }

    /// Writes the configuration and its profile, and gives its path.
    pub fn write(&self) -> PathBuf {
        let path = self.folder().join("dayaq.toml");
        fs::write(self.folder().join("operator.toml"), &self.profile).expect("a file");
        fs::write(&path, self.text()).expect("a file");
        path
    }

    /// Writes the configuration and starts the program on it; it logs everything.
    pub fn start(&self) -> Serve {
        let path = self.write().display().to_string();
        let args = ["serve", "--config", &path];
        let process = match self.open_files {
            Some(files) => Process::dayaq_with_files(&args, files),
            None => Process::dayaq(&args, &[]),
        };
        let line = process.wait_for("dayaq serves");
        let http = line.rsplit_once("http://").and_then(|(_, address)| address.trim().parse().ok());
        let http = http.unwrap_or_else(|| panic!("no address in {line:?}"));
        Serve { process, http, _folder: Arc::clone(&self.folder) }
    }

    fn text(&self) -> String {
        let Self { registries, sessions, links, instance, gateway, .. } = self;
        let operators: String = self.operators.iter().map(|(name, reach)| {
            format!(
                "[[operator]]\nname = \"{name}\"\nprofile = \"operator.toml\"\nsystem_id = \"{SYSTEM_ID}\"\npassword = \"{PASSWORD}\"\n{reach}\n{links}\n"
            )
        }).collect();
        let store = |url: Option<&str>| match url {
            Some(url) => format!("store = \"postgres\"\npostgres_url = \"{url}\"\ninstance = \"{instance}\"\n"),
            None => String::new(),
        };
        let (stores, core_store) = (store(self.postgres.as_deref()), store(self.database()));
        let endpoint = |table: &str, path: &str| {
            format!("[core.{table}]\nbase_url = \"http://{registries}/{path}\"\ntoken = \"{TOKEN}\"\n")
        };
        let asked = Institution::ALL.into_iter().filter(|institution| *institution != Institution::Bank);
        let institutions: String = asked.map(|id| endpoint(&format!("institutions.{id}"), id.name())).collect();
        format!(
            r#"[keys]
master = "{MASTER_KEY}"
[http]
listen = "127.0.0.1:0"
[gateway]
{stores}database = "gateway.sqlite"
poll_ms = 50
notice_hours = "always"
{gateway}[sessions]
{sessions}
{operators}
[core]
{core_store}database = "core.sqlite"
poll_ms = 50
card_poll_s = 1
{}{}"#,
            institutions,
            endpoint("bank", "bank")
        )
    }
}

/// How we come together with an operator at that address.
pub fn address(smsc: SocketAddr) -> String {
    format!("address = \"{smsc}\"")
}

/// `dayaq serve`, running; killed when dropped.
pub struct Serve {
    /// The process.
    pub process: Process,
    /// Where `/healthz`, `/readyz` and `/metrics` answer.
    pub http: SocketAddr,
    /// The folder stays as long as the program.
    _folder: Arc<TempDir>,
}

impl Drop for Serve {
    /// A test that fails shows what the program said last.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.process.said();
            let lines: Vec<&str> = said.lines().collect();
            eprintln!("dayaq serve said last:\n{}", lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n"));
        }
    }
}
