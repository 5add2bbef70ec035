//! The eligibility and card-order core: intake, evidence from the institutions, the decision by dated
//! rules, the award, the card order at the bank, and the notices that tell the family.
//!
//! [`CoreService`] is the port [`dayaq_core_api::Core`] on an SQLite file or on PostgreSQL. What a decision rests on is in
//! [`facts`], the decision itself is the pure function [`decide::decide`], the law is data in
//! `config/rules`, and who is asked for what is data in `config/institutions`. Nobody can change a
//! decision: there is no function here that would, and the database refuses it.
//!
//! Nothing here asks the machine for time or randomness: the clock and the entropy are arguments, so
//! that a test or the demo moves time by hand, from [`CoreService::next_due`] to [`CoreService::run_due`].
//! Errors and logs never hold a FIN, a name or a phone number.
//!
//! ```no_run
//! # use dayaq_core::{ContentFiles, CoreConfig, CoreContent, CoreService, Endpoint};
//! # use dayaq_types::seal::{Key, KeyRing};
//! # use dayaq_types::{Clock, ManualClock, SystemEntropy};
//! # use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
//! # async fn demo(files: ContentFiles, addresses: BTreeMap<String, Endpoint>, bank: Endpoint)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let (content, diagnostics) = CoreContent::read(&files);
//! let content = content.ok_or_else(|| diagnostics.to_string())?;
//! let config = CoreConfig::new(PathBuf::from("core.sqlite"), addresses, bank);
//! let clock = Arc::new(ManualClock::new("2026-11-23T06:00:00Z".parse()?));
//! let keys = KeyRing::new(1, &Key::generate(&SystemEntropy));
//! let core = CoreService::open(config, content, clock.clone(), Arc::new(SystemEntropy), keys).await?;
//!
//! // A service spawns `core.run(cancel)`; whoever moves time by hand does this instead.
//! core.run_due(clock.now()).await?;
//! while let Some(due) = core.next_due().await? {
//!     clock.advance_to(due);
//!     core.run_due(clock.now()).await?;
//!     // ... and lets the gateway take the notices that are due.
//! }
//! # Ok(()) }
//! ```

mod answer;
mod calendar;
mod card;
mod config;
mod content;
mod coverage;
pub mod decide;
mod document;
mod evidence;
mod fact;
pub mod facts;
pub mod household;
mod http;
mod inquiry;
mod institution;
mod known;
mod needs;
mod reference;
mod restore;
pub mod rules;
mod service;
mod store;
mod worker;

pub use calendar::{Calendar, DayStatus};
pub use config::{CoreConfig, Endpoint};
pub use content::{ContentFiles, CoreContent};
pub use coverage::Coverage;
pub use http::ClientError;
pub use reference::is_reference;
pub use restore::TakenAgain;
pub use service::{CoreService, OpenError};
pub use store::{CoreStore, Retention, StoreError, StoredDecision, Told};

#[cfg(test)]
mod tests;
