//! Published dialogues with their texts, by content hash.

use super::{GatewayStore, StoreError};

impl GatewayStore {
    /// Keeps a dialogue under its content hash; what is already there stays, since it is the same.
    pub async fn publish_book(&self, hash: &str, content: &[u8]) -> Result<(), StoreError> {
        let (hash, content, now) = (hash.to_owned(), content.to_vec(), self.now_ms());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                db.execute(
                    "INSERT INTO books (hash, content, published_at, used_at) VALUES ($1, $2, $3, $3)
                     ON CONFLICT (hash) DO UPDATE SET used_at = excluded.used_at",
                    &[(&hash).into(), (&content).into(), now.into()],
                )
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Notes that the dialogue is in force, or that somebody is on it: it is kept from now on for as long as such are.
    pub async fn book_used(&self, hash: &str) -> Result<(), StoreError> {
        let (hash, now) = (hash.to_owned(), self.now_ms());
        self.write_by_key(move |mut db| {
            Box::pin(async move {
                let sql = "UPDATE books SET used_at = $1 WHERE hash = $2 AND used_at < $1";
                db.execute(sql, &[now.into(), (&hash).into()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// Reads the dialogue of this content hash.
    pub async fn book(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.database().row("SELECT content FROM books WHERE hash = $1", &[hash.into()]).await?;
        Ok(row.map(|row| row.get("content")))
    }
}
