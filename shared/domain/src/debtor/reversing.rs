//! What goes back of payments on account: first their own unapplied credit, then what they settled, last first.

use super::account::Phase;
use super::booking::{BookingError, Cause};
use super::{Allocating, Debtor, Journal};
use crate::allocation::{Allocation, AllocationLine, Reversal};
use crate::ids::AccountKey;
use crate::invoice::ToldBy;
use crate::ledger::EntryKind;
use crate::money::Money;
use crate::remittance::RemittanceId;

impl Debtor {
    /// Takes back from one allocation or gives back to it, on at most `limit` invoices; with no allocation left, from or
    /// to the account's unapplied credit.
    pub(super) fn reverse(
        &mut self,
        key: &AccountKey,
        mut work: Allocating,
        allocation: Option<&Allocation>,
        limit: usize,
        journal: &mut Journal,
    ) -> Result<Allocating, BookingError> {
        let phase = work.phase();
        if phase == Phase::TakeBack {
            let own = work.reversal.taken_from(self.own_credit(key, &work.remittance))?;
            self.reverse_credit(key, &mut work, own, journal)?;
        }
        match allocation {
            Some(allocation) => self.reverse_allocation(&mut work, allocation, limit, journal)?,
            None => {
                // What no invoice takes was given back out of credit, or was credit that has been used since.
                let rest = match phase {
                    Phase::GiveBack => work.reversal.given_part(),
                    Phase::Place | Phase::TakeBack | Phase::Done => work.reversal,
                };
                self.reverse_credit(key, &mut work, rest, journal)?;
                work.decided = false;
            }
        }
        if work.phase() != phase {
            work.walked = 0;
        }
        Ok(work)
    }

    fn reverse_allocation(
        &mut self,
        work: &mut Allocating,
        allocation: &Allocation,
        limit: usize,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let mut changed = allocation.clone();
        let (mut room, mut all_seen) = (limit, true);
        let giving = work.phase() == Phase::GiveBack;
        let lines: &mut dyn Iterator<Item = &mut AllocationLine> =
            if giving { &mut changed.lines.iter_mut() } else { &mut changed.lines.iter_mut().rev() };
        for line in lines {
            if room == 0 {
                all_seen = false;
                break;
            }
            if self.reverse_line(work, line, giving, journal)? {
                room = room.saturating_sub(1);
            }
        }
        if all_seen {
            work.walked = work.walked.saturating_add(1);
        }
        if changed != *allocation {
            journal.allocations.push(changed);
        }
        Ok(())
    }

    /// Whether anything changed.
    fn reverse_line(
        &mut self,
        work: &mut Allocating,
        line: &mut AllocationLine,
        giving: bool,
        journal: &mut Journal,
    ) -> Result<bool, BookingError> {
        let moved =
            if giving { work.reversal.given_back_of(&line.reversed) } else { work.reversal.taken_from(line.left()?) }?;
        let known = self.invoices.get(&line.invoice);
        let known = known.ok_or_else(|| BookingError::UnknownInvoice(line.invoice.clone()))?;
        let mut invoice = known.clone();
        invoice.change(work.reversed_on, |sums| {
            sums.receive(work.remittance.kind, ToldBy::Others, moved.withdrawn.negated())?;
            sums.refunded = sums.refunded.plus(moved.refunded)?;
            sums.charged_back = sums.charged_back.plus(moved.charged_back)?;
            Ok(())
        })?;
        line.reversed = line.reversed.plus(&moved)?;
        work.reversal = work.reversal.minus(&moved)?;
        // An invoice may have been settled by several lines: the mark goes when all of it is decided, not before.
        if !work.contested {
            invoice.contested.remove(&work.remittance);
        } else if moved.charged_back.is_positive() {
            invoice.contested.insert(work.remittance.clone());
        }
        let changed = invoice != *known;
        if changed {
            let cause = Cause { on: work.reversed_on, reference: Some(&work.remittance), why: None };
            self.post(invoice, cause, journal)?;
        }
        Ok(changed)
    }

    /// Takes from the account's unapplied credit, or gives back to it.
    fn reverse_credit(
        &mut self,
        key: &AccountKey,
        work: &mut Allocating,
        moved: Reversal,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        self.account_mut(key).credit_of(&work.remittance, moved.total()?.negated())?;
        work.reversal = work.reversal.minus(&moved)?;
        let cause = Cause { on: work.reversed_on, reference: Some(&work.remittance), why: None };
        let parts = [
            (work.remittance.kind.entry(), moved.withdrawn),
            (EntryKind::Refund, moved.refunded),
            (EntryKind::Chargeback, moved.charged_back),
        ];
        for (kind, amount) in parts {
            self.enter(key, kind, amount, cause, None, journal);
        }
        Ok(())
    }

    pub(super) fn own_credit(&self, key: &AccountKey, remittance: &RemittanceId) -> Money {
        let own = self.accounts.get(key).and_then(|account| account.credits.get(remittance));
        own.copied().unwrap_or(Money::zero(key.currency))
    }

    /// Whether what is to be taken back of a payment is all unapplied.
    pub(super) fn own_credit_covers(&self, key: &AccountKey, work: &Allocating) -> bool {
        let own = self.own_credit(key, &work.remittance);
        work.reversal.total().is_ok_and(|wanted| wanted.minor() <= own.minor())
    }
}
