//! Debts that were settled for less: what is given up, and what becomes of it when the money goes back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::booking::{BookingError, Cause};
use super::{Debtor, Journal};
use crate::agreement::{Agreement, AgreementEnd, Cover, Terms};
use crate::event::{Event, EventKind};
use crate::ids::{AgreementId, InvoiceId};
use crate::invoice::{Invoice, Moved, Settled};
use crate::money::Money;
use crate::remittance::RemittanceId;

/// The notes of the entries that give up what a settlement leaves, and that take that back.
const NOTES: [&str; 2] = ["settled for less", "the settlement lapsed: what was paid for it went back"];

impl Debtor {
    /// Closed invoices that are not loaded and stand and fall with one that is: where money moves, they have to be there.
    #[must_use]
    pub fn settled_with(&self) -> BTreeSet<InvoiceId> {
        let marked = self.invoices.values().filter_map(|one| Some(&one.settled.as_ref()?.with));
        self.not_loaded(marked.flatten())
    }

    /// Closed invoices that are not loaded and belong to a settlement that is kept by `now`: they have to be there to be
    /// marked.
    #[must_use]
    pub fn about_to_settle(&self, now: Timestamp) -> BTreeSet<InvoiceId> {
        let kept = self.agreements.values().filter(|one| self.settles_for_less(one, now));
        let covered = kept.filter_map(|one| match &one.cover {
            Cover::Invoices(invoices) => Some(invoices),
            Cover::Account => None,
        });
        self.not_loaded(covered.flatten())
    }

    pub(super) fn not_loaded<'a>(&self, invoices: impl Iterator<Item = &'a InvoiceId>) -> BTreeSet<InvoiceId> {
        invoices.filter(|invoice| !self.invoices.contains_key(*invoice)).cloned().collect()
    }

    fn settles_for_less(&self, agreement: &Agreement, now: Timestamp) -> bool {
        let is_kept = |seen| agreement.verdict(&seen) == Some(AgreementEnd::Kept);
        let may_be_kept = matches!(agreement.terms, Terms::Settlement(_)) && !self.is_placing(agreement);
        may_be_kept && self.outlook(agreement, now).is_ok_and(is_kept)
    }

    /// Gives up what is left of a debt that was settled for less, and marks its invoices: together they stand and fall with
    /// what was received for them.
    pub(super) fn give_up(&mut self, id: &AgreementId, on: Date, journal: &mut Journal) -> Result<(), BookingError> {
        let Some(agreement) = self.agreements.get(id) else { return Ok(()) };
        let Terms::Settlement(settlement) = &agreement.terms else { return Ok(()) };
        let covered = self.invoices_of(&agreement.account).into_iter().filter(|one| agreement.cover.includes(&one.id));
        let covered: Vec<(InvoiceId, Money)> = covered.map(|one| (one.id.clone(), one.balance())).collect();
        if !covered.iter().any(|(_, open)| open.is_positive()) {
            return Ok(());
        }
        let spare = agreement.received.minus(settlement.accepts())?;
        let all: BTreeSet<InvoiceId> = covered.iter().map(|(invoice, _)| invoice.clone()).collect();
        for (invoice, open) in covered {
            let Some(mut changed) = self.invoices.get(&invoice).cloned() else { continue };
            // What was paid beyond what is accepted may go back, and is not owed then.
            let given_up = open.plus(spare)?;
            let with = all.iter().filter(|other| **other != invoice).cloned().collect();
            changed.settle_for_less(Settled { agreement: id.clone(), given_up, spare, with }, on)?;
            self.post(changed, Cause { on, reference: None, why: Some(NOTES[0]) }, journal)?;
        }
        Ok(())
    }

    /// Lets the other invoices of a settlement follow what happened on one of them: the money that moved, and contests,
    /// for as long as which nothing of it is chased.
    pub(super) fn settle_together(
        &mut self,
        together: &Together,
        cause: Cause<'_>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        for other in &together.others {
            let Some(mut other) = self.invoices.get(other).cloned() else { continue };
            other.follow(together.moved, cause.on)?;
            other.contested.extend(together.begun.iter().cloned());
            other.contested.retain(|remittance| !together.decided.contains(remittance));
            self.book(other, cause, Vec::new(), journal)?;
        }
        Ok(())
    }
}

/// What happened on an invoice that others which were settled with it follow.
pub(super) struct Together {
    moved: Moved,
    begun: BTreeSet<RemittanceId>,
    decided: BTreeSet<RemittanceId>,
    others: BTreeSet<InvoiceId>,
}

impl Together {
    /// What a change of an invoice means for others of the debtor. They have to be loaded where they follow.
    pub(super) fn of(debtor: &Debtor, after: &Invoice) -> Result<Option<Self>, BookingError> {
        let (Some(known), Some(settled)) = (debtor.invoices.get(&after.id), &after.settled) else { return Ok(None) };
        if known.settled.as_ref().is_none_or(|was| was.agreement != settled.agreement) {
            return Ok(None);
        }
        let together = Self {
            moved: Moved::on(after)?.since(Moved::on(known)?)?,
            begun: after.contested.difference(&known.contested).cloned().collect(),
            decided: known.contested.difference(&after.contested).cloned().collect(),
            others: settled.with.clone(),
        };
        if together.moved.is_none() && known.contested == after.contested {
            return Ok(None);
        }
        match together.others.iter().find(|other| !debtor.invoices.contains_key(*other)) {
            Some(other) => Err(BookingError::UnknownInvoice(other.clone())),
            None => Ok(Some(together)),
        }
    }
}

/// Whether a settlement came to stand on an invoice, or does not stand any more.
pub(super) fn turned(known: Option<&Invoice>, after: &Invoice) -> Option<bool> {
    let stands = |invoice: &Invoice| invoice.settled.as_ref().is_some_and(Settled::stands);
    let (was, is) = (known.is_some_and(stands), stands(after));
    (was != is).then_some(is)
}

/// Why what is given up of an invoice changes with its settlement.
pub(super) fn note(turned: bool) -> &'static str {
    if turned { NOTES[0] } else { NOTES[1] }
}

impl Journal {
    /// Tells that a settlement which was kept does not stand any more on an invoice, or does again.
    pub(super) fn settlement_turned(&mut self, known: Option<&Invoice>, after: &Invoice, given_up: Money) {
        let was = known.and_then(|known| known.settled.as_ref());
        let (Some(was), Some(is)) = (was, &after.settled) else { return };
        // That one was kept is told once for all of its invoices.
        if was.stands() == is.stands() || was.agreement != is.agreement || given_up.is_zero() {
            return;
        }
        let (kind, amount) = match is.stands() {
            true => (EventKind::SettlementKept, given_up),
            false => (EventKind::SettlementLapsed, given_up.negated()),
        };
        let event = Event::new(kind).account(&after.account()).invoice(&after.id);
        self.events.push(event.amount(amount).detail(is.agreement.as_str()));
    }
}
