//! Holds and agreements: setting them, ending them, and what time and payments make of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{BookingError, Debtor, Journal, WriteOff};
use crate::agreement::{Agreement, AgreementEnd, AgreementError, Cover, Instalment, Resolution, Terms};
use crate::event::{Event, EventKind};
use crate::hold::{Hold, HoldEnd, HoldReason, HoldScope, SetBy};
use crate::ids::{AccountKey, AgreementId, HoldId, InvoiceId};
use crate::money::{Money, MoneyError};

/// What is to be agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id, unique within the debtor.
    pub id: AgreementId,
    /// The creditor and currency.
    pub account: AccountKey,
    /// The invoices it is about; none for all that is open. A dispute names one.
    pub invoices: BTreeSet<InvoiceId>,
    /// Through whom.
    pub made_by: SetBy,
    /// What is agreed.
    pub terms: Terms,
    /// What else there is to say.
    pub note: Option<String>,
}

/// Why a hold cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// It follows from an agreement.
    #[error("a hold for the reason {} comes with what is agreed and is not set by itself", .0.as_str())]
    ComesByAgreement(HoldReason),
    /// Its end is over.
    #[error("the hold would end at {0}, which is over")]
    Over(Timestamp),
    /// Another hold has the id.
    #[error("the id {0} is taken")]
    IdTaken(HoldId),
    /// Nothing is open on the invoice.
    #[error("nothing is open on an invoice {0}")]
    NothingOpen(InvoiceId),
    /// The invoice is in another currency than the amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl Debtor {
    /// Sets a hold. Set again, it is no news: `false`.
    ///
    /// # Errors
    /// [`HoldError`]; the debtor is unchanged then.
    pub fn hold(&mut self, hold: Hold, now: Timestamp, journal: &mut Journal) -> Result<bool, HoldError> {
        if let Some(known) = self.holds.get(&hold.id) {
            let again = Hold { since: known.since, ..hold.clone() } == *known;
            return if again { Ok(false) } else { Err(HoldError::IdTaken(hold.id)) };
        }
        if !hold.reason.can_be_set() {
            return Err(HoldError::ComesByAgreement(hold.reason));
        }
        if let Some(until) = hold.until.filter(|until| *until <= now) {
            return Err(HoldError::Over(until));
        }
        if let Some(invoice) = hold.scope.invoice().filter(|invoice| !self.is_open(invoice)) {
            return Err(HoldError::NothingOpen(invoice.clone()));
        }
        if let HoldScope::Amount(invoice, amount) = &hold.scope
            && let Some(invoice) = self.invoices.get(invoice)
        {
            invoice.balance().minus(*amount)?;
        }
        journal.events.push(about_hold(EventKind::HoldSet, &hold, hold.reason.as_str()));
        self.holds.insert(hold.id.clone(), hold);
        Ok(true)
    }

    /// Lifts a hold. `false` where there is none of that id.
    pub fn lift(&mut self, id: &HoldId, by: SetBy, now: Timestamp, journal: &mut Journal) -> bool {
        let hold = self.holds.remove(id);
        let found = hold.is_some();
        if let Some(hold) = hold {
            self.remember_moratorium(&hold, now);
            journal.end_hold(hold, HoldEnd::Lifted(by));
        }
        found
    }

    /// Agrees to a proposal. Agreed again, it is no news: `false`.
    ///
    /// # Errors
    /// [`AgreementError`]; the debtor is unchanged then.
    pub fn agree(&mut self, proposal: Proposal, now: Timestamp, journal: &mut Journal) -> Result<bool, AgreementError> {
        let today = self.today(now);
        if let Some(known) = self.agreements.get(&proposal.id) {
            let again = known.account == proposal.account && known.terms.as_agreed() == proposal.terms;
            return if again { Ok(false) } else { Err(AgreementError::IdTaken(proposal.id)) };
        }
        let cover = self.cover(&proposal, now)?;
        let open = self.open_on(&proposal.account, &cover)?;
        check_terms(&proposal.terms, open, today)?;
        let Proposal { id, account, made_by, terms, note, .. } = proposal;
        let received = Money::zero(account.currency);
        let agreement = Agreement { id, account, cover, made_at: now, made_by, received, terms, note };
        journal.events.push(about_agreement(made(&agreement.terms), &agreement));
        self.agreements.insert(agreement.id.clone(), agreement);
        Ok(true)
    }

    /// Calls an agreement off: its debts are owed and chased as if it had not been made. `false` where there is none.
    pub fn cancel(&mut self, id: &AgreementId, by: SetBy, journal: &mut Journal) -> bool {
        let found = self.agreements.contains_key(id);
        self.end_agreement(id, AgreementEnd::Cancelled(by), journal);
        found
    }

    /// Ends a dispute. What is to be credited, where anything is, is the caller's to book in the same commit, because a
    /// credit note is a record of its own.
    ///
    /// # Errors
    /// [`AgreementError::MoreThanOpen`] where more is accepted than is contested.
    pub fn resolve(
        &mut self,
        id: &AgreementId,
        resolution: Resolution,
        journal: &mut Journal,
    ) -> Result<Option<(InvoiceId, Money)>, AgreementError> {
        let Some(agreement) = self.agreements.get(id) else { return Ok(None) };
        let (Terms::Dispute(dispute), Cover::Invoices(invoices)) = (&agreement.terms, &agreement.cover) else {
            return Ok(None);
        };
        let Some(invoice) = invoices.first().cloned() else { return Ok(None) };
        let open = self.invoices.get(&invoice).map_or(Money::zero(agreement.account.currency), |one| one.balance());
        let contested = dispute.amount().unwrap_or(open).min(open)?;
        let credited = match resolution {
            Resolution::Rejected => None,
            Resolution::Accepted => Some(contested),
            Resolution::Partly(amount) if amount.max(contested)? == contested => Some(amount),
            Resolution::Partly(told) => return Err(AgreementError::MoreThanOpen { told, open: contested }),
        };
        self.end_agreement(id, AgreementEnd::Resolved(resolution), journal);
        Ok(credited.filter(|amount| amount.is_positive()).map(|amount| (invoice, amount)))
    }

    /// What time and payments have made of holds and agreements by `now`.
    pub(super) fn roll_agreements(&mut self, now: Timestamp, journal: &mut Journal) -> Result<(), BookingError> {
        let over = |hold: &Hold| !hold.holds(now) || hold.scope.invoice().is_some_and(|invoice| !self.is_open(invoice));
        let over: Vec<HoldId> = self.holds.values().filter(|hold| over(hold)).map(|hold| hold.id.clone()).collect();
        for id in over {
            let Some(hold) = self.holds.remove(&id) else { continue };
            let end = if hold.holds(now) { HoldEnd::Settled } else { HoldEnd::Expired };
            self.remember_moratorium(&hold, now);
            journal.end_hold(hold, end);
        }
        let today = self.today(now);
        let standing: Vec<AgreementId> = self.agreements.keys().cloned().collect();
        for id in standing {
            self.roll_agreement(&id, today, journal)?;
        }
        Ok(())
    }

    fn roll_agreement(&mut self, id: &AgreementId, today: Date, journal: &mut Journal) -> Result<(), BookingError> {
        self.tell_missed(id, today, journal);
        let Some(agreement) = self.agreements.get(id) else { return Ok(()) };
        let open = self.open_on(&agreement.account, &agreement.cover)?;
        let Some(end) = agreement.verdict(open, today) else { return Ok(()) };
        if matches!(agreement.terms, Terms::Settlement(_)) && end == AgreementEnd::Kept {
            let (account, cover) = (agreement.account.clone(), agreement.cover.clone());
            self.give_up(&account, &cover, today, journal)?;
        }
        self.end_agreement(id, end, journal);
        Ok(())
    }

    /// Tells of each instalment that is missed, once.
    fn tell_missed(&mut self, id: &AgreementId, today: Date, journal: &mut Journal) {
        let Some(agreement) = self.agreements.get_mut(id) else { return };
        let Terms::Plan(plan) = &agreement.terms else { return };
        let (missed, told) = (plan.missed(agreement.received, today), plan.told_missed());
        if missed != told {
            let news = plan.unpaid(agreement.received).take(missed).skip(told);
            let event = |one: Instalment| about_agreement(EventKind::InstalmentMissed, agreement).amount(one.amount);
            journal.events.extend(news.map(event));
            agreement.terms = Terms::Plan(plan.clone().with_told_missed(missed));
        }
    }

    /// Gives up what is left of a debt that was settled for less.
    fn give_up(
        &mut self,
        account: &AccountKey,
        cover: &Cover,
        on: Date,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        let open = self.invoices_of(account).into_iter().filter(|one| cover.includes(&one.id));
        let open: Vec<(InvoiceId, Money)> =
            open.map(|one| (one.id.clone(), one.balance())).filter(|(_, open)| open.is_positive()).collect();
        for (invoice, amount) in open {
            self.write_off(&invoice, WriteOff { amount, reason: "settled for less", order: None, on }, journal)?;
        }
        Ok(())
    }

    fn end_agreement(&mut self, id: &AgreementId, end: AgreementEnd, journal: &mut Journal) {
        let Some(agreement) = self.agreements.remove(id) else { return };
        journal.events.push(about_agreement(ended(&agreement.terms, &end), &agreement));
        let back = matches!(end, AgreementEnd::Defaulted | AgreementEnd::Cancelled(_));
        if let (Terms::Plan(_), true, Some(account)) =
            (&agreement.terms, back, self.accounts.get_mut(&agreement.account))
        {
            // The debts are due since long before; their ladder goes on from where it was left.
            account.reopen();
        }
        journal.agreements.push((agreement, end));
    }

    /// Notes that so much of an invoice was settled, or that it went back.
    pub(super) fn note_received(&mut self, account: &AccountKey, invoice: &InvoiceId, amount: Money) {
        for agreement in self.agreements.values_mut().filter(|one| one.covers(account, invoice)) {
            if let Ok(received) = agreement.received.plus(amount) {
                agreement.received = received;
            }
        }
    }

    fn is_open(&self, invoice: &InvoiceId) -> bool {
        self.invoices.get(invoice).is_some_and(|invoice| invoice.balance().is_positive())
    }

    fn open_on(&self, account: &AccountKey, cover: &Cover) -> Result<Money, MoneyError> {
        let covered = self.invoices_of(account).into_iter().filter(|invoice| cover.includes(&invoice.id));
        Money::sum(account.currency, covered.map(crate::invoice::Invoice::balance))
    }

    /// The debts a proposal is about. A promise that names none is about all that is owed; a plan or a settlement about
    /// what is open today.
    fn cover(&self, proposal: &Proposal, now: Timestamp) -> Result<Cover, AgreementError> {
        let account = &proposal.account;
        let open = self.claims(account, now).into_iter().map(|claim| claim.invoice.id.clone());
        let open: BTreeSet<InvoiceId> = open.collect();
        if let Some(unknown) = proposal.invoices.iter().find(|invoice| !open.contains(invoice)) {
            return Err(AgreementError::NothingOpen(unknown.clone()));
        }
        if open.is_empty() {
            return Err(AgreementError::NothingOpenAtAll(account.clone()));
        }
        let named = if proposal.invoices.is_empty() { open } else { proposal.invoices.clone() };
        let is_dispute = |terms: &Terms| matches!(terms, Terms::Dispute(_));
        let alike = |one: &&Agreement| is_dispute(&one.terms) == is_dispute(&proposal.terms);
        for agreement in self.agreements.values().filter(alike) {
            if let Some(invoice) = named.iter().find(|invoice| agreement.covers(account, invoice)) {
                return Err(AgreementError::Covered { invoice: invoice.clone(), agreement: agreement.id.clone() });
            }
        }
        let all = matches!(proposal.terms, Terms::Promise(_)) && proposal.invoices.is_empty();
        Ok(if all { Cover::Account } else { Cover::Invoices(named) })
    }
}

fn check_terms(terms: &Terms, open: Money, today: Date) -> Result<(), AgreementError> {
    let not_past = |what, date: Date| {
        if date < today { Err(AgreementError::InThePast { what, date, today }) } else { Ok(()) }
    };
    let at_most = |told: Money, open: Money| {
        if told.max(open)? == open { Ok(()) } else { Err(AgreementError::MoreThanOpen { told, open }) }
    };
    match terms {
        Terms::Promise(promise) => {
            not_past("the date", promise.by())?;
            at_most(promise.amount(), open)
        }
        Terms::Settlement(settlement) => {
            not_past("the date", settlement.by())?;
            at_most(settlement.accepts(), open)
        }
        Terms::Plan(plan) => {
            let told = plan.total()?;
            plan.instalments().first().map_or(Ok(()), |first| not_past("the first instalment", first.due))?;
            open.minus(told)?;
            if told == open { Ok(()) } else { Err(AgreementError::NotTheBalance { told, open }) }
        }
        Terms::Dispute(dispute) => dispute.amount().map_or(Ok(()), |amount| at_most(amount, open)),
    }
}

fn about_hold(kind: EventKind, hold: &Hold, detail: &str) -> Event {
    let event = Event::new(kind).detail(detail);
    match &hold.scope {
        HoldScope::Debtor => event,
        HoldScope::Account(account) => event.account(account),
        HoldScope::Invoice(invoice) => event.invoice(invoice),
        HoldScope::Amount(invoice, amount) => event.invoice(invoice).amount(*amount),
    }
}

fn about_agreement(kind: EventKind, agreement: &Agreement) -> Event {
    let event = Event::new(kind).account(&agreement.account).detail(agreement.id.as_str());
    let amount = match &agreement.terms {
        Terms::Promise(promise) => Some(promise.amount()),
        Terms::Plan(plan) => plan.total().ok(),
        Terms::Settlement(settlement) => Some(settlement.accepts()),
        Terms::Dispute(dispute) => dispute.amount(),
    };
    let event = match &agreement.cover {
        Cover::Invoices(invoices) if invoices.len() == 1 => {
            invoices.first().map_or(event.clone(), |invoice| event.invoice(invoice))
        }
        Cover::Invoices(_) | Cover::Account => event,
    };
    match amount {
        Some(amount) => event.amount(amount),
        None => event,
    }
}

fn made(terms: &Terms) -> EventKind {
    match terms {
        Terms::Promise(_) => EventKind::PromiseMade,
        Terms::Plan(_) => EventKind::PlanMade,
        Terms::Settlement(_) => EventKind::SettlementOffered,
        Terms::Dispute(_) => EventKind::DisputeOpened,
    }
}

fn ended(terms: &Terms, end: &AgreementEnd) -> EventKind {
    match (terms, end) {
        (Terms::Dispute(_), _) => EventKind::DisputeResolved,
        (Terms::Promise(_), AgreementEnd::Cancelled(_)) => EventKind::PromiseCancelled,
        (Terms::Plan(_), AgreementEnd::Cancelled(_)) => EventKind::PlanCancelled,
        (Terms::Settlement(_), AgreementEnd::Cancelled(_)) => EventKind::SettlementCancelled,
        (Terms::Promise(_), AgreementEnd::Kept) => EventKind::PromiseKept,
        (Terms::Promise(_), _) => EventKind::PromiseBroken,
        (Terms::Plan(_), AgreementEnd::Defaulted) => EventKind::PlanDefaulted,
        (Terms::Plan(_), _) => EventKind::PlanCompleted,
        (Terms::Settlement(_), AgreementEnd::Kept) => EventKind::SettlementKept,
        (Terms::Settlement(_), _) => EventKind::SettlementLapsed,
    }
}

impl Journal {
    fn end_hold(&mut self, hold: Hold, end: HoldEnd) {
        self.events.push(about_hold(EventKind::HoldEnded, &hold, end.as_str()));
        self.holds.push((hold, end));
    }
}
