//! Refunds: what they mean for the debt is for a person to say.

use super::{BookingError, Debtor, FieldChange, Journal};
use crate::event::{Event, EventKind};
use crate::ids::InvoiceId;

impl Debtor {
    /// Takes note that a person has looked at what was refunded of an invoice and wants what is open chased. A further
    /// refund stops chasing again. `false` where no refund stops it.
    ///
    /// # Errors
    /// [`BookingError::UnknownInvoice`].
    pub fn review_refunds(
        &mut self,
        invoice: &InvoiceId,
        note: &str,
        journal: &mut Journal,
    ) -> Result<bool, BookingError> {
        let known = self.invoices.get_mut(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        let stopped = known.has_unreviewed_refund();
        if stopped {
            let told = [known.refunds_reviewed, known.sums.refunded].map(|reviewed| format!("{invoice}: {reviewed}"));
            let [was, is] = told;
            known.refunds_reviewed = known.sums.refunded;
            journal.changes.push(FieldChange { field: "refunds_reviewed", told: Some((was, is)) });
            let event = Event::new(EventKind::RefundReviewed).invoice(invoice).amount(known.sums.refunded);
            journal.events.push(event.detail(note));
        }
        Ok(stopped)
    }
}
