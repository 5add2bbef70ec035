//! A real PostgreSQL for the tests: one server for the whole test program, a database for each test.
//!
//! The server is never the machine's own: its cluster is made in a folder of its own, it listens on a socket in that
//! folder alone, and it ends and takes the folder with it when the test program ends, however that ends.

use sqlx::{Connection, Executor, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a cluster, says where, serves until its input ends, and removes it. PostgreSQL refuses to run as root, so
/// root becomes the user that Debian's package makes for it.
const SERVE: &str = r#"
set -eu
trap '' INT TERM HUP
bin=$(dirname "$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)")
as=; [ "$(id -u)" != 0 ] || as="setpriv --reuid=postgres --regid=postgres --init-groups"
cd /
folder=$($as mktemp -d)
trap 'rm -rf "$folder"' EXIT
$as "$bin/initdb" -D "$folder/data" -U dayaq -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
echo "folder $folder"
$as "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c max_connections=200 -c shared_buffers=32MB 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -QUIT "$server"
wait "$server" || :
"#;

static SERVER: OnceLock<PostgresServer> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

struct PostgresServer {
    folder: PathBuf,
    /// It serves until the pipe to it closes, which the end of this program does.
    _shell: Child,
}

impl PostgresServer {
    fn start() -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", SERVE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs a shell");
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut folder, mut said) = (None, Vec::new());
        let serves = lines.by_ref().any(|line| {
            folder = folder.take().or_else(|| line.strip_prefix("folder ").map(PathBuf::from));
            let ready = line.contains("ready to accept connections");
            said.push(line);
            ready
        });
        assert!(serves, "this test needs PostgreSQL (Debian: postgresql): {said:#?}");
        // Somebody has to read what it writes, or it stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Self { folder: folder.unwrap(), _shell: shell }
    }
}

/// An empty database of the shared server.
pub struct PostgresDatabase {
    name: String,
}

impl PostgresDatabase {
    /// Makes one.
    pub async fn create() -> Self {
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let mut server = PgConnection::connect(&url("postgres")).await.unwrap();
        server.execute(&*format!("CREATE DATABASE {name}")).await.unwrap();
        Self { name }
    }

    pub fn url(&self) -> String {
        url(&self.name)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The socket that the server listens on.
    pub fn socket(&self) -> PathBuf {
        folder().join(".s.PGSQL.5432")
    }

    /// A connection past the code under test.
    pub async fn aside(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// Everything that lies in the files of this database.
    pub async fn raw(&self) -> Vec<u8> {
        let mut aside = self.aside().await;
        aside.execute("CHECKPOINT").await.unwrap();
        let oid: i64 = sqlx::query_scalar("SELECT oid::bigint FROM pg_database WHERE datname = current_database()")
            .fetch_one(&mut aside)
            .await
            .unwrap();
        let mut files: Vec<_> = std::fs::read_dir(folder().join(format!("data/base/{oid}")))
            .unwrap_or_else(|error| panic!("the cluster is its owner's alone: {error}"))
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
    }
}

fn folder() -> &'static PathBuf {
    &SERVER.get_or_init(PostgresServer::start).folder
}

fn url(database: &str) -> String {
    format!("postgres://dayaq@localhost/{database}?host={}", folder().display())
}
