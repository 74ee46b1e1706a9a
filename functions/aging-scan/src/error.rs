//! Why a run is handed back.

use dunlin_aws::books::BooksError;
use dunlin_aws::store::StoreError;
use lambda_runtime::Diagnostic;

/// Why a run is handed back.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// A message of the queue is none of ours.
    #[error("the message cannot be read: {0}")]
    BadEvent(#[from] serde_json::Error),
    /// The table failed.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The scan's own queue failed.
    #[error("the scan's queue: {0}")]
    Queue(String),
    /// Some debtors could not be decided; the others were.
    #[error("{failed} of {debtors} debtors could not be decided; the log names them, and the first is {first}")]
    Debtors {
        /// How many could not.
        failed: usize,
        /// How many were due.
        debtors: usize,
        /// The first of them, with the reason.
        first: String,
    },
}

impl From<StoreError> for ScanError {
    fn from(error: StoreError) -> Self {
        Self::Books(error.into())
    }
}

/// Alarms and log filters match on the type.
impl From<ScanError> for Diagnostic {
    fn from(error: ScanError) -> Self {
        let error_type = match &error {
            ScanError::BadEvent(_) => "BadEvent",
            ScanError::Books(error) if !error.is_transient() => "Corrupt",
            ScanError::Books(_) | ScanError::Queue(_) | ScanError::Debtors { .. } => "Retryable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
