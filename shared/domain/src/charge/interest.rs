//! Simple interest on the balance that was open each day.

use std::collections::BTreeSet;
use std::iter;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use super::moratorium::Moratorium;
use super::rates::{AnnualRate, HalfYear, RateError, Standing};
use super::terms::{DayCount, Rounding, Terms};
use super::{Authority, OpenBalance};
use crate::money::{Currency, Money, MoneyError};

/// Why no interest is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterestError {
    /// No rate is known for a day that bears interest.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// The amounts do not fit.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Days in which one balance bore one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The first day.
    pub from: Date,
    /// The last day, included.
    pub to: Date,
    /// How many days it counts for; with months of 30 days not always as many as the calendar has.
    pub days: i32,
    /// What was open.
    pub balance: Money,
    /// The rate.
    pub rate: AnnualRate,
    /// How the rate came to be known.
    pub standing: Standing,
}

/// What interest has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterestQuote {
    /// The first day that bears interest.
    pub from: Date,
    /// The last, included; before `from` where interest has not begun.
    pub to: Date,
    /// The days that bore interest, in order. Days on which nothing was open or nothing may be charged are left out.
    pub segments: Vec<Segment>,
    /// The sum, rounded as the terms say.
    pub total: Money,
    /// What each further day adds, in major units, at the rate of the last day and on what is open after it; to four
    /// decimals, or to the cent where the terms round each day. Nothing before interest has begun.
    pub daily: Decimal,
    /// What it rests on.
    pub authority: Authority,
}

/// The interest from `first` to `last`, both included, on what was open on each of these days. Interest bears none. A
/// movement before `first` counts from `first`.
///
/// # Errors
/// [`InterestError::Rate`] where a day that bears interest has no rate, [`InterestError::Money`] where amounts are too
/// large.
pub fn interest(
    terms: &Terms,
    balance: &OpenBalance,
    first: Date,
    last: Date,
    moratoria: &[Moratorium],
) -> Result<InterestQuote, InterestError> {
    let mut segments = Vec::new();
    for (from, to) in stretches(terms, balance, first, last, moratoria) {
        let open = balance.on(from)?;
        if open.is_positive() && !moratoria.iter().any(|moratorium| moratorium.covers(from)) {
            let (rate, standing) = terms.rate_on(from, first, last)?;
            segments.push(Segment { from, to, days: terms.day_count.days(from, to), balance: open, rate, standing });
        }
    }
    Ok(InterestQuote {
        from: first,
        to: last,
        total: total(terms, balance.opening().currency(), &segments)?,
        daily: daily(terms, balance, first, last, moratoria)?,
        segments,
        authority: terms.authority.clone(),
    })
}

/// The days from `first` to `last`, cut wherever balance, rate, length of the year or a moratorium may change.
fn stretches(
    terms: &Terms,
    balance: &OpenBalance,
    first: Date,
    last: Date,
    moratoria: &[Moratorium],
) -> Vec<(Date, Date)> {
    if last < first {
        return Vec::new();
    }
    let mut cuts = BTreeSet::from([first]);
    cuts.extend(balance.days().map(after));
    cuts.extend(moratoria.iter().flat_map(|moratorium| [moratorium.first(), after(moratorium.last())]));
    if terms.floats() {
        let halves = iter::successors(Some(HalfYear::of(first)), |half| half.next());
        cuts.extend(halves.map(HalfYear::first_day).take_while(|day| *day <= last));
    }
    if terms.day_count == DayCount::ActualActual {
        cuts.extend((first.year()..=last.year()).map(|year| date(year, 1, 1)));
    }
    let starts: Vec<Date> = cuts.range(first..=last).copied().collect();
    let ends = starts.iter().skip(1).map(|start| start.saturating_sub(1.day())).chain([last]);
    starts.iter().copied().zip(ends).collect()
}

fn after(day: Date) -> Date {
    day.saturating_add(1.day())
}

fn total(terms: &Terms, currency: Currency, segments: &[Segment]) -> Result<Money, MoneyError> {
    if terms.rounding == Rounding::DailyHalfUp {
        return daily_rounded(terms, currency, segments);
    }
    let common = terms.day_count.common_year();
    let mut sum = Decimal::ZERO;
    for segment in segments {
        let weight = common.checked_div(year(terms, segment.from)).ok_or(MoneyError::Overflow)?;
        let part = yearly(segment.balance, segment.rate)?.checked_mul(Decimal::from(segment.days));
        let part = part.and_then(|part| part.checked_mul(weight)).ok_or(MoneyError::Overflow)?;
        sum = sum.checked_add(part).ok_or(MoneyError::Overflow)?;
    }
    let minor = sum.checked_div(common).ok_or(MoneyError::Overflow)?;
    whole(terms, minor, currency)
}

/// What a whole year of a principal comes to, at the rate of the day on which interest begins.
///
/// # Errors
/// As [`interest`].
pub fn annual_interest(terms: &Terms, principal: Money, first: Date) -> Result<Money, InterestError> {
    let (rate, _) = terms.rate_on(first, first, first)?;
    Ok(whole(terms, yearly(principal, rate)?, principal.currency())?)
}

/// Minor units made whole once, as the terms say.
fn whole(terms: &Terms, minor: Decimal, currency: Currency) -> Result<Money, MoneyError> {
    let strategy = match terms.rounding {
        Rounding::HalfEvenAtEnd => RoundingStrategy::MidpointNearestEven,
        Rounding::HalfUpAtEnd | Rounding::DailyHalfUp => RoundingStrategy::MidpointAwayFromZero,
    };
    money(minor.round_dp_with_strategy(0, strategy), currency)
}

fn daily_rounded(terms: &Terms, currency: Currency, segments: &[Segment]) -> Result<Money, MoneyError> {
    segments.iter().try_fold(Money::zero(currency), |sum, segment| {
        let day = day_of(terms, segment.balance, segment.rate, segment.from)?;
        let day = day.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let part = day.checked_mul(Decimal::from(segment.days)).ok_or(MoneyError::Overflow)?;
        sum.plus(money(part, currency)?)
    })
}

/// What each day after `last` adds, in major units.
fn daily(
    terms: &Terms,
    balance: &OpenBalance,
    first: Date,
    last: Date,
    moratoria: &[Moratorium],
) -> Result<Decimal, InterestError> {
    let next = after(last);
    let open = balance.on(next)?;
    let free = moratoria.iter().any(|moratorium| moratorium.covers(next));
    if last < first || free || !open.is_positive() {
        return Ok(Decimal::ZERO);
    }
    let (rate, _) = terms.rate_on(last, first, last)?;
    let minor = day_of(terms, open, rate, next)?;
    let decimals = open.currency().decimals();
    let exact = minor.checked_mul(Decimal::new(1, decimals)).ok_or(MoneyError::Overflow)?;
    let shown = if terms.rounding == Rounding::DailyHalfUp { decimals } else { 4 };
    Ok(exact.round_dp_with_strategy(shown, RoundingStrategy::MidpointAwayFromZero))
}

/// A day's interest in minor units, not rounded.
fn day_of(terms: &Terms, balance: Money, rate: AnnualRate, day: Date) -> Result<Decimal, MoneyError> {
    yearly(balance, rate)?.checked_div(year(terms, day)).ok_or(MoneyError::Overflow)
}

/// A year's interest in minor units, exactly.
fn yearly(balance: Money, rate: AnnualRate) -> Result<Decimal, MoneyError> {
    let share = rate.decimal().checked_mul(Decimal::new(1, 2));
    share.and_then(|share| share.checked_mul(Decimal::from(balance.minor()))).ok_or(MoneyError::Overflow)
}

fn year(terms: &Terms, day: Date) -> Decimal {
    Decimal::from(terms.day_count.year(day))
}

fn money(minor: Decimal, currency: Currency) -> Result<Money, MoneyError> {
    Ok(Money::from_minor(minor.to_i64().ok_or(MoneyError::Overflow)?, currency))
}
