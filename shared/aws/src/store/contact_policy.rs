//! What a tenant decides about contact, beside its other settings.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::gate::ContactPolicy;
use dunlin_domain::ids::TenantId;

use super::record::{ContactPolicyRecord, Item, SettingsRecord, read_item};
use super::settings_log::{Author, SettingsChange};
use super::{Store, StoreError, key};

/// The attribute of the settings that holds it.
const CONTACT: &str = "contact";

impl Store {
    /// What a tenant decides about contact, as of now, and how often it was decided; `None` where there is no such tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn contact_policy(&self, tenant: &TenantId) -> Result<Option<(ContactPolicy, u32)>, StoreError> {
        let item = self.get(&key::settings(tenant)).await?;
        item.map(decided).transpose()
    }

    /// Puts a policy in the place of the one that was decided `seen` times; the answer is how often it is now. Functions learn of it
    /// within a minute.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where someone else has decided since, or there is no such tenant.
    pub async fn put_contact_policy(
        &self,
        tenant: &TenantId,
        policy: &ContactPolicy,
        seen: u32,
        by: &Author,
    ) -> Result<u32, StoreError> {
        let item = self.get(&key::settings(tenant)).await?.ok_or(StoreError::Conflict)?;
        let known = item.get(CONTACT).cloned();
        if decided(item)?.1 != seen {
            return Err(StoreError::Conflict);
        }
        let version = seen.saturating_add(1);
        let record = serde_dynamo::to_attribute_value(ContactPolicyRecord::of(policy, version));
        let record: AttributeValue = record.map_err(|error| StoreError::corrupt(CONTACT, error))?;
        let (what, why) = (vec!["contact_policy.decided"], told(policy));
        let (chosen, seen) = (BTreeMap::from([(CONTACT, record)]), BTreeMap::from([(CONTACT, known)]));
        let change = SettingsChange { what, why, chosen, seen, ..SettingsChange::default() };
        self.change_settings(tenant, &change, by).await.map(|()| version)
    }
}

fn decided(item: Item) -> Result<(ContactPolicy, u32), StoreError> {
    read_item(item, |settings: SettingsRecord| Ok((settings.contact.policy()?, settings.contact.version)))
}

/// Which defaults do not hold from then on, for the log.
fn told(policy: &ContactPolicy) -> Option<String> {
    let loosened: Vec<String> =
        policy.loosened.iter().map(|one| format!("{} until {}", one.rule(), one.expires())).collect();
    (!loosened.is_empty()).then(|| format!("loosened: {}", loosened.join("; ")))
}
