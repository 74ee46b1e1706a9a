//! Exact counters: what is open by due date, what was booked and sent by day.
//!
//! Each head carries what its last commit changed. The projector adds that to the counters and moves the debtor's
//! cursor in one transaction, so that a change counts once, however often it is delivered.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::debtor::Deltas;
use dunlin_domain::ids::{AccountKey, DebtorId, TenantId};
use dunlin_domain::measure::Open;
use jiff::Timestamp;
use jiff::civil::Date;

use super::agreed::agreed_sums;
use super::cursor::Cursor;
use super::error::sort;
use super::group_sums::GroupSums;
use super::key::{self, Key};
use super::record::{EventRecord, HeadRecord, Item, read};
use super::{Store, StoreError, attributes};

/// What one commit of a debtor changed, as the stream tells it.
#[derive(Debug, Clone)]
pub struct HeadChange {
    /// Whose.
    pub tenant: TenantId,
    /// Which debtor.
    pub debtor: DebtorId,
    /// Which commit, counted from 1.
    pub version: u64,
    /// Which change of counters, counted from 1; `None` where it changes none.
    pub sequence: Option<u64>,
    /// When it was made.
    pub committed_at: Timestamp,
    /// What it does to the counters.
    pub deltas: Deltas,
    /// What it has to tell: the detail type and the detail of each event.
    pub events: Vec<(String, serde_json::Value)>,
}

impl HeadChange {
    /// Reads the new image of a head from the stream.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn from_image(image: serde_dynamo::Item) -> Result<Self, StoreError> {
        let place = match image.get("PK") {
            Some(serde_dynamo::AttributeValue::S(pk)) => format!("{pk} / {}", key::HEAD),
            _ => "a record of the stream".to_owned(),
        };
        Self::of_head(image).map_err(|error| error.within(&place))
    }

    fn of_head(image: serde_dynamo::Item) -> Result<Self, StoreError> {
        let head: HeadRecord = read("head", serde_dynamo::from_item(image))?;
        let mut change = Self {
            tenant: read("tenant", TenantId::parse(&head.tenant))?,
            debtor: read("debtor", DebtorId::parse(&head.debtor))?,
            version: head.version,
            committed_at: head.committed_at,
            sequence: None,
            deltas: head.deltas.read()?,
            events: Vec::new(),
        };
        change.sequence = (!change.deltas.is_empty()).then_some(head.sequence);
        let trace = head.trace.as_deref();
        let detail = |(index, event)| Ok((EventRecord::kind(event), change.detail(index, event, trace)?));
        change.events = head.events.iter().enumerate().map(detail).collect::<Result<_, StoreError>>()?;
        Ok(change)
    }

    /// An event as listeners get it. Its id is the same at every delivery.
    fn detail(&self, index: usize, event: &EventRecord, trace: Option<&str>) -> Result<serde_json::Value, StoreError> {
        let mut detail = read("event", serde_json::to_value(event))?;
        if let Some(fields) = detail.as_object_mut() {
            if let (Some(minor), Some(currency)) = (event.amount, &event.currency) {
                let amount = super::record::money(minor, currency)?;
                fields.insert("amount".to_owned(), amount.to_string().into());
            }
            fields.remove("kind");
            fields.insert("id".to_owned(), format!("{}/{}/{}.{index}", self.tenant, self.debtor, self.version).into());
            fields.insert("tenant".to_owned(), self.tenant.as_str().into());
            fields.insert("debtor".to_owned(), self.debtor.as_str().into());
            if let Some(trace) = trace {
                fields.insert("trace_id".to_owned(), trace.into());
            }
            fields.insert("occurred_at".to_owned(), self.committed_at.to_string().into());
        }
        Ok(detail)
    }
}

impl EventRecord {
    fn kind(&self) -> String {
        self.kind.clone()
    }
}

/// What was booked and sent on one day; amounts in minor units of the debt (a payment is negative).
pub type DayCounters = BTreeMap<String, i64>;

/// A transaction takes 100 items; a change of one debtor touches its cursor and a few counters.
const DEBTORS_PER_STEP: usize = 20;
const ITEMS_PER_STEP: usize = 95;
/// A race for a hot counter is tried again this often before the batch is handed back.
const ROUNDS_MAX: usize = 6;

/// More changes than this are not taken for missing: the cursor or the head must be damaged.
const MISSING_MAX: u64 = 1_000;

/// What is left to count of one debtor.
#[derive(Debug, Clone)]
struct Stretch {
    /// What it follows; a guess until it is read.
    cursor: Cursor,
    changes: BTreeMap<u64, (Timestamp, Deltas)>,
}

impl Stretch {
    /// The cursor once the changes are counted. Those that were not delivered are remembered, so that they can still be.
    fn after(&self) -> Cursor {
        let counted = self.changes.keys().next_back().copied().unwrap_or(0).max(self.cursor.counted);
        let skipped = self.cursor.counted.saturating_add(1)..=counted;
        let missing = self.cursor.missing.iter().copied().chain(skipped);
        Cursor { counted, missing: missing.filter(|one| !self.changes.contains_key(one)).collect() }
    }

    /// The changes that are found to be missing now.
    fn newly_missing(&self) -> Vec<u64> {
        self.after().missing.difference(&self.cursor.missing).copied().collect()
    }

    /// Whether so much is missing that it cannot be true.
    fn is_torn(&self) -> bool {
        let changes = u64::try_from(self.changes.len()).unwrap_or(u64::MAX);
        let last = self.changes.keys().next_back().copied().unwrap_or(0);
        last.saturating_sub(self.cursor.counted) > changes.saturating_add(MISSING_MAX)
    }
}

type Step = BTreeMap<(TenantId, DebtorId), Stretch>;

impl Store {
    /// Counts changes, each once, in any batch and however often it is delivered; those that change no counter cost
    /// nothing here. A stream delivers a debtor's changes in order, unless one was given up: what follows it is counted,
    /// and it is itself when it is delivered after all.
    ///
    /// # Errors
    /// [`StoreError::Busy`] to try again; [`StoreError::Corrupt`], once everything else is counted, where a change is
    /// found to be missing, which is told once, or a cursor is damaged.
    pub async fn count(&self, changes: &[HeadChange]) -> Result<(), StoreError> {
        let mut stretches = Step::new();
        for (change, sequence) in changes.iter().filter_map(|change| Some((change, change.sequence?))) {
            let stretch = stretches.entry((change.tenant.clone(), change.debtor.clone()));
            let stretch = stretch.or_insert_with(|| Stretch { cursor: Cursor::default(), changes: BTreeMap::new() });
            stretch.changes.insert(sequence, (change.committed_at, change.deltas.clone()));
        }
        let (mut step, mut problems) = (Step::new(), Vec::new());
        for (debtor, mut stretch) in stretches {
            stretch.cursor.counted = stretch.changes.keys().next().map_or(0, |first| first.saturating_sub(1));
            step.insert(debtor, stretch);
            if step.len() >= DEBTORS_PER_STEP || items_of(&step) >= ITEMS_PER_STEP / 2 {
                self.count_step(std::mem::take(&mut step), &mut problems).await?;
            }
        }
        self.count_step(step, &mut problems).await?;
        match problems.into_iter().reduce(|all, one| format!("{all}; {one}")) {
            Some(problems) => Err(StoreError::corrupt("counters", problems)),
            None => Ok(()),
        }
    }

    async fn count_step(&self, mut step: Step, problems: &mut Vec<String>) -> Result<(), StoreError> {
        for _ in 0..ROUNDS_MAX {
            if step.values().any(|stretch| !stretch.newly_missing().is_empty()) {
                self.drop_counted(&mut step, problems).await?;
            }
            if step.is_empty() {
                return Ok(());
            }
            match self.transact(self.count_writes(&step)?).await {
                Ok(()) => {
                    problems.extend(step.iter().filter_map(|((tenant, debtor), stretch)| {
                        let missing = Some(stretch.newly_missing()).filter(|missing| !missing.is_empty())?;
                        Some(format!("{}: changes {missing:?} were not delivered", key::debtor(tenant, debtor)))
                    }));
                    return Ok(());
                }
                Err(StoreError::Conflict) => self.drop_counted(&mut step, problems).await?,
                Err(StoreError::TooLarge(items)) => {
                    let rest = halved(&mut step).ok_or(StoreError::TooLarge(items))?;
                    Box::pin(self.count_step(step, problems)).await?;
                    step = rest;
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy("the counters are contended".to_owned()))
    }

    /// Reads how far each debtor is counted, and takes out what was counted before. A debtor whose cursor makes no sense
    /// is left out, with the reason, and keeps no other from being counted.
    async fn drop_counted(&self, step: &mut Step, problems: &mut Vec<String>) -> Result<(), StoreError> {
        let keys: Vec<Key> = step.keys().map(|(tenant, debtor)| key::cursor(tenant, debtor)).collect();
        let mut cursors: BTreeMap<String, Result<Cursor, StoreError>> = BTreeMap::new();
        for item in self.batch_get(&keys).await? {
            let pk = item.get("PK").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
            cursors.insert(pk, Cursor::of(&item));
        }
        step.retain(|(tenant, debtor), stretch| {
            match cursors.remove(&key::debtor(tenant, debtor)).unwrap_or_else(|| Ok(Cursor::default())) {
                Ok(cursor) => stretch.cursor = cursor,
                Err(error) => {
                    problems.push(error.to_string());
                    return false;
                }
            }
            let Stretch { cursor, changes } = stretch;
            changes.retain(|sequence, _| *sequence > cursor.counted || cursor.missing.contains(sequence));
            if stretch.is_torn() {
                let (debtor, counted) = (key::debtor(tenant, debtor), stretch.cursor.counted);
                problems.push(format!("{debtor}: {:?} cannot follow {counted}", stretch.changes.keys()));
                return false;
            }
            !stretch.changes.is_empty()
        });
        Ok(())
    }

    fn count_writes(&self, step: &Step) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = Vec::new();
        for ((tenant, debtor), stretch) in step {
            let key = key::cursor(tenant, debtor);
            writes.push(self.move_cursor(&key, &stretch.cursor, &stretch.after())?);
        }
        for (key, sums) in sums_of(step) {
            writes.push(self.add(&key, &sums)?);
        }
        writes.extend(self.add_to_groups(&GroupSums::of(deltas_of(step)))?);
        Ok(writes)
    }

    pub(super) fn add<N: AsRef<str>>(
        &self,
        key: &Key,
        sums: &BTreeMap<N, i64>,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder().table_name(&self.config.table).set_key(Some(attributes(key)));
        let (update, terms) = adding(update, sums);
        let update = update.update_expression(terms).build();
        let update = update.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// What is open on an account, by due date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_by_due_date(
        &self,
        tenant: &TenantId,
        account: &AccountKey,
    ) -> Result<BTreeMap<Date, Open>, StoreError> {
        let items = self.counters(tenant, account, "DUE#").await?;
        let open = |(date, sums): (Date, DayCounters)| {
            let sum = |name: &str| sums.get(name).copied().unwrap_or(0);
            (date, Open { minor: sum("minor"), invoices: sum("invoices") })
        };
        Ok(items.into_iter().map(open).filter(|(_, open)| *open != Open::default()).collect())
    }

    /// What was booked and sent on an account, by day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn days(
        &self,
        tenant: &TenantId,
        account: &AccountKey,
    ) -> Result<BTreeMap<Date, DayCounters>, StoreError> {
        self.counters(tenant, account, "DAY#").await
    }

    async fn counters(
        &self,
        tenant: &TenantId,
        account: &AccountKey,
        prefix: &str,
    ) -> Result<BTreeMap<Date, DayCounters>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(key::metric(tenant, account)))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()))
            .into_paginator()
            .items()
            .send();
        let mut found = BTreeMap::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(sort)?;
            let date = item.get("SK").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix(prefix));
            let date = read("counter", date.unwrap_or_default().parse::<Date>())?;
            found.insert(date, numbers(&item));
        }
        Ok(found)
    }

    /// Remembers that a tenant has dealings in an account, so that reports can list it. Harmless to repeat.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remember_account(&self, tenant: &TenantId, account: &AccountKey) -> Result<(), StoreError> {
        let key = key::account(tenant, account);
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(attributes(&key)));
        call.send().await.map(drop).map_err(sort)
    }
}

pub(super) fn numbers(item: &Item) -> DayCounters {
    let number = |(name, value): (&String, &AttributeValue)| Some((name.clone(), value.as_n().ok()?.parse().ok()?));
    item.iter().filter_map(number).collect()
}

/// An update that adds to numbers by name, and the words for it.
pub(super) fn adding<N: AsRef<str>>(mut update: UpdateBuilder, sums: &BTreeMap<N, i64>) -> (UpdateBuilder, String) {
    let mut terms = Vec::new();
    for (index, (name, sum)) in sums.iter().enumerate() {
        terms.push(format!("#n{index} :v{index}"));
        update = update
            .expression_attribute_names(format!("#n{index}"), name.as_ref())
            .expression_attribute_values(format!(":v{index}"), AttributeValue::N(sum.to_string()));
    }
    (update, format!("ADD {}", terms.join(", ")))
}

fn deltas_of(step: &Step) -> impl Iterator<Item = (&TenantId, Timestamp, &Deltas)> {
    step.iter()
        .flat_map(|((tenant, _), stretch)| stretch.changes.values().map(move |(at, deltas)| (tenant, *at, deltas)))
}

/// The counters that a step touches, with what is added to each.
fn sums_of(step: &Step) -> BTreeMap<Key, BTreeMap<Cow<'static, str>, i64>> {
    let mut sums: BTreeMap<Key, BTreeMap<Cow<'static, str>, i64>> = BTreeMap::new();
    let mut add = |key: Key, name: Cow<'static, str>, amount: i64| {
        let sum = sums.entry(key).or_default().entry(name).or_default();
        *sum = sum.saturating_add(amount);
    };
    for (tenant, _, deltas) in deltas_of(step) {
        for ((account, due), delta) in &deltas.open {
            add(key::due_on(tenant, account, *due), "minor".into(), delta.minor);
            add(key::due_on(tenant, account, *due), "invoices".into(), delta.invoices);
        }
        for ((account, on, kind), minor) in &deltas.booked {
            add(key::day(tenant, account, *on), kind.as_str().into(), *minor);
        }
        for ((account, day, state), count) in &deltas.messages {
            add(key::day(tenant, account, *day), state.as_str().into(), *count);
        }
        for (key, name, sum) in agreed_sums(tenant, deltas) {
            add(key, name.into(), sum);
        }
    }
    sums
}

/// Takes the second half out: of the debtors, or of the commits of a single one; `None` where a single commit is left.
fn halved(step: &mut Step) -> Option<Step> {
    if step.len() > 1 {
        let second = step.keys().nth(step.len() / 2).cloned()?;
        return Some(step.split_off(&second));
    }
    let (debtor, stretch) = step.iter_mut().next()?;
    let middle = stretch.changes.keys().nth(stretch.changes.len() / 2).copied()?;
    let later = stretch.changes.split_off(&middle);
    stretch.changes.keys().next()?;
    Some(Step::from([(debtor.clone(), Stretch { cursor: stretch.after(), changes: later })]))
}

fn items_of(step: &Step) -> usize {
    step.len().saturating_add(sums_of(step).len()).saturating_add(GroupSums::of(deltas_of(step)).len())
}

/// The accounts that changes touch, by tenant.
#[must_use]
pub fn accounts_of(changes: &[HeadChange]) -> BTreeSet<(TenantId, AccountKey)> {
    let of = |change: &HeadChange| {
        let accounts = change.deltas.accounts().into_iter().cloned();
        accounts.map(|account| (change.tenant.clone(), account)).collect::<Vec<_>>()
    };
    changes.iter().flat_map(of).collect()
}
