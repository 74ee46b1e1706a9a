#![expect(clippy::disallowed_types, reason = "what serde derives for a flattened field names floats; none is read")]

use std::collections::BTreeSet;

use dunlin_domain::agreement::{
    Agreement, AgreementEnd, Cover, Dispute, DisputeReason, Instalment, PaymentPlan, Promise, Resolution, Settlement,
    Terms,
};
use dunlin_domain::hold::SetBy;
use dunlin_domain::ids::{AccountKey, AgreementId, InvoiceId, PortfolioId};
use dunlin_domain::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Record, is_zero, known, read};
use crate::store::error::StoreError;

/// An agreement, standing or ended. Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AgreementRecord {
    agreement: String,
    portfolio: String,
    currency: String,
    /// The invoices that it covers; absent where it covers the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoices: Option<Vec<String>>,
    made_at: Timestamp,
    made_by: String,
    received: i64,
    #[serde(flatten)]
    terms: TermsRecord,
    /// Days that went by while nothing could be asked for, each with the day from which it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rested: Vec<(Date, Date)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How it ended, in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// Who called it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    /// How much of a dispute was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accepted: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TermsRecord {
    Promise {
        amount: i64,
        by: Date,
        grace_days: u8,
    },
    Plan {
        instalments: Vec<InstalmentRecord>,
        grace_days: u8,
        misses_allowed: u8,
        #[serde(default)]
        told_missed: usize,
        /// Their days; where they are absent it is the oldest that are not paid.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        told_days: Vec<Date>,
        #[serde(default, skip_serializing_if = "is_zero")]
        told_paid: usize,
    },
    Settlement {
        accepts: i64,
        by: Date,
        /// None for offers from before there was any.
        #[serde(default)]
        grace_days: u8,
    },
    Dispute {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<i64>,
        reason: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        evidence: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct InstalmentRecord {
    due: Date,
    amount: i64,
}

impl Record for AgreementRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl AgreementRecord {
    pub(crate) fn of(agreement: &Agreement) -> Self {
        let invoices = match &agreement.cover {
            Cover::Account => None,
            Cover::Invoices(invoices) => Some(invoices.iter().map(ToString::to_string).collect()),
        };
        Self {
            agreement: agreement.id.to_string(),
            portfolio: agreement.account.portfolio.to_string(),
            currency: agreement.account.currency.code().to_owned(),
            invoices,
            made_at: agreement.made_at,
            made_by: agreement.made_by.as_str().to_owned(),
            received: agreement.received.minor(),
            terms: TermsRecord::of(&agreement.terms),
            rested: agreement.rested.iter().map(|(due, from)| (*due, *from)).collect(),
            note: agreement.note.clone(),
            ended: None,
            ended_by: None,
            accepted: None,
        }
    }

    /// As the history keeps it.
    pub(crate) fn ended(agreement: &Agreement, end: &AgreementEnd) -> Self {
        let ended_by = match end {
            AgreementEnd::Cancelled(by) => Some(by.as_str().to_owned()),
            _ => None,
        };
        let accepted = match end {
            AgreementEnd::Resolved(Resolution::Partly(amount)) => Some(amount.minor()),
            _ => None,
        };
        Self { ended: Some(end.as_str().to_owned()), ended_by, accepted, ..Self::of(agreement) }
    }

    pub(crate) fn read(&self) -> Result<Agreement, StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let invoice = |id: &String| read("invoices", InvoiceId::parse(id));
        let cover = match &self.invoices {
            None => Cover::Account,
            Some(invoices) => Cover::Invoices(invoices.iter().map(invoice).collect::<Result<BTreeSet<_>, _>>()?),
        };
        let received = Money::from_minor(self.received, currency);
        Ok(Agreement {
            id: read("agreement", AgreementId::parse(&self.agreement))?,
            account: AccountKey { portfolio: read("portfolio", PortfolioId::parse(&self.portfolio))?, currency },
            cover,
            made_at: self.made_at,
            made_by: known("made_by", &self.made_by, SetBy::parse(&self.made_by))?,
            received,
            terms: self.terms.read(received)?,
            rested: self.rested.iter().copied().collect(),
            note: self.note.clone(),
        })
    }
}

impl TermsRecord {
    fn of(terms: &Terms) -> Self {
        let instalment = |one: &Instalment| InstalmentRecord { due: one.due, amount: one.amount.minor() };
        match terms {
            Terms::Promise(one) => {
                Self::Promise { amount: one.amount().minor(), by: one.by(), grace_days: one.grace_days() }
            }
            Terms::Plan(plan) => Self::Plan {
                instalments: plan.instalments().iter().map(instalment).collect(),
                grace_days: plan.grace_days(),
                misses_allowed: plan.misses_allowed(),
                told_missed: plan.told_missed().len(),
                told_days: plan.told_missed().iter().copied().collect(),
                told_paid: plan.told_paid(),
            },
            Terms::Settlement(one) => {
                Self::Settlement { accepts: one.accepts().minor(), by: one.by(), grace_days: one.grace_days() }
            }
            Terms::Dispute(dispute) => Self::Dispute {
                amount: dispute.amount().map(Money::minor),
                reason: dispute.reason().as_str().to_owned(),
                evidence: dispute.evidence().to_vec(),
            },
        }
    }

    fn read(&self, received: Money) -> Result<Terms, StoreError> {
        let money = |minor: i64| Money::from_minor(minor, received.currency());
        Ok(match self {
            Self::Promise { amount, by, grace_days } => {
                Terms::Promise(read("promise", Promise::new(money(*amount), *by, *grace_days))?)
            }
            Self::Plan { instalments, grace_days, misses_allowed, told_missed, told_days, told_paid } => {
                let instalments = instalments.iter().map(|one| Instalment { due: one.due, amount: money(one.amount) });
                let plan = read("plan", PaymentPlan::new(instalments.collect(), *grace_days, *misses_allowed))?;
                let told: BTreeSet<Date> = match told_days.as_slice() {
                    [] => plan.unpaid(received).take(*told_missed).map(|one| one.due).collect(),
                    days => days.iter().copied().collect(),
                };
                Terms::Plan(plan.with_told_missed(told).with_told_paid(*told_paid))
            }
            Self::Settlement { accepts, by, grace_days } => {
                Terms::Settlement(read("settlement", Settlement::new(money(*accepts), *by, *grace_days))?)
            }
            Self::Dispute { amount, reason, evidence } => {
                let reason = known("reason", reason, DisputeReason::parse(reason))?;
                Terms::Dispute(read("dispute", Dispute::new(amount.map(money), reason, evidence.clone()))?)
            }
        })
    }
}
