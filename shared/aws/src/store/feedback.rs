//! What providers say of a message, beside the record of how its attempt ended.

use std::collections::BTreeMap;

use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::message::{Message, MessageId};
use dunlin_domain::reach::{Feedback, Word};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::debtor::Condition;
use super::error::sort;
use super::key::{self, Key};
use super::record::{Item, MessageRecord, Record, known, read_item, to_item};
use super::{Store, StoreError, Versioned};

/// What leads from a provider's word back to the message that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRef {
    /// The tenant.
    pub tenant: TenantId,
    /// The debtor.
    pub debtor: DebtorId,
    /// The message.
    pub message: MessageId,
    /// The attempt that handed it over.
    pub attempt: String,
    /// When it was decided.
    pub planned_at: Timestamp,
}

impl MessageRef {
    fn key(&self, kind: &str) -> Key {
        let number = format!("{}.{}", self.message, self.attempt);
        key::past(&self.tenant, &self.debtor, self.planned_at, kind, &number)
    }
}

/// What was said of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FeedbackRecord {
    /// Counts writes.
    version: u64,
    message_id: String,
    /// Each word, with the earliest time at which it was said.
    words: BTreeMap<String, Timestamp>,
}

impl Record for FeedbackRecord {
    const SCHEMA: u32 = 1;
}

impl FeedbackRecord {
    fn read(&self) -> Result<Feedback, StoreError> {
        let word = |(word, at): (&String, &Timestamp)| Ok((known("word", word, Word::parse(word))?, *at));
        self.words.iter().map(word).collect()
    }
}

impl Store {
    /// A message that was handed over, or may have been, with what was said of it; `None` where none is on record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn handed_over(&self, whose: &MessageRef) -> Result<Option<(Message, Versioned<Feedback>)>, StoreError> {
        let (message_key, feedback_key) = (whose.key("MESSAGE"), whose.key("FEEDBACK"));
        let (mut message, mut feedback) = (None, Versioned { value: Feedback::default(), version: 0 });
        for item in self.batch_get(&[message_key.clone(), feedback_key]).await? {
            if item.get("SK").and_then(|sk| sk.as_s().ok()) == Some(&message_key.sk) {
                message = Some(read_item(item, |record: MessageRecord| record.read(&whose.attempt))?);
            } else {
                let read = |record: FeedbackRecord| Ok(Versioned { value: record.read()?, version: record.version });
                feedback = read_item(item, read)?;
            }
        }
        Ok(message.map(|message| (message, feedback)))
    }

    /// Writes down what was said where nothing follows from it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where more was said since.
    pub async fn put_feedback(&self, whose: &MessageRef, feedback: &Versioned<Feedback>) -> Result<(), StoreError> {
        let condition = Condition::version(feedback.version);
        let call = self.client.put_item().table_name(&self.config.table);
        let call = call.set_item(Some(item(whose, feedback)?)).condition_expression(condition.expression());
        call.set_expression_attribute_values(condition.values()).send().await.map(drop).map_err(sort)
    }

    /// The same as a part of a commit.
    pub(super) fn put_heard(
        &self,
        whose: &MessageRef,
        feedback: &Versioned<Feedback>,
    ) -> Result<TransactWriteItem, StoreError> {
        self.put(item(whose, feedback)?, Some(&Condition::version(feedback.version)))
    }
}

fn item(whose: &MessageRef, feedback: &Versioned<Feedback>) -> Result<Item, StoreError> {
    let record = FeedbackRecord {
        version: feedback.version.saturating_add(1),
        message_id: whose.message.to_string(),
        words: feedback.value.words().map(|(word, at)| (word.as_str().to_owned(), at)).collect(),
    };
    to_item(&whose.key("FEEDBACK"), &record)
}
