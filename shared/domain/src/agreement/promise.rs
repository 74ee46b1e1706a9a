//! A promise to pay.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{AgreementEnd, AgreementError};
use crate::money::Money;

/// To pay an amount by a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    amount: Money,
    by: Date,
    grace_days: u8,
}

impl Promise {
    /// To pay `amount` by `by`, the last day on the debtor's calendar; it counts as broken after `grace_days` more days,
    /// which a transfer may take.
    ///
    /// # Errors
    /// [`AgreementError::NothingPromised`].
    pub fn new(amount: Money, by: Date, grace_days: u8) -> Result<Self, AgreementError> {
        if amount.is_positive() {
            Ok(Self { amount, by, grace_days })
        } else {
            Err(AgreementError::NothingPromised("the amount"))
        }
    }

    /// How much.
    #[must_use]
    pub fn amount(&self) -> Money {
        self.amount
    }

    /// Until when, in days of the debtor.
    #[must_use]
    pub fn by(&self) -> Date {
        self.by
    }

    /// How many days later it counts as broken.
    #[must_use]
    pub fn grace_days(&self) -> u8 {
        self.grace_days
    }

    /// The first day on which it is over where it counts from a day.
    pub(super) fn over(&self, from: Date) -> Date {
        from.saturating_add(i64::from(self.grace_days).saturating_add(1).days())
    }

    pub(super) fn verdict(&self, received: Money, settled: bool, is_over: bool) -> Option<AgreementEnd> {
        if settled || received.minor() >= self.amount.minor() {
            Some(AgreementEnd::Kept)
        } else if !is_over {
            None
        } else if received.is_positive() {
            Some(AgreementEnd::PartlyKept)
        } else {
            Some(AgreementEnd::Broken)
        }
    }
}
