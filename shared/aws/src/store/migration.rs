//! Rewriting items whose shape is of the version before, a page of the table at a time.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::ids::{DebtorId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::audit::{BOUND_BY, RECORDS};
use super::debtor::Condition;
use super::error::sort;
use super::feedback::FeedbackRecord;
use super::key::{self, Key};
use super::record::{
    AgreementRecord, AllocationRecord, HeadRecord, HoldRecord, InvoiceRecord, Item, Record, ReferenceRecord,
    RemittanceRecord, SCHEMA, from_item, place, read, schema, to_item,
};
use super::suppression::SuppressionRecord;
use super::{Store, StoreError};

/// Items read at once: a page is rewritten in a second or two.
const ITEMS_PER_PAGE: i32 = 200;

/// How far a migration is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// Items read.
    pub read: u64,
    /// Items that were of the shape before, and are not any more.
    pub rewritten: u64,
    /// Items that could not be read; the log names them.
    pub failed: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When its last page was done.
    pub finished_at: Option<Timestamp>,
    /// The partition and sort key of the last item read.
    after: Option<(String, String)>,
    /// Counts pages; each is conditional on the one before.
    version: u64,
}

impl Migration {
    /// Whether every page was read.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.finished_at.is_some()
    }
}

impl Record for Migration {
    const SCHEMA: u32 = 1;
}

/// What became of one item.
enum Rewritten {
    Yes,
    NotNeeded,
}

impl Store {
    /// How far the migration to the shapes of this version is; one that has not begun begins at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn migration(&self, now: Timestamp) -> Result<Migration, StoreError> {
        let known = self.get(&key::migration(&target())).await?.map(from_item::<Migration>).transpose()?;
        Ok(known.unwrap_or(Migration {
            read: 0,
            rewritten: 0,
            failed: 0,
            started_at: now,
            finished_at: None,
            after: None,
            version: 0,
        }))
    }

    /// Rewrites the next page and writes down how far that is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where another invocation is further.
    pub async fn migrate_page(&self, migration: &mut Migration, now: Timestamp) -> Result<(), StoreError> {
        let after = migration.after.as_ref().map(|(pk, sk)| super::attributes(&Key { pk: pk.clone(), sk: sk.clone() }));
        let call = self.client.scan().table_name(&self.config.table).limit(ITEMS_PER_PAGE);
        let page = call.set_exclusive_start_key(after).send().await.map_err(sort)?;
        for item in page.items.unwrap_or_default() {
            let place = place(&item);
            migration.read = migration.read.saturating_add(1);
            match self.migrate(item).await {
                Ok(Rewritten::Yes) => migration.rewritten = migration.rewritten.saturating_add(1),
                Ok(Rewritten::NotNeeded) => {}
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(%place, %error, "item not migrated");
                    migration.failed = migration.failed.saturating_add(1);
                }
                Err(error) => return Err(error),
            }
        }
        migration.after = page.last_evaluated_key.as_ref().and_then(keys);
        if migration.after.is_none() {
            migration.finished_at = Some(now);
        }
        self.put_migration(migration).await
    }

    /// Brings an item into its latest shape, and a debtor into the directory.
    async fn migrate(&self, item: Item) -> Result<Rewritten, StoreError> {
        let debtor = debtor_of(&item)?;
        let rewritten = self.rewrite(item).await?;
        let Some((tenant, debtor)) = debtor else { return Ok(rewritten) };
        if self.list(&tenant, &debtor).await? { Ok(Rewritten::Yes) } else { Ok(rewritten) }
    }

    async fn put_migration(&self, migration: &mut Migration) -> Result<(), StoreError> {
        let condition = Condition::version(migration.version);
        migration.version = migration.version.saturating_add(1);
        let item = to_item(&key::migration(&target()), migration)?;
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
        let call = call.condition_expression(condition.expression());
        call.set_expression_attribute_values(condition.values()).send().await.map(drop).map_err(sort)
    }

    /// Writes an item in its latest shape, unless someone else has written it since it was read.
    async fn rewrite(&self, item: Item) -> Result<Rewritten, StoreError> {
        let (was, version) = (schema(&item), item.get("version").cloned());
        let Some(item) = upgraded(item)? else { return Ok(Rewritten::NotNeeded) };
        let unchanged = "(attribute_not_exists(#schema) OR #schema = :schema)";
        let condition =
            if version.is_some() { format!("{unchanged} AND version = :version") } else { unchanged.to_owned() };
        let call = self.client.put_item().table_name(&self.config.table).set_item(Some(item));
        let call = call.condition_expression(condition).expression_attribute_names("#schema", SCHEMA);
        let mut call = call.expression_attribute_values(":schema", AttributeValue::N(was.to_string()));
        if let Some(version) = version {
            call = call.expression_attribute_values(":version", version);
        }
        match call.send().await.map_err(sort) {
            Ok(_) => Ok(Rewritten::Yes),
            Err(StoreError::Conflict) => Ok(Rewritten::NotNeeded),
            Err(error) => Err(error),
        }
    }
}

/// What this version migrates to: the kinds of items that have had more than one shape, and that every debtor is in the
/// directory. Another set is another migration, which begins anew.
fn target() -> String {
    let kinds = [
        ("HEAD", HeadRecord::SCHEMA),
        ("INVOICE", InvoiceRecord::SCHEMA),
        ("HOLD", HoldRecord::SCHEMA),
        ("AGREEMENT", AgreementRecord::SCHEMA),
        ("FEEDBACK", FeedbackRecord::SCHEMA),
        ("SUPPRESS", SuppressionRecord::SCHEMA),
        ("REF", ReferenceRecord::SCHEMA),
        ("REMITTANCE", RemittanceRecord::SCHEMA),
        ("ALLOCATION", AllocationRecord::SCHEMA),
    ];
    let changed = kinds.iter().filter(|(_, schema)| *schema > 1);
    let changed = changed.map(|(kind, schema)| format!("{kind}-{schema}"));
    changed.chain(["LISTED".to_owned()]).collect::<Vec<_>>().join(".")
}

/// Whose head an item is, if it is one.
fn debtor_of(item: &Item) -> Result<Option<(TenantId, DebtorId)>, StoreError> {
    let is_head = item.get("SK").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk == key::HEAD);
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str);
    let whose =
        || Ok((read("tenant", TenantId::parse(text("tenant")))?, read("debtor", DebtorId::parse(text("debtor")))?));
    if is_head { whose().map(Some) } else { Ok(None) }
}

/// An item in its latest shape, or `None` where it is in it already. What expires soon, or was written by hand, is left; and so
/// is what the audit log binds or rides on, because another shape of it would look like an edit.
fn upgraded(item: Item) -> Result<Option<Item>, StoreError> {
    if item.contains_key(BOUND_BY) || item.contains_key(RECORDS) {
        return Ok(None);
    }
    let sk = item.get("SK").and_then(|sk| sk.as_s().ok()).map_or("", String::as_str).to_owned();
    let past = sk.strip_prefix(key::PAST).and_then(|rest| rest.split('#').nth(1));
    match (sk.as_str(), past) {
        (key::HEAD, _) => latest::<HeadRecord>(item),
        (_, Some("INVOICE")) => latest::<InvoiceRecord>(item),
        (live, None) if key::is_live_invoice(live) => latest::<InvoiceRecord>(item),
        (live, None) if key::is_hold(live) => latest::<HoldRecord>(item),
        (live, None) if key::is_agreement(live) => latest::<AgreementRecord>(item),
        (_, Some("FEEDBACK")) => latest::<FeedbackRecord>(item),
        ("SUPPRESS", _) => latest::<SuppressionRecord>(item),
        ("REF", _) => latest::<ReferenceRecord>(item),
        ("REMITTANCE", _) => latest::<RemittanceRecord>(item),
        (allocation, None) if allocation.starts_with(key::ALLOCATION) => latest::<AllocationRecord>(item),
        _ => Ok(None),
    }
}

fn latest<T: Record>(item: Item) -> Result<Option<Item>, StoreError> {
    if schema(&item) == T::SCHEMA {
        return Ok(None);
    }
    let Some((pk, sk)) = keys(&item) else { return Ok(None) };
    let record: T = from_item(item)?;
    to_item(&Key { pk, sk }, &record.upgraded()).map(Some)
}

fn keys(item: &Item) -> Option<(String, String)> {
    Some((item.get("PK")?.as_s().ok()?.clone(), item.get("SK")?.as_s().ok()?.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A closed invoice of a shape before all others.
    fn old_invoice() -> Item {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let minor = || AttributeValue::N("0".to_owned());
        let item = [
            ("PK", text("T#demo#D#C1")),
            ("SK", text("PAST#2026-03-01T00:00:00.000000Z#INVOICE#main/I1")),
            (SCHEMA, minor()),
        ];
        item.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn what_the_audit_log_binds_or_rides_on_is_left_as_it_is() {
        assert!(upgraded(old_invoice()).is_err(), "it would be rewritten, if it could be read");
        for attribute in [BOUND_BY, RECORDS] {
            let mut item = old_invoice();
            item.insert(attribute.to_owned(), AttributeValue::N("7".to_owned()));
            assert_eq!(upgraded(item).unwrap(), None, "{attribute}");
        }
    }
}
