//! What a payment on account leaves over pays the interest that is charged because it settled an invoice.

use super::booking::{BookingError, Cause};
use super::{Debtor, DueCharge, Journal};
use crate::allocation::Allocation;
use crate::ids::AccountKey;
use crate::invoice::ToldBy;
use crate::ledger::ALLOCATED;
use crate::remittance::RemittanceKind;

impl Debtor {
    /// Settles what was charged out of what the payments that have just been placed on the invoice left over. It goes into
    /// the records of these placements, so that it goes back with them.
    pub(super) fn pay_from_leftover(
        &mut self,
        key: &AccountKey,
        charge: &DueCharge,
        placed: &mut [Allocation],
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        for allocation in placed.iter_mut().filter(|one| one.remittance.kind == RemittanceKind::Payment) {
            let own = self.accounts.get(key).and_then(|account| account.credits.get(&allocation.remittance)).copied();
            let line = allocation.lines.iter_mut().find(|line| line.invoice == charge.invoice);
            let known = self.invoices.get(&charge.invoice);
            let (Some(own), Some(line), Some(known)) = (own, line, known) else { continue };
            let amount = own.min(allocation.credit)?.min(known.balance())?;
            if !amount.is_positive() {
                continue;
            }
            let mut paid = known.clone();
            paid.change(charge.on, |sums| sums.receive(RemittanceKind::Payment, ToldBy::Others, amount))?;
            line.amount = line.amount.plus(amount)?;
            allocation.credit = allocation.credit.minus(amount)?;
            let cause = Cause { on: charge.on, reference: Some(&allocation.remittance), why: None };
            self.post(paid, cause, journal)?;
            self.account_mut(key).credit_of(&allocation.remittance, amount.negated())?;
            let kind = allocation.remittance.kind.entry();
            self.enter(key, kind, amount, cause, Some(ALLOCATED), journal);
        }
        Ok(())
    }
}
