//! Interest of a history, a unit of money and a day at a time, from the entries.

use std::collections::{BTreeMap, BTreeSet};

use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::terms::{DayCount, RateRule, Rounding, Terms};
use dunlin_domain::charge::{Authority, interest};
use dunlin_domain::ids::{Citation, InvoiceId};
use dunlin_domain::invoice::Standing;
use dunlin_domain::ledger::{Entry, EntryKind};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::World;

/// Percent of a year: so much that a few units of money bear some.
const PERCENT: i64 = 45;
/// For how many days after the history interest goes on.
const LATER: i64 = 40;

impl World {
    /// Interest from the day after the due date on, of every invoice of which nothing was given up.
    pub(super) fn recompute_interest(&self) {
        let terms = Terms {
            rate: RateRule::One(AnnualRate::percent(PERCENT.into()).unwrap()),
            cap: None,
            day_count: DayCount::Actual365,
            rounding: Rounding::HalfUpAtEnd,
            authority: Authority::Statute(Citation::parse("section 1").unwrap()),
        };
        let last = self.today.saturating_add(LATER.days());
        for invoice in self.book.debtor.invoices.values() {
            let entries = self.entries_of(&invoice.id);
            if entries.iter().any(|entry| entry.kind == EntryKind::WriteOff) || self.gave_up(&invoice.id) {
                continue;
            }
            let first = invoice.due_date.tomorrow().unwrap();
            for (order, cleared) in [
                (ComponentOrder::PrincipalFirst, ["principal", "costs", "interest"]),
                (ComponentOrder::CostsInterestPrincipal, ["costs", "interest", "principal"]),
            ] {
                let balance = invoice.open_balance(order).unwrap();
                let quote = interest(&terms, &balance, first, last, &[]).unwrap();
                let void = invoice.standing == Standing::Void;
                let days = if void { 0 } else { unit_days(&entries, cleared, first, last) };
                // Half a unit goes up.
                let expected = (2 * days * PERCENT + 365 * 100) / (2 * 365 * 100);
                assert_eq!(quote.total.minor(), expected, "interest on {}", invoice.id);
            }
        }
    }

    fn entries_of(&self, invoice: &InvoiceId) -> Vec<&Entry> {
        self.book.entries.iter().filter(|entry| entry.invoice.as_ref() == Some(invoice)).collect()
    }

    /// Whether the creditor has given something up that never showed, because it was paid already.
    fn gave_up(&self, invoice: &InvoiceId) -> bool {
        self.book.debtor.invoices[invoice].dated.values().any(|movement| movement.written_off != 0)
    }
}

/// How many units of principal were open in the morning of each day, summed over the days.
fn unit_days(entries: &[&Entry], order: [&str; 3], first: Date, last: Date) -> i64 {
    let days: BTreeSet<Date> = entries.iter().map(|entry| entry.on).collect();
    let mut open = BTreeMap::from([("principal", 0_i64), ("costs", 0), ("interest", 0)]);
    let mut cleared = open.clone();
    let mut unused = 0_i64;
    let mut sum = 0;
    let mut evening = days.first().copied().unwrap_or(first).min(first.yesterday().unwrap());
    while evening < last {
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
        evening = evening.tomorrow().unwrap();
        sum += if evening >= first { open["principal"].max(0) } else { 0 };
    }
    sum
}

fn is_overpayment(entry: &Entry) -> bool {
    entry.note.as_deref() == Some("overpayment moved to unapplied credit")
}

fn settles(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::Payment | EntryKind::Credit | EntryKind::Refund | EntryKind::Chargeback)
}
