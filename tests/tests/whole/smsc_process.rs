//! `dayaq simulate smsc` as a process, with its phones over HTTP.

use crate::http_ear;
use crate::program::Process;
use crate::stage::eventually;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::task::block_in_place;

/// An operator's SMSC alone.
pub struct SmscProcess {
    pub process: Process,
    /// Where it listens.
    pub addr: SocketAddr,
    control: String,
}

impl SmscProcess {
    /// Starts it on a free port with these options and no phone in the terminal.
    pub fn start(options: &[&str]) -> Self {
        let arguments = ["simulate", "smsc", "--listen", "127.0.0.1:0", "--no-phone"];
        block_in_place(|| {
            let process = Process::dayaq(&[&arguments[..], options].concat(), &[]);
            let line = process.wait_for("SMSC on ");
            let addr = line.split([' ', ';']).nth(2).and_then(|address| address.parse().ok());
            let addr = addr.unwrap_or_else(|| panic!("no address in {line:?}"));
            let line = process.wait_for("Control: ");
            let control = line.split_once("Control: ").expect("it was waited for").1.trim().to_owned();
            Self { process, addr, control }
        })
    }

    /// Waits until an ESME has bound for the first time.
    pub async fn bound(&self) {
        eventually("an ESME binds", async || self.process.said().contains("ESME bound").then_some(())).await;
    }

    /// kill -9.
    pub fn kill(&mut self) {
        block_in_place(|| self.process.kill());
    }

    /// Lets a phone dial or answer, and gives its screen.
    pub async fn phone(&self, number: &str, deed: &str, text: &str) -> String {
        let url = format!("{}/phones/{number}/{deed}", self.control);
        let answer = http_ear::client().post(url).json(&json!({ "text": text })).send().await.expect("it answers");
        let answer: Value = answer.json().await.expect("JSON");
        answer["text"].as_str().unwrap_or_else(|| panic!("no screen after {text:?}: {answer}")).to_owned()
    }
}
