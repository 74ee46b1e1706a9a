//! Exact counters: what is open by due date, what was booked and sent by day.
//!
//! Each head carries what its last commit changed. The projector adds that to the counters and moves the debtor's
//! cursor in one transaction, so that a change counts once, however often it is delivered.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::debtor::Deltas;
use dunlin_domain::ids::{AccountKey, DebtorId, TenantId};
use dunlin_domain::measure::Open;
use jiff::Timestamp;
use jiff::civil::Date;

use super::error::sort;
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
        let head: HeadRecord = read("stream record", serde_dynamo::from_item(image))?;
        let mut change = Self {
            tenant: read("tenant", TenantId::parse(&head.tenant))?,
            debtor: read("debtor", DebtorId::parse(&head.debtor))?,
            version: head.version,
            committed_at: head.committed_at,
            sequence: None,
            deltas: head.deltas.read()?,
            events: Vec::new(),
        };
        change.sequence = head.counted_as(!change.deltas.is_empty());
        let detail = |(index, event)| Ok((EventRecord::kind(event), change.detail(index, event)?));
        change.events = head.events.iter().enumerate().map(detail).collect::<Result<_, StoreError>>()?;
        Ok(change)
    }

    /// An event as listeners get it. Its id is the same at every delivery.
    fn detail(&self, index: usize, event: &EventRecord) -> Result<serde_json::Value, StoreError> {
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

/// What is left to count of one debtor: changes `first` to `last`.
#[derive(Debug, Clone)]
struct Stretch {
    first: u64,
    last: u64,
    changes: BTreeMap<u64, Deltas>,
}

impl Stretch {
    /// Whether changes between the first and the last are missing.
    fn has_gap(&self) -> bool {
        let changes = u64::try_from(self.changes.len()).unwrap_or(u64::MAX);
        !self.changes.is_empty() && self.last.saturating_sub(self.first).saturating_add(1) != changes
    }
}

impl Store {
    /// Counts changes, each once, in any batch and however often it is delivered. All commits of a debtor must come
    /// in order over time, as a stream delivers them; those that change no counter cost nothing here.
    ///
    /// # Errors
    /// [`StoreError::Busy`] to try again; [`StoreError::Corrupt`] where a commit between was never seen.
    pub async fn count(&self, changes: &[HeadChange]) -> Result<(), StoreError> {
        let mut stretches: BTreeMap<(TenantId, DebtorId), Stretch> = BTreeMap::new();
        for (change, sequence) in changes.iter().filter_map(|change| Some((change, change.sequence?))) {
            let key = (change.tenant.clone(), change.debtor.clone());
            let stretch = stretches.entry(key).or_insert_with(|| Stretch {
                first: sequence,
                last: sequence,
                changes: BTreeMap::new(),
            });
            stretch.first = stretch.first.min(sequence);
            stretch.last = stretch.last.max(sequence);
            stretch.changes.insert(sequence, change.deltas.clone());
        }
        let mut step = BTreeMap::new();
        for (debtor, stretch) in stretches {
            step.insert(debtor, stretch);
            if step.len() >= DEBTORS_PER_STEP || items_of(&step) >= ITEMS_PER_STEP / 2 {
                self.count_step(std::mem::take(&mut step)).await?;
            }
        }
        self.count_step(step).await
    }

    async fn count_step(&self, mut step: BTreeMap<(TenantId, DebtorId), Stretch>) -> Result<(), StoreError> {
        for _ in 0..ROUNDS_MAX {
            if step.values().any(Stretch::has_gap) {
                self.drop_counted(&mut step).await?;
            }
            if step.is_empty() {
                return Ok(());
            }
            match self.transact(self.count_writes(&step)?).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => self.drop_counted(&mut step).await?,
                Err(StoreError::TooLarge(items)) => {
                    let rest = halved(&mut step).ok_or(StoreError::TooLarge(items))?;
                    Box::pin(self.count_step(step)).await?;
                    step = rest;
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy("the counters are contended".to_owned()))
    }

    /// Takes out what was counted before.
    async fn drop_counted(&self, step: &mut BTreeMap<(TenantId, DebtorId), Stretch>) -> Result<(), StoreError> {
        let keys: Vec<Key> = step.keys().map(|(tenant, debtor)| key::cursor(tenant, debtor)).collect();
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for item in self.batch_get(&keys).await? {
            let version = item.get("version").and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok());
            let pk = item.get("PK").and_then(|pk| pk.as_s().ok()).cloned();
            counted.extend(pk.zip(version));
        }
        for ((tenant, debtor), stretch) in step.iter_mut() {
            let done = counted.get(&key::debtor(tenant, debtor)).copied().unwrap_or(0);
            stretch.changes.retain(|sequence, _| *sequence > done);
            stretch.first = stretch.changes.keys().next().copied().unwrap_or(u64::MAX);
            let follows = stretch.first == done.saturating_add(1) && !stretch.has_gap();
            if !stretch.changes.is_empty() && !follows {
                let changes: Vec<&u64> = stretch.changes.keys().collect();
                let reason = format!("changes {changes:?} follow {done}: those between were never counted");
                return Err(StoreError::corrupt(key::debtor(tenant, debtor), reason));
            }
        }
        step.retain(|_, stretch| !stretch.changes.is_empty());
        Ok(())
    }

    fn count_writes(
        &self,
        step: &BTreeMap<(TenantId, DebtorId), Stretch>,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = Vec::new();
        for ((tenant, debtor), stretch) in step {
            writes.push(self.move_cursor(&key::cursor(tenant, debtor), stretch)?);
        }
        for (key, sums) in sums_of(step) {
            writes.push(self.add(&key, &sums)?);
        }
        Ok(writes)
    }

    fn move_cursor(&self, key: &Key, stretch: &Stretch) -> Result<TransactWriteItem, StoreError> {
        let number = |version: u64| AttributeValue::N(version.to_string());
        let update = Update::builder()
            .table_name(&self.config.table)
            .set_key(Some(attributes(key)))
            .update_expression("SET version = :last")
            .expression_attribute_values(":last", number(stretch.last));
        let update = match stretch.first.saturating_sub(1) {
            0 => update.condition_expression("attribute_not_exists(PK)"),
            before => {
                update.condition_expression("version = :before").expression_attribute_values(":before", number(before))
            }
        };
        let update = update.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn add(&self, key: &Key, sums: &BTreeMap<&'static str, i64>) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder().table_name(&self.config.table).set_key(Some(attributes(key)));
        let mut terms = Vec::new();
        for (index, (name, sum)) in sums.iter().enumerate() {
            terms.push(format!("#n{index} :v{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), *name)
                .expression_attribute_values(format!(":v{index}"), AttributeValue::N(sum.to_string()));
        }
        let update = update.update_expression(format!("ADD {}", terms.join(", "))).build();
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

fn numbers(item: &Item) -> DayCounters {
    let number = |(name, value): (&String, &AttributeValue)| Some((name.clone(), value.as_n().ok()?.parse().ok()?));
    item.iter().filter_map(number).collect()
}

/// The counters that a step touches, with what is added to each.
fn sums_of(step: &BTreeMap<(TenantId, DebtorId), Stretch>) -> BTreeMap<Key, BTreeMap<&'static str, i64>> {
    let mut sums: BTreeMap<Key, BTreeMap<&'static str, i64>> = BTreeMap::new();
    let mut add = |key: Key, name, amount: i64| {
        let sum = sums.entry(key).or_default().entry(name).or_default();
        *sum = sum.saturating_add(amount);
    };
    for ((tenant, _), stretch) in step {
        for deltas in stretch.changes.values() {
            for ((account, due), delta) in &deltas.open {
                add(key::due_on(tenant, account, *due), "minor", delta.minor);
                add(key::due_on(tenant, account, *due), "invoices", delta.invoices);
            }
            for ((account, on, kind), minor) in &deltas.booked {
                add(key::day(tenant, account, *on), kind.as_str(), *minor);
            }
            for ((account, day, state), count) in &deltas.messages {
                add(key::day(tenant, account, *day), state.as_str(), *count);
            }
        }
    }
    sums
}

/// Takes the second half out: of the debtors, or of the commits of a single one; `None` where a single commit is left.
fn halved(step: &mut BTreeMap<(TenantId, DebtorId), Stretch>) -> Option<BTreeMap<(TenantId, DebtorId), Stretch>> {
    if step.len() > 1 {
        let second = step.keys().nth(step.len() / 2).cloned()?;
        return Some(step.split_off(&second));
    }
    let (debtor, stretch) = step.iter_mut().next()?;
    let middle = stretch.changes.keys().nth(stretch.changes.len() / 2).copied()?;
    let later = stretch.changes.split_off(&middle);
    let rest = Stretch { first: middle, last: stretch.last, changes: later };
    stretch.last = stretch.changes.keys().next_back().copied()?;
    Some(BTreeMap::from([(debtor.clone(), rest)]))
}

fn items_of(step: &BTreeMap<(TenantId, DebtorId), Stretch>) -> usize {
    step.len().saturating_add(sums_of(step).len())
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
