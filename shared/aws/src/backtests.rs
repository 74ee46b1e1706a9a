//! The queue of backtests: a message says which part of which backtest is to be gone through.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

/// A part of a backtest that is to be gone through: the body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BacktestWork {
    /// Whose.
    pub tenant: String,
    /// The policy that is tried.
    pub policy: String,
    /// Which backtest.
    pub backtest: String,
    /// Which partition of the directory.
    pub shard: u32,
}

/// Work could not be put into the queue.
#[derive(Debug, thiserror::Error)]
#[error("the queue of backtests: {0}")]
pub struct BacktestQueueError(String);

/// The queue of backtests.
#[derive(Debug, Clone)]
pub struct BacktestQueue {
    client: Client,
    url: String,
}

impl BacktestQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Sends work, all of it or an error; what was sent before the error is harmless.
    ///
    /// # Errors
    /// [`BacktestQueueError`].
    pub async fn send(&self, work: &[BacktestWork]) -> Result<(), BacktestQueueError> {
        try_join_all(work.iter().map(|one| self.send_one(one))).await.map(drop)
    }

    async fn send_one(&self, work: &BacktestWork) -> Result<(), BacktestQueueError> {
        let body = serde_json::to_string(work).map_err(|error| BacktestQueueError(error.to_string()))?;
        let call = self.client.send_message().queue_url(&self.url).message_body(body);
        call.send().await.map(drop).map_err(|error| BacktestQueueError(DisplayErrorContext(&error).to_string()))
    }
}
