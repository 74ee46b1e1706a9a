//! The directory of a tenant's debtors, by name.
//!
//! A debtor's row is written in its own commit, and only by one that changes what the row says: a reminder costs nothing here.
//! Rows are spread over a few partitions, so that many new debtors of one tenant do not wait for one; a page is merged from all
//! of them, and begins behind a row that need not be there any more.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, Select, TransactWriteItem};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::directory::{Listing, NamePlace, Wanted};
use dunlin_domain::ids::{AccountKey, DebtorId, PortfolioId, TenantId};
use dunlin_domain::money::Currency;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::sort;
use super::key::{self, DIRECTORY_SHARDS, Key};
use super::record::{HeadRecord, Item, Record, read, read_item, to_item};
use super::{Loaded, Store, StoreError, attributes};

/// So many rows are read of each partition for a page in which only some are wanted.
const ROWS_LOOKED_AT: i32 = 250;

/// A debtor that is committed in between is read again this often.
const RACES_MAX: u32 = 10;

/// A page of the directory, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryPage {
    /// The debtors.
    pub listings: Vec<(DebtorId, Listing)>,
    /// The last debtor that was looked at, behind whom the next page begins; `None` where there are no more.
    pub next: Option<DebtorId>,
}

/// Where a row lies in its partition of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowPlace(String);

/// A row of the directory, where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRow {
    /// Behind which the next page begins.
    pub place: RowPlace,
    /// Who.
    pub debtor: DebtorId,
    /// What it says.
    pub listing: Listing,
}

/// What is looked for in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What names begin with.
    pub names: Option<NamePlace>,
    /// Which of them.
    pub wanted: Wanted,
    /// The day by which debts are late.
    pub today: Date,
    /// Behind which row.
    pub after: Option<(NamePlace, DebtorId)>,
    /// How many at most.
    pub limit: u16,
}

impl Search {
    /// Rows that are read of each partition: all that are wanted may lie in one.
    fn rows(&self) -> i32 {
        let wanted = i32::from(self.limit).saturating_add(1);
        if self.wanted == Wanted::default() { wanted } else { wanted.max(ROWS_LOOKED_AT) }
    }
}

/// The rows of all partitions, as far as they are known to have no gaps.
#[derive(Default)]
struct Merged {
    rows: BTreeMap<String, (DebtorId, Listing)>,
    /// Where a partition has rows that were not read: those of the others behind it have to wait.
    until: Option<String>,
}

impl Merged {
    fn add(&mut self, items: Vec<Item>, more: bool) -> Result<(), StoreError> {
        let mut last = None;
        for item in items {
            let place = item.get("SK").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
            self.rows.insert(place.clone(), read_item(item, |row: ListingRecord| row.read())?);
            last = Some(place);
        }
        if more {
            self.until = self.until.take().into_iter().chain(last).min();
        }
        Ok(())
    }

    fn page(self, search: &Search) -> DirectoryPage {
        let mut page = DirectoryPage { listings: Vec::new(), next: None };
        let mut more = self.until.is_some();
        let mut looked_at = None;
        for (place, (debtor, listing)) in self.rows {
            let waits = self.until.as_ref().is_some_and(|until| place > *until);
            if waits || page.listings.len() >= usize::from(search.limit) {
                more = true;
                break;
            }
            looked_at = Some(debtor.clone());
            if search.wanted.takes(&listing, search.today) {
                page.listings.push((debtor, listing));
            }
        }
        page.next = looked_at.filter(|_| more);
        page
    }
}

impl Store {
    /// A page of debtors that are wanted. It may hold fewer than asked for where many are not: then the next page goes on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn directory(&self, tenant: &TenantId, search: &Search) -> Result<DirectoryPage, StoreError> {
        let shards = (0..DIRECTORY_SHARDS).map(|shard| {
            let after = search.after.as_ref().map(|(place, debtor)| key::directory_place(place, debtor));
            self.directory_rows(tenant, shard, search.names.as_ref(), after, search.rows())
        });
        let mut merged = Merged::default();
        for (items, more) in try_join_all(shards).await? {
            merged.add(items, more)?;
        }
        Ok(merged.page(search))
    }

    /// The next rows of one partition, and whether there are more behind them.
    async fn directory_rows(
        &self,
        tenant: &TenantId,
        shard: u32,
        names: Option<&NamePlace>,
        after: Option<String>,
        rows: i32,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let pk = key::directory(tenant, shard);
        let start = after.map(|sk| attributes(&Key { pk: pk.clone(), sk }));
        let call = self.client.query().table_name(&self.config.table).limit(rows);
        let call = call.expression_attribute_values(":pk", AttributeValue::S(pk));
        let call = match names {
            None => call.key_condition_expression("PK = :pk"),
            Some(names) => call
                .key_condition_expression("PK = :pk AND begins_with(SK, :names)")
                .expression_attribute_values(":names", AttributeValue::S(names.as_str().to_owned())),
        };
        let answer = call.set_exclusive_start_key(start).send().await.map_err(sort)?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.is_some()))
    }

    /// At most `limit` rows of one partition of the directory, of [`DIRECTORY_SHARDS`](super::DIRECTORY_SHARDS), and whether
    /// there are more behind them. A debtor whose name changes moves, and may so be met twice or not at all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn directory_shard(
        &self,
        tenant: &TenantId,
        shard: u32,
        after: Option<&RowPlace>,
        limit: u16,
    ) -> Result<(Vec<DirectoryRow>, bool), StoreError> {
        let after = after.map(|place| place.0.clone());
        let (items, more) = self.directory_rows(tenant, shard, None, after, limit.into()).await?;
        let rows = items.into_iter().map(|item| {
            let place = RowPlace(item.get("SK").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default());
            let (debtor, listing) = read_item(item, |row: ListingRecord| row.read())?;
            Ok::<_, StoreError>(DirectoryRow { place, debtor, listing })
        });
        Ok((rows.collect::<Result<_, _>>()?, more))
    }

    /// How many debtors one partition of the directory lists; a read unit for some fifty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_listed(&self, tenant: &TenantId, shard: u32) -> Result<u64, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(key::directory(tenant, shard)))
            .select(Select::Count);
        let mut pages = query.into_paginator().send();
        let mut listed: u64 = 0;
        while let Some(page) = pages.next().await {
            listed = listed.saturating_add(u64::try_from(page.map_err(sort)?.count()).unwrap_or(0));
        }
        Ok(listed)
    }

    /// Where a debtor stands in the directory, by its head; `None` where there is no such debtor.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn name_place(&self, tenant: &TenantId, id: &DebtorId) -> Result<Option<NamePlace>, StoreError> {
        let Some(item) = self.get(&key::head(tenant, id)).await? else { return Ok(None) };
        read_item(item, |head: HeadRecord| Ok(Some(head.name_place())))
    }

    /// Puts a debtor into the directory whose latest commit was made before there was one. The answer is whether it was not
    /// there.
    pub(super) async fn list(&self, tenant: &TenantId, id: &DebtorId) -> Result<bool, StoreError> {
        for _ in 0..RACES_MAX {
            let Some(loaded) = self.load(tenant, id).await? else { return Ok(false) };
            let listing = loaded.debtor.listing();
            if self.get(&place(&loaded.debtor, &listing)).await?.is_some() {
                return Ok(false);
            }
            let version = (":version", AttributeValue::N(loaded.version().to_string()));
            let as_read = self.check(&key::head(tenant, id), "version = :version", version)?;
            match self.transact(vec![self.put(row(&loaded.debtor, &listing)?, None)?, as_read]).await {
                Ok(()) => return Ok(true),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy(format!("{} is committed again and again", key::debtor(tenant, id))))
    }

    /// The writes that bring a debtor's row up to date.
    pub(super) fn listing(&self, loaded: &Loaded) -> Result<Vec<TransactWriteItem>, StoreError> {
        let known = loaded.before.as_ref().map(Debtor::listing);
        let listing = loaded.debtor.listing();
        if known.as_ref() == Some(&listing) {
            return Ok(Vec::new());
        }
        let mut writes = vec![self.put(row(&loaded.debtor, &listing)?, None)?];
        if let Some(known) = known.filter(|known| known.place() != listing.place()) {
            writes.push(self.delete(&place(&loaded.debtor, &known))?);
        }
        Ok(writes)
    }
}

/// A debtor's row as an item.
fn row(debtor: &Debtor, listing: &Listing) -> Result<Item, StoreError> {
    to_item(&place(debtor, listing), &ListingRecord::of(&debtor.id, listing))
}

fn place(Debtor { tenant, id, .. }: &Debtor, listing: &Listing) -> Key {
    Key { pk: key::directory_of(tenant, id), sk: key::directory_place(&listing.place(), id) }
}

/// A row of the directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ListingRecord {
    debtor: String,
    name: String,
    /// Portfolio, currency, and the due date of the oldest open invoice.
    accounts: Vec<(String, String, Option<Date>)>,
}

impl Record for ListingRecord {
    const SCHEMA: u32 = 1;
}

impl ListingRecord {
    fn of(debtor: &DebtorId, listing: &Listing) -> Self {
        let account = |(key, oldest_due): (&AccountKey, &Option<Date>)| {
            (key.portfolio.to_string(), key.currency.code().to_owned(), *oldest_due)
        };
        Self {
            debtor: debtor.to_string(),
            name: listing.name.clone(),
            accounts: listing.oldest_due.iter().map(account).collect(),
        }
    }

    fn read(&self) -> Result<(DebtorId, Listing), StoreError> {
        let account = |(portfolio, currency, oldest_due): &(String, String, Option<Date>)| {
            let portfolio = read("portfolio", PortfolioId::parse(portfolio))?;
            Ok::<_, StoreError>((
                AccountKey { portfolio, currency: read("currency", Currency::parse(currency))? },
                *oldest_due,
            ))
        };
        let oldest_due = self.accounts.iter().map(account).collect::<Result<_, _>>()?;
        let listing = Listing { name: self.name.clone(), oldest_due };
        Ok((read("debtor", DebtorId::parse(&self.debtor))?, listing))
    }
}

#[cfg(test)]
mod tests {
    use dunlin_domain::calendar::Zone;
    use dunlin_domain::debtor::Debtor;
    use dunlin_domain::ids::{DebtorId, TenantId};
    use dunlin_domain::profile::Profile;
    use jiff::civil::date;

    use super::{Merged, Search, Wanted, row};

    fn debtor(id: &str) -> Debtor {
        let profile = Profile::unknown(id.to_owned(), Zone::parse("UTC").unwrap());
        Debtor::new(TenantId::parse("demo").unwrap(), DebtorId::parse(id).unwrap(), profile)
    }

    #[test]
    fn rows_wait_behind_those_of_a_partition_that_were_not_read() {
        let rows = |ids: &[&str]| ids.iter().map(|id| row(&debtor(id), &debtor(id).listing()).unwrap()).collect();
        let today = date(2026, 3, 2);
        for (more, limit, found, next) in [
            ((false, false), 9, vec!["a", "b", "c", "d", "e"], None),
            ((true, false), 9, vec!["a", "b", "c"], Some("c")),
            ((false, true), 9, vec!["a", "b", "c", "d", "e"], Some("e")),
            ((true, true), 9, vec!["a", "b", "c"], Some("c")),
            ((true, true), 2, vec!["a", "b"], Some("b")),
            ((false, false), 5, vec!["a", "b", "c", "d", "e"], None),
        ] {
            let mut merged = Merged::default();
            merged.add(rows(&["a", "c"]), more.0).unwrap();
            merged.add(rows(&["b", "d", "e"]), more.1).unwrap();
            let search = Search { names: None, wanted: Wanted::default(), today, after: None, limit };
            let page = merged.page(&search);
            let listed: Vec<&str> = page.listings.iter().map(|(id, _)| id.as_str()).collect();
            assert_eq!((listed, page.next.as_ref().map(DebtorId::as_str)), (found, next), "{more:?} {limit}");
        }
    }
}
