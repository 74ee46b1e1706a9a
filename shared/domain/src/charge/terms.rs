//! The terms that interest is charged on.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Authority;
use super::rates::{AnnualRate, HalfYear, RateError, RateTable, Standing};

/// Whose half-year the reference rate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateMode {
    /// Of the day on which interest begins, for the debt's life (GB: SI 2002/1675, article 4).
    FixedAtStart,
    /// Of each day (DE: BGB 247, 288).
    Floating,
    /// Of the day up to which interest is asked, for all of it (IE: the rate in force on the day of payment).
    AtPayment,
}

/// A reference rate and the points that the law puts on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceRate {
    /// The reference rates.
    pub table: Arc<RateTable>,
    /// Percentage points on top.
    pub margin: AnnualRate,
    /// Whose half-year counts.
    pub mode: RateMode,
}

impl ReferenceRate {
    /// The rate of a half-year, points included, and how the reference came to be known.
    ///
    /// # Errors
    /// [`RateError::Missing`].
    pub fn in_force(&self, half: HalfYear) -> Result<(AnnualRate, Standing), RateError> {
        let row = self.table.row(half)?;
        Ok((row.rate.plus(self.margin), row.standing))
    }
}

/// How the rate of a day is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RateRule {
    /// One rate, whatever the day: a contract's, or one that was told.
    One(AnnualRate),
    /// A reference rate and points.
    Reference(ReferenceRate),
}

/// How days become parts of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayCount {
    /// Days over 365, also in a leap year.
    Actual365,
    /// Days over the days of the year they lie in: 365 or 366.
    ActualActual,
    /// Twelve months of 30 days.
    Thirty360,
}

impl DayCount {
    /// Reads `ACT/365F` (also `ACT/365`), `ACT/ACT` or `30/360`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "ACT/365F" | "ACT/365" => Some(Self::Actual365),
            "ACT/ACT" => Some(Self::ActualActual),
            "30/360" => Some(Self::Thirty360),
            _ => None,
        }
    }

    /// The year that contains `day`, in days.
    #[must_use]
    pub fn year(self, day: Date) -> i32 {
        match self {
            Self::Actual365 => 365,
            Self::ActualActual => i32::from(day.days_in_year()),
            Self::Thirty360 => 360,
        }
    }

    /// A number of days that every year of this count divides, so that parts can be summed without rounding.
    pub(super) fn common_year(self) -> Decimal {
        match self {
            Self::Actual365 => Decimal::from(365),
            Self::ActualActual => Decimal::from(365 * 366),
            Self::Thirty360 => Decimal::from(360),
        }
    }

    /// The days from `first` to `last`, both included.
    #[must_use]
    pub fn days(self, first: Date, last: Date) -> i32 {
        match self {
            Self::Actual365 | Self::ActualActual => {
                first.until(last).map_or(0, |span| span.get_days()).saturating_add(1)
            }
            Self::Thirty360 => thirty360(last).saturating_sub(first.yesterday().map_or(0, thirty360)),
        }
    }
}

/// The number of a day where every month has 30 (the 31st is the 30th).
fn thirty360(day: Date) -> i32 {
    let months = i32::from(day.year()).saturating_mul(12).saturating_add(i32::from(day.month()));
    months.saturating_mul(30).saturating_add(i32::from(day.day()).min(30))
}

/// Where amounts become whole cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Once, at the end; half a cent goes up.
    HalfUpAtEnd,
    /// Once, at the end; half a cent goes to the even cent.
    HalfEvenAtEnd,
    /// Each day's interest, half a cent up, before it is multiplied by the days. The worked example of gov.uk,
    /// "Late commercial payments", does so.
    DailyHalfUp,
}

/// The terms that interest is charged on. It is simple: interest bears none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How the rate of a day is found. Below nothing it counts as nothing.
    pub rate: RateRule,
    /// The highest rate that the agreement or the law against usury allows, where one does.
    pub cap: Option<AnnualRate>,
    /// How days become parts of a year.
    pub day_count: DayCount,
    /// Where amounts become whole cents.
    pub rounding: Rounding,
    /// What the interest rests on.
    pub authority: Authority,
}

impl Terms {
    /// A contract's own interest: one rate, days over 365, half a cent to the even one.
    #[must_use]
    pub fn agreed(rate: AnnualRate, cap: Option<AnnualRate>, authority: Authority) -> Self {
        let (day_count, rounding) = (DayCount::Actual365, Rounding::HalfEvenAtEnd);
        Self { rate: RateRule::One(rate), cap, day_count, rounding, authority }
    }

    /// The rate of a day in interest that runs from `first` to `last`, and how it came to be known.
    ///
    /// # Errors
    /// [`RateError::Missing`].
    pub fn rate_on(&self, day: Date, first: Date, last: Date) -> Result<(AnnualRate, Standing), RateError> {
        let (rate, standing) = match &self.rate {
            RateRule::One(rate) => (*rate, Standing::Told),
            RateRule::Reference(reference) => reference.in_force(HalfYear::of(match reference.mode {
                RateMode::FixedAtStart => first,
                RateMode::Floating => day,
                RateMode::AtPayment => last,
            }))?,
        };
        Ok((self.cap.map_or(rate, |cap| rate.min(cap)).or_zero(), standing))
    }

    /// Whether the rate may change while interest runs.
    pub(super) fn floats(&self) -> bool {
        matches!(&self.rate, RateRule::Reference(ReferenceRate { mode: RateMode::Floating, .. }))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_counted_with_both_ends() {
        let (first, last) = (date(2024, 1, 16), date(2024, 4, 14));
        assert_eq!(DayCount::Actual365.days(first, last), 90);
        assert_eq!(DayCount::ActualActual.year(first), 366);
        assert_eq!(DayCount::ActualActual.year(date(2025, 1, 1)), 365);
        assert_eq!(DayCount::Thirty360.days(date(2025, 1, 1), date(2025, 12, 31)), 360);
        assert_eq!(DayCount::Thirty360.days(date(2025, 1, 31), date(2025, 1, 31)), 0);
        assert_eq!(DayCount::Thirty360.days(date(2025, 2, 1), date(2025, 3, 1)), 31);
    }
}
