//! What is owed when, under what was agreed, and what of it may not be chased.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::Debtor;
use crate::agreement::{Agreement, Cover, PaymentPlan, Terms};
use crate::hold::{HoldReason, HoldScope};
use crate::ids::{AccountKey, InvoiceId};
use crate::invoice::Invoice;
use crate::money::Money;
use crate::policy::Subject;

/// So much of an invoice, due on a day.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The invoice.
    pub invoice: &'a Invoice,
    /// How much of it.
    pub amount: Money,
    /// When it is due: the invoice's own day, the day on which a provider gave up collecting it, or that of a plan's
    /// instalment.
    pub due: Date,
}

impl Claim<'_> {
    /// Whether another claim is for the same.
    #[must_use]
    pub fn is(&self, other: &Claim<'_>) -> bool {
        self.invoice.id == other.invoice.id && self.due == other.due
    }
}

/// Why chasing stops, and until when, if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standstill {
    /// Why.
    pub reason: HoldReason,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// What is not chased of one invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// How much, at most all of it.
    pub amount: Money,
    /// Why. Of several reasons, the one that stands longest.
    pub why: Standstill,
}

/// How far a standstill reaches.
pub(super) enum Reach<'a> {
    Account,
    Invoices(&'a BTreeSet<InvoiceId>),
    Invoice(&'a InvoiceId),
    Amount(&'a InvoiceId, Money),
}

impl Debtor {
    /// What is owed on an account and when, what is due first first. What a plan covers is due as its instalments are:
    /// those that are over, and the next.
    #[must_use]
    pub fn claims(&self, key: &AccountKey, now: Timestamp) -> Vec<Claim<'_>> {
        let open = || self.invoices_of(key).into_iter().filter(|invoice| invoice.balance().is_positive());
        let own = |invoice| Claim { invoice, amount: invoice.balance(), due: self.due(invoice, now) };
        let planned = |invoice: &Invoice| self.plans(key).any(|(agreement, _)| agreement.cover.includes(&invoice.id));
        let mut claims: Vec<Claim<'_>> = open().filter(|invoice| !planned(invoice)).map(own).collect();
        for (agreement, plan) in self.plans(key) {
            let covered = open().filter(|invoice| agreement.cover.includes(&invoice.id)).collect();
            claims.extend(instalments(plan, agreement.received, covered, self.today(now)));
        }
        claims.sort_by(|a, b| (a.due, &a.invoice.id).cmp(&(b.due, &b.invoice.id)));
        claims
    }

    /// What is overdue on an account, if anything is: debts, or only what a provider tries to collect.
    #[must_use]
    pub fn subject(&self, key: &AccountKey, now: Timestamp) -> Option<Subject> {
        let today = self.today(now);
        let overdue = self.claims(key, now).into_iter().filter(|claim| claim.due < today);
        let left = |claim: Claim<'_>| claim.invoice.collection.left_until(now).is_some();
        overdue.map(|claim| if left(claim) { Subject::Recovery } else { Subject::Debt }).min()
    }

    /// The day an invoice is due on. Where a provider collected it and gave up, that is when it did: until then there was
    /// nothing for the debtor to do.
    pub(super) fn due(&self, invoice: &Invoice, now: Timestamp) -> Date {
        let turn = invoice.collection.debtors_turn().filter(|_| invoice.collection.left_until(now).is_none());
        turn.map_or(invoice.due_date, |turn| self.profile.zone.date(turn).max(invoice.due_date))
    }

    /// What stops all chasing on an account, if anything does.
    #[must_use]
    pub fn standstill(&self, key: &AccountKey, now: Timestamp) -> Option<Standstill> {
        let all = self.standstills(key, now).filter(|(reach, _)| matches!(reach, Reach::Account));
        longest(all.map(|(_, why)| why))
    }

    /// What is not chased of an invoice of an account that is chased.
    #[must_use]
    pub fn held(&self, key: &AccountKey, claim: &Claim<'_>, now: Timestamp) -> Option<Held> {
        let mut amount = Money::zero(key.currency);
        let mut reasons = Vec::new();
        for (reach, why) in self.standstills(key, now) {
            let held = match reach {
                Reach::Account => None,
                Reach::Invoices(invoices) => invoices.contains(&claim.invoice.id).then_some(claim.amount),
                Reach::Invoice(invoice) => (*invoice == claim.invoice.id).then_some(claim.amount),
                Reach::Amount(invoice, part) => (*invoice == claim.invoice.id).then_some(part),
            };
            if let Some(held) = held {
                amount = amount.plus(held).unwrap_or(claim.amount);
                reasons.push(why);
            }
        }
        let why = longest(reasons.into_iter())?;
        Some(Held { amount: amount.min(claim.amount).unwrap_or(claim.amount), why })
    }

    pub(super) fn plans(&self, key: &AccountKey) -> impl Iterator<Item = (&Agreement, &PaymentPlan)> {
        let agreements = self.agreements.values().filter(move |agreement| agreement.account == *key);
        agreements.filter_map(|agreement| match &agreement.terms {
            Terms::Plan(plan) => Some((agreement, plan)),
            Terms::Promise(_) | Terms::Settlement(_) | Terms::Dispute(_) => None,
        })
    }

    pub(super) fn standstills<'a>(
        &'a self,
        key: &'a AccountKey,
        now: Timestamp,
    ) -> impl Iterator<Item = (Reach<'a>, Standstill)> {
        let holds = self.holds.values().filter(move |hold| hold.holds(now)).filter_map(move |hold| {
            let reach = match &hold.scope {
                HoldScope::Debtor => Reach::Account,
                HoldScope::Account(account) => (account == key).then_some(Reach::Account)?,
                HoldScope::Invoice(invoice) => Reach::Invoice(invoice),
                HoldScope::Amount(invoice, amount) => Reach::Amount(invoice, *amount),
            };
            Some((reach, Standstill { reason: hold.reason, until: hold.until }))
        });
        let agreements = self.agreements.values().filter(move |agreement| agreement.account == *key);
        holds.chain(agreements.filter_map(|agreement| self.standstill_of(agreement)))
    }

    fn standstill_of<'a>(&self, agreement: &'a Agreement) -> Option<(Reach<'a>, Standstill)> {
        let until = |date| Some(self.profile.zone.midnight(date));
        let (reason, until) = match &agreement.terms {
            Terms::Promise(promise) => (HoldReason::Promise, until(promise.over())),
            Terms::Settlement(settlement) => (HoldReason::Settlement, until(settlement.over())),
            Terms::Dispute(_) => (HoldReason::Dispute, None),
            Terms::Plan(_) => return None,
        };
        let reach = match (&agreement.cover, &agreement.terms) {
            (Cover::Account, _) => Reach::Account,
            (Cover::Invoices(invoices), Terms::Dispute(dispute)) => match (dispute.amount(), invoices.first()) {
                (Some(amount), Some(invoice)) => Reach::Amount(invoice, amount),
                _ => Reach::Invoices(invoices),
            },
            (Cover::Invoices(invoices), _) => Reach::Invoices(invoices),
        };
        Some((reach, Standstill { reason, until }))
    }
}

/// The reason that stands longest; one without an end outlasts all.
fn longest(reasons: impl Iterator<Item = Standstill>) -> Option<Standstill> {
    reasons.max_by_key(|why| why.until.unwrap_or(Timestamp::MAX))
}

/// Spreads a plan's instalments over the invoices that it covers, what is due first on what was due first.
fn instalments<'a>(plan: &PaymentPlan, received: Money, covered: Vec<&'a Invoice>, today: Date) -> Vec<Claim<'a>> {
    let mut left = covered.into_iter().map(|invoice| (invoice, invoice.balance()));
    let mut at_hand = left.next();
    let mut claims = Vec::new();
    let mut ahead = 0_u32;
    for instalment in plan.unpaid(received) {
        ahead = ahead.saturating_add(u32::from(instalment.due >= today));
        let mut asked = instalment.amount;
        while let Some((invoice, open)) = at_hand.filter(|_| ahead <= 1 && asked.is_positive()) {
            let Ok(amount) = asked.min(open) else { break };
            claims.push(Claim { invoice, amount, due: instalment.due });
            let (Ok(rest), Ok(still_open)) = (asked.minus(amount), open.minus(amount)) else { break };
            asked = rest;
            at_hand = if still_open.is_positive() { Some((invoice, still_open)) } else { left.next() };
        }
    }
    claims
}
