//! Whom a text was for. A text carries nothing that leads back to its message, and its answer nothing but two numbers: so
//! two look-ups are kept, which belong to the deployment, because the network knows no tenants.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::message::MessageId;
use dunlin_domain::reach::address::AddressId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::sort;
use super::feedback::MessageRef;
use super::key::{self, Key};
use super::record::{Record, read, read_item, to_item};
use super::{Store, StoreError};

/// Carriers report for up to three days.
const TEXT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Who was written to may answer much later.
const TEXTED_KEPT: SignedDuration = SignedDuration::from_hours(24 * 800);

/// The message that a text was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TextRecord {
    tenant: String,
    debtor: String,
    message_id: String,
    attempt: String,
    planned_at: Timestamp,
    expires_at: i64,
}

impl Record for TextRecord {
    const SCHEMA: u32 = 1;
}

/// A debtor who was written to at a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct TextedRecord {
    tenant: String,
    debtor: String,
    expires_at: i64,
}

impl Record for TextedRecord {
    const SCHEMA: u32 = 1;
}

impl Store {
    /// Notes that a number is about to be written to for a debtor. An answer finds the debtor even if the attempt dies.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn will_text(
        &self,
        number: &AddressId,
        (tenant, debtor): (&TenantId, &DebtorId),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (owner, expires_at) = (tenant.to_string(), expiry(now, TEXTED_KEPT));
        let record = TextedRecord { tenant: owner, debtor: debtor.to_string(), expires_at };
        self.put_lookup(&key::texted(number, tenant, debtor), &record).await
    }

    /// Notes which message the provider gave an id to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn texted_as(&self, provider_id: &str, whose: &MessageRef, now: Timestamp) -> Result<(), StoreError> {
        let record = TextRecord {
            tenant: whose.tenant.to_string(),
            debtor: whose.debtor.to_string(),
            message_id: whose.message.to_string(),
            attempt: whose.attempt.clone(),
            planned_at: whose.planned_at,
            expires_at: expiry(now, TEXT_KEPT),
        };
        self.put_lookup(&key::text(provider_id), &record).await
    }

    /// The message that the provider knows by this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn text(&self, provider_id: &str) -> Result<Option<MessageRef>, StoreError> {
        let read = |record: TextRecord| {
            Ok(MessageRef {
                tenant: read("tenant", TenantId::parse(&record.tenant))?,
                debtor: read("debtor", DebtorId::parse(&record.debtor))?,
                message: MessageId::stored(record.message_id),
                attempt: record.attempt,
                planned_at: record.planned_at,
            })
        };
        self.get(&key::text(provider_id)).await?.map(|item| read_item(item, read)).transpose()
    }

    /// Every debtor of any tenant who was written to at a number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn texted(&self, number: &AddressId) -> Result<Vec<(TenantId, DebtorId)>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(key::texted_at(number)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let one = |record: TextedRecord| {
                let tenant = read("tenant", TenantId::parse(&record.tenant))?;
                Ok((tenant, read("debtor", DebtorId::parse(&record.debtor))?))
            };
            found.push(read_item(item.map_err(sort)?, one)?);
        }
        Ok(found)
    }

    async fn put_lookup(&self, key: &Key, record: &impl Record) -> Result<(), StoreError> {
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(to_item(key, record)?));
        call.send().await.map(drop).map_err(sort)
    }
}

fn expiry(now: Timestamp, kept: SignedDuration) -> i64 {
    now.saturating_add(kept).unwrap_or(Timestamp::MAX).as_second()
}
