//! The gateway's stores: live sessions, and everything that must outlive them.
//!
//! - [`Sessions`] holds one sealed session per subscriber behind compare-and-set, over Redis
//!   ([`RedisSessions`]) or the gateway's own SQLite file ([`SqliteSessions`]).
//! - [`GatewayStore`] holds profiles, drafts, pending calls, texts with their segments and receipts, and
//!   published dialogues, over a [`Database`]: the same SQLite file ([`SqliteFile`]) or PostgreSQL
//!   ([`PostgresPool`]).
//!
//! Nothing personal is stored in clear: values are sealed under the key ring, bound to their row, and
//! found by [`SubscriberKey`], a keyed hash of the phone number.

mod books;
mod database;
mod drafts;
mod error;
mod gateway;
mod open;
mod pending;
mod postgres;
mod profiles;
mod receipts;
mod redis_link;
mod redis_session;
mod segments;
mod session;
mod session_cache;
mod sqlite;
mod sqlite_session;
mod subscriber;
mod text;
mod texts;

pub use database::Database;
pub use error::StoreError;
pub use gateway::{GatewayStore, Swept};
pub use open::{OpenError, Stores};
pub use pending::{Claimed, PendingCall};
pub use postgres::PostgresPool;
pub use profiles::{Form, Profile};
pub use receipts::MessageState;
pub use redis_session::RedisSessions;
pub use session::{Cas, Loaded, Saved, SessionBackend, Sessions, Stored, Token, Version};
pub use sqlite::SqliteFile;
pub use sqlite_session::SqliteSessions;
pub use subscriber::SubscriberKey;
pub use text::{ClaimedSegment, FinishedText, NewText, SegmentState, SegmentView, TextEnd, TextView, Ticket};

#[cfg(test)]
mod tests;
