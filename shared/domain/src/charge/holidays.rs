//! Days that are no working days in Germany.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

/// Easter Sunday of the Gregorian calendar (the rule of Meeus, Jones and Butcher).
#[expect(clippy::arithmetic_side_effects, reason = "years have four digits, and every remainder is small")]
fn easter(year: i16) -> Date {
    let (march_of, year) = (year, i32::from(year));
    let (century, in_century, golden) = (year / 100, year % 100, year % 19);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (in_century / 4) - epact - in_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days_after_21_march = epact + weekday - 7 * late + 1;
    date(march_of, 3, 21).saturating_add(days_after_21_march.days())
}

/// Whether a day is a public holiday in all of Germany.
#[must_use]
pub fn german_holiday(day: Date) -> bool {
    let fixed = [(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)];
    // Good Friday, Easter Monday, Ascension, Whit Monday.
    let from_easter = [-2, 1, 39, 50];
    fixed.contains(&(day.month(), day.day()))
        || from_easter.iter().any(|days| easter(day.year()).saturating_add(days.days()) == day)
}

/// The day itself, or the next working day where it is a Saturday, Sunday or holiday (BGB 193).
#[must_use]
pub fn german_working_day(day: Date) -> Date {
    let free = |day: &Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) || german_holiday(*day);
    // The longest chain is Good Friday to Easter Monday.
    day.series(1.day()).take(10).find(|day| !free(day)).unwrap_or(day)
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

    #[test]
    fn the_next_working_day_is_found_over_feasts() {
        for (day, working) in [
            ("2026-03-31", "2026-03-31"), // a Tuesday
            ("2026-03-14", "2026-03-16"), // a Saturday
            ("2026-04-03", "2026-04-07"), // Good Friday
            ("2026-05-14", "2026-05-15"), // Ascension
            ("2026-05-24", "2026-05-26"), // Whit Sunday
            ("2025-12-25", "2025-12-29"), // Christmas before a weekend
            ("2026-10-03", "2026-10-05"),
        ] {
            assert_eq!(german_working_day(day.parse().unwrap()), working.parse().unwrap(), "{day}");
        }
    }
}
