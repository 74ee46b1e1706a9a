//! How attempts to send ended.
//!
//! An attempt's record is written once, by itself, before the debtor's head learns of it. Whoever finds the attempt
//! silent on the head reads the record first: so an outcome is kept even if its attempt died right after, and costs
//! half of what a transaction over both items would.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::message::{Message, Outcome, Pending, PendingState};
use jiff::Timestamp;

use super::error::sort;
use super::key::{self, Key};
use super::record::{Item, MessageRecord, read_item, to_item};
use super::{Store, StoreError};

/// The same record may be written again; another one may not replace it.
const FIRST_WORD: &str = "attribute_not_exists(PK) OR (#status = :status AND settled_at = :settled_at)";

impl Store {
    /// How the attempt that holds a message ended, and when, if it has left word.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ended(&self, debtor: &Debtor, pending: &Pending) -> Result<Option<(Outcome, Timestamp)>, StoreError> {
        let PendingState::Sending { attempt, .. } = &pending.state else { return Ok(None) };
        let key = key_of(debtor, pending.planned_at, pending.plan.id.as_str(), attempt);
        let Some(item) = self.get(&key).await? else { return Ok(None) };
        read_item(item, |record: MessageRecord| Ok(Some((record.outcome()?, record.settled_at))))
    }

    /// Writes down how an attempt ended.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it was written down otherwise.
    pub(super) async fn put_ended(&self, item: Item) -> Result<(), StoreError> {
        let said = |name: &str| item.get(name).cloned().unwrap_or(AttributeValue::Null(true));
        let (status, settled_at) = (said("status"), said("settled_at"));
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
        let call = call
            .condition_expression(FIRST_WORD)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", status)
            .expression_attribute_values(":settled_at", settled_at);
        call.send().await.map(drop).map_err(sort)
    }

    /// Writes down that a message went out of which nobody knew. The debtor's version guards it.
    pub(super) fn put_proven(&self, debtor: &Debtor, message: &Message) -> Result<TransactWriteItem, StoreError> {
        let attempt = message.attempt.as_deref().unwrap_or_default();
        let key = key_of(debtor, message.planned_at, message.plan.id.as_str(), attempt);
        self.put(to_item(&key, &MessageRecord::of(message))?, None)
    }
}

/// How an attempt ended, as an item.
pub(super) fn ended(debtor: &Debtor, message: &Message, attempt: &str) -> Result<Item, StoreError> {
    let key = key_of(debtor, message.planned_at, message.plan.id.as_str(), attempt);
    to_item(&key, &MessageRecord::of(message))
}

fn key_of(debtor: &Debtor, planned_at: Timestamp, message: &str, attempt: &str) -> Key {
    key::past(&debtor.tenant, &debtor.id, planned_at, "MESSAGE", &format!("{message}.{attempt}"))
}
