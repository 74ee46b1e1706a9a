//! What was open on each day.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::money::{Money, MoneyError};

/// A principal and what changed it: payments and credits take away, a payment that was taken back adds.
///
/// A movement counts from the day after its own, so that the day of a payment still bears interest on what was open
/// in the morning. It does not matter in which order movements are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenBalance {
    opening: Money,
    movements: BTreeMap<Date, i128>,
}

impl OpenBalance {
    /// A principal that nothing has changed yet.
    #[must_use]
    pub fn new(opening: Money) -> Self {
        Self { opening, movements: BTreeMap::new() }
    }

    /// With a movement on a day: negative for a payment or credit.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn moved(mut self, on: Date, amount: Money) -> Result<Self, MoneyError> {
        let (ours, theirs) = (self.opening.currency(), amount.currency());
        if ours != theirs {
            return Err(MoneyError::CurrencyMismatch(ours, theirs));
        }
        let sum = self.movements.entry(on).or_default();
        *sum = sum.saturating_add(i128::from(amount.minor()));
        Ok(self)
    }

    /// The same with so much less from the beginning on: what is left beyond a part that is contested.
    ///
    /// # Errors
    /// [`MoneyError`] where the currencies differ or the amount is too large.
    pub fn without(self, part: Money) -> Result<Self, MoneyError> {
        Ok(Self { opening: self.opening.minus(part)?, ..self })
    }

    /// The principal before all movements.
    #[must_use]
    pub fn opening(&self) -> Money {
        self.opening
    }

    /// What bears interest on a day: the principal and the movements of earlier days, and nothing where more was paid
    /// than was owed.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn on(&self, day: Date) -> Result<Money, MoneyError> {
        let moved = self.movements.range(..day).fold(0_i128, |sum, (_, minor)| sum.saturating_add(*minor));
        let minor = i128::from(self.opening.minor()).saturating_add(moved);
        let minor = i64::try_from(minor).map_err(|_| MoneyError::Overflow)?;
        Ok(Money::from_minor(minor, self.opening.currency()).or_zero())
    }

    /// The days of movements.
    pub(super) fn days(&self) -> impl Iterator<Item = Date> {
        self.movements.keys().copied()
    }
}
