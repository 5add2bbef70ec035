//! A socket that callers connect to: it admits so many of them, rests where the machine has no more to give, and is opened
//! anew where it was lost.

use crate::admission::{Admission, AdmissionLimits, Pass, Room};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tracing::{error, warn};

/// How long a listener rests when the machine gives it no connection, for instance for want of descriptors.
const REST: Duration = Duration::from_millis(100);
/// For how long it then has fewer places.
const FRUGAL: Duration = Duration::from_secs(60);

/// The socket, and who is connected to it. What has been admitted stays so, whatever becomes of who listens.
pub struct Listening {
    name: String,
    address: SocketAddr,
    /// None before it is opened anew.
    socket: Option<TcpListener>,
    admission: Arc<Admission>,
    /// Until when it has fewer places.
    frugal: Option<Pin<Box<Sleep>>>,
}

/// Whoever has connected.
pub struct Caller {
    /// The connection.
    pub stream: TcpStream,
    /// From where.
    pub peer: SocketAddr,
    /// Its place; `None` where all are taken by callers that are being served.
    pub pass: Option<Pass>,
    /// To be kept as long as the connection.
    pub room: Room,
}

impl Listening {
    /// On an open socket, with nobody connected. The name is for logs.
    pub fn on(socket: TcpListener, limits: AdmissionLimits, name: String) -> io::Result<Self> {
        let address = socket.local_addr()?;
        Ok(Self { name, address, socket: Some(socket), admission: Admission::new(limits), frugal: None })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next caller; `None` where the socket is lost: whoever asks again opens it anew, at the same address.
    pub async fn next(&mut self) -> Option<Caller> {
        loop {
            let room = self.admission.room().await;
            if let Err(cause) = self.open().await {
                error!(listener = self.name, cause = %cause, "Listener not opened");
                return None;
            }
            let Self { socket: Some(socket), frugal, .. } = self else { return None };
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = over(frugal) => {
                    self.admission.recover();
                    self.frugal = None;
                    continue;
                }
            };
            match accepted {
                Ok((stream, peer)) => {
                    return Some(Caller { stream, peer, pass: self.admission.admit(peer.ip()), room });
                }
                Err(cause) if is_lost(&cause) => {
                    error!(listener = self.name, cause = %cause, "Listener lost");
                    self.socket = None;
                    return None;
                }
                Err(cause) => {
                    warn!(listener = self.name, cause = %cause, "Connection not taken");
                    drop(room);
                    if is_scarcity(&cause) {
                        self.admission.give_up();
                        self.frugal = Some(Box::pin(tokio::time::sleep(FRUGAL)));
                    }
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn open(&mut self) -> io::Result<()> {
        if self.socket.is_none() {
            self.socket = Some(TcpListener::bind(self.address).await?);
        }
        Ok(())
    }

    /// Lets nobody in any more.
    pub fn close(&mut self) {
        self.socket = None;
    }
}

/// Completes once the time that there is one for is over.
async fn over(frugal: &mut Option<Pin<Box<Sleep>>>) {
    match frugal {
        Some(sleep) => sleep.await,
        None => std::future::pending().await,
    }
}

/// Whether accept says that the socket itself does not listen any more (EINVAL), and not what became of one caller or that
/// something is short at this moment.
fn is_lost(cause: &io::Error) -> bool {
    cause.kind() == ErrorKind::InvalidInput
}

/// Whether accept says that there are no more descriptors, of the machine (ENFILE) or of the process (EMFILE).
fn is_scarcity(cause: &io::Error) -> bool {
    matches!(cause.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Shutdown;
    use std::os::fd::OwnedFd;
    use tokio::io::AsyncReadExt;

    /// A socket, and what ends it from outside as the machine may.
    fn socket() -> (TcpListener, impl FnOnce()) {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let same = std::net::TcpStream::from(OwnedFd::from(socket.try_clone().unwrap()));
        (TcpListener::from_std(socket).unwrap(), move || same.shutdown(Shutdown::Both).unwrap())
    }

    #[tokio::test]
    async fn a_socket_that_is_lost_says_so_once_and_is_opened_anew_where_it_was_and_who_was_in_stays_and_counts() {
        let (socket, lose) = socket();
        let limits = AdmissionLimits { total: 2, per_address: 2 };
        let mut listening = Listening::on(socket, limits, "test".to_owned()).unwrap();
        let mut callers = vec![TcpStream::connect(listening.address()).await.unwrap()];
        let first = listening.next().await.expect("it listens");
        first.pass.as_ref().unwrap().set_busy(true);
        // A run that is broken off while it waits loses nothing.
        assert!(tokio::time::timeout(Duration::from_millis(20), listening.next()).await.is_err());
        lose();
        assert!(listening.next().await.is_none(), "it is lost");
        let (second, caller) = tokio::join!(listening.next(), async {
            loop {
                // It is opened at this moment.
                match TcpStream::connect(first.stream.local_addr().unwrap()).await {
                    Ok(caller) => return caller,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        });
        callers.push(caller);
        let second = second.expect("it listens again");
        second.pass.as_ref().unwrap().set_busy(true);
        callers.push(TcpStream::connect(listening.address()).await.unwrap());
        assert!(listening.next().await.unwrap().pass.is_none(), "whoever came before the loss has its place");
        drop(first);
        let ended = callers[0].read(&mut [0]).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "who was in stayed until now");
        callers.push(TcpStream::connect(listening.address()).await.unwrap());
        assert!(listening.next().await.unwrap().pass.is_some());
    }
}
