//! What the creditor charges on top of an invoice, and what it gives up of one.

use std::fmt::Display;

use jiff::civil::Date;

use super::booking::{BookingError, Cause};
use super::{Debtor, Journal};
use crate::event::EventKind;
use crate::ids::{InvoiceId, OutsideId};
use crate::invoice::{Invoice, Standing};
use crate::money::Money;

/// What is charged on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeKind {
    /// A fee or fixed sum: costs.
    Fee,
    /// Interest.
    Interest,
}

/// Something charged on top of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge<'a> {
    /// What.
    pub kind: ChargeKind,
    /// How much; more than nothing, or below nothing where interest is taken back that has not run up.
    pub amount: Money,
    /// The statute or clause that allows it.
    pub authority: &'a str,
    /// What makes it count once, such as rule and period.
    pub key: &'a OutsideId,
    /// The day it counts from.
    pub on: Date,
}

impl Charge<'_> {
    /// Whether it takes back interest that was charged.
    fn takes_back(&self, invoice: &Invoice) -> bool {
        let after = invoice.sums.interest.plus(self.amount);
        self.kind == ChargeKind::Interest && self.amount.minor() < 0 && after.is_ok_and(|after| after.minor() >= 0)
    }
}

/// What is given up of an invoice, or taken back of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOff<'a> {
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: &'a str,
    /// The order that its entry refers to; `None` where it follows from what was agreed.
    pub order: Option<&'a OutsideId>,
    /// The day it counts from.
    pub on: Date,
}

impl<'a> WriteOff<'a> {
    fn cause(&self) -> Cause<'a> {
        let reference = |order: &'a OutsideId| -> &'a dyn Display { order };
        Cause { on: self.on, reference: self.order.map(reference), why: Some(self.reason) }
    }
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// It is owed now.
    Booked,
    /// It had been charged under this key before; nothing changed.
    Before,
}

impl Debtor {
    /// Charges a fee or interest on an invoice, or takes interest back, once for each key. The invoice has to be loaded if
    /// it is closed.
    ///
    /// # Errors
    /// [`BookingError`]: the invoice is unknown, void or given up, or the amount is not more than nothing or in another
    /// currency. The debtor is unchanged then.
    pub fn charge(
        &mut self,
        invoice: &InvoiceId,
        charge: Charge<'_>,
        journal: &mut Journal,
    ) -> Result<Charged, BookingError> {
        let known = self.invoices.get(invoice);
        let taken_back = known.is_some_and(|known| charge.takes_back(known));
        let size = if taken_back { charge.amount.negated() } else { charge.amount };
        let mut changed = self.owed(invoice, size)?.clone();
        if !changed.charges.insert(charge.key.clone()) {
            return Ok(Charged::Before);
        }
        let given_up = changed.position()?.written_off;
        changed.change(charge.on, |sums| {
            // What was given up and has been made good since does not swallow what is charged now.
            sums.written_off = given_up;
            let sum = match charge.kind {
                ChargeKind::Fee => &mut sums.fees,
                ChargeKind::Interest => &mut sums.interest,
            };
            *sum = sum.plus(charge.amount)?;
            Ok(())
        })?;
        let cause = Cause { on: charge.on, reference: Some(charge.key), why: Some(charge.authority) };
        self.post(changed, cause, journal)?;
        Ok(Charged::Booked)
    }

    /// Gives up a part of what is open on an invoice. A later payment of more than is left makes it good first.
    ///
    /// # Errors
    /// [`BookingError`]: as for [`Debtor::charge`], or more than is open. The debtor is unchanged then.
    pub fn write_off(
        &mut self,
        invoice: &InvoiceId,
        write_off: WriteOff<'_>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let amount = write_off.amount;
        let known = self.owed(invoice, amount)?;
        let open = known.balance();
        if amount.minor() > open.minor() {
            return Err(BookingError::MoreThanOpen { invoice: invoice.clone(), open, amount });
        }
        let mut changed = known.clone();
        changed.change(write_off.on, |sums| {
            sums.written_off = sums.written_off.plus(amount)?;
            Ok(())
        })?;
        self.post(changed, write_off.cause(), journal)
    }

    /// Takes back so much of what was given up of an invoice and has not been made good since: it is owed again, and chased.
    ///
    /// # Errors
    /// [`BookingError`]: as for [`Debtor::charge`], or more than is given up. The debtor is unchanged then.
    pub fn reverse_write_off(
        &mut self,
        invoice: &InvoiceId,
        reversal: WriteOff<'_>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let amount = reversal.amount;
        let known = self.owed(invoice, amount)?;
        let given_up = known.position()?.written_off;
        if amount.minor() > given_up.minor() {
            return Err(BookingError::MoreThanGivenUp { invoice: invoice.clone(), given_up, amount });
        }
        let mut changed = known.clone();
        changed.change(reversal.on, |sums| {
            sums.written_off = given_up.minus(amount)?;
            Ok(())
        })?;
        self.post(changed, reversal.cause(), journal)?;
        for event in journal.events.iter_mut().filter(|event| event.kind == EventKind::InvoiceReopened) {
            event.detail.get_or_insert_with(|| reversal.reason.to_owned());
        }
        Ok(())
    }

    /// An invoice on which `amount` can be charged or given up.
    fn owed(&self, invoice: &InvoiceId, amount: Money) -> Result<&Invoice, BookingError> {
        let known = self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        // Another currency is told before anything else.
        known.sums.total.minus(amount)?;
        match known.standing {
            _ if !amount.is_positive() => Err(BookingError::NotPositive(amount)),
            Standing::Uncollectible | Standing::Void => {
                Err(BookingError::NotOwed { invoice: invoice.clone(), status: known.status() })
            }
            Standing::Open | Standing::Paid => Ok(known),
        }
    }
}
