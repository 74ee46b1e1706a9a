//! Why a file is handed back.

use dunlin_aws::books::BooksError;
use dunlin_aws::store::StoreError;
use lambda_runtime::Diagnostic;

/// Why a file is handed back.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The notification is not of a file that can be imported.
    #[error("the object {0:?} is not imports/<tenant>/<file>.csv of a tenant that is set up")]
    BadObject(String),
    /// The bucket failed.
    #[error("the import bucket: {0}")]
    Bucket(String),
    /// The file could not be read to its end.
    #[error("the file broke off: {0}")]
    Read(#[from] std::io::Error),
    /// The table failed.
    #[error(transparent)]
    Books(#[from] BooksError),
}

impl From<StoreError> for IngestError {
    fn from(error: StoreError) -> Self {
        Self::Books(error.into())
    }
}

/// Alarms and log filters match on the type.
impl From<IngestError> for Diagnostic {
    fn from(error: IngestError) -> Self {
        let error_type = match &error {
            IngestError::BadObject(_) => "BadEvent",
            IngestError::Books(error) if !error.is_transient() => "Corrupt",
            IngestError::Bucket(_) | IngestError::Read(_) | IngestError::Books(_) => "Retryable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
