//! All that the table holds of a debtor and its past, for a policy to be tried on.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::backtest::Remembered;
use dunlin_domain::ids::{DebtorId, TenantId};
use jiff::Timestamp;

use super::error::sort;
use super::history::{kind, sort_key};
use super::record::{AgreementRecord, EntryRecord, HoldRecord, InvoiceRecord, Item, place, read, read_item};
use super::{Store, StoreError, key};

impl Store {
    /// What the books hold of a debtor, with its past; `None` where there is no such debtor. Costs as much as there is: a read
    /// unit for each 8 KB. A commit in between may be seen in part.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remembered(&self, tenant: &TenantId, id: &DebtorId) -> Result<Option<Remembered>, StoreError> {
        let Some(loaded) = self.load(tenant, id).await? else { return Ok(None) };
        let mut books = Remembered {
            debtor: loaded.debtor,
            closed: Vec::new(),
            entries: Vec::new(),
            holds: Vec::new(),
            agreements: Vec::new(),
        };
        let pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :past)")
            .expression_attribute_values(":pk", AttributeValue::S(key::debtor(tenant, id)))
            .expression_attribute_values(":past", AttributeValue::S(key::PAST.to_owned()));
        let mut items = pages.into_paginator().items().send();
        while let Some(item) = items.next().await {
            remember(&mut books, item.map_err(sort)?)?;
        }
        Ok(Some(books))
    }
}

fn remember(books: &mut Remembered, item: Item) -> Result<(), StoreError> {
    match kind(&item) {
        Some(key::ENTRY) => books.entries.push(read_item(item, |entry: EntryRecord| entry.read())?),
        Some(key::INVOICE) => books.closed.push(read_item(item, |invoice: InvoiceRecord| invoice.read())?),
        Some(key::HOLD) => {
            let ended = time(&item)?;
            books.holds.push((read_item(item, |hold: HoldRecord| hold.read())?, ended));
        }
        Some(key::AGREEMENT) => {
            let ended = time(&item)?;
            books.agreements.push((read_item(item, |one: AgreementRecord| one.read())?, ended));
        }
        _ => {}
    }
    Ok(())
}

/// When an item of the history came about.
fn time(item: &Item) -> Result<Timestamp, StoreError> {
    let at = sort_key(item).and_then(|sk| sk.split('#').next()).unwrap_or_default();
    read("time", at.parse()).map_err(|error| error.within(&place(item)))
}
