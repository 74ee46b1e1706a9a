use std::collections::BTreeMap;

use dunlin_domain::contact::Channel;
use dunlin_domain::ids::{PolicyName, PolicyRef, StepName};
use dunlin_domain::policy::{Policy, Stage, Step, StepAction, TaskKind};
use serde::{Deserialize, Serialize};

use super::charge_rule::{ChargeRuleRecord, minor_units, read_amounts};
use super::contact_policy::ContactPolicyRecord;
use super::{Record, is_zero, known, read};
use crate::store::error::StoreError;

/// A tenant's settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SettingsRecord {
    /// The name that messages are signed with.
    pub(crate) name: String,
    /// Where answers to e-mail go.
    pub(crate) reply_to: String,
    /// The sender of e-mail; the deployment's own where absent.
    #[serde(default)]
    pub(crate) mail_from: Option<String>,
    /// The clock of debtors whose own is not known.
    pub(crate) time_zone: String,
    /// The portfolio of what names none.
    #[serde(default)]
    pub(crate) default_portfolio: Option<String>,
    /// The policy for new cycles; the built-in one where absent.
    #[serde(default)]
    pub(crate) policy: Option<String>,
    #[serde(default)]
    pub(crate) policy_version: Option<u32>,
    /// The policy while a provider tries a payment again; the built-in one where absent.
    #[serde(default)]
    pub(crate) recovery_policy: Option<String>,
    #[serde(default)]
    pub(crate) recovery_policy_version: Option<u32>,
    /// Where the debtor can pay, if there is a page for it.
    #[serde(default)]
    pub(crate) pay_url: Option<String>,
    /// Which open invoices a payment settles first; the oldest due where absent.
    #[serde(default)]
    pub(crate) allocation_method: Option<String>,
    /// Which part of an invoice comes first; the principal where absent.
    #[serde(default)]
    pub(crate) component_order: Option<String>,
    /// `first_party` where the tenant collects its own debts, which it does where absent; `third_party` where it collects
    /// for others, or bought what it collects.
    #[serde(default)]
    pub(crate) role: Option<String>,
    /// Its postal address.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// Where it tells what it does with personal data.
    #[serde(default)]
    pub(crate) privacy_url: Option<String>,
    /// The language of debtors whose own is not known; English where absent.
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// Whom it collects for, by portfolio.
    #[serde(default)]
    pub(crate) creditors: BTreeMap<String, String>,
    /// What the tenant decides about contact; the platform's where absent.
    #[serde(default)]
    pub(crate) contact: ContactPolicyRecord,
}

/// One version of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    name: String,
    version: u32,
    steps: Vec<StepRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    charges: Vec<ChargeRuleRecord>,
    /// The least that is chased, in minor units by currency.
    #[serde(default, skip_serializing_if = "is_zero")]
    minimums: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StepRecord {
    name: String,
    offset_days: i32,
    stage: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    channels: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
}

impl Record for SettingsRecord {
    const SCHEMA: u32 = 1;
}

impl Record for PolicyRecord {
    const SCHEMA: u32 = 1;
}

impl PolicyRecord {
    pub(crate) fn of(policy: &Policy) -> Self {
        let step = |step: &Step| {
            let (channels, task) = match &step.action {
                StepAction::Message(channels) => (channels.iter().map(|one| one.as_str().to_owned()).collect(), None),
                StepAction::Task(kind) => (Vec::new(), Some(kind.as_str().to_owned())),
            };
            let (name, stage) = (step.name.to_string(), step.stage.as_str().to_owned());
            StepRecord { name, offset_days: step.offset_days, stage, channels, task }
        };
        Self {
            name: policy.id().name.to_string(),
            version: policy.id().version,
            steps: policy.steps().iter().map(step).collect(),
            charges: policy.charges().iter().map(ChargeRuleRecord::of).collect(),
            minimums: minor_units(policy.minimums()),
        }
    }

    pub(crate) fn read(&self) -> Result<Policy, StoreError> {
        let channel = |value: &String| known("channel", value, Channel::parse(value));
        let step = |step: &StepRecord| {
            let action = match &step.task {
                Some(kind) => StepAction::Task(known("task", kind, TaskKind::parse(kind))?),
                None => StepAction::Message(step.channels.iter().map(channel).collect::<Result<_, _>>()?),
            };
            Ok::<_, StoreError>(Step {
                name: read("step", StepName::parse(&step.name))?,
                offset_days: step.offset_days,
                stage: known("stage", &step.stage, Stage::parse(&step.stage))?,
                action,
            })
        };
        let id = PolicyRef { name: read("policy", PolicyName::parse(&self.name))?, version: self.version };
        let policy = read("policy", Policy::new(id, self.steps.iter().map(step).collect::<Result<_, _>>()?))?;
        let charge = |(index, one): (usize, &ChargeRuleRecord)| {
            one.read().map_err(|error| error.within(&format!("charges[{index}]")))
        };
        let charges = self.charges.iter().enumerate().map(charge).collect::<Result<_, _>>()?;
        let minimums = read_amounts("minimums", &self.minimums)?;
        Ok(read("charges", policy.charging(charges))?.chasing_from(minimums))
    }
}
