//! Versions of templates: written once, and never again.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use dunlin_domain::ids::{TemplateName, TenantId};
use dunlin_domain::template::{Form, Language, TemplateKey, Texts};
use jiff::Timestamp;

use super::key::{self, Key};
use super::record::{Item, Record, ShelfRecord, TemplateRecord, from_item, read_item, to_item};
use super::{Store, StoreError};

impl Store {
    /// Saves a version of a template.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where there is such a version: look which is the latest, and save the next.
    pub async fn save_template(
        &self,
        tenant: &TenantId,
        template: &TemplateKey,
        version: u32,
        texts: &Texts,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let shelf = self.once(&key::shelf(tenant, template, version), &ShelfRecord { saved_at: now })?;
        let texts = self.once(&key::template(tenant, template, version), &TemplateRecord::of(texts, now))?;
        self.transact(vec![shelf, texts]).await
    }

    /// The texts of a version of a template.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn template(
        &self,
        tenant: &TenantId,
        template: &TemplateKey,
        version: u32,
    ) -> Result<Option<Texts>, StoreError> {
        let item = self.get(&key::template(tenant, template, version)).await?;
        item.map(|item| read_item(item, |record: TemplateRecord| record.read(template.form))).transpose()
    }

    fn once<T: Record>(&self, key: &Key, record: &T) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&self.config.table).set_item(Some(to_item(key, record)?));
        let put = put.condition_expression("attribute_not_exists(PK)").build();
        let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// A version that was saved, from its item; `rest` is what stands behind the prefix of its key.
pub(super) fn saved(rest: &str, item: Item) -> Result<Option<(TemplateKey, u32, Timestamp)>, StoreError> {
    let mut parts = rest.split('#');
    let (Some(name), Some(form), Some(language), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Ok(None);
    };
    let (Ok(name), Some(form), Ok(language), Ok(version)) =
        (TemplateName::parse(name), Form::parse(form), Language::parse(language), version.parse())
    else {
        return Ok(None);
    };
    let record = from_item::<ShelfRecord>(item)?;
    Ok(Some((TemplateKey { name, form, language }, version, record.saved_at)))
}
