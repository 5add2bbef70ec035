//! Published dialogues with their texts, by content hash.

use super::{SqliteGatewayStore, StoreError};

impl SqliteGatewayStore {
    /// Keeps a dialogue under its content hash; what is already there stays, since it is the same.
    pub async fn publish_book(&self, hash: &str, content: &[u8]) -> Result<(), StoreError> {
        let (hash, content, now) = (hash.to_owned(), content.to_vec(), self.now_ms());
        self.write(move |db| {
            Box::pin(async move {
                sqlx::query(
                    "INSERT INTO books (hash, content, published_at) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING",
                )
                .bind(hash)
                .bind(content)
                .bind(now)
                .execute(db)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// Reads the dialogue of this content hash.
    pub async fn book(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("SELECT content FROM books WHERE hash = ?")
            .bind(hash)
            .fetch_optional(self.readers())
            .await?)
    }
}
