//! Receipts: an event of a provider, or an API call, that was taken in counts once.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};

use super::debtor::Condition;
use super::key;
use super::record::Item;
use super::{Store, StoreError, attributes};

/// How long a receipt is kept that expires. Stripe sends an event again for up to three days; what comes later is still
/// harmless, because what is booked follows from joined facts, or what is made has an id of its own.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);
const DIGEST: &str = "digest";
const COMMITTED_AT: &str = "committed_at";
const COMMIT: &str = "commit";

/// The receipt of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Who sent it.
    pub provider: &'static str,
    /// Its id there.
    pub event_id: String,
    /// A digest of what was asked, where someone may ask for something else under the same id.
    pub digest: Option<String>,
    /// How long it counts.
    pub kept: Kept,
}

/// How long a receipt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// 30 days: what it stands for is harmless when it is done again.
    AMonth,
    /// For good: nothing else tells that it was done.
    ForGood,
}

/// What was taken in under the id of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The same, by this commit of its debtor.
    Same(Option<CommitMark>),
    /// Something else.
    Other,
}

/// Which commit of a debtor it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitMark {
    /// When, as keys of the history have it.
    pub(super) at: String,
    /// How many commits the debtor had then, with this one.
    pub(super) version: u64,
}

impl CommitMark {
    /// Whether it made the debtor.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.version == 1
    }
}

impl Receipt {
    /// The receipt of an event that has an id of its own.
    #[must_use]
    pub fn of(provider: &'static str, event_id: String) -> Self {
        Self { provider, event_id, digest: None, kept: Kept::AMonth }
    }

    pub(super) fn item(&self, tenant: &TenantId, now: Timestamp) -> Item {
        let mut item = attributes(&key::receipt(tenant, self.provider, &self.event_id));
        if self.kept == Kept::AMonth {
            let expires = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX).as_second();
            item.insert("expires_at".to_owned(), AttributeValue::N(expires.to_string()));
        }
        item
    }

    /// The same with what was asked, and the commit that did it.
    pub(super) fn item_of(&self, tenant: &TenantId, now: Timestamp, version: u64) -> Item {
        let mut item = self.item(tenant, now);
        if let Some(digest) = &self.digest {
            item.insert(DIGEST.to_owned(), AttributeValue::S(digest.clone()));
            item.insert(COMMITTED_AT.to_owned(), AttributeValue::S(key::moment(now)));
            item.insert(COMMIT.to_owned(), AttributeValue::N(version.to_string()));
        }
        item
    }

    /// What an item of this id says. One without a digest is of a time in which none was kept.
    fn taken(&self, item: &Item) -> Taken {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        if text(DIGEST).zip(self.digest.as_ref()).is_some_and(|(was, is)| was != is) {
            return Taken::Other;
        }
        let version = item.get(COMMIT).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok());
        Taken::Same(text(COMMITTED_AT).zip(version).map(|(at, version)| CommitMark { at: at.clone(), version }))
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

    /// What was taken in under the id of a receipt, if anything was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn taken(&self, tenant: &TenantId, receipt: &Receipt) -> Result<Option<Taken>, StoreError> {
        let found = self.get(&key::receipt(tenant, receipt.provider, &receipt.event_id)).await?;
        Ok(found.map(|item| receipt.taken(&item)))
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
