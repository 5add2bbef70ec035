//! One process of `redis-server` over a folder of its own.

use crate::{Papers, until};
use redis::{AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo, RedisResult, TlsCertificates};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// The password of the user `default`, by whom a test asks past the program, where there are users.
pub(crate) const ADMIN: &str = "administers";

/// How long a server may take to answer a test: longer than any stall that a test makes, or a busy machine.
const ANSWER: Duration = Duration::from_secs(30);

/// `redis-server`, which must be installed, or what `DAYAQ_REDIS_SERVER` names in its place, on a port that it keeps over its lives.
pub struct RedisNode {
    folder: TempDir,
    port: u16,
    bus: u16,
    configuration: String,
    papers: Option<Arc<Papers>>,
    password: Option<&'static str>,
    sentinel: bool,
    process: Option<Child>,
}

impl RedisNode {
    /// A server that is not started yet, in clear, with these lines of configuration beside those that keep every write
    /// and evict nothing.
    pub fn new(lines: &str) -> Self {
        Self::on_a_port(|port| format!("port {port}\n{KEEPING}{lines}"), None, false)
    }

    /// A server that is not started yet, over TLS alone, with these lines of configuration; `clients` says whether it asks for a certificate (`yes`, `optional` or `no`).
    pub fn with_tls(papers: &Arc<Papers>, clients: &str, lines: &str) -> Self {
        let configuration = |port| format!("{}{KEEPING}{lines}", papers.lines(port, clients));
        Self::on_a_port(configuration, Some(Arc::clone(papers)), false)
    }

    /// A server that is not started yet, in clear on a port, where every write is on the disk before it is answered.
    pub fn syncing() -> Self {
        Self::new(SYNCING)
    }

    /// A server that is not started yet, on a socket in its folder, where every write is on the disk before it is answered,
    /// with these lines of configuration.
    pub fn on_a_socket(lines: &str) -> Self {
        let mut node = Self::new("");
        let socket = format!("port 0\nunixsocket {}\n", node.socket().display());
        node.configuration = socket + KEEPING + SYNCING + lines;
        node.port = 0;
        node
    }

    /// A Sentinel that is not started yet.
    pub(crate) fn sentinel(lines: &str) -> Self {
        Self::on_a_port(|port| format!("port {port}\n{lines}"), None, true)
    }

    fn on_a_port(configuration: impl FnOnce(u16) -> String, papers: Option<Arc<Papers>>, sentinel: bool) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a temporary folder"), free_port());
        let configuration = configuration(port);
        Self { folder, port, bus: 0, configuration, papers, password: None, sentinel, process: None }
    }

    /// Asks for a password of the user `default`, and knows this user by it.
    pub fn with_users(mut self, users: &str) -> Self {
        self.configuration += &format!("requirepass {ADMIN}\nmasterauth {ADMIN}\n{users}");
        self.password = Some(ADMIN);
        self
    }

    /// Is asked with that password.
    pub(crate) fn password(mut self, password: &'static str) -> Self {
        self.password = Some(password);
        self
    }

    /// Talks to the other nodes of a Cluster on a port of its own.
    pub(crate) fn in_cluster(mut self) -> Self {
        let bus = free_port();
        self.configuration += &format!("cluster-port {bus}\n");
        self.bus = bus;
        self
    }

    /// Where the other nodes of a Cluster talk to it.
    pub(crate) const fn bus(&self) -> u16 {
        self.bus
    }

    /// Starts the process over what its folder holds, and waits until it serves.
    ///
    /// # Panics
    ///
    /// Where it does not.
    pub fn start(&mut self) {
        let path = self.folder.path().join("redis.conf");
        // A Sentinel keeps in its file what it has learnt.
        if !(self.sentinel && path.exists()) {
            let shared = format!("bind 127.0.0.1\nprotected-mode no\ndir {}\n", self.folder.path().display());
            fs::write(&path, shared + &self.configuration).expect("a file");
        }
        let program = std::env::var_os("DAYAQ_REDIS_SERVER").unwrap_or_else(|| OsString::from("redis-server"));
        let mut command = Command::new(&program);
        command.arg(&path);
        if self.sentinel {
            command.arg("--sentinel");
        }
        let mut process =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap_or_else(|cause| {
                panic!("this test needs {} (Debian: redis-server): {cause}", program.display())
            });
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut said = Vec::new();
        let serves = lines.by_ref().map_while(Result::ok).any(|line| {
            let serves = line.contains("eady to accept connections") || line.contains("+monitor master");
            said.push(line);
            serves
        });
        assert!(serves, "redis-server ended at once: {said:#?}");
        // Somebody has to read what it writes, or it stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
    }

    /// Starts it, and gives it.
    pub fn started(mut self) -> Self {
        self.start();
        self
    }

    /// kill -9.
    ///
    /// # Panics
    ///
    /// Where it does not end.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let ended = process.kill().and_then(|()| process.wait());
            assert!(ended.is_ok(), "redis-server could not be killed");
        }
    }

    /// Stops it in the middle of whatever it does (SIGSTOP): connections stand and nobody answers.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on (SIGCONT).
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Where it listens; 0 where it has a socket.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The socket of one that has one.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Every octet that lies in its folder.
    ///
    /// # Panics
    ///
    /// Where it cannot be read.
    pub fn raw(&self) -> Vec<u8> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut octets = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
                let kind = entry.file_type().expect("a kind");
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    octets.extend(fs::read(entry.path()).expect("a file"));
                }
            }
        }
        octets
    }

    /// Its address, without a user.
    pub fn url(&self) -> String {
        if self.port == 0 {
            return format!("unix://{}", self.socket().display());
        }
        let scheme = if self.papers.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Asks it, past the program.
    ///
    /// # Panics
    ///
    /// Where it does not answer.
    pub async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words).await.unwrap_or_else(|cause| panic!("{words:?}: {cause}"))
    }

    /// Asks it, past the program.
    pub async fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> RedisResult<T> {
        let mut info = self.url().as_str().into_connection_info()?;
        if let Some(password) = self.password {
            let settings = info.redis_settings().clone().set_password(password);
            info = info.set_redis_settings(settings);
        }
        let client = match &self.papers {
            None => Client::open(info)?,
            Some(papers) => {
                let (certificate, key) = papers.client();
                let own = redis::ClientTlsConfig { client_cert: certificate.into(), client_key: key.into() };
                let root_cert = Some(papers.authority().into());
                Client::build_with_tls(info, TlsCertificates { client_tls: Some(own), root_cert })?
            }
        };
        let patient =
            AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER)).set_response_timeout(Some(ANSWER));
        let mut connection = client.get_multiplexed_async_connection_with_config(&patient).await?;
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await
    }

    /// How much this master has written by now.
    pub(crate) async fn written(&self) -> u64 {
        let info: String = self.ask(&["INFO", "replication"]).await;
        field(&info, "master_repl_offset").and_then(|offset| offset.parse().ok()).expect("a master tells its offset")
    }

    /// Whether this replica follows, and has applied as much of what its master wrote.
    pub(crate) async fn has_heard(&self, written: u64) -> bool {
        let Ok(info) = self.try_ask::<String>(&["INFO", "replication"]).await else { return false };
        let heard = field(&info, "slave_repl_offset").and_then(|offset| offset.parse().ok());
        let follows = field(&info, "master_link_status").is_some_and(|status| status == "up");
        follows && heard.is_some_and(|heard: u64| heard >= written)
    }

    /// Waits until this replica has applied everything that its master has written by now.
    pub async fn hears_all_of(&self, master: &Self) {
        let written = master.written().await;
        until("the replica has heard everything", async || self.has_heard(written).await).await;
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for RedisNode {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What an answer to INFO says of something.
pub(crate) fn field(info: &str, name: &str) -> Option<String> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|value| value.trim().to_owned())
}

/// Every write is kept, and nothing is evicted.
const KEEPING: &str = "appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n\
    enable-debug-command local\nrepl-diskless-sync-delay 0\n";

/// No write is answered before it is on the disk.
const SYNCING: &str = "appendfsync always\n";

/// A port that stays free while its server is down: below those that the machine hands out by itself, and held against
/// other processes of tests, which look at the same number for datagrams, until this one ends.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static HELD: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    // Programs that run at the same time begin far from each other.
    let start = u16::try_from(std::process::id() % 500).unwrap_or_default() * 8;
    loop {
        let port = 28_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 4_000;
        let Ok(held) = UdpSocket::bind(("127.0.0.1", port)) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            HELD.lock().expect("nobody panics over it").push(held);
            return port;
        }
    }
}
