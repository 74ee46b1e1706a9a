//! A payment plan.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{AgreementEnd, AgreementError};
use crate::money::{Money, MoneyError};

/// Ten years of months; a plan is part of what every decision reads.
pub(super) const INSTALMENTS_MAX: usize = 120;

/// One payment of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instalment {
    /// Its last day, on the debtor's calendar.
    pub due: Date,
    /// How much.
    pub amount: Money,
}

/// To pay in instalments. What is received counts for the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPlan {
    instalments: Vec<Instalment>,
    grace_days: u8,
    misses_allowed: u8,
    /// The days of those that are missed and that somebody was told of.
    told_missed: BTreeSet<Date>,
    /// Of how many it was told that they are paid. What goes back afterwards does not take that back.
    told_paid: usize,
}

impl PaymentPlan {
    /// A plan of `instalments`, in order. One counts as missed `grace_days` after its day, and the plan has defaulted once
    /// more than `misses_allowed` are missed at a time.
    ///
    /// # Errors
    /// [`AgreementError::Instalments`], [`AgreementError::NothingPromised`], [`AgreementError::Money`] where currencies
    /// differ.
    pub fn new(instalments: Vec<Instalment>, grace_days: u8, misses_allowed: u8) -> Result<Self, AgreementError> {
        let in_order = instalments.is_sorted_by(|one, next| one.due < next.due);
        let Some(first) = instalments.first().filter(|_| in_order && instalments.len() <= INSTALMENTS_MAX) else {
            return Err(AgreementError::Instalments);
        };
        if instalments.iter().any(|one| !one.amount.is_positive()) {
            return Err(AgreementError::NothingPromised("each instalment"));
        }
        Money::sum(first.amount.currency(), instalments.iter().map(|one| one.amount))?;
        Ok(Self { instalments, grace_days, misses_allowed, told_missed: BTreeSet::new(), told_paid: 0 })
    }

    /// The instalments, in order.
    #[must_use]
    pub fn instalments(&self) -> &[Instalment] {
        &self.instalments
    }

    /// After how many days an instalment counts as missed.
    #[must_use]
    pub fn grace_days(&self) -> u8 {
        self.grace_days
    }

    /// How many instalments may be missed at a time.
    #[must_use]
    pub fn misses_allowed(&self) -> u8 {
        self.misses_allowed
    }

    /// What all instalments come to.
    ///
    /// # Errors
    /// Never: the constructor has added them up.
    pub fn total(&self) -> Result<Money, MoneyError> {
        let mut amounts = self.instalments.iter().map(|one| one.amount);
        let Some(first) = amounts.next() else { return Err(MoneyError::Overflow) };
        amounts.try_fold(first, Money::plus)
    }

    /// What is left of each instalment that is not paid, in order.
    pub fn unpaid(&self, received: Money) -> impl Iterator<Item = Instalment> {
        let mut rest = received.minor().max(0);
        self.instalments.iter().filter_map(move |one| {
            let paid = rest.min(one.amount.minor());
            rest = rest.saturating_sub(paid);
            let left = one.amount.minor().saturating_sub(paid);
            (left > 0).then(|| Instalment { amount: Money::from_minor(left, one.amount.currency()), ..*one })
        })
    }

    /// The days of missed instalments that somebody was told of.
    #[must_use]
    pub fn told_missed(&self) -> &BTreeSet<Date> {
        &self.told_missed
    }

    /// The same plan, of which the missed instalments of these days were told.
    #[must_use]
    pub fn with_told_missed(self, told_missed: BTreeSet<Date>) -> Self {
        Self { told_missed, ..self }
    }

    /// How many instalments are paid in full.
    #[must_use]
    pub fn paid(&self, received: Money) -> usize {
        self.instalments.len().saturating_sub(self.unpaid(received).count())
    }

    /// Of how many somebody was told that they are paid.
    #[must_use]
    pub fn told_paid(&self) -> usize {
        self.told_paid
    }

    /// The same plan, of which so many paid instalments were told.
    #[must_use]
    pub fn with_told_paid(self, told_paid: usize) -> Self {
        Self { told_paid, ..self }
    }

    /// The first day on which an instalment is missed that counts as due on a day.
    pub(super) fn missed_from(&self, due: Date) -> Date {
        due.saturating_add(i64::from(self.grace_days).saturating_add(1).days())
    }

    pub(super) fn verdict(&self, received: Money, settled: bool, missed: usize) -> Option<AgreementEnd> {
        if settled || self.unpaid(received).next().is_none() {
            Some(AgreementEnd::Completed)
        } else if missed > usize::from(self.misses_allowed) {
            Some(AgreementEnd::Defaulted)
        } else {
            None
        }
    }
}
