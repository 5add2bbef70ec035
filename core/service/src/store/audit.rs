//! What happened to an application, hash-chained.

use super::{CoreStore, StoreError, Vault, millis};
use dayaq_sql::Change;
use jiff::Timestamp;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Appends a row in the transaction that does what it tells.
pub(super) async fn append(
    tx: &mut Change<'_>,
    vault: &Vault,
    now: Timestamp,
    event: &str,
    detail: &Json,
) -> Result<(), StoreError> {
    let id = vault.id().to_string();
    // One at a time for an application, or two rows would follow the same one.
    let lock = format!("SELECT id FROM applications WHERE id = $1{}", tx.for_update());
    tx.rows(&lock, &[(&id).into()]).await?;
    let last = "SELECT seq, hash FROM audit WHERE application_id = $1 ORDER BY seq DESC LIMIT 1";
    let (seq, before): (i64, Vec<u8>) = match tx.row(last, &[(&id).into()]).await? {
        Some(row) => (row.get::<i64>("seq") + 1, row.get("hash")),
        None => (1, Vec::new()),
    };
    let sealed = vault.seal(&place(seq), detail)?;
    let hash = chain(&before, vault.id(), seq, millis(now), event, &sealed);
    tx.execute(
        "INSERT INTO audit (application_id, seq, at, event, detail, hash) VALUES ($1, $2, $3, $4, $5, $6)",
        &[(&id).into(), seq.into(), millis(now).into(), event.into(), (&sealed).into(), (&hash).into()],
    )
    .await?;
    Ok(())
}

impl CoreStore {
    /// The events of an application in order, or `None` where its chain does not hold.
    ///
    /// Needs no key: the hashes cover the sealed details, so that the chain outlives erasure.
    pub async fn audit_events(&self, id: Uuid) -> Result<Option<Vec<String>>, StoreError> {
        let sql = "SELECT seq, at, event, detail, hash FROM audit WHERE application_id = $1 ORDER BY seq";
        let rows = self.database.rows(sql, &[(&id.to_string()).into()]).await?;
        let mut before = Vec::new();
        let mut events = Vec::new();
        for (row, expected) in rows.iter().zip(1i64..) {
            let seq: i64 = row.get("seq");
            let event: String = row.get("event");
            let hash: Vec<u8> = row.get("hash");
            if seq != expected || hash != chain(&before, id, seq, row.get("at"), &event, row.get("detail")) {
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
