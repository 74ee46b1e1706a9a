//! Versions of templates: written once, and never again.

use dunlin_domain::ids::{TemplateName, TenantId};
use dunlin_domain::template::{Form, Language, TemplateKey, Texts};
use jiff::Timestamp;

use super::key;
use super::record::{Item, ShelfRecord, TemplateRecord, from_item, read_item, to_item};
use super::settings_log::{Author, SettingsChange};
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
        by: &Author,
    ) -> Result<(), StoreError> {
        let shelf = to_item(&key::shelf(tenant, template, version), &ShelfRecord { saved_at: by.at })?;
        let texts = to_item(&key::template(tenant, template, version), &TemplateRecord::of(texts, by.at))?;
        let (what, once) = (vec!["template.saved"], vec![shelf, texts]);
        self.change_settings(tenant, &SettingsChange { what, once, ..SettingsChange::default() }, by).await
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
