//! Booking: invoices, payments and credit notes change positions; the ledger's entries are the differences.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use jiff::civil::Date;

use super::settling::{self, Together};
use super::{Debtor, Journal, Reopening};
use crate::by_day::ByDay;
use crate::collection::Collection;
use crate::course::Course;
use crate::event::{Event, EventKind};
use crate::ids::{AccountKey, InvoiceId};
use crate::intake::{Due, InvoiceDraft};
use crate::invoice::{FirstSaid, Invoice, Moved, Position, SnapshotStamp, Standing, Sums, snapshot_day};
use crate::ledger::{Entry, EntryKind, OVERPAYMENT};
use crate::money::{Currency, Money, MoneyError};
use crate::remittance::{Effect, RemittanceId, RemittanceKind};

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

    /// Books what a remittance does to one invoice, given what was booked of it before: what counts from another day now is
    /// undone and booked anew.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is unchanged then.
    pub fn book_on_invoice(
        &mut self,
        remittance: &RemittanceId,
        invoice: &InvoiceId,
        (before, after): (Option<&Course>, &Course),
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let known = self.invoices.get(invoice).ok_or_else(|| BookingError::UnknownInvoice(invoice.clone()))?;
        let mut changed = known.clone();
        let (was, is) = (before.map_or(Effect::none(known.currency()), Course::effect), after.effect());
        let by = known.told_by(remittance);
        let mut parts = Vec::new();
        // A settlement is judged by all that moved: what only moves from one day to another leaves it alone.
        let settled = changed.settled.take();
        for (day, turn) in after.since(before)? {
            changed.change(day, |sums| {
                sums.receive(remittance.kind, by, turn.received)?;
                sums.refunded = sums.refunded.plus(turn.refunded)?;
                sums.charged_back = sums.charged_back.plus(turn.charged_back)?;
                Ok(())
            })?;
            parts.push((remittance.kind.entry(), day, turn.received.negated()));
            parts.push((EntryKind::Refund, day, turn.refunded));
            parts.push((EntryKind::Chargeback, day, turn.charged_back));
        }
        let on = parts.last().map_or(changed.issue_date, |(_, day, _)| *day);
        changed.settled = settled;
        changed.follow(Moved::on(&changed)?.since(Moved::on(known)?)?, on)?;
        changed.in_flight.remove(remittance);
        changed.contested.remove(remittance);
        if let Some(in_flight) = is.in_flight {
            changed.in_flight.insert(remittance.clone(), in_flight);
        }
        if is.contested {
            changed.contested.insert(remittance.clone());
        }
        announce(remittance, (&known.account(), Some(invoice)), (was, is), journal);
        self.post_by_day(changed, Cause { on, reference: Some(remittance), why: None }, parts, journal)
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

    /// Puts a changed invoice in place and books the difference between its positions, and what follows for invoices that
    /// were settled with it.
    pub(super) fn post(&mut self, after: Invoice, cause: Cause<'_>, journal: &mut Journal) -> Result<(), BookingError> {
        self.post_by_day(after, cause, Vec::new(), journal)
    }

    /// [`Debtor::post`], where parts of the difference count from days of their own.
    fn post_by_day(
        &mut self,
        after: Invoice,
        cause: Cause<'_>,
        parts: Vec<(EntryKind, Date, Money)>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let together = Together::of(self, &after)?;
        self.book(after, cause, parts, journal)?;
        together.map_or(Ok(()), |together| self.settle_together(&together, cause, journal))
    }

    /// Books one invoice alone.
    pub(super) fn book(
        &mut self,
        after: Invoice,
        cause: Cause<'_>,
        mut parts: Vec<(EntryKind, Date, Money)>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
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
        // From which day it is credit follows from the invoice, not from what was told last.
        let surplus_was = known.map_or(Ok(ByDay::default()), Invoice::surplus_by_day)?;
        let surplus_is = after.surplus_by_day()?;
        let (raised, note) = match (known, after.standing) {
            (None, _) => (EntryKind::Charge, None),
            (Some(_), Standing::Void) => (EntryKind::Adjustment, Some("voided")),
            (Some(_), _) => (EntryKind::Adjustment, Some("total changed")),
        };
        let settlement = settling::turned(known, &after);
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
            (EntryKind::WriteOff, was.written_off.minus(is.written_off)?, settlement.map(settling::note).or(cause.why)),
            (EntryKind::Adjustment, surplus, Some(OVERPAYMENT[0])),
        ];
        parts.extend(undated_payments(known, &after)?);
        for (kind, amount, note) in differences {
            let parts = parts.iter().filter(|(of, ..)| *of == kind).map(|(_, day, part)| (*day, *part));
            for (on, amount) in by_day(amount, cause.on, parts)? {
                journal.entry(&key, Some(&after.id), kind, amount, Cause { on, ..cause }, note);
            }
        }
        let moved = Some(OVERPAYMENT[1]);
        journal.entry(&key, None, EntryKind::Adjustment, surplus.negated(), cause, moved);
        let paid = after.settled_by_payments()?.minus(known.map_or(Ok(zero), Invoice::settled_by_payments)?)?;
        let reopened = known.is_some() && is.balance.is_positive() && !was.balance.is_positive();
        let reopening = reopened.then(|| Reopening::of_invoice(&differences, cause));
        journal.invoice_moved(known.is_none(), was, is, &after, reopening.as_ref());
        journal.settlement_turned(known, &after, is.written_off.minus(was.written_off)?);
        self.note_received(&key, &after.id, paid);
        if let Some(why) = reopening {
            self.account_mut(&key).reopen(why);
        }
        let account = self.account_mut(&key);
        account.credit = credit;
        account.by_day.take_all(&surplus_was);
        account.by_day.add_all(&surplus_is);
        let id = after.id.clone();
        let owed = matches!(after.standing, Standing::Open | Standing::Paid);
        let over = owed && was.balance.is_positive() && !is.balance.is_positive();
        self.invoices.insert(id.clone(), after);
        if over {
            self.take_cover_along(&key, &id);
        }
        Ok(())
    }
}

/// What a source says was paid without saying when, as it is taken back and booked anew on the days it counts from.
fn undated_payments(known: Option<&Invoice>, after: &Invoice) -> Result<Vec<(EntryKind, Date, Money)>, MoneyError> {
    let mut parts = known.map_or(Ok(Vec::new()), |known| known.unknown_payments().map(Vec::from))?;
    parts.extend(after.unknown_payments()?.map(|(day, amount)| (day, amount.negated())));
    Ok(parts.into_iter().map(|(day, amount)| (EntryKind::Payment, day, amount)).collect())
}

/// An amount by the day from which it counts: parts on days of their own, the rest on `on`.
fn by_day(
    amount: Money,
    on: Date,
    parts: impl Iterator<Item = (Date, Money)>,
) -> Result<BTreeMap<Date, Money>, MoneyError> {
    let mut days = BTreeMap::from([(on, amount)]);
    for (day, part) in parts {
        for (day, part) in [(on, part.negated()), (day, part)] {
            let sum = days.entry(day).or_insert(Money::zero(amount.currency()));
            *sum = sum.plus(part)?;
        }
    }
    Ok(days)
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

    fn invoice_moved(
        &mut self,
        new: bool,
        was: Position,
        is: Position,
        invoice: &Invoice,
        reopening: Option<&Reopening>,
    ) {
        let event = |kind, amount| Event::new(kind).account(&invoice.account()).invoice(&invoice.id).amount(amount);
        if new {
            self.events.push(event(EventKind::InvoiceCreated, is.owed));
        }
        if (was.balance.is_positive() || new) && !is.balance.is_positive() {
            self.events.push(event(EventKind::InvoiceSettled, is.paid).detail(invoice.status()));
        } else if let Some(why) = reopening {
            self.events.push(event(EventKind::InvoiceReopened, is.balance).because(why));
        }
    }
}

/// Tells of what a remittance newly did: by how much it is more or less than was told, so that who adds up has it right.
pub(super) fn announce(
    id: &RemittanceId,
    (account, invoice): (&AccountKey, Option<&InvoiceId>),
    (was, is): (Effect, Effect),
    journal: &mut Journal,
) {
    let mut tell = |kind, amount: Money, detail: Option<&str>| {
        let mut event = Event::new(kind).account(account).amount(amount).reference(id.to_string());
        (event.invoice, event.detail) = (invoice.cloned(), detail.map(str::to_owned));
        journal.events.push(event);
    };
    let (came, went, came_again) = match id.kind {
        RemittanceKind::Payment => (EventKind::PaymentReceived, EventKind::PaymentReversed, EventKind::PaymentRegained),
        RemittanceKind::CreditNote => {
            (EventKind::CreditNoteIssued, EventKind::CreditNoteVoided, EventKind::CreditNoteIssued)
        }
    };
    // A payment is in one currency, so the differences are there.
    let more = |was: Money, is: Money| is.minus(was).ok().filter(|more| more.is_positive());
    let changes = [
        (came, more(was.received, is.received), None),
        (went, more(is.received, was.received), Some("returned")),
        (went, more(was.refunded, is.refunded), Some("refunded")),
        (came_again, more(is.refunded, was.refunded), Some("refunded")),
        (went, more(was.charged_back, is.charged_back), Some("charged_back")),
        (came_again, more(is.charged_back, was.charged_back), Some("charged_back")),
    ];
    for (kind, amount, how) in changes {
        amount.into_iter().for_each(|amount| tell(kind, amount, how));
    }
    match (was.in_flight, is.in_flight) {
        (None, Some(payment)) => tell(EventKind::PaymentPending, payment.amount, None),
        (Some(payment), None) if is.received.is_zero() => tell(EventKind::PaymentFailed, payment.amount, None),
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
        first_said: first_said(None, draft),
        in_flight: BTreeMap::new(),
        refunds_reviewed: Money::zero(draft.total.currency()),
        contested: BTreeSet::new(),
        charges: BTreeSet::new(),
        dated: BTreeMap::new(),
        covered: ByDay::default(),
        interest_waits: false,
        settled: None,
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
        if draft.total.minor() > invoice.sums.total.minor() {
            invoice.forget_made_good()?;
        }
        invoice.sums.total = draft.total;
        invoice.stamp = draft.stamp;
    }
    invoice.first_said = first_said(Some(known), draft);
    invoice.sums.reported_paid = known.sums.reported_paid.max(draft.reported_paid)?;
    invoice.standing = known.standing.max(draft.standing);
    let moved = Moved::on(&invoice)?.since(Moved::on(known)?)?;
    invoice.follow(moved, snapshot_day(invoice.stamp, invoice.issue_date))?;
    Ok(invoice)
}

/// Since when the source says of payments what it says: the most that was paid, and that it is settled.
fn first_said(known: Option<&Invoice>, draft: &InvoiceDraft) -> FirstSaid {
    let (said, most) = known.map_or((FirstSaid::default(), 0), |one| (one.first_said, one.sums.reported_paid.minor()));
    let day = snapshot_day(draft.stamp, draft.issue_date);
    let first = |known: Option<Date>| Some(known.map_or(day, |known| known.min(day)));
    let paid = match draft.reported_paid.minor() {
        more if more > most => Some(day),
        same if same == most && same > 0 => first(said.paid),
        _ => said.paid,
    };
    FirstSaid { paid, settled: if draft.standing == Standing::Paid { first(said.settled) } else { said.settled } }
}

/// The second that a snapshot was made in.
fn told(stamp: Option<SnapshotStamp>) -> Option<i64> {
    stamp.map(|stamp| stamp.created)
}
