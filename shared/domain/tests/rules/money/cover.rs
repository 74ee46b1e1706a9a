//! What unapplied credit covers of each invoice on each day, from the entries.

use std::collections::BTreeMap;

use dunlin_domain::invoice::Standing;
use dunlin_domain::ledger::Entry;
use jiff::civil::Date;

use super::interest::{Evening, evenings, is_overpayment, settles};
use super::{CURRENCIES, INVOICES, World, key};
use crate::history::invoice_id;

const FIRST: [&str; 3] = ["principal", "costs", "interest"];

impl World {
    /// Lets invoices that were settled by the entries from this one on take along what was covered of them.
    pub(super) fn note_settled(&mut self, from: usize) {
        let of = |n: usize, entry: &Entry| entry.invoice.as_ref() == Some(&invoice_id(&format!("I{n}")));
        let balance = |n: usize, entries: &[Entry]| -> i64 {
            entries.iter().filter(|entry| of(n, entry)).map(|entry| entry.amount.minor()).sum()
        };
        let entries = self.book.entries.clone();
        let told = |n: usize| Some((entries.iter().skip(from).rposition(|entry| of(n, entry))? + from + 1, n));
        let mut told: Vec<(usize, usize)> = (0..INVOICES).filter_map(told).collect();
        told.sort_unstable();
        for (to, n) in told {
            let settled = balance(n, &entries[..from]) > 0 && balance(n, &entries[..to]) == 0;
            if settled && matches!(self.standing(n), Standing::Open | Standing::Paid) {
                let cover = self.covers(&entries[..to], n % CURRENCIES.len(), Some(n)).remove(&n).unwrap();
                self.took.insert(n, cover);
            }
        }
    }

    fn standing(&self, n: usize) -> Standing {
        self.book.debtor.invoices[&invoice_id(&format!("I{n}"))].standing
    }

    /// What is covered of each invoice in one currency, with what was taken along: what is due first first, of those that
    /// are open and of one that has just been settled.
    pub(super) fn covers(
        &self,
        entries: &[Entry],
        c: usize,
        settled: Option<usize>,
    ) -> BTreeMap<usize, BTreeMap<Date, i64>> {
        let numbers = || (c..INVOICES).step_by(CURRENCIES.len());
        let of = |n: usize| -> Vec<&Entry> {
            let id = invoice_id(&format!("I{n}"));
            entries.iter().filter(|entry| entry.invoice.as_ref() == Some(&id)).collect()
        };
        let nights: BTreeMap<usize, _> = numbers().map(|n| (n, evenings(&of(n), FIRST, self.last()))).collect();
        let own = entries.iter().filter(|entry| entry.account == key(c) && entry.invoice.is_none());
        let own: Vec<&Entry> = own.filter(|entry| !is_overpayment(entry)).collect();
        let took = |n: usize, day: &Date| self.took.get(&n).and_then(|took| took.get(day)).copied().unwrap_or(0);
        let mut covers: BTreeMap<usize, BTreeMap<Date, i64>> = numbers().map(|n| (n, BTreeMap::new())).collect();
        let days: Vec<Date> = nights.values().flat_map(|nights| nights.keys().copied()).collect();
        for day in days {
            let night = |n: usize| nights[&n].get(&day).cloned().unwrap_or_default();
            let beyond = |n: usize| match self.standing(n) {
                Standing::Void => received(&of(n), day),
                _ => night(n).unused,
            };
            let credit = -own.iter().filter(|entry| entry.on <= day).map(|entry| entry.amount.minor()).sum::<i64>();
            let credit = credit + numbers().map(|n| beyond(n).max(0) - took(n, &day)).sum::<i64>();
            let mut left = credit.max(0);
            for n in numbers() {
                let open = of(n).iter().map(|entry| entry.amount.minor()).sum::<i64>() > 0 || settled == Some(n);
                let Evening { principal, costs, interest, .. } = night(n);
                let part = if open { left.min((principal + costs + interest - took(n, &day)).max(0)) } else { 0 };
                left -= part;
                covers.get_mut(&n).unwrap().insert(day, part + took(n, &day));
            }
        }
        covers
    }
}

fn received(entries: &[&Entry], day: Date) -> i64 {
    -entries.iter().filter(|entry| entry.on <= day && settles(entry)).map(|entry| entry.amount.minor()).sum::<i64>()
}
