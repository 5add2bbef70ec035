//! A real Redis for a test: a process of its own over a folder of its own, ended with the test.

use crate::serve_config::MASTER_KEY;
use dayaq_gateway::store::SubscriberKey;
use dayaq_types::seal::{Key, KeyRing};
use redis::FromRedisValue;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use tempfile::TempDir;
use tokio::task::block_in_place;

/// `redis-server`, which must be installed.
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

impl RedisServer {
    /// A folder and an address, and no server there yet.
    pub fn down() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), port: lasting_port(), process: None }
    }

    /// One that serves and keeps every write.
    pub fn up() -> Self {
        let mut server = Self::down();
        server.start();
        server
    }

    /// Starts the process over what the folder holds, and waits until it serves.
    pub fn start(&mut self) {
        let mut process = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"])
            .args(["--enable-debug-command", "local", "--dir"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|cause| panic!("this test needs redis-server (Debian: redis-server): {cause}"));
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let ready = |line: String| line.contains("eady to accept connections");
        assert!(block_in_place(|| lines.by_ref().map_while(Result::ok).any(ready)), "redis-server ended at once");
        // Somebody has to read what it writes, or it stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
    }

    /// kill -9.
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

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Asks it, past the program.
    pub async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).expect("an address");
        let mut connection = client.get_multiplexed_async_connection().await.expect("it serves");
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await.expect("it answers")
    }

    /// The key of the only phone's session; that of the stores' marks is none.
    pub async fn session(&self) -> String {
        let mut keys: Vec<String> = self.ask(&["KEYS", "dayaq:*:s"]).await;
        let master = Key::from_hex(MASTER_KEY).expect("a key");
        let marks = SubscriberKey::of_marks(&KeyRing::new(1, &master)).hex();
        keys.retain(|key| !key.contains(&marks));
        let [key] = &keys[..] else { panic!("one session: {keys:?}") };
        key.clone()
    }

    /// Its folder: the append-only files.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that stays free while its server is down: below those that the machine hands out by itself.
fn lasting_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 8_000).unwrap_or_default();
    loop {
        let port = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 8_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
