//! Booking: invoices, payments and credit notes change positions; the ledger's entries are the differences.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use jiff::civil::Date;

use super::{Debtor, Journal};
use crate::collection::Collection;
use crate::event::{Event, EventKind};
use crate::ids::{AccountKey, InvoiceId};
use crate::intake::{Due, InvoiceDraft};
use crate::invoice::{Invoice, Position, SnapshotStamp, Standing, Sums};
use crate::ledger::{Entry, EntryKind, OVERPAYMENT};
use crate::money::{Currency, Money, MoneyError};
use crate::remittance::{Effect, RemittanceId};

/// Why something cannot be booked. Nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookingError {
    /// An invoice keeps its currency.
    #[error("invoice {invoice} is in {known}, not in {told}")]
    CurrencyChanged {
        /// The invoice.
        invoice: InvoiceId,
        /// Its currency.
        known: Currency,
        /// What was told.
        told: Currency,
    },
    /// It names no due date, and there is nothing to reckon it by.
    #[error("invoice {0} names no due date, and its debtor has no payment terms; send one, or give the debtor terms")]
    NoTerms(InvoiceId),
    /// There is no such invoice with this debtor.
    #[error("invoice {0} is not known")]
    UnknownInvoice(InvoiceId),
    /// Nothing can be charged on it, or given up of it.
    #[error("invoice {invoice} is {status}: nothing can be charged on it or written off")]
    NotOwed {
        /// The invoice.
        invoice: InvoiceId,
        /// Its state.
        status: &'static str,
    },
    /// A charge or write-off of nothing or less.
    #[error("{0} is not more than nothing")]
    NotPositive(Money),
    /// More was to be given up than is open.
    #[error("only {open} is open on invoice {invoice}, less than {amount}")]
    MoreThanOpen {
        /// The invoice.
        invoice: InvoiceId,
        /// What is open on it.
        open: Money,
        /// What was to be given up.
        amount: Money,
    },
    /// More was to be taken back of a write-off than is given up.
    #[error("only {given_up} is given up of invoice {invoice}, less than {amount}")]
    MoreThanGivenUp {
        /// The invoice.
        invoice: InvoiceId,
        /// What is given up of it and has not been made good.
        given_up: Money,
        /// What was to be taken back.
        amount: Money,
    },
    /// Amounts do not add up.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What became of an invoice that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invoiced {
    /// It is new.
    Created,
    /// Its terms changed.
    Updated,
    /// Nothing new was said.
    Unchanged,
}

/// Why positions change: the day it counts from, and the outside id of the cause.
#[derive(Clone, Copy)]
pub(super) struct Cause<'a> {
    pub(super) on: Date,
    pub(super) reference: Option<&'a dyn Display>,
    /// The authority of a charge, or the reason of a write-off.
    pub(super) why: Option<&'a str>,
}

impl Debtor {
    /// Takes an invoice in: a new one, new terms of a known one, or a provider's newer snapshot.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is unchanged then.
    pub fn record_invoice(&mut self, draft: &InvoiceDraft, journal: &mut Journal) -> Result<Invoiced, BookingError> {
        let known = self.invoices.get(&draft.id);
        let told = draft.total.currency();
        if let Some(known) = known.filter(|known| known.currency() != told) {
            let (invoice, known) = (draft.id.clone(), known.currency());
            return Err(BookingError::CurrencyChanged { invoice, known, told });
        }
        let due_date = self.due_date(draft, known)?;
        let after = known.map_or_else(|| Ok(raised(draft, due_date)), |known| renewed(known, draft, due_date))?;
        let mut profile = self.profile.clone();
        // A snapshot that comes late says who the debtor was, not who it is.
        if known.is_none_or(|known| draft.stamp >= known.stamp) {
            profile.apply(&draft.profile);
        }
        let outcome = match known {
            None => Invoiced::Created,
            Some(known) if *known == after && profile == self.profile => Invoiced::Unchanged,
            Some(_) => Invoiced::Updated,
        };
        let cause = Cause { on: draft.issue_date, reference: None, why: None };
        self.post(after, cause, journal)?;
        self.profile = profile;
        if outcome == Invoiced::Updated {
            journal.events.push(Event::new(EventKind::InvoiceUpdated).invoice(&draft.id));
        }
        Ok(outcome)
    }

    /// When an invoice falls due. One that is told again without a day keeps the day that it has, unless it was issued on
    /// another: terms are those of the day on which it was first booked.
    fn due_date(&self, draft: &InvoiceDraft, known: Option<&Invoice>) -> Result<Date, BookingError> {
        let otherwise = match draft.due_date {
            Due::On(day) => return Ok(day),
            Due::ByTerms { otherwise } => otherwise,
        };
        let known = known.filter(|known| known.issue_date == draft.issue_date).map(|known| known.due_date);
        let by_terms = || self.credit.payment_days.or(otherwise).map(|days| days.due(draft.issue_date));
        known.or_else(by_terms).ok_or_else(|| BookingError::NoTerms(draft.id.clone()))
    }

    /// Books what a remittance does to one invoice now, given what it did before.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is unchanged then.
    pub fn book_on_invoice(
        &mut self,
        remittance: &RemittanceId,
        invoice: &InvoiceId,
        (before, after): (Option<Effect>, Option<Effect>),
        on: Date,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let known = self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        let mut changed = known.clone();
        let none = Effect::none(known.currency());
        let (was, is) = (before.unwrap_or(none), after.unwrap_or(none));
        changed.change(on, |sums| {
            let received = sums.received_by(remittance.kind);
            *received = received.plus(is.received.minus(was.received)?)?;
            sums.refunded = sums.refunded.plus(is.refunded.minus(was.refunded)?)?;
            sums.charged_back = sums.charged_back.plus(is.charged_back.minus(was.charged_back)?)?;
            Ok(())
        })?;
        changed.in_flight.remove(remittance);
        changed.contested.remove(remittance);
        if let Some(in_flight) = is.in_flight {
            changed.in_flight.insert(remittance.clone(), in_flight);
        }
        if is.contested {
            changed.contested.insert(remittance.clone());
        }
        announce(remittance, Some(invoice), was, is, journal);
        self.post(changed, Cause { on, reference: Some(remittance), why: None }, journal)
    }

    /// Notes a payment under way of a provider's customer that names none of our invoices: until it is decided, the
    /// account is not chased. What it pays for is for the provider's invoices to say.
    pub fn watch(&mut self, remittance: &RemittanceId, key: &AccountKey, after: Option<Effect>) {
        let account = self.account_mut(key);
        account.in_flight.remove(remittance);
        if let Some(in_flight) = after.and_then(|effect| effect.in_flight) {
            account.in_flight.insert(remittance.clone(), in_flight);
        }
    }

    /// Puts a changed invoice in place and books the difference between its positions.
    pub(super) fn post(&mut self, after: Invoice, cause: Cause<'_>, journal: &mut Journal) -> Result<(), BookingError> {
        let zero = Money::zero(after.currency());
        let nothing = Position { owed: zero, paid: zero, balance: zero, surplus: zero, written_off: zero };
        let known = self.invoices.get(&after.id);
        let sums_were = known.map_or(Sums::of_total(zero), |invoice| invoice.sums);
        let was = known.map_or(Ok(nothing), Invoice::position)?;
        let is = after.position()?;
        let key = after.account();
        let credit = match self.accounts.get(&key) {
            Some(account) => account.credit,
            None => zero,
        };
        let credit = credit.plus(is.surplus.minus(was.surplus)?)?;
        let (raised, note) = match (known, after.standing) {
            (None, _) => (EntryKind::Charge, None),
            (Some(_), Standing::Void) => (EntryKind::Adjustment, Some("voided")),
            (Some(_), _) => (EntryKind::Adjustment, Some("total changed")),
        };
        let sums = &after.sums;
        let surplus = is.surplus.minus(was.surplus)?;
        let (fees, interest) = (sums.fees.minus(sums_were.fees)?, sums.interest.minus(sums_were.interest)?);
        let differences = [
            (raised, is.owed.minus(was.owed)?.minus(fees)?.minus(interest)?, note),
            (EntryKind::Fee, fees, cause.why),
            (EntryKind::Interest, interest, cause.why),
            (EntryKind::Payment, was.paid.minus(is.paid)?, None),
            (EntryKind::Credit, sums_were.credited.minus(sums.credited)?, None),
            (EntryKind::Refund, sums.refunded.minus(sums_were.refunded)?, None),
            (EntryKind::Chargeback, sums.charged_back.minus(sums_were.charged_back)?, None),
            (EntryKind::WriteOff, was.written_off.minus(is.written_off)?, cause.why),
            (EntryKind::Adjustment, surplus, Some(OVERPAYMENT[0])),
        ];
        for (kind, amount, note) in differences {
            journal.entry(&key, Some(&after.id), kind, amount, cause, note);
        }
        let moved = Some(OVERPAYMENT[1]);
        journal.entry(&key, None, EntryKind::Adjustment, surplus.negated(), cause, moved);
        let settled = is.settled()?.minus(was.settled()?)?;
        let reopened = known.is_some() && is.balance.is_positive() && !was.balance.is_positive();
        journal.invoice_moved(known.is_none(), was, is, &after);
        self.note_received(&key, &after.id, settled);
        if reopened {
            self.account_mut(&key).reopen();
        }
        self.account_mut(&key).credit = credit;
        self.invoices.insert(after.id.clone(), after);
        Ok(())
    }
}

impl Effect {
    pub(super) fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { received: zero, refunded: zero, charged_back: zero, in_flight: None, contested: false }
    }
}

impl Journal {
    pub(super) fn entry(
        &mut self,
        account: &AccountKey,
        invoice: Option<&InvoiceId>,
        kind: EntryKind,
        amount: Money,
        cause: Cause<'_>,
        note: Option<&str>,
    ) {
        if !amount.is_zero() {
            let reference = cause.reference.map(ToString::to_string);
            let (account, invoice) = (account.clone(), invoice.cloned());
            let note = note.map(str::to_owned);
            self.entries.push(Entry { kind, account, invoice, amount, on: cause.on, reference, note });
        }
    }

    fn invoice_moved(&mut self, new: bool, was: Position, is: Position, invoice: &Invoice) {
        let event = |kind, amount| Event::new(kind).account(&invoice.account()).invoice(&invoice.id).amount(amount);
        if new {
            self.events.push(event(EventKind::InvoiceCreated, is.owed));
        }
        let (owing, owed) = (is.balance.is_positive(), was.balance.is_positive());
        if (owed || new) && !owing {
            self.events.push(event(EventKind::InvoiceSettled, is.paid).detail(invoice.status()));
        } else if owing && !owed && !new {
            self.events.push(event(EventKind::InvoiceReopened, is.balance));
        }
    }
}

/// Tells of what a remittance newly did.
pub(super) fn announce(id: &RemittanceId, invoice: Option<&InvoiceId>, was: Effect, is: Effect, journal: &mut Journal) {
    let mut tell = |kind, amount| {
        let event = Event::new(kind).amount(amount).detail(id.to_string());
        journal.events.push(match invoice {
            Some(invoice) => event.invoice(invoice),
            None => event,
        });
    };
    if is.received.minor() > was.received.minor() {
        tell(EventKind::PaymentReceived, is.received);
    }
    if is.refunded.minor() > was.refunded.minor() {
        tell(EventKind::PaymentReversed, is.refunded);
    }
    if is.charged_back.minor() > was.charged_back.minor() {
        tell(EventKind::PaymentReversed, is.charged_back);
    }
    match (was.in_flight, is.in_flight) {
        (None, Some(payment)) => tell(EventKind::PaymentPending, payment.amount),
        (Some(payment), None) if is.received.is_zero() => tell(EventKind::PaymentFailed, payment.amount),
        _ => {}
    }
}

/// An invoice as first told.
fn raised(draft: &InvoiceDraft, due_date: Date) -> Invoice {
    let mut sums = Sums::of_total(draft.total);
    sums.reported_paid = draft.reported_paid;
    let mut collection = Collection::default();
    collection.join(draft.attempts.as_ref(), told(draft.stamp), None);
    Invoice {
        id: draft.id.clone(),
        source: draft.source.clone(),
        issue_date: draft.issue_date,
        due_date,
        description: draft.description.clone(),
        sums,
        standing: draft.standing,
        stamp: draft.stamp,
        in_flight: BTreeMap::new(),
        refunds_reviewed: Money::zero(draft.total.currency()),
        contested: BTreeSet::new(),
        charges: BTreeSet::new(),
        dated: BTreeMap::new(),
        collection,
    }
}

/// A known invoice after a further word: terms of the newest snapshot, the most that was ever said to be paid, the
/// highest standing.
fn renewed(known: &Invoice, draft: &InvoiceDraft, due_date: Date) -> Result<Invoice, MoneyError> {
    let mut invoice = known.clone();
    invoice.collection.join(draft.attempts.as_ref(), told(draft.stamp), told(known.stamp));
    if draft.stamp >= known.stamp {
        invoice.issue_date = draft.issue_date;
        invoice.due_date = due_date;
        invoice.description = draft.description.clone().or(invoice.description);
        invoice.sums.total = draft.total;
        invoice.stamp = draft.stamp;
    }
    invoice.sums.reported_paid = known.sums.reported_paid.max(draft.reported_paid)?;
    invoice.standing = known.standing.max(draft.standing);
    Ok(invoice)
}

/// The second that a snapshot was made in.
fn told(stamp: Option<SnapshotStamp>) -> Option<i64> {
    stamp.map(|stamp| stamp.created)
}
