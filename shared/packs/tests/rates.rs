//! The rates by half-year, held against the days on which the central banks changed them.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

use dunlin_domain::charge::rates::HalfYear;
use dunlin_packs::packs;
use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;

/// Bank Rate from each day on, in percent (Bank of England, Official Bank Rate history).
const BANK_RATE: &str = "2009-03-05 0.50, 2016-08-04 0.25, 2017-11-02 0.50, 2018-08-02 0.75, 2020-03-11 0.25, 2020-03-19 0.10,
    2021-12-16 0.25, 2022-02-03 0.50, 2022-03-17 0.75, 2022-05-05 1.00, 2022-06-16 1.25, 2022-08-04 1.75, 2022-09-22 2.25,
    2022-11-03 3.00, 2022-12-15 3.50, 2023-02-02 4.00, 2023-03-23 4.25, 2023-05-11 4.50, 2023-06-22 5.00, 2023-08-03 5.25,
    2024-08-01 5.00, 2024-11-07 4.75, 2025-02-06 4.50, 2025-05-08 4.25, 2025-08-07 4.00, 2025-12-18 3.75";

/// The rate of main refinancing operations from each day on, in percent (European Central Bank, key interest rates).
const MAIN_REFINANCING: &str = "2014-09-10 0.05, 2016-03-16 0.00, 2022-07-27 0.50, 2022-09-14 1.25, 2022-11-02 2.00,
    2022-12-21 2.50, 2023-02-08 3.00, 2023-03-22 3.50, 2023-05-10 3.75, 2023-06-21 4.00, 2023-08-02 4.25, 2023-09-20 4.50,
    2024-06-12 4.25, 2024-09-18 3.65, 2024-10-23 3.40, 2024-12-18 3.15, 2025-02-05 2.90, 2025-03-12 2.65, 2025-04-23 2.40,
    2025-06-11 2.15, 2026-06-17 2.40";

fn on(changes: &str, day: Date) -> Decimal {
    let changes = changes.split(',').map(|change| change.trim().split_once(' ').unwrap());
    let mut known =
        changes.map(|(from, rate)| (from.parse::<Date>().unwrap(), rate.trim().parse::<Decimal>().unwrap()));
    known.rfind(|(from, _)| *from <= day).unwrap().1
}

/// Every half-year from the first of 2015 to the second of 2026.
fn halves() -> impl Iterator<Item = HalfYear> {
    std::iter::successors(HalfYear::parse("2015 H1").ok(), |half| half.next()).take(24)
}

fn held(table: &str, expected: impl Fn(HalfYear) -> Decimal) {
    let pack = packs().unwrap().rates().iter().find(|pack| pack.table.name().as_str() == table).unwrap();
    for half in halves() {
        assert_eq!(pack.table.row(half).unwrap().rate.decimal(), expected(half), "{table} {half}");
    }
    let unknown = halves().last().unwrap().next().unwrap();
    assert!(pack.table.row(unknown).is_err(), "{table} {unknown} is not fixed yet");
}

#[test]
fn the_british_rate_is_that_of_the_last_day_before_the_half_year() {
    held("gb-bank-rate", |half| on(BANK_RATE, half.first_day().saturating_sub(1.day())));
}

#[test]
fn the_european_rate_is_that_of_the_first_day_of_the_half_year() {
    held("eu-mro", |half| on(MAIN_REFINANCING, half.first_day()));
}

#[test]
fn the_german_base_rate_moves_with_the_european_one() {
    // It was 0.88 points below at every half-year since 2015 (BGB 247 (1), second sentence).
    held("de-basiszins", |half| on(MAIN_REFINANCING, half.first_day()) - Decimal::new(88, 2));
}
