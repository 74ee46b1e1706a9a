//! The table: one partition for each debtor, so that one query reads all that a decision needs and one transaction
//! commits it.
//!
//! | item | PK | SK |
//! | --- | --- | --- |
//! | debtor head | `T#<tenant>#D#<debtor>` | `LIVE#DEBTOR` |
//! | live invoice | same | `LIVE#INVOICE#<portfolio>/<number>` |
//! | closed invoice | same | `PAST#<issue date>T00:00:00.000000Z#INVOICE#<portfolio>/<number>` |
//! | history: entry, message, feedback, decision, task | same | `PAST#<time>#<KIND>#<number>` |
//! | the projector's cursor | same | `CURSOR` |
//! | an invoice by its number | `T#<tenant>#REF#INVOICE#<portfolio>/<number>` | `REF` |
//! | an invoice or customer by a provider's id | `T#<tenant>#REF#<KIND>#<source>#<id>` | `REF` |
//! | payment or credit note | `T#<tenant>#REMITTANCE#<kind>/<source>/<id>` | `REMITTANCE` |
//! | where a step placed a payment | same | `ALLOCATION#<number>` |
//! | receipt of a provider's event (expires), or of a call (expires, but for orders about money) | `T#<tenant>#RECEIPT#<provider>#<id>` | `RECEIPT` |
//! | suppressed address | `T#<tenant>#SUPPRESS#<channel>#<hash of address>` | `SUPPRESS` |
//! | whom a text was for (expires) | `DEPLOYMENT#TEXT#<provider's id>`, `DEPLOYMENT#TEXTED#<hash of number>` | `TEXT`, `T#<tenant>#D#<debtor>` |
//! | import of a file (expires) | `T#<tenant>#IMPORTS` | `<id>` |
//! | part of an import's run (expires) | `T#<tenant>#IMPORT#<id>` | `RUN#<run>#PART#<number>` |
//! | backtest of a policy, and its part for a partition of the directory (expire) | `T#<tenant>#BACKTEST#<policy>#<id>` | `BACKTEST`, `PART#<n>` |
//! | tenant: settings, policies | `T#<tenant>` | `SETTINGS`, `POLICY#<name>#<version>`, `ACCOUNT#<portfolio>#<currency>` |
//! | that a version of a template was saved | same | `TEMPLATE#<name>#<form>#<language>#<version>` |
//! | the texts of that version | `T#<tenant>#TEMPLATES` | `<name>#<form>#<language>#<version>` |
//! | how far a migration of the table is | `DEPLOYMENT` | `MIGRATION#<kinds and schemas>` |
//! | the log of a tenant's settings: where it stands, and each record | `T#<tenant>#AUDIT` | `LOG`, `RECORD#<number>` |
//! | a tenant's last anchor | `T#<tenant>#ANCHOR` | `ANCHOR` |
//! | logs that moved on a day (expires) | `DEPLOYMENT#MOVED#<day>` | `<batch>` |
//! | the last day that is anchored | `DEPLOYMENT` | `ANCHORED` |
//! | counters | `T#<tenant>#METRIC#<portfolio>#<currency>` | `DUE#<date>`, `DAY#<date>` |
//! | directory: each debtor, by name | `T#<tenant>#DEBTORS#<n>` | `<name in small letters>\t<debtor>` |
//! | group: how many children, and each | `T#<tenant>#GROUP#<parent>` | `GROUP`, `CHILD#<debtor>` |
//! | what a group owes, and when it falls due | same | `SUM#<currency>`, `DUE#<currency>#<month>` |
//!
//! One sparse index, `due` (`due_shard`, `due_at`), lists debtors with a next step (`DUE#<n>`, read by `aging-scan`
//! only), remittances that wait for their invoice (`T#<tenant>#UNMATCHED`), imports by the time of their latest upload
//! (`T#<tenant>#IMPORTS`) and suppressed addresses by theirs (`T#<tenant>#SUPPRESSED`).

mod agreed;
mod allocation;
mod anchor;
mod audit;
mod audit_export;
mod backtest;
mod contact_policy;
mod counters;
mod cursor;
mod debtor;
mod decision;
mod directory;
mod due;
mod error;
mod feedback;
mod group_sums;
mod groups;
mod history;
mod import;
mod key;
mod message;
mod migration;
mod receipt;
mod record;
mod reference;
mod remembered;
mod remittance;
mod settings_log;
mod suppression;
mod template;
mod tenancy;
mod text;
mod told;

pub use agreed::{Standing, Turns};
pub use allocation::AllocationPage;
pub use anchor::{LastAnchor, MovedLog, MovedLogs};
pub use audit_export::{AuditPart, AuditRange};
pub use backtest::{Backtest, BacktestPart};
pub use counters::{DayCounters, HeadChange, accounts_of};
pub use debtor::{Commit, Loaded, Writes};
pub use decision::{DecisionFile, DecisionId, DecisionPage, Replay, StoredDecision};
pub use directory::{DirectoryPage, DirectoryRow, RowPlace, Search};
pub use due::{DueMark, DuePage};
pub use error::StoreError;
pub use feedback::MessageRef;
pub use group_sums::{GroupChange, GroupSum};
pub use groups::{ChildrenPage, Group};
pub use history::{TimelineEntry, TimelinePage};
pub use import::{
    Import, ImportCounts, ImportId, ImportIdError, ImportKind, ImportMark, ImportPage, ImportPart, ImportRun,
    ImportState, SplitMark,
};
pub use key::{DIRECTORY_SHARDS, HEAD, SETTINGS_LOG, due_shard};
pub use message::Said;
pub use migration::Migration;
pub use receipt::{CommitMark, Kept, Receipt, Taken};
pub use reference::{Reference, ReferenceKey};
pub use remittance::Versioned;
pub use settings_log::Author;
pub use suppression::SuppressionPage;
pub use tenancy::Tenancy;

use std::collections::HashMap;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};

use key::Key;
use record::Item;

/// Where the table is.
#[derive(Debug, Clone)]
pub struct TableConfig {
    /// The table's name.
    pub table: String,
    /// The sparse index's name.
    pub due_index: String,
    /// Over how many partitions of the index debtors are spread.
    pub due_shards: u32,
    /// How long a tenant's settings that were read are used before they are read again.
    pub settings_kept: Duration,
}

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    config: TableConfig,
}

/// `BatchGetItem` takes this many keys.
const KEYS_PER_BATCH: usize = 100;
/// A batch that is answered in parts this often is given up as busy.
const BATCH_ROUNDS_MAX: usize = 8;

impl Store {
    /// How long a tenant's settings are used that were read.
    pub(crate) fn settings_kept(&self) -> Duration {
        self.config.settings_kept
    }

    /// The table as seen through `client`.
    #[must_use]
    pub fn new(client: Client, config: TableConfig) -> Self {
        Self { client, config }
    }

    /// Over how many partitions of the index debtors are spread.
    #[must_use]
    pub fn due_shards(&self) -> u32 {
        self.config.due_shards
    }

    /// Reads items by key, consistently; those that do not exist are left out.
    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(KEYS_PER_BATCH) {
            let wanted: Vec<_> = chunk.iter().map(attributes).collect();
            let mut left = Some(request(wanted)?);
            for _ in 0..BATCH_ROUNDS_MAX {
                let Some(wanted) = left.take() else { break };
                let call = self.client.batch_get_item().request_items(&self.config.table, wanted);
                let answer = call.send().await.map_err(error::sort)?;
                let mut found = answer.responses.unwrap_or_default();
                items.extend(found.remove(&self.config.table).unwrap_or_default());
                left = answer.unprocessed_keys.and_then(|mut keys| keys.remove(&self.config.table));
            }
            if left.is_some() {
                return Err(StoreError::Busy("batch read was not answered in full".to_owned()));
            }
        }
        Ok(items)
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let call = self.client.get_item().table_name(&self.config.table).set_key(Some(attributes(key)));
        Ok(call.consistent_read(true).send().await.map_err(error::sort)?.item)
    }
}

fn attributes(key: &Key) -> HashMap<String, AttributeValue> {
    let value = |text: &String| AttributeValue::S(text.clone());
    HashMap::from([("PK".to_owned(), value(&key.pk)), ("SK".to_owned(), value(&key.sk))])
}

fn request(keys: Vec<HashMap<String, AttributeValue>>) -> Result<KeysAndAttributes, StoreError> {
    let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
    request.map_err(|error| StoreError::Refused(error.to_string()))
}
