//! The shapes of items: plain records that only the store knows. The domain's types do not know how they are kept.

mod head;
mod history;
mod import;
mod invoice;
mod remittance;
mod settings;

pub(crate) use head::{EventRecord, HeadRecord, HeadStamp};
pub(crate) use history::{DecisionRecord, EntryRecord, MessageRecord, PlanRecord, TaskRecord};
pub(crate) use import::{ImportPartRecord, ImportRecord};
pub(crate) use invoice::InvoiceRecord;
pub(crate) use remittance::{ReferenceRecord, RemittanceRecord};
pub(crate) use settings::{PolicyRecord, SettingsRecord};

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::money::{Currency, Money};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;
use super::key::Key;

/// An item as the client takes it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Bumped when a record's shape changes; readers accept this version and the one before.
pub(crate) const SCHEMA: u32 = 1;

/// A record as an item at `key`.
pub(crate) fn to_item<T: Serialize>(key: &Key, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|e| StoreError::corrupt(&key.pk, e))?;
    item.insert("PK".to_owned(), AttributeValue::S(key.pk.clone()));
    item.insert("SK".to_owned(), AttributeValue::S(key.sk.clone()));
    Ok(item)
}

/// An item as a record.
pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let place = place(&item);
    serde_dynamo::from_item(item).map_err(|e| StoreError::corrupt(place, e))
}

/// Where an item lies, for error messages.
pub(crate) fn place(item: &Item) -> String {
    let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
    format!("{} / {}", part("PK"), part("SK"))
}

/// Reads a stored text with the domain's own parser.
pub(crate) fn read<T, E: Display>(what: &str, parsed: Result<T, E>) -> Result<T, StoreError> {
    parsed.map_err(|error| StoreError::corrupt(what, error))
}

/// Reads a stored name of one of the domain's enums.
pub(crate) fn known<T>(what: &str, value: &str, parsed: Option<T>) -> Result<T, StoreError> {
    parsed.ok_or_else(|| StoreError::corrupt(what, format!("{value:?} is not known")))
}

pub(crate) fn money(minor: i64, currency: &str) -> Result<Money, StoreError> {
    Ok(Money::from_minor(minor, read("currency", Currency::parse(currency))?))
}

/// Seconds, because the text of a key must sort as the time does.
pub(crate) fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}
