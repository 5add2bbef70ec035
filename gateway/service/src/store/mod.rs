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

mod ages;
mod batches;
mod books;
mod drafts;
mod expiry;
mod gateway;
mod nonces;
mod open;
mod pending;
mod processes;
mod profiles;
mod receipts;
mod redis_fault;
mod redis_link;
mod redis_session;
mod redis_target;
mod redis_watchers;
mod registrations;
mod retention;
mod segments;
mod session;
mod session_cache;
mod sqlite_session;
mod subscriber;
mod text;
mod texts;
mod untold;
mod wrong_clock;

pub use dayaq_sql::{Database, Marks, PostgresPool, SqliteFile, StoreError};
pub use drafts::KeptDraft;
pub use gateway::{DRAFT_LIFE, GatewayStore};
pub use nonces::Claim;
pub(crate) use open::store_key;
pub use open::{OpenError, Stores};
pub use pending::{Claimed, PendingCall};
pub(crate) use processes::loss;
pub use processes::{Loss, Process, ProcessState, Watch};
pub use profiles::{Form, Profile};
pub use receipts::{MessageState, Recorded};
pub use redis_session::RedisSessions;
pub use registrations::Registration;
pub use retention::{Retention, Swept};
pub use session::{Cas, Found, Life, Loaded, Saved, SessionBackend, Sessions, Stored, Token, Version};
pub use sqlite_session::SqliteSessions;
pub use subscriber::SubscriberKey;
pub use text::{
    Burn, ClaimedSegment, FinishedText, NewText, SegmentState, SegmentView, TextEnd, TextView, Ticket, UntoldText,
};

use dayaq_sql as database;
use dayaq_sql::Schema;

/// The gateway's tables in a file, with those of the sessions.
pub(crate) const IN_SQLITE: Schema =
    Schema { application: "dayaq-gateway", namespace: None, migrations: &sqlx::migrate!("./migrations/sqlite") };
/// The gateway's tables in PostgreSQL.
const IN_POSTGRES: Schema =
    Schema { application: "dayaq-gateway", namespace: None, migrations: &sqlx::migrate!("./migrations/postgres") };

#[cfg(test)]
pub(crate) mod tests;
