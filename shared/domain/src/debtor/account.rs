//! A debtor's dealings with one creditor in one currency: unapplied credit, the cycle, the message under way.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{PolicyRef, StepName};
use crate::message::{CycleRef, Pending};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::Subject;
use crate::remittance::{InFlight, RemittanceId};

/// A step that has been taken in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDone {
    /// Its day, after the due date.
    pub offset_days: i32,
    /// When.
    pub at: Timestamp,
}

/// One run down the ladder: an unbroken stretch in which something is overdue. Its subject may change on the way: a
/// payment that a provider tried again becomes a debt when it gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Counted from 1.
    pub number: u32,
    /// The day on which it was first seen to run, on the debtor's calendar.
    pub began: Date,
    /// What it is about: debts, or only payments that a provider tries again.
    pub about: Subject,
    /// The policy it runs under since it is about that; a later version waits for the next cycle.
    pub policy: PolicyRef,
    /// The steps taken, by what they were about.
    pub done: BTreeMap<(Subject, StepName), StepDone>,
    /// The day, after the due date, up to which the ladder was gone before, where the cycle goes on with an earlier one.
    pub resumed_after: i32,
}

impl Cycle {
    /// The day of the furthest step taken about a subject: no earlier one follows it.
    #[must_use]
    pub fn furthest(&self, subject: Subject) -> i32 {
        let resumed_after = if subject == Subject::Debt { self.resumed_after } else { 0 };
        let done = self.done.iter().filter(|((about, _), _)| *about == subject);
        done.map(|(_, step)| step.offset_days).fold(resumed_after, i32::max)
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
    /// How far, in days after the due date, the ladder was gone when the last cycle ended.
    pub left_off: i32,
    /// Whether something that was settled, or planned, is owed again as before: the next cycle goes on with the last.
    pub reopened: bool,
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
            left_off: 0,
            reopened: false,
            noted: BTreeMap::new(),
            pending: None,
        }
    }

    pub(super) fn reopen(&mut self) {
        self.reopened = true;
        if let Some(cycle) = &mut self.cycle {
            cycle.resumed_after = cycle.resumed_after.max(self.left_off);
        }
    }

    /// Notes that a step was taken, where its cycle still runs.
    pub(super) fn take_step(&mut self, of: &CycleRef, step: &StepName, done: StepDone) {
        let (subject, number) = match of {
            CycleRef::Overdue(number) => (Subject::Debt, number),
            CycleRef::Recovery(number) => (Subject::Recovery, number),
            CycleRef::Upcoming(_) => return,
        };
        if let Some(cycle) = self.cycle.as_mut().filter(|cycle| cycle.number == *number) {
            cycle.done.insert((subject, step.clone()), done);
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
