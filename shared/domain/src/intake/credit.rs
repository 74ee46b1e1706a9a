//! An order to use unapplied credit, as text.

use jiff::civil::Date;

use super::advice::{RawAdvice, RawPart};
use super::fields::{Fields, date};
use super::{FieldError, Intake};
use crate::allocation::Advice;
use crate::debtor::{CreditOrder, CreditUse};
use crate::ids::{AccountKey, OutsideId, PortfolioId};
use crate::money::{Currency, Money};

/// What is to be done with credit; each has fields of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditAction {
    /// Apply it to invoices.
    Apply,
    /// Move it to another portfolio.
    Move,
    /// Pay it back.
    Refund,
}

/// The fields of an order as text, as read. Blank counts as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawCreditOrder {
    /// ISO 4217.
    pub currency: Option<String>,
    /// Slug of the creditor's portfolio; the tenant's own where absent.
    pub portfolio: Option<String>,
    /// Major units with a point; all of the credit where absent.
    pub amount: Option<String>,
    /// `YYYY-MM-DD`; today where absent.
    pub on: Option<String>,
    /// Where it is moved to.
    pub to_portfolio: Option<String>,
    /// The invoices that it is applied to, separated by `;`.
    pub invoice_numbers: Option<String>,
    /// The invoices that it is applied to, each with its part.
    pub allocations: Vec<RawPart>,
    /// How it is applied where no invoices are named.
    pub allocate_by: Option<String>,
}

impl CreditAction {
    /// The names of the fields that are text.
    #[must_use]
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Apply => &["currency", "portfolio", "amount", "on", "invoice_numbers", "allocate_by"],
            Self::Move => &["currency", "portfolio", "amount", "on", "to_portfolio"],
            Self::Refund => &["currency", "portfolio", "amount", "on"],
        }
    }
}

impl RawCreditOrder {
    /// Takes each field from where the caller has it.
    #[must_use]
    pub fn from_fields(field: impl Fn(&str) -> Option<String>, allocations: Vec<RawPart>) -> Self {
        Self {
            currency: field("currency"),
            portfolio: field("portfolio"),
            amount: field("amount"),
            on: field("on"),
            to_portfolio: field("to_portfolio"),
            invoice_numbers: field("invoice_numbers"),
            allocations,
            allocate_by: field("allocate_by"),
        }
    }

    /// Checks every field. `key` makes the order count once; `today` is the tenant's.
    ///
    /// # Errors
    /// One [`FieldError`] for each field that is wrong, in order of the fields.
    pub fn parse(
        &self,
        action: CreditAction,
        key: &OutsideId,
        intake: &Intake,
        today: Date,
    ) -> Result<CreditOrder, Vec<FieldError>> {
        let mut fields = Fields(Vec::new());
        let currency = fields.require("currency", self.currency.as_ref(), Currency::parse);
        let portfolio = fields.read("portfolio", self.portfolio.as_ref(), PortfolioId::parse);
        let amount = match (&self.amount, currency) {
            (Some(_), Some(_)) => fields.amount(self.amount.as_ref(), self.currency.as_ref()),
            _ => None,
        };
        let on = fields.read("on", self.on.as_ref(), |text| match date(text)? {
            day if day > today => Err(format!("{day} is after today, {today}: the order is carried out now")),
            day => Ok(day),
        });
        let most = amount.or(currency.map(|currency| Money::from_minor(i64::MAX, currency)));
        let what = match action {
            CreditAction::Apply => self.advice(&mut fields, most).map(CreditUse::Apply),
            CreditAction::Move => {
                fields.require("to_portfolio", self.to_portfolio.as_ref(), PortfolioId::parse).map(CreditUse::Move)
            }
            CreditAction::Refund => Some(CreditUse::Refund),
        };
        let id =
            CreditOrder::id(key.clone()).map_err(|error| fields.complain("Idempotency-Key", error.to_string())).ok();
        let (Some(currency), Some(what), Some(id), true) = (currency, what, id, fields.0.is_empty()) else {
            return Err(fields.0);
        };
        let portfolio = portfolio.unwrap_or_else(|| intake.default_portfolio.clone());
        Ok(CreditOrder { account: AccountKey { portfolio, currency }, amount, id, on: on.unwrap_or(today), what })
    }

    fn advice(&self, fields: &mut Fields, most: Option<Money>) -> Option<Advice> {
        let said = RawAdvice {
            invoice_numbers: self.invoice_numbers.as_ref(),
            allocations: &self.allocations,
            allocate_by: self.allocate_by.as_ref(),
        };
        said.parse(fields, most)
    }
}
