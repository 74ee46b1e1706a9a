//! An offer to accept less.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{AgreementEnd, AgreementError};
use crate::money::Money;

/// To take less for the whole, if it is paid by a date. The rest is given up in the commit in which the amount is
/// reached; if it is not reached, the whole is owed as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    accepts: Money,
    by: Date,
    grace_days: u8,
}

impl Settlement {
    /// How many invoices one settlement may be about: what is left of all is given up in one commit, and owed again in one.
    pub const INVOICES_MAX: usize = 20;

    /// To take `accepts` for the whole if it is paid by `by`, the last day on the debtor's calendar; the offer lapses after
    /// `grace_days` more days, which a transfer, and word of it, may take. What is told later does not bring it back.
    ///
    /// # Errors
    /// [`AgreementError::NothingPromised`].
    pub fn new(accepts: Money, by: Date, grace_days: u8) -> Result<Self, AgreementError> {
        if accepts.is_positive() {
            Ok(Self { accepts, by, grace_days })
        } else {
            Err(AgreementError::NothingPromised("the amount that is accepted"))
        }
    }

    /// What is taken for the whole.
    #[must_use]
    pub fn accepts(&self) -> Money {
        self.accepts
    }

    /// Until when, in days of the debtor.
    #[must_use]
    pub fn by(&self) -> Date {
        self.by
    }

    /// How many days later it lapses.
    #[must_use]
    pub fn grace_days(&self) -> u8 {
        self.grace_days
    }

    /// The first day on which the offer does not stand any more.
    pub(super) fn over(&self) -> Date {
        self.by.saturating_add(i64::from(self.grace_days).saturating_add(1).days())
    }

    pub(super) fn verdict(&self, received: Money, settled: bool, is_over: bool) -> Option<AgreementEnd> {
        if settled || received.minor() >= self.accepts.minor() {
            Some(AgreementEnd::Kept)
        } else if !is_over {
            None
        } else {
            Some(AgreementEnd::Lapsed)
        }
    }
}
