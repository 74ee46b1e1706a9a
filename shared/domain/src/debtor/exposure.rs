//! What a debtor owes in a currency, to whomever, and whether it is more than it may.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Debtor, Journal, Membership};
use crate::agreement::{Cover, Terms};
use crate::credit::crossing;
use crate::event::{Event, EventKind};
use crate::ids::InvoiceId;
use crate::money::{Currency, Money, MoneyError};

/// What is owed in one currency, over all creditors, and what speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// Open on invoices.
    pub open: Money,
    /// What of it the debtor contests.
    pub disputed: Money,
    /// What came in and is on no invoice; below nothing where more went back than was left.
    pub unapplied: Money,
    /// Payments under way.
    pub in_flight: Money,
}

impl Owed {
    /// Nothing.
    #[must_use]
    pub fn nothing(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { open: zero, disputed: zero, unapplied: zero, in_flight: zero }
    }

    /// What counts against a credit limit: what is open and not contested, less unapplied credit. A payment under way may
    /// still fail, so it does not count.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn exposure(&self) -> Result<Money, MoneyError> {
        self.open.minus(self.disputed)?.minus(self.unapplied)
    }

    /// Both together.
    ///
    /// # Errors
    /// [`MoneyError`] for two currencies, or where sums overflow.
    pub fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            open: self.open.plus(other.open)?,
            disputed: self.disputed.plus(other.disputed)?,
            unapplied: self.unapplied.plus(other.unapplied)?,
            in_flight: self.in_flight.plus(other.in_flight)?,
        })
    }
}

impl Debtor {
    /// What is owed, by currency.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn owed_by_currency(&self) -> Result<BTreeMap<Currency, Owed>, MoneyError> {
        let mut all: BTreeMap<Currency, Owed> = BTreeMap::new();
        for (key, account) in &self.accounts {
            let owed = all.entry(key.currency).or_insert_with(|| Owed::nothing(key.currency));
            owed.unapplied = owed.unapplied.plus(account.unapplied()?)?;
            for payment in account.in_flight.values() {
                owed.in_flight = owed.in_flight.plus(payment.amount)?;
            }
        }
        let disputes = self.disputes();
        for invoice in self.invoices.values() {
            let currency = invoice.currency();
            let owed = all.entry(currency).or_insert_with(|| Owed::nothing(currency));
            let open = invoice.balance();
            let disputed = disputes.get(&invoice.id).map_or(Ok(Money::zero(currency)), |part| match part {
                Some(part) => part.min(open),
                None => Ok(open),
            })?;
            owed.open = owed.open.plus(open)?;
            owed.disputed = owed.disputed.plus(disputed)?;
            for payment in invoice.in_flight.values() {
                owed.in_flight = owed.in_flight.plus(payment.amount)?;
            }
        }
        Ok(all)
    }

    /// What is late on `today`, in a currency.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn overdue(&self, currency: Currency, today: Date) -> Result<Money, MoneyError> {
        let late = self.invoices.values().filter(|one| one.currency() == currency && one.is_overdue(today));
        Money::sum(currency, late.map(crate::invoice::Invoice::balance))
    }

    /// So much of each contested invoice, or all of it. Of several disputes about one, the largest counts.
    fn disputes(&self) -> BTreeMap<InvoiceId, Option<Money>> {
        let mut disputes: BTreeMap<InvoiceId, Option<Money>> = BTreeMap::new();
        for agreement in self.agreements.values() {
            let (Terms::Dispute(dispute), Cover::Invoices(invoices)) = (&agreement.terms, &agreement.cover) else {
                continue;
            };
            for invoice in invoices {
                let part = dispute.amount();
                let known = disputes.entry(invoice.clone()).or_insert(part);
                *known = known.zip(part).and_then(|(known, part)| known.max(part).ok());
            }
        }
        disputes
    }

    /// Tells once when the debtor owes more than it may, and once when it is again within. The limits of a parent are the
    /// group's and not looked at here: the group spans debtors.
    pub(super) fn roll_credit(&mut self, journal: &mut Journal) -> Result<(), MoneyError> {
        if self.credit.limits().is_empty() && self.exceeded.is_empty() {
            return Ok(());
        }
        let owed = self.owed_by_currency()?;
        let currencies: BTreeSet<Currency> = self.credit.limits().keys().chain(&self.exceeded).copied().collect();
        for currency in currencies {
            let exposure = owed.get(&currency).map_or(Ok(Money::zero(currency)), Owed::exposure)?;
            let limit = self.credit.limit(currency).filter(|_| self.membership != Membership::Leads);
            let Some(kind) = crossing(limit, exposure, self.exceeded.contains(&currency))? else { continue };
            if kind == EventKind::CreditLimitExceeded {
                self.exceeded.insert(currency);
            } else {
                self.exceeded.remove(&currency);
            }
            journal.events.push(Event::new(kind).amount(exposure).detail("debtor"));
        }
        Ok(())
    }
}
