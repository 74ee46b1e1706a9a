//! What unapplied credit covers of the invoices of its account, day by day: neither interest nor a fee is charged on that.
//!
//! Credit covers what is due first first, from the day on which it is there, as if it had been applied on each day anew.
//! An invoice that is settled takes along what was covered of it, so that what covers the others follows from invoices
//! that are live.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::booking::Cause;
use super::{Debtor, Journal};
use crate::by_day::{ByDay, level};
use crate::ids::{AccountKey, InvoiceId};
use crate::invoice::Invoice;
use crate::ledger::EntryKind;
use crate::money::Money;

impl Debtor {
    /// What unapplied credit covers of an invoice, as long as it is open, beyond what it took along when it was settled
    /// before.
    #[must_use]
    pub fn covered(&self, invoice: &Invoice) -> ByDay {
        if !invoice.balance().is_positive() {
            return ByDay::default();
        }
        self.covers(&invoice.account(), Some(&invoice.id)).remove(&invoice.id).unwrap_or_default()
    }

    /// What unapplied credit covers of each invoice of an account that is open, or of one and those before it.
    pub(super) fn covers(&self, key: &AccountKey, last: Option<&InvoiceId>) -> BTreeMap<InvoiceId, ByDay> {
        let mut covers = BTreeMap::new();
        let mut left = self.credit_by_day(key).levels();
        if left.values().all(|minor| *minor <= 0) {
            return covers;
        }
        for invoice in self.invoices_of(key) {
            let asked = last == Some(&invoice.id);
            if asked || invoice.balance().is_positive() {
                let cover = cover(&mut left, &invoice.open_by_day());
                covers.insert(invoice.id.clone(), cover);
            }
            if asked || left.values().all(|minor| *minor == 0) {
                break;
            }
        }
        covers
    }

    /// What is unapplied on an account, by day. What was there before days were kept counts from the first.
    fn credit_by_day(&self, key: &AccountKey) -> ByDay {
        let Some(account) = self.accounts.get(key) else { return ByDay::default() };
        let mut days = account.by_day.clone();
        // Sums that overflow are refused before they are stored.
        let unapplied = account.unapplied().map_or(0, Money::minor);
        days.add(Date::MIN, unapplied.saturating_sub(days.total()));
        days
    }

    /// Lets an invoice that is settled take along what unapplied credit covered of it.
    pub(super) fn take_cover_along(&mut self, key: &AccountKey, id: &InvoiceId) {
        let Some(cover) = self.covers(key, Some(id)).remove(id) else { return };
        self.account_mut(key).by_day.take_all(&cover);
        if let Some(invoice) = self.invoices.get_mut(id) {
            invoice.covered.add_all(&cover);
        }
    }

    /// Puts an entry of the account itself into the ledger, which is what unapplied credit comes to by day.
    pub(super) fn enter(
        &mut self,
        key: &AccountKey,
        kind: EntryKind,
        amount: Money,
        cause: Cause<'_>,
        note: Option<&str>,
        journal: &mut Journal,
    ) {
        self.account_mut(key).by_day.add(cause.on, amount.minor().saturating_neg());
        journal.entry(key, None, kind, amount, cause, note);
    }
}

/// Takes what one invoice needs of the credit that is left each day.
fn cover(left: &mut BTreeMap<Date, i64>, open: &BTreeMap<Date, i64>) -> ByDay {
    let (mut cover, mut before) = (ByDay::default(), 0_i64);
    let mut rest = BTreeMap::new();
    for day in left.keys().chain(open.keys()).copied().collect::<BTreeSet<Date>>() {
        let credit = level(left, day).max(0);
        let part = credit.min(level(open, day));
        cover.add(day, part.saturating_sub(before));
        before = part;
        let over = credit.saturating_sub(part);
        if level(&rest, day) != over {
            rest.insert(day, over);
        }
    }
    *left = rest;
    cover
}
