//! What a tenant decides about contact, beside its other settings.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::gate::ContactPolicy;
use dunlin_domain::ids::TenantId;

use super::error::sort;
use super::record::{ContactPolicyRecord, SettingsRecord, read_item};
use super::{Store, StoreError, attributes, key};

impl Store {
    /// What a tenant decides about contact, as of now, and how often it was decided; `None` where there is no such tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contact_policy(&self, tenant: &TenantId) -> Result<Option<(ContactPolicy, u32)>, StoreError> {
        let item = self.get(&key::settings(tenant)).await?;
        let read = |settings: SettingsRecord| Ok((settings.contact.policy()?, settings.contact.version));
        item.map(|item| read_item(item, read)).transpose()
    }

    /// Puts a policy in the place of the one that was decided `seen` times; the answer is how often it is now. Functions learn of it
    /// within a minute.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where someone else has decided since.
    pub async fn put_contact_policy(
        &self,
        tenant: &TenantId,
        policy: &ContactPolicy,
        seen: u32,
    ) -> Result<u32, StoreError> {
        let version = seen.saturating_add(1);
        let record = serde_dynamo::to_attribute_value(ContactPolicyRecord::of(policy, version));
        let record: AttributeValue = record.map_err(|error| StoreError::corrupt("contact", error))?;
        // One that a person wrote into the settings has no version.
        let unchanged = if seen == 0 { "attribute_not_exists(#contact.#version)" } else { "#contact.#version = :seen" };
        let seen = (seen > 0).then(|| (":seen".to_owned(), AttributeValue::N(seen.to_string())));
        let values = seen.into_iter().chain([(":contact".to_owned(), record)]).collect();
        let call = self.client.update_item().table_name(&self.config.table);
        let call = call
            .set_key(Some(attributes(&key::settings(tenant))))
            .condition_expression(format!("attribute_exists(PK) AND {unchanged}"))
            .update_expression("SET #contact = :contact")
            .expression_attribute_names("#contact", "contact")
            .expression_attribute_names("#version", "version")
            .set_expression_attribute_values(Some(values));
        call.send().await.map(|_| version).map_err(sort)
    }
}
