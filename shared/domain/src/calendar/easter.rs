//! The feast from which the movable ones are counted.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

/// Easter Sunday of the Gregorian calendar (the rule of Meeus, Jones and Butcher).
#[expect(clippy::arithmetic_side_effects, reason = "years have four digits, and every remainder is small")]
#[must_use]
pub fn easter(year: i16) -> Date {
    let (march_of, year) = (year, i32::from(year));
    let (century, in_century, golden) = (year / 100, year % 100, year % 19);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days_after_21_march = epact + weekday - 7 * late + 1;
    date(march_of, 3, 21).saturating_add(days_after_21_march.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_where_the_church_says() {
        for (year, month, day) in
            [(2000, 4, 23), (2008, 3, 23), (2019, 4, 21), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2038, 4, 25)]
        {
            assert_eq!(easter(year), date(year, month, day));
        }
    }
}
