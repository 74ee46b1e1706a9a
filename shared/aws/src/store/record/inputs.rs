use std::collections::{BTreeMap, BTreeSet};

use dunlin_audit::Digest;
use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::collector::CollectorRole;
use dunlin_domain::debtor::Debtor;
use dunlin_domain::ids::{PolicyName, PolicyRef};
use dunlin_domain::policy::{Policies, Policy, Subject};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::contact_policy::ContactPolicyRecord;
use super::{AgreementRecord, HeadRecord, HoldRecord, InvoiceRecord, PolicyRecord, is_zero, known, read};
use crate::store::error::StoreError;

/// The shape of what is kept. Another shape gives other hashes.
const FORM: u32 = 1;

/// All that a decision looks at, as it was then. What never changes is named by its version: policies, packs, and the
/// regime of the debtor's country. The calendar is the build's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InputsRecord {
    form: u32,
    pub(crate) at: Timestamp,
    debtor: HeadRecord,
    invoices: Vec<InvoiceRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<HoldRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    agreements: Vec<AgreementRecord>,
    /// For what begins: name and version, about debts and about payments that are tried again.
    policy: (String, u32),
    recovery_policy: (String, u32),
    role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    component_order: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    contact: ContactPolicyRecord,
    pub(crate) packs: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    law: Option<String>,
}

/// Why a decision cannot be made again from what was kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputsError {
    /// A version that is not there.
    #[error("{0} is not what this build has")]
    Other(String),
    /// What was kept cannot be read.
    #[error(transparent)]
    Unreadable(#[from] StoreError),
}

impl InputsRecord {
    pub(crate) fn of(debtor: &Debtor, policies: &Policies, at: Timestamp) -> Self {
        let name = |policy: &PolicyRef| (policy.name.to_string(), policy.version);
        let contact = policies.contact();
        Self {
            form: FORM,
            at,
            debtor: HeadRecord::of_state(debtor),
            invoices: debtor.invoices.values().filter(|one| one.is_live()).map(InvoiceRecord::of).collect(),
            holds: debtor.holds.values().map(HoldRecord::of).collect(),
            agreements: debtor.agreements.values().map(AgreementRecord::of).collect(),
            policy: name(policies.current(Subject::Debt).id()),
            recovery_policy: name(policies.current(Subject::Recovery).id()),
            role: contact.collector.as_str().to_owned(),
            component_order: policies.chosen_components().map(|order| order.as_str().to_owned()),
            contact: ContactPolicyRecord::of(&contact.policy, 0),
            packs: contact.book.packs.iter().map(ToString::to_string).collect(),
            law: law(debtor, policies),
        }
    }

    /// The debtor as it was decided on.
    pub(crate) fn debtor(&self) -> Result<Debtor, StoreError> {
        let invoices = self.invoices.iter().map(|one| one.read().map(|one| (one.id.clone(), one)));
        let holds = self.holds.iter().map(|one| one.read().map(|one| (one.id.clone(), one)));
        let agreements = self.agreements.iter().map(|one| one.read().map(|one| (one.id.clone(), one)));
        Ok(Debtor {
            invoices: invoices.collect::<Result<_, _>>()?,
            holds: holds.collect::<Result<_, _>>()?,
            agreements: agreements.collect::<Result<_, _>>()?,
            ..self.debtor.read()?
        })
    }

    /// The versions of policies that it was made under: those for what began, and those of running cycles.
    pub(crate) fn policies_used<'a>(
        &self,
        kept: impl Iterator<Item = &'a Policy>,
    ) -> Result<Vec<PolicyRecord>, StoreError> {
        let debtor = self.debtor.read()?;
        let running = debtor.accounts.values().filter_map(|account| account.cycle.as_ref()).map(|cycle| &cycle.policy);
        let running = running.map(|policy| (policy.name.as_str(), policy.version));
        let begins = [&self.policy, &self.recovery_policy].into_iter().map(|(name, version)| (name.as_str(), *version));
        let wanted: BTreeSet<(&str, u32)> = begins.chain(running).collect();
        let used = kept.filter(|policy| wanted.contains(&(policy.id().name.as_str(), policy.id().version)));
        let by_id: BTreeMap<&PolicyRef, &Policy> = used.map(|policy| (policy.id(), policy)).collect();
        Ok(by_id.into_values().map(PolicyRecord::of).collect())
    }

    /// What it was decided under, out of these versions and the packs of this build.
    pub(crate) fn policies(&self, debtor: &Debtor, kept: &[Policy]) -> Result<Policies, InputsError> {
        if self.form != FORM {
            return Err(InputsError::Other(format!("form {} of inputs", self.form)));
        }
        let wanted = |(name, version): &(String, u32)| {
            let name = read("policy", PolicyName::parse(name))?;
            let id = PolicyRef { name, version: *version };
            let found = kept.iter().find(|policy| *policy.id() == id).cloned();
            found.ok_or_else(|| InputsError::Other(format!("policy {id}")))
        };
        let packs = dunlin_packs::packs().map_err(|error| StoreError::corrupt("packs", error))?;
        let here: Vec<String> = packs.book().packs.iter().map(ToString::to_string).collect();
        if let Some(other) = self.packs.iter().find(|pack| !here.contains(pack)) {
            return Err(InputsError::Other(format!("pack {other}")));
        }
        if let Some(newer) = here.iter().find(|pack| !self.packs.contains(pack)) {
            return Err(InputsError::Other(format!("a decision without pack {newer}")));
        }
        let role = known("role", &self.role, CollectorRole::parse(&self.role))?;
        let contact = self.contact.read(packs.book().clone(), role)?;
        let policies = Policies::new(wanted(&self.policy)?, wanted(&self.recovery_policy)?, kept.iter().cloned())
            .under(packs.laws().clone())
            .contacting_by(contact);
        let policies = match &self.component_order {
            Some(order) => policies.clearing(known("component_order", order, ComponentOrder::parse(order))?),
            None => policies,
        };
        match (law(debtor, &policies), &self.law) {
            (now, then) if now == *then => Ok(policies),
            (_, then) => Err(InputsError::Other(format!("law {}", then.as_deref().unwrap_or("none")))),
        }
    }
}

/// The version of the law of the debtor's country on what is owed late.
fn law(debtor: &Debtor, policies: &Policies) -> Option<String> {
    let regime = policies.law(debtor.profile.country.as_deref()?)?;
    Some(format!("{}@{}", regime.name, regime.version))
}

/// A hash over what a decision was made from, with the policies in full, as 32 hexadecimal digits: equal inputs, equal hash.
pub(crate) fn fingerprint(inputs: &impl Serialize, policies: &impl Serialize) -> Result<String, StoreError> {
    let (inputs, policies) = (canonical(inputs)?, canonical(policies)?);
    let digest = Digest::of_lines([inputs.as_slice(), policies.as_slice()]);
    Ok(digest.to_string().chars().take(32).collect())
}

/// JSON with the fields in order of their names: the same bytes for the same values, whatever wrote them.
pub(crate) fn canonical(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    let wrong = |error| StoreError::corrupt("a decision", error);
    let value = serde_json::to_value(value).map_err(wrong)?;
    serde_json::to_vec(&sorted(value)).map_err(wrong)
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().map(|(name, one)| (name, sorted(one))).collect();
            Value::Object(Map::from_iter(fields))
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}
