//! The invoices that a payer names: what is open of them, what was given up, and what nobody has handed in yet.
//!
//! A payment or an order that names an invoice makes good what was given up of it, too; by the method money goes only to
//! what is open, and is unapplied credit where nothing is. What is meant for an invoice that is not known stays with the
//! payment, as its own unapplied credit, until the invoice comes: of named amounts each part, of numbers alone all that
//! the others leave, because nobody has said how much each is to have.

use std::collections::BTreeSet;

use super::account::Phase;
use super::booking::BookingError;
use super::placing::Placing;
use super::{Debtor, Journal, OnAccount};
use crate::allocation::{Advice, Named};
use crate::ids::{AccountKey, InvoiceId, InvoiceNumber};
use crate::invoice::Invoice;
use crate::money::Money;

impl Debtor {
    /// Invoices that the next step of a payment looks at by what its payer said, and that are not loaded: they are closed,
    /// another debtor's, or not known.
    #[must_use]
    pub fn to_find(&self, advice: &Advice, limit: usize) -> BTreeSet<InvoiceId> {
        let step = self.first_allocating().and_then(|(key, work)| Some((key, work.names_from?)));
        let Some((key, from)) = step else { return BTreeSet::new() };
        let names = names(advice.named(), key);
        let next = names.get(looked_at(advice.named(), from)..).unwrap_or_default();
        self.not_loaded(next.iter().take(limit).map(|(invoice, _)| invoice))
    }

    /// Places on the invoices that the payer names, as far as there is room. The answer is what waits for those of them that
    /// are `unknown`.
    pub(super) fn place_named(
        &mut self,
        step: &mut Placing<'_>,
        named: &Named,
        unknown: &BTreeSet<InvoiceId>,
        journal: &mut Journal,
    ) -> Result<Money, BookingError> {
        let mut waiting = Money::zero(step.account.currency);
        let Some(from) = step.work.names_from else { return Ok(waiting) };
        let window = step.room;
        if let (0, Named::Numbers(numbers)) = (from, named) {
            self.place_on_open(step, numbers, journal)?;
            if step.room == 0 {
                return Ok(waiting);
            }
        }
        let names = names(named, step.account);
        let mut looked_at = looked_at(named, from);
        for (invoice, part) in names.iter().skip(looked_at).take(window) {
            if step.room == 0 || !step.work.remaining.is_positive() {
                break;
            }
            looked_at = looked_at.saturating_add(1);
            if unknown.contains(invoice) {
                waiting = waiting.plus(step.set_aside(*part)?)?;
                journal.awaiting.push((invoice.clone(), step.work.remittance.clone()));
            } else if let Some(unpaid) = self.invoices.get(invoice).map(Invoice::unpaid) {
                self.place_on(step, invoice, part.unwrap_or(unpaid), journal)?;
            }
        }
        step.work.names_from = if looked_at < names.len() { next(named, looked_at) } else { None };
        if step.work.names_from.is_none() && step.work.waits {
            step.work.waits = false;
            waiting = waiting.plus(step.work.remaining)?;
            step.work.remaining = Money::zero(step.account.currency);
        }
        Ok(waiting)
    }

    /// Places on what is open among numbers, oldest due first.
    fn place_on_open(
        &mut self,
        step: &mut Placing<'_>,
        numbers: &BTreeSet<InvoiceNumber>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let open = self.open_of(step.account).into_iter().filter(|(_, invoice, _)| numbers.contains(&invoice.number));
        for (_, invoice, balance) in open.take(step.room).collect::<Vec<_>>() {
            self.place_on(step, &invoice, balance, journal)?;
        }
        Ok(())
    }

    /// Places what a payment on account holds for an invoice that has just been handed in. `others_unknown` says whether it
    /// names more that nobody has handed in. What the invoice leaves of its part goes by the method, as if it had been there.
    ///
    /// # Errors
    /// [`BookingError`].
    pub fn place_awaited(
        &mut self,
        told: OnAccount<'_>,
        invoice: &InvoiceId,
        others_unknown: bool,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let OnAccount { remittance, account: key, advice, .. } = told;
        let own = self.own_credit(key, remittance);
        let mut meant = Money::zero(key.currency);
        for (_, part) in names(advice.named(), key).iter().filter(|(named, _)| named == invoice) {
            meant = meant.plus(part.unwrap_or(own))?.min(own)?;
        }
        if !meant.is_positive() {
            return Ok(());
        }
        let account = self.account_mut(key);
        account.credit_of(remittance, meant.negated())?;
        let busy = account.allocating.iter().position(|work| work.remittance == *remittance);
        let mut work = match busy {
            Some(place) => account.allocating.remove(place),
            None => super::Allocating { names_from: None, ..told.work() },
        };
        let recorded = journal.allocations.iter().filter(|one| one.remittance == *remittance).map(|one| one.number);
        work.recorded = recorded.map(|number| number.saturating_add(1)).fold(work.recorded, u32::max);
        let remaining = std::mem::replace(&mut work.remaining, meant);
        // It is unapplied until it is placed.
        let unplaced = super::Allocating { remaining: remaining.plus(meant)?, ..work.clone() };
        self.account_mut(key).allocating.push(unplaced);
        let mut step = Placing::new(key, work, 1);
        self.place_on(&mut step, invoice, meant, journal)?;
        let rest = step.work.remaining;
        let waits = others_unknown && matches!(advice.named(), Named::Numbers(_));
        let (waiting, by_method) =
            if waits { (rest, Money::zero(key.currency)) } else { (Money::zero(key.currency), rest) };
        let mut work = step.record(self, meant.minus(rest)?, Money::zero(key.currency), journal);
        self.account_mut(key).allocating.pop();
        self.account_mut(key).credit_of(remittance, waiting)?;
        work.remaining = remaining.plus(by_method)?;
        // What goes back is taken from the last that was settled, which is this.
        work.walked = 0;
        if work.phase() != Phase::Done {
            self.account_mut(key).allocating.push(work);
        }
        Ok(())
    }
}

/// What is named, each invoice with its part where one was said.
pub(super) fn names(named: &Named, key: &AccountKey) -> Vec<(InvoiceId, Option<Money>)> {
    let id = |number: &InvoiceNumber| InvoiceId { portfolio: key.portfolio.clone(), number: number.clone() };
    match named {
        Named::Nothing => Vec::new(),
        Named::Amounts(parts) => {
            parts.iter().map(|part| (id(&part.number), Some(Money::from_minor(part.minor, key.currency)))).collect()
        }
        Named::Numbers(numbers) => numbers.iter().map(|number| (id(number), None)).collect(),
    }
}

/// How many names were looked at one by one. Of numbers alone those that are open come first, by age, which is place 0.
fn looked_at(named: &Named, from: u32) -> usize {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    if matches!(named, Named::Numbers(_)) { from.saturating_sub(1) } else { from }
}

/// The place after so many names.
fn next(named: &Named, looked_at: usize) -> Option<u32> {
    let from = u32::try_from(looked_at).ok()?;
    if matches!(named, Named::Numbers(_)) { from.checked_add(1) } else { Some(from) }
}
