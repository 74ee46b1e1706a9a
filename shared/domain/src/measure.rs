//! Measures of a book: how old what is open is, and how long sales take to turn into money.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Days overdue at which a bucket of the default aging report ends: current, 1-30, 31-60, 61-90, 91 and more.
pub const DEFAULT_BOUNDS: [u32; 4] = [0, 30, 60, 90];

/// What is open and due on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Open {
    /// Minor units.
    pub minor: i64,
    /// Invoices.
    pub invoices: i64,
}

/// One bucket of an aging report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The least number of days overdue, 0 for what is not overdue.
    pub from_days: u32,
    /// The greatest number of days overdue; `None` for the last bucket.
    pub to_days: Option<u32>,
    /// What is in it.
    pub open: Open,
}

/// Sorts what is open by its days overdue as of a day. `bounds` are the greatest number of days of each bucket but
/// the last, ascending; a bound of 0 makes the bucket of what is not overdue.
#[must_use]
pub fn aging(by_due_date: &BTreeMap<Date, Open>, as_of: Date, bounds: &[u32]) -> Vec<Bucket> {
    let starts = std::iter::once(0).chain(bounds.iter().map(|bound| bound.saturating_add(1)));
    let ends = bounds.iter().copied().map(Some).chain([None]);
    let bucket = |(from_days, to_days)| Bucket { from_days, to_days, open: Open::default() };
    let mut buckets: Vec<Bucket> = starts.zip(ends).map(bucket).collect();
    for (due, open) in by_due_date {
        let late = due.until(as_of).map_or(0, |span| span.get_days()).max(0).unsigned_abs();
        if let Some(bucket) = buckets.iter_mut().find(|bucket| bucket.to_days.is_none_or(|to| late <= to)) {
            bucket.open.minor = bucket.open.minor.saturating_add(open.minor);
            bucket.open.invoices = bucket.open.invoices.saturating_add(open.invoices);
        }
    }
    buckets
}

/// Days sales outstanding by the countback method, to one decimal: each month's credit sales are subtracted from the
/// closing receivables, going back from `as_of`, until they are used up; whole months count all their days, the last
/// one in proportion. `None` where the sales do not reach back far enough.
///
/// `receivables` and `sales` are minor units of one currency; `sales` is by day of issue.
#[must_use]
pub fn dso_countback(receivables: i64, sales: &BTreeMap<Date, i64>, as_of: Date) -> Option<Decimal> {
    let mut left = Decimal::from(receivables.max(0));
    let mut days = Decimal::ZERO;
    let mut month_end = as_of;
    let first_sale = sales.keys().next().copied()?;
    while left > Decimal::ZERO {
        if month_end < first_sale {
            return None;
        }
        let month_start = month_end.first_of_month();
        let sold: i64 = sales.range(month_start..=month_end).map(|(_, minor)| *minor).sum();
        let length = Decimal::from(month_start.until(month_end).map_or(0, |span| span.get_days()).saturating_add(1));
        let sold = Decimal::from(sold.max(0));
        let share = if sold > left { left.checked_div(sold)? } else { Decimal::ONE };
        days = days.checked_add(length.checked_mul(share)?)?;
        left = left.checked_sub(sold)?;
        month_end = month_start.saturating_sub(1.day());
    }
    Some(days.round_dp(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn aging_sorts_by_days_overdue() {
        let open = |minor| Open { minor, invoices: 1 };
        let book = BTreeMap::from([
            (day("2026-03-31"), open(1)),
            (day("2026-03-30"), open(2)),
            (day("2026-03-01"), open(4)),
            (day("2026-02-28"), open(8)),
            (day("2025-12-31"), open(16)),
            (day("2025-12-30"), open(32)),
        ]);
        let report = aging(&book, day("2026-03-31"), &DEFAULT_BOUNDS);
        let minor: Vec<i64> = report.iter().map(|bucket| bucket.open.minor).collect();
        assert_eq!(minor, [1, 6, 8, 16, 32]);
        assert_eq!(report.last().map(|bucket| (bucket.from_days, bucket.to_days)), Some((91, None)));
    }

    #[test]
    fn dso_counts_back_month_by_month() {
        let sales = BTreeMap::from([(day("2026-01-15"), 300), (day("2026-02-10"), 200), (day("2026-03-20"), 100)]);
        // All of March (31) and February (28), and half of January (15.5 of 31).
        assert_eq!(dso_countback(450, &sales, day("2026-03-31")), Some(Decimal::new(745, 1)));
        assert_eq!(dso_countback(0, &sales, day("2026-03-31")), Some(Decimal::ZERO));
        assert_eq!(dso_countback(700, &sales, day("2026-03-31")), None);
    }
}
