//! Backtests: what is tried, written once, and what came of it, an item for each partition of the directory. A part is
//! written on condition of the version before it, so that of two workers one is heard.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::backtest::{Prices, Trial, Window};
use dunlin_domain::ids::{BacktestId, PolicyName, PortfolioId, TenantId};
use dunlin_domain::policy::{Policy, Subject};
use jiff::Timestamp;

use super::directory::RowPlace;
use super::error::sort;
use super::key;
use super::record::{BacktestPartRecord, BacktestRecord, Item, read_item, to_item};
use super::{Store, StoreError};

/// A policy that is tried on the months that were, beside the one that is in use.
#[derive(Debug, Clone, PartialEq)]
pub struct Backtest {
    /// Which one.
    pub id: BacktestId,
    /// What both policies are for.
    pub subject: Subject,
    /// The policy that was in use when it was asked for.
    pub in_use: Policy,
    /// The policy that is tried; perhaps not on record.
    pub candidate: Policy,
    /// Of which creditor; of all where none is named.
    pub portfolio: Option<PortfolioId>,
    /// The months.
    pub window: Window,
    /// What messages cost.
    pub prices: Prices,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// What came of the debtors of one partition of the directory, as far as it has been gone through.
#[derive(Debug, Clone, PartialEq)]
pub struct BacktestPart {
    /// Which partition.
    pub shard: u32,
    /// Debtors that were listed when it was begun.
    pub listed: u64,
    /// Debtors that were looked at.
    pub looked_at: u64,
    /// Debtors whose history cannot be lived again: the log says which, and why.
    pub left_out: u64,
    /// The row that was looked at last.
    pub after: Option<RowPlace>,
    /// Whether all were.
    pub is_done: bool,
    /// What was found.
    pub trial: Trial,
    /// Counts writes; 0 where it is new.
    pub(super) version: u64,
}

impl BacktestPart {
    /// One that is to be gone through.
    #[must_use]
    pub fn new(shard: u32, listed: u64) -> Self {
        let (after, trial) = (None, Trial::default());
        Self { shard, listed, looked_at: 0, left_out: 0, after, is_done: false, trial, version: 0 }
    }
}

impl Store {
    /// Writes down what is to be tried.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is a backtest of that policy with this id.
    pub async fn put_backtest(&self, tenant: &TenantId, backtest: &Backtest) -> Result<(), StoreError> {
        let key = key::backtest_wanted(tenant, &backtest.candidate.id().name, &backtest.id);
        self.put_at(to_item(&key, &BacktestRecord::of(backtest))?, 0).await
    }

    /// A backtest of a policy.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backtest(
        &self,
        tenant: &TenantId,
        policy: &PolicyName,
        id: &BacktestId,
    ) -> Result<Option<Backtest>, StoreError> {
        let item = self.get(&key::backtest_wanted(tenant, policy, id)).await?;
        item.map(|item| read_item(item, |record: BacktestRecord| record.read(id))).transpose()
    }

    /// The parts of a backtest that have been written, by partition.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backtest_parts(
        &self,
        tenant: &TenantId,
        policy: &PolicyName,
        id: &BacktestId,
    ) -> Result<Vec<BacktestPart>, StoreError> {
        let mut items = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :part)")
            .expression_attribute_values(":pk", AttributeValue::S(key::backtest(tenant, policy, id)))
            .expression_attribute_values(":part", AttributeValue::S(key::BACKTEST_PART.to_owned()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut parts = Vec::new();
        while let Some(item) = items.next().await {
            parts.push(read_part(item.map_err(sort)?)?);
        }
        Ok(parts)
    }

    /// One part of a backtest, if it has been written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backtest_part(
        &self,
        tenant: &TenantId,
        policy: &PolicyName,
        id: &BacktestId,
        shard: u32,
    ) -> Result<Option<BacktestPart>, StoreError> {
        self.get(&key::backtest_part(tenant, policy, id, shard)).await?.map(read_part).transpose()
    }

    /// Writes how far a part is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed since it was read.
    pub async fn put_backtest_part(
        &self,
        tenant: &TenantId,
        backtest: &Backtest,
        part: &BacktestPart,
    ) -> Result<(), StoreError> {
        let key = key::backtest_part(tenant, &backtest.candidate.id().name, &backtest.id, part.shard);
        let item = to_item(&key, &BacktestPartRecord::of(part, backtest.created_at))?;
        self.put_at(item, part.version).await
    }
}

fn read_part(item: Item) -> Result<BacktestPart, StoreError> {
    read_item(item, BacktestPartRecord::read)
}
