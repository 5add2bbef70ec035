//! Each answer in place of a result, and what is done about it: against a server that answers whatever the test says.

use super::House;
use crate::heard::Heard;
use crate::store::redis_fault::{FAULTS, RedisFault, Then};
use crate::store::{Cas, RedisSessions, SessionBackend, StoreError, Version};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tracing::Level;

const HOUR: Duration = Duration::from_hours(1);
const PATIENT: Duration = Duration::from_secs(2);
/// What an operation may take where nothing is answered (C06).
const LIMIT: Duration = Duration::from_millis(250);

/// A server that says of itself what a master says, and answers each script by the next line of its book.
struct Scripted {
    url: String,
    book: Arc<Mutex<Book>>,
}

#[derive(Default)]
struct Book {
    /// What the next scripts are answered; none: the session is written.
    answers: VecDeque<Answer>,
    scripts: usize,
    connections: usize,
}

#[derive(Clone)]
enum Answer {
    Error(String),
    Cut,
    Silence,
}

impl Scripted {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let book: Arc<Mutex<Book>> = Arc::default();
        let shared = Arc::clone(&book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, book }
    }

    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.book.lock().unwrap().answers.extend(answers);
    }

    fn counts(&self) -> (usize, usize) {
        let book = self.book.lock().unwrap();
        (book.scripts, book.connections)
    }
}

/// The first write of a session is done.
const WELL: &str = "*2\r\n$1\r\n1\r\n$1\r\n1\r\n";

/// Answers one command after the other; what was met with silence is answered late, before the next.
async fn serve(stream: TcpStream, book: Arc<Mutex<Book>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let mut late = String::new();
    loop {
        let words = command(&mut read).await?;
        let answer = match words[0].to_ascii_uppercase().as_str() {
            "HELLO" => "*4\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n".to_owned(),
            "CONFIG" => "-NOPERM of the test\r\n".to_owned(),
            "EVALSHA" | "EVAL" => {
                let next = {
                    let mut book = book.lock().unwrap();
                    book.scripts += 1;
                    book.answers.pop_front()
                };
                match next {
                    None => WELL.to_owned(),
                    Some(Answer::Error(line)) => format!("-{line}\r\n"),
                    Some(Answer::Cut) => return Ok(()),
                    Some(Answer::Silence) => {
                        late += WELL;
                        continue;
                    }
                }
            }
            _ => "+OK\r\n".to_owned(),
        };
        let late = std::mem::take(&mut late);
        write.write_all((late + &answer).as_bytes()).await?;
    }
}

/// Reads one command: an array of strings.
async fn command(read: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Vec<String>> {
    let mut line = String::new();
    if read.read_line(&mut line).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let count: usize = line.trim_start_matches('*').trim().parse().unwrap();
    let mut words = Vec::new();
    for _ in 0..count {
        line.clear();
        read.read_line(&mut line).await?;
        let length: usize = line.trim_start_matches('$').trim().parse().unwrap();
        let mut word = vec![0; length + 2];
        read.read_exact(&mut word).await?;
        words.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    Ok(words)
}

async fn store(sessions: &RedisSessions) -> Result<Cas, StoreError> {
    sessions.store(&House::new().subscriber(0), Version::ABSENT, [1; 16], b"blob", HOUR).await
}

/// What becomes of an operation that is answered so once, and then well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    /// The same is asked again where it was, and is done.
    Retried,
    /// The same is asked again over another connection, and is done.
    RetriedElsewhere,
    /// It was not done, and whoever asked hears the code.
    Refused,
    /// Nobody knows whether it was done.
    InDoubt,
}

/// What Redis does in place of answering, and what comes of it: the operation, the name it is counted by, the action, and
/// how loudly the log tells.
struct Row(&'static str, Answered, Becomes, &'static str, Option<Level>);

/// What is answered.
enum Answered {
    Says(&'static str),
    Cuts,
    IsSilent,
}

use Answered::{Cuts, IsSilent, Says};
use Becomes::{InDoubt, Refused, Retried, RetriedElsewhere};

/// As operators of the service know it, written down apart from the program's own table.
const ROWS: [Row; 24] = [
    // It passes by itself.
    Row("TRYAGAIN", Says("TRYAGAIN Multiple keys request during rehashing"), Retried, "retry", Some(Level::WARN)),
    Row("LOADING", Says("LOADING Redis is loading the dataset in memory"), Retried, "retry", Some(Level::WARN)),
    Row("BUSY", Says("BUSY Redis is busy running a script"), Retried, "retry", Some(Level::WARN)),
    Row("CLUSTERDOWN", Says("CLUSTERDOWN The cluster is down"), Retried, "retry", Some(Level::WARN)),
    Row("MASTERDOWN", Says("MASTERDOWN Link with MASTER is down"), Retried, "retry", Some(Level::WARN)),
    // A script that was forgotten is nobody's trouble.
    Row("NOSCRIPT", Says("NOSCRIPT No matching script"), Retried, "retry", None),
    // Somebody else is the master, or has the slot.
    Row(
        "READONLY",
        Says("READONLY You can't write against a replica"),
        RetriedElsewhere,
        "reconnect",
        Some(Level::WARN),
    ),
    Row("MOVED", Says("MOVED 3999 127.0.0.1:1"), RetriedElsewhere, "reconnect", Some(Level::WARN)),
    Row("ASK", Says("ASK 3999 127.0.0.1:1"), RetriedElsewhere, "reconnect", Some(Level::WARN)),
    Row("UNBLOCKED", Says("UNBLOCKED force unblock"), RetriedElsewhere, "reconnect", Some(Level::WARN)),
    Row("connection", Cuts, InDoubt, "reconnect", Some(Level::WARN)),
    // Turns are let go until its cause is over.
    Row("OOM", Says("OOM command not allowed when used memory > 'maxmemory'"), Refused, "degrade", Some(Level::WARN)),
    Row("NOREPLICAS", Says("NOREPLICAS Not enough good replicas to write"), Refused, "degrade", Some(Level::WARN)),
    Row("NOGOODSLAVE", Says("NOGOODSLAVE No suitable replica to promote"), Refused, "degrade", Some(Level::WARN)),
    Row("MISCONF", Says("MISCONF Redis is configured to save snapshots"), Refused, "degrade", Some(Level::WARN)),
    Row("EXECABORT", Says("EXECABORT Transaction discarded"), Refused, "degrade", Some(Level::WARN)),
    Row("timeout", IsSilent, InDoubt, "degrade", Some(Level::WARN)),
    // Somebody has to do something.
    Row("NOAUTH", Says("NOAUTH Authentication required."), Refused, "alarm", Some(Level::ERROR)),
    Row("WRONGPASS", Says("WRONGPASS invalid username-password pair"), Refused, "alarm", Some(Level::ERROR)),
    Row("NOPERM", Says("NOPERM this user has no permissions"), Refused, "alarm", Some(Level::ERROR)),
    Row(
        "CROSSSLOT",
        Says("CROSSSLOT Keys in request don't hash to the same slot"),
        Refused,
        "alarm",
        Some(Level::ERROR),
    ),
    Row("NOPROTO", Says("NOPROTO unsupported protocol version"), Refused, "alarm", Some(Level::ERROR)),
    Row("other", Says("SOMETHING that no server says"), Refused, "alarm", Some(Level::ERROR)),
    Row("other", Says("ERR unknown command"), Refused, "alarm", Some(Level::ERROR)),
];

impl Row {
    /// One operation that is answered so, and the next that is answered well.
    async fn plays(&self) {
        let Self(code, answered, becomes, _, _) = self;
        let server = Scripted::start().await;
        let limit = if *becomes == InDoubt { LIMIT } else { PATIENT };
        let sessions = RedisSessions::open(&server.url, limit).unwrap();
        sessions.connected().await;
        let said = match answered {
            Says(line) => Answer::Error((*line).to_owned()),
            Cuts => Answer::Cut,
            IsSilent => Answer::Silence,
        };
        server.answer([said]);
        let first = store(&sessions).await;
        let counts = server.counts();
        match (becomes, &first) {
            (Retried, Ok(Cas::Written(_))) => assert_eq!(counts, (2, 1), "{code}: asked again where it was"),
            (RetriedElsewhere, Ok(Cas::Written(_))) => assert_eq!(counts, (2, 2), "{code}: asked again elsewhere"),
            (Refused, Err(StoreError::Refused(why))) => {
                let Says(line) = answered else { unreachable!("it was said") };
                assert_eq!(Some(why.as_str()), line.split(' ').next(), "it is told by its own code");
                assert!(!first.as_ref().unwrap_err().is_in_doubt(), "{code}: it was not done");
                assert_eq!(counts, (1, 1), "{code}: asked once");
            }
            (InDoubt, Err(why @ (StoreError::Unreachable(_) | StoreError::Timeout(LIMIT)))) => {
                assert!(why.is_in_doubt() && counts.0 == 1, "{code}: whoever asked decides");
            }
            (Retried | RetriedElsewhere | Refused | InDoubt, _) => panic!("{code} became {first:?}"),
        }
        // Once its cause is over, it is over.
        assert!(store(&sessions).await.is_ok(), "after {code}");
    }
}

/// Each row by itself: what becomes of the operation, the one fault that is counted, and the one line of the log.
#[test]
fn c08_each_answer_is_retried_or_degrades_or_alerts_and_is_counted_and_told() {
    for row in &ROWS {
        let heard = Heard::of(|| row.plays());
        let Row(code, _, becomes, then, level) = row;
        let figure = format!("dayaq_redis_faults_total{{code=\"{code}\",then=\"{then}\"}}");
        assert_eq!(heard.count(&figure), 1, "{figure} in\n{}", heard.figures);
        let counted = heard.figures.lines().filter(|line| line.starts_with("dayaq_redis_faults_total{")).count();
        assert_eq!(counted, 1, "no other fault is counted:\n{}", heard.figures);
        for other in [Level::ERROR, Level::WARN] {
            let told = heard.log.of(other).iter().filter(|line| line.contains(&format!("code=\"{code}\""))).count();
            assert_eq!(told, usize::from(*level == Some(other)), "{code} at {other}:\n{}", heard.log.whole());
        }
        println!("{code:<11} {becomes:?}, {then}, {level:?}");
    }
    let listed: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    let table: BTreeSet<&str> = FAULTS.iter().map(|fault| fault.code).chain(["other"]).collect();
    assert_eq!(listed, table, "each code of the table has its row here");
}

/// One that does not pass costs the operation its time and is told by its code, as what was not done.
#[tokio::test]
async fn c08_what_does_not_pass_in_time_is_told_by_its_code() {
    for code in ["TRYAGAIN", "LOADING", "BUSY", "CLUSTERDOWN", "MASTERDOWN"] {
        let server = Scripted::start().await;
        let sessions = RedisSessions::open(&server.url, PATIENT).unwrap();
        sessions.connected().await;
        server.answer(vec![Answer::Error(format!("{code} and more words")); 1_000]);
        let refused = store(&sessions).await.unwrap_err();
        assert_eq!(refused, StoreError::Refused(code.to_owned()));
        let (scripts, connections) = server.counts();
        // A pause of 20 ms after each, for half of the time.
        assert!((2..=51).contains(&scripts), "{scripts} in {PATIENT:?}");
        assert_eq!(connections, 1, "the connection is no part of it");
    }
}

#[tokio::test]
async fn c08_a_lost_connection_and_silence_leave_it_in_doubt() {
    let server = Scripted::start().await;
    let sessions = RedisSessions::open(&server.url, Duration::from_millis(250)).unwrap();
    sessions.connected().await;
    server.answer([Answer::Cut, Answer::Silence]);
    let cut = store(&sessions).await.unwrap_err();
    assert!(matches!(&cut, StoreError::Unreachable(_)) && cut.is_in_doubt(), "{cut}");
    let silent = store(&sessions).await.unwrap_err();
    assert!(matches!(&silent, StoreError::Timeout(_)) && silent.is_in_doubt(), "{silent}");
    assert_eq!(server.counts(), (2, 2), "each was asked once, and one connection was lost");
}

#[test]
fn c08_the_table_names_each_code_once_with_a_remedy() {
    for (at, fault) in FAULTS.iter().enumerate() {
        assert_eq!((fault.number(), RedisFault::named(fault.code)), (at, fault));
        assert!(!fault.remedy.is_empty());
    }
    let unknown = RedisFault::named("SOMETHING");
    assert_eq!((unknown.code, unknown.then, unknown.number()), ("other", Then::Alarm, FAULTS.len()));
}
