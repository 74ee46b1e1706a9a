//! Receipts: an event of a provider, or an API call, that was taken in counts once.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};

use super::debtor::Condition;
use super::key;
use super::record::Item;
use super::{Store, StoreError, attributes};

/// How long a receipt is kept. Stripe sends an event again for up to three days; what comes later is still harmless,
/// because what is booked follows from joined facts.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The receipt of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Who sent it.
    pub provider: &'static str,
    /// Its id there.
    pub event_id: String,
}

impl Receipt {
    pub(super) fn item(&self, tenant: &TenantId, now: Timestamp) -> Item {
        let mut item = attributes(&key::receipt(tenant, self.provider, &self.event_id));
        let expires = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX).as_second();
        item.insert("expires_at".to_owned(), AttributeValue::N(expires.to_string()));
        item
    }
}

impl Store {
    /// Whether an event was taken in before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_receipt(&self, tenant: &TenantId, receipt: &Receipt) -> Result<bool, StoreError> {
        Ok(self.get(&key::receipt(tenant, receipt.provider, &receipt.event_id)).await?.is_some())
    }

    /// Counts an event of a type that nothing is done with, once.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was counted before, or if others count at the same time.
    pub async fn count_unknown(
        &self,
        tenant: &TenantId,
        receipt: &Receipt,
        event_type: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(&self.config.table)
            .set_key(Some(attributes(&key::unknown_events(tenant, receipt.provider, event_type))))
            .update_expression("ADD events :one")
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        let count = TransactWriteItem::builder().update(update).build();
        let receipt = self.put(receipt.item(tenant, now), Some(&Condition::Absent))?;
        self.transact(vec![receipt, count]).await
    }
}
