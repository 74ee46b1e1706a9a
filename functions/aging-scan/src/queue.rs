//! The scan's own queue.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use crate::{ScanError, ScanWork};

/// `SendMessageBatch` takes this many messages.
const MESSAGES_PER_CALL: usize = 10;

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
        for chunk in work.chunks(MESSAGES_PER_CALL) {
            let mut entries = Vec::with_capacity(chunk.len());
            for (index, work) in chunk.iter().enumerate() {
                let body = serde_json::to_string(work)?;
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body).build();
                entries.push(entry.map_err(|error| ScanError::Queue(error.to_string()))?);
            }
            let call = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
            let answer = call.send().await.map_err(|e| ScanError::Queue(DisplayErrorContext(&e).to_string()))?;
            if let Some(failed) = answer.failed().first() {
                let why = failed.message().unwrap_or_else(|| failed.code());
                return Err(ScanError::Queue(format!("{} messages were not taken: {why}", answer.failed().len())));
            }
        }
        Ok(())
    }
}
