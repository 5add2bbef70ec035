//! What happened to an application, hash-chained.

use super::{SqliteStore, StoreError, Tx, Vault, millis};
use jiff::Timestamp;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use sqlx::Row;
use uuid::Uuid;

/// Appends a row in the transaction that does what it tells.
pub(super) async fn append(
    tx: &mut Tx,
    vault: &Vault,
    now: Timestamp,
    event: &str,
    detail: &Json,
) -> Result<(), StoreError> {
    let id = vault.id().to_string();
    let last = sqlx::query("SELECT seq, hash FROM audit WHERE application_id = ? ORDER BY seq DESC LIMIT 1")
        .bind(&id)
        .fetch_optional(&mut **tx)
        .await?;
    let (seq, before): (i64, Vec<u8>) = match last {
        Some(row) => (row.try_get::<i64, _>("seq")? + 1, row.try_get("hash")?),
        None => (1, Vec::new()),
    };
    let sealed = vault.seal(&place(seq), detail)?;
    sqlx::query("INSERT INTO audit (application_id, seq, at, event, detail, hash) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&id)
        .bind(seq)
        .bind(millis(now))
        .bind(event)
        .bind(&sealed)
        .bind(chain(&before, vault.id(), seq, millis(now), event, &sealed))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl SqliteStore {
    /// The events of an application in order, or `None` where its chain does not hold.
    ///
    /// Needs no key: the hashes cover the sealed details, so that the chain outlives erasure.
    pub async fn audit_events(&self, id: Uuid) -> Result<Option<Vec<String>>, StoreError> {
        let rows = sqlx::query("SELECT seq, at, event, detail, hash FROM audit WHERE application_id = ? ORDER BY seq")
            .bind(id.to_string())
            .fetch_all(&self.read)
            .await?;
        let mut before = Vec::new();
        let mut events = Vec::new();
        for (row, expected) in rows.iter().zip(1i64..) {
            let seq: i64 = row.try_get("seq")?;
            let event: String = row.try_get("event")?;
            let hash: Vec<u8> = row.try_get("hash")?;
            let sealed: &[u8] = row.try_get("detail")?;
            if seq != expected || hash != chain(&before, id, seq, row.try_get("at")?, &event, sealed) {
                return Ok(None);
            }
            before = hash;
            events.push(event);
        }
        Ok(Some(events))
    }
}

fn place(seq: i64) -> String {
    format!("audit/{seq}")
}

/// Every part is preceded by its length, so that no two rows hash alike.
fn chain(before: &[u8], id: Uuid, seq: i64, at: i64, event: &str, sealed: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in [before, id.as_bytes(), &seq.to_be_bytes(), &at.to_be_bytes(), event.as_bytes(), sealed] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}
