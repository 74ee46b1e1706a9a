//! Why a part of a backtest is handed back.

use dunlin_aws::backtests::BacktestQueueError;
use dunlin_aws::store::StoreError;
use dunlin_domain::ids::IdError;
use lambda_runtime::Diagnostic;

/// Why a part of a backtest is handed back.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A message of the queue is none of ours.
    #[error("a message of the queue of backtests cannot be read: {0}")]
    Message(#[from] serde_json::Error),
    /// It names what cannot be.
    #[error("a message of the queue of backtests names {0}")]
    Name(#[from] IdError),
    /// It is of a partition that the directory does not have.
    #[error("a message of the queue of backtests names partition {0} of the directory, which there is not")]
    Shard(u32),
    /// The table failed, or a record is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is left could not be sent on.
    #[error(transparent)]
    Queue(#[from] BacktestQueueError),
}

/// Alarms and log filters match on the type.
impl From<BacktestError> for Diagnostic {
    fn from(error: BacktestError) -> Self {
        let error_type = match &error {
            BacktestError::Message(_) | BacktestError::Name(_) | BacktestError::Shard(_) => "BadEvent",
            BacktestError::Store(error) if !error.is_transient() => "Corrupt",
            BacktestError::Store(_) | BacktestError::Queue(_) => "Retryable",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}
