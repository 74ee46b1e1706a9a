//! Interest of a history, a unit of money and a day at a time, from the entries.

use std::collections::BTreeMap;

use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::terms::{DayCount, RateRule, Rounding, Terms};
use dunlin_domain::charge::{Authority, interest};
use dunlin_domain::ids::{Citation, InvoiceId};
use dunlin_domain::invoice::{Invoice, Standing};
use dunlin_domain::ledger::{Entry, EntryKind, OVERPAYMENT};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::{CURRENCIES, INVOICES, World, key};
use crate::history::invoice_id;

/// Percent of a year: so much that a few units of money bear some.
const PERCENT: i64 = 45;
/// For how many days after the history interest goes on.
const LATER: i64 = 40;

impl World {
    /// The last day that is computed.
    pub(super) fn last(&self) -> Date {
        self.today.saturating_add(LATER.days())
    }

    /// Interest from the day after the due date on, of every invoice of which nothing was given up.
    pub(super) fn recompute_interest(&self) {
        let terms = Terms {
            rate: RateRule::One(AnnualRate::percent(PERCENT.into()).unwrap()),
            cap: None,
            day_count: DayCount::Actual365,
            rounding: Rounding::HalfUpAtEnd,
            authority: Authority::Statute(Citation::parse("section 1").unwrap()),
        };
        let last = self.last();
        for c in 0..CURRENCIES.len() {
            let covers = self.covers(&self.book.entries, c, None);
            if self.gave_up_beside_credit(c) {
                continue;
            }
            for n in (c..INVOICES).step_by(CURRENCIES.len()) {
                let invoice = &self.book.debtor.invoices[&invoice_id(&format!("I{n}"))];
                if !self.gave_up(&invoice.id) {
                    self.recompute_invoice(&terms, invoice, &covers[&n], last);
                }
            }
        }
    }

    fn recompute_invoice(&self, terms: &Terms, invoice: &Invoice, cover: &BTreeMap<Date, i64>, last: Date) {
        let first = invoice.due_date.tomorrow().unwrap();
        let entries = self.entries_of(&invoice.id);
        for (order, cleared) in [
            (ComponentOrder::PrincipalFirst, ["principal", "costs", "interest"]),
            (ComponentOrder::CostsInterestPrincipal, ["costs", "interest", "principal"]),
        ] {
            let balance = invoice.open_balance(order, &self.book.debtor.covered(invoice)).unwrap();
            let quote = interest(terms, &balance, first, last, &[]).unwrap();
            let bears = |(day, evening): (&Date, &Evening)| {
                let before = if cleared[0] == "principal" { 0 } else { evening.costs + evening.interest };
                let covered = (cover.get(day).copied().unwrap_or(0) - before).max(0);
                (evening.principal - covered).max(0)
            };
            let evenings = evenings(&entries, cleared, last);
            let days = evenings.range(first.yesterday().unwrap()..last).map(bears).sum::<i64>();
            let days = if invoice.standing == Standing::Void { 0 } else { days };
            // Half a unit goes up.
            let expected = (2 * days * PERCENT + 365 * 100) / (2 * 365 * 100);
            assert_eq!(quote.total.minor(), expected, "interest on {} {cleared:?}", invoice.id);
        }
    }

    fn entries_of(&self, invoice: &InvoiceId) -> Vec<&Entry> {
        self.book.entries.iter().filter(|entry| entry.invoice.as_ref() == Some(invoice)).collect()
    }

    /// Whether the creditor has given something up, though it may not show, because it was paid already.
    fn gave_up(&self, invoice: &InvoiceId) -> bool {
        let movements = self.book.debtor.invoices[invoice].dated.values();
        let entries = self.entries_of(invoice);
        movements.into_iter().any(|movement| movement.written_off != 0)
            || entries.iter().any(|entry| entry.kind == EntryKind::WriteOff)
    }

    /// Whether something was given up of an account that had unapplied credit, be it for some days only.
    fn gave_up_beside_credit(&self, c: usize) -> bool {
        let invoices = || (c..INVOICES).step_by(CURRENCIES.len()).map(|n| invoice_id(&format!("I{n}")));
        let overpaid = |invoice: &InvoiceId| {
            let order = ["principal", "costs", "interest"];
            evenings(&self.entries_of(invoice), order, self.last()).values().any(|evening| evening.unused > 0)
        };
        let of_account = |entry: &Entry| entry.account == key(c) && entry.invoice.is_none();
        invoices().any(|invoice| self.gave_up(&invoice))
            && (self.book.entries.iter().any(of_account) || invoices().any(|invoice| overpaid(&invoice)))
    }
}

/// What is open of principal, costs and interest in an evening, and what was received beyond it.
#[derive(Clone, Default)]
pub(super) struct Evening {
    pub(super) principal: i64,
    pub(super) costs: i64,
    pub(super) interest: i64,
    pub(super) unused: i64,
}

/// Every evening of an invoice from the first entry to a day, a unit of money at a time.
pub(super) fn evenings(entries: &[&Entry], order: [&str; 3], last: Date) -> BTreeMap<Date, Evening> {
    let mut open = BTreeMap::from([("principal", 0_i64), ("costs", 0), ("interest", 0)]);
    let mut cleared = open.clone();
    let mut unused = 0_i64;
    let mut evenings = BTreeMap::new();
    let mut evening = entries.iter().map(|entry| entry.on).min().unwrap_or(last);
    while evening <= last {
        let of_day = || entries.iter().filter(|entry| entry.on == evening);
        for entry in of_day() {
            let component = match entry.kind {
                EntryKind::Fee => "costs",
                EntryKind::Interest => "interest",
                EntryKind::Charge => "principal",
                EntryKind::Adjustment if !is_overpayment(entry) => "principal",
                _ => continue,
            };
            *open.get_mut(component).unwrap() += entry.amount.minor();
        }
        unused -= of_day().filter(|entry| settles(entry)).map(|entry| entry.amount.minor()).sum::<i64>();
        while unused > 0
            && let Some(component) = order.iter().find(|of| open[*of] > 0)
        {
            (unused, *open.get_mut(component).unwrap()) = (unused - 1, open[component] - 1);
            *cleared.get_mut(component).unwrap() += 1;
        }
        while unused < 0
            && let Some(component) = order.iter().rev().find(|of| cleared[*of] > 0)
        {
            (unused, *open.get_mut(component).unwrap()) = (unused + 1, open[component] + 1);
            *cleared.get_mut(component).unwrap() -= 1;
        }
        let [principal, costs, interest] = ["principal", "costs", "interest"].map(|of| open[of].max(0));
        evenings.insert(evening, Evening { principal, costs, interest, unused });
        evening = evening.tomorrow().unwrap();
    }
    evenings
}

pub(super) fn is_overpayment(entry: &Entry) -> bool {
    entry.note.as_deref().is_some_and(|note| OVERPAYMENT.contains(&note))
}

pub(super) fn settles(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::Payment | EntryKind::Credit | EntryKind::Refund | EntryKind::Chargeback)
}
