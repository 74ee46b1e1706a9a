//! Which invoices a step of allocating settles: those that the payer names (`naming.rs`), then by the method.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::booking::{BookingError, Cause};
use super::{Allocating, Debtor, Journal};
use crate::allocation::{Advice, Allocation, AllocationLine, AllocationMethod, Proportion, Reversal};
use crate::ids::{AccountKey, InvoiceId};
use crate::invoice::{Invoice, ToldBy};
use crate::ledger::ALLOCATED;
use crate::money::Money;

/// What one step places.
pub(super) struct Placing<'a> {
    pub(super) account: &'a AccountKey,
    pub(super) work: Allocating,
    lines: Vec<AllocationLine>,
    /// How many more invoices it may settle, or wait for.
    pub(super) room: usize,
}

impl<'a> Placing<'a> {
    pub(super) fn new(account: &'a AccountKey, work: Allocating, room: usize) -> Self {
        Self { account, work, lines: Vec::new(), room }
    }

    /// Sets a part aside for an invoice that is not known, or notes that what is left at the end waits for it.
    pub(super) fn set_aside(&mut self, part: Option<Money>) -> Result<Money, BookingError> {
        self.room = self.room.saturating_sub(1);
        self.work.waits |= part.is_none();
        let part = part.unwrap_or(Money::zero(self.account.currency)).min(self.work.remaining)?;
        self.work.remaining = self.work.remaining.minus(part)?;
        Ok(part)
    }

    /// Puts on record what a step has placed.
    pub(super) fn record(self, debtor: &mut Debtor, placed: Money, credit: Money, journal: &mut Journal) -> Allocating {
        let Self { account, mut work, lines, .. } = self;
        let cause = Cause { on: work.on, reference: Some(&work.remittance), why: None };
        debtor.enter(account, work.remittance.kind.entry(), placed, cause, Some(ALLOCATED), journal);
        if !lines.is_empty() || credit.is_positive() {
            let remittance = work.remittance.clone();
            journal.allocations.push(Allocation { remittance, number: work.recorded, lines, credit });
            work.recorded = work.recorded.saturating_add(1);
        }
        work
    }
}

impl Debtor {
    /// Places what is left of a payment on at most `limit` invoices.
    pub(super) fn place(
        &mut self,
        key: &AccountKey,
        work: Allocating,
        (method, limit): (AllocationMethod, usize),
        named: Option<(&Advice, &BTreeSet<InvoiceId>)>,
        journal: &mut Journal,
    ) -> Result<Allocating, BookingError> {
        let mut step = Placing::new(key, work, limit);
        let before = step.work.remaining;
        let mut credit = match named {
            Some((advice, unknown)) => self.place_named(&mut step, advice.named(), unknown, journal)?,
            None => Money::zero(key.currency),
        };
        while step.room > 0 && step.work.names_from.is_none() && step.work.remaining.is_positive() {
            let open = self.open_of(key);
            if open.is_empty() {
                credit = credit.plus(step.work.remaining)?;
                step.work.remaining = Money::zero(key.currency);
            } else {
                self.place_by_method(&mut step, method, open, journal)?;
            }
        }
        self.account_mut(key).credit_of(&step.work.remittance, credit)?;
        let placed = before.minus(step.work.remaining)?.minus(credit)?;
        Ok(step.record(self, placed, credit, journal))
    }

    fn place_by_method(
        &mut self,
        step: &mut Placing<'_>,
        method: AllocationMethod,
        mut open: Vec<(Date, InvoiceId, Money)>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        match step.work.method.unwrap_or(method) {
            AllocationMethod::OldestDueFirst => {}
            // Stable: of equal balances the oldest stays in front.
            AllocationMethod::LargestFirst => open.sort_by_key(|(.., balance)| std::cmp::Reverse(balance.minor())),
            AllocationMethod::Proportional => {
                if step.work.proportion.is_none() {
                    step.work.proportion = Proportion::of(step.work.remaining, &open)?;
                }
                if step.work.proportion.is_some() {
                    return self.place_shares(step, open, journal);
                }
            }
        }
        for (_, invoice, balance) in open.into_iter().take(step.room) {
            self.place_on(step, &invoice, balance, journal)?;
        }
        Ok(())
    }

    /// Goes on sharing out where the last step ended. Where balances have changed in between, what is over at the end is
    /// shared out anew.
    fn place_shares(
        &mut self,
        step: &mut Placing<'_>,
        open: Vec<(Date, InvoiceId, Money)>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        for (due, invoice, balance) in open {
            let Some(proportion) = step.work.proportion.as_mut() else { return Ok(()) };
            if proportion.placed_to.as_ref().is_some_and(|(last_due, last)| (due, &invoice) <= (*last_due, last)) {
                continue;
            }
            if step.room == 0 {
                return Ok(());
            }
            let share = proportion.share(due, &invoice, balance);
            proportion.placed_to = Some((due, invoice.clone()));
            self.place_on(step, &invoice, share, journal)?;
        }
        step.work.proportion = None;
        Ok(())
    }

    /// What is open on an account, oldest due first.
    pub(super) fn open_of(&self, key: &AccountKey) -> Vec<(Date, InvoiceId, Money)> {
        let open = self.invoices_of(key).into_iter().filter(|invoice| invoice.balance().is_positive());
        open.map(|invoice| (invoice.due_date, invoice.id.clone(), invoice.balance())).collect()
    }

    /// Settles one invoice with at most `amount`, as far as it is not paid and the payment reaches. What was given up is made
    /// good after what is owed.
    pub(super) fn place_on(
        &mut self,
        step: &mut Placing<'_>,
        invoice: &InvoiceId,
        amount: Money,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let ours = |invoice: &&Invoice| invoice.currency() == step.account.currency;
        let Some(mut invoice) = self.invoices.get(invoice).filter(ours).cloned() else { return Ok(()) };
        let amount = amount.min(invoice.unpaid())?.min(step.work.remaining)?;
        if !amount.is_positive() {
            return Ok(());
        }
        let id = invoice.id.clone();
        invoice.change(step.work.on, |sums| sums.receive(step.work.remittance.kind, ToldBy::Others, amount))?;
        self.post(invoice, Cause { on: step.work.on, reference: Some(&step.work.remittance), why: None }, journal)?;
        step.work.remaining = step.work.remaining.minus(amount)?;
        match step.lines.iter_mut().find(|line| line.invoice == id) {
            Some(line) => line.amount = line.amount.plus(amount)?,
            None => {
                let reversed = Reversal::none(amount.currency());
                step.lines.push(AllocationLine { invoice: id, amount, reversed });
                step.room = step.room.saturating_sub(1);
            }
        }
        Ok(())
    }
}
