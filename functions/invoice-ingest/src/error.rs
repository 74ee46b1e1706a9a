//! Why a notification or a step of an import is handed back.

use dunlin_aws::books::BooksError;
use dunlin_aws::store::StoreError;
use lambda_runtime::Diagnostic;

/// Why a notification or a step of an import is handed back.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The notification is not of a file that can be imported.
    #[error("the object {0:?} is not imports/<tenant>/<file>.csv of a tenant that is set up")]
    BadObject(String),
    /// A message of the queue, or an object that was written for a later step, is none of ours.
    #[error("a message or an object of an import cannot be read: {0}")]
    Message(#[from] serde_json::Error),
    /// The bucket failed.
    #[error("the import bucket: {0}")]
    Bucket(String),
    /// The import queue failed.
    #[error("the import queue: {0}")]
    Queue(String),
    /// The file could not be read to its end, or the results not be written.
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

impl IngestError {
    /// Whether someone else wrote first.
    pub(crate) fn is_lost_race(&self) -> bool {
        matches!(self, Self::Books(BooksError::Store(StoreError::Conflict)))
    }

    /// What alarms and log filters match on.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::BadObject(_) | Self::Message(_) => "BadEvent",
            Self::Books(error) if !error.is_transient() => "Corrupt",
            Self::Bucket(_) | Self::Queue(_) | Self::Read(_) | Self::Books(_) => "Retryable",
        }
    }
}

impl From<IngestError> for Diagnostic {
    fn from(error: IngestError) -> Self {
        Self { error_type: error.kind().to_owned(), error_message: error.to_string() }
    }
}
