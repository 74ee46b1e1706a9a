//! Remittance advice: what a payer says a payment is for.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::AllocationMethod;
use crate::ids::InvoiceNumber;
use crate::money::Money;

/// A part of a payment for one invoice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedAmount {
    /// The invoice.
    pub number: InvoiceNumber,
    /// Minor units of the payment's own currency; it has no other.
    pub minor: i64,
}

/// The invoices that a payment names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// So much for each, in this order.
    Amounts(Vec<NamedAmount>),
    /// These, oldest due first.
    Numbers(BTreeSet<InvoiceNumber>),
    /// None: the method says which.
    Nothing,
}

/// What a payer says a payment on account is for. What names leave over goes by the method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advice {
    named: Named,
    // Of two words, the one that asks for a method is preferred.
    method: Reverse<Option<AllocationMethod>>,
}

/// What is wrong with an advice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdviceError {
    /// More than a record can hold.
    #[error("names {0} invoices, more than the {max} of one payment", max = Advice::NAMES_MAX)]
    TooMany(usize),
    /// Longer than a record can hold.
    #[error("the numbers come to {0} bytes, more than the {max} of one payment", max = Advice::BYTES_MAX)]
    TooLong(usize),
    /// A part that is nothing or less.
    #[error("invoice {0} is named with an amount that is not more than nothing")]
    NotPositive(InvoiceNumber),
    /// The parts are more than the whole.
    #[error("the named amounts come to more than the payment's {0}")]
    MoreThanPaid(Money),
}

impl Advice {
    /// How many invoices one payment may name.
    pub const NAMES_MAX: usize = 2_000;
    /// How long their numbers may be together, so that a payment stays one item.
    pub const BYTES_MAX: usize = 200_000;

    /// Checks what a payer says.
    ///
    /// # Errors
    /// [`AdviceError`].
    pub fn new(named: Named, method: Option<AllocationMethod>) -> Result<Self, AdviceError> {
        let mut bytes = 0_usize;
        let mut count = |number: &InvoiceNumber| bytes = bytes.saturating_add(number.as_str().len());
        let names = match &named {
            Named::Nothing => 0,
            Named::Numbers(numbers) => {
                numbers.iter().for_each(&mut count);
                numbers.len()
            }
            Named::Amounts(parts) => {
                if let Some(part) = parts.iter().find(|part| part.minor <= 0) {
                    return Err(AdviceError::NotPositive(part.number.clone()));
                }
                parts.iter().for_each(|part| count(&part.number));
                parts.len()
            }
        };
        match (names, bytes) {
            (names, _) if names > Self::NAMES_MAX => Err(AdviceError::TooMany(names)),
            (_, bytes) if bytes > Self::BYTES_MAX => Err(AdviceError::TooLong(bytes)),
            _ => Ok(Self { named, method: Reverse(method) }),
        }
    }

    /// The same, if no more is named than was paid.
    ///
    /// # Errors
    /// [`AdviceError::MoreThanPaid`].
    pub fn within(self, paid: Money) -> Result<Self, AdviceError> {
        let named = match &self.named {
            Named::Amounts(parts) => parts.iter().fold(0_i64, |sum, part| sum.saturating_add(part.minor)),
            Named::Numbers(_) | Named::Nothing => 0,
        };
        if named > paid.minor() { Err(AdviceError::MoreThanPaid(paid)) } else { Ok(self) }
    }

    /// No word about what it is for.
    #[must_use]
    pub fn none() -> Self {
        Self { named: Named::Nothing, method: Reverse(None) }
    }

    /// The invoices that it names.
    #[must_use]
    pub fn named(&self) -> &Named {
        &self.named
    }

    /// The method asked for, where it is not the tenant's own.
    #[must_use]
    pub fn method(&self) -> Option<AllocationMethod> {
        self.method.0
    }
}
