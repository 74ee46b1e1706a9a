//! What keeps an agreement from coming to an end though its day goes by: nothing of what is due then may be asked for, or
//! a payment is under way.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::claims::Reach;
use super::{Claim, Debtor, Standstill};
use crate::agreement::{Agreement, PaymentPlan, Terms};
use crate::hold::HoldReason;
use crate::ids::{AccountKey, AgreementId};

impl Debtor {
    /// The days of a promise or plan of which nothing may be asked for at `now`, because a hold or a dispute stands
    /// against all that is due on them. An offer has its day whatever is held, because it is the creditor's to prolong.
    pub(super) fn at_rest(&self, agreement: &Agreement, now: Timestamp) -> BTreeSet<Date> {
        match &agreement.terms {
            Terms::Promise(promise) if self.is_at_rest(agreement, now) => BTreeSet::from([promise.by()]),
            Terms::Plan(plan) => self.instalments_at_rest(agreement, plan, now),
            Terms::Promise(_) | Terms::Settlement(_) | Terms::Dispute(_) => BTreeSet::new(),
        }
    }

    /// Notes the days that were at rest until `now`, because something that held them ends. They count as due on the day
    /// on which it ends.
    pub(super) fn note_rest(&mut self, now: Timestamp) {
        let day = self.today(now);
        let before = now.saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(now);
        let rested = |one: &Agreement| (one.id.clone(), self.at_rest(one, before));
        let rested: Vec<(AgreementId, BTreeSet<Date>)> = self.agreements.values().map(rested).collect();
        for (id, days) in rested {
            if let Some(agreement) = self.agreements.get_mut(&id) {
                agreement.rested.extend(days.into_iter().filter(|due| *due < day).map(|due| (due, day)));
            }
        }
    }

    /// Payments under way that may be for an agreement's debts: those that name one of them, and those that name none.
    pub(super) fn under_way(&self, agreement: &Agreement, now: Timestamp) -> BTreeMap<Date, i64> {
        let covered = self.invoices_of(&agreement.account).into_iter().filter(|one| agreement.cover.includes(&one.id));
        let named = covered.flat_map(|invoice| invoice.in_flight.values());
        let unnamed = self.accounts.get(&agreement.account).into_iter().flat_map(|account| account.in_flight.values());
        let mut by_day: BTreeMap<Date, i64> = BTreeMap::new();
        for payment in named.chain(unnamed).filter(|payment| payment.until > now) {
            let sum = by_day.entry(self.today(payment.begun())).or_default();
            *sum = sum.saturating_add(payment.amount.minor());
        }
        by_day
    }

    /// When something ends next that keeps agreements from ending: a hold, or the wait for a payment under way.
    pub(super) fn next_release(&self, key: &AccountKey, now: Timestamp) -> Option<Timestamp> {
        let holds = self.holds.values().filter_map(|hold| hold.until);
        let invoices = self.invoices_of(key).into_iter().flat_map(|invoice| invoice.in_flight.values());
        let unnamed = self.accounts.get(key).into_iter().flat_map(|account| account.in_flight.values());
        holds.chain(invoices.chain(unnamed).map(|payment| payment.until)).filter(|until| *until > now).min()
    }

    fn is_at_rest(&self, agreement: &Agreement, now: Timestamp) -> bool {
        let key = &agreement.account;
        let covered = self.own_claims(key, now).filter(|claim| agreement.cover.includes(&claim.invoice.id));
        let covered: Vec<Claim<'_>> = covered.collect();
        let all_held = !covered.is_empty() && covered.iter().all(|claim| self.is_held(key, claim, now));
        self.is_account_held(key, now) || all_held
    }

    fn instalments_at_rest(&self, agreement: &Agreement, plan: &PaymentPlan, now: Timestamp) -> BTreeSet<Date> {
        let key = &agreement.account;
        let claims = self.planned_claims(agreement, plan, now);
        let days = |held: bool| -> BTreeSet<Date> {
            let of = claims.iter().filter(|claim| self.is_held(key, claim, now) == held);
            of.map(|claim| claim.due).collect()
        };
        if self.is_account_held(key, now) {
            plan.instalments().iter().map(|one| one.due).collect()
        } else {
            days(true).difference(&days(false)).copied().collect()
        }
    }

    fn is_account_held(&self, key: &AccountKey, now: Timestamp) -> bool {
        self.standstills(key, now).any(|(reach, why)| matches!(reach, Reach::Account) && is_hold(&why))
    }

    /// Whether holds and disputes leave nothing of a claim to ask for.
    fn is_held(&self, key: &AccountKey, claim: &Claim<'_>, now: Timestamp) -> bool {
        self.held_by(key, claim, now, is_hold).is_some_and(|held| held.amount == claim.amount)
    }
}

/// A promise does not keep itself from being broken.
fn is_hold(why: &Standstill) -> bool {
    !matches!(why.reason, HoldReason::Promise | HoldReason::Settlement)
}
