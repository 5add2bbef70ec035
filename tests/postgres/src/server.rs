//! A real PostgreSQL server of the test program's own.
//!
//! It is never the machine's: its cluster is made in a folder of its own, it listens on a socket in that folder alone,
//! and it ends and takes the folder with it when the test program ends, however that ends.

use sqlx::{Connection, Executor, PgConnection};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// The longest that a server may take to say what it is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes a cluster, or copies that of the server whose folder is named, says where, serves until its input ends, and
/// removes it. PostgreSQL refuses to run as root, so root becomes the user that Debian's package makes for it.
const SERVE: &str = r#"
set -eu
trap '' INT TERM HUP
bin=$(dirname "$(readlink -f "$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)")")
as=; [ "$(id -u)" != 0 ] || as="setpriv --reuid=postgres --regid=postgres --init-groups"
cd /
folder=$($as mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "$1" ]; then
    set -- "$bin/initdb" -D "$folder/data" -U dayaq -A trust -E UTF8 --locale=C --no-sync
else
    set -- "$bin/pg_basebackup" -h "$1" -U dayaq -D "$folder/data" -R -X stream -c fast --no-sync
fi
$as "$@" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
echo "folder $folder"
start() {
    $as "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 -c shared_buffers=32MB 2>&1 </dev/null &
    server=$!
}
start
while read -r word; do
    case $word in
    kill)
        kill -KILL "$server" $(cat "/proc/$server/task/$server/children" 2>/dev/null || :) 2>/dev/null || :
        wait "$server" || :
        echo killed ;;
    start) start ;;
    esac
done
kill -QUIT "$server" 2>/dev/null || :
wait "$server" || :
"#;

/// A server with its cluster.
pub struct PostgresServer {
    folder: PathBuf,
    /// It serves until the pipe to it closes, which the end of this program does.
    shell: Mutex<Child>,
    lines: Mutex<Receiver<String>>,
}

impl PostgresServer {
    /// A server with an empty cluster.
    pub fn start() -> Self {
        Self::with(None, None)
    }

    /// A server whose cluster lies below that folder.
    pub fn start_below(folder: &Path) -> Self {
        Self::with(None, Some(folder))
    }

    /// A standby that follows that server.
    pub fn standby_of(primary: &Self) -> Self {
        Self::with(Some(primary), None)
    }

    fn with(copied: Option<&Self>, below: Option<&Path>) -> Self {
        let from = copied.map_or(Path::new(""), Self::folder);
        let mut command = Command::new("sh");
        command.args(["-c", SERVE, "sh"]).arg(from).stdin(Stdio::piped()).stdout(Stdio::piped());
        below.map(|below| command.env("TMPDIR", below));
        let mut shell = command.spawn().expect("this test needs a shell");
        let output = BufReader::new(shell.stdout.take().unwrap());
        let (said, lines) = channel();
        // Somebody has to read what it writes, or it stops when the pipe is full.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut server = Self { folder: PathBuf::new(), shell: Mutex::new(shell), lines: Mutex::new(lines) };
        let folder = server.until("folder ");
        server.folder = PathBuf::from(folder.trim_start_matches("folder "));
        server.until(READY);
        server
    }

    /// Waits for a line that holds `part`, and gives it.
    fn until(&self, part: &str) -> String {
        let (lines, mut said) = (self.lines.lock().unwrap(), Vec::new());
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(part) => return line,
                Ok(line) => said.push(line),
                Err(_) => panic!("this test needs PostgreSQL (Debian: postgresql): no {part:?} in {said:#?}"),
            }
        }
    }

    fn tell(&self, word: &str) {
        let mut shell = self.shell.lock().unwrap();
        writeln!(shell.stdin.as_mut().unwrap(), "{word}").expect("the shell reads");
    }

    /// kill -9 of all its processes; returns when it is dead.
    pub fn kill(&self) {
        self.tell("kill");
        self.until("killed");
    }

    /// Starts it again over what it left behind; returns when it serves.
    pub fn start_again(&self) {
        self.tell("start");
        self.until(READY);
    }

    /// Where the socket and the cluster are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// The address of a database past every valve.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://dayaq@localhost/{database}?host={}", self.folder.display())
    }

    /// A connection past the code under test.
    pub async fn aside(&self, database: &str) -> PgConnection {
        PgConnection::connect(&self.url(database)).await.unwrap()
    }

    /// Makes an empty database.
    pub async fn create_database(&self, name: &str) {
        self.aside("postgres").await.execute(&*format!("CREATE DATABASE {name}")).await.unwrap();
    }

    /// Copies a database that nobody is connected to, in the place of what goes by that name.
    pub async fn copy_database(&self, from: &str, to: &str) {
        self.drop_database(to).await;
        self.aside("postgres").await.execute(&*format!("CREATE DATABASE {to} TEMPLATE {from}")).await.unwrap();
    }

    /// Takes a database away, with whoever is still connected to it.
    pub async fn drop_database(&self, name: &str) {
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        self.aside("postgres").await.execute(&*sql).await.unwrap();
    }

    /// Makes a standby the primary; returns when it takes changes.
    pub async fn promote(&self) {
        let promoted: bool = sqlx::query_scalar("SELECT pg_promote(true, 60)")
            .fetch_one(&mut self.aside("postgres").await)
            .await
            .unwrap();
        assert!(promoted, "it stays a standby");
    }
}

/// What a server says that serves, be it a primary or a standby.
const READY: &str = "database system is ready to accept";
