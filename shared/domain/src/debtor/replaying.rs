//! Booking again what a ledger tells, for replays: the same balances on the same days, without what led to them.

use super::booking::Cause;
use super::{BookingError, Debtor, Journal};
use crate::ids::OutsideId;
use crate::invoice::Sums;
use crate::ledger::{Entry, EntryKind, OVERPAYMENT};
use crate::money::{Money, MoneyError};

impl Debtor {
    /// Books an entry of the ledger of an invoice that is known, or of the account. The charge that raised an invoice and
    /// overpayments follow by themselves.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is unchanged then.
    pub fn replay(&mut self, entry: &Entry, journal: &mut Journal) -> Result<(), BookingError> {
        if entry.kind == EntryKind::Charge || entry.note.as_deref().is_some_and(|note| OVERPAYMENT.contains(&note)) {
            return Ok(());
        }
        let Some(invoice) = &entry.invoice else {
            let account = self.account_mut(&entry.account);
            account.credit = account.credit.minus(entry.amount)?;
            account.by_day.add(entry.on, entry.amount.minor().saturating_neg());
            return Ok(());
        };
        let known = self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        let mut changed = known.clone();
        if matches!(entry.kind, EntryKind::Fee | EntryKind::Interest) {
            // What was ordered under this key, a rule does not charge again.
            changed.charges.extend(entry.reference.as_deref().and_then(|key| OutsideId::parse(key).ok()));
        }
        changed.change(entry.on, |sums| add(sums, entry.kind, entry.amount))?;
        self.post(changed, Cause { on: entry.on, reference: None, why: None }, journal)
    }
}

fn add(sums: &mut Sums, kind: EntryKind, amount: Money) -> Result<(), MoneyError> {
    let (sum, change) = match kind {
        EntryKind::Charge | EntryKind::Adjustment => (&mut sums.total, amount),
        EntryKind::Fee => (&mut sums.fees, amount),
        EntryKind::Interest => (&mut sums.interest, amount),
        EntryKind::Payment => (&mut sums.paid, amount.negated()),
        EntryKind::Credit => (&mut sums.credited, amount.negated()),
        EntryKind::Refund => (&mut sums.refunded, amount),
        EntryKind::Chargeback => (&mut sums.charged_back, amount),
        EntryKind::WriteOff => (&mut sums.written_off, amount.negated()),
    };
    *sum = sum.plus(change)?;
    Ok(())
}
