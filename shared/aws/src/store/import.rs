//! Imports: a file that is taken in by parts. The import and each of its parts are items of their own, and every step is
//! one write that is conditional on the version before it, so a step that is delivered twice is taken once.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::ids::TenantId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::debtor::Condition;
use super::error::sort;
use super::key;
use super::record::{ImportPartRecord, ImportRecord, Item, from_item, seconds, to_item};
use super::{Store, StoreError};

/// What names an import within its tenant: safe in an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImportId(String);

/// A text is no import's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an import's id is 1 to 64 of a-z, 0-9 and '-'")]
pub struct ImportIdError;

impl ImportId {
    /// Checks and takes the id.
    ///
    /// # Errors
    /// [`ImportIdError`].
    pub fn parse(text: &str) -> Result<Self, ImportIdError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let sound = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        if sound { Ok(Self(text.to_owned())) } else { Err(ImportIdError) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ImportId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ImportId {
    type Error = ImportIdError;

    fn try_from(text: String) -> Result<Self, ImportIdError> {
        Self::parse(&text)
    }
}

impl From<ImportId> for String {
    fn from(id: ImportId) -> Self {
        id.0
    }
}

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportKind {
    /// Invoices and credit notes.
    Invoices,
    /// Payments.
    Payments,
    /// Payment plans.
    Plans,
}

impl ImportKind {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Payments => "payments",
            Self::Plans => "plans",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Invoices, Self::Payments, Self::Plans].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// There is an address to upload to, and no file yet.
    AwaitingUpload,
    /// The file is read and cut into parts.
    Splitting,
    /// The parts are booked.
    Booking,
    /// Every row has its answer.
    Done,
    /// The file as a whole cannot be taken in.
    Failed,
}

impl ImportState {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingUpload => "awaiting_upload",
            Self::Splitting => "splitting",
            Self::Booking => "booking",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// How many rows came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Rows of the file.
    pub rows: u64,
    /// New.
    pub created: u64,
    /// Known, and changed.
    pub updated: u64,
    /// Known, and said again.
    pub unchanged: u64,
    /// Not taken in.
    pub rejected: u64,
}

impl ImportCounts {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows.saturating_add(other.rows),
            created: self.created.saturating_add(other.created),
            updated: self.updated.saturating_add(other.updated),
            unchanged: self.unchanged.saturating_add(other.unchanged),
            rejected: self.rejected.saturating_add(other.rejected),
        }
    }
}

/// How far a file has been cut, and into what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitMark {
    /// Bytes that were cut.
    pub offset: u64,
    /// Lines that were cut.
    pub line: u64,
    /// Rows that were cut.
    pub rows: u64,
    /// What separates fields.
    pub delimiter: u8,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// How many segments each part has.
    pub segments: Vec<u32>,
}

/// One upload of an import's file. The same name uploaded again is another run, and the one before it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRun {
    /// What its messages and objects carry.
    pub id: String,
    /// Which object it is about.
    pub etag: String,
    /// Orders uploads under one name.
    pub sequencer: String,
    /// The file's size.
    pub bytes: u64,
    /// When it was found.
    pub started_at: Timestamp,
    /// When its rows are taken to be said. The same however often a row is booked, so that booking it again says nothing
    /// new.
    pub as_of: Timestamp,
    /// How far it has been cut.
    pub split: SplitMark,
    /// Since when its parts are booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking_since: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What came of it, once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<ImportCounts>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A file that is taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Which one.
    pub id: ImportId,
    /// What its rows are.
    pub kind: ImportKind,
    /// Whether it only says what it would do.
    pub dry_run: bool,
    /// What the tenant calls the file.
    pub file_name: String,
    /// The key of the file in the bucket.
    pub object: String,
    /// How far it is.
    pub state: ImportState,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// The time that travels with it, which only the local stack honours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
    /// The latest upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<ImportRun>,
    /// Counts writes; 0 where it is new.
    #[serde(skip)]
    pub version: u64,
}

/// How far a part has been booked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPart {
    /// Which one, counted from 0.
    pub number: u32,
    /// How many segments it has.
    pub segments: u32,
    /// Segments that are booked.
    pub segment: u32,
    /// Batches of the next segment that are booked.
    pub batch: u32,
    /// What came of the rows so far.
    pub counts: ImportCounts,
    /// The batches in which rows were rejected: segment and batch.
    pub rejected: Vec<(u32, u32)>,
    /// Counts writes; 0 where it is new.
    #[serde(skip)]
    pub version: u64,
}

impl ImportPart {
    /// Whether every row has its answer.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.segment >= self.segments
    }
}

/// A page of imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportPage {
    /// The imports, latest upload first.
    pub imports: Vec<Import>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Store {
    /// An import, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import(&self, tenant: &TenantId, id: &ImportId) -> Result<Option<Import>, StoreError> {
        self.get(&key::import(tenant, id)).await?.map(read_import).transpose()
    }

    /// Writes an import, which is at its next version then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed since it was read.
    pub async fn put_import(&self, tenant: &TenantId, import: &mut Import) -> Result<(), StoreError> {
        let moved = import.run.as_ref().map_or(import.created_at, |run| run.started_at);
        let listed = (key::imports_shard(tenant), seconds(moved));
        let version = import.version.saturating_add(1);
        let item = to_item(&key::import(tenant, &import.id), &ImportRecord::of(import, version, listed))?;
        self.put_at(item, import.version).await?;
        import.version = version;
        Ok(())
    }

    /// At most `limit` imports, latest upload first, from `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn imports(
        &self,
        tenant: &TenantId,
        limit: i32,
        after: Option<&ImportMark>,
    ) -> Result<ImportPage, StoreError> {
        let shard = key::imports_shard(tenant);
        let answer = self
            .client
            .query()
            .table_name(&self.config.table)
            .index_name(&self.config.due_index)
            .key_condition_expression("due_shard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(shard.clone()))
            .scan_index_forward(false)
            .limit(limit)
            .set_exclusive_start_key(after.map(|mark| mark.start(tenant, shard)))
            .send()
            .await
            .map_err(sort)?;
        let next = answer.last_evaluated_key().and_then(ImportMark::of).map(|mark| mark.to_string());
        let found: Vec<ImportMark> = answer.items().iter().filter_map(ImportMark::of).collect();
        let keys: Vec<_> = found.iter().map(|mark| key::import(tenant, &mark.id)).collect();
        let imports = self.batch_get(&keys).await?.into_iter().map(read_import);
        let mut imports = imports.collect::<Result<Vec<_>, _>>()?;
        imports.sort_by_key(|import| found.iter().position(|mark| mark.id == import.id));
        Ok(ImportPage { imports, next })
    }

    /// A part of a run, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_part(
        &self,
        tenant: &TenantId,
        id: &ImportId,
        run: &str,
        number: u32,
    ) -> Result<Option<ImportPart>, StoreError> {
        self.get(&key::import_part(tenant, id, run, number)).await?.map(read_part).transpose()
    }

    /// Every part of a run, in order, read consistently.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_parts(
        &self,
        tenant: &TenantId,
        id: &ImportId,
        run: &str,
    ) -> Result<Vec<ImportPart>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk AND begins_with(SK, :run)")
            .expression_attribute_values(":pk", AttributeValue::S(key::import_parts(tenant, id)))
            .expression_attribute_values(":run", AttributeValue::S(key::import_run(run)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut parts = Vec::new();
        while let Some(item) = pages.next().await {
            parts.push(read_part(item.map_err(sort)?)?);
        }
        Ok(parts)
    }

    /// Writes a part of an import's run, which is at its next version then.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it has changed since it was read.
    pub async fn put_import_part(
        &self,
        tenant: &TenantId,
        import: &Import,
        run: &str,
        part: &mut ImportPart,
    ) -> Result<(), StoreError> {
        let version = part.version.saturating_add(1);
        let key = key::import_part(tenant, &import.id, run, part.number);
        let item = to_item(&key, &ImportPartRecord::of(part, version, import.created_at))?;
        self.put_at(item, part.version).await?;
        part.version = version;
        Ok(())
    }

    /// Puts an item where it is still at `version`. Only a failed condition says that someone was faster; that another
    /// transaction is at the item says nothing of what it holds.
    pub(super) async fn put_at(&self, item: Item, version: u64) -> Result<(), StoreError> {
        let condition = Condition::version(version);
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
        let call =
            call.condition_expression(condition.expression()).set_expression_attribute_values(condition.values());
        let put = call.send().await;
        let busy = matches!(&put, Err(error) if error.code() == Some("TransactionConflictException"));
        put.map(drop).map_err(sort).map_err(|error| if busy { StoreError::Busy(error.to_string()) } else { error })
    }
}

/// A place in the list of imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportMark {
    at: String,
    id: ImportId,
}

impl ImportMark {
    /// Reads what [`std::fmt::Display`] writes; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('~')?;
        let at = at.parse::<Timestamp>().ok()?;
        Some(Self { at: seconds(at), id: ImportId::parse(id).ok()? })
    }

    fn of(item: &Item) -> Option<Self> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        Some(Self { at: text("due_at")?.clone(), id: ImportId::parse(text("SK")?).ok()? })
    }

    fn start(&self, tenant: &TenantId, shard: String) -> Item {
        let mut start = super::attributes(&key::import(tenant, &self.id));
        start.insert("due_shard".to_owned(), AttributeValue::S(shard));
        start.insert("due_at".to_owned(), AttributeValue::S(self.at.clone()));
        start
    }
}

impl std::fmt::Display for ImportMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}", self.at, self.id)
    }
}

fn read_import(item: Item) -> Result<Import, StoreError> {
    from_item::<ImportRecord>(item).map(ImportRecord::read)
}

fn read_part(item: Item) -> Result<ImportPart, StoreError> {
    from_item::<ImportPartRecord>(item).map(ImportPartRecord::read)
}
