//! Load, decide, commit: a debtor is read whole and written whole, under one version.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use dunlin_audit::Actor;
use dunlin_domain::debtor::{Debtor, Deltas, Journal};
use dunlin_domain::ids::{DebtorId, InvoiceId, PersonId, TenantId};
use dunlin_domain::invoice::Invoice;
use dunlin_domain::policy::Policies;
use dunlin_domain::reach::Feedback;
use dunlin_domain::remittance::Remittance;
use jiff::Timestamp;
use jiff::civil::Date;

use super::audit::{self, LogRecord, Logged};
use super::error::{sort, sort_transaction};
use super::key::{self, Key};
use super::record::{
    AgreementRecord, ChangeRecord, ContactNoteRecord, EntryRecord, HeadRecord, HeadStamp, HoldRecord, InvoiceRecord,
    Item, MessageRecord, ReplyRecord, TaskRecord, read_item, seconds, to_item,
};
use super::{MessageRef, Receipt, Reference, Store, StoreError, Versioned, decision, message, told};
use crate::telemetry;

/// A transaction takes this many items.
const ITEMS_PER_TRANSACTION: usize = 100;

/// A debtor as it was read, to be changed and committed.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The debtor, to be changed.
    pub debtor: Debtor,
    pub(super) before: Option<Debtor>,
    version: u64,
    sequence: u64,
    pub(super) log: Option<LogRecord>,
}

impl Loaded {
    /// A debtor that the table does not have.
    #[must_use]
    pub fn new(debtor: Debtor) -> Self {
        Self { debtor, before: None, version: 0, sequence: 0, log: None }
    }

    /// How many commits the debtor has had.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Whether anything differs from what was read.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.before.as_ref() != Some(&self.debtor)
    }
}

/// What is written beside the debtor, in the same transaction.
#[derive(Debug, Clone, Default)]
pub struct Writes {
    /// Look-ups, each conditional on its version.
    pub references: Vec<Reference>,
    /// Payments and credit notes, each conditional on its version.
    pub remittances: Vec<Versioned<Remittance>>,
    /// What was said of a message, conditional on its version.
    pub feedback: Option<(MessageRef, Versioned<Feedback>)>,
    /// The receipt of the event that caused the commit.
    pub receipt: Option<Receipt>,
}

/// All that a commit needs.
#[derive(Debug)]
pub struct Commit<'a> {
    /// The debtor, changed.
    pub loaded: &'a Loaded,
    /// What the change did.
    pub journal: &'a Journal,
    /// By what the debtor was decided on.
    pub policies: &'a Policies,
    /// When to look at the debtor again.
    pub wake: Option<Timestamp>,
    /// What else is written.
    pub writes: &'a Writes,
    /// Who makes it.
    pub actor: &'a Actor,
    /// When it happens.
    pub now: Timestamp,
}

impl Store {
    /// Reads a debtor with its live invoices, consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(&self, tenant: &TenantId, id: &DebtorId) -> Result<Option<Loaded>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :live)")
            .expression_attribute_values(":pk", AttributeValue::S(key::debtor(tenant, id)))
            .expression_attribute_values(":live", AttributeValue::S(key::LIVE.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let (mut head, mut invoices, mut holds, mut agreements) = (None, Vec::new(), Vec::new(), Vec::new());
        while let Some(item) = pages.next().await {
            let item = item.map_err(sort)?;
            match item.get("SK").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some(key::HEAD) => {
                    head = Some(read_item(item, |head: HeadRecord| {
                        Ok((head.read()?, head.version, head.sequence, head.log))
                    })?);
                }
                Some(sk) if key::is_live_invoice(sk) => {
                    invoices.push(read_item(item, |one: InvoiceRecord| one.read())?)
                }
                Some(sk) if key::is_hold(sk) => holds.push(read_item(item, |one: HoldRecord| one.read())?),
                Some(sk) if key::is_agreement(sk) => {
                    agreements.push(read_item(item, |one: AgreementRecord| one.read())?);
                }
                _ => {}
            }
        }
        let Some((mut debtor, version, sequence, log)) = head else { return Ok(None) };
        debtor.invoices = invoices.into_iter().map(|invoice| (invoice.id.clone(), invoice)).collect();
        debtor.holds = holds.into_iter().map(|hold| (hold.id.clone(), hold)).collect();
        debtor.agreements = agreements.into_iter().map(|one| (one.id.clone(), one)).collect();
        let before = Some(debtor.clone());
        Ok(Some(Loaded { debtor, before, version, sequence, log }))
    }

    /// Adds closed invoices to a debtor that was read, for a change that concerns them. `wanted` names each with its
    /// issue date, as its reference says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load_closed(&self, loaded: &mut Loaded, wanted: &[(InvoiceId, Date)]) -> Result<(), StoreError> {
        let Debtor { tenant, id, .. } = &loaded.debtor;
        let missing: BTreeSet<_> = wanted.iter().filter(|(id, _)| !loaded.debtor.invoices.contains_key(id)).collect();
        let keys: Vec<Key> =
            missing.into_iter().map(|(invoice, issued)| key::closed_invoice(tenant, id, invoice, *issued)).collect();
        for item in self.batch_get(&keys).await? {
            let invoice = read_item(item, |one: InvoiceRecord| one.read())?;
            if let Some(before) = loaded.before.as_mut() {
                before.invoices.insert(invoice.id.clone(), invoice.clone());
            }
            loaded.debtor.invoices.insert(invoice.id.clone(), invoice);
        }
        Ok(())
    }

    /// Writes a changed debtor and all that belongs to the change, or nothing; only what an attempt to send says of its
    /// own end is written down first, and stays.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the debtor or anything beside it has changed since it was read,
    /// [`StoreError::TooLarge`] if it must be cut.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<(), StoreError> {
        let Ended { mut own, mut silent } = ended(commit)?;
        let mut history = history(commit)?;
        let mut items: Vec<&mut Item> = history.iter_mut().chain(&mut own).chain(&mut silent).collect();
        let Logged { riding, log } = audit::log(commit, &mut items)?;
        if let Some(carrier) = items.into_iter().next() {
            audit::ride(carrier, &riding)?;
        } else if !riding.is_empty() {
            history.push(audit::item(commit, &riding)?);
        }
        for item in own {
            self.put_ended(item).await?;
        }
        let head = self.head(commit, log)?;
        let mut writes = self.beside_head(commit, history)?;
        for item in silent {
            writes.push(self.put_silent(item)?);
        }
        if writes.is_empty() {
            let (item, condition) = (head.item, head.condition);
            let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
            let call =
                call.condition_expression(condition.expression()).set_expression_attribute_values(condition.values());
            return call.send().await.map(drop).map_err(sort);
        }
        writes.push(self.put(head.item, Some(&head.condition))?);
        self.transact(writes).await
    }

    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), StoreError> {
        if writes.len() > ITEMS_PER_TRANSACTION {
            return Err(StoreError::TooLarge(writes.len()));
        }
        let call = self.client.transact_write_items().set_transact_items(Some(writes));
        call.send().await.map(drop).map_err(sort_transaction)
    }

    fn head(&self, commit: &Commit<'_>, log: LogRecord) -> Result<Conditional, StoreError> {
        let Loaded { debtor, before, version, sequence, .. } = commit.loaded;
        let deltas = Deltas::between(before.as_ref(), debtor, commit.journal, commit.now);
        let sequence = sequence.saturating_add(u64::from(!deltas.is_empty()));
        let key = key::head(&debtor.tenant, &debtor.id);
        let due = commit.wake.map(|wake| (self.shard_of(&key.pk), rounded_up(wake)));
        let stamp = HeadStamp {
            version: version.saturating_add(1),
            sequence,
            committed_at: commit.now,
            due,
            deltas: &deltas,
            events: &commit.journal.told(),
            trace: telemetry::trace_id(),
            log: Some(log),
        };
        let item = to_item(&key, &HeadRecord::of(debtor, stamp))?;
        Ok(Conditional { item, condition: Condition::version(*version) })
    }

    /// The index partition of a debtor.
    fn shard_of(&self, pk: &str) -> String {
        key::due_shard(key::spread(pk, self.config.due_shards))
    }

    fn beside_head(&self, commit: &Commit<'_>, history: Vec<Item>) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Debtor { tenant, id, .. } = &commit.loaded.debtor;
        let mut writes = self.invoices(commit.loaded)?;
        writes.extend(self.holds(commit.loaded)?);
        writes.extend(self.agreements(commit.loaded)?);
        writes.extend(self.membership(commit.loaded)?);
        writes.extend(self.listing(commit.loaded)?);
        for item in history {
            writes.push(self.put(item, None)?);
        }
        for allocation in &commit.journal.allocations {
            writes.push(self.put_allocation(tenant, allocation)?);
        }
        for reference in &commit.writes.references {
            writes.push(self.put(reference.item(tenant)?, Some(&Condition::version(reference.version)))?);
        }
        for remittance in &commit.writes.remittances {
            writes.push(self.put_remittance(tenant, remittance, commit.now)?);
        }
        for stop in &commit.journal.stops {
            writes.push(self.put_stop(tenant, stop, Some(id))?);
        }
        if let Some((whose, feedback)) = &commit.writes.feedback {
            writes.push(self.put_heard(whose, feedback)?);
        }
        if let Some(receipt) = &commit.writes.receipt {
            let version = commit.loaded.version.saturating_add(1);
            writes.push(self.put(receipt.item_of(tenant, commit.now, version), Some(&Condition::Absent))?);
        }
        Ok(writes)
    }

    /// Puts what changed where it belongs now: what is live into the live range, the rest out of it.
    fn invoices(&self, loaded: &Loaded) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Debtor { tenant, id, .. } = &loaded.debtor;
        let known = |invoice: &InvoiceId| loaded.before.as_ref().and_then(|before| before.invoices.get(invoice));
        let mut writes = Vec::new();
        let changed = loaded.debtor.invoices.values().filter(|invoice| known(&invoice.id) != Some(*invoice));
        for invoice in changed {
            let place = |invoice: &Invoice| {
                if invoice.is_live() {
                    key::live_invoice(tenant, id, &invoice.id)
                } else {
                    key::closed_invoice(tenant, id, &invoice.id, invoice.issue_date)
                }
            };
            let now_at = place(invoice);
            let was_at = known(&invoice.id).map(place);
            writes.push(self.put(to_item(&now_at, &InvoiceRecord::of(invoice))?, None)?);
            if let Some(was_at) = was_at.filter(|was_at| *was_at != now_at) {
                writes.push(self.delete(&was_at)?);
            }
        }
        Ok(writes)
    }

    /// Puts holds that were set, and takes away those that ended.
    fn holds(&self, loaded: &Loaded) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Debtor { tenant, id, holds, .. } = &loaded.debtor;
        let none = BTreeMap::new();
        let before = loaded.before.as_ref().map_or(&none, |before| &before.holds);
        let set = holds.values().filter(|hold| before.get(&hold.id) != Some(*hold));
        let set = set.map(|hold| self.put(to_item(&key::hold(tenant, id, &hold.id), &HoldRecord::of(hold))?, None));
        let ended = before.keys().filter(|hold| !holds.contains_key(*hold));
        set.chain(ended.map(|hold| self.delete(&key::hold(tenant, id, hold)))).collect()
    }

    /// Puts agreements that were made or moved on, and takes away those that ended.
    fn agreements(&self, loaded: &Loaded) -> Result<Vec<TransactWriteItem>, StoreError> {
        let Debtor { tenant, id, agreements, .. } = &loaded.debtor;
        let none = BTreeMap::new();
        let before = loaded.before.as_ref().map_or(&none, |before| &before.agreements);
        let made = agreements.values().filter(|one| before.get(&one.id) != Some(*one));
        let place = |agreement| key::agreement(tenant, id, agreement);
        let made = made.map(|one| self.put(to_item(&place(&one.id), &AgreementRecord::of(one))?, None));
        let ended = before.keys().filter(|one| !agreements.contains_key(*one));
        made.chain(ended.map(|one| self.delete(&place(one)))).collect()
    }

    pub(super) fn put(&self, item: Item, condition: Option<&Condition>) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.config.table).set_item(Some(item));
        let put = put
            .set_condition_expression(condition.map(|condition| condition.expression().to_owned()))
            .set_expression_attribute_values(condition.and_then(Condition::values));
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(super) fn delete(&self, key: &Key) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&self.config.table).set_key(Some(super::attributes(key))).build();
        let delete = delete.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

struct Conditional {
    item: Item,
    condition: Condition,
}

/// What must hold for a write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    /// There is no such item.
    Absent,
    /// It is at this version.
    At(u64),
}

impl Condition {
    /// Version 0 is an item that does not exist.
    pub(super) fn version(version: u64) -> Self {
        if version == 0 { Self::Absent } else { Self::At(version) }
    }

    pub(super) fn expression(&self) -> &'static str {
        match self {
            Self::Absent => "attribute_not_exists(PK)",
            Self::At(_) => "version = :version",
        }
    }

    pub(super) fn values(&self) -> Option<Item> {
        match self {
            Self::Absent => None,
            Self::At(version) => Some(Item::from([(":version".to_owned(), AttributeValue::N(version.to_string()))])),
        }
    }
}

/// How attempts to send ended, as items.
struct Ended {
    /// The attempts' own words: each is written by itself.
    own: Vec<Item>,
    /// What others say of attempts that fell silent. Many may say it at once, and only the record of the one whose commit
    /// holds carries its part of the audit log.
    silent: Vec<Item>,
}

fn ended(commit: &Commit<'_>) -> Result<Ended, StoreError> {
    let Loaded { debtor, before, .. } = commit.loaded;
    let silent = before.as_ref().map(|before| before.silent(commit.now)).unwrap_or_default();
    let mut ended = Ended { own: Vec::new(), silent: Vec::new() };
    for message in &commit.journal.messages {
        let Some(attempt) = &message.attempt else { continue };
        let is_silent = silent.iter().any(|(_, pending)| pending.plan.id == message.plan.id);
        let items = if is_silent { &mut ended.silent } else { &mut ended.own };
        items.push(message::ended(debtor, message, attempt)?);
    }
    Ok(ended)
}

/// The journal as items, numbered by version and place so that two commits of one moment keep apart.
fn history(commit: &Commit<'_>) -> Result<Vec<Item>, StoreError> {
    let Loaded { debtor: Debtor { tenant, id, .. }, version, .. } = commit.loaded;
    let version = version.saturating_add(1);
    let at = |time, kind, number: &str| key::past(tenant, id, time, kind, number);
    let numbered = |kind, index: usize| at(commit.now, kind, &format!("{version:08}.{index:03}"));
    let journal = commit.journal;
    let mut items = Vec::new();
    for (index, entry) in journal.entries.iter().enumerate() {
        items.push(to_item(&numbered(key::ENTRY, index), &EntryRecord::of(entry))?);
    }
    for (hold, end) in &journal.holds {
        items.push(to_item(&at(commit.now, key::HOLD, hold.id.as_str()), &HoldRecord::ended(hold, *end))?);
    }
    for (agreement, end) in &journal.agreements {
        let key = at(commit.now, key::AGREEMENT, agreement.id.as_str());
        items.push(to_item(&key, &AgreementRecord::ended(agreement, end))?);
    }
    for reply in &journal.replies {
        items.push(to_item(&at(reply.at, "REPLY", &reply.id), &ReplyRecord::of(reply))?);
    }
    for (index, note) in journal.contacts.iter().enumerate() {
        let record = ContactNoteRecord::of(note, &PersonId::from(id));
        items.extend(record.map(|record| to_item(&numbered("CONTACT", index), &record)).transpose()?);
    }
    for (index, task) in journal.tasks.iter().enumerate() {
        items.push(to_item(&numbered("TASK", index), &TaskRecord::of(task))?);
    }
    if !journal.changes.is_empty() {
        items.push(to_item(&numbered("CHANGE", 0), &ChangeRecord::of(&journal.changes))?);
    }
    for message in journal.messages.iter().filter(|message| message.attempt.is_none()) {
        // One that was withheld and planned again at once keeps both records.
        let key = at(message.planned_at, "MESSAGE", &format!("{}.{version:08}", message.plan.id));
        items.push(to_item(&key, &MessageRecord::of(message))?);
    }
    for message in &journal.proven {
        items.push(message::proven(&commit.loaded.debtor, message)?);
    }
    if let Some(evaluation) = &journal.decision {
        items.push(decision::item(commit, evaluation, &numbered(key::DECISION, 0))?);
    }
    told::ride(commit, &mut items)?;
    Ok(items)
}

/// The index is read to the second: never earlier than meant.
fn rounded_up(wake: Timestamp) -> String {
    let up = if wake.subsec_nanosecond() > 0 { jiff::SignedDuration::from_secs(1) } else { jiff::SignedDuration::ZERO };
    let whole = wake.saturating_add(up).unwrap_or(wake);
    seconds(Timestamp::from_second(whole.as_second()).unwrap_or(whole))
}
