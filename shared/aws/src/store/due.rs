//! The sparse index: which debtors have a next step that has come.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::ids::{DebtorId, TenantId};
use jiff::Timestamp;

use super::error::sort;
use super::key;
use super::record::{Item, place, seconds};
use super::{Store, StoreError};

/// A page of debtors whose step has come.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePage {
    /// The debtors, longest due first.
    pub debtors: Vec<(TenantId, DebtorId)>,
    /// What is listed and is none, with the reason.
    pub damaged: Vec<String>,
    /// Where the next page begins, if there is one.
    pub next: Option<DueMark>,
}

/// A place in the index.
#[derive(Debug, Clone, PartialEq)]
pub struct DueMark(Item);

impl Store {
    /// At most `limit` debtors of a shard whose step had come at `now`, from `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(
        &self,
        shard: u32,
        now: Timestamp,
        limit: i32,
        after: Option<DueMark>,
    ) -> Result<DuePage, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.config.table)
            .index_name(&self.config.due_index)
            .key_condition_expression("due_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", AttributeValue::S(key::due_shard(shard)))
            .expression_attribute_values(":now", AttributeValue::S(seconds(now)))
            .limit(limit)
            .set_exclusive_start_key(after.map(|mark| mark.0))
            .send()
            .await
            .map_err(sort)?;
        let (mut debtors, mut damaged) = (Vec::new(), Vec::new());
        for item in answer.items() {
            match debtor_of(item) {
                Ok(debtor) => debtors.push(debtor),
                Err(error) => damaged.push(error.to_string()),
            }
        }
        Ok(DuePage { debtors, damaged, next: answer.last_evaluated_key.map(DueMark) })
    }
}

/// Whose head an item of the index is.
fn debtor_of(item: &Item) -> Result<(TenantId, DebtorId), StoreError> {
    let pk = item.get("PK").and_then(|pk| pk.as_s().ok()).map_or("", String::as_str);
    let parts = pk.strip_prefix("T#").and_then(|rest| rest.split_once("#D#"));
    let parsed = parts.map(|(tenant, debtor)| (TenantId::parse(tenant), DebtorId::parse(debtor)));
    match parsed {
        Some((Ok(tenant), Ok(debtor))) => Ok((tenant, debtor)),
        _ => Err(StoreError::corrupt(place(item), "is listed as due and is no debtor")),
    }
}
