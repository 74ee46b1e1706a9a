//! Interest against a naive count, day by day and in whole numbers.

use std::sync::Arc;

use dunlin_domain::charge::moratorium::Moratorium;
use dunlin_domain::charge::rates::{AnnualRate, HalfYear, RateError, RateRow, RateTable, Standing};
use dunlin_domain::charge::terms::{DayCount, RateMode, RateRule, ReferenceRate, Rounding, Terms};
use dunlin_domain::charge::{Authority, InterestError, InterestQuote, OpenBalance, interest};
use dunlin_domain::ids::{Citation, RuleName};
use dunlin_domain::money::{Currency, Money};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

/// Reference rates in hundredths of a percent, from the first half of 2023 on.
const RATES: [i64; 8] = [-88, 162, 312, 362, 337, 227, 127, 152];
const MARGIN: i64 = 500;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("EUR").unwrap())
}

fn hundredths(value: i64) -> AnnualRate {
    AnnualRate::percent(rust_decimal::Decimal::new(value, 2)).unwrap()
}

fn authority() -> Authority {
    Authority::Statute(Citation::parse("section 1").unwrap())
}

fn table() -> Arc<RateTable> {
    let halves = std::iter::successors(Some(HalfYear::parse("2023 H1").unwrap()), |half| half.next());
    let rows = halves.zip(RATES).map(|(half, rate)| RateRow {
        half,
        rate: hundredths(rate),
        standing: Standing::Published,
        source: "gazette".to_owned(),
    });
    Arc::new(RateTable::new(RuleName::parse("test").unwrap(), rows).unwrap())
}

fn terms(mode: RateMode, day_count: DayCount, rounding: Rounding) -> Terms {
    let reference = ReferenceRate { table: table(), margin: hundredths(MARGIN), mode };
    Terms { rate: RateRule::Reference(reference), cap: None, day_count, rounding, authority: authority() }
}

/// The rate of a day in hundredths of a percent, by plain arithmetic.
fn naive_rate(mode: RateMode, day: Date, first: Date, last: Date) -> i64 {
    let day = match mode {
        RateMode::FixedAtStart => first,
        RateMode::Floating => day,
        RateMode::AtPayment => last,
    };
    let half = (i64::from(day.year()) - 2023) * 2 + i64::from(day.month() > 6);
    (RATES[usize::try_from(half).unwrap()] + MARGIN).max(0)
}

/// Interest in 1/(10000 * 365 * 366) of a cent, day by day.
fn naive(
    mode: RateMode,
    actual: bool,
    opening: i64,
    moves: &[(Date, i64)],
    span: (Date, Date),
    free: Option<Moratorium>,
) -> i128 {
    let (first, last) = span;
    let mut sum = 0;
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        let open = opening + moves.iter().filter(|(on, _)| *on < day).map(|(_, amount)| amount).sum::<i64>();
        let leap = day.year() % 4 == 0;
        let weight = if actual && leap { 365 } else { 366 };
        if open > 0 && !free.is_some_and(|free| free.covers(day)) {
            sum += i128::from(open) * i128::from(naive_rate(mode, day, first, last)) * weight;
        }
    }
    sum
}

fn quoted(
    terms: &Terms,
    opening: i64,
    moves: &[(Date, i64)],
    span: (Date, Date),
    free: &[Moratorium],
) -> InterestQuote {
    let balance = moves
        .iter()
        .fold(OpenBalance::new(eur(opening)), |balance, (on, amount)| balance.moved(*on, eur(*amount)).unwrap());
    interest(terms, &balance, span.0, span.1, free).unwrap()
}

fn days() -> impl Strategy<Value = Date> {
    (0..1400_i32).prop_map(|days| date(2023, 1, 1).saturating_add(days.days()))
}

fn modes() -> impl Strategy<Value = RateMode> {
    prop::sample::select(vec![RateMode::FixedAtStart, RateMode::Floating, RateMode::AtPayment])
}

proptest! {
    #[test]
    fn interest_is_the_sum_of_its_days(
        mode in modes(), actual: bool, opening in 0..10_000_000_i64,
        mut moves in prop::collection::vec((days(), -3_000_000..1_000_000_i64), 0..8),
        from in days(), to in days(), free in prop::option::of(days()),
    ) {
        let span = (from.min(to), from.max(to));
        let free = free.map(Moratorium::breathing_space);
        let day_count = if actual { DayCount::ActualActual } else { DayCount::Actual365 };
        let moratoria: Vec<Moratorium> = free.into_iter().collect();
        let quote = |rounding, moves: &[(Date, i64)]| {
            quoted(&terms(mode, day_count, rounding), opening, moves, span, &moratoria)
        };
        let naive = naive(mode, actual, opening, &moves, span, free);
        let cent: i128 = 10_000 * 365 * 366;
        let half_up = quote(Rounding::HalfUpAtEnd, &moves);
        prop_assert_eq!(i128::from(half_up.total.minor()), (2 * naive + cent) / (2 * cent));
        let even = i128::from(quote(Rounding::HalfEvenAtEnd, &moves).total.minor());
        prop_assert!((2 * (even * cent - naive)).abs() <= cent);
        // The order in which movements are told does not matter.
        moves.reverse();
        prop_assert_eq!(quote(Rounding::HalfUpAtEnd, &moves), half_up.clone());
        // Segments cover each day at most once, in order.
        let ordered = half_up.segments.windows(2).all(|pair| pair[0].to < pair[1].from);
        prop_assert!(ordered && half_up.segments.iter().all(|segment| segment.from <= segment.to));
        // A movement before the first day counts from the first day.
        let early: Vec<(Date, i64)> =
            moves.iter().map(|(on, amount)| ((*on).max(span.0.saturating_sub(1.day())), *amount)).collect();
        prop_assert_eq!(quote(Rounding::HalfUpAtEnd, &early).total, half_up.total);
    }

    #[test]
    fn what_a_day_adds_is_what_the_daily_figure_says(opening in 1..10_000_000_i64, on in days(), paid in 0..2_000_000_i64) {
        let terms = terms(RateMode::FixedAtStart, DayCount::Actual365, Rounding::HalfEvenAtEnd);
        let (first, last) = (date(2025, 7, 1), date(2025, 12, 31));
        let moves = [(on.min(last), -paid)];
        let year_on = last.saturating_add(365.days());
        let (now, then) = (quoted(&terms, opening, &moves, (first, last), &[]), quoted(&terms, opening, &moves, (first, year_on), &[]));
        let added = then.total.minus(now.total).unwrap().decimal();
        let said = now.daily * rust_decimal::Decimal::from(365);
        prop_assert!((added - said).abs() <= rust_decimal::Decimal::new(3, 2), "{added} {said}");
    }
}

#[test]
fn a_day_without_a_rate_is_refused_only_where_something_is_open() {
    let terms = terms(RateMode::Floating, DayCount::Actual365, Rounding::HalfUpAtEnd);
    let (first, last) = (date(2026, 12, 1), date(2027, 1, 1));
    let owed = OpenBalance::new(eur(100_000));
    let refused = interest(&terms, &owed, first, last, &[]).unwrap_err();
    assert!(matches!(&refused, InterestError::Rate(RateError::Missing { half, .. }) if half.to_string() == "2027 H1"));
    let paid = owed.moved(date(2026, 12, 31), eur(-100_000)).unwrap();
    assert_eq!(interest(&terms, &paid, first, last, &[]).unwrap().segments.len(), 1);
}

#[test]
fn a_rate_below_nothing_counts_as_nothing_and_a_cap_holds() {
    let one = |rate, cap: Option<i64>| Terms {
        rate: RateRule::One(hundredths(rate)),
        cap: cap.map(hundredths),
        ..terms(RateMode::Floating, DayCount::Thirty360, Rounding::HalfUpAtEnd)
    };
    let year = (date(2025, 1, 1), date(2025, 12, 31));
    for (terms, total) in
        [(one(-88, None), 0), (one(0, None), 0), (one(2000, None), 20_000), (one(2000, Some(1600)), 16_000)]
    {
        assert_eq!(quoted(&terms, 100_000, &[], year, &[]).total, eur(total));
    }
}

#[test]
fn interest_that_has_not_begun_is_of_no_days() {
    let terms = terms(RateMode::FixedAtStart, DayCount::Actual365, Rounding::HalfUpAtEnd);
    let quote = quoted(&terms, 100_000, &[], (date(2025, 7, 2), date(2025, 7, 1)), &[]);
    assert!(quote.segments.is_empty() && quote.total.is_zero() && quote.daily.is_zero());
}

#[test]
fn a_daily_figure_may_be_rounded_before_it_is_multiplied() {
    // The example of gov.uk: 1000 at 8.5 % for 50 days.
    for (rounding, total) in [(Rounding::DailyHalfUp, 1_150), (Rounding::HalfUpAtEnd, 1_164)] {
        let terms =
            Terms { rate: RateRule::One(hundredths(850)), ..terms(RateMode::Floating, DayCount::Actual365, rounding) };
        let quote = quoted(&terms, 100_000, &[], (date(2025, 1, 1), date(2025, 2, 19)), &[]);
        assert_eq!(quote.total, eur(total));
    }
}
