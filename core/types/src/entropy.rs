//! Randomness: the one place that asks the machine, and ids that sort by time.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use uuid::Uuid;

/// A source of random octets.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The machine's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine for randomness")]
    #[expect(clippy::expect_used, reason = "a machine without randomness cannot seal anything and must not go on")]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the machine has randomness");
    }
}

/// Repeatable octets from a seed, for tests and transcripts only.
#[derive(Debug)]
pub struct SeededEntropy {
    state: Mutex<([u8; 32], u64)>,
}

impl SeededEntropy {
    /// The stream of this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new((Sha256::digest(seed.to_be_bytes()).into(), 0)) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        for chunk in buffer.chunks_mut(32) {
            state.1 += 1;
            let block = Sha256::new().chain_update(state.0).chain_update(state.1.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

/// A UUID of version 7: 48 bits of milliseconds, the rest random.
pub fn new_id(now: Timestamp, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}
