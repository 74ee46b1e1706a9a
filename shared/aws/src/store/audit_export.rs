//! Handing out an audit log, as parts of a file that anyone can verify.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_audit::{Export, Head, Part, Record, Written, bytes_of};
use dunlin_domain::ids::{DebtorId, TenantId};
use jiff::Timestamp;

use super::audit::{AuditRecord, BOUND_BY, LogRecord, RECORDS, written};
use super::error::sort;
use super::record::Item;
use super::{Store, StoreError, key};

/// Which part of a log is asked for.
#[derive(Debug, Clone, Copy)]
pub struct AuditRange {
    /// The record that it follows; 0 for the first part.
    pub after: u64,
    /// How many records it has at most.
    pub records_max: u64,
    /// How many bytes it has at most, less a few hundred around the records. One record is always in it.
    pub bytes_max: usize,
}

impl AuditRange {
    /// The whole log, whatever its size.
    pub const WHOLE: Self = Self { after: 0, records_max: u64::MAX, bytes_max: usize::MAX };
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPart {
    /// In the form that [`dunlin_audit::verify`] reads; parts are put together as they are.
    pub file: Vec<u8>,
    /// What the next part follows, if there is one.
    pub next: Option<u64>,
}

/// Whose log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whose<'a> {
    pub(super) tenant: &'a TenantId,
    /// None for the log of the tenant's own settings.
    pub(super) debtor: Option<&'a DebtorId>,
}

/// What the table says of a log.
pub(super) struct Found {
    /// Records by their number; a commit that was not made may have left one too.
    records: BTreeMap<u64, Vec<AuditRecord>>,
    /// History items by the record that binds them, as far as they are asked for.
    bound: BTreeMap<u64, Vec<Written>>,
    range: AuditRange,
    /// What the items take.
    bytes: usize,
}

impl Store {
    /// A part of a debtor's log with all that it binds; `None` where there is no such debtor. What a record binds may lie
    /// anywhere in the history, so that is read whole, and only the part is kept in memory.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_audit(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        range: AuditRange,
        now: Timestamp,
    ) -> Result<Option<AuditPart>, StoreError> {
        // The history is read after the head, so that it has all that the head's log binds.
        let Some(loaded) = self.load(tenant, debtor).await? else { return Ok(None) };
        let log = loaded.log.as_ref().map_or(Ok(Head::EMPTY), LogRecord::head)?;
        let mut found = Found::of(range);
        for waiting in loaded.log.iter().flat_map(|log| &log.waiting) {
            found.records.entry(waiting.seq).or_default().push(waiting.clone());
        }
        self.read_audited_history(tenant, debtor, log, &mut found).await?;
        found.part(Whose { tenant, debtor: Some(debtor) }, log, now).map(Some)
    }

    async fn read_audited_history(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        log: Head,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :past)")
            .expression_attribute_values(":pk", AttributeValue::S(key::debtor(tenant, debtor)))
            .expression_attribute_values(":past", AttributeValue::S(key::PAST.to_owned()))
            .consistent_read(true);
        let mut items = pages.into_paginator().items().send();
        while let Some(item) = items.next().await {
            found.take(item.map_err(sort)?, log)?;
        }
        Ok(())
    }
}

impl Found {
    pub(super) fn of(range: AuditRange) -> Self {
        Self { records: BTreeMap::new(), bound: BTreeMap::new(), range, bytes: 0 }
    }

    pub(super) fn take(&mut self, item: Item, log: Head) -> Result<(), StoreError> {
        if let Some(records) = item.get(RECORDS) {
            let read = serde_dynamo::from_attribute_value::<_, Vec<AuditRecord>>(records.clone());
            for record in read.map_err(|error| StoreError::corrupt(RECORDS, error))? {
                self.records.entry(record.seq).or_default().push(record);
            }
        }
        let bound_by = item.get(BOUND_BY).and_then(|seq| seq.as_n().ok()).and_then(|seq| seq.parse().ok());
        match bound_by {
            Some(seq) if seq > self.range.after && seq <= self.last().min(log.seq) => self.keep(seq, written(&item)?),
            Some(_) | None => {}
        }
        Ok(())
    }

    /// The last record that can be in the part.
    fn last(&self) -> u64 {
        self.range.after.saturating_add(self.range.records_max)
    }

    /// Keeps an item, and gives up what is furthest away where that is more than a part takes.
    fn keep(&mut self, seq: u64, item: Written) {
        self.bytes = self.bytes.saturating_add(item.bytes());
        self.bound.entry(seq).or_default().push(item);
        while self.bytes > self.range.bytes_max && self.bound.len() > 1 {
            let Some((furthest, given_up)) = self.bound.pop_last() else { return };
            self.bytes = given_up.iter().map(Written::bytes).fold(self.bytes, usize::saturating_sub);
            let records = furthest.saturating_sub(self.range.after).saturating_sub(1);
            self.range.records_max = self.range.records_max.min(records);
        }
    }

    pub(super) fn part(&self, whose: Whose<'_>, log: Head, now: Timestamp) -> Result<AuditPart, StoreError> {
        let corrupt = |error| StoreError::corrupt(whose.tenant, error);
        let (after, records) = self.chosen(whose, log)?;
        let head = records.last().map_or(after, Record::head);
        let (tenant, debtor, exported_at) = (whose.tenant.as_str(), whose.debtor, now.to_string());
        let debtor = debtor.map(DebtorId::as_str);
        let part = Part { tenant, debtor, exported_at: &exported_at, after, head, log };
        let mut export = Export::begin(Vec::new(), part).map_err(corrupt)?;
        for record in &records {
            export.add(record, self.written_by(record)).map_err(corrupt)?;
        }
        let file = export.end().map_err(corrupt)?;
        Ok(AuditPart { file, next: (head.seq < log.seq && !records.is_empty()).then_some(head.seq) })
    }

    /// Where the part begins, and its records.
    fn chosen(&self, whose: Whose<'_>, log: Head) -> Result<(Head, Vec<Record>), StoreError> {
        let (mut after, mut at, mut chosen, mut bytes) = (Head::EMPTY, Head::EMPTY, Vec::new(), 0_usize);
        for (seq, candidates) in self.records.range(..=self.last().min(log.seq)) {
            let Some(record) = fitting(candidates, whose, at)? else { continue };
            at = record.head();
            if *seq <= self.range.after {
                after = at;
                continue;
            }
            bytes = bytes.saturating_add(bytes_of(&record, self.written_by(&record)));
            if bytes > self.range.bytes_max && !chosen.is_empty() {
                break;
            }
            chosen.push(record);
        }
        Ok((after, chosen))
    }

    fn written_by(&self, record: &Record) -> &[Written] {
        self.bound.get(&record.seq).map_or(&[], Vec::as_slice)
    }
}

/// The record that follows. Of several the one whose hash fits; where none does the first, so that whoever verifies finds
/// it.
fn fitting(candidates: &[AuditRecord], whose: Whose<'_>, at: Head) -> Result<Option<Record>, StoreError> {
    let whole = candidates.iter().map(|one| one.whole(whose, at)).collect::<Result<Vec<_>, _>>()?;
    let fits = whole.iter().position(|record| record.computed_hash() == record.hash).unwrap_or(0);
    Ok(whole.into_iter().nth(fits))
}
