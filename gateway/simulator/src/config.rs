//! What an operator is made of.

use dayaq_smpp::ussd::Dialect;
use dayaq_smpp::{LinkConfig, Role};
use dayaq_types::{Clock, Entropy, Pii, SystemClock, SystemEntropy};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// An operator: how it is reached, and how patient it and its subscribers are.
///
/// All times are real time. The clock is only for the dates in delivery receipts and taps.
#[derive(Clone)]
pub struct SmscConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The name under which an ESME binds, and the name under which we answer.
    pub system_id: String,
    /// Its password.
    pub password: Pii<String>,
    /// The service code without star and hash.
    pub short_code: String,
    /// How the operator speaks USSD.
    pub dialect: Dialect,
    /// Bounds and timers of each link.
    pub link: LinkConfig,
    /// How long a dial waits for a bind.
    pub bind_wait: Duration,
    /// How long a phone waits for a screen before the network ends the session.
    pub answer_timeout: Duration,
    /// How long a screen may stay unanswered before the network ends the session.
    pub ussd_timeout: Duration,
    /// After how long a message that was refused for a while is delivered again.
    pub redelivery: Duration,
    /// How often a message is delivered before it is given up.
    pub deliveries_max: u32,
    /// Dates of receipts and taps.
    pub clock: Arc<dyn Clock>,
    /// Where session numbers and message ids begin: after a restart an operator does not begin with the same ones.
    pub entropy: Arc<dyn Entropy>,
}

impl Default for SmscConfig {
    /// A loopback operator with the dialect of the specification; `dayaq`, `secret`, `7142`.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            system_id: "dayaq".to_owned(),
            password: Pii::new("secret".to_owned()),
            short_code: "7142".to_owned(),
            dialect: Dialect::specification(),
            link: LinkConfig::new(Role::Smsc),
            bind_wait: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            ussd_timeout: Duration::from_secs(180),
            redelivery: Duration::from_millis(100),
            deliveries_max: 100,
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
        }
    }
}
