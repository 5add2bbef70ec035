//! Each answer in place of a result, and what is done about it: against a server that answers whatever the test says.

use super::House;
use crate::store::redis_fault::{FAULTS, RedisFault, Then};
use crate::store::{Cas, RedisSessions, SessionBackend, StoreError, Version};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const HOUR: Duration = Duration::from_hours(1);
const PATIENT: Duration = Duration::from_secs(2);

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

async fn serve(stream: TcpStream, book: Arc<Mutex<Book>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
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
                    None => "*2\r\n$1\r\n1\r\n$1\r\n1\r\n".to_owned(),
                    Some(Answer::Error(line)) => format!("-{line}\r\n"),
                    Some(Answer::Cut) => return Ok(()),
                    Some(Answer::Silence) => continue,
                }
            }
            _ => "+OK\r\n".to_owned(),
        };
        write.write_all(answer.as_bytes()).await?;
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

/// What Redis says with that code, as it says it.
fn said(code: &str) -> String {
    match code {
        "MOVED" | "ASK" => format!("{code} 3999 127.0.0.1:1"),
        _ => format!("{code} dayaq:{{secret}}:s and more words"),
    }
}

async fn store(sessions: &RedisSessions) -> Result<Cas, StoreError> {
    sessions.store(&House::new().subscriber(0), Version::ABSENT, [1; 16], b"blob", HOUR).await
}

/// Each row once: answered with it once, and then well.
#[tokio::test]
async fn c08_each_answer_is_mapped_by_the_table() {
    for fault in FAULTS.iter().filter(|fault| fault.code != "connection" && fault.code != "timeout") {
        let server = Scripted::start().await;
        let sessions = RedisSessions::open(&server.url, PATIENT).unwrap();
        sessions.connected().await;
        server.answer([Answer::Error(said(fault.code))]);
        let first = store(&sessions).await;
        let (scripts, connections) = server.counts();
        let refused = StoreError::Refused(fault.code.to_owned());
        match fault.then {
            Then::Retry => {
                assert!(first.is_ok(), "{}: {first:?}", fault.code);
                assert_eq!((scripts, connections), (2, 1), "{}: asked again where it was", fault.code);
            }
            Then::Reconnect => {
                assert!(first.is_ok(), "{}: {first:?}", fault.code);
                assert_eq!((scripts, connections), (2, 2), "{}: asked again over another connection", fault.code);
            }
            Then::Degrade | Then::Alarm => {
                assert_eq!(first.unwrap_err(), refused, "{}", fault.code);
                assert!(!refused.is_in_doubt(), "it was not done");
                assert_eq!((scripts, connections), (1, 1), "{}: asked once", fault.code);
            }
        }
        // Once its cause is over, it is over.
        assert!(store(&sessions).await.is_ok(), "after {}", fault.code);
        println!("{:<11} {:?}: {}", fault.code, fault.then, fault.remedy);
    }
}

/// One that does not pass costs the operation its time and is told by its code, as what was not done.
#[tokio::test]
async fn c08_what_does_not_pass_in_time_is_told_by_its_code() {
    for fault in FAULTS.iter().filter(|fault| fault.then == Then::Retry && fault.code != "NOSCRIPT") {
        let server = Scripted::start().await;
        let sessions = RedisSessions::open(&server.url, Duration::from_millis(250)).unwrap();
        sessions.connected().await;
        server.answer(vec![Answer::Error(said(fault.code)); 100]);
        let refused = store(&sessions).await.unwrap_err();
        assert_eq!(refused, StoreError::Refused(fault.code.to_owned()));
        let (scripts, connections) = server.counts();
        assert!((2..=8).contains(&scripts), "{scripts} in 250 ms");
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
    for code in [
        "READONLY",
        "MOVED",
        "ASK",
        "TRYAGAIN",
        "CLUSTERDOWN",
        "LOADING",
        "OOM",
        "NOREPLICAS",
        "NOSCRIPT",
        "NOAUTH",
        "WRONGPASS",
        "NOPERM",
        "MASTERDOWN",
        "BUSY",
        "timeout",
    ] {
        assert_eq!(RedisFault::named(code).code, code);
    }
    let unknown = RedisFault::named("SOMETHING");
    assert_eq!((unknown.code, unknown.then, unknown.number()), ("other", Then::Alarm, FAULTS.len()));
}
