//! Reference rates: one for each half-year, and none where nobody has entered one.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use crate::ids::RuleName;

/// What is wrong with a rate, a half-year or a table of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a plain decimal of at most six decimals within ±1000.
    #[error("{0:?} is not a rate: write percent a year with a point and at most six decimals, such as 11.75")]
    NotARate(String),
    /// Not of the form `2025 H1`.
    #[error("{0:?} is not a half-year of the form 2025 H1")]
    NotAHalfYear(String),
    /// Two rows for one half-year.
    #[error("the table {table} has two rows for {half}: keep one")]
    Twice {
        /// The table.
        table: RuleName,
        /// The half-year.
        half: HalfYear,
    },
    /// The half-year has no row. The next is never made from the last.
    #[error("the table {table} has no rate for {half}: nothing is quoted until it is entered with its source")]
    Missing {
        /// The table.
        table: RuleName,
        /// The half-year.
        half: HalfYear,
    },
}

/// Percent a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnnualRate(Decimal);

const DECIMALS_MAX: u32 = 6;
const PERCENT_MAX: Decimal = Decimal::ONE_THOUSAND;

impl AnnualRate {
    /// Takes percent a year, such as 11.75; below nothing where a central bank's rate is.
    ///
    /// # Errors
    /// [`RateError::NotARate`] beyond ±1000, or with more than six decimals.
    pub fn percent(value: Decimal) -> Result<Self, RateError> {
        let value = value.normalize();
        let sound = value.abs() <= PERCENT_MAX && value.scale() <= DECIMALS_MAX;
        if sound { Ok(Self(value)) } else { Err(RateError::NotARate(value.to_string())) }
    }

    /// Reads a decimal string such as `11.75`.
    ///
    /// # Errors
    /// [`RateError::NotARate`].
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        let wrong = || RateError::NotARate(text.chars().take(40).collect());
        Self::percent(Decimal::from_str(text).ok().filter(|_| plain).ok_or_else(wrong)?)
    }

    /// The percentage.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// With percentage points added.
    #[must_use]
    pub fn plus(self, points: Self) -> Self {
        Self(self.0.saturating_add(points.0))
    }

    /// Nothing, where the rate is below nothing: nobody earns by being late.
    #[must_use]
    pub fn or_zero(self) -> Self {
        Self(self.0.max(Decimal::ZERO))
    }
}

impl fmt::Display for AnnualRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// January to June, or July to December.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HalfYear {
    year: i16,
    second: bool,
}

impl HalfYear {
    /// The half-year that a day lies in.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), second: day.month() > 6 }
    }

    /// Reads what [`fmt::Display`] writes: `2025 H1`.
    ///
    /// # Errors
    /// [`RateError::NotAHalfYear`].
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let wrong = || RateError::NotAHalfYear(text.chars().take(40).collect());
        let (year, half) = text.split_once(" H").ok_or_else(wrong)?;
        let year = year.parse().ok().filter(|year| (1900..=9999).contains(year)).ok_or_else(wrong)?;
        match half {
            "1" => Ok(Self { year, second: false }),
            "2" => Ok(Self { year, second: true }),
            _ => Err(wrong()),
        }
    }

    /// 1 January or 1 July.
    #[must_use]
    pub fn first_day(self) -> Date {
        date(self.year, if self.second { 7 } else { 1 }, 1)
    }

    /// The half-year after this one, while the calendar lasts.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        if self.second {
            let year = self.year.checked_add(1).filter(|year| *year <= Date::MAX.year())?;
            Some(Self { year, second: false })
        } else {
            Some(Self { second: true, ..self })
        }
    }
}

impl fmt::Display for HalfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} H{}", self.year, if self.second { 2 } else { 1 })
    }
}

/// How a rate came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A contract says so, or whoever asks.
    Told,
    /// Published by who sets it.
    Published,
    /// Worked out from other published figures; to be confirmed.
    Derived,
}

impl Standing {
    /// `told`, `published` or `derived`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Published => "published",
            Self::Derived => "derived",
        }
    }
}

/// The rate of one half-year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRow {
    /// The half-year; the rate says nothing of any other.
    pub half: HalfYear,
    /// The rate.
    pub rate: AnnualRate,
    /// How it came to be known.
    pub standing: Standing,
    /// Where it can be read.
    pub source: String,
}

/// A reference rate over the years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateTable {
    name: RuleName,
    rows: BTreeMap<HalfYear, RateRow>,
}

impl RateTable {
    /// Takes the rows, in any order.
    ///
    /// # Errors
    /// [`RateError::Twice`].
    pub fn new(name: RuleName, rows: impl IntoIterator<Item = RateRow>) -> Result<Self, RateError> {
        let mut known = BTreeMap::new();
        for row in rows {
            let half = row.half;
            if known.insert(half, row).is_some() {
                return Err(RateError::Twice { table: name, half });
            }
        }
        Ok(Self { name, rows: known })
    }

    /// The table's name.
    #[must_use]
    pub fn name(&self) -> &RuleName {
        &self.name
    }

    /// The row of a half-year.
    ///
    /// # Errors
    /// [`RateError::Missing`].
    pub fn row(&self, half: HalfYear) -> Result<&RateRow, RateError> {
        self.rows.get(&half).ok_or_else(|| RateError::Missing { table: self.name.clone(), half })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(text: &str) -> HalfYear {
        HalfYear::parse(text).unwrap()
    }

    #[test]
    fn half_years_turn_on_the_first_of_january_and_of_july() {
        for (day, name) in
            [("2025-12-31", "2025 H2"), ("2026-01-01", "2026 H1"), ("2026-06-30", "2026 H1"), ("2026-07-01", "2026 H2")]
        {
            assert_eq!(HalfYear::of(day.parse().unwrap()).to_string(), name, "{day}");
        }
        assert_eq!(half("2026 H2").next(), Some(half("2027 H1")));
        assert_eq!(half("9999 H2").next(), None);
        assert_eq!(half("2026 H2").first_day(), date(2026, 7, 1));
        for bad in ["2026", "2026 H3", "26 H1", "2026H1", "2026 h1", ""] {
            assert!(HalfYear::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_table_has_one_row_for_a_half_year_and_makes_up_none() {
        let row = |name: &str, rate| RateRow {
            half: half(name),
            rate: AnnualRate::parse(rate).unwrap(),
            standing: Standing::Published,
            source: "gazette".to_owned(),
        };
        let name = RuleName::parse("test").unwrap();
        let table = RateTable::new(name.clone(), [row("2026 H1", "2.15"), row("2025 H2", "-0.88")]).unwrap();
        assert_eq!(table.row(half("2025 H2")).unwrap().rate.to_string(), "-0.88");
        for missing in ["2025 H1", "2026 H2"] {
            let error = table.row(half(missing)).unwrap_err().to_string();
            assert!(error.contains(missing) && error.contains("entered"), "{error}");
        }
        let twice = RateTable::new(name, [row("2026 H1", "1"), row("2026 H1", "1")]);
        assert!(matches!(twice, Err(RateError::Twice { .. })));
    }

    #[test]
    fn rates_are_plain_percentages() {
        assert_eq!(AnnualRate::parse("11.750").unwrap().to_string(), "11.75");
        for bad in ["", "8%", "1e2", "1001", "-1000.5", "0.1234567", "+8"] {
            assert!(AnnualRate::parse(bad).is_err(), "{bad}");
        }
    }
}
