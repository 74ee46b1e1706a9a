#![expect(clippy::disallowed_types, reason = "what serde derives for a flattened field names floats; none is read")]

use dunlin_domain::charge::moratorium::Moratorium;
use dunlin_domain::hold::{Hold, HoldEnd, HoldEvent, HoldReason, HoldScope, PastMoratorium, SetBy};
use dunlin_domain::ids::{AccountKey, AgreementId, HoldId, InvoiceId, PortfolioId};
use dunlin_domain::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Record, known, read};
use crate::store::error::StoreError;

/// How much a hold is about: all of the debtor where it names neither a portfolio nor an invoice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct ScopeRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    portfolio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Minor units of `currency`; absent where all of the invoice is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
}

/// A hold, standing or ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HoldRecord {
    hold: String,
    reason: String,
    #[serde(flatten)]
    scope: ScopeRecord,
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// What ends it before, and the agreement where it is the end of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_with: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    with_agreement: Option<String>,
    set_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How it ended, in the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// Who lifted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
}

/// The days of a moratorium that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MoratoriumRecord {
    #[serde(flatten)]
    scope: ScopeRecord,
    first: Date,
    last: Date,
}

impl ScopeRecord {
    fn of(scope: &HoldScope) -> Self {
        match scope {
            HoldScope::Debtor => Self::default(),
            HoldScope::Account(account) => Self {
                portfolio: Some(account.portfolio.to_string()),
                currency: Some(account.currency.code().to_owned()),
                ..Self::default()
            },
            HoldScope::Invoice(id) => Self { invoice: Some(id.to_string()), ..Self::default() },
            HoldScope::Amount(id, part) => Self {
                invoice: Some(id.to_string()),
                currency: Some(part.currency().code().to_owned()),
                amount: Some(part.minor()),
                ..Self::default()
            },
        }
    }

    fn read(&self) -> Result<HoldScope, StoreError> {
        let currency = self.currency.as_deref().map(|code| read("currency", Currency::parse(code))).transpose()?;
        let invoice = self.invoice.as_deref().map(|id| read("invoice", InvoiceId::parse(id))).transpose()?;
        let portfolio = self.portfolio.as_deref().map(|id| read("portfolio", PortfolioId::parse(id))).transpose()?;
        Ok(match (invoice, portfolio, currency, self.amount) {
            (Some(invoice), _, Some(currency), Some(amount)) => {
                HoldScope::Amount(invoice, Money::from_minor(amount, currency))
            }
            (Some(invoice), ..) => HoldScope::Invoice(invoice),
            (None, Some(portfolio), Some(currency), _) => HoldScope::Account(AccountKey { portfolio, currency }),
            (None, ..) => HoldScope::Debtor,
        })
    }
}

impl MoratoriumRecord {
    pub(crate) fn of(past: &PastMoratorium) -> Self {
        Self { scope: ScopeRecord::of(&past.scope), first: past.days.first(), last: past.days.last() }
    }

    pub(crate) fn read(&self) -> Result<PastMoratorium, StoreError> {
        let days = read("moratorium", Moratorium::new(self.first, self.last))?;
        Ok(PastMoratorium { scope: self.scope.read()?, days })
    }
}

impl Record for HoldRecord {
    const SCHEMA: u32 = 1;
    const OLDEST: u32 = 1;
}

impl HoldRecord {
    pub(crate) fn of(hold: &Hold) -> Self {
        Self {
            hold: hold.id.to_string(),
            reason: hold.reason.as_str().to_owned(),
            scope: ScopeRecord::of(&hold.scope),
            since: hold.since,
            until: hold.until,
            ends_with: hold.ends_with.as_ref().map(|event| event.as_str().to_owned()),
            with_agreement: hold.ends_with.as_ref().and_then(HoldEvent::agreement).map(ToString::to_string),
            set_by: hold.set_by.as_str().to_owned(),
            note: hold.note.clone(),
            ended: None,
            ended_by: None,
        }
    }

    /// As the history keeps it.
    pub(crate) fn ended(hold: &Hold, end: HoldEnd) -> Self {
        let ended_by = match end {
            HoldEnd::Lifted(by) => Some(by.as_str().to_owned()),
            HoldEnd::Expired | HoldEnd::Settled | HoldEnd::AgreementEnded | HoldEnd::Replied | HoldEnd::Paid => None,
        };
        Self { ended: Some(end.as_str().to_owned()), ended_by, ..Self::of(hold) }
    }

    pub(crate) fn read(&self) -> Result<Hold, StoreError> {
        let agreement = self.with_agreement.as_deref().map(|id| read("with_agreement", AgreementId::parse(id)));
        let agreement = agreement.transpose()?;
        let event = |name: &String| known("ends_with", name, HoldEvent::parse(name, agreement));
        Ok(Hold {
            id: read("hold", HoldId::parse(&self.hold))?,
            reason: known("reason", &self.reason, HoldReason::parse(&self.reason))?,
            scope: self.scope.read()?,
            since: self.since,
            until: self.until,
            ends_with: self.ends_with.as_ref().map(event).transpose()?,
            set_by: known("set_by", &self.set_by, SetBy::parse(&self.set_by))?,
            note: self.note.clone(),
        })
    }
}
