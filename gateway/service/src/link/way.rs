//! How a connection with an SMSC comes about: by our dialling, or by its knocking.

use super::dial::{Dial, Network, Wire};
use super::listen::{Door, Guest};
use super::tls::Secured;
use crate::config::Address;
use dayaq_smpp::Link;
use std::sync::Arc;

/// The way to one connection of a bind.
pub enum Way {
    /// We connect.
    Dial(Dial),
    /// The SMSC connects to us.
    Listen(Arc<Door>),
}

/// A connection that may be bound.
pub(super) struct Met {
    pub wire: Box<dyn Wire>,
    /// The link, where it has heard something already.
    pub link: Option<Link>,
    /// What is wrong with the addresses that had their turn before.
    pub passed: Option<String>,
}

impl Way {
    /// By connecting to these addresses in turn; at least one.
    pub fn dial(addresses: Vec<Address>, secured: Option<Secured>) -> Self {
        Self::Dial(Dial::new(addresses, secured, Network::machine()))
    }

    /// Makes a connection or waits for one; else says why there is none.
    pub(super) async fn meet(&mut self) -> Result<Met, String> {
        match self {
            Self::Dial(dial) => {
                let (wire, passed) = dial.connect().await?;
                Ok(Met { wire, link: None, passed })
            }
            Self::Listen(door) => {
                let Guest { wire, link } = door.guest().await;
                Ok(Met { wire, link: Some(link), passed: None })
            }
        }
    }

    /// Hears how the last connection ended.
    pub(super) fn ended(&mut self, was_bound: bool) {
        match self {
            Self::Dial(dial) => dial.ended(was_bound),
            Self::Listen(_) => {}
        }
    }

    /// Whether it is for us to say when there is a next connection.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self, Self::Dial(_))
    }
}
