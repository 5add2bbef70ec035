//! Whom the operator lets in.

use dayaq_smpp::{BindKind, BindRequest, CommandStatus};
use dayaq_types::Pii;

/// An ESME's account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The name under which it binds, at most 15 octets.
    pub system_id: String,
    /// Its password, at most 32 octets.
    pub password: Pii<String>,
    /// Which binds it may have; another kind is refused with RBINDFAIL.
    pub kinds: Vec<BindKind>,
    /// How many at once; one more is refused with RALYBND.
    pub binds_max: usize,
    /// The service codes whose messages it is given; empty: those that no other account has.
    pub codes: Vec<String>,
}

impl Account {
    /// An account with every kind of bind, as many as it likes, for every code that no other account has.
    pub fn new(system_id: &str, password: &str) -> Self {
        Self {
            system_id: system_id.to_owned(),
            password: Pii::new(password.to_owned()),
            kinds: vec![BindKind::Transceiver, BindKind::Transmitter, BindKind::Receiver],
            binds_max: usize::MAX,
            codes: Vec::new(),
        }
    }
}

/// Judges a bind: the account, by its place in the list, or the status of the refusal.
pub(crate) fn judge(
    accounts: &[Account],
    request: &BindRequest,
    binds: impl Fn(usize) -> usize,
) -> Result<usize, CommandStatus> {
    let named = |account: &Account| account.system_id.as_bytes() == request.system_id.as_bytes();
    let at = accounts.iter().position(named).ok_or(CommandStatus::RINVSYSID)?;
    let account = &accounts[at];
    if account.password.expose().as_bytes() != request.password.as_bytes() {
        return Err(CommandStatus::RINVPASWD);
    }
    if !account.kinds.contains(&request.kind) {
        return Err(CommandStatus::RBINDFAIL);
    }
    if binds(at) >= account.binds_max {
        return Err(CommandStatus::RALYBND);
    }
    Ok(at)
}

/// The accounts, by their places, that are given messages for a code.
pub(crate) fn served(accounts: &[Account], at: usize, code: &str) -> bool {
    let names = |account: &Account| account.codes.iter().any(|known| known == code);
    let Some(account) = accounts.get(at) else { return false };
    names(account) || account.codes.is_empty() && !accounts.iter().any(names)
}
