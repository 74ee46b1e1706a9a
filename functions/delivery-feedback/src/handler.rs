//! Take what was heard to whom it concerns.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use dunlin_aws::books::{Books, Hearing, Said};
use dunlin_aws::clock::Clock;
use dunlin_aws::metrics::{self, Metric};
use dunlin_aws::sms::TextSender;
use dunlin_aws::store::MessageRef;
use dunlin_aws::telemetry::{TRACE_ATTRIBUTE, in_trace};
use dunlin_aws::tenancies::Tenancies;
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::{Feedback, FeedbackError, TextWord};

/// Messages handled at the same time.
const CONCURRENCY: usize = 5;

/// Handles batches of what was heard.
#[derive(Debug)]
pub struct Handler {
    pub(crate) books: Books,
    pub(crate) tenancies: Tenancies,
    pub(crate) texts: TextSender,
    pub(crate) clock: Clock,
}

impl Handler {
    /// Keeps these books, and answers through `texts`.
    #[must_use]
    pub fn new(books: Books, texts: TextSender, clock: Clock) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, texts, clock }
    }

    /// Handles a batch; what could not be handled is named and comes back.
    ///
    /// # Errors
    /// None: every message fails for itself.
    pub async fn handle(&self, event: SqsEvent) -> Result<SqsBatchResponse, std::convert::Infallible> {
        let handled = stream::iter(&event.records).map(|record| {
            let trace = record.attributes.get(TRACE_ATTRIBUTE).map(String::as_str);
            in_trace(trace, self.handle_one(record))
        });
        let failed: Vec<Option<String>> = handled.buffer_unordered(CONCURRENCY).collect().await;
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failed.into_iter().flatten().map(failure).collect();
        tracing::info!(messages = event.records.len(), failed = response.batch_item_failures.len(), "heard");
        Ok(response)
    }

    /// The id of a record that could not be handled.
    async fn handle_one(&self, record: &SqsMessage) -> Option<String> {
        let heard = match Feedback::read(record.body.as_deref().unwrap_or_default()) {
            Ok(feedback) => self.hear(feedback).await,
            Err(error) => {
                metrics::count_for_nobody(Metric::Unreadable);
                Err(error)
            }
        };
        let error = heard.err()?;
        tracing::warn!(%error, "feedback goes back to the queue");
        Some(record.message_id.clone().unwrap_or_default())
    }

    async fn hear(&self, feedback: Feedback) -> Result<(), FeedbackError> {
        match feedback {
            Feedback::Mail(mail) => {
                let (provider_id, recipient) = (mail.provider_id.as_str(), mail.recipient.as_ref());
                self.word(&mail.whose, &Said { word: mail.word, at: mail.at, provider_id, recipient }).await
            }
            Feedback::Text(TextWord { provider_id, word, at }) => {
                let Some(whose) = self.books.store().text(&provider_id).await? else {
                    tracing::info!("a text that is none of a tenant's");
                    return Ok(());
                };
                self.word(&whose, &Said { word, at, provider_id: &provider_id, recipient: None }).await
            }
            Feedback::Reply(reply) => self.reply(&reply).await,
            Feedback::Nothing(why) => {
                tracing::info!(why, "nothing to do");
                Ok(())
            }
        }
    }

    async fn word(&self, whose: &MessageRef, said: &Said<'_>) -> Result<(), FeedbackError> {
        let word = said.word.as_str();
        let Some(tenancy) = self.tenancies.get(&whose.tenant).await? else {
            tracing::warn!(tenant = %whose.tenant, word, "feedback for a tenant that is not set up");
            return Ok(());
        };
        let now = self.clock.now(Some(said.at));
        let hearing = self.books.hear(&tenancy, whose, said, now).await?;
        tracing::info!(tenant = %whose.tenant, message_id = %whose.message, word, ?hearing, "feedback");
        match hearing {
            Hearing::News | Hearing::Known | Hearing::Unrelated => Ok(()),
            Hearing::TooEarly => Err(FeedbackError::TooEarly),
        }
    }
}

fn failure(message_id: String) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message_id;
    failure
}
