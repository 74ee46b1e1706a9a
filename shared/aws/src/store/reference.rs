//! Look-ups: where something is that others know by their own key, and which payments wait for it.
//!
//! A payment that arrives before its invoice is listed on the invoice's reference. The invoice's commit replaces that
//! very item, conditional on its version, so neither can miss the other.

use std::collections::BTreeMap;

use dunlin_domain::ids::{DebtorId, InvoiceId, OutsideId, SourceName, TenantId};
use dunlin_domain::remittance::{RemittanceId, Target};
use jiff::civil::Date;

use super::key::{self, Key};
use super::record::{Item, ReferenceRecord, read, read_item, to_item};
use super::{Store, StoreError};

/// What others call something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferenceKey {
    /// An invoice, by portfolio and number.
    Invoice(InvoiceId),
    /// An invoice, by its id at a provider.
    OutsideInvoice(SourceName, OutsideId),
    /// A debtor, by the customer's id at a provider.
    OutsideCustomer(SourceName, OutsideId),
}

impl ReferenceKey {
    /// Where to look a target up; `None` where it is named by our own key.
    #[must_use]
    pub fn of(target: &Target) -> Option<Self> {
        match target {
            Target::Invoice(id) => Some(Self::Invoice(id.clone())),
            Target::OutsideInvoice(source, id) => Some(Self::OutsideInvoice(source.clone(), id.clone())),
            Target::OutsideCustomer(source, id) => Some(Self::OutsideCustomer(source.clone(), id.clone())),
            Target::Debtor(..) => None,
        }
    }

    fn key(&self, tenant: &TenantId) -> Key {
        match self {
            Self::Invoice(id) => key::invoice_reference(tenant, id),
            Self::OutsideInvoice(source, id) => key::outside_reference(tenant, "OUTSIDE-INVOICE", source, id),
            Self::OutsideCustomer(source, id) => key::outside_reference(tenant, "CUSTOMER", source, id),
        }
    }
}

/// What a key leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The key.
    pub key: ReferenceKey,
    /// The debtor, once known.
    pub debtor: Option<DebtorId>,
    /// The invoice and its issue date, where it leads to one.
    pub invoice: Option<(InvoiceId, Date)>,
    /// The digest of what was last handed in under this key.
    pub digest: Option<String>,
    /// Remittances that wait for it.
    pub awaiting: Vec<RemittanceId>,
    /// Counts writes; 0 where there is none yet.
    pub version: u64,
}

impl Reference {
    fn absent(key: ReferenceKey) -> Self {
        Self { key, debtor: None, invoice: None, digest: None, awaiting: Vec::new(), version: 0 }
    }

    pub(super) fn item(&self, tenant: &TenantId) -> Result<Item, StoreError> {
        let record = ReferenceRecord {
            version: self.version.saturating_add(1),
            debtor: self.debtor.as_ref().map(ToString::to_string),
            invoice: self.invoice.as_ref().map(|(id, _)| id.to_string()),
            issued: self.invoice.as_ref().map(|(_, issued)| *issued),
            digest: self.digest.clone(),
            awaiting: self.awaiting.iter().map(ToString::to_string).collect(),
        };
        to_item(&self.key.key(tenant), &record)
    }

    fn of(key: ReferenceKey, record: ReferenceRecord) -> Result<Self, StoreError> {
        let invoice = match (&record.invoice, record.issued) {
            (Some(id), Some(issued)) => Some((read("reference", InvoiceId::parse(id))?, issued)),
            _ => None,
        };
        let awaiting = record.awaiting.iter().map(|id| read("awaiting", RemittanceId::parse(id)));
        Ok(Self {
            key,
            debtor: record.debtor.as_deref().map(|id| read("reference", DebtorId::parse(id))).transpose()?,
            invoice,
            digest: record.digest,
            awaiting: awaiting.collect::<Result<_, _>>()?,
            version: record.version,
        })
    }
}

impl Store {
    /// Looks keys up, consistently; those that lead nowhere come back empty, at version 0.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn references(
        &self,
        tenant: &TenantId,
        wanted: impl IntoIterator<Item = ReferenceKey>,
    ) -> Result<BTreeMap<ReferenceKey, Reference>, StoreError> {
        let wanted: BTreeMap<Key, ReferenceKey> = wanted.into_iter().map(|one| (one.key(tenant), one)).collect();
        let keys: Vec<Key> = wanted.keys().cloned().collect();
        let absent = |one: &ReferenceKey| (one.clone(), Reference::absent(one.clone()));
        let mut found: BTreeMap<ReferenceKey, Reference> = wanted.values().map(absent).collect();
        for item in self.batch_get(&keys).await? {
            let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            let Some(one) = wanted.get(&Key { pk: part("PK"), sk: part("SK") }) else { continue };
            found.insert(one.clone(), read_item(item, |record| Reference::of(one.clone(), record))?);
        }
        Ok(found)
    }
}
