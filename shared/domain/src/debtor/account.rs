//! A debtor's dealings with one creditor in one currency: unapplied credit, the cycle, the message under way.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{PolicyRef, StepName};
use crate::message::Pending;
use crate::money::{Currency, Money, MoneyError};
use crate::remittance::{InFlight, RemittanceId};

/// A step that has been taken in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDone {
    /// Its day, after the due date.
    pub offset_days: i32,
    /// When.
    pub at: Timestamp,
}

/// One run down the ladder: an unbroken stretch in which something is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Counted from 1.
    pub number: u32,
    /// The day on which it was first seen to run, on the debtor's calendar.
    pub began: Date,
    /// The policy it runs under; a later version waits for the next cycle.
    pub policy: PolicyRef,
    /// The steps taken.
    pub done: BTreeMap<StepName, StepDone>,
}

impl Cycle {
    /// The day of the furthest step taken: no earlier one follows it.
    #[must_use]
    pub fn furthest(&self) -> i32 {
        self.done.values().map(|step| step.offset_days).max().unwrap_or(0)
    }
}

/// What is left to allocate of a payment that names no invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// The payment.
    pub remittance: RemittanceId,
    /// What is left of it.
    pub remaining: Money,
    /// The day it counts from.
    pub on: Date,
}

/// State of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Received and not owed: netted when the account is chased.
    pub credit: Money,
    /// Payments being allocated to invoices, a step at a time.
    pub allocating: Vec<Allocation>,
    /// Payments under way that name no invoice.
    pub in_flight: BTreeMap<RemittanceId, InFlight>,
    /// How many cycles have begun.
    pub cycles: u32,
    /// The one that runs.
    pub cycle: Option<Cycle>,
    /// Due dates that a courtesy was sent for, with that step's day; forgotten soon after they are past.
    pub noted: BTreeMap<Date, i32>,
    /// The message under way; there is at most one.
    pub pending: Option<Pending>,
}

impl Account {
    pub(super) fn new(currency: Currency) -> Self {
        Self {
            credit: Money::zero(currency),
            allocating: Vec::new(),
            in_flight: BTreeMap::new(),
            cycles: 0,
            cycle: None,
            noted: BTreeMap::new(),
            pending: None,
        }
    }

    /// All that was received and is not on an invoice.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn unapplied(&self) -> Result<Money, MoneyError> {
        self.allocating.iter().try_fold(self.credit, |sum, allocation| sum.plus(allocation.remaining))
    }
}
