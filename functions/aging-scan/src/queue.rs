//! The scan's own queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::{ScanError, ScanWork};

/// Messages sent at the same time.
const CONCURRENCY: usize = 8;

/// The scan's own queue.
#[derive(Debug, Clone)]
pub struct ScanQueue {
    client: Client,
    url: String,
}

impl ScanQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Sends work, all of it or an error; what was sent before the error is harmless.
    ///
    /// # Errors
    /// [`ScanError::Queue`].
    pub async fn send(&self, work: &[ScanWork]) -> Result<(), ScanError> {
        let sent: Vec<Result<(), ScanError>> =
            stream::iter(work).map(|work| self.send_one(work)).buffer_unordered(CONCURRENCY).collect().await;
        sent.into_iter().collect()
    }

    async fn send_one(&self, work: &ScanWork) -> Result<(), ScanError> {
        let call = self.client.send_message().queue_url(&self.url).message_body(serde_json::to_string(work)?);
        call.send().await.map(drop).map_err(|error| ScanError::Queue(DisplayErrorContext(&error).to_string()))
    }
}
