//! Which logs moved on a day, until they are anchored, and what was anchored last.
//!
//! Heads that moved are noted by the batch in which the stream told them, many in one item, in a partition of the day on
//! which they were told. What is told late is anchored late: a day that is over gets nothing more, so that anchoring it again
//! comes to the same bytes.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_audit::{AnchorRef, Head};
use dunlin_domain::ids::{DebtorId, TenantId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::audit::{LogRecord, digest, text};
use super::debtor::Condition;
use super::error::sort;
use super::key;
use super::record::{Item, Record, from_item, read, read_item, to_item};
use super::{Store, StoreError};

/// How long notes are kept: so long may anchoring fail before anything is lost to it.
const NOTES_KEPT: SignedDuration = SignedDuration::from_hours(24 * 35);
/// An item takes 400 KB, and a head less than 200 bytes.
const HEADS_PER_NOTE: usize = 2_000;

/// A log that moved, as the stream tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedLog {
    /// Whose.
    pub tenant: TenantId,
    /// Of which debtor; none for the log of the tenant's own settings.
    pub debtor: Option<DebtorId>,
    /// Where it ends now.
    pub head: Head,
    /// When it moved.
    pub moved_at: Timestamp,
}

/// Logs by tenant and debtor, as in [`MovedLog`], and where each ended.
pub type MovedLogs = BTreeMap<TenantId, BTreeMap<Option<DebtorId>, Head>>;

/// What a head says of its log.
#[derive(Debug, Deserialize)]
struct LoggedHead {
    tenant: String,
    debtor: Option<String>,
    committed_at: Timestamp,
    log: Option<LogRecord>,
}

/// Heads that a batch told: debtor, number and hash of the last record, by tenant.
#[derive(Debug, Serialize, Deserialize)]
struct NoteRecord {
    heads: BTreeMap<String, Vec<(Option<String>, u64, String)>>,
    expires_at: i64,
}

impl Record for NoteRecord {
    const SCHEMA: u32 = 1;
}

/// A tenant's last anchor.
#[derive(Debug, Serialize, Deserialize)]
struct AnchorRecord {
    day: String,
    hash: String,
    /// Counts the tenant's anchors.
    version: u64,
}

impl Record for AnchorRecord {
    const SCHEMA: u32 = 1;
}

/// The last day that is anchored for every tenant.
#[derive(Debug, Serialize, Deserialize)]
struct AnchoredRecord {
    day: Date,
}

impl Record for AnchoredRecord {
    const SCHEMA: u32 = 1;
}

/// A tenant's last anchor, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastAnchor {
    /// Which one; `None` where there is none yet.
    pub anchor: Option<AnchorRef>,
    version: u64,
}

impl MovedLog {
    /// Reads from the stream the new image of a debtor's head, or of where the log of a tenant's settings stands; `None`
    /// where the log has not begun.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn from_image(image: serde_dynamo::Item) -> Result<Option<Self>, StoreError> {
        let head: LoggedHead = read("head", serde_dynamo::from_item(image))?;
        let Some(log) = head.log else { return Ok(None) };
        let tenant = read("tenant", TenantId::parse(&head.tenant))?;
        let debtor = head.debtor.map(|debtor| read("debtor", DebtorId::parse(&debtor))).transpose()?;
        let place = debtor.as_ref().map_or_else(|| key::settings_audit(&tenant), |one| key::debtor(&tenant, one));
        let ended = log.head().map_err(|error| error.within(&place))?;
        Ok(Some(Self { tenant, debtor, head: ended, moved_at: head.committed_at }))
    }
}

impl Store {
    /// Notes that logs moved, told by the batch `batch` on the day of `now`. Noting a batch again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_moved(&self, batch: &str, logs: &[MovedLog], now: Timestamp) -> Result<(), StoreError> {
        let mut latest: BTreeMap<(&TenantId, Option<&DebtorId>), Head> = BTreeMap::new();
        for log in logs {
            let known = latest.entry((&log.tenant, log.debtor.as_ref())).or_insert(log.head);
            *known = later(*known, log.head);
        }
        let latest: Vec<_> = latest.into_iter().collect();
        let expires_at = now.saturating_add(NOTES_KEPT).unwrap_or(Timestamp::MAX).as_second();
        for (part, heads) in latest.chunks(HEADS_PER_NOTE).enumerate() {
            let mut note = NoteRecord { heads: BTreeMap::new(), expires_at };
            for ((tenant, debtor), head) in heads {
                let of_tenant = note.heads.entry(tenant.to_string()).or_default();
                of_tenant.push((debtor.map(ToString::to_string), head.seq, text(head.hash)));
            }
            let item = to_item(&key::moved(day_of(now), &format!("{batch}.{part:03}")), &note)?;
            self.client.put_item().table_name(&self.config.table).set_item(Some(item)).send().await.map_err(sort)?;
        }
        Ok(())
    }

    /// The logs that were told to have moved on a day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn moved(&self, day: Date) -> Result<MovedLogs, StoreError> {
        let mut notes = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(key::moved_on(day)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut moved = MovedLogs::new();
        while let Some(note) = notes.next().await {
            read_item(note.map_err(sort)?, |note: NoteRecord| note.add_to(&mut moved))?;
        }
        Ok(moved)
    }

    /// A tenant's last anchor.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_anchor(&self, tenant: &TenantId) -> Result<LastAnchor, StoreError> {
        let Some(item) = self.get(&key::anchor(tenant)).await? else { return Ok(LastAnchor::default()) };
        read_item(item, |record: AnchorRecord| {
            let AnchorRecord { day, hash, version } = record;
            Ok(LastAnchor { anchor: Some(AnchorRef { day, hash: digest(&hash)? }), version })
        })
    }

    /// Writes down which anchor of a tenant is the last now.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where `last` is not the last any more.
    pub async fn put_anchor(&self, tenant: &TenantId, last: &LastAnchor, next: AnchorRef) -> Result<(), StoreError> {
        let condition = Condition::version(last.version);
        let version = last.version.saturating_add(1);
        let record = AnchorRecord { day: next.day, hash: text(next.hash), version };
        let call = self.client.put_item().table_name(&self.config.table);
        let call = call.set_item(Some(to_item(&key::anchor(tenant), &record)?));
        let call = call.condition_expression(condition.expression());
        call.set_expression_attribute_values(condition.values()).send().await.map(drop).map_err(sort)
    }

    /// The last day that is anchored for every tenant; that notes are not kept from before where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn anchored_until(&self, now: Timestamp) -> Result<Date, StoreError> {
        let item: Option<Item> = self.get(&key::anchored()).await?;
        let known = item.map(from_item::<AnchoredRecord>).transpose()?;
        let before_all_notes = now.saturating_sub(NOTES_KEPT).unwrap_or(Timestamp::MIN);
        Ok(known.map_or(day_of(before_all_notes), |record| record.day))
    }

    /// Writes down that a day is anchored for every tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn put_anchored_until(&self, day: Date) -> Result<(), StoreError> {
        let item = to_item(&key::anchored(), &AnchoredRecord { day })?;
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
        call.send().await.map(drop).map_err(sort)
    }
}

impl NoteRecord {
    fn add_to(self, moved: &mut MovedLogs) -> Result<(), StoreError> {
        for (tenant, heads) in self.heads {
            let of_tenant = moved.entry(read("tenant", TenantId::parse(&tenant))?).or_default();
            for (debtor, seq, hash) in heads {
                let head = Head { seq, hash: digest(&hash)? };
                let debtor = debtor.map(|debtor| read("debtor", DebtorId::parse(&debtor))).transpose()?;
                let known = of_tenant.entry(debtor).or_insert(head);
                *known = later(*known, head);
            }
        }
        Ok(())
    }
}

fn later(one: Head, other: Head) -> Head {
    if other.seq > one.seq { other } else { one }
}

/// The day in UTC.
fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}
