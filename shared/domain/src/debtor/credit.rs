//! Unapplied credit: applied to invoices, moved to another creditor's account, paid out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::account::CREDIT;
use super::booking::{BookingError, Cause};
use super::naming::names;
use super::placing::Placing;
use super::{Account, Allocating, Debtor, Journal};
use crate::allocation::{Advice, Named};
use crate::ids::{AccountKey, IdError, InvoiceId, OutsideId, PortfolioId, SourceName};
use crate::invoice::Invoice;
use crate::ledger::{EntryKind, PAID_BACK};
use crate::money::{Money, MoneyError};
use crate::remittance::{RemittanceId, RemittanceKind};

/// What is done with unapplied credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreditUse {
    /// It settles invoices: those that are named and no others, or all that are open by the method.
    Apply(Advice),
    /// It goes to the same debtor's account with another creditor, in the same currency.
    Move(PortfolioId),
    /// It is paid back to the debtor.
    Refund,
}

/// An order to use unapplied credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditOrder {
    /// Creditor and currency.
    pub account: AccountKey,
    /// How much; all of it where `None`.
    pub amount: Option<Money>,
    /// What makes it count once, and what its entries refer to; see [`CreditOrder::id`].
    pub id: RemittanceId,
    /// The day it counts from.
    pub on: Date,
    /// What is done.
    pub what: CreditUse,
}

/// Why credit cannot be used so. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditError {
    /// More than there is.
    #[error("the unapplied credit of {account} is {credit}, less than {amount}")]
    NotEnough {
        /// Creditor and currency.
        account: AccountKey,
        /// What there is.
        credit: Money,
        /// What was asked for.
        amount: Money,
    },
    /// There is none, or nothing was asked for.
    #[error("the account {0} has no unapplied credit to use")]
    Nothing(AccountKey),
    /// A payment is being allocated: how much credit there is will be known soon.
    #[error("a payment of account {0} is being allocated; try again in a minute")]
    Busy(AccountKey),
    /// It is there already.
    #[error("the credit is in portfolio {0} already")]
    SamePortfolio(PortfolioId),
    /// More names than one commit can settle.
    #[error("names {0} invoices, more than the {max} of one order", max = CreditOrder::NAMES_MAX)]
    TooMany(usize),
    /// It is not known, or all of it is paid.
    #[error("invoice {0} takes no credit: nothing is open on it, and nothing was given up of it")]
    TakesNothing(InvoiceId),
    /// It cannot be booked.
    #[error(transparent)]
    Booking(#[from] BookingError),
}

impl From<MoneyError> for CreditError {
    fn from(error: MoneyError) -> Self {
        Self::Booking(error.into())
    }
}

impl CreditOrder {
    /// How many invoices one order may name: they are settled in one commit.
    pub const NAMES_MAX: usize = 20;

    /// The id of the order with this key. It stands in the place of a payment's, because credit that is an overpayment of
    /// an invoice belongs to no payment on account.
    ///
    /// # Errors
    /// None in practice: the source's name is ours.
    pub fn id(key: OutsideId) -> Result<RemittanceId, IdError> {
        Ok(RemittanceId { kind: RemittanceKind::Payment, source: SourceName::parse(CREDIT)?, outside_id: key })
    }
}

impl Account {
    /// Takes `amount` off the credit: first what payments and credit notes have of it, by their ids, then the rest.
    fn draw(&mut self, amount: Money) -> Result<Vec<(Option<RemittanceId>, Money)>, MoneyError> {
        let (mut parts, mut left) = (Vec::new(), amount);
        for (remittance, own) in self.credits.clone() {
            let part = own.min(left)?;
            if part.is_positive() {
                self.credit_of(&remittance, part.negated())?;
                parts.push((Some(remittance), part));
                left = left.minus(part)?;
            }
        }
        if left.is_positive() {
            self.credit = self.credit.minus(left)?;
            parts.push((None, left));
        }
        Ok(parts)
    }
}

impl Debtor {
    /// Whose credit may be used: how many allocations of these are on record has to be known to apply it.
    #[must_use]
    pub fn credited_by(&self, account: &AccountKey) -> Vec<RemittanceId> {
        self.accounts.get(account).map(|account| account.credits.keys().cloned().collect()).unwrap_or_default()
    }

    /// The invoices that an order names and that are not loaded.
    #[must_use]
    pub fn named_by(&self, order: &CreditOrder) -> BTreeSet<InvoiceId> {
        let CreditUse::Apply(advice) = &order.what else { return BTreeSet::new() };
        let names = names(advice.named(), &order.account);
        self.not_loaded(names.iter().take(CreditOrder::NAMES_MAX).map(|(invoice, _)| invoice))
    }

    /// Carries an order out. What is applied by the method is then [allocated](Debtor::allocate) a step at a time.
    /// `recorded` says how many allocations of each payment are on record.
    ///
    /// # Errors
    /// [`CreditError`].
    pub fn use_credit(
        &mut self,
        order: &CreditOrder,
        recorded: &BTreeMap<RemittanceId, u32>,
        journal: &mut Journal,
    ) -> Result<(), CreditError> {
        let key = &order.account;
        let known = self.accounts.get(key).ok_or_else(|| CreditError::Nothing(key.clone()))?;
        if !known.allocating.is_empty() {
            return Err(CreditError::Busy(key.clone()));
        }
        let (credit, amount) = (known.credit, order.amount.unwrap_or(known.credit));
        if !amount.is_positive() {
            return Err(CreditError::Nothing(key.clone()));
        }
        if credit.minus(amount)?.minor() < 0 {
            return Err(CreditError::NotEnough { account: key.clone(), credit, amount });
        }
        let mut changed = self.clone();
        changed.carry_out_order(order, amount, recorded, journal)?;
        *self = changed;
        Ok(())
    }

    fn carry_out_order(
        &mut self,
        order: &CreditOrder,
        amount: Money,
        recorded: &BTreeMap<RemittanceId, u32>,
        journal: &mut Journal,
    ) -> Result<(), CreditError> {
        let key = &order.account;
        let cause = Cause { on: order.on, reference: Some(&order.id), why: None };
        match &order.what {
            CreditUse::Refund => {
                self.account_mut(key).draw(amount)?;
                self.enter(key, EntryKind::Refund, amount, cause, Some(PAID_BACK), journal);
            }
            CreditUse::Move(portfolio) if *portfolio == key.portfolio => {
                return Err(CreditError::SamePortfolio(portfolio.clone()));
            }
            CreditUse::Move(portfolio) => {
                self.account_mut(key).draw(amount)?;
                let to = AccountKey { portfolio: portfolio.clone(), currency: key.currency };
                let account = self.account_mut(&to);
                account.credit = account.credit.plus(amount)?;
                let (there, here) = (format!("moved to {portfolio}"), format!("moved from {}", key.portfolio));
                self.enter(key, EntryKind::Adjustment, amount, cause, Some(&there), journal);
                self.enter(&to, EntryKind::Adjustment, amount.negated(), cause, Some(&here), journal);
            }
            CreditUse::Apply(advice) => {
                let parts = self.account_mut(key).draw(amount)?;
                let work = parts.into_iter().map(|(whose, remaining)| {
                    let whose = whose.unwrap_or_else(|| order.id.clone());
                    let recorded = recorded.get(&whose).copied().unwrap_or_default();
                    let method = advice.method();
                    Allocating { remaining, recorded, method, ..Allocating::new(whose, order.on, key.currency) }
                });
                let work: Vec<Allocating> = work.collect();
                match advice.named() {
                    Named::Nothing => self.account_mut(key).allocating = work,
                    named @ (Named::Amounts(_) | Named::Numbers(_)) => {
                        self.apply_to_named(key, work, named, journal)?
                    }
                }
            }
        }
        Ok(())
    }

    /// Settles what is named; what that leaves over is credit again.
    fn apply_to_named(
        &mut self,
        key: &AccountKey,
        work: Vec<Allocating>,
        named: &Named,
        journal: &mut Journal,
    ) -> Result<(), CreditError> {
        let wanted = self.wanted(key, named)?;
        let mut wanted = wanted.into_iter();
        let mut next = wanted.next();
        // It is unapplied until it is placed.
        self.account_mut(key).allocating.clone_from(&work);
        for part in work {
            let mut step = Placing::new(key, part, CreditOrder::NAMES_MAX);
            let before = step.work.remaining;
            while let Some((invoice, amount)) = next.take() {
                let left = step.work.remaining;
                self.place_on(&mut step, &invoice, amount, journal)?;
                let unpaid = amount.minus(left.minus(step.work.remaining)?)?;
                next = if step.work.remaining.is_zero() && unpaid.is_positive() {
                    Some((invoice, unpaid))
                } else {
                    wanted.next()
                };
                if step.work.remaining.is_zero() {
                    break;
                }
            }
            let rest = step.work.remaining;
            step.work.remaining = Money::zero(key.currency);
            let whose = step.work.remittance.clone();
            let placed = before.minus(rest)?;
            step.record(self, placed, Money::zero(key.currency), journal);
            let account = self.account_mut(key);
            account.allocating.remove(0);
            account.credit_of(&whose, rest)?;
        }
        Ok(())
    }

    /// The invoices that are named, each with what it may take; of numbers alone what is open, oldest due first, and then
    /// what was given up.
    fn wanted(&self, key: &AccountKey, named: &Named) -> Result<Vec<(InvoiceId, Money)>, CreditError> {
        let names = names(named, key);
        if names.len() > CreditOrder::NAMES_MAX {
            return Err(CreditError::TooMany(names.len()));
        }
        let takes = |invoice: &InvoiceId| self.takes(key, invoice).is_positive();
        if let Some((nothing, _)) = names.iter().find(|(invoice, _)| !takes(invoice)) {
            return Err(CreditError::TakesNothing(nothing.clone()));
        }
        let open = self.open_of(key).into_iter().filter(|(_, invoice, _)| names.iter().any(|(one, _)| one == invoice));
        let open = open.map(|(_, invoice, balance)| (invoice, balance));
        Ok(match named {
            Named::Nothing => Vec::new(),
            Named::Amounts(_) => names.into_iter().filter_map(|(invoice, part)| Some((invoice, part?))).collect(),
            Named::Numbers(_) => {
                let whole = names.iter().map(|(invoice, _)| (invoice.clone(), self.takes(key, invoice)));
                open.chain(whole).collect()
            }
        })
    }

    /// What an invoice of the account can take that is named.
    fn takes(&self, key: &AccountKey, invoice: &InvoiceId) -> Money {
        let invoice = self.invoices.get(invoice).filter(|invoice| invoice.account() == *key);
        invoice.map_or(Money::zero(key.currency), Invoice::unpaid)
    }
}
