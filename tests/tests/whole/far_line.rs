//! A line on which everything takes its time, as between a house and an operator that are far from each other.

use dayaq_simulator::SmscConfig;
use dayaq_smpp::LinkConfig;
use dayaq_types::{Clock, SystemClock};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// How long an octet is under way, each way. A USSD turn over it takes as long as the quickest of real ones.
pub const EACH_WAY: Duration = Duration::from_millis(100);

/// An operator that may have as many messages under way as such a line holds.
pub fn operator(config: SmscConfig) -> SmscConfig {
    SmscConfig { link: LinkConfig { window: 500, ..config.link.clone() }, ..config }
}

/// The line. Dropped, it is cut.
pub struct FarLine {
    addr: SocketAddr,
    _accepting: AbortOnDropHandle<()>,
}

impl FarLine {
    /// Leads to that address.
    pub async fn to(smsc: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("an address");
        let accepting = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                lines.spawn(async move {
                    // Where the operator does not listen, the program sees its connection end.
                    let Ok(far) = TcpStream::connect(smsc).await else { return };
                    let _ = (near.set_nodelay(true), far.set_nodelay(true));
                    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
                    // The end of either direction ends the line, as the end of a process ends its socket.
                    tokio::select! {
                        () = carry(from_near, to_far) => {}
                        () = carry(from_far, to_near) => {}
                    }
                });
            }
        });
        Self { addr, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// Where it begins.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// Carries octets in their order, each for as long as it is under way.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let clock = &SystemClock::new();
    let (sent, mut under_way) = unbounded_channel();
    let reading = async move {
        let mut octets = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut octets).await {
            // Where nobody takes it any more, the other direction has ended and ends us.
            let _ = sent.send((clock.monotonic() + EACH_WAY, octets[..count].to_vec()));
        }
    };
    let writing = async {
        while let Some((due, octets)) = under_way.recv().await {
            tokio::time::sleep(due.saturating_sub(clock.monotonic())).await;
            if to.write_all(&octets).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}
