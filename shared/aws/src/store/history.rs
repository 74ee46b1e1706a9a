//! What happened to a debtor, newest first.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::ledger::Entry;
use dunlin_domain::money::Currency;
use dunlin_domain::money::Money;
use serde_json::{Map, Value};

use super::decision::MADE_FROM;
use super::error::sort;
use super::key;
use super::receipt::CommitMark;
use super::record::{EntryRecord, Item, SCHEMA, place, read, read_item};
use super::told::TOLD;
use super::{Store, StoreError};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    /// When, RFC 3339.
    pub at: String,
    /// `entry`, `message`, `decision`, `task`, `change`, `contact`, `reply`, what is over: `invoice`, `hold`, `agreement`; and
    /// of what else happened the kind of event, such as `hold.set`.
    pub kind: String,
    /// Its particulars; amounts are decimal strings.
    pub body: Map<String, Value>,
}

/// A page of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelinePage {
    /// The entries, newest first.
    pub entries: Vec<TimelineEntry>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Store {
    /// A page of what at most `limit` records of the history say, newest first, from `after` on. One that carries what its
    /// commit told says more than one thing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn timeline(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        limit: i32,
        after: Option<&str>,
    ) -> Result<TimelinePage, StoreError> {
        let answer = self.newest_first(tenant, debtor, after).limit(limit).send().await.map_err(sort)?;
        let next = answer.last_evaluated_key.as_ref().and_then(|last| sort_key(last)).map(str::to_owned);
        let mut entries = Vec::new();
        for mut item in answer.items.unwrap_or_default() {
            entries.extend(told(&mut item)?);
            if kind(&item).is_some_and(|kind| kind != key::AUDIT && kind != key::TOLD) {
                entries.push(entry(item)?);
            }
        }
        Ok(TimelinePage { entries, next })
    }

    /// A debtor's history, newest first, from `after` on.
    pub(super) fn newest_first(&self, tenant: &TenantId, debtor: &DebtorId, after: Option<&str>) -> QueryFluentBuilder {
        let pk = key::debtor(tenant, debtor);
        let start = after.map(|sk| {
            let sk = AttributeValue::S(format!("{}{sk}", key::PAST));
            Item::from([("PK".to_owned(), AttributeValue::S(pk.clone())), ("SK".to_owned(), sk)])
        });
        self.client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :past)")
            .expression_attribute_values(":pk", AttributeValue::S(pk))
            .expression_attribute_values(":past", AttributeValue::S(key::PAST.to_owned()))
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
    }
}

impl Store {
    /// Every entry of a debtor's ledger, in the order in which they were booked, consistently; `None` where there are more
    /// than `max`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        max: usize,
    ) -> Result<Option<Vec<Entry>>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :past)")
            .expression_attribute_values(":pk", AttributeValue::S(key::debtor(tenant, debtor)))
            .expression_attribute_values(":past", AttributeValue::S(key::PAST.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut entries = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(sort)?;
            if kind(&item) != Some(key::ENTRY) {
                continue;
            }
            if entries.len() >= max {
                return Ok(None);
            }
            entries.push(read_item(item, |entry: EntryRecord| entry.read())?);
        }
        Ok(Some(entries))
    }
}

impl Store {
    /// The entries that one commit of a debtor booked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn entries_of(
        &self,
        tenant: &TenantId,
        debtor: &DebtorId,
        commit: &CommitMark,
    ) -> Result<Vec<Entry>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :entries)")
            .expression_attribute_values(":pk", AttributeValue::S(key::debtor(tenant, debtor)))
            .expression_attribute_values(":entries", AttributeValue::S(key::entries_of(&commit.at, commit.version)));
        let mut items = query.consistent_read(true).into_paginator().items().send();
        let mut entries = Vec::new();
        while let Some(item) = items.next().await {
            entries.push(read_item(item.map_err(sort)?, |entry: EntryRecord| entry.read())?);
        }
        Ok(entries)
    }
}

/// The sort key behind its prefix.
pub(super) fn sort_key(item: &Item) -> Option<&str> {
    item.get("SK")?.as_s().ok()?.strip_prefix(key::PAST)
}

/// What an item of the history is.
pub(super) fn kind(item: &Item) -> Option<&str> {
    sort_key(item)?.split('#').nth(1)
}

/// What a record carries of what its commit told.
fn told(item: &mut Item) -> Result<Vec<TimelineEntry>, StoreError> {
    let Some(told) = item.remove(TOLD) else { return Ok(Vec::new()) };
    let place = place(item);
    let at = sort_key(item).and_then(|sk| Some(sk.split_once('#')?.0.to_owned())).unwrap_or_default();
    let told: Vec<Map<String, Value>> =
        serde_dynamo::from_attribute_value(told).map_err(|error| StoreError::corrupt(&place, error))?;
    let entry = |mut body: Map<String, Value>| {
        let kind = body.remove("kind").and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
        told_in_decimals(&mut body)?;
        Ok(TimelineEntry { at: at.clone(), kind, body })
    };
    told.into_iter().map(entry).collect()
}

fn entry(mut item: Item) -> Result<TimelineEntry, StoreError> {
    let place = place(&item);
    item.remove(MADE_FROM);
    let parts = sort_key(&item).and_then(|sk| {
        let (at, rest) = sk.split_once('#')?;
        Some((at.to_owned(), rest.split_once('#')?.0.to_lowercase()))
    });
    let (at, kind) = parts.ok_or_else(|| StoreError::corrupt(&place, "is not an entry of the history"))?;
    let mut body: Map<String, Value> = serde_dynamo::from_item(item).map_err(|e| StoreError::corrupt(&place, e))?;
    for hidden in ["PK", "SK", SCHEMA, "charges", "dated", "covered", "facts", "audit", "audit_seq"] {
        body.remove(hidden);
    }
    told_in_decimals(&mut body)?;
    let accounts = body.get_mut("accounts").and_then(Value::as_array_mut).into_iter().flatten();
    accounts.filter_map(Value::as_object_mut).try_for_each(told_in_decimals)?;
    Ok(TimelineEntry { at, kind, body })
}

const AMOUNTS: [&str; 18] = [
    "accepted",
    "accepts",
    "amount",
    "amount_due",
    "balance",
    "charged_back",
    "credit",
    "credited",
    "credited_elsewhere",
    "fees",
    "interest",
    "paid",
    "paid_elsewhere",
    "received",
    "refunded",
    "reported_paid",
    "total",
    "written_off",
];

/// The amounts of what names its currency.
fn told_in_decimals(body: &mut Map<String, Value>) -> Result<(), StoreError> {
    if let Some(currency) = body.get("currency").and_then(Value::as_str) {
        let currency = read("currency", Currency::parse(currency))?;
        amounts_as_decimals(body, currency);
    }
    Ok(())
}

/// Minor units become decimal strings, in lines too.
fn amounts_as_decimals(body: &mut Map<String, Value>, currency: Currency) {
    for (name, value) in body.iter_mut() {
        match value {
            Value::Number(minor) if AMOUNTS.contains(&name.as_str()) => {
                if let Some(minor) = minor.as_i64() {
                    *value = Value::String(Money::from_minor(minor, currency).to_string());
                }
            }
            Value::Array(items) => {
                for item in items.iter_mut().filter_map(Value::as_object_mut) {
                    amounts_as_decimals(item, currency);
                }
            }
            _ => {}
        }
    }
}
