//! The shapes of items: plain records that only the store knows. The domain's types do not know how they are kept.

mod agreement;
mod allocation;
mod backtest;
mod charge_rule;
mod collection;
mod contact;
mod contact_policy;
mod credit;
mod decision;
mod deltas;
mod head;
mod history;
mod hold;
mod import;
mod inputs;
mod invoice;
mod packed;
mod profile;
mod remittance;
mod settings;
mod template;
mod written;

pub(crate) use agreement::AgreementRecord;
pub(crate) use allocation::{AdviceRecord, AllocatingRecord, AllocationRecord, read_method};
pub(crate) use backtest::{BacktestPartRecord, BacktestRecord};
pub(crate) use contact::ContactNoteRecord;
pub(crate) use contact_policy::ContactPolicyRecord;
pub(crate) use credit::CreditRecord;
pub(crate) use decision::DecisionRecord;
pub(crate) use deltas::DeltasRecord;
pub(crate) use head::{EventRecord, HeadRecord, HeadStamp};
pub(crate) use history::{ChangeRecord, EntryRecord, MessageRecord, PlanRecord, ReasonRecord, ReplyRecord, TaskRecord};
pub(crate) use hold::HoldRecord;
pub(crate) use import::{ImportPartRecord, ImportRecord};
pub(crate) use inputs::{InputsError, InputsRecord, canonical, fingerprint};
pub(crate) use invoice::InvoiceRecord;
pub(crate) use packed::{pack, unpack};
pub(crate) use remittance::{ReferenceRecord, RemittanceRecord};
pub(crate) use settings::{PolicyRecord, SettingsRecord};
pub(crate) use template::{ShelfRecord, TemplateRecord};

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

/// The shape of one kind of item.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// Counts the shapes that this kind of item has had. Readers accept the latest and the one before, so that items are
    /// rewritten after a deployment and not during it.
    const SCHEMA: u32;

    /// The oldest shape that readers accept. Of what the audit log binds it is the first: such an item is never rewritten, so
    /// all of its shapes are read for good.
    const OLDEST: u32 = Self::SCHEMA.saturating_sub(1);

    /// The record as the latest shape has it, when it was read from the one before.
    #[must_use]
    fn upgraded(self) -> Self {
        self
    }
}

/// The version that an item's shape is of. One that says nothing was written by hand, in the first shape.
pub(crate) fn schema(item: &Item) -> u32 {
    item.get(SCHEMA).and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok()).unwrap_or(1)
}

/// The attribute that holds an item's schema version.
pub(crate) const SCHEMA: &str = "schema";

/// A record as an item at `key`.
pub(crate) fn to_item<T: Record>(key: &Key, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|e| StoreError::corrupt(&key.pk, e))?;
    item.insert(SCHEMA.to_owned(), AttributeValue::N(T::SCHEMA.to_string()));
    item.insert("PK".to_owned(), AttributeValue::S(key.pk.clone()));
    item.insert("SK".to_owned(), AttributeValue::S(key.sk.clone()));
    Ok(item)
}

/// An item as a record.
pub(crate) fn from_item<T: Record>(item: Item) -> Result<T, StoreError> {
    let (place, written) = (place(&item), schema(&item));
    if written > T::SCHEMA || written < T::OLDEST {
        let reason = format!("is of schema {written}; this version reads {} to {}", T::OLDEST, T::SCHEMA);
        return Err(StoreError::corrupt(place, reason));
    }
    serde_dynamo::from_item(item).map_err(|e| StoreError::corrupt(place, e))
}

/// Reads an item; what is wrong with it is told with where it lies.
pub(crate) fn read_item<T: Record, U>(
    item: Item,
    read: impl FnOnce(T) -> Result<U, StoreError>,
) -> Result<U, StoreError> {
    let place = place(&item);
    read(from_item(item)?).map_err(|error| error.within(&place))
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

/// What is nothing is left out of an item.
pub(crate) fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// Seconds, because the text of a key must sort as the time does.
pub(crate) fn seconds(at: Timestamp) -> String {
    format!("{at:.0}")
}
