//! What a payer says a payment is for, as text.

use super::FieldError;
use super::fields::{Fields, numbers};
use crate::allocation::{Advice, AdviceError, AllocationMethod, Named, NamedAmount};
use crate::ids::InvoiceNumber;
use crate::money::Money;

/// A part of a payment for one invoice, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawPart {
    /// The invoice.
    pub invoice_number: Option<String>,
    /// Major units with a point, in the payment's currency.
    pub amount: Option<String>,
}

/// The fields that say what an amount is for.
pub(super) struct RawAdvice<'a> {
    pub(super) invoice_numbers: Option<&'a String>,
    pub(super) allocations: &'a [RawPart],
    pub(super) allocate_by: Option<&'a String>,
}

impl RawAdvice<'_> {
    /// `paid` is what the parts may come to, and their currency; without it they cannot be read.
    pub(super) fn parse(&self, fields: &mut Fields, paid: Option<Money>) -> Option<Advice> {
        let method = fields.read("allocate_by", self.allocate_by, |text| {
            AllocationMethod::parse(text).ok_or("must be oldest_due_first, largest_first or proportional")
        });
        let numbers = fields.read("invoice_numbers", self.invoice_numbers, numbers);
        let parts = paid.map(|paid| self.parts(fields, paid)).unwrap_or_default();
        let named = match (parts.is_empty(), numbers) {
            (true, None) => Named::Nothing,
            (true, Some(numbers)) => Named::Numbers(numbers),
            (false, None) => Named::Amounts(parts),
            (false, Some(_)) => {
                fields.complain("invoice_numbers", "cannot be given beside allocations".to_owned());
                return None;
            }
        };
        let field = if matches!(named, Named::Amounts(_)) { "allocations" } else { "invoice_numbers" };
        let advice = Advice::new(named, method);
        let advice = advice.and_then(|advice| if let Some(paid) = paid { advice.within(paid) } else { Ok(advice) });
        advice.map_err(|error: AdviceError| fields.complain(field, error.to_string())).ok()
    }

    fn parts(&self, fields: &mut Fields, paid: Money) -> Vec<NamedAmount> {
        let mut parts = Vec::with_capacity(self.allocations.len());
        for (index, part) in self.allocations.iter().enumerate() {
            let mut within = Fields(Vec::new());
            let number = within.require("invoice_number", part.invoice_number.as_ref(), InvoiceNumber::parse);
            let amount = within.require("amount", part.amount.as_ref(), |text| Money::parse(text, paid.currency()));
            fields.0.extend(within.0.into_iter().map(|error| FieldError {
                field: format!("allocations[{index}].{}", error.field).into(),
                reason: error.reason,
            }));
            if let (Some(number), Some(amount)) = (number, amount) {
                parts.push(NamedAmount { number, minor: amount.minor() });
            }
        }
        parts
    }
}
