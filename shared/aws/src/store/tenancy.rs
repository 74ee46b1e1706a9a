//! A tenant's settings and policies.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::allocation::{AllocationMethod, ComponentOrder};
use dunlin_domain::calendar::{Calendar, Zone};
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::ids::{AccountKey, PolicyRef, PortfolioId, TenantId};
use dunlin_domain::money::Currency;
use dunlin_domain::policy::{Policies, Policy, Subject};
use dunlin_domain::template::{Language, Sender, Shelf};

use super::error::sort;
use super::key;
use super::record::{PolicyRecord, SettingsRecord, from_item, known, read, read_item, read_method, to_item};
use super::settings_log::{Author, SettingsChange};
use super::{Store, StoreError, template};

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
    pub allocation: AllocationMethod,
    /// The accounts in which it has dealings.
    pub accounts: Vec<AccountKey>,
    /// The ladders.
    pub policies: Policies,
    /// The days and hours.
    pub calendar: Calendar,
    /// Whether it collects its own debts.
    pub role: CollectorRole,
    /// Its postal address.
    pub address: Option<String>,
    /// Where it tells what it does with personal data.
    pub privacy_url: Option<String>,
    /// The language of debtors whose own is not known.
    pub language: Option<Language>,
    /// Whom it collects for, by portfolio.
    pub creditors: BTreeMap<PortfolioId, String>,
    /// The templates that it saved.
    pub shelf: Shelf,
}

impl Tenancy {
    /// Who writes about the debts of a portfolio to a debtor in a country.
    #[must_use]
    pub fn sender<'a>(&'a self, portfolio: &PortfolioId, country: Option<&str>, opt_out_url: &'a str) -> Sender<'a> {
        Sender {
            name: &self.name,
            creditor: self.creditors.get(portfolio).map(String::as_str),
            role: self.role,
            address: self.address.as_deref(),
            privacy_url: self.privacy_url.as_deref(),
            pay_url: self.pay_url.as_deref(),
            opt_out_url,
            components: self.policies.components(country),
            language: self.language.as_ref(),
        }
    }
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
        let (mut settings, mut policies, mut accounts, mut saved) = (None, Vec::new(), Vec::new(), Vec::new());
        while let Some(item) = pages.next().await {
            let item = item.map_err(sort)?;
            match item.get("SK").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("SETTINGS") => settings = Some(from_item::<SettingsRecord>(item)?),
                Some(sk) if sk.starts_with("POLICY#") => {
                    policies.push(read_item(item, |one: PolicyRecord| one.read())?)
                }
                Some(sk) => match sk.strip_prefix(key::TEMPLATE).map(str::to_owned) {
                    Some(rest) => saved.extend(template::saved(&rest, item)?),
                    None => accounts.extend(sk.strip_prefix(key::ACCOUNT).and_then(account)),
                },
                None => {}
            }
        }
        let read = |settings: SettingsRecord| settings.read(tenant, policies, accounts, saved.into_iter().collect());
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
        by: &Author,
    ) -> Result<(), StoreError> {
        let item = to_item(&key::policy(tenant, policy.id()), &PolicyRecord::of(policy))?;
        let (mut what, mut why, mut chosen) = (vec!["policy.recorded"], None, BTreeMap::new());
        if let Some(subject) = used_for {
            let PolicyRef { name, version } = policy.id();
            let (its_name, its_version) = match subject {
                Subject::Debt => ("policy", "policy_version"),
                Subject::Recovery => ("recovery_policy", "recovery_policy_version"),
            };
            chosen.insert(its_name, AttributeValue::S(name.to_string()));
            chosen.insert(its_version, AttributeValue::N(version.to_string()));
            what.push("policy.chosen");
            why = Some(format!("{} is used for {}", policy.id(), subject.as_str()));
        }
        let once = vec![item];
        self.change_settings(tenant, &SettingsChange { what, why, once, chosen, ..SettingsChange::default() }, by).await
    }
}

fn role(stored: Option<&str>) -> Result<CollectorRole, StoreError> {
    stored.map_or(Ok(CollectorRole::FirstParty), |role| known("role", role, CollectorRole::parse(role)))
}

/// What stands behind the prefix of an account's key.
fn account(rest: &str) -> Option<AccountKey> {
    let (portfolio, currency) = rest.split_once('#')?;
    Some(AccountKey { portfolio: PortfolioId::parse(portfolio).ok()?, currency: Currency::parse(currency).ok()? })
}

impl SettingsRecord {
    fn read(
        self,
        tenant: &TenantId,
        stored: Vec<Policy>,
        accounts: Vec<AccountKey>,
        shelf: Shelf,
    ) -> Result<Tenancy, StoreError> {
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
        let language = self.language.as_deref().map(|language| read("language", Language::parse(language)));
        let creditor = |(portfolio, name): (String, String)| {
            Ok::<_, StoreError>((read("creditors", PortfolioId::parse(&portfolio))?, name))
        };
        let creditors = self.creditors.into_iter().map(creditor);
        let packs = dunlin_packs::packs().map_err(|error| StoreError::corrupt("packs", error))?;
        let role = role(self.role.as_deref())?;
        let contact = self.contact.read(packs.book().clone(), role)?;
        let debt = chosen(self.policy.as_deref(), self.policy_version, debt)?;
        let recovery = chosen(self.recovery_policy.as_deref(), self.recovery_policy_version, recovery)?;
        let policies = Policies::new(debt, recovery, policies).under(packs.laws().clone()).contacting_by(contact);
        Ok(Tenancy {
            tenant: tenant.clone(),
            name: self.name,
            reply_to: self.reply_to,
            mail_from: self.mail_from,
            pay_url: self.pay_url,
            zone: read("time_zone", Zone::parse(&self.time_zone))?,
            default_portfolio: read("default_portfolio", PortfolioId::parse(portfolio))?,
            allocation: method.unwrap_or_default(),
            accounts,
            policies: match components.transpose()? {
                Some(order) => policies.clearing(order),
                None => policies,
            },
            calendar: Calendar::default(),
            role,
            address: self.address,
            privacy_url: self.privacy_url,
            language: language.transpose()?,
            creditors: creditors.collect::<Result<_, _>>()?,
            shelf,
        })
    }
}
