//! Groups of companies: who belongs to one, and what it owes together.
//!
//! Each debtor stays a partition of its own. Who joins or leaves is noted beside its head, in its commit; what the group
//! owes is counted by the projector with all other counters, exactly once. So sums follow the commits of the members
//! by as much as the stream does, a second as a rule.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use dunlin_domain::credit::CreditTerms;
use dunlin_domain::debtor::Membership;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::money::Currency;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::error::sort;
use super::group_sums::{GroupSum, GroupSumRecord};
use super::key::{self, Key};
use super::record::{HeadRecord, Item, Record, place, read, read_item, to_item};
use super::{Loaded, Store, StoreError, attributes};

/// What a group owes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// By currency; two are never added.
    pub sums: BTreeMap<Currency, GroupSum>,
    /// What is open, by due date, in minor units.
    pub due: BTreeMap<(Currency, Date), i64>,
}

/// A page of the children of a group, in order of their references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildrenPage {
    /// The children.
    pub children: Vec<DebtorId>,
    /// After whom the next page begins, if there is one.
    pub next: Option<DebtorId>,
}

impl Store {
    /// Notes whose child a debtor is and was, and that the parent is one, so that a group keeps its one level whoever else
    /// changes it at the same time.
    pub(super) fn membership(&self, loaded: &Loaded) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (debtor, before) = (&loaded.debtor, loaded.before.as_ref());
        let was = before.map_or(&Membership::Alone, |before| &before.membership);
        let is = &debtor.membership;
        if was == is {
            return Ok(Vec::new());
        }
        let (tenant, id) = (&debtor.tenant, &debtor.id);
        let mut writes = Vec::new();
        if let Some(parent) = was.parent() {
            writes.push(self.add(&key::children(tenant, parent), &BTreeMap::from([("children", -1)]))?);
            writes.push(self.delete(&key::child(tenant, parent, id))?);
        }
        if let Some(parent) = is.parent() {
            writes.push(self.check(
                &key::head(tenant, parent),
                "leads = :leads",
                (":leads", AttributeValue::Bool(true)),
            )?);
            writes.push(self.add(&key::children(tenant, parent), &BTreeMap::from([("children", 1)]))?);
            writes.push(self.put(to_item(&key::child(tenant, parent, id), &ChildRecord {})?, None)?);
        }
        if *was == Membership::Leads {
            let none = "attribute_not_exists(PK) OR children = :none";
            let none = self.check(&key::children(tenant, id), none, (":none", AttributeValue::N("0".to_owned())))?;
            writes.push(none);
        }
        Ok(writes)
    }

    pub(super) fn check(
        &self,
        key: &Key,
        condition: &str,
        (name, value): (&str, AttributeValue),
    ) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder().table_name(&self.config.table).set_key(Some(attributes(key)));
        let check = check.condition_expression(condition).expression_attribute_values(name, value).build();
        let check = check.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// How many children a debtor has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_children(&self, tenant: &TenantId, parent: &DebtorId) -> Result<u64, StoreError> {
        let Some(item) = self.get(&key::children(tenant, parent)).await? else { return Ok(0) };
        let count = item.get("children").and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok());
        count.ok_or_else(|| StoreError::corrupt(place(&item), "children is not a number"))
    }

    /// A page of at most `limit` children of a debtor, those after `after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn children(
        &self,
        tenant: &TenantId,
        parent: &DebtorId,
        limit: i32,
        after: Option<&DebtorId>,
    ) -> Result<ChildrenPage, StoreError> {
        let start = after.map(|after| attributes(&key::child(tenant, parent, after)));
        let call = self.client.query().table_name(&self.config.table).consistent_read(true);
        let call = call
            .key_condition_expression("PK = :pk AND begins_with(SK, :child)")
            .expression_attribute_values(":pk", AttributeValue::S(key::group(tenant, parent)))
            .expression_attribute_values(":child", AttributeValue::S(key::CHILD.to_owned()));
        let answer = call.limit(limit).set_exclusive_start_key(start).send().await.map_err(sort)?;
        let children: Vec<DebtorId> = answer.items.unwrap_or_default().iter().map(child).collect::<Result<_, _>>()?;
        let next = children.last().filter(|_| answer.last_evaluated_key.is_some()).cloned();
        Ok(ChildrenPage { children, next })
    }

    /// What the group of a debtor owes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn group(&self, tenant: &TenantId, parent: &DebtorId) -> Result<Group, StoreError> {
        let mut group = Group::default();
        for item in self.group_items(tenant, parent, key::GROUP_SUM).await? {
            let currency = currency(&item, key::GROUP_SUM)?;
            group.sums.insert(currency, read_item(item, |sum: GroupSumRecord| sum.read(currency))?);
        }
        for item in self.group_items(tenant, parent, key::GROUP_DUE).await? {
            let currency = currency(&item, key::GROUP_DUE)?;
            for (name, value) in &item {
                let (Ok(due), Ok(minor)) = (name.parse(), value.as_n()) else { continue };
                group.due.insert((currency, due), read("due", minor.parse())?);
            }
        }
        Ok(group)
    }

    async fn group_items(&self, tenant: &TenantId, parent: &DebtorId, prefix: &str) -> Result<Vec<Item>, StoreError> {
        let call = self.client.query().table_name(&self.config.table);
        let call = call
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", AttributeValue::S(key::group(tenant, parent)))
            .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
        call.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(sort)
    }

    /// What a debtor is granted, from its head alone; nothing where there is no such debtor.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn credit_terms(&self, tenant: &TenantId, id: &DebtorId) -> Result<CreditTerms, StoreError> {
        let Some(item) = self.get(&key::head(tenant, id)).await? else { return Ok(CreditTerms::default()) };
        read_item(item, |head: HeadRecord| head.terms())
    }
}

/// That a debtor is a child of a group; its key says it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct ChildRecord {}

impl Record for ChildRecord {
    const SCHEMA: u32 = 1;
}

fn child(item: &Item) -> Result<DebtorId, StoreError> {
    let id = item.get("SK").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix(key::CHILD));
    read("child", DebtorId::parse(id.unwrap_or_default())).map_err(|error| error.within(&place(item)))
}

/// The currency that a sort key names behind its prefix.
fn currency(item: &Item, prefix: &str) -> Result<Currency, StoreError> {
    let name = item.get("SK").and_then(|sk| sk.as_s().ok()).and_then(|sk| sk.strip_prefix(prefix));
    let code = name.and_then(|name| name.split('#').next()).unwrap_or_default();
    read("currency", Currency::parse(code)).map_err(|error| error.within(&place(item)))
}
