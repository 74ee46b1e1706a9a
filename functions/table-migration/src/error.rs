//! Why a run is handed back.

use dunlin_aws::store::StoreError;
use lambda_runtime::Diagnostic;

/// Why a run is handed back.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The table failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Alarms and log filters match on the type.
impl From<MigrationError> for Diagnostic {
    fn from(error: MigrationError) -> Self {
        let MigrationError::Store(cause) = &error;
        let error_type = if cause.is_transient() { "Retryable" } else { "Refused" };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
