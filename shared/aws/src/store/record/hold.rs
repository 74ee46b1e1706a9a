use dunlin_domain::hold::{Hold, HoldEnd, HoldReason, HoldScope, SetBy};
use dunlin_domain::ids::{AccountKey, HoldId, InvoiceId, PortfolioId};
use dunlin_domain::money::{Currency, Money};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Record, known, read};
use crate::store::error::StoreError;

/// A hold, standing or ended. It is about the debtor where it names neither a portfolio nor an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HoldRecord {
    hold: String,
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    portfolio: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// Minor units of `currency`; absent where all of the invoice is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
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

impl Record for HoldRecord {
    const SCHEMA: u32 = 1;
}

impl HoldRecord {
    pub(crate) fn of(hold: &Hold) -> Self {
        let (mut portfolio, mut invoice, mut currency, mut amount) = (None, None, None, None);
        match &hold.scope {
            HoldScope::Debtor => {}
            HoldScope::Account(account) => {
                portfolio = Some(account.portfolio.to_string());
                currency = Some(account.currency.code().to_owned());
            }
            HoldScope::Invoice(id) => invoice = Some(id.to_string()),
            HoldScope::Amount(id, part) => {
                invoice = Some(id.to_string());
                currency = Some(part.currency().code().to_owned());
                amount = Some(part.minor());
            }
        }
        Self {
            hold: hold.id.to_string(),
            reason: hold.reason.as_str().to_owned(),
            portfolio,
            invoice,
            currency,
            amount,
            since: hold.since,
            until: hold.until,
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
            HoldEnd::Expired | HoldEnd::Settled => None,
        };
        Self { ended: Some(end.as_str().to_owned()), ended_by, ..Self::of(hold) }
    }

    pub(crate) fn read(&self) -> Result<Hold, StoreError> {
        let currency = self.currency.as_deref().map(|code| read("currency", Currency::parse(code))).transpose()?;
        let invoice = self.invoice.as_deref().map(|id| read("invoice", InvoiceId::parse(id))).transpose()?;
        let portfolio = self.portfolio.as_deref().map(|id| read("portfolio", PortfolioId::parse(id))).transpose()?;
        let scope = match (invoice, portfolio, currency, self.amount) {
            (Some(invoice), _, Some(currency), Some(amount)) => {
                HoldScope::Amount(invoice, Money::from_minor(amount, currency))
            }
            (Some(invoice), ..) => HoldScope::Invoice(invoice),
            (None, Some(portfolio), Some(currency), _) => HoldScope::Account(AccountKey { portfolio, currency }),
            (None, ..) => HoldScope::Debtor,
        };
        Ok(Hold {
            id: read("hold", HoldId::parse(&self.hold))?,
            reason: known("reason", &self.reason, HoldReason::parse(&self.reason))?,
            scope,
            since: self.since,
            until: self.until,
            set_by: known("set_by", &self.set_by, SetBy::parse(&self.set_by))?,
            note: self.note.clone(),
        })
    }
}
