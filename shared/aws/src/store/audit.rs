//! The audit log of a debtor, as the table keeps it.
//!
//! Every commit adds one record. It rides on a history item of the commit, so that it costs no item of its own; a commit
//! that writes none leaves its record on the head until the next that does. The head keeps where the chain ends.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use dunlin_audit::{Actor, Change, Digest, Head, Record, Written};
use dunlin_domain::debtor::{ContactNote, Debtor};
use dunlin_domain::decision::Decision;
use serde::{Deserialize, Serialize};

use super::audit_export::Whose;
use super::debtor::Commit;
use super::record::{AgreementRecord, HeadRecord, HoldRecord, InvoiceRecord, Item};
use super::{StoreError, attributes, key};

/// The attribute of a history item that holds records of the log.
pub(super) const RECORDS: &str = "audit";
/// The attribute of a history item that names the record which binds it.
pub(super) const BOUND_BY: &str = "audit_seq";
/// The shape of what a state's digest is taken of. Another shape gives other digests of the same state.
const STATE_SHAPE: u32 = 1;
/// So many records may wait on the head.
const WAITING_MAX: usize = 6;

/// Where a debtor's log stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LogRecord {
    seq: u64,
    hash: String,
    /// Records that wait for a history item to ride on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) waiting: Vec<AuditRecord>,
}

/// A record without what follows from its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AuditRecord {
    pub(super) seq: u64,
    at: String,
    /// Kind and id.
    by: (String, String),
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    what: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    before: String,
    after: String,
    shape: u32,
    written: String,
    pub(super) hash: String,
}

/// A commit's record, and where the log stands after it.
pub(super) struct Logged {
    /// What rides on a history item; nothing where it waits.
    pub(super) riding: Vec<AuditRecord>,
    /// For the head.
    pub(super) log: LogRecord,
}

impl LogRecord {
    /// One that ends there, with nothing that waits.
    pub(super) fn at(head: Head) -> Self {
        Self { seq: head.seq, hash: text(head.hash), waiting: Vec::new() }
    }

    pub(super) fn head(&self) -> Result<Head, StoreError> {
        Ok(Head { seq: self.seq, hash: digest(&self.hash)? })
    }
}

impl AuditRecord {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            seq: record.seq,
            at: record.at.clone(),
            by: (record.actor.kind.clone(), record.actor.id.clone()),
            what: record.what.clone(),
            why: record.why.clone(),
            before: text(record.before),
            after: text(record.after),
            shape: record.shape,
            written: text(record.written),
            hash: text(record.hash),
        }
    }

    /// The whole record, which follows one that ended at `head`. Its hash is the one that it was stored with, whether it
    /// fits or not.
    pub(super) fn whole(&self, whose: Whose<'_>, head: Head) -> Result<Record, StoreError> {
        Ok(Record {
            seq: self.seq,
            tenant: whose.tenant.to_string(),
            debtor: whose.debtor.map(ToString::to_string),
            at: self.at.clone(),
            actor: Actor { kind: self.by.0.clone(), id: self.by.1.clone() },
            what: self.what.clone(),
            why: self.why.clone(),
            before: digest(&self.before)?,
            after: digest(&self.after)?,
            shape: self.shape,
            written: digest(&self.written)?,
            prev: head.hash,
            hash: digest(&self.hash)?,
        })
    }
}

/// Records a commit that writes these history items, each of which is told by which record it is bound.
pub(super) fn log(commit: &Commit<'_>, items: &mut [&mut Item]) -> Result<Logged, StoreError> {
    let debtor = &commit.loaded.debtor;
    let known = commit.loaded.log.as_ref();
    let head = known.map_or(Ok(Head::EMPTY), LogRecord::head)?;
    let before = commit.loaded.before.as_ref().map_or(Ok(Digest::NONE), state)?;
    let seq = head.seq.saturating_add(1);
    for item in items.iter_mut() {
        item.insert(BOUND_BY.to_owned(), AttributeValue::N(seq.to_string()));
    }
    let written: Vec<Written> = items.iter().map(|item| written(item)).collect::<Result<_, _>>()?;
    let change = Change {
        at: commit.now.to_string(),
        actor: commit.actor.clone(),
        what: commit.journal.told().iter().map(|event| event.kind.as_str().to_owned()).collect(),
        why: why(commit),
        before,
        after: state(debtor)?,
        shape: STATE_SHAPE,
        written: Written::digest(&written),
    };
    let record = Record::new(debtor.tenant.as_str(), Some(debtor.id.as_str()), head, change);
    let mut waiting = known.map(|log| log.waiting.clone()).unwrap_or_default();
    waiting.push(AuditRecord::of(&record));
    let rides = !items.is_empty() || waiting.len() > WAITING_MAX;
    let (riding, waiting) = if rides { (waiting, Vec::new()) } else { (Vec::new(), waiting) };
    let log = LogRecord { seq, hash: text(record.hash), waiting };
    Ok(Logged { riding, log })
}

/// Has records ride on a history item.
pub(super) fn ride(carrier: &mut Item, records: &[AuditRecord]) -> Result<(), StoreError> {
    let records = serde_dynamo::to_attribute_value(records).map_err(|error| StoreError::corrupt(RECORDS, error))?;
    carrier.insert(RECORDS.to_owned(), records);
    Ok(())
}

/// An item of their own for records that have waited long.
pub(super) fn item(commit: &Commit<'_>, records: &[AuditRecord]) -> Result<Item, StoreError> {
    let debtor = &commit.loaded.debtor;
    let seq = records.last().map_or(0, |record| record.seq);
    let key = key::past(&debtor.tenant, &debtor.id, commit.now, key::AUDIT, &format!("{seq:08}"));
    let mut item = attributes(&key);
    ride(&mut item, records)?;
    Ok(item)
}

/// The rules that spoke for what a decision does, the authorities and reasons of what was booked, and what was done with
/// contacts against rules or for a reason.
fn why(commit: &Commit<'_>) -> Option<String> {
    let carried_out = commit.journal.decision.iter().filter(|one| one.withheld.is_none());
    let decided = carried_out.flat_map(|one| in_favour(&one.decision));
    let booked = commit.journal.entries.iter().filter_map(|entry| entry.note.clone());
    let mut reasons: Vec<String> = Vec::new();
    let contacted = commit.journal.contacts.iter().filter_map(ContactNote::why);
    for reason in decided.chain(booked).chain(contacted) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

fn in_favour(decision: &Decision) -> impl Iterator<Item = String> {
    let acting = decision.accounts.iter().filter(|one| one.action.is_some());
    let reasons = acting.flat_map(|one| one.reasons.iter().filter(|reason| reason.speaks_for));
    reasons.map(|reason| format!("{}: {}", reason.rule.as_str(), reason.detail))
}

/// A history item as the log binds it: all but the log's own records.
pub(super) fn written(item: &Item) -> Result<Written, StoreError> {
    let mut body = item.clone();
    body.remove(RECORDS);
    body.remove("PK");
    // A log is text.
    for value in body.values_mut() {
        if let AttributeValue::B(bytes) = value {
            *value = AttributeValue::S(STANDARD_NO_PAD.encode(bytes));
        }
    }
    let key = body.remove("SK").and_then(|key| key.as_s().ok().cloned()).unwrap_or_default();
    let body = serde_dynamo::from_item(body).map_err(|error| StoreError::corrupt(&key, error))?;
    Ok(Written::new(key, body))
}

/// The digest of all that is live of a debtor.
pub(super) fn state(debtor: &Debtor) -> Result<Digest, StoreError> {
    let mut lines = vec![line(debtor, &HeadRecord::of_state(debtor))?];
    for invoice in debtor.invoices.values().filter(|invoice| invoice.is_live()) {
        lines.push(line(debtor, &InvoiceRecord::of(invoice))?);
    }
    for hold in debtor.holds.values() {
        lines.push(line(debtor, &HoldRecord::of(hold))?);
    }
    for agreement in debtor.agreements.values() {
        lines.push(line(debtor, &AgreementRecord::of(agreement))?);
    }
    Ok(Digest::of_lines(lines.iter().map(Vec::as_slice)))
}

fn line(debtor: &Debtor, record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(|error| StoreError::corrupt(&debtor.id, error))
}

pub(super) fn text(digest: Digest) -> String {
    STANDARD_NO_PAD.encode(digest.bytes())
}

pub(super) fn digest(text: &str) -> Result<Digest, StoreError> {
    let bytes = STANDARD_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(Digest::from).ok_or_else(|| StoreError::corrupt("audit", "is not a digest"))
}
