//! The parts of a debt since its itemization date.

use crate::money::{Money, MoneyError};

/// What a validation notice itemizes (12 CFR 1006.34(c)(2)(vii)-(ix)). A part that is nothing is told as nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Itemization {
    /// The debt on the itemization date.
    pub amount: Money,
    /// Interest since.
    pub interest: Money,
    /// Fees since.
    pub fees: Money,
    /// Payments since, as a positive amount.
    pub payments: Money,
    /// Credits since, as a positive amount.
    pub credits: Money,
}

impl Itemization {
    /// The current amount of the debt, to the cent.
    ///
    /// # Errors
    /// [`MoneyError`] where the parts are of two currencies or too large.
    pub fn current(&self) -> Result<Money, MoneyError> {
        let owed = self.amount.plus(self.interest)?.plus(self.fees)?;
        owed.minus(self.payments)?.minus(self.credits)
    }
}
