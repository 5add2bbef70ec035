//! A valve between a store and its PostgreSQL that cuts the connection within a commit, or swallows all that is said.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// The message that commits: its kind, its length, the word and a zero (PostgreSQL's protocol, "Query").
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// Where the next commit is cut off.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// The server gets so many octets of the request.
    Request(usize),
    /// The server has answered, and so many octets of the answer arrive.
    Reply(usize),
}

impl Cut {
    /// Every place within a commit: 12 octets there, 18 back ("CommandComplete" and "ReadyForQuery").
    pub fn everywhere() -> impl Iterator<Item = Self> {
        (0..=COMMIT.len()).map(Self::Request).chain((0..18).map(Self::Reply))
    }

    /// Every place within a commit again and again: ten thousand cuts where all is asked for (DAYAQ_FULL=1), else some
    /// hundred.
    pub fn many() -> impl Iterator<Item = Self> {
        let full = std::env::var_os("DAYAQ_FULL").is_some_and(|value| value == "1");
        std::iter::repeat_with(Self::everywhere).flatten().take(if full { 10_000 } else { 310 })
    }
}

/// The valve, open until the next commit.
pub struct Valve {
    port: u16,
    next: Arc<Mutex<Option<Cut>>>,
    silent: Arc<AtomicBool>,
}

impl Valve {
    pub async fn before(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let next = Arc::new(Mutex::new(None));
        let silent = Arc::new(AtomicBool::new(false));
        let (armed, swallows) = (Arc::clone(&next), Arc::clone(&silent));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Of a server that is down the client hears that it closes.
                let Ok(server) = UnixStream::connect(&socket).await else { continue };
                tokio::spawn(pass(client, server, Arc::clone(&armed), Arc::clone(&swallows)));
            }
        });
        Self { port, next, silent }
    }

    /// Where it listens, on loopback.
    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://dayaq@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Cuts the next commit; the ones after it pass.
    pub fn arm(&self, cut: Cut) {
        *self.next.lock().unwrap() = Some(cut);
    }

    /// Swallows what is said from now on, in both directions and without closing anything, as a network does that drops
    /// packets; or no longer. A connection of which something was swallowed stays silent.
    pub fn silence(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Whether the cut has not been made yet.
    pub fn is_armed(&self) -> bool {
        self.next.lock().unwrap().is_some()
    }
}

/// Passes octets both ways until one end closes or the commit is cut, which closes both.
async fn pass(mut client: TcpStream, mut server: UnixStream, next: Arc<Mutex<Option<Cut>>>, silent: Arc<AtomicBool>) {
    let (mut request, mut reply) = (vec![0; 65_536], vec![0; 65_536]);
    // How much of the server's answer still arrives, once the cut is that of an answer.
    let mut left = None;
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(octets @ 1..) = read else { return };
                if silent.load(Ordering::SeqCst) {
                    return swallow(client, &server).await;
                }
                let chunk = &request[..octets];
                let commit = chunk.windows(COMMIT.len()).position(|window| window == COMMIT);
                let cut = commit.and_then(|at| next.lock().unwrap().take().map(|cut| (at, cut)));
                match cut {
                    Some((at, Cut::Request(octets))) => {
                        let _ = server.write_all(&chunk[..at + octets]).await;
                        return;
                    }
                    Some((_, Cut::Reply(octets))) => left = Some(octets),
                    None => {}
                }
                if server.write_all(chunk).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut reply) => {
                if silent.load(Ordering::SeqCst) {
                    return swallow(client, &server).await;
                }
                let Ok(octets @ 1..) = read else { return };
                let passes = left.map_or(octets, |left| octets.min(left));
                if client.write_all(&reply[..passes]).await.is_err() || passes < octets {
                    return;
                }
                left = left.map(|left| left - passes);
            }
        }
    }
}

/// Passes nothing on any more, not even that the server has closed, until the client closes.
async fn swallow(mut client: TcpStream, _server: &UnixStream) {
    let mut request = vec![0; 65_536];
    while let Ok(1..) = client.read(&mut request).await {}
}
