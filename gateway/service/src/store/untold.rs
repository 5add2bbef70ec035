//! Texts that ended and may not have arrived: their phones are told at the next contact (X09).

use super::gateway::millis;
use super::text::UntoldText;
use super::texts::uuid;
use super::{GatewayStore, StoreError, SubscriberKey};
use jiff::Timestamp;
use uuid::Uuid;

impl GatewayStore {
    /// Lists a phone's texts that matter, have ended since `since` and may not have arrived, newest first, up to `most`.
    ///
    /// A segment may not have arrived where it was refused, expired, or was sent twice without an answer, and where the
    /// last word of its receipts is that it never will; one whose receipt says delivered has arrived.
    pub async fn untold_texts(
        &self,
        subscriber: &SubscriberKey,
        since: Timestamp,
        most: u32,
    ) -> Result<Vec<UntoldText>, StoreError> {
        let rows = self
            .database()
            .rows(
                "SELECT id, sealed FROM texts t
                 WHERE subscriber = $1 AND untold = 1 AND created_at >= $2
                    AND NOT EXISTS (SELECT 1 FROM text_segments s
                        WHERE s.text = t.position AND s.state IN ('queued', 'attempted'))
                    AND EXISTS (SELECT 1 FROM text_segments s WHERE s.text = t.position
                        AND NOT EXISTS (SELECT 1 FROM attempt_receipts r
                            WHERE r.text = s.text AND r.number = s.number AND r.state = 'DELIVRD')
                        AND (s.state <> 'sent' OR EXISTS (SELECT 1 FROM attempt_receipts r
                            WHERE r.text = s.text AND r.number = s.number
                                AND r.state IN ('EXPIRED', 'DELETED', 'UNDELIV', 'REJECTD'))))
                 ORDER BY position DESC LIMIT $3",
                &[subscriber.as_bytes().into(), millis(since).into(), most.into()],
            )
            .await?;
        let texts = rows.iter().filter_map(|row| {
            let id = uuid(row.get("id"))?;
            let content = self.content(id, row.get("sealed"))?;
            Some(UntoldText { id, notice: content.notice, words: content.words })
        });
        Ok(texts.collect())
    }

    /// Notes that the phones of these texts have been told what they say.
    pub async fn texts_told(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                for id in &ids {
                    db.execute("UPDATE texts SET untold = 0 WHERE id = $1", &[id.as_bytes().into()]).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
