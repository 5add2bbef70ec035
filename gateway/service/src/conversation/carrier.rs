//! Who carries turns, an operator or an aggregator, as far as a turn asks.

use dayaq_dialog::Surface;
use std::time::Duration;

/// Who carries a turn.
#[derive(Clone, Debug)]
pub struct Carrier {
    /// Its name in the configuration.
    pub name: String,
    /// The operator by which texts go to its phones: itself, where it is one.
    pub(super) texts: String,
    /// How long the core may take before the phone hears "recorded, an SMS will follow".
    pub(super) reply_budget: Duration,
    pub(super) surface: Surface,
}

impl Carrier {
    /// What fits on a screen, and in which letters.
    pub fn surface(&self) -> &Surface {
        &self.surface
    }
}
