//! A radio session as the aggregator keeps it.

use dayaq_types::Msisdn;

/// What happens in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// The code was dialled.
    Dialled,
    /// A screen was answered.
    Typed,
    /// The subscriber hung up.
    HungUp,
    /// The network ended the session.
    CutOff,
    /// The last screen was shown.
    Over,
}

/// A radio session.
#[derive(Clone)]
pub(super) struct Radio {
    pub number: Msisdn,
    pub session: String,
    /// The service code with its star and hash.
    pub code: String,
    /// All that was dialled.
    pub dialled: String,
    /// What was dialled after the code, then every answer.
    pub inputs: Vec<String>,
    /// The turn that was last told, counted from 1.
    pub sequence: u64,
}

impl Radio {
    /// Every input, joined with stars.
    pub fn all_inputs(&self) -> String {
        self.inputs.join("*")
    }
}

/// What comes after the code of a dial string: `2*1` of `*7142*2*1#`; `None` where it is another code.
pub(super) fn after_code<'d>(code: &str, dialled: &'d str) -> Option<&'d str> {
    let rest = dialled.strip_prefix(code.strip_suffix('#').unwrap_or(code))?.strip_suffix('#')?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('*') }
}
