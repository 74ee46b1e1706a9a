//! Addresses that a tenant must not use. An address is stopped in the commit that stops it for a debtor, by an update that
//! keeps what was known before: so two who stop it at once need not know of each other.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::Stop;
use dunlin_domain::ids::{DebtorId, TenantId};
use dunlin_domain::reach::address::AddressId;
use dunlin_domain::reach::{Address, StopReason, Suppression};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::debtor::Condition;
use super::error::sort;
use super::key::{self, Key};
use super::record::{Item, Record, known, read, read_item, seconds};
use super::{Store, StoreError, attributes};

/// Each word of the update keeps what is there, but for who knows of it.
const FIRST_STAYS: &str = "SET channel = if_not_exists(channel, :channel), address = if_not_exists(address, :address), \
                           reason = if_not_exists(reason, :reason), since = if_not_exists(since, :since), \
                           #source = if_not_exists(#source, :source), #schema = :schema, \
                           due_shard = if_not_exists(due_shard, :shard), due_at = if_not_exists(due_at, :at) \
                           ADD version :one";

/// An address that a tenant must not use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SuppressionRecord {
    /// Counts writes.
    version: u64,
    channel: String,
    address: String,
    reason: String,
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    debtors: Vec<String>,
    /// The sparse index lists a tenant's by time.
    due_shard: String,
    due_at: String,
}

impl Record for SuppressionRecord {
    const SCHEMA: u32 = 1;
}

impl SuppressionRecord {
    fn read(&self) -> Result<Suppression, StoreError> {
        let channel = known("channel", &self.channel, Channel::parse(&self.channel))?;
        let debtors = self.debtors.iter().map(|debtor| read("debtors", DebtorId::parse(debtor)));
        Ok(Suppression {
            address: read("address", Address::parse(channel, &self.address))?,
            reason: known("reason", &self.reason, StopReason::parse(&self.reason))?,
            since: self.since,
            source: self.source.clone(),
            debtors: debtors.collect::<Result<_, _>>()?,
        })
    }
}

/// A page of suppressed addresses.
#[derive(Debug, Clone, PartialEq)]
pub struct SuppressionPage {
    /// The addresses, latest first.
    pub suppressions: Vec<Suppression>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Store {
    /// Whether a tenant must not use an address, and why; with the version of what is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppression(
        &self,
        tenant: &TenantId,
        channel: Channel,
        address: &AddressId,
    ) -> Result<Option<(Suppression, u64)>, StoreError> {
        let item = self.get(&key::suppression(tenant, channel, address)).await?;
        let read = |record: SuppressionRecord| Ok((record.read()?, record.version));
        item.map(|item| read_item(item, read)).transpose()
    }

    /// Stops an address for a tenant, whoever has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppress(&self, tenant: &TenantId, stop: &Stop) -> Result<(), StoreError> {
        self.transact(vec![self.put_stop(tenant, stop, None)?]).await
    }

    /// Lifts what stopped an address, as it was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where somebody has stopped it again since.
    pub async fn lift_suppression(
        &self,
        tenant: &TenantId,
        suppression: &Suppression,
        version: u64,
    ) -> Result<(), StoreError> {
        let key = key::suppression(tenant, suppression.address.channel(), &suppression.address.id());
        let condition = Condition::version(version);
        let call = self.client.delete_item().table_name(&self.config.table).set_key(Some(attributes(&key)));
        let call = call.condition_expression(condition.expression());
        call.set_expression_attribute_values(condition.values()).send().await.map(drop).map_err(sort)
    }

    /// At most `limit` suppressed addresses of a tenant, latest first, from `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn suppressions(
        &self,
        tenant: &TenantId,
        limit: i32,
        after: Option<&str>,
    ) -> Result<SuppressionPage, StoreError> {
        let shard = key::suppressed_shard(tenant);
        let call = self.client.query().table_name(&self.config.table).index_name(&self.config.due_index);
        let call = call
            .key_condition_expression("due_shard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(shard.clone()))
            .scan_index_forward(false)
            .limit(limit)
            .set_exclusive_start_key(after.and_then(|mark| start(tenant, &shard, mark)));
        let answer = call.send().await.map_err(sort)?;
        let next = answer.last_evaluated_key().and_then(|last| mark(tenant, last));
        let places: Vec<Key> = answer.items().iter().filter_map(place_of).collect();
        let mut suppressions = Vec::with_capacity(places.len());
        for item in self.batch_get(&places).await? {
            suppressions.push(read_item(item, |record: SuppressionRecord| record.read())?);
        }
        suppressions.sort_by(|one, other| other.since.cmp(&one.since).then(one.address.id().cmp(&other.address.id())));
        Ok(SuppressionPage { suppressions, next })
    }

    /// The write that stops an address; `debtor` has it on record.
    pub(super) fn put_stop(
        &self,
        tenant: &TenantId,
        stop: &Stop,
        debtor: Option<&DebtorId>,
    ) -> Result<TransactWriteItem, StoreError> {
        let channel = stop.address.channel();
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let mut values = HashMap::from([
            (":channel".to_owned(), text(channel.as_str())),
            (":address".to_owned(), text(stop.address.as_str())),
            (":reason".to_owned(), text(stop.stopped.reason.as_str())),
            (":since".to_owned(), text(&stop.stopped.since.to_string())),
            (":source".to_owned(), stop.source.as_deref().map_or(AttributeValue::Null(true), text)),
            (":schema".to_owned(), AttributeValue::N(SuppressionRecord::SCHEMA.to_string())),
            (":shard".to_owned(), text(&key::suppressed_shard(tenant))),
            (":at".to_owned(), text(&seconds(stop.stopped.since))),
            (":one".to_owned(), AttributeValue::N("1".to_owned())),
        ]);
        let mut expression = FIRST_STAYS.to_owned();
        if let Some(debtor) = debtor {
            expression.push_str(", debtors :debtor");
            values.insert(":debtor".to_owned(), AttributeValue::Ss(vec![debtor.to_string()]));
        }
        let update = Update::builder()
            .table_name(&self.config.table)
            .set_key(Some(attributes(&key::suppression(tenant, channel, &stop.address.id()))))
            .update_expression(expression)
            .expression_attribute_names("#source", "source")
            .expression_attribute_names("#schema", "schema")
            .set_expression_attribute_values(Some(values))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

fn place_of(item: &Item) -> Option<Key> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    Some(Key { pk: text("PK")?, sk: text("SK")? })
}

/// A place in the list: the time, and the rest of the key behind what every one of the tenant begins with.
fn mark(tenant: &TenantId, last: &Item) -> Option<String> {
    let at = last.get("due_at")?.as_s().ok()?;
    Some(format!("{at}~{}", place_of(last)?.pk.strip_prefix(&key::suppressions(tenant))?))
}

fn start(tenant: &TenantId, shard: &str, mark: &str) -> Option<Item> {
    let (at, rest) = mark.split_once('~')?;
    let (channel, address) = rest.split_once('#')?;
    let place = key::suppression(tenant, Channel::parse(channel)?, &AddressId::parse(address)?);
    let mut start = attributes(&place);
    start.insert("due_shard".to_owned(), AttributeValue::S(shard.to_owned()));
    start.insert("due_at".to_owned(), AttributeValue::S(at.to_owned()));
    Some(start)
}
