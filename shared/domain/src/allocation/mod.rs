//! Allocation: which invoices a payment on account settles, and what became of each part of it.
//!
//! A payment over thousands of invoices is placed in steps, each committed with a record of its own, so that no record
//! grows. What goes back goes back the way it came: first out of the payment's own unapplied credit, then off the
//! invoices, the last one settled first.

pub(crate) mod advice;
mod method;

pub use advice::{Advice, AdviceError, Named, NamedAmount};
pub use method::{AllocationMethod, ComponentOrder, Proportion};

use crate::ids::InvoiceId;
use crate::money::{Currency, Money, MoneyError};
use crate::remittance::RemittanceId;

/// What went back of an amount, or is to go back; below nothing, what is given back to where it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reversal {
    /// It never came, or was less: a credit note that was voided.
    pub withdrawn: Money,
    /// The creditor paid it back.
    pub refunded: Money,
    /// The bank took it back.
    pub charged_back: Money,
}

impl Reversal {
    /// Nothing went back.
    #[must_use]
    pub fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { withdrawn: zero, refunded: zero, charged_back: zero }
    }

    /// Whether nothing went back.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.withdrawn.is_zero() && self.refunded.is_zero() && self.charged_back.is_zero()
    }

    /// Whether any part of it is to be given back.
    #[must_use]
    pub fn gives(&self) -> bool {
        [self.withdrawn, self.refunded, self.charged_back].iter().any(|part| part.minor() < 0)
    }

    /// All that went back.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn total(&self) -> Result<Money, MoneyError> {
        self.withdrawn.plus(self.refunded)?.plus(self.charged_back)
    }

    /// Both together.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            withdrawn: self.withdrawn.plus(other.withdrawn)?,
            refunded: self.refunded.plus(other.refunded)?,
            charged_back: self.charged_back.plus(other.charged_back)?,
        })
    }

    /// What is left of it after `other`.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn minus(&self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            withdrawn: self.withdrawn.minus(other.withdrawn)?,
            refunded: self.refunded.minus(other.refunded)?,
            charged_back: self.charged_back.minus(other.charged_back)?,
        })
    }

    /// The part of it that can be taken from `left`.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn taken_from(&self, left: Money) -> Result<Self, MoneyError> {
        let withdrawn = self.withdrawn.or_zero().min(left)?;
        let refunded = self.refunded.or_zero().min(left.minus(withdrawn)?)?;
        let charged_back = self.charged_back.or_zero().min(left.minus(withdrawn)?.minus(refunded)?)?;
        Ok(Self { withdrawn, refunded, charged_back })
    }

    /// What of it is to be given back.
    #[must_use]
    pub fn given_part(&self) -> Self {
        let part = |part: Money| part.negated().or_zero().negated();
        Self { withdrawn: part(self.withdrawn), refunded: part(self.refunded), charged_back: part(self.charged_back) }
    }

    /// The part of it that is given back to where `gone` was taken; nothing in it is above nothing.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn given_back_of(&self, gone: &Self) -> Result<Self, MoneyError> {
        let part = |wanted: Money, gone: Money| wanted.negated().or_zero().min(gone).map(Money::negated);
        Ok(Self {
            withdrawn: part(self.withdrawn, gone.withdrawn)?,
            refunded: part(self.refunded, gone.refunded)?,
            charged_back: part(self.charged_back, gone.charged_back)?,
        })
    }
}

/// A part of a payment that settled an invoice, or some of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationLine {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much of it was settled.
    pub amount: Money,
    /// What went back of that since.
    pub reversed: Reversal,
}

impl AllocationLine {
    /// What still settles the invoice.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.amount.minus(self.reversed.total()?)
    }
}

/// Where one step placed a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The payment or credit note.
    pub remittance: RemittanceId,
    /// Counted from 0.
    pub number: u32,
    /// The invoices, in the order in which they were settled.
    pub lines: Vec<AllocationLine>,
    /// What found no open invoice and became unapplied credit.
    pub credit: Money,
}
