//! A debtor's dealings with one creditor in one currency: unapplied credit, the cycle, the message under way.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Reopening;
use crate::allocation::{AllocationMethod, Proportion, Reversal};
use crate::by_day::ByDay;
use crate::ids::{PolicyRef, StepName};
use crate::message::{CycleRef, Pending};
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Policies, Policy, Subject};
use crate::remittance::{InFlight, RemittanceId};

/// The source under which an order applies credit that belongs to no payment on account.
pub(super) const CREDIT: &str = "credit";

/// A step that has been taken in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDone {
    /// Its day, after the due date.
    pub offset_days: i32,
    /// When.
    pub at: Timestamp,
}

/// How often a step was tried whose message did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Messages of it that did not arrive, and so what tells the next one from them.
    pub failed: u8,
    /// Whether that next one was handed over.
    pub retaken: bool,
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
    /// Why it does.
    pub resumed_by: Option<Reopening>,
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

/// A payment or credit note on account whose effect is being carried through, a step at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocating {
    /// The payment.
    pub remittance: RemittanceId,
    /// The day it counts from.
    pub on: Date,
    /// What is left of it to place.
    pub remaining: Money,
    /// What is left to take back from where it was placed, and to give back there.
    pub reversal: Reversal,
    /// The day from which what is taken or given back counts.
    pub reversed_on: Date,
    /// Whether the debtor contests it at the moment: what the bank takes back is not chased.
    pub contested: bool,
    /// Whether a contest was decided, and the invoices that it stopped do not know it yet.
    pub decided: bool,
    /// How many allocations of it are on record.
    pub recorded: u32,
    /// How many of them have been looked at for what goes back.
    pub walked: u32,
    /// How far the named invoices have been looked at (of numbers alone, 0 is those that are open); `None` where the method
    /// goes on.
    pub names_from: Option<u32>,
    /// Whether what is left waits for named invoices that nobody has handed in yet.
    pub waits: bool,
    /// The method, where it is not the tenant's own.
    pub method: Option<AllocationMethod>,
    /// How it is shared out, once begun.
    pub proportion: Option<Proportion>,
}

/// What an allocation has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Give back where it was taken, first allocation first, and tell invoices that a contest is decided.
    GiveBack,
    /// Place what is left.
    Place,
    /// Take back, last allocation first.
    TakeBack,
    /// Nothing.
    Done,
}

impl Allocating {
    pub(super) fn new(remittance: RemittanceId, on: Date, currency: Currency) -> Self {
        Self {
            remittance,
            on,
            remaining: Money::zero(currency),
            reversal: Reversal::none(currency),
            reversed_on: on,
            contested: false,
            decided: false,
            recorded: 0,
            walked: 0,
            names_from: None,
            waits: false,
            method: None,
            proportion: None,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        if self.reversal.gives() || self.decided {
            Phase::GiveBack
        } else if self.remaining.is_positive() {
            Phase::Place
        } else if self.reversal.is_none() {
            Phase::Done
        } else {
            Phase::TakeBack
        }
    }

    /// The allocation to look at next for what goes back, if there is one left.
    pub(super) fn next_on_record(&self) -> Option<u32> {
        let left = self.recorded.checked_sub(self.walked)?.checked_sub(1)?;
        Some(if self.phase() == Phase::TakeBack { left } else { self.walked })
    }
}

/// State of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Received and not owed: netted when the account is chased. Below nothing where more went back than was left.
    pub credit: Money,
    /// Whose it is, as far as it came by payments and credit notes on account; the rest are overpayments of invoices.
    pub credits: BTreeMap<RemittanceId, Money>,
    /// What came to unapplied credit and went from it by day, less what settled invoices took along of it.
    pub by_day: ByDay,
    /// Payments being allocated to invoices or taken back from them, a step at a time.
    pub allocating: Vec<Allocating>,
    /// Payments under way that name no invoice.
    pub in_flight: BTreeMap<RemittanceId, InFlight>,
    /// How many cycles have begun.
    pub cycles: u32,
    /// The one that runs.
    pub cycle: Option<Cycle>,
    /// How far, in days after the due date, the ladder was gone when the last cycle ended.
    pub left_off: i32,
    /// Why something that was settled, or planned, is owed again as before, where it is: the next cycle goes on with the
    /// last.
    pub reopened: Option<Reopening>,
    /// Due dates that a courtesy was sent for, with that step's day; forgotten soon after they are past.
    pub noted: BTreeMap<Date, i32>,
    /// The tries of steps whose message did not arrive; kept for as long as the step may be taken.
    pub tries: BTreeMap<(CycleRef, StepName), Tries>,
    /// The message under way; there is at most one.
    pub pending: Option<Pending>,
}

impl Account {
    pub(super) fn new(currency: Currency) -> Self {
        Self {
            credit: Money::zero(currency),
            credits: BTreeMap::new(),
            by_day: ByDay::default(),
            allocating: Vec::new(),
            in_flight: BTreeMap::new(),
            cycles: 0,
            cycle: None,
            left_off: 0,
            reopened: None,
            noted: BTreeMap::new(),
            tries: BTreeMap::new(),
            pending: None,
        }
    }

    pub(super) fn reopen(&mut self, why: Reopening) {
        if let Some(cycle) = self.cycle.as_mut().filter(|cycle| cycle.resumed_after < self.left_off) {
            cycle.resumed_after = self.left_off;
            cycle.resumed_by = Some(why.clone());
        }
        self.reopened = Some(why);
    }

    /// What is pursued, and under which policy: the one that the running cycle began under, or the one for new ones.
    #[must_use]
    pub fn pursued_under<'a>(&self, policies: &'a Policies) -> (Subject, &'a Policy) {
        match &self.cycle {
            Some(cycle) => (cycle.about, policies.began_under(cycle.about, &cycle.policy)),
            None => (Subject::Debt, policies.current(Subject::Debt)),
        }
    }

    /// Adds to the unapplied credit of a remittance, or takes from it, as far as it has any. An order's own id stands for
    /// overpayments of invoices, which are nobody's in particular.
    pub(super) fn credit_of(&mut self, remittance: &RemittanceId, change: Money) -> Result<(), MoneyError> {
        self.credit = self.credit.plus(change)?;
        if remittance.source.as_str() == CREDIT {
            return Ok(());
        }
        let known = self.credits.remove(remittance).unwrap_or(Money::zero(change.currency()));
        let own = known.plus(change)?.or_zero();
        if own.is_positive() {
            self.credits.insert(remittance.clone(), own);
        }
        Ok(())
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

    /// Notes courtesies that were sent: due dates, each with the step's day.
    pub(super) fn note(&mut self, notes: &BTreeMap<Date, i32>) {
        for (due, offset_days) in notes {
            let noted = self.noted.entry(*due).or_insert(*offset_days);
            *noted = (*noted).max(*offset_days);
        }
    }

    /// Forgets the tries of cycles that are over, and of courtesies for due dates before `day`: none is taken any more.
    pub(super) fn forget_tries(&mut self, day: Date) {
        let cycles = self.cycles;
        self.tries.retain(|(cycle, _), _| match cycle {
            CycleRef::Overdue(number) | CycleRef::Recovery(number) => *number >= cycles,
            CycleRef::Upcoming(due) => *due >= day,
        });
    }

    /// All that was received and is not on an invoice.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn unapplied(&self) -> Result<Money, MoneyError> {
        self.allocating.iter().try_fold(self.credit, |sum, allocation| sum.plus(allocation.remaining))
    }
}
