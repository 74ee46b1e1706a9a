//! Where payments on account were placed: with each payment, one item for each step.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use dunlin_domain::allocation::Allocation;
use dunlin_domain::ids::TenantId;
use dunlin_domain::remittance::RemittanceId;

use super::error::sort;
use super::key;
use super::record::{AllocationRecord, Item, read_item, to_item};
use super::{Store, StoreError};

/// A page of a payment's allocations.
#[derive(Debug, Clone, PartialEq)]
pub struct AllocationPage {
    /// The allocations, in the order in which they were made.
    pub allocations: Vec<Allocation>,
    /// The number after which the next page begins, if there is one.
    pub next: Option<u32>,
}

impl Store {
    /// Reads one allocation of a payment, consistently.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] where there is none of this number.
    pub async fn allocation(
        &self,
        tenant: &TenantId,
        id: &RemittanceId,
        number: u32,
    ) -> Result<Allocation, StoreError> {
        let key = key::allocation(tenant, id, number);
        let item = self.get(&key).await?.ok_or_else(|| StoreError::corrupt(&key.pk, format!("has no {}", key.sk)))?;
        read_item(item, |one: AllocationRecord| one.read())
    }

    /// How many allocations of a payment are on record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn allocations_recorded(&self, tenant: &TenantId, id: &RemittanceId) -> Result<u32, StoreError> {
        let query = self.allocations_query(tenant, id).scan_index_forward(false).limit(1);
        let last = query.send().await.map_err(sort)?.items.unwrap_or_default().pop();
        let last = last.map(|item| read_item(item, |one: AllocationRecord| one.read())).transpose()?;
        Ok(last.map_or(0, |last| last.number.saturating_add(1)))
    }

    /// A page of at most `limit` allocations of a payment, after number `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn allocations(
        &self,
        tenant: &TenantId,
        id: &RemittanceId,
        limit: i32,
        after: Option<u32>,
    ) -> Result<AllocationPage, StoreError> {
        let start: Option<Item> = after.map(|after| super::attributes(&key::allocation(tenant, id, after)));
        let query = self.allocations_query(tenant, id).limit(limit).set_exclusive_start_key(start);
        let answer = query.send().await.map_err(sort)?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default().into_iter();
        let read = |item| read_item(item, |one: AllocationRecord| one.read());
        let allocations: Vec<Allocation> = items.map(read).collect::<Result<_, _>>()?;
        let next = allocations.last().map(|last| last.number).filter(|_| more);
        Ok(AllocationPage { allocations, next })
    }

    fn allocations_query(
        &self,
        tenant: &TenantId,
        id: &RemittanceId,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        let query = self.client.query().table_name(&self.config.table);
        query
            .key_condition_expression("PK = :pk AND begins_with(SK, :allocation)")
            .expression_attribute_values(":pk", AttributeValue::S(key::remittance(tenant, id).pk))
            .expression_attribute_values(":allocation", AttributeValue::S(key::ALLOCATION.to_owned()))
            .consistent_read(true)
    }

    /// Written beside the debtor's head, which lets nobody else write one at the same time.
    pub(super) fn put_allocation(
        &self,
        tenant: &TenantId,
        allocation: &Allocation,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = key::allocation(tenant, &allocation.remittance, allocation.number);
        self.put(to_item(&key, &AllocationRecord::of(allocation))?, None)
    }
}
