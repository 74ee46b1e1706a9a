//! What plain lists say of holds and agreements as days go by: what is at rest, what ends, and how.

use std::collections::BTreeSet;

use dunlin_domain::ledger::{Entry, EntryKind};
use dunlin_domain::remittance::Remittance;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::super::{CURRENCIES, INVOICES, World, key};
use super::{Kept, Made, Scope, Standing, What};
use crate::history::invoice_id;

impl World {
    /// Whether steps of allocating are left to take in a currency.
    fn is_placing(&self, currency: usize) -> bool {
        self.book.debtor.accounts.get(&key(currency)).is_some_and(|account| !account.allocating.is_empty())
    }

    /// What time and payments make of the lists; the answer is how agreements end, in order.
    pub(in super::super) fn naive_roll(&mut self) -> Vec<(String, &'static str)> {
        let today = self.today;
        let mut open: Vec<i64> = (0..INVOICES).map(|n| self.open(n)).collect();
        let over = self.desk.holds.iter().filter_map(|(id, hold)| Some((hold.until?, id.clone())));
        let mut over: Vec<(Date, String)> = over.filter(|(until, _)| *until <= today).collect();
        over.sort();
        for (until, id) in over {
            self.rest(until);
            self.desk.holds.remove(&id);
        }
        let paid = self.desk.holds.iter().filter(|(_, hold)| hold.paid && self.has_paid(&hold.scope));
        let paid: Vec<String> = paid.map(|(id, _)| id.clone()).collect();
        for id in paid {
            self.rest(today);
            self.desk.holds.remove(&id);
        }
        self.desk.holds.retain(|_, hold| match hold.scope {
            Scope::Debtor | Scope::Account(_) => true,
            Scope::Invoice(n) | Scope::Amount(n, _) => open[n] > 0,
        });
        let mut ended = Vec::new();
        let standing: Vec<String> = self.desk.agreements.keys().cloned().collect();
        for id in standing {
            let made = &self.desk.agreements[&id];
            // Half of a payment says nothing yet.
            if self.is_placing(made.currency) {
                continue;
            }
            let covered: Vec<usize> = (0..INVOICES).filter(|n| made.covers(*n)).collect();
            let received = self.received(made);
            let settled = covered.iter().all(|n| open[*n] == 0);
            let coming = self.coming(made);
            let Some(end) = verdict(made, &self.at_rest(made), (received, settled, &coming), today) else { continue };
            if matches!(made.what, What::Settlement { .. }) && end == "kept" {
                let since = (self.book.entries.len(), self.charged.len());
                if let What::Settlement { minor, .. } = made.what
                    && !settled
                {
                    let invoices = covered.iter().map(|n| (*n, open[*n])).collect();
                    self.desk.kept.push(Kept { invoices, since, beyond: received - minor });
                }
                covered.iter().for_each(|n| open[*n] = 0);
            }
            self.desk.agreements.remove(&id);
            self.free(&id);
            ended.push((id, end));
        }
        ended
    }

    /// What is under way for an agreement's debts since before a day.
    fn coming(&self, made: &Made) -> impl Fn(Date) -> i64 + use<> {
        let now = self.now();
        let ours = self.known.iter().filter(|(n, _)| *n % 3 == made.currency);
        let ours = ours.filter(|(n, _)| match super::super::purpose(**n) {
            super::super::Purpose::Invoice(of) => made.covers(of),
            super::super::Purpose::Account(_) => true,
        });
        // It was begun when that was said, or on the day that was named for it, whichever is later.
        let begun = |known: &Remittance| {
            let said = jiff::tz::TimeZone::UTC.to_datetime(known.progress.said()).date();
            known.on.map_or(said, |on| on.max(said))
        };
        let under_way = ours.filter_map(|(_, known)| Some((begun(known), known.effect().unwrap()?.in_flight?)));
        let under_way = under_way.filter(|(_, one)| one.until > now).map(|(begun, one)| (begun, one.amount.minor()));
        let under_way: Vec<(Date, i64)> = under_way.collect();
        move |day: Date| under_way.iter().filter(|(begun, _)| *begun < day).map(|(_, minor)| minor).sum()
    }

    /// An agreement has ended: holds that waited for it end.
    pub(super) fn free(&mut self, agreement: &str) {
        let waited = |hold: &Standing| hold.agreement.as_deref() == Some(agreement);
        let waited = self.desk.holds.iter().filter(|(_, hold)| waited(hold)).map(|(id, _)| id.clone());
        for id in waited.collect::<Vec<_>>() {
            self.rest(self.today);
            self.desk.holds.remove(&id);
        }
    }

    /// Whether money came in since the last commit for what a hold is about.
    fn has_paid(&self, scope: &Scope) -> bool {
        let of = |n: usize| invoice_id(&format!("I{n}"));
        let net = |within: &dyn Fn(&Entry) -> bool| -> i64 {
            let paid = self.unrolled.iter().filter(|entry| entry.kind == EntryKind::Payment && within(entry));
            paid.map(|entry| entry.amount.minor()).sum()
        };
        match scope {
            Scope::Debtor => (0..CURRENCIES.len()).any(|c| net(&|entry| entry.account == key(c)) < 0),
            Scope::Account(c) => net(&|entry| entry.account == key(*c)) < 0,
            Scope::Invoice(n) | Scope::Amount(n, _) => net(&|entry| entry.invoice == Some(of(*n))) < 0,
        }
    }

    /// Something that holds ends on a day: what was at rest until then counts from there.
    pub(super) fn rest(&mut self, day: Date) {
        let rested = self.desk.agreements.iter().map(|(id, made)| (id.clone(), self.at_rest(made)));
        let rested: Vec<(String, BTreeSet<Date>)> = rested.collect();
        for (id, days) in rested {
            let made = self.desk.agreements.get_mut(&id).unwrap();
            made.rested.extend(days.into_iter().filter(|due| *due < day).map(|due| (due, day)));
        }
    }

    /// The days agreed for of which nothing may be asked for, a unit of money at a time.
    fn at_rest(&self, made: &Made) -> BTreeSet<Date> {
        let all = self.desk.holds.values().any(|hold| match hold.scope {
            Scope::Debtor => true,
            Scope::Account(of) => of == made.currency,
            Scope::Invoice(_) | Scope::Amount(..) => false,
        });
        // Whether each unit that is open is held, what is due first first.
        let units = (0..INVOICES).filter(|n| made.covers(*n)).flat_map(|n| {
            let (whole, parts) = self.naive_held(n, true);
            (0..self.open(n)).map(move |unit| whole || unit < parts)
        });
        let mut units: Vec<bool> = units.collect();
        match &made.what {
            What::Promise { by, .. } if all || (!units.is_empty() && units.iter().all(|held| *held)) => [*by].into(),
            What::Plan { instalments, .. } => {
                let mut days = BTreeSet::new();
                for (due, minor) in unpaid(instalments, self.received(made)) {
                    let asked: Vec<bool> = units.drain(..units.len().min(usize::try_from(minor).unwrap())).collect();
                    if all || (!asked.is_empty() && asked.iter().all(|held| *held)) {
                        days.insert(due);
                    }
                }
                days
            }
            What::Promise { .. } | What::Settlement { .. } | What::Dispute { .. } => BTreeSet::new(),
        }
    }

    /// Whether an invoice is held as a whole, and how much of it by parts; by holds and disputes only, where it is asked so.
    pub(super) fn naive_held(&self, n: usize, only_holds: bool) -> (bool, i64) {
        let mut held = (false, 0);
        for hold in self.desk.holds.values() {
            match hold.scope {
                Scope::Invoice(of) if of == n => held.0 = true,
                Scope::Amount(of, minor) if of == n => held.1 += minor,
                Scope::Debtor | Scope::Account(_) | Scope::Invoice(_) | Scope::Amount(..) => {}
            }
        }
        for made in self.desk.agreements.values().filter(|made| made.invoices.is_some() && made.covers(n)) {
            match &made.what {
                What::Plan { .. } => {}
                What::Promise { .. } | What::Settlement { .. } => held.0 |= !only_holds,
                What::Dispute { minor: None } => held.0 = true,
                What::Dispute { minor: Some(minor) } => held.1 += *minor,
            }
        }
        held
    }
}

/// What is left of each instalment, a unit of money at a time, oldest first.
pub(super) fn unpaid(instalments: &[(Date, i64)], received: i64) -> Vec<(Date, i64)> {
    let mut left = instalments.to_vec();
    for _ in 0..received.max(0) {
        if let Some((_, minor)) = left.iter_mut().find(|(_, minor)| *minor > 0) {
            *minor -= 1;
        }
    }
    left.retain(|(_, minor)| *minor > 0);
    left
}

fn verdict(
    made: &Made,
    at_rest: &BTreeSet<Date>,
    (received, settled, coming): (i64, bool, &dyn Fn(Date) -> i64),
    today: Date,
) -> Option<&'static str> {
    let late = |due: &Date, grace: u8| {
        let from = made.rested.get(due).unwrap_or(due);
        !at_rest.contains(due) && from.saturating_add(i64::from(grace).days()) < today
    };
    let over =
        |due: &Date, grace: u8| made.rested.get(due).unwrap_or(due).saturating_add((i64::from(grace) + 1).days());
    match &made.what {
        What::Promise { minor, .. } | What::Settlement { minor, .. } if settled || received >= *minor => Some("kept"),
        What::Promise { minor, by, grace } if late(by, *grace) && received + coming(over(by, *grace)) < *minor => {
            Some(if received > 0 { "partly_kept" } else { "broken" })
        }
        What::Settlement { minor, over } if today >= *over && received + coming(*over) < *minor => Some("lapsed"),
        What::Promise { .. } | What::Settlement { .. } => None,
        What::Dispute { .. } => settled.then_some("settled"),
        What::Plan { instalments, grace, misses } => {
            let left = unpaid(instalments, received);
            let missed = left.iter().filter(|(due, _)| late(due, *grace));
            let comes = |due: &Date| unpaid(instalments, received + coming(over(due, *grace)));
            let missed = missed.filter(|(due, _)| comes(due).iter().any(|(left, _)| left == due)).count();
            if settled || left.is_empty() {
                Some("completed")
            } else {
                (missed > usize::from(*misses)).then_some("defaulted")
            }
        }
    }
}
