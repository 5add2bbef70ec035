//! Listeners whose sockets are lost: named, opened anew, and at last the end of the program.

use crate::listeners::Front;
use crate::program::PATIENCE;
use crate::stage::{Stage, eventually};
use dayaq_types::{Clock, SystemClock};
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Ends a listening socket of another process under its feet.
const LOSE: &str = r#"
import ctypes, os, socket, sys
process, port = int(sys.argv[1]), int(sys.argv[2])
listening = set()
for line in open(f"/proc/{process}/net/tcp").readlines()[1:]:
    fields = line.split()
    if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == port:
        listening.add(f"socket:[{fields[9]}]")
for name in os.listdir(f"/proc/{process}/fd"):
    if os.readlink(f"/proc/{process}/fd/{name}") in listening:
        PIDFD_GETFD = 438
        same = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, os.pidfd_open(process), int(name), 0)
        if same < 0:
            sys.exit(os.strerror(ctypes.get_errno()))
        socket.socket(fileno=same).shutdown(socket.SHUT_RDWR)
        sys.exit()
sys.exit("nobody listens there")
"#;

/// The longest until `/readyz` names it (E10).
const NAMED: Duration = Duration::from_secs(2);

fn lose(stage: &Stage, listener: SocketAddr) {
    let (process, port) = (stage.serve().process.id().to_string(), listener.port().to_string());
    let lost = Command::new("python3").args(["-c", LOSE, &process, &port]).output().expect("python3 is installed");
    assert!(lost.status.success(), "{}", String::from_utf8_lossy(&lost.stderr));
}

/// Whoever asks over a connection that stands already.
struct Asking(TcpStream);

impl Asking {
    async fn at(http: SocketAddr) -> Self {
        Self(TcpStream::connect(http).await.expect("it listens"))
    }

    /// What `/readyz` says, with its head.
    async fn ready(&mut self) -> String {
        self.0.write_all(b"GET /readyz HTTP/1.1\r\nHost: d\r\n\r\n").await.expect("it stands");
        let (mut said, mut octets) = (String::new(), [0; 4096]);
        while !said.ends_with("]}") {
            let count = self.0.read(&mut octets).await.expect("it answers");
            assert!(count > 0, "it ended after {said:?}");
            said += &String::from_utf8_lossy(&octets[..count]);
        }
        said
    }
}

/// Files that the program may open: enough.
const FILES: u32 = 4_096;

#[tokio::test(flavor = "multi_thread")]
async fn e10_a_listener_that_is_lost_is_named_within_2_s_and_opened_anew_where_it_was() {
    let front = Front::up(FILES, "").await;
    let listeners = front.listeners();
    let Front { stage, .. } = &front;
    let mut asking = Asking::at(listeners[0]).await;
    let phone = stage.phone("994501234567");
    for (listener, name) in listeners.into_iter().zip(["http", "callbacks-hub", "door-foreign-2"]) {
        let clock = SystemClock::new();
        lose(stage, listener);
        let named = format!(r#"{{"name":"workers","fault":"{name} ended"}}"#);
        eventually("it is named", async || asking.ready().await.contains(&named).then_some(())).await;
        let named = clock.monotonic();
        // Turns come by the links meanwhile.
        phone.dial().await.says("1 Azərbaycanca");
        eventually("it is back", async || (!asking.ready().await.contains("workers\",\"fault")).then_some(())).await;
        println!("{name} is named after {named:?} and back after {:?}", clock.monotonic());
        assert!(named < NAMED, "{named:?}");
        let mut caller = TcpStream::connect(listener).await.expect("it listens where it did");
        caller.write_all(b"GET /nothing HTTP/1.1\r\nHost: d\r\n\r\n").await.expect("it is let in");
        let answered = tokio::time::timeout(PATIENCE, caller.read(&mut [0; 64])).await.expect("it is attended");
        assert!(name.starts_with("door") || answered.is_ok_and(|count| count > 0), "{name} answers");
    }
    assert_eq!(stage.metric("dayaq_worker_ends_total").await, 3.0);
    stage.smsc.outbind(listeners[2], "dayaq").expect("a known account");
    eventually("the door opens", async || (stage.page("/readyz").await.0 == 200).then_some(())).await;
    stage.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e10_a_listener_that_is_lost_again_and_again_ends_the_program_with_an_error() {
    let front = Front::up(FILES, "worker_ends = 2").await;
    let (listeners, mut stage) = (front.listeners(), front.stage);
    for round in 0..3 {
        eventually("it listens", async || TcpStream::connect(listeners[1]).await.ok()).await;
        lose(&stage, listeners[1]);
        let fallen = async || (stage.log().matches("Worker ended").count() > round).then_some(());
        eventually("it falls", fallen).await;
    }
    let status = stage.ended().await;
    assert_eq!(status.code(), Some(1), "{}", stage.log());
    assert!(stage.log().contains("Worker ended too often, the process ends"), "{}", stage.log());
}
