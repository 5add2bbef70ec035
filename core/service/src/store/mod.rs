//! The core's store, on an SQLite file or on PostgreSQL.
//!
//! Every change is one transaction. In a file there is one writer, so no two changes meet. On PostgreSQL they do, and
//! are kept apart by locks, always taken in this order: the phone or FIN that a change is about
//! ([`Change::lock`]), the job under which it is made, the application, its other rows. What waits for each other
//! all the same is made again (D02).

mod applicants;
mod application;
mod audit;
mod cards;
mod complete;
mod decisions;
mod error;
mod evidence;
mod heads;
mod intake;
mod jobs;
mod notices;
mod open;
mod restored;
mod retention;
mod tries;
mod vault;
mod wrong_clock;

pub use application::Application;
pub use cards::{Card, CardState};
pub use complete::Completion;
pub use decisions::StoredDecision;
pub use error::StoreError;
pub use evidence::Evidence;
pub use intake::Intake;
pub use jobs::{Job, JobKind, PUT_ASIDE};
pub use restored::Told;
pub use retention::Retention;
pub use tries::Tried;
pub use vault::Vault;

use dayaq_sql::{Change, Database};
use dayaq_types::seal::KeyRing;
use dayaq_types::{Entropy, Fin, Msisdn};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// The store.
#[derive(Clone)]
pub struct CoreStore {
    database: Database,
    keys: KeyRing,
    entropy: Arc<dyn Entropy>,
    /// Under which name leases are held; `None` where several processes share the rows and this one has no name.
    instance: Option<String>,
}

impl CoreStore {
    /// The same store under another name of this process.
    #[cfg(test)]
    pub(crate) fn named(self, instance: &str) -> Self {
        Self { instance: Some(instance.to_owned()), ..self }
    }

    /// Closes its connections; what is in flight ends first.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Writes and reads a row.
    pub async fn ready(&self, now: Timestamp) -> Result<(), StoreError> {
        Ok(self.database.probe(millis(now)).await?)
    }

    /// Makes a change, all of it or nothing; see [`Database::write`].
    pub(crate) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Clone + Send + 'static,
    {
        self.database.write(work).await
    }

    /// Makes a change that repeating does not harm; see [`Database::write_by_key`].
    ///
    /// A change under a job's fence is one: repeated, it finds the job done and answers [`StoreError::LostLease`],
    /// upon which the worker lets go of the job.
    async fn write_by_key<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(Change<'c>) -> BoxFuture<'c, Result<T, StoreError>> + Clone + Send + 'static,
    {
        self.database.write_by_key(work).await
    }

    /// The name that is written beside a lease.
    fn holder(&self) -> String {
        self.instance.clone().unwrap_or_default()
    }

    fn fin_lookup(&self, fin: &Fin) -> Vec<u8> {
        self.keys.lookup("fin", fin.as_str().as_bytes()).to_vec()
    }

    fn msisdn_lookup(&self, msisdn: &Msisdn) -> Vec<u8> {
        self.keys.lookup("msisdn", msisdn.digits().as_bytes()).to_vec()
    }
}

/// The id of what follows from something that has one: made again after a restore it is the same, so that the bank and the
/// gateways know it again. The parts are told apart by their lengths.
fn derived_id(parts: &[&[u8]]) -> uuid::Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut octets = [0; 16];
    octets.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(octets).into_uuid()
}

/// Milliseconds since 1970, as rows hold them.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Row("a time"))
}

fn later(at: Timestamp, wait: Duration) -> i64 {
    millis(at).saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}

fn read_date(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Row("a day"))
}

fn read_opt_date(text: Option<&str>) -> Result<Option<Date>, StoreError> {
    text.map(read_date).transpose()
}

fn read_id(text: &str) -> Result<uuid::Uuid, StoreError> {
    text.parse().map_err(|_| StoreError::Row("an id"))
}
