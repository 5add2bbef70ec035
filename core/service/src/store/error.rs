//! What the core's store can answer instead of doing its work.

use dayaq_sql::Failure;
use dayaq_types::Fin;
use dayaq_types::seal::SealError;

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or is not reachable.
    #[error(transparent)]
    Database(#[from] dayaq_sql::StoreError),
    /// A sealed value did not open.
    #[error("a sealed value: {0}")]
    Seal(#[from] SealError),
    /// A row holds what no row should.
    #[error("a row of {0} is not readable")]
    Row(&'static str),
    /// The draft was handed in from another phone.
    #[error("the draft belongs to another phone")]
    ForeignDraft,
    /// These people count in another family's award; nothing was written.
    #[error("a member counts in another family's award")]
    Contested(Vec<Fin>),
    /// The lease of a job was lost to another worker; nothing was written.
    #[error("the lease was lost")]
    LostLease,
}

impl Failure for StoreError {
    fn database(&self) -> Option<&dayaq_sql::StoreError> {
        match self {
            Self::Database(cause) => Some(cause),
            Self::Seal(_) | Self::Row(_) | Self::ForeignDraft | Self::Contested(_) | Self::LostLease => None,
        }
    }
}
