//! The plain computation: from the entries and from what was handed in, with no rule of the product.

use std::collections::BTreeSet;

use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::ids::{AccountKey, InvoiceId};
use dunlin_domain::invoice::Standing;
use dunlin_domain::ledger::EntryKind;
use dunlin_domain::remittance::{Contest, RemittanceKind, Stage};

use super::{CONTESTS, CURRENCIES, ELSEWHERE, INVOICES, REMITTANCES, Word, World, amount, id, key};
use crate::history::invoice_id;

impl World {
    /// I1 and I8, at every moment.
    pub(super) fn hold(&self) {
        for entry in &self.book.entries {
            assert_eq!(entry.amount.currency(), entry.account.currency, "I8: {entry:?}");
        }
        let sum = |account: &AccountKey, invoice: Option<&InvoiceId>| {
            let entries = self.book.entries.iter();
            let entries = entries.filter(|entry| entry.account == *account && entry.invoice.as_ref() == invoice);
            entries.map(|entry| entry.amount.minor()).sum::<i64>()
        };
        for invoice in self.book.debtor.invoices.values() {
            assert_eq!(sum(&invoice.account(), Some(&invoice.id)), invoice.balance().minor(), "I1: {}", invoice.id);
        }
        for (key, account) in &self.book.debtor.accounts {
            let unapplied = account.unapplied().unwrap().minor();
            assert_eq!(sum(key, None), -unapplied, "I1: unapplied credit of {key}");
            assert_eq!(account.by_day.total(), unapplied, "unapplied credit of {key} by day");
        }
    }

    fn words_of(&self, n: usize) -> Vec<&Word> {
        self.words.iter().filter(|(of, _)| *of == n).map(|(_, word)| word).collect()
    }

    /// What came by a remittance, before anything went back.
    fn came_by(&self, n: usize) -> i64 {
        let said = |stage| self.words_of(n).iter().any(|word| matches!(word, Word::Stage(one) if *one == stage));
        let stands = said(Stage::Settled) && !(id(n).kind == RemittanceKind::CreditNote && said(Stage::Failed));
        if stands { amount(n) } else { 0 }
    }

    /// What only an invoice's own source says was paid: beyond the payments that it tells one by one, and beyond all that
    /// is known where it calls the invoice settled.
    fn untold(&self, n: usize) -> i64 {
        let said = || self.said.iter().filter(|(of, ..)| *of == n);
        let told = if n < 3 && n != ELSEWHERE { self.came_by(n) } else { 0 };
        let paid = said().map(|(.., reported)| *reported).fold(told, i64::max);
        if said().map(|(_, standing, _)| *standing).max() != Some(Standing::Paid) {
            return paid - told;
        }
        let invoice = invoice_id(&format!("I{n}"));
        let lines = self.records.values().flat_map(|one| &one.lines).filter(|line| line.invoice == invoice);
        let placed: i64 = lines.map(|line| line.amount.minor() - line.reversed.withdrawn.minor()).sum();
        let otherwise = placed + if n == ELSEWHERE { self.came_by(n) } else { 0 };
        let charged: i64 = self.charged.iter().filter(|(of, ..)| *of == n).map(|(.., minor)| minor).sum();
        let credited: i64 = self.desk.credited.iter().filter(|(of, _)| *of == n).map(|(_, minor)| minor).sum();
        let total = self.book.debtor.invoices[&invoice].sums.total.minor();
        paid.max(total - credited - (otherwise - charged).max(0)) - told
    }

    /// What is left of a remittance, by the plainest reading of all that was said of it.
    fn left_of(&self, n: usize) -> i64 {
        let (words, came) = (self.words_of(n), self.came_by(n));
        if came == 0 {
            return 0;
        }
        let mut taken = 0;
        for contest in 0..CONTESTS.len() {
            let told = words.iter().filter_map(|word| match word {
                Word::Contest(of, state, minor) if *of == contest => Some((*state, *minor)),
                _ => None,
            });
            let told: Vec<(Contest, i64)> = told.collect();
            let state = told.iter().map(|(state, _)| *state).max();
            if matches!(state, Some(Contest::Open | Contest::Lost)) {
                taken += told.iter().map(|(_, minor)| *minor).max().unwrap();
            }
        }
        let refunded = words.iter().map(|word| if let Word::Refunded(minor) = word { *minor } else { 0 }).max();
        (came - taken - refunded.unwrap_or(0)).max(0)
    }

    /// What is open and unapplied in each currency, from what was handed in; and each payment where its records say.
    pub(super) fn recompute(&self) {
        for (c, code) in CURRENCIES.iter().enumerate() {
            let invoices =
                (0..INVOICES).filter(|n| n % 3 == c).map(|n| &self.book.debtor.invoices[&invoice_id(&format!("I{n}"))]);
            let (mut owed, mut open, mut given_up, mut untold) = (0, 0, 0, 0);
            for invoice in invoices {
                let n: usize = invoice.id.number.as_str()[1..].parse().unwrap();
                untold += self.untold(n);
                if invoice.standing != Standing::Void {
                    owed += invoice.sums.total.minor();
                    owed += self.charged.iter().filter(|(of, ..)| *of == n).map(|(.., minor)| minor).sum::<i64>();
                }
                open += invoice.balance().minor();
                given_up += invoice.position().unwrap().written_off.minor();
                for order in ComponentOrder::ALL {
                    let parts = invoice.components(order).unwrap();
                    let sum = parts.costs.minor() + parts.interest.minor() + parts.principal.minor();
                    assert_eq!(sum, invoice.balance().minor(), "components of {}", invoice.id);
                }
            }
            let left: i64 = (0..REMITTANCES).filter(|n| n % 3 == c).map(|n| self.left_of(n)).sum();
            let credited: i64 = self.desk.credited.iter().filter(|(of, _)| of % 3 == c).map(|(_, minor)| minor).sum();
            let paid_back: i64 = self.paid_back.iter().filter(|(of, _)| *of == c).map(|(_, minor)| minor).sum();
            let credit = self.book.debtor.accounts[&key(c)].credit.minor();
            assert_eq!(open + given_up - credit, owed - left - credited - untold + paid_back, "{code}");
        }
        for n in 3..REMITTANCES {
            let records = self.records.values().filter(|record| record.remittance == id(n));
            let placed: i64 = records.flat_map(|one| &one.lines).map(|line| line.left().unwrap().minor()).sum();
            let own = self.book.debtor.accounts[&key(n)].credits.get(&id(n)).map_or(0, |own| own.minor());
            assert!(placed + own <= self.left_of(n), "r{n}: {placed} placed and {own} left of {}", self.left_of(n));
            if self.paid_back.iter().all(|(of, _)| of % 3 != n % 3) {
                assert_eq!(placed + own, self.left_of(n), "r{n}: nothing is lost");
            }
        }
    }

    /// Fees, interest and payments by kind, from the entries.
    pub(super) fn recompute_kinds(&self) {
        let of = |invoice: &InvoiceId, kind| {
            let entries = self.book.entries.iter();
            let entries = entries.filter(|entry| entry.invoice.as_ref() == Some(invoice) && entry.kind == kind);
            entries.map(|entry| entry.amount.minor()).sum::<i64>()
        };
        for (id, invoice) in &self.book.debtor.invoices {
            let sums = &invoice.sums;
            let untold = self.untold(id.number.as_str()[1..].parse().unwrap());
            let expected = [
                (EntryKind::Fee, sums.fees.minor()),
                (EntryKind::Interest, sums.interest.minor()),
                (EntryKind::Payment, -sums.paid.minor() - untold),
                (EntryKind::Credit, -sums.credited.minor()),
                (EntryKind::Refund, sums.refunded.minor()),
                (EntryKind::Chargeback, sums.charged_back.minor()),
                (EntryKind::WriteOff, -invoice.position().unwrap().written_off.minor()),
            ];
            for (kind, minor) in expected {
                assert_eq!(of(id, kind), minor, "{kind:?} of {id}");
            }
        }
        let keys: BTreeSet<&InvoiceId> = self.book.entries.iter().filter_map(|entry| entry.invoice.as_ref()).collect();
        assert_eq!(keys.len(), INVOICES);
    }
}
