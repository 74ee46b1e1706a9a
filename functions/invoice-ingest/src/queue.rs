//! The import queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::IngestError;
use crate::event::ImportWork;

/// Messages sent at the same time.
const CONCURRENCY: usize = 8;

/// The import queue.
#[derive(Debug, Clone)]
pub struct ImportQueue {
    client: Client,
    url: String,
}

impl ImportQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Sends work, all of it or an error; what was sent before the error is harmless.
    pub(crate) async fn send(&self, work: &[ImportWork]) -> Result<(), IngestError> {
        let sent: Vec<Result<(), IngestError>> =
            stream::iter(work).map(|work| self.send_one(work)).buffer_unordered(CONCURRENCY).collect().await;
        sent.into_iter().collect()
    }

    async fn send_one(&self, work: &ImportWork) -> Result<(), IngestError> {
        let body = serde_json::to_string(work).map_err(IngestError::Message)?;
        let call = self.client.send_message().queue_url(&self.url).message_body(body);
        call.send().await.map(drop).map_err(|error| IngestError::Queue(DisplayErrorContext(&error).to_string()))
    }
}
