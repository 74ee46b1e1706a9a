//! What groups owe: counted with all other counters, and how it stands to their credit limits.
//!
//! The item that holds a sum also holds what is to be told of the group's limit: the write that notices the crossing tells of
//! it, and the stream brings that write to the bus.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::credit::{CreditLimit, crossing};
use dunlin_domain::debtor::{Deltas, Owed};
use dunlin_domain::event::EventKind;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::money::{Currency, Money};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::counters::adding;
use super::error::sort;
use super::key::{self, Key};
use super::record::{Record, known, read};
use super::{Store, StoreError, attributes};

/// What a group owes in one currency, and how it stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupSum {
    /// What is owed by the parent and all its children together.
    pub owed: Owed,
    /// The most that may be.
    pub limit: Option<CreditLimit>,
    /// Whether it was told that more is owed than may be.
    pub exceeded: bool,
}

/// A group's sum after a write, as the stream tells it.
#[derive(Debug, Clone)]
pub struct GroupChange {
    tenant: TenantId,
    parent: DebtorId,
    currency: Currency,
    version: u64,
    /// What the write has to tell: the detail type and the detail. Its id is the same at every delivery.
    pub event: Option<(String, Value)>,
    /// What is to be told of the group's limit and was not.
    pub untold: Option<EventKind>,
}

/// Numbers are only ever added to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupSumRecord {
    /// Counts writes.
    version: u64,
    open: i64,
    disputed: i64,
    unapplied: i64,
    in_flight: i64,
    limit: i64,
    limited: i64,
    #[serde(default)]
    exceeded: bool,
    /// What the latest write has to tell.
    #[serde(default)]
    told: Option<String>,
    /// When the latest change that is counted was made.
    at: Timestamp,
}

impl Record for GroupSumRecord {
    const SCHEMA: u32 = 1;
}

impl GroupSumRecord {
    pub(super) fn read(&self, currency: Currency) -> Result<GroupSum, StoreError> {
        let money = |minor| Money::from_minor(minor, currency);
        let owed = Owed {
            open: money(self.open),
            disputed: money(self.disputed),
            unapplied: money(self.unapplied),
            in_flight: money(self.in_flight),
        };
        let limit = (self.limited > 0).then(|| read("limit", CreditLimit::new(money(self.limit)))).transpose()?;
        Ok(GroupSum { owed, limit, exceeded: self.exceeded })
    }
}

impl GroupChange {
    /// Reads the new image of a record of the stream; `None` where it is no sum of a group.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn from_image(image: serde_dynamo::Item) -> Result<Option<Self>, StoreError> {
        let part = |name: &str| match image.get(name) {
            Some(serde_dynamo::AttributeValue::S(text)) => text.clone(),
            _ => String::new(),
        };
        let (pk, sk) = (part("PK"), part("SK"));
        match key::group_of(&pk).zip(sk.strip_prefix(key::GROUP_SUM)) {
            None => Ok(None),
            Some((group, currency)) => {
                let change =
                    read("sum", serde_dynamo::from_item(image)).and_then(|sum| Self::of(group, currency, &sum));
                change.map(Some).map_err(|error| error.within(&format!("{pk} / {sk}")))
            }
        }
    }

    fn of((tenant, parent): (&str, &str), currency: &str, record: &GroupSumRecord) -> Result<Self, StoreError> {
        let tenant = read("tenant", TenantId::parse(tenant))?;
        let parent = read("group", DebtorId::parse(parent))?;
        let currency = read("currency", Currency::parse(currency))?;
        let sum = record.read(currency)?;
        let exposure = read("sum", sum.owed.exposure())?;
        let untold = read("limit", crossing(sum.limit, exposure, sum.exceeded))?;
        let told = record.told.as_ref().map(|kind| known("told", kind, EventKind::parse(kind))).transpose()?;
        let detail = || {
            json!({
                "id": format!("{tenant}/{parent}/{currency}.{}", record.version),
                "tenant": tenant.as_str(),
                "debtor": parent.as_str(),
                "currency": currency.code(),
                "amount": exposure.to_string(),
                "detail": "group",
                "occurred_at": record.at.to_string(),
            })
        };
        let event = told.map(|kind| (kind.as_str().to_owned(), detail()));
        Ok(Self { tenant, parent, currency, version: record.version, event, untold })
    }
}

/// What a step of the projector adds to groups.
#[derive(Debug, Default)]
pub(super) struct GroupSums {
    /// To sums, and when the latest change was made.
    sums: BTreeMap<Key, (Timestamp, BTreeMap<&'static str, i64>)>,
    /// To months, by day.
    months: BTreeMap<Key, BTreeMap<String, i64>>,
}

impl GroupSums {
    pub(super) fn of<'a>(changes: impl Iterator<Item = (&'a TenantId, Timestamp, &'a Deltas)>) -> Self {
        let mut all = Self::default();
        let add = |sum: &mut i64, minor: i64| *sum = sum.saturating_add(minor);
        for (tenant, at, deltas) in changes {
            for ((group, currency), delta) in &deltas.groups {
                let sum = all.sums.entry(key::group_sum(tenant, group, *currency)).or_default();
                sum.0 = sum.0.max(at);
                delta.named().into_iter().for_each(|(name, minor)| add(sum.1.entry(name).or_default(), minor));
            }
            for ((group, currency, due), minor) in &deltas.groups_open {
                let month = all.months.entry(key::group_month(tenant, group, *currency, *due)).or_default();
                add(month.entry(due.to_string()).or_default(), *minor);
            }
        }
        all
    }

    /// How many items it touches.
    pub(super) fn len(&self) -> usize {
        self.sums.len().saturating_add(self.months.len())
    }
}

impl Store {
    pub(super) fn add_to_groups(&self, all: &GroupSums) -> Result<Vec<TransactWriteItem>, StoreError> {
        let mut writes = Vec::new();
        for (key, days) in &all.months {
            writes.push(self.add(key, days)?);
        }
        for (key, (at, sums)) in &all.sums {
            let mut sums = sums.clone();
            sums.insert("version", 1);
            let update = Update::builder().table_name(&self.config.table).set_key(Some(attributes(key)));
            let (update, terms) = adding(update, &sums);
            // What was told is told: it was in the write before.
            let update = update.update_expression(format!("{terms} SET #at = :at REMOVE #told"));
            let update = update.expression_attribute_names("#at", "at").expression_attribute_names("#told", "told");
            let update = update.expression_attribute_values(":at", AttributeValue::S(at.to_string())).build();
            let update = update.map_err(|error| StoreError::Refused(error.to_string()))?;
            writes.push(TransactWriteItem::builder().update(update).build());
        }
        Ok(writes)
    }

    /// Writes down what is to be told of a group's limit, so that the stream tells it, unless there was a write since: that
    /// one is looked at by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tell_of_group(&self, change: &GroupChange, kind: EventKind) -> Result<(), StoreError> {
        let GroupChange { tenant, parent, currency, version, .. } = change;
        let number = |version: u64| AttributeValue::N(version.to_string());
        let key = key::group_sum(tenant, parent, *currency);
        let call = self.client.update_item().table_name(&self.config.table).set_key(Some(attributes(&key)));
        let call = call
            .update_expression("SET #exceeded = :exceeded, #told = :told, version = :next")
            .condition_expression("version = :version")
            .expression_attribute_names("#exceeded", "exceeded")
            .expression_attribute_names("#told", "told")
            .expression_attribute_values(":exceeded", AttributeValue::Bool(kind == EventKind::CreditLimitExceeded))
            .expression_attribute_values(":told", AttributeValue::S(kind.as_str().to_owned()))
            .expression_attribute_values(":next", number(version.saturating_add(1)))
            .expression_attribute_values(":version", number(*version));
        match call.send().await.map(drop).map_err(sort) {
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }
}
