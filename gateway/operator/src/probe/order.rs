//! What a conformance run is asked for.

use super::row::Group;
use dayaq_gateway::config::{Address, BindKind, Profile, Tls};
use dayaq_types::Msisdn;
use secrecy::SecretString;
use std::time::Duration;

/// Everything that a run needs to know.
#[derive(Clone, Debug)]
pub struct Order {
    /// What the operator is expected to do.
    pub profile: Profile,
    /// The profile's file, for the report.
    pub profile_name: String,
    /// Its hash, for the report.
    pub profile_sha256: String,
    /// The program's version, for the report.
    pub version: String,
    /// Where the SMSC is.
    pub smsc: Address,
    /// Whom to trust, where the SMSC speaks TLS.
    pub tls: Option<Tls>,
    /// The account, at most 15 octets.
    pub system_id: String,
    /// Its password, at most 32 octets.
    pub password: SecretString,
    /// What kind of system we say we are, at most 12 octets.
    pub system_type: String,
    /// Which bind the run goes by.
    pub bind: BindKind,
    /// The test phone: nothing is sent to any other.
    pub phone: Msisdn,
    /// The service code, without star and hash.
    pub code: String,
    /// At most so many texts go out, segments counted one by one.
    pub texts_max: usize,
    /// The parts of the list; all of them where it is empty.
    pub groups: Vec<Group>,
    /// Whether a wrong password may be tried; an SMSC may lock the account.
    pub try_wrong_password: bool,
    /// Whether the phone sends back the texts that it gets.
    pub echo: bool,
    /// How long a person has for each thing that is asked of her.
    pub person_wait: Duration,
    /// How long receipts, and texts that are sent back, are waited for.
    pub receipt_wait: Duration,
}

impl Order {
    /// Whether this part was asked for.
    pub fn wants(&self, group: Group) -> bool {
        self.groups.is_empty() || self.groups.contains(&group)
    }
}
