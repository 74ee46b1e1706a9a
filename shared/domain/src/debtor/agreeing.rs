//! Holds and agreements: setting them, ending them, and what time and payments make of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::{BookingError, Debtor, Journal, Reopening};
use crate::agreement::{
    Agreement, AgreementEnd, AgreementError, Cover, Instalment, Outlook, Resolution, Settlement, Terms,
};
use crate::event::{Event, EventKind};
use crate::hold::{Hold, HoldEnd, HoldEvent, HoldReason, HoldScope, SetBy};
use crate::ids::{AccountKey, AgreementId, HoldId, InvoiceId};
use crate::ledger::EntryKind;
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
    /// It has not begun.
    #[error("the hold would begin at {0}, which is still to come; set it then")]
    NotYet(Timestamp),
    /// The debtor has no such account.
    #[error("the debtor owes nothing to the account {0}, and never did")]
    NoAccount(AccountKey),
    /// The agreement whose end would end it does not stand.
    #[error("there is no agreement {0} that stands")]
    NoAgreement(AgreementId),
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
        if hold.since > now {
            return Err(HoldError::NotYet(hold.since));
        }
        if let HoldScope::Account(account) = &hold.scope
            && !self.accounts.contains_key(account)
        {
            return Err(HoldError::NoAccount(account.clone()));
        }
        let awaited = hold.ends_with.as_ref().and_then(HoldEvent::agreement);
        if let Some(unknown) = awaited.filter(|agreement| !self.agreements.contains_key(*agreement)) {
            return Err(HoldError::NoAgreement(unknown.clone()));
        }
        if let Some(invoice) = hold.scope.invoice().filter(|invoice| !self.is_open(invoice)) {
            return Err(HoldError::NothingOpen(invoice.clone()));
        }
        if let HoldScope::Amount(invoice, amount) = &hold.scope
            && let Some(invoice) = self.invoices.get(invoice)
        {
            invoice.balance().minus(*amount)?;
        }
        journal.events.push(about_hold(EventKind::HoldSet, &hold));
        self.holds.insert(hold.id.clone(), hold);
        Ok(true)
    }

    /// Lifts a hold. `false` where there is none of that id.
    pub fn lift(&mut self, id: &HoldId, by: SetBy, now: Timestamp, journal: &mut Journal) -> bool {
        let found = self.holds.contains_key(id);
        self.end_hold(id, HoldEnd::Lifted(by), now, journal);
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
        let cover = self.cover(&proposal)?;
        let open = self.open_on(&proposal.account, &cover)?;
        check_terms(&proposal.terms, open, today)?;
        let Proposal { id, account, made_by, terms, note, .. } = proposal;
        let received = Money::zero(account.currency);
        let agreement =
            Agreement { id, account, cover, made_at: now, made_by, received, terms, rested: BTreeMap::new(), note };
        journal.events.push(about_agreement(made(&agreement.terms), &agreement));
        self.agreements.insert(agreement.id.clone(), agreement);
        Ok(true)
    }

    /// Calls an agreement off: its debts are owed and chased as if it had not been made. `false` where there is none.
    pub fn cancel(&mut self, id: &AgreementId, by: SetBy, now: Timestamp, journal: &mut Journal) -> bool {
        let found = self.agreements.contains_key(id);
        self.end_agreement(id, AgreementEnd::Cancelled(by), now, journal);
        found
    }

    /// Ends a dispute. What is to be credited, where anything is, is the caller's to book in the same commit, because a
    /// credit note is a record of its own.
    ///
    /// # Errors
    /// [`AgreementError::NoDispute`] where none of that id stands, [`AgreementError::MoreThanOpen`] where more is accepted
    /// than is contested, [`AgreementError::NothingPromised`] where a part is not more than nothing.
    pub fn resolve(
        &mut self,
        id: &AgreementId,
        resolution: Resolution,
        now: Timestamp,
        journal: &mut Journal,
    ) -> Result<Option<(InvoiceId, Money)>, AgreementError> {
        let none = || AgreementError::NoDispute(id.clone());
        let agreement = self.agreements.get(id).ok_or_else(none)?;
        let (Terms::Dispute(dispute), Cover::Invoices(invoices)) = (&agreement.terms, &agreement.cover) else {
            return Err(none());
        };
        let invoice = invoices.first().cloned().ok_or_else(none)?;
        let open = self.invoices.get(&invoice).map_or(Money::zero(agreement.account.currency), |one| one.balance());
        let contested = dispute.amount().unwrap_or(open).min(open)?;
        let credited = match resolution {
            Resolution::Rejected => None,
            Resolution::Accepted => Some(contested),
            Resolution::Partly(amount) if !amount.is_positive() => {
                return Err(AgreementError::NothingPromised("what is accepted"));
            }
            Resolution::Partly(amount) if amount.max(contested)? == contested => Some(amount),
            Resolution::Partly(told) => return Err(AgreementError::MoreThanOpen { told, open: contested }),
        };
        self.end_agreement(id, AgreementEnd::Resolved(resolution), now, journal);
        Ok(credited.filter(|amount| amount.is_positive()).map(|amount| (invoice, amount)))
    }

    /// What time and payments have made of holds and agreements by `now`. What a payment on account makes of an agreement
    /// is seen once all of it is placed.
    pub(super) fn roll_agreements(&mut self, now: Timestamp, journal: &mut Journal) -> Result<(), BookingError> {
        let end = |hold: &Hold| match hold.until.filter(|until| *until <= now) {
            Some(until) => Some((until, HoldEnd::Expired)),
            None if hold.ends_with == Some(HoldEvent::Payment) && journal.has_paid(&hold.scope) => {
                Some((now, HoldEnd::Paid))
            }
            None if hold.scope.invoice().is_some_and(|invoice| !self.is_open(invoice)) => Some((now, HoldEnd::Settled)),
            None => None,
        };
        let over = self.holds.values().filter_map(|hold| end(hold).map(|(at, end)| (at, hold.id.clone(), end)));
        let mut over: Vec<(Timestamp, HoldId, HoldEnd)> = over.collect();
        over.sort_by_key(|(at, ..)| *at);
        for (at, id, end) in over {
            self.end_hold(&id, end, at, journal);
        }
        let standing: Vec<AgreementId> = self.agreements.keys().cloned().collect();
        for id in standing {
            self.roll_agreement(&id, now, journal)?;
        }
        Ok(())
    }

    fn roll_agreement(&mut self, id: &AgreementId, now: Timestamp, journal: &mut Journal) -> Result<(), BookingError> {
        let Some(agreement) = self.agreements.get(id).filter(|one| !self.is_placing(one)) else { return Ok(()) };
        let seen = self.outlook(agreement, now)?;
        let end = agreement.verdict(&seen);
        self.tell_paid(id, journal);
        self.tell_missed(id, &seen, journal);
        let (Some(end), Some(agreement)) = (end, self.agreements.get(id)) else { return Ok(()) };
        if matches!(agreement.terms, Terms::Settlement(_)) && end == AgreementEnd::Kept {
            self.give_up(id, seen.today, journal)?;
        }
        self.end_agreement(id, end, now, journal);
        Ok(())
    }

    /// What there is to see of an agreement's debts.
    pub(super) fn outlook(&self, agreement: &Agreement, now: Timestamp) -> Result<Outlook, MoneyError> {
        let open = self.open_on(&agreement.account, &agreement.cover)?;
        let (at_rest, under_way) = (self.at_rest(agreement, now), self.under_way(agreement, now));
        Ok(Outlook { open, at_rest, under_way, today: self.today(now) })
    }

    /// Whether a payment is being placed on its account: half of it says nothing yet of what an agreement comes to.
    pub(super) fn is_placing(&self, agreement: &Agreement) -> bool {
        self.accounts.get(&agreement.account).is_some_and(|account| !account.allocating.is_empty())
    }

    /// Tells of each instalment that is paid, once, also where what paid it goes back and comes again.
    fn tell_paid(&mut self, id: &AgreementId, journal: &mut Journal) {
        let Some(agreement) = self.agreements.get_mut(id) else { return };
        let Terms::Plan(plan) = &agreement.terms else { return };
        let (paid, told) = (plan.paid(agreement.received), plan.told_paid());
        if paid > told {
            let news = plan.instalments().iter().take(paid).skip(told);
            journal.events.extend(news.map(|one| about_instalment(EventKind::InstalmentPaid, agreement, *one)));
            agreement.terms = Terms::Plan(plan.clone().with_told_paid(paid));
        }
    }

    /// Tells of each instalment that is missed, once.
    fn tell_missed(&mut self, id: &AgreementId, seen: &Outlook, journal: &mut Journal) {
        let Some(agreement) = self.agreements.get_mut(id) else { return };
        let Terms::Plan(plan) = &agreement.terms else { return };
        let unpaid: BTreeSet<Date> = plan.unpaid(agreement.received).map(|one| one.due).collect();
        let mut told: BTreeSet<Date> = plan.told_missed().intersection(&unpaid).copied().collect();
        let news = agreement.missed(seen).into_iter().filter(|one| told.insert(one.due));
        journal.events.extend(news.map(|one| about_instalment(EventKind::InstalmentMissed, agreement, one)));
        agreement.terms = Terms::Plan(plan.clone().with_told_missed(told));
    }

    /// Ends the holds that wait for something which happens at a time.
    pub(super) fn end_holds_with(&mut self, event: &HoldEvent, end: HoldEnd, at: Timestamp, journal: &mut Journal) {
        let waits = |hold: &&Hold| hold.ends_with.as_ref() == Some(event) && hold.since <= at;
        let over: Vec<HoldId> = self.holds.values().filter(waits).map(|hold| hold.id.clone()).collect();
        for id in over {
            self.end_hold(&id, end, at, journal);
        }
    }

    fn end_hold(&mut self, id: &HoldId, end: HoldEnd, at: Timestamp, journal: &mut Journal) {
        if self.holds.contains_key(id) {
            self.note_rest(at);
        }
        let Some(hold) = self.holds.remove(id) else { return };
        self.remember_moratorium(&hold, at);
        journal.events.push(about_hold(EventKind::HoldEnded, &hold).outcome(end.as_str()));
        journal.holds.push((hold, end));
    }

    fn end_agreement(&mut self, id: &AgreementId, end: AgreementEnd, now: Timestamp, journal: &mut Journal) {
        if self.agreements.get(id).is_some_and(|one| matches!(one.terms, Terms::Dispute(_))) {
            self.note_rest(now);
        }
        let Some(agreement) = self.agreements.remove(id) else { return };
        journal.events.push(about_agreement(ended(&agreement.terms, &end), &agreement).outcome(end.as_str()));
        if let (Terms::Plan(_), Some(why), Some(account)) =
            (&agreement.terms, Reopening::of_plan(id, &end), self.accounts.get_mut(&agreement.account))
        {
            // The debts are due since long before; their ladder goes on from where it was left.
            account.reopen(why);
        }
        let event = HoldEvent::AgreementEnds(id.clone());
        journal.agreements.push((agreement, end));
        self.end_holds_with(&event, HoldEnd::AgreementEnded, now, journal);
    }

    /// Notes that payments settled so much of an invoice, or that it went back.
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

    pub(super) fn open_on(&self, account: &AccountKey, cover: &Cover) -> Result<Money, MoneyError> {
        let covered = self.invoices_of(account).into_iter().filter(|invoice| cover.includes(&invoice.id));
        Money::sum(account.currency, covered.map(crate::invoice::Invoice::balance))
    }

    /// The debts a proposal is about. A promise that names none is about all that is owed; a plan or a settlement about
    /// what is open today.
    fn cover(&self, proposal: &Proposal) -> Result<Cover, AgreementError> {
        let account = &proposal.account;
        let open: BTreeSet<InvoiceId> = self.open_of(account).into_iter().map(|(_, invoice, _)| invoice).collect();
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
        if matches!(proposal.terms, Terms::Settlement(_)) && named.len() > Settlement::INVOICES_MAX {
            return Err(AgreementError::TooManyInvoices(named.len()));
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

fn about_hold(kind: EventKind, hold: &Hold) -> Event {
    let event = Event::new(kind).hold(&hold.id).detail(hold.reason.as_str());
    match &hold.scope {
        HoldScope::Debtor => event,
        HoldScope::Account(account) => event.account(account),
        HoldScope::Invoice(invoice) => event.invoice(invoice),
        HoldScope::Amount(invoice, amount) => event.invoice(invoice).amount(*amount),
    }
}

fn about_agreement(kind: EventKind, agreement: &Agreement) -> Event {
    let event = Event::new(kind).account(&agreement.account).agreement(&agreement.id);
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

/// The amount is the instalment's, or what is left of it, and the detail its day.
fn about_instalment(kind: EventKind, agreement: &Agreement, one: Instalment) -> Event {
    about_agreement(kind, agreement).amount(one.amount).detail(one.due.to_string())
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
        (Terms::Promise(_), AgreementEnd::PartlyKept) => EventKind::PromisePartlyKept,
        (Terms::Promise(_), _) => EventKind::PromiseBroken,
        (Terms::Plan(_), AgreementEnd::Defaulted) => EventKind::PlanDefaulted,
        (Terms::Plan(_), _) => EventKind::PlanCompleted,
        (Terms::Settlement(_), AgreementEnd::Kept) => EventKind::SettlementKept,
        (Terms::Settlement(_), _) => EventKind::SettlementLapsed,
    }
}

impl Journal {
    /// Whether money came in for what a hold is about. What only moves from credit to invoices came in before, unless the
    /// hold is about the invoice.
    fn has_paid(&self, scope: &HoldScope) -> bool {
        let mut sums: BTreeMap<&AccountKey, i64> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.kind == EntryKind::Payment) {
            let within = match scope {
                HoldScope::Debtor => true,
                HoldScope::Account(account) => entry.account == *account,
                HoldScope::Invoice(invoice) | HoldScope::Amount(invoice, _) => entry.invoice.as_ref() == Some(invoice),
            };
            if within {
                let sum = sums.entry(&entry.account).or_default();
                *sum = sum.saturating_add(entry.amount.minor());
            }
        }
        sums.values().any(|sum| *sum < 0)
    }
}
