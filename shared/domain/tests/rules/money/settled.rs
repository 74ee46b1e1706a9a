//! Settlements that were kept, and whether the money that they were kept by is still there, from the entries.

use std::collections::BTreeMap;

use dunlin_domain::invoice::Standing;
use dunlin_domain::ledger::{Entry, EntryKind};

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

/// The invoice of an entry.
fn of(entry: &Entry) -> Option<usize> {
    entry.invoice.as_ref().map(|invoice| invoice.number.as_str()[1..].parse().unwrap())
}

impl World {
    /// Whether a settlement stands, a movement at a time: money that is paid after it fell does not count for it. What is
    /// taken off one day and put on another in one go is one movement.
    fn stands(&self, kept: &Kept) -> bool {
        let money = [EntryKind::Payment, EntryKind::Refund, EntryKind::Chargeback];
        let ours =
            |entry: &&Entry| of(entry).is_some_and(|n| kept.invoices.contains_key(&n)) && money.contains(&entry.kind);
        let ours: Vec<&Entry> = self.book.entries[kept.since.0..].iter().filter(ours).collect();
        let mut spare = kept.beyond;
        for moved in ours.chunk_by(|one, next| (of(one), one.kind) == (of(next), next.kind)) {
            let came = -moved.iter().map(|entry| entry.amount.minor()).sum::<i64>();
            if moved[0].kind != EntryKind::Payment || came < 0 || spare >= 0 {
                spare += came;
            }
        }
        spare >= 0
    }

    /// While a settlement stands so much is given up as was when it was kept, as far as it has not been paid after all; when
    /// it fell, nothing. Invoices of which something was given up otherwise, or invoiced or charged since, tell nothing of it.
    pub(super) fn hold_settled(&self) {
        for kept in &self.desk.kept {
            let alone = |n: usize| self.desk.kept.iter().filter(|one| one.invoices.contains_key(&n)).count() == 1;
            let charged = |n: usize| self.charged[kept.since.1..].iter().any(|(of, ..)| *of == n);
            let since = &self.book.entries[kept.since.0..];
            let raised = |n: usize| {
                since.iter().any(|entry| entry.note.as_deref() == Some("total changed") && of(entry) == Some(n))
            };
            for (n, given_up) in kept.invoices.iter().filter(|(n, _)| alone(**n) && !charged(**n) && !raised(**n)) {
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
