//! One test's world: an operator, institutions and a bank in this process; `dayaq serve` as a process that can be killed.

use crate::far_line::{self, FarLine};
use crate::program::{PATIENCE, Process};
use crate::serve_config::{Serve, ServeConfig};
use crate::valve::Valve;
use dayaq_registries::{CardTime, Households, Registries, RegistriesConfig, Running, Tokens};
use dayaq_simulator::{Handset, HandsetError, Screen, Smsc, SmscConfig};
use dayaq_types::{Msisdn, SystemClock};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Decode, Postgres, Sqlite, Type};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::block_in_place;

/// What a test may want otherwise.
pub struct Setting {
    /// The operator.
    pub smsc: SmscConfig,
    /// Whom the institutions know.
    pub households: Households,
    /// Where live sessions are kept; `None` for SQLite.
    pub redis: Option<String>,
    /// The database that holds the rows of gateway and core; `None` for files.
    pub postgres: Option<String>,
    /// Whether a valve stands between the program and the operator.
    pub valve: bool,
    /// Whether the operator is far away.
    pub far: bool,
}

impl Default for Setting {
    fn default() -> Self {
        let (households, faults) = Households::shipped();
        let households = households.unwrap_or_else(|| panic!("{faults}"));
        Self { smsc: SmscConfig::default(), households, redis: None, postgres: None, valve: false, far: false }
    }
}

/// The world of one test.
pub struct Stage {
    pub smsc: Smsc,
    /// Where the program finds the operator.
    pub operator: SocketAddr,
    pub registries: Running,
    pub config: ServeConfig,
    pub valve: Option<Valve>,
    pub serve: Option<Serve>,
    _far: Option<FarLine>,
    /// What the processes before this one said.
    log: String,
}

impl Stage {
    /// Sets everything up, with the program bound to the operator.
    pub async fn up(setting: Setting) -> Self {
        let mut stage = Self::set(setting).await;
        stage.start().await;
        stage
    }

    /// Sets everything up but the program.
    pub async fn set(setting: Setting) -> Self {
        let smsc = if setting.far { far_line::operator(setting.smsc) } else { setting.smsc };
        let smsc = Smsc::start(smsc).await.expect("loopback has a free port");
        let registries = Registries::start(RegistriesConfig {
            listen: "127.0.0.1:0".parse().expect("an address"),
            households: setting.households,
            clock: Arc::new(SystemClock::new()),
            tokens: Tokens::same(crate::serve_config::TOKEN),
            card_time: CardTime::After(Duration::from_millis(100)),
        });
        let registries = registries.await.expect("loopback has a free port");
        let valve = if setting.valve { Some(Valve::before(smsc.addr()).await) } else { None };
        let near = valve.as_ref().map_or(smsc.addr(), Valve::addr);
        let far = if setting.far { Some(FarLine::to(near).await) } else { None };
        let address = far.as_ref().map_or(near, FarLine::addr);
        let config = ServeConfig::new(address, registries.addr());
        let config = match &setting.redis {
            Some(url) => config.redis(url),
            None => config,
        };
        let config = match &setting.postgres {
            Some(url) => config.postgres(url),
            None => config,
        };
        Self { smsc, operator: address, registries, config, valve, serve: None, _far: far, log: String::new() }
    }

    /// Starts the program and waits until it is bound.
    pub async fn start(&mut self) {
        self.start_unbound();
        assert!(self.smsc.bound(PATIENCE).await, "the program does not bind:\n{}", self.log());
    }

    /// Starts the program and waits until it answers HTTP.
    pub fn start_unbound(&mut self) {
        assert!(self.serve.is_none(), "one at a time");
        self.serve = Some(block_in_place(|| self.config.start()));
    }

    /// Starts the program where it must not serve, and gives what it says of that.
    pub fn refuses(&self) -> String {
        let config = self.config.write().display().to_string();
        block_in_place(|| {
            let mut serve = Process::dayaq(&["serve", "--config", &config], &[("RUST_LOG", "info")]);
            let status = serve.wait();
            let said = serve.said();
            assert_eq!(status.code(), Some(1), "{said}");
            assert!(!said.contains("panicked") && !said.contains("dayaq serves"), "{said}");
            said
        })
    }

    /// kill -9; returns when the operator has lost the link.
    pub async fn kill(&mut self) {
        let mut serve = self.serve.take().expect("it runs");
        block_in_place(|| serve.process.kill());
        self.log += &serve.process.said();
        eventually("the operator loses the link", async || (!self.smsc.is_bound()).then_some(())).await;
    }

    /// SIGTERM; returns when the program has ended well and all that it said has been read.
    pub async fn terminate(&mut self) {
        self.serve().process.ask_to_end();
        let status = self.ended().await;
        assert!(status.success(), "{status}");
        assert!(self.log.contains("Stopped"), "{}", self.log);
    }

    /// Waits until the program has ended by itself and all that it said has been read, and gives its status.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut serve = self.serve.take().expect("it runs");
        let status = block_in_place(|| serve.process.wait());
        self.log += &serve.process.said();
        status
    }

    /// kill -9 and a new start.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.start().await;
    }

    /// The process, as long as it runs.
    pub fn serve(&self) -> &Serve {
        self.serve.as_ref().expect("it runs")
    }

    /// Everything that the program has written so far, over all its lives, both outputs.
    pub fn log(&self) -> String {
        self.log.clone() + &self.serve.as_ref().map(|serve| serve.process.said()).unwrap_or_default()
    }

    /// A phone of this operator.
    pub fn phone(&self, number: &str) -> Phone {
        Phone(self.smsc.handset(Msisdn::parse(number).expect("a phone number")))
    }

    /// Asks the program for a page: status and body.
    pub async fn page(&self, path: &str) -> (u16, String) {
        page(self.serve().http, path).await
    }

    /// The value of a metric, summed over its labels; 0 where it has not been counted yet.
    pub async fn metric(&self, name: &str) -> f64 {
        metric(self.serve().http, name).await
    }

    /// The registration number of every application in the core's store, read past the program.
    pub async fn references(&self) -> Vec<String> {
        self.core_column("SELECT reference FROM applications ORDER BY seq").await
    }

    /// The only column of a question to the core's store, read past the program.
    pub async fn core_column<T>(&self, sql: &str) -> Vec<T>
    where
        T: Send + Unpin + Type<Sqlite> + Type<Postgres>,
        T: for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>,
    {
        column(self.config.database(), "dayaq_core", &self.config.core_database(), sql).await
    }

    /// The only column of a question to the gateway's store, read past the program.
    pub async fn gateway_column<T>(&self, sql: &str) -> Vec<T>
    where
        T: Send + Unpin + Type<Sqlite> + Type<Postgres>,
        T: for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>,
    {
        column(self.config.gateway_server(), "public", &self.config.gateway_database(), sql).await
    }

    /// How many rows each table of both stores has, read past the program.
    pub async fn rows(&self) -> BTreeMap<String, i64> {
        let mut rows = BTreeMap::new();
        if let Some(url) = self.config.database() {
            let options: PgConnectOptions = url.parse().expect("an address");
            let mut both = options.connect().await.expect("it serves");
            let tables = "SELECT format('%I.%I', schemaname, relname) FROM pg_stat_user_tables";
            let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut both).await.expect("it has tables");
            for table in tables {
                let count = format!("SELECT count(*) FROM {table}");
                let count: i64 = sqlx::query_scalar(&count).fetch_one(&mut both).await.expect("it can be counted");
                rows.insert(table, count);
            }
            return rows;
        }
        for file in [self.config.gateway_database(), self.config.core_database()] {
            let mut store = read_only(&file).await;
            let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
            let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut store).await.expect("it has tables");
            for table in tables {
                let count = format!("SELECT count(*) FROM {table}");
                let count: i64 = sqlx::query_scalar(&count).fetch_one(&mut store).await.expect("it can be counted");
                *rows.entry(table).or_default() += count;
            }
            store.close().await.expect("it closes");
        }
        rows
    }

    /// Checks that nothing in the program has panicked and that it is still alive.
    pub async fn assert_sound(&self) {
        assert_eq!(self.page("/healthz").await, (200, "alive\n".to_owned()));
        assert!(!self.log().contains("panicked"), "{}", self.log());
    }
}

/// Asks a program for a page: status and body.
pub async fn page(http: SocketAddr, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(http).await.expect("HTTP listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: dayaq\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("HTTP reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("HTTP answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}

/// The value of a program's metric, summed over its labels; 0 where it has not been counted yet.
pub async fn metric(http: SocketAddr, name: &str) -> f64 {
    let (_, body) = page(http, "/metrics").await;
    let own = |line: &&str| line.starts_with(name) && matches!(line.as_bytes().get(name.len()), Some(b' ' | b'{'));
    body.lines().filter(own).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

/// The only column of a question to a store on that server, or in that file.
async fn column<T>(server: Option<&str>, schema: &str, file: &Path, sql: &str) -> Vec<T>
where
    T: Send + Unpin + Type<Sqlite> + Type<Postgres>,
    T: for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres>,
{
    let found = if let Some(url) = server {
        let options: PgConnectOptions = url.parse().expect("an address");
        let mut store = options.options([("search_path", schema)]).connect().await.expect("it serves");
        sqlx::query_scalar(sql).fetch_all(&mut store).await
    } else {
        let mut store = read_only(file).await;
        let found = sqlx::query_scalar(sql).fetch_all(&mut store).await;
        store.close().await.expect("it closes");
        found
    };
    found.unwrap_or_else(|fault| panic!("{sql}: {fault}"))
}

/// Waits until the probe gives something.
pub async fn eventually<T>(what: &str, probe: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, probe).await
}

/// Waits until the probe gives something, for so long at most.
pub async fn eventually_within<T>(most: Duration, what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(most, found).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Opens an SQLite file without being able to change it.
pub async fn read_only(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(5));
    options.connect().await.expect("the file is there")
}

/// Holds an SQLite file's only place for a writer until dropped or closed: whoever else writes has to wait.
pub struct WriteLock(SqliteConnection);

impl WriteLock {
    /// Takes the place, once whoever has it is done.
    pub async fn on(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(Duration::from_secs(5));
        let mut connection = options.connect().await.expect("the file is there");
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.expect("no writer stays for long");
        Self(connection)
    }

    /// Lets the next writer in.
    pub async fn release(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.0).await.expect("a transaction is open");
        self.0.close().await.expect("it closes");
    }
}

/// A phone in a story.
#[derive(Clone)]
pub struct Phone(pub Handset);

impl Phone {
    /// Dials the service.
    pub async fn dial(&self) -> Seen {
        Seen::of("*7142#", self.0.dial("*7142#").await)
    }

    /// Answers the screen.
    pub async fn send(&self, typed: &str) -> Seen {
        Seen::of(typed, self.0.send(typed).await)
    }

    /// The next text, which must come.
    pub async fn text(&self) -> String {
        self.0.next_sms(PATIENCE).await.expect("a text").text
    }
}

/// What a phone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub text: String,
    pub more: bool,
}

impl Seen {
    fn of(typed: &str, result: Result<Screen, HandsetError>) -> Self {
        let screen = result.unwrap_or_else(|fault| panic!("after {typed:?}: {fault}"));
        Self::from(screen)
    }

    /// The screen must say this.
    #[track_caller]
    pub fn says(&self, part: &str) -> &Self {
        assert!(self.text.contains(part), "{part:?} is not on the screen\n{}", self.text);
        self
    }

    /// The session must be over.
    #[track_caller]
    pub fn ends(&self) -> &Self {
        assert!(!self.more, "the session should be over\n{}", self.text);
        self
    }

    /// The registration number on it.
    #[track_caller]
    pub fn reference(&self) -> String {
        reference(&self.text).unwrap_or_else(|| panic!("no registration number in\n{}", self.text))
    }
}

impl From<Screen> for Seen {
    fn from(screen: Screen) -> Self {
        Self { text: screen.text, more: screen.more }
    }
}

/// The first registration number in a text, such as `26-0000017-4`.
pub fn reference(text: &str) -> Option<String> {
    let part = |part: &str, len: usize| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
    let number = |word: &&str| match word.split('-').collect::<Vec<_>>()[..] {
        [year, serial, check] => {
            part(year, 2) && (7..=9).contains(&serial.len()) && part(serial, serial.len()) && part(check, 1)
        }
        _ => false,
    };
    text.split(|c: char| !c.is_ascii_digit() && c != '-').find(number).map(str::to_owned)
}

/// Whether every case is asked for (DAYAQ_FULL=1), and not a few of them.
pub fn full() -> bool {
    std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1")
}

/// Says what this machine cannot show, for `tests/run` to repeat beside its counts. Where every case is asked for, it fails.
pub fn not_shown(what: &str) {
    assert!(!full(), "not shown here: {what}");
    // Not by `println!`: what a test that passes has printed is thrown away.
    writeln!(std::io::stderr(), "\nnot shown here: {what}").expect("somebody listens");
}

/// The seed of this run: DAYAQ_SEED, or a fixed one. A failure prints it.
pub fn seed() -> u64 {
    std::env::var("DAYAQ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122)
}
