//! Counters of what is agreed and held: one item of each account for what stands, and names in the items of its days for what
//! became of agreements. They are kept with all other counters (`counters.rs`), so each change counts once.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::debtor::{Agreed, Deltas, Tally, Turn};
use dunlin_domain::ids::{AccountKey, TenantId};
use jiff::civil::Date;

use super::counters::{DayCounters, numbers};
use super::error::sort;
use super::key::{self, Key};
use super::record::read;
use super::{Store, StoreError, attributes};

/// What stands of an account.
pub type Standing = BTreeMap<Agreed, Tally>;
/// What became of agreements, by the first day of the month.
pub type Turns = BTreeMap<Date, BTreeMap<(Agreed, Turn), Tally>>;

/// What a commit adds: a count and an amount to the counters of each thing.
pub(super) fn agreed_sums(tenant: &TenantId, deltas: &Deltas) -> Vec<(Key, String, i64)> {
    let both = |key: Key, name: String, tally: &Tally| {
        let amount = format!("{name}.minor");
        [(key.clone(), name, tally.count), (key, amount, tally.minor)]
    };
    let standing = deltas.standing.iter();
    let standing = standing
        .flat_map(|((account, what), tally)| both(key::standing(tenant, account), what.as_str().to_owned(), tally));
    let turns = deltas.turns.iter().flat_map(|((account, on, what, turn), tally)| {
        both(key::day(tenant, account, *on), turned(*what, *turn), tally)
    });
    standing.chain(turns).filter(|(.., sum)| *sum != 0).collect()
}

fn turned(what: Agreed, turn: Turn) -> String {
    format!("{}.{}", what.as_str(), turn.as_str())
}

fn tally(counters: &DayCounters, name: &str) -> Tally {
    let sum = |name: &str| counters.get(name).copied().unwrap_or(0);
    Tally { count: sum(name), minor: sum(&format!("{name}.minor")) }
}

impl Store {
    /// What is agreed and held of an account now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn standing(&self, tenant: &TenantId, account: &AccountKey) -> Result<Standing, StoreError> {
        let key = attributes(&key::standing(tenant, account));
        let call = self.client.get_item().table_name(&self.config.table).set_key(Some(key));
        let item = call.send().await.map_err(sort)?.item.unwrap_or_default();
        let counters = numbers(&item);
        Ok(Agreed::ALL.into_iter().map(|what| (what, tally(&counters, what.as_str()))).collect())
    }

    /// What became of the agreements of an account from one day to another, by month.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn turns(
        &self,
        tenant: &TenantId,
        account: &AccountKey,
        from: Date,
        to: Date,
    ) -> Result<Turns, StoreError> {
        let bound = |day| AttributeValue::S(key::day(tenant, account, day).sk);
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":pk", AttributeValue::S(key::metric(tenant, account)))
            .expression_attribute_values(":from", bound(from))
            .expression_attribute_values(":to", bound(to))
            .into_paginator()
            .items()
            .send();
        let mut turns = Turns::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(sort)?;
            let day = item.get("SK").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix("DAY#"));
            let day = read("counter", day.unwrap_or_default().parse::<Date>())?;
            let counters = numbers(&item);
            let month = turns.entry(day.first_of_month()).or_default();
            for (what, turn) in Agreed::ALL.into_iter().flat_map(|what| Turn::ALL.map(|turn| (what, turn))) {
                let Tally { count, minor } = tally(&counters, &turned(what, turn));
                let sum = month.entry((what, turn)).or_default();
                sum.count = sum.count.saturating_add(count);
                sum.minor = sum.minor.saturating_add(minor);
            }
        }
        turns.values_mut().for_each(|month| month.retain(|_, tally| *tally != Tally::default()));
        turns.retain(|_, month| !month.is_empty());
        Ok(turns)
    }
}
