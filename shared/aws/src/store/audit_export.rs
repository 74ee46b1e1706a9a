//! Handing out a debtor's audit log, as a file that anyone can verify.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_audit::{Export, Head, Record, Written};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::ids::{DebtorId, TenantId};
use jiff::Timestamp;

use super::audit::{AuditRecord, BOUND_BY, LogRecord, RECORDS, written};
use super::error::sort;
use super::record::Item;
use super::{Store, StoreError, key};

/// What the history says of a log.
#[derive(Default)]
struct Found {
    /// Records by their number; a commit that was not made may have left one too.
    records: BTreeMap<u64, Vec<AuditRecord>>,
    /// History items by the record that binds them.
    bound: BTreeMap<u64, Vec<Written>>,
}

impl Store {
    /// A debtor's log with all that it binds, in the form that [`dunlin_audit::verify`] reads; `None` where there is no such
    /// debtor. It is read whole.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_audit(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        // The history is read after the head, so that it has all that the head's log binds.
        let Some(loaded) = self.load(tenant, debtor).await? else { return Ok(None) };
        let mut found = self.audited_history(tenant, debtor).await?;
        let head = loaded.log.as_ref().map_or(Ok(Head::EMPTY), LogRecord::head)?;
        for waiting in loaded.log.iter().flat_map(|log| &log.waiting) {
            found.records.entry(waiting.seq).or_default().push(waiting.clone());
        }
        let corrupt = |error| StoreError::corrupt(debtor, error);
        let begun = Export::begin(Vec::new(), tenant.as_str(), debtor.as_str(), &now.to_string(), head);
        let mut export = begun.map_err(corrupt)?;
        let mut at = Head::EMPTY;
        for (seq, candidates) in found.records.range(..=head.seq) {
            let Some(record) = fitting(candidates, &loaded.debtor, at)? else { continue };
            at = record.head();
            export.add(&record, found.bound.get(seq).map_or(&[], Vec::as_slice)).map_err(corrupt)?;
        }
        export.end().map(Some).map_err(corrupt)
    }

    async fn audited_history(&self, tenant: &TenantId, debtor: &DebtorId) -> Result<Found, StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :past)")
            .expression_attribute_values(":pk", AttributeValue::S(key::debtor(tenant, debtor)))
            .expression_attribute_values(":past", AttributeValue::S(key::PAST.to_owned()))
            .consistent_read(true);
        let mut items = pages.into_paginator().items().send();
        let mut found = Found::default();
        while let Some(item) = items.next().await {
            found.take(item.map_err(sort)?)?;
        }
        Ok(found)
    }
}

impl Found {
    fn take(&mut self, item: Item) -> Result<(), StoreError> {
        if let Some(records) = item.get(RECORDS) {
            let read = serde_dynamo::from_attribute_value::<_, Vec<AuditRecord>>(records.clone());
            for record in read.map_err(|error| StoreError::corrupt(RECORDS, error))? {
                self.records.entry(record.seq).or_default().push(record);
            }
        }
        let bound_by = item.get(BOUND_BY).and_then(|seq| seq.as_n().ok()).and_then(|seq| seq.parse().ok());
        if let Some(seq) = bound_by {
            self.bound.entry(seq).or_default().push(written(&item)?);
        }
        Ok(())
    }
}

/// The record that follows. Of several the one whose hash fits; where none does the first, so that whoever verifies finds
/// it.
fn fitting(candidates: &[AuditRecord], debtor: &Debtor, at: Head) -> Result<Option<Record>, StoreError> {
    let whole = candidates.iter().map(|one| one.whole(debtor, at)).collect::<Result<Vec<_>, _>>()?;
    let fits = whole.iter().position(|record| record.computed_hash() == record.hash).unwrap_or(0);
    Ok(whole.into_iter().nth(fits))
}
