//! How attempts to send ended.
//!
//! An attempt's record is written once, by itself, before the debtor's head learns of it. Whoever finds the attempt
//! silent on the head reads the record first: so an outcome is kept even if its attempt died right after, and costs
//! half of what a transaction over both items would. What others say of an attempt that fell silent is written with the
//! head: two who say the same at once must not write over each other's part of the audit log.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::message::{Message, MessageId, Outcome, Pending, PendingState, Plan, Written};
use dunlin_domain::template::Facts;
use jiff::Timestamp;

use super::error::sort;
use super::key::{self, Key};
use super::record::{Item, MessageRecord, read_item, to_item};
use super::{Store, StoreError};

/// Ends the key of a record that replaces an unknown outcome; it sorts behind the one that it is about.
pub(super) const PROVEN: &str = ".proven";
/// The same record may be written again; another one may not replace it.
const FIRST_WORD: &str = "attribute_not_exists(PK) OR (#status = :status AND settled_at = :settled_at)";

/// A message on record, with all that it takes to write it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it said.
    pub plan: Plan,
    /// How it ended.
    pub outcome: Outcome,
    /// By what it was written.
    pub written: Written,
    /// What it said beyond its plan.
    pub facts: Facts,
}

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

    /// What a message said that an attempt handed over, or may have; `None` where there is none, or none that left word.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn said(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        message: &MessageId,
        planned_at: Timestamp,
    ) -> Result<Option<Said>, StoreError> {
        let first = key::past(tenant, debtor, planned_at, "MESSAGE", &format!("{message}."));
        let answer = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :message)")
            .expression_attribute_values(":pk", AttributeValue::S(first.pk))
            .expression_attribute_values(":message", AttributeValue::S(first.sk))
            .send()
            .await
            .map_err(sort)?;
        let said = |record: MessageRecord| {
            let said = record.said()?;
            let (plan, outcome) = (record.plan.read()?, record.outcome()?);
            Ok(said.map(|(written, facts)| Said { plan, outcome, written, facts }))
        };
        let found = answer.items.unwrap_or_default().into_iter().map(|item| read_item(item, said));
        Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().last())
    }

    /// How an attempt ended that fell silent, to be written down with the head.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where it is no item.
    pub(super) fn put_silent(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let (status, settled_at) = first_word(&item);
        let put = Put::builder()
            .table_name(&self.config.table)
            .set_item(Some(item))
            .condition_expression(FIRST_WORD)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", status)
            .expression_attribute_values(":settled_at", settled_at);
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Writes down how an attempt says that it ended.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it was written down otherwise.
    pub(super) async fn put_ended(&self, item: Item) -> Result<(), StoreError> {
        let (status, settled_at) = first_word(&item);
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
        let call = call
            .condition_expression(FIRST_WORD)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":status", status)
            .expression_attribute_values(":settled_at", settled_at);
        call.send().await.map(drop).map_err(sort)
    }
}

/// What [`FIRST_WORD`] compares.
fn first_word(item: &Item) -> (AttributeValue, AttributeValue) {
    let said = |name: &str| item.get(name).cloned().unwrap_or(AttributeValue::Null(true));
    (said("status"), said("settled_at"))
}

/// How an attempt ended, as an item.
pub(super) fn ended(debtor: &Debtor, message: &Message, attempt: &str) -> Result<Item, StoreError> {
    let key = key_of(debtor, message.planned_at, message.plan.id.as_str(), attempt);
    to_item(&key, &MessageRecord::of(message))
}

/// That a message went out of which nobody knew, beside the record that says so: the history is never rewritten.
pub(super) fn proven(debtor: &Debtor, message: &Message) -> Result<Item, StoreError> {
    let attempt = message.attempt.as_deref().unwrap_or_default();
    let number = format!("{attempt}{PROVEN}");
    to_item(&key_of(debtor, message.planned_at, message.plan.id.as_str(), &number), &MessageRecord::of(message))
}

fn key_of(debtor: &Debtor, planned_at: Timestamp, message: &str, attempt: &str) -> Key {
    key::past(&debtor.tenant, &debtor.id, planned_at, "MESSAGE", &format!("{message}.{attempt}"))
}
