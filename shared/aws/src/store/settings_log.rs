//! The log of a tenant's settings: policies, which of them are in use, and templates.
//!
//! It is a chain as each debtor has one, with a head and an item for each record. The state that it binds is all that lies
//! with the settings but the accounts. Settings may also be edited by hand; the next change through the API finds that
//! and says so in a record of its own, so that the log tells of it and hangs together.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_audit::{Actor, Change, Digest, Head, Record as Logged, Written};
use dunlin_domain::ids::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::{AuditRecord, BOUND_BY, LogRecord, digest, ride, text, written};
use super::audit_export::{AuditPart, AuditRange, Found, Whose};
use super::debtor::Condition;
use super::error::sort;
use super::key::{self, Key};
use super::record::{Item, Record, from_item, to_item};
use super::{Store, StoreError, attributes};

/// The shape of what a state's digest is taken of: the items as they are stored.
const SHAPE: u32 = 1;
/// A change that lost so many races is given up as busy.
const ROUNDS_MAX: usize = 8;

/// Who changes settings, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// What is changed, in one commit.
#[derive(Default)]
pub(super) struct SettingsChange {
    /// What is told of it.
    pub(super) what: Vec<&'static str>,
    pub(super) why: Option<String>,
    /// Items that are written once and never again.
    pub(super) once: Vec<Item>,
    /// Attributes of the settings that get another value.
    pub(super) chosen: BTreeMap<&'static str, AttributeValue>,
    /// Attributes of the settings as whoever changes them has seen them; `None` where there was none.
    pub(super) seen: BTreeMap<&'static str, Option<AttributeValue>>,
}

/// Where the log stands.
#[derive(Debug, Serialize, Deserialize)]
struct SettingsLogRecord {
    tenant: String,
    committed_at: Timestamp,
    log: LogRecord,
    /// The digest of the state after the last record.
    state: String,
    version: u64,
}

impl Record for SettingsLogRecord {
    const SCHEMA: u32 = 1;
}

/// What lies with a tenant's settings, by sort key.
type State = BTreeMap<String, Item>;

impl Store {
    /// Changes settings, with a record of it, or changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where something that is written once is there already, or something that was seen is not as
    /// it was.
    pub(super) async fn change_settings(
        &self,
        tenant: &TenantId,
        change: &SettingsChange,
        by: &Author,
    ) -> Result<(), StoreError> {
        for _ in 0..ROUNDS_MAX {
            let (state, known) = (self.settings_state(tenant).await?, self.settings_log(tenant).await?);
            if change.once.iter().any(|item| is_in(&state, tenant, item)) || !is_as_seen(&state, tenant, change) {
                return Err(StoreError::Conflict);
            }
            match self.transact(self.settings_writes(tenant, change, by, state, known)?).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Busy("the settings are changed by others".to_owned()))
    }

    /// A part of the log of a tenant's settings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn export_settings_audit(
        &self,
        tenant: &TenantId,
        range: AuditRange,
        now: Timestamp,
    ) -> Result<AuditPart, StoreError> {
        let known = self.settings_log(tenant).await?;
        let log = known.map_or(Ok(Head::EMPTY), |known| known.log.head())?;
        let mut found = Found::of(range);
        for partition in [key::settings_audit(tenant), key::tenant(tenant), key::templates(tenant)] {
            for item in self.partition(partition).await? {
                found.take(item, log)?;
            }
        }
        found.part(Whose { tenant, debtor: None }, log, now)
    }

    async fn settings_log(&self, tenant: &TenantId) -> Result<Option<SettingsLogRecord>, StoreError> {
        self.get(&key::settings_log(tenant)).await?.map(from_item).transpose()
    }

    async fn settings_state(&self, tenant: &TenantId) -> Result<State, StoreError> {
        let items = self.partition(key::tenant(tenant)).await?.into_iter();
        Ok(items.map(|item| (sort_key(&item), item)).filter(|(sk, _)| !sk.starts_with(key::ACCOUNT)).collect())
    }

    async fn partition(&self, pk: String) -> Result<Vec<Item>, StoreError> {
        let query = self.client.query().table_name(&self.config.table).key_condition_expression("PK = :pk");
        let query = query.expression_attribute_values(":pk", AttributeValue::S(pk)).consistent_read(true);
        query.into_paginator().items().send().collect::<Result<_, _>>().await.map_err(sort)
    }

    fn settings_writes(
        &self,
        tenant: &TenantId,
        change: &SettingsChange,
        by: &Author,
        state: State,
        known: Option<SettingsLogRecord>,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let version = known.as_ref().map_or(0, |known| known.version);
        let (records, once, after) = recorded(tenant, change, by, state, known.as_ref())?;
        let stands = SettingsLogRecord {
            tenant: tenant.to_string(),
            committed_at: by.at,
            log: LogRecord::at(records.last().map_or(Head::EMPTY, Logged::head)),
            state: text(after),
            version: version.saturating_add(1),
        };
        let stands = to_item(&key::settings_log(tenant), &stands)?;
        let mut writes = vec![self.put(stands, Some(&Condition::version(version)))?];
        for record in &records {
            let mut item = attributes(&key::settings_record(tenant, record.seq));
            ride(&mut item, &[AuditRecord::of(record)])?;
            writes.push(self.put(item, None)?);
        }
        for item in once {
            writes.push(self.put(item, Some(&Condition::Absent))?);
        }
        if !change.chosen.is_empty() {
            writes.push(self.set(&key::settings(tenant), &change.chosen)?);
        }
        Ok(writes)
    }

    /// Gives attributes of an item that is there another value.
    fn set(&self, key: &Key, values: &BTreeMap<&'static str, AttributeValue>) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder().table_name(&self.config.table);
        let mut update = update.set_key(Some(attributes(key))).condition_expression("attribute_exists(PK)");
        let mut terms = Vec::new();
        for (index, (name, value)) in values.iter().enumerate() {
            terms.push(format!("#n{index} = :v{index}"));
            update = update.expression_attribute_names(format!("#n{index}"), *name);
            update = update.expression_attribute_values(format!(":v{index}"), value.clone());
        }
        let update = update.update_expression(format!("SET {}", terms.join(", "))).build();
        let update = update.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// The records of a change, what it writes once, bound by the last of them, and the digest of the state after it.
fn recorded(
    tenant: &TenantId,
    change: &SettingsChange,
    by: &Author,
    mut state: State,
    known: Option<&SettingsLogRecord>,
) -> Result<(Vec<Logged>, Vec<Item>, Digest), StoreError> {
    let (mut head, before, mut records) = (Head::EMPTY, digest_of(&state)?, Vec::new());
    if let Some(known) = known {
        head = known.log.head()?;
        let left = digest(&known.state)?;
        records.extend((left != before).then(|| edited_by_hand(tenant, head, left, before, by.at)));
    }
    head = records.last().map_or(head, Logged::head);
    let seq = head.seq.saturating_add(1).to_string();
    let mut once = change.once.clone();
    once.iter_mut().for_each(|item| drop(item.insert(BOUND_BY.to_owned(), AttributeValue::N(seq.clone()))));
    apply(&mut state, tenant, &once, change);
    let bound: Vec<Written> = once.iter().map(written).collect::<Result<_, _>>()?;
    let after = digest_of(&state)?;
    let record = Change {
        at: by.at.to_string(),
        actor: by.actor.clone(),
        what: change.what.iter().map(|what| (*what).to_owned()).collect(),
        why: change.why.clone(),
        before,
        after,
        shape: SHAPE,
        written: Written::digest(&bound),
    };
    records.push(Logged::new(tenant.as_str(), None, head, record));
    Ok((records, once, after))
}

/// The state as the change leaves it.
fn apply(state: &mut State, tenant: &TenantId, once: &[Item], change: &SettingsChange) {
    for item in once.iter().filter(|item| lies_with(tenant, item)) {
        state.insert(sort_key(item), item.clone());
    }
    if let Some(settings) = state.get_mut(&key::settings(tenant).sk) {
        settings.extend(change.chosen.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
}

fn lies_with(tenant: &TenantId, item: &Item) -> bool {
    item.get("PK").and_then(|pk| pk.as_s().ok()) == Some(&key::tenant(tenant))
}

fn is_in(state: &State, tenant: &TenantId, item: &Item) -> bool {
    lies_with(tenant, item) && state.contains_key(&sort_key(item))
}

fn is_as_seen(state: &State, tenant: &TenantId, change: &SettingsChange) -> bool {
    let settings = state.get(&key::settings(tenant).sk);
    change.seen.iter().all(|(name, seen)| settings.and_then(|settings| settings.get(*name)) == seen.as_ref())
}

fn sort_key(item: &Item) -> String {
    item.get("SK").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default()
}

fn digest_of(state: &State) -> Result<Digest, StoreError> {
    let items: Vec<Written> = state.values().map(written).collect::<Result<_, _>>()?;
    Ok(Written::digest(&items))
}

/// That settings are not what the last change left; by whom and when is not known, only since when.
fn edited_by_hand(tenant: &TenantId, head: Head, before: Digest, after: Digest, at: Timestamp) -> Logged {
    let change = Change {
        at: at.to_string(),
        actor: Actor::new("unknown", "unknown"),
        what: vec!["settings.edited".to_owned()],
        why: Some("found to be edited in the table, by hand".to_owned()),
        before,
        after,
        shape: SHAPE,
        written: Written::digest(&[]),
    };
    Logged::new(tenant.as_str(), None, head, change)
}
