//! Why a batch or a run is handed back.

use dunlin_aws::store::StoreError;
use lambda_runtime::Diagnostic;

/// Why a batch or a run is handed back.
#[derive(Debug, thiserror::Error)]
pub enum AnchoringError {
    /// The table failed, or a record is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bucket failed, or someone else is putting the same object at this moment.
    #[error("the bucket of anchors: {0}")]
    Bucket(String),
    /// There is an anchor of that day already, and it says something else. It stays; a person must look.
    #[error("{0} is there already and says something else; compare it with the notes of its day")]
    Differs(String),
    /// A batch names no event that it could be noted by.
    #[error("a batch of the stream whose first record has no eventID")]
    Unnamed,
    /// Some tenants could not be anchored; the others were.
    #[error("{failed} tenants could not be anchored; the log names them, and the first is {first}")]
    Tenants {
        /// How many.
        failed: usize,
        /// The first of them, with the reason.
        first: String,
    },
}

/// Alarms and log filters match on the type.
impl From<AnchoringError> for Diagnostic {
    fn from(error: AnchoringError) -> Self {
        let error_type = match &error {
            AnchoringError::Store(error) if !error.is_transient() => "Corrupt",
            AnchoringError::Differs(_) => "Corrupt",
            AnchoringError::Unnamed => "BadEvent",
            AnchoringError::Store(_) | AnchoringError::Bucket(_) | AnchoringError::Tenants { .. } => "Retryable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
