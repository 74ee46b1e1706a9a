//! Which row is handed in on which simulated day, and which is left out.
//!
//! The book is opened on the first day: what was issued before it and is not settled comes in first, with its earlier
//! payments and credit notes. A debtor with an earlier payment that names no invoice comes in with its whole past,
//! because only the platform's own rules can say what that payment settled.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::ids::{DebtorId, InvoiceId};
use dunlin_domain::intake::{CreditNoteDraft, Document, InvoiceDraft};
use dunlin_domain::money::Money;
use dunlin_domain::remittance::{Report, Stage, Target};
use jiff::civil::Date;
use serde::Serialize;

use super::book::{Book, DocumentRow, PaymentRow};
use super::error::ReplayError;

/// What is handed in at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Load {
    pub(crate) documents: Vec<DocumentRow>,
    pub(crate) payments: Vec<PaymentRow>,
}

impl Load {
    pub(crate) fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.payments.is_empty()
    }
}

/// Rows of the input that the window does not concern.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    /// Invoices, and credit notes for them.
    pub(crate) invoices_settled_before_window: usize,
    pub(crate) invoices_issued_after_window: usize,
    pub(crate) payments_of_invoices_settled_before_window: usize,
    /// Payments in the window whose invoice is not: it is unknown, broken, or left out above.
    pub(crate) payments_for_invoices_never_ingested: usize,
    pub(crate) payments_made_after_window: usize,
}

/// A replay's rows, by day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) opening: Load,
    /// Every day of the window, in order.
    pub(crate) days: BTreeMap<Date, Load>,
    pub(crate) left_out: LeftOut,
    /// Invoices that were settled before the window: part of its earlier sales.
    pub(crate) settled: Vec<InvoiceDraft>,
}

impl Plan {
    pub(crate) fn of(book: Book, from: Date, to: Date) -> Result<Self, ReplayError> {
        if from > to {
            return Err(ReplayError::Backwards { from, to });
        }
        let past = Past::of(&book, from);
        let mut plan = Self::default();
        plan.days.extend(
            from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to).map(|day| (day, Load::default())),
        );
        let mut ingested = BTreeSet::new();
        for row in book.documents {
            plan.place_document(row, (from, to), &past, &mut ingested);
        }
        for row in book.payments {
            plan.place_payment(row, (from, to), &past, &ingested);
        }
        Ok(plan)
    }

    fn place_document(
        &mut self,
        row: DocumentRow,
        (from, to): (Date, Date),
        past: &Past,
        ingested: &mut BTreeSet<InvoiceId>,
    ) {
        if row.issued > to {
            self.left_out.invoices_issued_after_window += 1;
            return;
        }
        match &row.document {
            Some(Document::Invoice(draft)) if row.issued < from && past.is_settled(draft) => {
                self.left_out.invoices_settled_before_window += 1;
                self.settled.push(draft.as_ref().clone());
                return;
            }
            Some(Document::Invoice(draft)) => drop(ingested.insert(draft.id.clone())),
            Some(Document::CreditNote(note)) if applies_to(note).is_some_and(|id| past.settled.contains(id)) => {
                self.left_out.invoices_settled_before_window += 1;
                return;
            }
            Some(Document::CreditNote(_)) | None => {}
        }
        let load = if row.issued < from { Some(&mut self.opening) } else { self.days.get_mut(&row.issued) };
        load.into_iter().for_each(|load| load.documents.push(row.clone()));
    }

    fn place_payment(
        &mut self,
        row: PaymentRow,
        (from, to): (Date, Date),
        past: &Past,
        ingested: &BTreeSet<InvoiceId>,
    ) {
        let invoice = row.report.as_ref().and_then(paid_invoice);
        if row.paid_on > to {
            self.left_out.payments_made_after_window += 1;
            return;
        }
        match invoice {
            Some(id) if row.paid_on < from && past.settled.contains(id) => {
                self.left_out.payments_of_invoices_settled_before_window += 1;
                return;
            }
            Some(id) if !ingested.contains(id) => {
                self.left_out.payments_for_invoices_never_ingested += 1;
                return;
            }
            Some(_) | None => {}
        }
        let load = if row.paid_on < from { Some(&mut self.opening) } else { self.days.get_mut(&row.paid_on) };
        load.into_iter().for_each(|load| load.payments.push(row.clone()));
    }
}

/// What had happened by the first day.
#[derive(Default)]
struct Past {
    settled: BTreeSet<InvoiceId>,
}

impl Past {
    fn of(book: &Book, from: Date) -> Self {
        let mut received: BTreeMap<InvoiceId, Vec<Money>> = BTreeMap::new();
        let mut whole: BTreeSet<DebtorId> = BTreeSet::new();
        let settled = |report: &&Report| report.progress.is_some_and(|progress| progress.stage() == Stage::Settled);
        let payments = book.payments.iter().filter(|row| row.paid_on < from).filter_map(|row| row.report.as_ref());
        let documents =
            || book.documents.iter().filter(|row| row.issued < from).filter_map(|row| row.document.as_ref());
        let notes = documents().filter_map(|document| match document {
            Document::CreditNote(note) => Some(note.report.as_ref()),
            Document::Invoice(_) => None,
        });
        for report in payments.chain(notes).filter(settled) {
            match (&report.target, report.amount) {
                (Some(Target::Invoice(id)), Some(amount)) => received.entry(id.clone()).or_default().push(amount),
                (Some(Target::Debtor(debtor, ..)), _) => drop(whole.insert(debtor.clone())),
                _ => {}
            }
        }
        // What was overpaid comes in: its surplus is set against what follows.
        let is_settled = |draft: &&InvoiceDraft| {
            let amounts = received.get(&draft.id).cloned().unwrap_or_default();
            !whole.contains(&draft.debtor) && Money::sum(draft.total.currency(), amounts) == Ok(draft.total)
        };
        let invoices = documents().filter_map(|document| match document {
            Document::Invoice(draft) => Some(draft.as_ref()),
            Document::CreditNote(_) => None,
        });
        Self { settled: invoices.filter(is_settled).map(|draft| draft.id.clone()).collect() }
    }

    fn is_settled(&self, draft: &InvoiceDraft) -> bool {
        self.settled.contains(&draft.id)
    }
}

fn applies_to(note: &CreditNoteDraft) -> Option<&InvoiceId> {
    paid_invoice(&note.report)
}

fn paid_invoice(report: &Report) -> Option<&InvoiceId> {
    match &report.target {
        Some(Target::Invoice(id)) => Some(id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::book;
    use super::*;

    const INVOICES: &str = "document,debtor_ref,invoice_number,issue_date,due_date,currency,amount,applies_to\n";
    const PAYMENTS: &str = "payment_ref,invoice_number,debtor_ref,paid_on,amount,currency\n";

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// The plan for March 2026.
    fn plan(invoices: &str, payments: &str) -> Plan {
        let book = book(&format!("{INVOICES}{invoices}"), &format!("{PAYMENTS}{payments}"));
        assert_eq!(book.rejected, []);
        Plan::of(book, day("2026-03-01"), day("2026-03-31")).unwrap()
    }

    fn numbers(load: &Load) -> Vec<&str> {
        let documents = load.documents.iter().map(|row| row.row.get("invoice_number"));
        let payments = load.payments.iter().map(|row| row.row.get("payment_ref"));
        documents.chain(payments).flatten().map(String::as_str).collect()
    }

    #[test]
    fn every_day_of_the_window_is_there_and_each_row_on_its_own() {
        let plan = plan(
            ",C1,I1,2026-03-01,2026-03-15,GBP,10,\n,C1,I2,2026-03-31,2026-04-15,GBP,10,\n,C1,I3,2026-04-01,2026-04-15,GBP,10,\n",
            "P1,I1,,2026-03-31,10,GBP\nP2,I2,,2026-04-01,10,GBP\nP3,I3,,2026-03-30,10,GBP\n",
        );
        assert_eq!(plan.days.len(), 31);
        assert_eq!(numbers(&plan.days[&day("2026-03-01")]), ["I1"]);
        assert_eq!(numbers(&plan.days[&day("2026-03-31")]), ["I2", "P1"]);
        assert!(plan.opening.is_empty());
        let left_out = LeftOut {
            invoices_issued_after_window: 1,
            payments_made_after_window: 1,
            payments_for_invoices_never_ingested: 1,
            ..LeftOut::default()
        };
        assert_eq!(plan.left_out, left_out);
    }

    #[test]
    fn the_book_opens_with_what_was_not_wholly_paid() {
        let plan = plan(
            ",C1,PAID,2026-02-01,2026-02-15,GBP,10,\n,C1,PART,2026-02-01,2026-02-15,GBP,10,\n\
             ,C1,OPEN,2026-02-01,2026-02-15,GBP,10,\n,C1,LATER,2026-02-01,2026-02-15,GBP,10,\n",
            "P1,PAID,,2026-02-10,4,GBP\nP2,PAID,,2026-02-28,6,GBP\nP3,PART,,2026-02-28,9.99,GBP\nP4,LATER,,2026-03-01,10,GBP\n",
        );
        assert_eq!(numbers(&plan.opening), ["PART", "OPEN", "LATER", "P3"]);
        assert_eq!(numbers(&plan.days[&day("2026-03-01")]), ["P4"]);
        assert_eq!(plan.left_out.invoices_settled_before_window, 1);
        assert_eq!(plan.left_out.payments_of_invoices_settled_before_window, 2);
        assert_eq!(plan.settled.len(), 1);
    }

    #[test]
    fn credit_notes_settle_too_and_follow_their_invoice() {
        let plan = plan(
            ",C1,I1,2026-02-01,2026-02-15,GBP,10,\ncredit_note,C1,N1,2026-02-05,,GBP,4,I1\n\
             ,C1,I2,2026-02-01,2026-02-15,GBP,10,\ncredit_note,C1,N2,2026-02-05,,GBP,4,I2\n\
             credit_note,C1,N3,2026-03-05,,GBP,6,I2\n",
            "P1,I1,,2026-02-10,6,GBP\n",
        );
        assert_eq!(numbers(&plan.opening), ["I2", "N2"]);
        assert_eq!(numbers(&plan.days[&day("2026-03-05")]), ["N3"]);
        assert_eq!(plan.left_out.invoices_settled_before_window, 2);
    }

    #[test]
    fn a_surplus_or_a_payment_on_account_brings_in_the_past_it_belongs_to() {
        let plan = plan(
            ",C1,OVER,2026-02-01,2026-02-15,GBP,10,\n,C2,I2,2026-02-01,2026-02-15,GBP,10,\n",
            "P1,OVER,,2026-02-10,11,GBP\nP2,I2,,2026-02-10,10,GBP\nP3,,C2,2026-02-11,5,GBP\n",
        );
        assert_eq!(numbers(&plan.opening), ["OVER", "I2", "P1", "P2", "P3"]);
    }

    #[test]
    fn a_window_that_ends_before_it_begins_is_refused() {
        let refused = Plan::of(Book::default(), day("2026-03-02"), day("2026-03-01"));
        assert!(matches!(refused, Err(ReplayError::Backwards { .. })));
        assert_eq!(Plan::of(Book::default(), day("2026-03-01"), day("2026-03-01")).unwrap().days.len(), 1);
    }
}
