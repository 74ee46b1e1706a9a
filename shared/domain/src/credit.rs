//! What a debtor is granted: days to pay, and how much it may owe in a currency.

use std::collections::BTreeMap;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::event::EventKind;
use crate::money::{Currency, Money, MoneyError};

/// What is wrong with terms of credit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditTermsError {
    /// No whole number of days, or too many.
    #[error("must be a whole number of days from 0 to {max}", max = PaymentDays::MAX)]
    Days,
    /// Less than nothing may be owed.
    #[error("must be nothing or more, not {0}")]
    Limit(Money),
}

/// How many days after its issue an invoice falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentDays(u16);

impl PaymentDays {
    /// A year: longer terms are a loan.
    pub const MAX: u16 = 365;

    /// Takes a number of days.
    ///
    /// # Errors
    /// [`CreditTermsError::Days`] for more than [`PaymentDays::MAX`].
    pub fn new(days: u16) -> Result<Self, CreditTermsError> {
        if days <= Self::MAX { Ok(Self(days)) } else { Err(CreditTermsError::Days) }
    }

    /// Reads a number of days.
    ///
    /// # Errors
    /// [`CreditTermsError::Days`].
    pub fn parse(text: &str) -> Result<Self, CreditTermsError> {
        Self::new(text.parse().map_err(|_| CreditTermsError::Days)?)
    }

    /// The number of days.
    #[must_use]
    pub fn days(self) -> u16 {
        self.0
    }

    /// The last day on which an invoice that was issued on `issued` is paid in time.
    #[must_use]
    pub fn due(self, issued: Date) -> Date {
        issued.saturating_add(i64::from(self.0).days())
    }
}

impl fmt::Display for PaymentDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The most that may be owed in one currency. Nothing is a limit too: no credit is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditLimit(Money);

impl CreditLimit {
    /// Takes an amount.
    ///
    /// # Errors
    /// [`CreditTermsError::Limit`] for less than nothing.
    pub fn new(amount: Money) -> Result<Self, CreditTermsError> {
        if amount.minor() < 0 { Err(CreditTermsError::Limit(amount)) } else { Ok(Self(amount)) }
    }

    /// The amount.
    #[must_use]
    pub fn amount(self) -> Money {
        self.0
    }

    /// Whether so much is more than may be owed.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency.
    pub fn is_exceeded_by(self, exposure: Money) -> Result<bool, MoneyError> {
        Ok(exposure.minus(self.0)?.is_positive())
    }
}

/// What is to be told of a limit now, given whether it was exceeded before: each way is told once.
///
/// # Errors
/// [`MoneyError`] where the limit is in another currency.
pub fn crossing(limit: Option<CreditLimit>, exposure: Money, exceeded: bool) -> Result<Option<EventKind>, MoneyError> {
    let exceeds = limit.map_or(Ok(false), |limit| limit.is_exceeded_by(exposure))?;
    Ok(match (exceeded, exceeds) {
        (false, true) => Some(EventKind::CreditLimitExceeded),
        (true, false) => Some(EventKind::CreditLimitRestored),
        (false, false) | (true, true) => None,
    })
}

/// What a debtor, or the group that it leads, is granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreditTerms {
    /// The days to pay of invoices that name no due date.
    pub payment_days: Option<PaymentDays>,
    limits: BTreeMap<Currency, CreditLimit>,
}

impl CreditTerms {
    /// The limit in a currency, if there is one.
    #[must_use]
    pub fn limit(&self, currency: Currency) -> Option<CreditLimit> {
        self.limits.get(&currency).copied()
    }

    /// Every limit, by currency.
    #[must_use]
    pub fn limits(&self) -> &BTreeMap<Currency, CreditLimit> {
        &self.limits
    }

    /// Sets the limit in its currency.
    pub fn set_limit(&mut self, limit: CreditLimit) {
        self.limits.insert(limit.amount().currency(), limit);
    }

    /// Takes the limit in a currency away: as much as may be is owed.
    pub fn lift_limit(&mut self, currency: Currency) {
        self.limits.remove(&currency);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_to_pay_are_a_whole_number_within_a_year() {
        assert_eq!(PaymentDays::parse("30").unwrap().due(date(2026, 1, 31)), date(2026, 3, 2));
        assert_eq!(PaymentDays::parse("0").unwrap().due(date(2026, 1, 31)), date(2026, 1, 31));
        for bad in ["", "-1", "366", "3.5", "thirty"] {
            assert_eq!(PaymentDays::parse(bad), Err(CreditTermsError::Days), "{bad}");
        }
    }

    #[test]
    fn a_limit_is_exceeded_by_more_than_it_and_not_by_as_much() {
        let eur = Currency::parse("EUR").unwrap();
        let of = |minor| CreditLimit::new(Money::from_minor(minor, eur));
        assert_eq!(of(-1), Err(CreditTermsError::Limit(Money::from_minor(-1, eur))));
        for (limit, exposure, exceeded) in
            [(100, 100, false), (100, 101, true), (0, 0, false), (0, 1, true), (0, -1, false)]
        {
            let found = of(limit).unwrap().is_exceeded_by(Money::from_minor(exposure, eur));
            assert_eq!(found, Ok(exceeded), "{exposure} of {limit}");
        }
        let usd = Money::from_minor(1, Currency::parse("USD").unwrap());
        assert!(of(0).unwrap().is_exceeded_by(usd).is_err(), "two currencies are not compared");
    }
}
