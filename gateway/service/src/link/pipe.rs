//! The octets of a connection: what comes in, and what is still to be written.

use super::tls::broken;
use dayaq_smpp::Link;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Octets read at once.
const READ_LEN: usize = 64 * 1024;
/// How long the last words of a link may take to be written.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long the peer may take to end the stream after us.
const FAREWELL: Duration = Duration::from_millis(500);

/// A stream both ways. It never waits for one way before it looks at the other.
pub(super) struct Pipe<S> {
    stream: S,
    input: Box<[u8]>,
    output: Vec<u8>,
    fresh: Vec<u8>,
    written: usize,
    flushed: bool,
    /// Writing has failed; what came before may still be read.
    broken: bool,
    /// What was said when reading or writing failed.
    cause: Option<String>,
}

/// What moved.
pub(super) enum Moved {
    /// So many octets came in; none, where some only went out.
    In(usize),
    /// The peer has closed in order.
    End,
    /// The connection is gone.
    Gone,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pipe<S> {
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            input: vec![0; READ_LEN].into_boxed_slice(),
            output: Vec::new(),
            fresh: Vec::new(),
            written: 0,
            flushed: true,
            broken: false,
            cause: None,
        }
    }

    /// Takes what the link wants written.
    pub fn take_from(&mut self, link: &mut Link) {
        if self.written == self.output.len() {
            self.output.clear();
            self.written = 0;
        }
        if link.take_output(&mut self.fresh) {
            self.output.append(&mut self.fresh);
        }
    }

    /// Counts the octets taken from the link and not written.
    pub fn unwritten(&self) -> usize {
        self.output.len() - self.written
    }

    /// Why the connection is gone, where more is known than that it ended: a reset, or what the peer did not like in TLS.
    pub fn cause(&mut self) -> Option<String> {
        self.cause.take()
    }

    /// The first `count` octets that came in last.
    pub fn input(&self, count: usize) -> &[u8] {
        &self.input[..count]
    }

    /// Waits until octets move. Nothing is lost where the wait is given up.
    pub async fn step(&mut self) -> Moved {
        poll_fn(|cx| self.poll_step(cx)).await
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Moved> {
        let wrote = self.poll_write(cx);
        let mut buffer = ReadBuf::new(&mut self.input);
        match Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => Poll::Ready(Moved::In(buffer.filled().len())),
            Poll::Ready(Ok(())) if !self.broken => Poll::Ready(Moved::End),
            Poll::Ready(Ok(())) => Poll::Ready(Moved::Gone),
            Poll::Ready(Err(cause)) => {
                // What was read says more than that nothing could be written.
                self.cause = Some(broken(&cause));
                Poll::Ready(Moved::Gone)
            }
            Poll::Pending if self.broken => Poll::Ready(Moved::Gone),
            Poll::Pending if wrote => Poll::Ready(Moved::In(0)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn fail(&mut self, cause: &std::io::Error) {
        self.broken = true;
        self.cause.get_or_insert_with(|| broken(cause));
    }

    /// Writes what goes at once; tells whether any did.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        let before = self.written;
        while !self.broken && self.written < self.output.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &self.output[self.written..]) {
                Poll::Ready(Ok(count @ 1..)) => {
                    self.written += count;
                    self.flushed = false;
                }
                Poll::Ready(Ok(0)) => self.broken = true,
                Poll::Ready(Err(cause)) => self.fail(&cause),
                Poll::Pending => return self.written > before,
            }
        }
        if !self.broken && !self.flushed {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.flushed = true,
                Poll::Ready(Err(cause)) => self.fail(&cause),
                Poll::Pending => {}
            }
        }
        self.written > before
    }

    /// Writes the rest, such as the answer to unbind, and ends the stream. Tells whether the peer, too, has ended it in
    /// order: then it has read everything.
    pub async fn close(mut self) -> bool {
        let last = async {
            if self.broken {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
            self.stream.write_all(&self.output[self.written..]).await?;
            self.stream.flush().await?;
            self.stream.shutdown().await
        };
        // Whoever does not read by then does not want to know.
        if !matches!(tokio::time::timeout(LAST_WORDS, last).await, Ok(Ok(()))) {
            return false;
        }
        let end = async {
            loop {
                match self.stream.read(&mut self.input).await {
                    Ok(0) => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                }
            }
        };
        tokio::time::timeout(FAREWELL, end).await.unwrap_or(false)
    }
}
