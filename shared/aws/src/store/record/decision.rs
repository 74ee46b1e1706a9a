use std::collections::BTreeMap;

use dunlin_audit::Digest;
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::{ChargeKind, DueCharge};
use dunlin_domain::decision::{AccountDecision, Action, Evaluation};
use dunlin_domain::ids::{AccountKey, PolicyName, PolicyRef, PortfolioId, StepName};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::TaskKind;
use dunlin_domain::reason::Rule;
use dunlin_domain::telling::{Did, Told, Word};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{PlanRecord, ReasonRecord, Record, TaskRecord, canonical, is_zero, known, read};
use crate::store::error::StoreError;

/// So many hexadecimal digits are enough to tell what was done from anything else.
const WHOLE_DIGITS: usize = 24;

/// A decision, as it was made. What it was made from lies packed beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DecisionRecord {
    pub(crate) at: Timestamp,
    policy: String,
    policy_version: u32,
    /// The hash of what it was made from.
    pub(crate) inputs: String,
    accounts: Vec<AccountDecisionRecord>,
    /// Why a message that had been planned did not leave, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withheld: Option<Vec<ReasonRecord>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AccountDecisionRecord {
    portfolio: String,
    currency: String,
    /// `send`, `task` or `none`.
    action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// How many invoices the message names.
    #[serde(default, skip_serializing_if = "is_zero")]
    invoices: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount_due: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// The hash of message, task and charges in full, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wake: Option<Timestamp>,
    reasons: Vec<ReasonRecord>,
}

impl Record for DecisionRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl DecisionRecord {
    /// An evaluation that was made from what has this hash.
    pub(crate) fn of(evaluation: &Evaluation, inputs: String) -> Result<Self, StoreError> {
        let Evaluation { decision, withheld, .. } = evaluation;
        Ok(Self {
            at: decision.at,
            policy: decision.policy.name.to_string(),
            policy_version: decision.policy.version,
            inputs,
            accounts: decision.accounts.iter().map(AccountDecisionRecord::of).collect::<Result<_, _>>()?,
            withheld: withheld.as_ref().map(|why| why.iter().map(ReasonRecord::of).collect()),
        })
    }

    /// The same with why a message did not leave as the other has it.
    pub(crate) fn withheld_as(self, other: &Self) -> Self {
        Self { withheld: other.withheld.clone(), ..self }
    }

    /// The policy for what began then.
    pub(crate) fn policy(&self) -> Result<PolicyRef, StoreError> {
        Ok(PolicyRef { name: read("policy", PolicyName::parse(&self.policy))?, version: self.policy_version })
    }

    pub(crate) fn told(&self) -> Result<Vec<Told>, StoreError> {
        self.accounts.iter().map(AccountDecisionRecord::told).collect()
    }

    /// Why a message that had been planned did not leave.
    pub(crate) fn withheld(&self) -> Result<Option<Vec<Word>>, StoreError> {
        let words = |why: &Vec<ReasonRecord>| why.iter().map(ReasonRecord::word).collect();
        self.withheld.as_ref().map(words).transpose()
    }
}

impl AccountDecisionRecord {
    fn of(one: &AccountDecision) -> Result<Self, StoreError> {
        let mut record = Self {
            portfolio: one.account.portfolio.to_string(),
            currency: one.account.currency.code().to_owned(),
            action: "none".to_owned(),
            step: None,
            message_id: None,
            channel: None,
            invoices: 0,
            amount_due: None,
            task: None,
            whole: whole(one)?,
            wake: one.wake,
            reasons: one.reasons.iter().map(ReasonRecord::of).collect(),
        };
        match &one.action {
            None => {}
            Some(Action::Send(plan)) => {
                "send".clone_into(&mut record.action);
                record.step = Some(plan.step.to_string());
                record.message_id = Some(plan.id.to_string());
                record.channel = Some(plan.channel.as_str().to_owned());
                record.invoices = plan.lines.len();
                record.amount_due = Some(plan.amount_due.minor());
            }
            Some(Action::OpenTask { task, .. }) => {
                "task".clone_into(&mut record.action);
                record.step = Some(task.step.to_string());
                record.task = Some(task.kind.as_str().to_owned());
            }
        }
        Ok(record)
    }

    fn told(&self) -> Result<Told, StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let step = || read("step", StepName::parse(self.step.as_deref().unwrap_or_default()));
        let did = match self.action.as_str() {
            "send" => {
                let channel = self.channel.as_deref().unwrap_or_default();
                let amount = Money::from_minor(self.amount_due.unwrap_or_default(), currency);
                let channel = known("channel", channel, Channel::parse(channel))?;
                Did::Write { step: step()?, channel, invoices: self.invoices, amount }
            }
            "task" => {
                let kind = self.task.as_deref().unwrap_or_default();
                Did::Ask { kind: known("task", kind, TaskKind::parse(kind))?, step: step()? }
            }
            "none" => Did::Nothing,
            other => return known("action", other, None),
        };
        Ok(Told {
            account: AccountKey { portfolio: read("portfolio", PortfolioId::parse(&self.portfolio))?, currency },
            did,
            wake: self.wake,
            words: self.reasons.iter().map(ReasonRecord::word).collect::<Result<_, _>>()?,
        })
    }
}

impl ReasonRecord {
    fn word(&self) -> Result<Word, StoreError> {
        let rule = known("rule", &self.rule, Rule::parse(&self.rule))?;
        Ok(Word { rule, speaks_for: self.speaks_for, detail: self.detail.clone(), law: self.law.clone() })
    }
}

/// Everything that a decision does, and nothing that it only says.
#[derive(Default, Serialize)]
struct Whole {
    message: Option<PlanRecord>,
    task: Option<TaskRecord>,
    offset_days: i32,
    notes: BTreeMap<Date, i32>,
    charges: Vec<DueChargeRecord>,
    more: bool,
}

#[derive(Serialize)]
struct DueChargeRecord {
    invoice: String,
    kind: &'static str,
    amount: i64,
    key: String,
    why: String,
    on: Date,
}

impl DueChargeRecord {
    fn of(due: &DueCharge) -> Self {
        let kind = match due.kind {
            ChargeKind::Fee => "fee",
            ChargeKind::Interest => "interest",
        };
        let (invoice, key) = (due.invoice.to_string(), due.key.to_string());
        Self { invoice, kind, amount: due.amount.minor(), key, why: due.why.clone(), on: due.on }
    }
}

/// `None` where nothing is done.
fn whole(one: &AccountDecision) -> Result<Option<String>, StoreError> {
    let charges = one.charges.iter().map(DueChargeRecord::of).collect();
    let charged = Whole { charges, more: one.more, ..Whole::default() };
    let whole = match &one.action {
        None if one.charges.is_empty() => return Ok(None),
        None => charged,
        Some(Action::Send(plan)) => Whole { message: Some(PlanRecord::of(plan)), ..charged },
        Some(Action::OpenTask { task, offset_days, notes }) => {
            let task = Some(TaskRecord::of(task));
            Whole { task, offset_days: *offset_days, notes: notes.clone(), ..charged }
        }
    };
    Ok(Some(Digest::of(&canonical(&whole)?).to_string().chars().take(WHOLE_DIGITS).collect()))
}
