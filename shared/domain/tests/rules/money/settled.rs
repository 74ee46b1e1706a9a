//! Settlements that were kept, and whether the money that they were kept by is still there, from the entries.

use std::collections::BTreeMap;

use dunlin_domain::invoice::Standing;
use dunlin_domain::ledger::EntryKind;

use super::World;
use crate::history::invoice_id;

/// A settlement as it was kept.
#[derive(Debug)]
pub(super) struct Kept {
    /// What was open of each of its invoices, and given up.
    pub(super) invoices: BTreeMap<usize, i64>,
    /// How many entries there were, and charges.
    pub(super) since: (usize, usize),
    /// What had been paid beyond what was accepted.
    pub(super) beyond: i64,
}

impl World {
    /// Whether a settlement stands, an entry at a time: money that is paid after it fell does not count for it.
    fn stands(&self, kept: &Kept) -> bool {
        let mut spare = kept.beyond;
        for entry in &self.book.entries[kept.since.0..] {
            let of = entry.invoice.as_ref().map(|invoice| invoice.number.as_str()[1..].parse::<usize>().unwrap());
            if of.is_none_or(|n| !kept.invoices.contains_key(&n)) {
                continue;
            }
            let came = -entry.amount.minor();
            match entry.kind {
                EntryKind::Payment if came < 0 || spare >= 0 => spare += came,
                EntryKind::Refund | EntryKind::Chargeback => spare += came,
                _ => {}
            }
        }
        spare >= 0
    }

    /// While a settlement stands so much is given up as was when it was kept, as far as it has not been paid after all; when
    /// it fell, nothing. Invoices of which something was given up otherwise, or charged since, tell nothing of it.
    pub(super) fn hold_settled(&self) {
        for kept in &self.desk.kept {
            let alone = |n: usize| self.desk.kept.iter().filter(|one| one.invoices.contains_key(&n)).count() == 1;
            let charged = |n: usize| self.charged[kept.since.1..].iter().any(|(of, ..)| *of == n);
            for (n, given_up) in kept.invoices.iter().filter(|(n, _)| alone(**n) && !charged(**n)) {
                let invoice = &self.book.debtor.invoices[&invoice_id(&format!("I{n}"))];
                if invoice.standing != Standing::Open || self.given_up.contains(n) {
                    continue;
                }
                let position = invoice.position().unwrap();
                let (balance, written_off) = (position.balance.minor(), position.written_off.minor());
                let expected = if self.stands(kept) { (given_up + kept.beyond).min(balance + written_off) } else { 0 };
                assert_eq!(written_off, expected, "given up of I{n} under {kept:?}");
            }
        }
    }
}
