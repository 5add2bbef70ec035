//! What can go wrong at the port.

/// Why the core did not answer. A refusal by the law is a reply, never an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoreError {
    /// The request itself is wrong; trying again is of no use. Names the field, never its value.
    #[error("the request's {field} is not valid: {why}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it, without the value.
        why: String,
    },
    /// The core or its database cannot answer now; the same request may be sent again.
    #[error("the core is not available: {0}")]
    Unavailable(String),
}
