//! A tenant's settings and policies.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use dunlin_domain::allocation::{AllocationRule, ComponentOrder};
use dunlin_domain::calendar::{Calendar, Zone};
use dunlin_domain::ids::{AccountKey, PolicyRef, PortfolioId, TenantId};
use dunlin_domain::money::Currency;
use dunlin_domain::policy::{Policies, Policy, Subject};

use super::debtor::Condition;
use super::error::sort;
use super::key;
use super::record::{PolicyRecord, SettingsRecord, from_item, known, read, read_item, read_method, to_item};
use super::{Store, StoreError, attributes};

/// All that the rules need to know of a tenant.
#[derive(Debug, Clone)]
pub struct Tenancy {
    /// Which one.
    pub tenant: TenantId,
    /// The name that messages are signed with.
    pub name: String,
    /// Where answers to e-mail go.
    pub reply_to: String,
    /// The sender of e-mail, where it is the tenant's own.
    pub mail_from: Option<String>,
    /// Where the debtor can pay, if there is a page for it.
    pub pay_url: Option<String>,
    /// The clock of debtors whose own is not known.
    pub zone: Zone,
    /// The portfolio of what names none.
    pub default_portfolio: PortfolioId,
    /// How payments on account are allocated.
    pub allocation: AllocationRule,
    /// The accounts in which it has dealings.
    pub accounts: Vec<AccountKey>,
    /// The ladders.
    pub policies: Policies,
    /// The days and hours.
    pub calendar: Calendar,
}

/// The portfolio of a tenant that names none.
const OWN_PORTFOLIO: &str = "main";

impl Store {
    /// Reads a tenant, or `None` where there is no such tenant.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::Corrupt`] where settings or a policy do not hold together.
    pub async fn tenancy(&self, tenant: &TenantId) -> Result<Option<Tenancy>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.config.table)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(key::tenant(tenant)))
            .into_paginator()
            .items()
            .send();
        let (mut settings, mut policies, mut accounts) = (None, Vec::new(), Vec::new());
        while let Some(item) = pages.next().await {
            let item = item.map_err(sort)?;
            match item.get("SK").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("SETTINGS") => settings = Some(from_item::<SettingsRecord>(item)?),
                Some(sk) if sk.starts_with("POLICY#") => {
                    policies.push(read_item(item, |one: PolicyRecord| one.read())?)
                }
                Some(sk) => accounts.extend(sk.strip_prefix(key::ACCOUNT).and_then(account)),
                None => {}
            }
        }
        let read = |settings: SettingsRecord| settings.read(tenant, policies, accounts);
        settings.map(read).transpose().map_err(|error| error.within(&format!("{} / SETTINGS", key::tenant(tenant))))
    }

    /// Puts a version of a policy on record, and into use for what begins from now on where a subject is named. Functions
    /// learn of it within a minute.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where that version is on record already; it never changes.
    pub async fn put_policy(
        &self,
        tenant: &TenantId,
        policy: &Policy,
        used_for: Option<Subject>,
    ) -> Result<(), StoreError> {
        let item = to_item(&key::policy(tenant, policy.id()), &PolicyRecord::of(policy))?;
        let mut writes = vec![self.put(item, Some(&Condition::Absent))?];
        writes.extend(used_for.map(|subject| self.choose(tenant, policy.id(), subject)).transpose()?);
        self.transact(writes).await
    }

    fn choose(&self, tenant: &TenantId, policy: &PolicyRef, subject: Subject) -> Result<TransactWriteItem, StoreError> {
        let (name, version) = match subject {
            Subject::Debt => ("policy", "policy_version"),
            Subject::Recovery => ("recovery_policy", "recovery_policy_version"),
        };
        let update = Update::builder()
            .table_name(&self.config.table)
            .set_key(Some(attributes(&key::settings(tenant))))
            .condition_expression("attribute_exists(PK)")
            .update_expression("SET #name = :name, #version = :version")
            .expression_attribute_names("#name", name)
            .expression_attribute_names("#version", version)
            .expression_attribute_values(":name", AttributeValue::S(policy.name.to_string()))
            .expression_attribute_values(":version", AttributeValue::N(policy.version.to_string()))
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// What stands behind the prefix of an account's key.
fn account(rest: &str) -> Option<AccountKey> {
    let (portfolio, currency) = rest.split_once('#')?;
    Some(AccountKey { portfolio: PortfolioId::parse(portfolio).ok()?, currency: Currency::parse(currency).ok()? })
}

impl SettingsRecord {
    fn read(self, tenant: &TenantId, stored: Vec<Policy>, accounts: Vec<AccountKey>) -> Result<Tenancy, StoreError> {
        let debt = read("policy", Policy::built_in())?;
        let recovery = read("policy", Policy::built_in_recovery())?;
        let portfolio = self.default_portfolio.as_deref().unwrap_or(OWN_PORTFOLIO);
        let policies = [debt.clone(), recovery.clone()].into_iter().chain(stored);
        let chosen = |name: Option<&str>, version: Option<u32>, built_in: Policy| match (name, version) {
            (Some(name), Some(version)) => {
                let wanted = |id: &PolicyRef| id.name.as_str() == name && id.version == version;
                let found = policies.clone().find(|policy| wanted(policy.id()));
                found.ok_or_else(|| StoreError::corrupt("settings", format!("there is no policy {name}@{version}")))
            }
            _ => Ok(built_in),
        };
        let method = self.allocation_method.as_deref().map(read_method).transpose()?;
        let components = self.component_order.as_deref();
        let components = components.map(|order| known("component_order", order, ComponentOrder::parse(order)));
        let allocation = AllocationRule {
            method: method.unwrap_or_default(),
            components: components.transpose()?.unwrap_or_default(),
        };
        let packs = dunlin_packs::packs().map_err(|error| StoreError::corrupt("packs", error.to_string()))?;
        let contact = self.contact.read(packs.book().clone())?;
        let debt = chosen(self.policy.as_deref(), self.policy_version, debt)?;
        let recovery = chosen(self.recovery_policy.as_deref(), self.recovery_policy_version, recovery)?;
        Ok(Tenancy {
            tenant: tenant.clone(),
            name: self.name,
            reply_to: self.reply_to,
            mail_from: self.mail_from,
            pay_url: self.pay_url,
            zone: read("time_zone", Zone::parse(&self.time_zone))?,
            default_portfolio: read("default_portfolio", PortfolioId::parse(portfolio))?,
            allocation,
            accounts,
            policies: Policies::new(debt, recovery, policies).clearing(allocation.components).contacting_by(contact),
            calendar: Calendar::default(),
        })
    }
}
