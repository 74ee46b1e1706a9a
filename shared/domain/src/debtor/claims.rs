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
    /// How much of the invoice is due before it: the instalments of a plan that come earlier.
    pub after: Money,
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
        let planned = |invoice: &Invoice| self.plans(key).any(|(agreement, _)| agreement.cover.includes(&invoice.id));
        let mut claims: Vec<Claim<'_>> = self.own_claims(key, now).filter(|claim| !planned(claim.invoice)).collect();
        for (agreement, plan) in self.plans(key) {
            claims.extend(self.planned_claims(agreement, plan, now));
        }
        claims.sort_by(|a, b| (a.due, &a.invoice.id).cmp(&(b.due, &b.invoice.id)));
        claims
    }

    /// What is owed on an account as if nothing were agreed.
    pub(super) fn own_claims(&self, key: &AccountKey, now: Timestamp) -> impl Iterator<Item = Claim<'_>> {
        let after = Money::zero(key.currency);
        let own = move |invoice| Claim { invoice, amount: invoice.balance(), due: self.due(invoice, now), after };
        self.invoices_of(key).into_iter().filter(|invoice| invoice.balance().is_positive()).map(own)
    }

    /// What a plan asks for of the invoices that it covers.
    pub(super) fn planned_claims(&self, agreement: &Agreement, plan: &PaymentPlan, now: Timestamp) -> Vec<Claim<'_>> {
        let open = self.invoices_of(&agreement.account).into_iter().filter(|invoice| invoice.balance().is_positive());
        let covered = open.filter(|invoice| agreement.cover.includes(&invoice.id)).collect();
        instalments(plan, agreement.received, covered, self.today(now))
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

    /// What is not chased of a claim of an account that is chased. Parts of an invoice are held one after the other, of
    /// what is due first first.
    #[must_use]
    pub fn held(&self, key: &AccountKey, claim: &Claim<'_>, now: Timestamp) -> Option<Held> {
        self.held_by(key, claim, now, |_| true)
    }

    /// The same, of some of what stops chasing.
    pub(super) fn held_by(
        &self,
        key: &AccountKey,
        claim: &Claim<'_>,
        now: Timestamp,
        counts: impl Fn(&Standstill) -> bool,
    ) -> Option<Held> {
        let (whole, after) = (claim.amount.minor(), claim.after.minor());
        let (mut held, mut parts) = (0_i64, 0_i64);
        let mut reasons = Vec::new();
        for (reach, why) in self.standstills(key, now).filter(|(_, why)| counts(why)) {
            let of_claim = match reach {
                Reach::Invoices(invoices) if invoices.contains(&claim.invoice.id) => whole,
                Reach::Invoice(invoice) if *invoice == claim.invoice.id => whole,
                Reach::Amount(invoice, part) if *invoice == claim.invoice.id => {
                    let within = |parts: i64| parts.saturating_sub(after).clamp(0, whole);
                    let before = within(parts);
                    parts = parts.saturating_add(part.minor());
                    within(parts).saturating_sub(before)
                }
                Reach::Account | Reach::Invoices(_) | Reach::Invoice(_) | Reach::Amount(..) => 0,
            };
            if of_claim > 0 {
                held = held.saturating_add(of_claim).min(whole);
                reasons.push(why);
            }
        }
        let why = longest(reasons.into_iter())?;
        Some(Held { amount: Money::from_minor(held, key.currency), why })
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
        holds.chain(agreements.filter_map(move |agreement| self.standstill_of(agreement, now)))
    }

    fn standstill_of<'a>(&self, agreement: &'a Agreement, now: Timestamp) -> Option<(Reach<'a>, Standstill)> {
        let reason = match &agreement.terms {
            Terms::Promise(_) => HoldReason::Promise,
            Terms::Settlement(_) => HoldReason::Settlement,
            Terms::Dispute(_) => HoldReason::Dispute,
            Terms::Plan(_) => return None,
        };
        let over = agreement.over().map(|over| self.profile.zone.midnight(over));
        // One that is over and stands waits for something else to end.
        let released = || self.next_release(&agreement.account, now);
        let until = over.filter(|over| *over > now).or_else(|| over.and_then(|_| released()));
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
            let Ok(after) = invoice.balance().minus(open) else { break };
            claims.push(Claim { invoice, amount, due: instalment.due, after });
            let (Ok(rest), Ok(still_open)) = (asked.minus(amount), open.minus(amount)) else { break };
            asked = rest;
            at_hand = if still_open.is_positive() { Some((invoice, still_open)) } else { left.next() };
        }
    }
    claims
}
