//! Payments and credit notes.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use dunlin_domain::ids::TenantId;
use dunlin_domain::remittance::{Remittance, RemittanceId};
use jiff::Timestamp;

use super::debtor::{Condition, Writes};
use super::error::sort;
use super::key::{self, Key};
use super::record::{RemittanceRecord, read_item, seconds, to_item};
use super::{Store, StoreError};

/// Something and the version that it was read at; 0 where it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The thing.
    pub value: T,
    /// The version that it was read at.
    pub version: u64,
}

impl Store {
    /// Reads remittances, consistently, in the order asked; those that are not there come back unseen, at version 0.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remittances(
        &self,
        tenant: &TenantId,
        ids: &[RemittanceId],
    ) -> Result<Vec<Versioned<Remittance>>, StoreError> {
        let keys: Vec<Key> = ids.iter().map(|id| key::remittance(tenant, id)).collect();
        let unseen = |id: &RemittanceId| Versioned { value: Remittance::unseen(id.clone()), version: 0 };
        let mut found: Vec<Versioned<Remittance>> = ids.iter().map(unseen).collect();
        for item in self.batch_get(&keys).await? {
            let read = |record: RemittanceRecord| Ok(Versioned { value: record.read()?, version: record.version });
            let one = read_item(item, read)?;
            if let Some(slot) = found.iter_mut().find(|slot| slot.value.id == one.value.id) {
                *slot = one;
            }
        }
        Ok(found)
    }

    /// Keeps remittances whose debtor is not known yet, with the references that they wait on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if something arrived in between: look again.
    pub async fn park(&self, tenant: &TenantId, writes: &Writes, now: Timestamp) -> Result<(), StoreError> {
        let mut items = Vec::new();
        for reference in &writes.references {
            items.push(self.put(reference.item(tenant)?, Some(&Condition::version(reference.version)))?);
        }
        for remittance in &writes.remittances {
            items.push(self.put_remittance(tenant, remittance, now)?);
        }
        if let Some(receipt) = &writes.receipt {
            items.push(self.put(receipt.item(tenant, now), Some(&Condition::Absent))?);
        }
        self.transact(items).await
    }

    /// What waits for its invoice, the longest waiting first: `limit` at most, from `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn unmatched(&self, tenant: &TenantId, limit: i32) -> Result<Vec<RemittanceId>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.config.table)
            .index_name(&self.config.due_index)
            .key_condition_expression("due_shard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(key::unmatched_shard(tenant)))
            .limit(limit)
            .send()
            .await
            .map_err(sort)?;
        let id = |item: &super::record::Item| {
            let pk = item.get("PK")?.as_s().ok()?;
            RemittanceId::parse(pk.split_once("#REMITTANCE#")?.1).ok()
        };
        Ok(answer.items().iter().filter_map(id).collect())
    }

    pub(super) fn put_remittance(
        &self,
        tenant: &TenantId,
        remittance: &Versioned<Remittance>,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let Versioned { value, version } = remittance;
        let unmatched = value.booked.is_none().then(|| (key::unmatched_shard(tenant), seconds(now)));
        let record = RemittanceRecord::of(value, version.saturating_add(1), unmatched);
        let item = to_item(&key::remittance(tenant, &value.id), &record)?;
        self.put(item, Some(&Condition::version(*version)))
    }
}
