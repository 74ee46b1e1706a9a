//! The append-only record of why a balance is what it is.
//!
//! An entry's amount is what it does to what the debtor owes: a charge is positive, a payment negative. The entries
//! that name an invoice sum to its balance (I1); those that name none sum to minus the account's unapplied credit.

use jiff::civil::Date;

use crate::ids::{AccountKey, InvoiceId};
use crate::money::Money;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// An invoice was raised.
    Charge,
    /// Money came in.
    Payment,
    /// A credit note reduced the debt.
    Credit,
    /// Money that had come in went back by the creditor's will.
    Refund,
    /// Money that had come in was taken back through the debtor's bank; negative when it was won back.
    Chargeback,
    /// A fee was charged on top.
    Fee,
    /// Interest was charged on top.
    Interest,
    /// The creditor gave the balance up, or a part of it; positive when a later payment makes part of it good.
    WriteOff,
    /// The invoice's total was changed or voided, or an overpayment moved to unapplied credit.
    Adjustment,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Charge,
        Self::Payment,
        Self::Credit,
        Self::Refund,
        Self::Chargeback,
        Self::Fee,
        Self::Interest,
        Self::WriteOff,
        Self::Adjustment,
    ];

    /// The kind's name, in the API and in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Payment => "payment",
            Self::Credit => "credit",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
            Self::Fee => "fee",
            Self::Interest => "interest",
            Self::WriteOff => "write_off",
            Self::Adjustment => "adjustment",
        }
    }

    /// Reads what [`EntryKind::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == value)
    }
}

/// The notes of the two entries that move an overpayment from its invoice to unapplied credit.
pub const OVERPAYMENT: [&str; 2] = ["overpayment moved to unapplied credit", "overpayment of an invoice"];

/// The note of the entry that takes from an account's unapplied credit what was placed on invoices.
pub const ALLOCATED: &str = "allocated to invoices";

/// The note of the entry by which unapplied credit was paid back.
pub const PAID_BACK: &str = "unapplied credit paid back";

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The creditor and currency.
    pub account: AccountKey,
    /// The invoice, or `None` where it touches the account's unapplied credit.
    pub invoice: Option<InvoiceId>,
    /// Signed: what it does to what the debtor owes.
    pub amount: Money,
    /// The day it counts from.
    pub on: Date,
    /// The outside id of what caused it, such as a payment reference.
    pub reference: Option<String>,
    /// Why, where the kind does not say it; of what is charged on top, by what authority.
    pub note: Option<String>,
}
