//! What the core has registered, kept for a while: should the core be restored from an older copy, it takes it again.

use super::gateway::short;
use super::{GatewayStore, Marks, StoreError};
use dayaq_types::Pii;
use std::time::Duration;

/// How long a registration is kept: a copy of the core that is older cannot be brought up to date.
const LIFE: Duration = Duration::from_hours(35 * 24);

/// A registration: what was handed in and what was answered, in a form that is the caller's own.
pub struct Registration {
    /// Under what it was handed in.
    pub id: String,
    /// Both.
    pub payload: Pii<Vec<u8>>,
}

impl GatewayStore {
    /// Keeps a registration, once, and lets go of those that are too old.
    pub async fn keep_registration(&self, registration: &Registration) -> Result<(), StoreError> {
        let sealed = self.seal(&context(&registration.id), registration.payload.expose());
        let (id, now) = (registration.id.clone(), self.now_ms());
        let before = now.saturating_sub(short(LIFE));
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute("DELETE FROM registrations WHERE at <= $1", &[before.into()]).await?;
                let sql = "INSERT INTO registrations (id, sealed, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                db.execute(sql, &[(&id).into(), (&sealed).into(), now.into()]).await.map(drop)
            })
        })
        .await
    }

    /// The registrations that are kept, oldest first, so many after that one.
    pub async fn registrations(&self, after: Option<&str>, most: u32) -> Result<Vec<Registration>, StoreError> {
        let sql = "SELECT id, sealed FROM registrations
                   WHERE (at, id) > (COALESCE((SELECT at FROM registrations WHERE id = $1), -1), $1)
                   ORDER BY at, id LIMIT $2";
        let rows = self.database().rows(sql, &[after.unwrap_or_default().into(), most.into()]).await?;
        rows.iter()
            .map(|row| {
                let id: String = row.get("id");
                let payload = Pii::new(self.open_sealed(&context(&id), row.get("sealed"))?);
                Ok(Registration { id, payload })
            })
            .collect()
    }

    /// What changes whenever something is done: the newest text, recorded call and registration.
    pub async fn activity(&self) -> Result<(i64, i64), StoreError> {
        let sql = "SELECT (SELECT COALESCE(MAX(position), 0) FROM texts) AS texts,
                   (SELECT COALESCE(MAX(position), 0) FROM pending_calls) AS calls,
                   (SELECT COALESCE(MAX(at), 0) FROM registrations) AS kept";
        let row = self.database().row(sql, &[]).await?;
        Ok(row.map_or((0, 0), |row| (row.get("texts"), row.get::<i64>("calls").wrapping_add(row.get("kept")))))
    }

    /// Goes on from these marks. With `lost`, this store has forgotten what it sent: no text that is on its way goes out,
    /// and what one says is told at the phone's next contact; gives how many segments that were.
    pub async fn go_on(&self, marks: Marks, why: String, lost: bool) -> Result<u64, StoreError> {
        let mut held = 0;
        if lost {
            let sql = "UPDATE text_segments SET state = 'unknown', leased_to = 0, fence = fence + 1, cause = 'restored'
                       WHERE state IN ('queued', 'attempted')";
            held = self.write_by_key(move |mut db| Box::pin(async move { db.execute(sql, &[]).await })).await?;
        }
        // The core may count its leases from an earlier one again: whatever it leases next is heard.
        let sql = "UPDATE texts SET core_fence = 0 WHERE core_fence > 0";
        self.write_by_key(move |mut db| Box::pin(async move { db.execute(sql, &[]).await })).await?;
        self.database().settle_marks(marks, self.now_ms(), why).await?;
        Ok(held)
    }
}

fn context(id: &str) -> Vec<u8> {
    [b"registration/", id.as_bytes()].concat()
}
