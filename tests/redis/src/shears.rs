//! A way to a server that cuts an answer off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A proxy. It serves until the test's runtime ends.
pub struct Shears {
    addr: SocketAddr,
    blades: Arc<Blades>,
}

#[derive(Default)]
struct Blades {
    open: AtomicBool,
    cuts: AtomicU64,
}

impl Shears {
    /// Stands before the server on that port of loopback.
    ///
    /// # Panics
    ///
    /// Where loopback has no free port.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("bound");
        let blades = Arc::new(Blades::default());
        let shared = Arc::clone(&blades);
        tokio::spawn(async move {
            while let Ok((ours, _)) = listener.accept().await {
                if let Ok(theirs) = TcpStream::connect(("127.0.0.1", port)).await {
                    tokio::spawn(pass(ours, theirs, Arc::clone(&shared)));
                }
            }
        });
        Self { addr, blades }
    }

    /// Its address as that of a server.
    pub fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// Cuts the connection once, in place of the next answer to a script: the work is done and nobody hears of it.
    pub fn cut_next(&self) {
        self.blades.open.store(true, Ordering::SeqCst);
    }

    /// How often it has cut.
    pub fn cuts(&self) -> u64 {
        self.blades.cuts.load(Ordering::SeqCst)
    }
}

async fn pass(mut ours: TcpStream, mut theirs: TcpStream, blades: Arc<Blades>) -> std::io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 1 << 17], vec![0; 1 << 17]);
    let mut script = false;
    loop {
        tokio::select! {
            count = ours.read(&mut asked) => match count? {
                0 => return Ok(()),
                count => {
                    script |= asked[..count].windows(4).any(|word| word == b"EVAL");
                    theirs.write_all(&asked[..count]).await?;
                }
            },
            count = theirs.read(&mut answered) => match count? {
                0 => return Ok(()),
                // A server that does not know the script has done nothing.
                count if script && !answered[..count].starts_with(b"-NOSCRIPT")
                    && blades.open.swap(false, Ordering::SeqCst) =>
                {
                    blades.cuts.fetch_add(1, Ordering::SeqCst);
                    return Ok(());
                }
                count => ours.write_all(&answered[..count]).await?,
            },
        }
    }
}
