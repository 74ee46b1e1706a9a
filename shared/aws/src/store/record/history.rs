#![expect(clippy::disallowed_types, reason = "what serde derives for a flattened field names floats; none is read")]

use std::collections::BTreeMap;

use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::FieldChange;
use dunlin_domain::ids::{AccountKey, InvoiceId, PolicyName, PolicyRef, PortfolioId, StepName};
use dunlin_domain::ledger::{Entry, EntryKind};
use dunlin_domain::message::{CycleRef, Line, Message, MessageId, Outcome, Plan, Task, Written};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::policy::Stage;
use dunlin_domain::reach::Address;
use dunlin_domain::reach::reply::Received;
use dunlin_domain::reason::{Detail, Reason, Rule};
use dunlin_domain::telling::Word;
use dunlin_domain::template::Facts;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::written::{FactsRecord, read_written};
use super::{Record, is_zero, known, read};
use crate::store::error::StoreError;

/// So much of a text is kept; the longest that networks carry is shorter.
const REPLY_MAX: usize = 2_000;

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EntryRecord {
    pub(crate) kind: String,
    pub(crate) portfolio: String,
    pub(crate) currency: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invoice: Option<String>,
    pub(crate) amount: i64,
    pub(crate) on: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Record for EntryRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl EntryRecord {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            kind: entry.kind.as_str().to_owned(),
            portfolio: entry.account.portfolio.to_string(),
            currency: entry.account.currency.code().to_owned(),
            invoice: entry.invoice.as_ref().map(ToString::to_string),
            amount: entry.amount.minor(),
            on: entry.on,
            reference: entry.reference.clone(),
            note: entry.note.clone(),
        }
    }

    pub(crate) fn read(&self) -> Result<Entry, StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let account = AccountKey { portfolio: read("portfolio", PortfolioId::parse(&self.portfolio))?, currency };
        let invoice = self.invoice.as_deref().map(|id| read("invoice", InvoiceId::parse(id)));
        Ok(Entry {
            kind: known("kind", &self.kind, EntryKind::parse(&self.kind))?,
            account,
            invoice: invoice.transpose()?,
            amount: Money::from_minor(self.amount, currency),
            on: self.on,
            reference: self.reference.clone(),
            note: self.note.clone(),
        })
    }
}

/// What was changed of who a debtor is and what it is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangeRecord {
    fields: Vec<FieldRecord>,
}

/// A field, and where it says nothing of who somebody is what it was and is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FieldRecord {
    field: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is: Option<String>,
}

impl Record for ChangeRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl ChangeRecord {
    pub(crate) fn of(changes: &[FieldChange]) -> Self {
        let field = |change: &FieldChange| {
            let (was, is) = change.told.clone().unzip();
            FieldRecord { field: change.field.to_owned(), was, is }
        };
        Self { fields: changes.iter().map(field).collect() }
    }
}

/// One rule's word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReasonRecord {
    pub(crate) rule: String,
    #[serde(rename = "for")]
    pub(crate) speaks_for: bool,
    pub(crate) detail: String,
    /// The rule of law or of the platform that refused, and where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) law: Option<(String, String)>,
}

impl ReasonRecord {
    pub(crate) fn of(reason: &Reason) -> Self {
        let Word { rule, speaks_for, detail, law } = Word::of(reason);
        Self { rule: rule.as_str().to_owned(), speaks_for, detail, law }
    }
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PlanRecord {
    pub(crate) message_id: String,
    pub(crate) portfolio: String,
    pub(crate) currency: String,
    pub(crate) policy: String,
    pub(crate) policy_version: u32,
    pub(crate) step: String,
    pub(crate) stage: String,
    offset_days: i32,
    pub(crate) cycle: String,
    /// Messages of the step before it that did not arrive.
    #[serde(default, skip_serializing_if = "is_zero")]
    tries: u8,
    pub(crate) channel: String,
    pub(crate) lines: Vec<LineRecord>,
    credit: i64,
    pub(crate) amount_due: i64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<Date, i32>,
}

/// An invoice as a message names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct LineRecord {
    pub(crate) invoice: String,
    pub(crate) due_date: Date,
    pub(crate) balance: i64,
}

impl PlanRecord {
    pub(crate) fn of(plan: &Plan) -> Self {
        let line = |line: &Line| LineRecord {
            invoice: line.invoice.to_string(),
            due_date: line.due_date,
            balance: line.balance.minor(),
        };
        Self {
            message_id: plan.id.to_string(),
            portfolio: plan.account.portfolio.to_string(),
            currency: plan.account.currency.code().to_owned(),
            policy: plan.policy.name.to_string(),
            policy_version: plan.policy.version,
            step: plan.step.to_string(),
            stage: plan.stage.as_str().to_owned(),
            offset_days: plan.offset_days,
            cycle: plan.cycle.to_string(),
            tries: plan.tries,
            channel: plan.channel.as_str().to_owned(),
            lines: plan.lines.iter().map(line).collect(),
            credit: plan.credit.minor(),
            amount_due: plan.amount_due.minor(),
            notes: plan.notes.clone(),
        }
    }

    pub(crate) fn read(&self) -> Result<Plan, StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let money = |minor| Money::from_minor(minor, currency);
        let line = |line: &LineRecord| {
            let invoice = read("line", InvoiceId::parse(&line.invoice))?;
            Ok::<_, StoreError>(Line { invoice, due_date: line.due_date, balance: money(line.balance) })
        };
        Ok(Plan {
            id: MessageId::stored(self.message_id.clone()),
            account: AccountKey { portfolio: read("portfolio", PortfolioId::parse(&self.portfolio))?, currency },
            policy: PolicyRef { name: read("policy", PolicyName::parse(&self.policy))?, version: self.policy_version },
            step: read("step", StepName::parse(&self.step))?,
            stage: known("stage", &self.stage, Stage::parse(&self.stage))?,
            offset_days: self.offset_days,
            cycle: known("cycle", &self.cycle, CycleRef::parse(&self.cycle))?,
            tries: self.tries,
            channel: known("channel", &self.channel, Channel::parse(&self.channel))?,
            lines: self.lines.iter().map(line).collect::<Result<_, _>>()?,
            credit: money(self.credit),
            amount_due: money(self.amount_due),
            notes: self.notes.clone(),
        })
    }
}

/// A message that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MessageRecord {
    #[serde(flatten)]
    pub(crate) plan: PlanRecord,
    pub(crate) planned_at: Timestamp,
    pub(crate) settled_at: Timestamp,
    pub(crate) status: String,
    /// Where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) provider_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reasons: Vec<ReasonRecord>,
    /// The version of the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) template: Option<String>,
    /// The hash of what it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// What the message said beyond its plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) facts: Option<FactsRecord>,
}

impl Record for MessageRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl MessageRecord {
    pub(crate) fn of(message: &Message) -> Self {
        let (mut provider_id, mut failure, mut reasons) = (None, None, Vec::new());
        match &message.outcome {
            Outcome::Sent(id) => provider_id = Some(id.clone()),
            Outcome::Failed(why) => failure = Some(why.clone()),
            Outcome::Withheld(why) => reasons = why.iter().map(ReasonRecord::of).collect(),
            Outcome::Unknown => {}
        }
        Self {
            plan: PlanRecord::of(&message.plan),
            planned_at: message.planned_at,
            settled_at: message.settled_at,
            status: message.outcome.status().to_owned(),
            to: message.to.as_ref().map(|to| to.as_str().to_owned()),
            provider_id,
            failure,
            reasons,
            template: message.written.as_ref().map(|written| written.template.to_string()),
            digest: message.written.as_ref().map(|written| written.digest.clone()),
            facts: message.facts.as_ref().map(FactsRecord::of),
        }
    }
}

impl MessageRecord {
    /// The message that `attempt` handed over, or may have.
    pub(crate) fn read(&self, attempt: &str) -> Result<Message, StoreError> {
        let plan = self.plan.read()?;
        let (written, facts) = self.said()?.unzip();
        Ok(Message {
            written,
            facts,
            to: self.to.as_deref().map(|to| read("to", Address::parse(plan.channel, to))).transpose()?,
            plan,
            planned_at: self.planned_at,
            settled_at: self.settled_at,
            outcome: self.outcome()?,
            attempt: Some(attempt.to_owned()),
        })
    }

    /// By what it was written and what it said beyond its plan, where that is on record.
    pub(crate) fn said(&self) -> Result<Option<(Written, Facts)>, StoreError> {
        let (Some(template), Some(digest), Some(facts)) = (&self.template, &self.digest, &self.facts) else {
            return Ok(None);
        };
        let written = read_written(&(template.clone(), digest.clone()))?;
        Ok(Some((written, facts.read(read("currency", Currency::parse(&self.plan.currency))?)?)))
    }

    pub(crate) fn outcome(&self) -> Result<Outcome, StoreError> {
        let reason = |reason: &ReasonRecord| {
            let rule = known("rule", &reason.rule, Rule::parse(&reason.rule))?;
            Ok::<_, StoreError>(Reason {
                rule,
                speaks_for: reason.speaks_for,
                detail: Detail::Written(reason.detail.clone()),
            })
        };
        match self.status.as_str() {
            "sent" => Ok(Outcome::Sent(self.provider_id.clone().unwrap_or_default())),
            "failed" => Ok(Outcome::Failed(self.failure.clone().unwrap_or_default())),
            "withheld" => Ok(Outcome::Withheld(self.reasons.iter().map(reason).collect::<Result<_, _>>()?)),
            "unknown" => Ok(Outcome::Unknown),
            other => known("status", other, None),
        }
    }
}

/// Work for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskRecord {
    pub(crate) kind: String,
    pub(crate) portfolio: String,
    pub(crate) currency: String,
    pub(crate) step: String,
    pub(crate) cycle: String,
    pub(crate) amount_due: i64,
}

impl Record for TaskRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl TaskRecord {
    pub(crate) fn of(task: &Task) -> Self {
        Self {
            kind: task.kind.as_str().to_owned(),
            portfolio: task.account.portfolio.to_string(),
            currency: task.account.currency.code().to_owned(),
            step: task.step.to_string(),
            cycle: task.cycle.to_string(),
            amount_due: task.amount_due.minor(),
        }
    }
}

/// A text that came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplyRecord {
    channel: String,
    from: String,
    text: String,
    received_at: Timestamp,
    /// What it was taken for.
    means: String,
}

impl Record for ReplyRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl ReplyRecord {
    pub(crate) fn of(received: &Received) -> Self {
        Self {
            channel: received.from.channel().as_str().to_owned(),
            from: received.from.as_str().to_owned(),
            text: received.text.chars().take(REPLY_MAX).collect(),
            received_at: received.at,
            means: received.means.as_str().to_owned(),
        }
    }
}
