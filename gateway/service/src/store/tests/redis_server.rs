//! A real Redis for a test: its own process, a socket in a folder of its own, ended with the test.

use redis::FromRedisValue;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A running `redis-server`, which must be installed.
pub struct RedisServer {
    folder: TempDir,
    process: Option<Child>,
    /// More of its options.
    options: Vec<String>,
}

impl RedisServer {
    /// Starts one that keeps every write (`appendfsync always`).
    pub fn start() -> Self {
        let mut server = Self::stopped();
        server.up();
        server
    }

    /// A folder and an address where there is no server yet.
    pub fn stopped() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), process: None, options: Vec::new() }
    }

    /// One that has these options, too.
    pub fn start_with(options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self::stopped();
        server.options = options;
        server.up();
        server
    }

    /// Starts the process over whatever the folder holds and waits until it serves.
    pub fn up(&mut self) {
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--appendonly", "yes", "--appendfsync", "always", "--save", ""])
            .args(["--maxmemory-policy", "noeviction", "--enable-debug-command", "local"])
            .arg("--dir")
            .arg(self.folder.path())
            .arg("--unixsocket")
            .arg(self.socket())
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("this test needs redis-server (Debian: redis-server): {error}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let serves = lines.by_ref().map_while(Result::ok).any(|line| line.contains("eady to accept connections"));
        assert!(serves, "redis-server ended before it served");
        // Somebody has to read what it writes, or it stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        self.process = Some(process);
    }

    /// Kills the process, as kill -9 does.
    pub fn down(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Sends the process a signal, such as `-STOP`.
    pub fn signal(&self, signal: &str) {
        let pid = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Where everything lies that it keeps.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Asks the server directly, past the code under test.
    pub async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        self.try_ask(words).await.unwrap()
    }

    pub async fn try_ask<T: FromRedisValue>(&self, words: &[&str]) -> redis::RedisResult<T> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await
    }

    /// Everything that lies in the folder.
    pub fn raw(&self) -> Vec<u8> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut octets = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else if entry.file_type().unwrap().is_file() {
                    octets.extend(std::fs::read(entry.path()).unwrap());
                }
            }
        }
        octets
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.down();
    }
}
