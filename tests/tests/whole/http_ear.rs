//! HTTP for foreign peers: a server that answers everything with 200 and tells what it was asked, and a client.

use crate::program::PATIENCE;
use axum::Router;
use axum::http::Uri;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// One request: its path and its arguments, as octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub path: String,
    pub arguments: BTreeMap<String, Vec<u8>>,
}

impl Asked {
    /// An argument as text.
    pub fn text(&self, name: &str) -> String {
        let octets = self.arguments.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"));
        String::from_utf8_lossy(octets).into_owned()
    }
}

/// The server; it ends when dropped.
pub struct HttpEar {
    pub addr: SocketAddr,
    asked: UnboundedReceiver<Asked>,
    waiting: Vec<Asked>,
    task: JoinHandle<()>,
}

impl HttpEar {
    pub async fn open() -> Self {
        let (tell, asked) = unbounded_channel();
        let router = Router::new().fallback(move |uri: Uri| async move {
            let arguments = uri.query().unwrap_or_default().split('&').filter_map(|pair| {
                let (name, value) = pair.split_once('=')?;
                Some((name.to_owned(), plain(value)))
            });
            // The test may have ended.
            let _ = tell.send(Asked { path: uri.path().to_owned(), arguments: arguments.collect() });
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let addr = listener.local_addr().expect("it listens");
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { addr, asked, waiting: Vec::new(), task }
    }

    /// The next request to that path; others wait.
    pub async fn next(&mut self, path: &str) -> Asked {
        loop {
            if let Some(at) = self.waiting.iter().position(|asked| asked.path == path) {
                return self.waiting.remove(at);
            }
            let asked = tokio::time::timeout(PATIENCE, self.asked.recv()).await;
            let asked = asked.unwrap_or_else(|_| panic!("nothing for {path}; waiting: {:?}", self.waiting));
            self.waiting.push(asked.expect("the server lives as long as this"));
        }
    }
}

impl Drop for HttpEar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A client for loopback.
pub fn client() -> reqwest::Client {
    // Whichever test is first sets it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// Undoes application/x-www-form-urlencoded.
pub fn plain(value: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                octets.push(code);
                rest = &tail[2..];
            }
            (b'+', _) => {
                octets.push(b' ');
                rest = tail;
            }
            (other, _) => {
                octets.push(*other);
                rest = tail;
            }
        }
    }
    octets
}

/// Does it.
pub fn escaped(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("%{octet:02X}")).collect()
}
