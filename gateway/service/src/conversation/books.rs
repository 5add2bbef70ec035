//! The dialogues in force, and those that drafts began with.

use crate::content::{ContentFiles, compile_book};
use crate::store::{GatewayStore, StoreError};
use dayaq_dialog::Book;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Versions of the dialogues kept compiled at once, beside the current one.
const OLDER_MAX: usize = 8;

/// A session in flight stays on the version of the dialogues it began with (B5): older ones are found by their hash.
pub struct Books {
    current: Arc<Book>,
    store: Arc<GatewayStore>,
    older: Mutex<BTreeMap<String, Option<Arc<Book>>>>,
}

impl Books {
    /// Puts a book in force and keeps what it was made of, for the drafts that begin with it.
    pub async fn publish(book: Arc<Book>, files: &ContentFiles, store: Arc<GatewayStore>) -> Result<Self, StoreError> {
        let content = serde_json::to_vec(&files.0).unwrap_or_default();
        store.publish_book(book.hash(), &content).await?;
        Ok(Self { current: book, store, older: Mutex::default() })
    }

    /// The book in force.
    pub fn current(&self) -> &Arc<Book> {
        &self.current
    }

    /// The book of that hash; the current one where it is no longer known, on which the session restarts politely.
    pub async fn of(&self, hash: &str) -> Result<Arc<Book>, StoreError> {
        if hash == self.current.hash() {
            return Ok(Arc::clone(&self.current));
        }
        let known = self.older.lock().unwrap_or_else(|e| e.into_inner()).get(hash).cloned();
        let older = match known {
            Some(book) => book,
            None => self.recompile(hash).await?,
        };
        Ok(older.unwrap_or_else(|| Arc::clone(&self.current)))
    }

    /// Notes that the dialogues in force and those that sessions here are on are needed.
    pub async fn keep(&self) -> Result<(), StoreError> {
        let older: Vec<String> = self.older.lock().unwrap_or_else(|e| e.into_inner()).keys().cloned().collect();
        for hash in older.iter().map(String::as_str).chain([self.current.hash()]) {
            self.store.book_used(hash).await?;
        }
        Ok(())
    }

    async fn recompile(&self, hash: &str) -> Result<Option<Arc<Book>>, StoreError> {
        let content = self.store.book(hash).await?;
        let files = content.and_then(|content| serde_json::from_slice(&content).ok().map(ContentFiles));
        let book = files.and_then(|files| compile_book(&files).0).filter(|book| book.hash() == hash).map(Arc::new);
        let mut older = self.older.lock().unwrap_or_else(|e| e.into_inner());
        if older.len() >= OLDER_MAX {
            older.pop_first();
        }
        older.insert(hash.to_owned(), book.clone());
        Ok(book)
    }
}
