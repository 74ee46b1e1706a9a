//! In which order open invoices are settled where a payment does not name them.

use jiff::civil::Date;

use crate::ids::InvoiceId;
use crate::money::{Money, MoneyError};

/// Which open invoices come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllocationMethod {
    /// The oldest due date.
    #[default]
    OldestDueFirst,
    /// The largest balance; of equal ones the oldest due date.
    LargestFirst,
    /// Each by its share of all that is open, exact to the minor unit.
    Proportional,
}

impl AllocationMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::OldestDueFirst, Self::LargestFirst, Self::Proportional];

    /// The method's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OldestDueFirst => "oldest_due_first",
            Self::LargestFirst => "largest_first",
            Self::Proportional => "proportional",
        }
    }

    /// Reads what [`AllocationMethod::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == value)
    }
}

/// Which part of an invoice a payment settles first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentOrder {
    /// The principal, then costs, then interest.
    #[default]
    PrincipalFirst,
    /// Costs, then interest, then the principal (German Civil Code, §367(1)).
    CostsInterestPrincipal,
}

impl ComponentOrder {
    /// Every order.
    pub const ALL: [Self; 2] = [Self::PrincipalFirst, Self::CostsInterestPrincipal];

    /// The order's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrincipalFirst => "principal_first",
            Self::CostsInterestPrincipal => "costs_interest_principal",
        }
    }

    /// Reads what [`ComponentOrder::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == value)
    }
}

/// An amount shared out over invoices by their balances, by largest remainder: each gets its share rounded down, and the
/// minor units left over go one each to the shares that lost most; of equal ones to the oldest due date.
///
/// Which share is rounded up can be told of one invoice at a time, so that the work can be cut into steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proportion {
    /// What is shared out.
    pub amount: Money,
    /// All that was open then.
    pub of: Money,
    /// The last share that is rounded up: the remainder that it lost, its due date and invoice.
    pub rounded_up_to: Option<(i64, Date, InvoiceId)>,
    /// The invoice up to which shares have been placed, by due date and number.
    pub placed_to: Option<(Date, InvoiceId)>,
}

impl Proportion {
    /// How `amount` is shared out over `open` balances; `None` where it covers all of them.
    ///
    /// # Errors
    /// [`MoneyError`] where balances do not add up.
    pub fn of(amount: Money, open: &[(Date, InvoiceId, Money)]) -> Result<Option<Self>, MoneyError> {
        let of = Money::sum(amount.currency(), open.iter().map(|(.., balance)| *balance))?;
        if amount.minor() >= of.minor() {
            return Ok(None);
        }
        let mut whole = Self { amount, of, rounded_up_to: None, placed_to: None };
        let mut left = amount.minor();
        let mut lost: Vec<(i64, Date, &InvoiceId)> = Vec::with_capacity(open.len());
        for (due, invoice, balance) in open {
            let (share, remainder) = whole.rounded_down(*balance);
            left = left.saturating_sub(share);
            lost.push((remainder, *due, invoice));
        }
        lost.sort_by(|a, b| (b.0, a.1, a.2).cmp(&(a.0, b.1, b.2)));
        let last = usize::try_from(left).ok().and_then(|left| left.checked_sub(1)).and_then(|last| lost.get(last));
        whole.rounded_up_to = last.map(|(remainder, due, invoice)| (*remainder, *due, (*invoice).clone()));
        Ok(Some(whole))
    }

    /// The share of one invoice.
    #[must_use]
    pub fn share(&self, due: Date, invoice: &InvoiceId, balance: Money) -> Money {
        let (share, remainder) = self.rounded_down(balance);
        let up = self.rounded_up_to.as_ref().is_some_and(|(least, last_due, last)| {
            remainder > *least || (remainder == *least && (due, invoice) <= (*last_due, last))
        });
        Money::from_minor(share.saturating_add(i64::from(up)), balance.currency())
    }

    /// `amount * balance / of`, and what is lost by rounding.
    fn rounded_down(&self, balance: Money) -> (i64, i64) {
        let of = i128::from(self.of.minor());
        let product = i128::from(self.amount.minor()).saturating_mul(i128::from(balance.minor()));
        let part = |number: Option<i128>| number.and_then(|number| i64::try_from(number).ok()).unwrap_or(0);
        (part(product.checked_div(of)), part(product.checked_rem(of)))
    }
}
