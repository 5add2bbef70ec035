//! What an operator is made of.

use crate::account::Account;
use crate::fault::Fault;
use crate::receipt::ReceiptRule;
use crate::tls::Tls;
use dayaq_smpp::ussd::Dialect;
use dayaq_smpp::{LinkConfig, Role};
use dayaq_types::{Clock, Entropy, SystemClock, SystemEntropy};
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
    /// TLS with ESMEs that connect; `None`: without. A call of ours ([`crate::Smsc::outbind`]) is always without.
    pub tls: Option<Tls>,
    /// The name under which we answer a bind, at most 15 octets.
    pub system_id: String,
    /// Who may bind.
    pub accounts: Vec<Account>,
    /// The service code without star and hash. Accounts may have others.
    pub short_code: String,
    /// How the operator speaks USSD.
    pub dialect: Dialect,
    /// Bounds and timers of each link. An ESME that sends more than `inbound_max` requests without waiting for answers
    /// is answered RTHROTTLED.
    pub link: LinkConfig,
    /// How receipts and message ids look.
    pub receipts: ReceiptRule,
    /// Messages that each account may hand in in any second; more are answered RTHROTTLED. `None` is without limit.
    pub throughput: Option<u32>,
    /// Texts that may wait for one phone; more are answered RMSGQFUL.
    pub queue_max: usize,
    /// How long a submit_sm waits for its response.
    pub response_delay: Duration,
    /// How long a text is on its way to the phone.
    pub delivery_delay: Duration,
    /// What goes wrong from the beginning.
    pub faults: Vec<Fault>,
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
            tls: None,
            system_id: "dayaq".to_owned(),
            accounts: vec![Account::new("dayaq", "secret")],
            short_code: "7142".to_owned(),
            dialect: Dialect::specification(),
            link: LinkConfig { ancillary: true, ..LinkConfig::new(Role::Smsc) },
            receipts: ReceiptRule::default(),
            throughput: None,
            queue_max: 100,
            response_delay: Duration::ZERO,
            delivery_delay: Duration::ZERO,
            faults: Vec::new(),
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

impl SmscConfig {
    /// Whether a code can be dialled.
    pub(crate) fn knows(&self, code: &str) -> bool {
        let theirs = || self.accounts.iter().flat_map(|account| &account.codes);
        code == self.short_code || theirs().any(|known| known == code)
    }
}
