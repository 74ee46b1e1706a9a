//! Why a batch is handed back.

use dunlin_aws::bus::BusError;
use dunlin_aws::store::StoreError;
use lambda_runtime::Diagnostic;

/// Why a batch is handed back.
#[derive(Debug, thiserror::Error)]
pub enum ProjectorError {
    /// The table failed, or a record is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Alarms and log filters match on the type.
impl From<ProjectorError> for Diagnostic {
    fn from(error: ProjectorError) -> Self {
        let error_type = match &error {
            ProjectorError::Store(error) if !error.is_transient() => "Corrupt",
            ProjectorError::Store(_) | ProjectorError::Bus(_) => "Retryable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
