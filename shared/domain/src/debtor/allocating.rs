//! Payments and credit notes on account: placed on invoices a step at a time, each step complete in itself.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::account::Phase;
use super::booking::{BookingError, Cause, announce};
use super::{Allocating, Debtor, Journal};
use crate::allocation::{Advice, Allocation, AllocationMethod, Named, Reversal};
use crate::ids::{AccountKey, InvoiceId};
use crate::remittance::{Effect, RemittanceId, RemittanceKind};

/// A remittance that names no single invoice, to be booked on an account.
#[derive(Debug, Clone, Copy)]
pub struct OnAccount<'a> {
    /// Which one.
    pub remittance: &'a RemittanceId,
    /// Creditor and currency.
    pub account: &'a AccountKey,
    /// The day it counts from.
    pub on: Date,
    /// The day from which what went back of it counts.
    pub reversed_on: Date,
    /// What the payer says it is for.
    pub advice: &'a Advice,
    /// How many allocations of it are on record.
    pub recorded: u32,
}

/// What the next step of allocating has to see and the debtor does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// The debtor is enough.
    Nothing,
    /// What the payer said of this payment.
    Advice(RemittanceId),
    /// An allocation of a payment by its number, with the invoices that it names, live or closed.
    Allocation(RemittanceId, u32),
}

/// What a step of allocating sees besides the debtor.
#[derive(Debug, Clone, Copy)]
pub enum AtHand<'a> {
    /// Nothing.
    Nothing,
    /// What the payer said, and which of [`Debtor::to_find`] nobody has handed in yet.
    Advice(&'a Advice, &'a BTreeSet<InvoiceId>),
    /// The allocation asked for.
    Allocation(&'a Allocation),
}

impl Debtor {
    /// Books what a remittance does to an account. A payment then waits to be allocated, and what went back of it to be
    /// taken from where it is ([`Debtor::allocate`]); a credit note stays as unapplied credit.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is unchanged then.
    pub fn book_on_account(
        &mut self,
        told: OnAccount<'_>,
        (before, after): (Option<Effect>, Option<Effect>),
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let OnAccount { remittance, account: key, on, .. } = told;
        let none = Effect::none(key.currency);
        let (was, is) = (before.unwrap_or(none), after.unwrap_or(none));
        let mut account = self.account_mut(key).clone();
        account.in_flight.remove(remittance);
        if let Some(in_flight) = is.in_flight {
            account.in_flight.insert(remittance.clone(), in_flight);
        }
        let waiting = account.allocating.iter().position(|work| work.remittance == *remittance);
        let waiting = waiting.map(|place| account.allocating.remove(place));
        let mut work = waiting.unwrap_or_else(|| told.work());
        let received = is.received.minus(was.received)?;
        let arrived = received.or_zero();
        match remittance.kind {
            RemittanceKind::Payment => work.remaining = work.remaining.plus(arrived)?,
            RemittanceKind::CreditNote => account.credit_of(remittance, arrived)?,
        }
        let shrunk = received.negated().or_zero();
        let unplaced = shrunk.min(work.remaining)?;
        work.remaining = work.remaining.minus(unplaced)?;
        let differences = Reversal {
            withdrawn: shrunk.minus(unplaced)?,
            refunded: is.refunded.minus(was.refunded)?,
            charged_back: is.charged_back.minus(was.charged_back)?,
        };
        work.reversal = work.reversal.plus(&differences)?;
        work.reversed_on = told.reversed_on;
        work.decided = !is.contested && (work.decided || was.contested);
        work.contested = is.contested;
        work.walked = 0;
        if work.phase() != Phase::Done {
            account.allocating.push(work);
        }
        *self.account_mut(key) = account;
        let cause = Cause { on, reference: Some(remittance), why: None };
        self.enter(key, remittance.kind.entry(), unplaced.minus(arrived)?, cause, None, journal);
        announce(remittance, (key, None), (was, is), journal);
        Ok(())
    }

    /// What has to be read before [`Debtor::allocate`] can go on.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let Some((key, work)) = self.first_allocating() else { return Needs::Nothing };
        match (work.phase(), work.names_from, work.next_on_record()) {
            (Phase::Place, Some(_), _) => Needs::Advice(work.remittance.clone()),
            (Phase::TakeBack, ..) if self.own_credit_covers(key, work) => Needs::Nothing,
            (Phase::GiveBack | Phase::TakeBack, _, Some(number)) => Needs::Allocation(work.remittance.clone(), number),
            (Phase::Place | Phase::GiveBack | Phase::TakeBack | Phase::Done, ..) => Needs::Nothing,
        }
    }

    /// Takes one step with the payment that has waited longest: places it on at most `limit` invoices, or takes back
    /// from as many. What finds no open invoice becomes unapplied credit. Says whether more is left to do: each step is
    /// complete in itself and can be committed. A step that is not shown what it [needs](Debtor::needs) does nothing.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is as it was before the step in all that counts, and must not be committed.
    pub fn allocate(
        &mut self,
        method: AllocationMethod,
        limit: usize,
        at_hand: AtHand<'_>,
        journal: &mut Journal,
    ) -> Result<bool, BookingError> {
        let Some((key, work)) = self.first_allocating() else { return Ok(false) };
        let (key, work) = (key.clone(), work.clone());
        let done = match (work.phase(), self.needs(), at_hand) {
            (Phase::Done, ..) => work,
            (Phase::Place, Needs::Nothing, _) => self.place(&key, work, (method, limit), None, journal)?,
            (Phase::Place, _, AtHand::Advice(advice, unknown)) => {
                self.place(&key, work, (method, limit), Some((advice, unknown)), journal)?
            }
            (_, Needs::Nothing, _) => self.reverse(&key, work, None, limit, journal)?,
            (_, _, AtHand::Allocation(allocation)) => self.reverse(&key, work, Some(allocation), limit, journal)?,
            _ => return Ok(true),
        };
        let over = done.phase() == Phase::Done;
        let account = self.account_mut(&key);
        match account.allocating.first_mut() {
            Some(first) if !over => *first = done,
            _ => drop(account.allocating.remove(0)),
        }
        Ok(self.is_allocating())
    }

    pub(super) fn first_allocating(&self) -> Option<(&AccountKey, &Allocating)> {
        self.accounts.iter().find_map(|(key, account)| Some((key, account.allocating.first()?)))
    }
}

impl OnAccount<'_> {
    /// Work that has nothing to do yet.
    pub(super) fn work(&self) -> Allocating {
        let named = !matches!(self.advice.named(), Named::Nothing);
        Allocating {
            recorded: self.recorded,
            names_from: named.then_some(0),
            method: self.advice.method(),
            ..Allocating::new(self.remittance.clone(), self.on, self.account.currency)
        }
    }
}
