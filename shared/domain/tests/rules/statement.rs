//! Statements of account: what was owed before, what happened, what was owed after; to the cent.

use dunlin_domain::money::{Currency, Money};
use dunlin_domain::statement::{Period, Statement, StatementError};
use jiff::civil::Date;
use proptest::prelude::*;

use crate::history::{Book, day, eur};

fn book() -> Book {
    let mut book = Book::new("UTC");
    book.invoice("A", "2026-01-10", "2026-02-09", 10_000);
    book.invoice("B", "2026-02-10", "2026-03-12", 5_000);
    book.pay("A", 4_000, "2026-02-05");
    // Told after all the others, and counts from before them.
    book.pay("A", 1_000, "2026-01-20");
    book.credit(700, "2026-02-20");
    book
}

fn statement(book: &Book, from: &str, to: &str) -> Statement {
    let period = Period::new(day(from), day(to)).unwrap();
    Statement::of(&book.debtor, &book.entries, eur(0).currency(), period, day("2026-03-02")).unwrap()
}

#[test]
fn entries_stand_on_the_day_they_count_from_with_what_is_owed_after_each() {
    let statement = statement(&book(), "2026-02-01", "2026-02-28");
    let lines: Vec<_> = statement
        .lines
        .iter()
        .map(|line| (line.entry.on.to_string(), line.entry.amount.minor(), line.balance.minor()))
        .collect();
    let told = |on: &str, amount, balance| (on.to_owned(), amount, balance);
    let expected =
        [told("2026-02-05", -4_000, 5_000), told("2026-02-10", 5_000, 10_000), told("2026-02-20", -700, 9_300)];
    assert_eq!(lines, expected);
    let balances = statement.balances;
    assert_eq!((balances.opening.minor(), balances.closing.minor()), (9_000, 9_300));
    assert_eq!((balances.owed.open.minor(), balances.owed.unapplied.minor()), (10_000, 700));
    assert_eq!(balances.overdue.minor(), 5_000);
    let items: Vec<_> = statement
        .open_items
        .iter()
        .map(|item| (item.invoice.number.as_str(), item.open.minor(), item.days_overdue))
        .collect();
    assert_eq!(items, [("A", 5_000, 21), ("B", 5_000, 0)]);
}

#[test]
fn entries_that_are_not_all_there_are_refused() {
    let mut book = book();
    book.entries.pop();
    let period = Period::new(day("2026-02-01"), day("2026-02-28")).unwrap();
    let eur = eur(0).currency();
    let refused = Statement::of(&book.debtor, &book.entries, eur, period, day("2026-03-02")).unwrap_err();
    assert!(matches!(refused, StatementError::Unbalanced { .. }), "{refused}");
    assert!(Period::new(day("2026-02-02"), day("2026-02-01")).is_err());
}

#[test]
fn a_currency_without_dealings_has_a_statement_of_nothing() {
    let usd = Currency::parse("USD").unwrap();
    let period = Period::new(day("2026-02-01"), day("2026-02-28")).unwrap();
    let book = book();
    let statement = Statement::of(&book.debtor, &book.entries, usd, period, day("2026-03-02")).unwrap();
    assert_eq!((statement.lines.len(), statement.balances.closing), (0, Money::zero(usd)));
}

fn date() -> impl Strategy<Value = Date> {
    (1..=12_i8, 1..=28_i8).prop_map(|(month, day)| jiff::civil::date(2026, month, day))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What was owed before and every entry come to what was owed after; the next period begins there; and once all is told
    /// it is what the balances say.
    #[test]
    fn opening_and_entries_come_to_closing_and_to_the_balances(
        invoices in prop::collection::vec((date(), 1..50_000_i64), 1..8),
        paid in prop::collection::vec((date(), 0..8_usize, 1..60_000_i64), 0..12),
        mut cuts in prop::collection::vec(date(), 1..5),
    ) {
        let mut book = Book::new("UTC");
        for (n, (on, minor)) in invoices.iter().enumerate() {
            book.invoice(&format!("I{n}"), &on.to_string(), &on.to_string(), *minor);
        }
        for (on, of, minor) in paid {
            book.pay(&format!("I{}", of % invoices.len()), minor, &on.to_string());
        }
        cuts.sort();
        cuts.dedup();
        let mut from = jiff::civil::date(2025, 12, 31);
        let mut closing = Money::zero(eur(0).currency());
        let mut listed = 0;
        for to in cuts.into_iter().chain([jiff::civil::date(2027, 1, 1)]) {
            let statement = statement(&book, &from.to_string(), &to.to_string());
            prop_assert_eq!(statement.balances.opening, closing);
            closing = statement.lines.iter().fold(closing, |sum, line| sum.plus(line.entry.amount).unwrap());
            prop_assert_eq!(statement.balances.closing, closing);
            prop_assert!(statement.lines.last().is_none_or(|line| line.balance == closing));
            listed += statement.lines.len();
            from = to.tomorrow().unwrap();
        }
        prop_assert_eq!(listed, book.entries.len());
        let owed = book.debtor.owed_by_currency().unwrap()[&eur(0).currency()];
        prop_assert_eq!(closing, owed.open.minus(owed.unapplied).unwrap());
    }
}
