//! Payments and credit notes on account: placed on invoices a step at a time, each step complete in itself.

use jiff::civil::Date;

use super::account::Phase;
use super::booking::{BookingError, Cause, announce};
use super::{Allocating, Debtor, Journal};
use crate::allocation::{Advice, Allocation, AllocationLine, AllocationMethod, Named, Proportion, Reversal};
use crate::ids::{AccountKey, InvoiceId};
use crate::invoice::Invoice;
use crate::money::Money;
use crate::remittance::{Effect, RemittanceId, RemittanceKind};

/// A remittance that names no single invoice, to be booked on an account.
#[derive(Debug, Clone, Copy)]
pub struct OnAccount<'a> {
    /// Which one.
    pub remittance: &'a RemittanceId,
    /// Creditor and currency.
    pub account: &'a AccountKey,
    /// The day it counts from.
    pub on: Date,
    /// The day from which what went back of it counts.
    pub reversed_on: Date,
    /// What the payer says it is for.
    pub advice: &'a Advice,
    /// How many allocations of it are on record.
    pub recorded: u32,
}

/// What the next step of allocating has to see and the debtor does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// The debtor is enough.
    Nothing,
    /// What the payer said of this payment.
    Advice(RemittanceId),
    /// An allocation of a payment by its number, with the invoices that it names, live or closed.
    Allocation(RemittanceId, u32),
}

/// What a step of allocating sees besides the debtor.
#[derive(Debug, Clone, Copy)]
pub enum AtHand<'a> {
    /// Nothing.
    Nothing,
    /// What the payer said.
    Advice(&'a Advice),
    /// The allocation asked for.
    Allocation(&'a Allocation),
}

/// What one step places.
struct Placing<'a> {
    account: &'a AccountKey,
    work: Allocating,
    lines: Vec<AllocationLine>,
    room: usize,
}

impl Debtor {
    /// Books what a remittance does to an account. A payment then waits to be allocated, and what went back of it to be
    /// taken from where it is ([`Debtor::allocate`]); a credit note stays as unapplied credit.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is unchanged then.
    pub fn book_on_account(
        &mut self,
        told: OnAccount<'_>,
        (before, after): (Option<Effect>, Option<Effect>),
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let OnAccount { remittance, account: key, on, .. } = told;
        let none = Effect::none(key.currency);
        let (was, is) = (before.unwrap_or(none), after.unwrap_or(none));
        let mut account = self.account_mut(key).clone();
        account.in_flight.remove(remittance);
        if let Some(in_flight) = is.in_flight {
            account.in_flight.insert(remittance.clone(), in_flight);
        }
        let waiting = account.allocating.iter().position(|work| work.remittance == *remittance);
        let waiting = waiting.map(|place| account.allocating.remove(place));
        let mut work = waiting.unwrap_or_else(|| told.work());
        let received = is.received.minus(was.received)?;
        let arrived = received.or_zero();
        match remittance.kind {
            RemittanceKind::Payment => work.remaining = work.remaining.plus(arrived)?,
            RemittanceKind::CreditNote => account.credit_of(remittance, arrived)?,
        }
        let shrunk = received.negated().or_zero();
        let unplaced = shrunk.min(work.remaining)?;
        work.remaining = work.remaining.minus(unplaced)?;
        let differences = Reversal {
            withdrawn: shrunk.minus(unplaced)?,
            refunded: is.refunded.minus(was.refunded)?,
            charged_back: is.charged_back.minus(was.charged_back)?,
        };
        work.reversal = work.reversal.plus(&differences)?;
        work.reversed_on = told.reversed_on;
        work.decided = !is.contested && (work.decided || (was.contested && was.charged_back.is_positive()));
        work.contested = is.contested;
        work.walked = 0;
        if work.phase() != Phase::Done {
            account.allocating.push(work);
        }
        *self.account_mut(key) = account;
        let cause = Cause { on, reference: Some(remittance), why: None };
        journal.entry(key, None, remittance.kind.entry(), unplaced.minus(arrived)?, cause, None);
        announce(remittance, None, was, is, journal);
        Ok(())
    }

    /// What has to be read before [`Debtor::allocate`] can go on.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let Some((key, work)) = self.first_allocating() else { return Needs::Nothing };
        match (work.phase(), work.names_from, work.next_on_record()) {
            (Phase::Place, Some(_), _) => Needs::Advice(work.remittance.clone()),
            (Phase::TakeBack, ..) if self.own_credit_covers(key, work) => Needs::Nothing,
            (Phase::GiveBack | Phase::TakeBack, _, Some(number)) => Needs::Allocation(work.remittance.clone(), number),
            (Phase::Place | Phase::GiveBack | Phase::TakeBack | Phase::Done, ..) => Needs::Nothing,
        }
    }

    /// Takes one step with the payment that has waited longest: places it on at most `limit` invoices, or takes back
    /// from as many. What finds no open invoice becomes unapplied credit. Says whether more is left to do: each step is
    /// complete in itself and can be committed. A step that is not shown what it [needs](Debtor::needs) does nothing.
    ///
    /// # Errors
    /// [`BookingError`]; the debtor is as it was before the step in all that counts, and must not be committed.
    pub fn allocate(
        &mut self,
        method: AllocationMethod,
        limit: usize,
        at_hand: AtHand<'_>,
        journal: &mut Journal,
    ) -> Result<bool, BookingError> {
        let Some((key, work)) = self.first_allocating() else { return Ok(false) };
        let (key, work) = (key.clone(), work.clone());
        let done = match (work.phase(), self.needs(), at_hand) {
            (Phase::Done, ..) => work,
            (Phase::Place, Needs::Nothing, _) => self.place(&key, work, method, limit, &Advice::none(), journal)?,
            (Phase::Place, _, AtHand::Advice(advice)) => self.place(&key, work, method, limit, advice, journal)?,
            (_, Needs::Nothing, _) => self.reverse(&key, work, None, limit, journal)?,
            (_, _, AtHand::Allocation(allocation)) => self.reverse(&key, work, Some(allocation), limit, journal)?,
            _ => return Ok(true),
        };
        let over = done.phase() == Phase::Done;
        let account = self.account_mut(&key);
        match account.allocating.first_mut() {
            Some(first) if !over => *first = done,
            _ => drop(account.allocating.remove(0)),
        }
        Ok(self.is_allocating())
    }

    fn first_allocating(&self) -> Option<(&AccountKey, &Allocating)> {
        self.accounts.iter().find_map(|(key, account)| Some((key, account.allocating.first()?)))
    }

    fn place(
        &mut self,
        key: &AccountKey,
        work: Allocating,
        method: AllocationMethod,
        limit: usize,
        advice: &Advice,
        journal: &mut Journal,
    ) -> Result<Allocating, BookingError> {
        let mut step = Placing { account: key, room: limit, lines: Vec::new(), work };
        let before = step.work.remaining;
        while step.room > 0 && step.work.names_from.is_some() && step.work.remaining.is_positive() {
            self.place_named(&mut step, advice.named(), journal)?;
        }
        let mut credit = Money::zero(key.currency);
        while step.room > 0 && step.work.names_from.is_none() && step.work.remaining.is_positive() {
            let open = self.open_of(key);
            if open.is_empty() {
                credit = step.work.remaining;
                step.work.remaining = Money::zero(key.currency);
            } else {
                self.place_by_method(&mut step, method, open, journal)?;
            }
        }
        let Placing { mut work, lines, .. } = step;
        self.account_mut(key).credit_of(&work.remittance, credit)?;
        let placed = before.minus(work.remaining)?.minus(credit)?;
        let cause = Cause { on: work.on, reference: Some(&work.remittance), why: None };
        journal.entry(key, None, work.remittance.kind.entry(), placed, cause, Some("allocated to invoices"));
        if !lines.is_empty() || credit.is_positive() {
            let remittance = work.remittance.clone();
            journal.allocations.push(Allocation { remittance, number: work.recorded, lines, credit });
            work.recorded = work.recorded.saturating_add(1);
        }
        Ok(work)
    }

    /// Places on the invoices that the payer names, as far as there is room. Names of what is not open here are passed over.
    fn place_named(
        &mut self,
        step: &mut Placing<'_>,
        named: &Named,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let from = step.work.names_from.unwrap_or_default();
        let portfolio = &step.account.portfolio;
        match named {
            Named::Nothing => step.work.names_from = None,
            Named::Amounts(parts) => {
                let next = usize::try_from(from).ok().and_then(|from| parts.get(from));
                step.work.names_from = next.and_then(|_| from.checked_add(1));
                if let Some(part) = next {
                    let invoice = InvoiceId { portfolio: portfolio.clone(), number: part.number.clone() };
                    self.place_on(step, &invoice, Money::from_minor(part.minor, step.account.currency), journal)?;
                }
            }
            Named::Numbers(numbers) => {
                let open = self.open_of(step.account);
                let next = open.into_iter().find(|(_, invoice, _)| numbers.contains(&invoice.number));
                match next {
                    Some((_, invoice, balance)) => self.place_on(step, &invoice, balance, journal)?,
                    None => step.work.names_from = None,
                }
            }
        }
        Ok(())
    }

    fn place_by_method(
        &mut self,
        step: &mut Placing<'_>,
        method: AllocationMethod,
        mut open: Vec<(Date, InvoiceId, Money)>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        match step.work.method.unwrap_or(method) {
            AllocationMethod::OldestDueFirst => {}
            // Stable: of equal balances the oldest stays in front.
            AllocationMethod::LargestFirst => open.sort_by_key(|(.., balance)| std::cmp::Reverse(balance.minor())),
            AllocationMethod::Proportional => {
                if step.work.proportion.is_none() {
                    step.work.proportion = Proportion::of(step.work.remaining, &open)?;
                }
                if step.work.proportion.is_some() {
                    return self.place_shares(step, open, journal);
                }
            }
        }
        for (_, invoice, balance) in open.into_iter().take(step.room) {
            self.place_on(step, &invoice, balance, journal)?;
        }
        Ok(())
    }

    /// Goes on sharing out where the last step ended. Where balances have changed in between, what is over at the end is
    /// shared out anew.
    fn place_shares(
        &mut self,
        step: &mut Placing<'_>,
        open: Vec<(Date, InvoiceId, Money)>,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        for (due, invoice, balance) in open {
            let Some(proportion) = step.work.proportion.as_mut() else { return Ok(()) };
            if proportion.placed_to.as_ref().is_some_and(|(last_due, last)| (due, &invoice) <= (*last_due, last)) {
                continue;
            }
            if step.room == 0 {
                return Ok(());
            }
            let share = proportion.share(due, &invoice, balance);
            proportion.placed_to = Some((due, invoice.clone()));
            self.place_on(step, &invoice, share, journal)?;
        }
        step.work.proportion = None;
        Ok(())
    }

    /// What is open on an account, oldest due first.
    fn open_of(&self, key: &AccountKey) -> Vec<(Date, InvoiceId, Money)> {
        let open = self.invoices_of(key).into_iter().filter(|invoice| invoice.balance().is_positive());
        open.map(|invoice| (invoice.due_date, invoice.id.clone(), invoice.balance())).collect()
    }

    /// Settles one invoice with at most `amount`, as far as it is open and the payment reaches.
    fn place_on(
        &mut self,
        step: &mut Placing<'_>,
        invoice: &InvoiceId,
        amount: Money,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let open = |invoice: &&Invoice| invoice.currency() == step.account.currency && invoice.balance().is_positive();
        let Some(mut invoice) = self.invoices.get(invoice).filter(open).cloned() else { return Ok(()) };
        let amount = amount.min(invoice.balance())?.min(step.work.remaining)?;
        if !amount.is_positive() {
            return Ok(());
        }
        let id = invoice.id.clone();
        if step.work.remittance.kind == RemittanceKind::Payment {
            // The larger of the two sums counts, so a payment that we know is added to whichever that is.
            invoice.take_reported_for_known()?;
        }
        invoice.change(step.work.on, |sums| {
            let received = match step.work.remittance.kind {
                RemittanceKind::Payment => &mut sums.paid,
                RemittanceKind::CreditNote => &mut sums.credited,
            };
            *received = received.plus(amount)?;
            Ok(())
        })?;
        self.post(invoice, Cause { on: step.work.on, reference: Some(&step.work.remittance), why: None }, journal)?;
        step.work.remaining = step.work.remaining.minus(amount)?;
        match step.lines.iter_mut().find(|line| line.invoice == id) {
            Some(line) => line.amount = line.amount.plus(amount)?,
            None => {
                let reversed = Reversal::none(amount.currency());
                step.lines.push(AllocationLine { invoice: id, amount, reversed });
                step.room = step.room.saturating_sub(1);
            }
        }
        Ok(())
    }
}

impl OnAccount<'_> {
    /// Work that has nothing to do yet.
    fn work(&self) -> Allocating {
        let named = !matches!(self.advice.named(), Named::Nothing);
        Allocating {
            recorded: self.recorded,
            names_from: named.then_some(0),
            method: self.advice.method(),
            ..Allocating::new(self.remittance.clone(), self.on, self.account.currency)
        }
    }
}
