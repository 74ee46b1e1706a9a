//! How the law counts time: in whole days of the calendar, in one place.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use crate::calendar::holidays::HolidayCalendar;

/// How days, months or years of a period are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Days of the calendar; the day of the event is not counted.
    Days,
    /// Days of the calendar; the day of the event is the first (GB: "beginning with").
    DaysBeginningWith,
    /// Monday to Friday without holidays; the day of the event is not counted.
    WorkingDays,
    /// Until the same day of the month, or the month's last.
    Months,
    /// Until the same day of the year; from 29 February until the 28th where the year has no 29th.
    Years,
    /// As years, from the end of the year of the event (DE: BGB 199(1)).
    YearsFromYearEnd,
}

const UNITS: [(Unit, &str, &str); 6] = [
    (Unit::Days, "day", "days"),
    (Unit::DaysBeginningWith, "day beginning with it", "days beginning with it"),
    (Unit::WorkingDays, "working day", "working days"),
    (Unit::Months, "month", "months"),
    (Unit::Years, "year", "years"),
    (Unit::YearsFromYearEnd, "year from year end", "years from year end"),
];

/// How a period's text ends where its last day moves.
const MOVED: &str = ", or the next working day";

/// A period of law: so many days, months or years after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    count: u16,
    unit: Unit,
    /// Whether a last day that is no working day moves to the next (Regulation 1182/71, article 3(4)).
    moves: bool,
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a period: write such as \"5 days\", \"30 days beginning with it\", \"10 working days\", \"1 month\", \
     \"6 years\" or \"3 years from year end\", and \", or the next working day\" where its end moves"
)]
pub struct PeriodError(String);

impl Period {
    /// So many whole years.
    #[must_use]
    pub fn years(count: u16) -> Self {
        Self { count, unit: Unit::Years, moves: false }
    }

    /// The last day that belongs to it. Working days are those of `holidays`.
    #[must_use]
    pub fn last_day(self, event: Date, holidays: &HolidayCalendar) -> Date {
        let count = i32::from(self.count);
        let last = match self.unit {
            Unit::Days => event.saturating_add(count.days()),
            Unit::DaysBeginningWith => event.saturating_add(count.saturating_sub(1).days()),
            Unit::WorkingDays => holidays.plus_working_days(event, self.count),
            Unit::Months => event.saturating_add(count.months()),
            Unit::Years => event.saturating_add(count.years()),
            Unit::YearsFromYearEnd => date(event.year(), 12, 31).saturating_add(count.years()),
        };
        if self.moves { holidays.working_day(last) } else { last }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let wrong = || PeriodError(text.chars().take(60).collect());
        let (plain, moves) = text.strip_suffix(MOVED).map_or((text, false), |plain| (plain, true));
        let (count, unit) = plain.split_once(' ').ok_or_else(wrong)?;
        let count: u16 = count.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
        let named = UNITS.iter().find(|(_, one, many)| unit == if count == 1 { *one } else { *many });
        named.map(|(unit, _, _)| Self { count, unit: *unit, moves }).ok_or_else(wrong)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = UNITS.iter().find(|(unit, _, _)| *unit == self.unit);
        let unit = words.map_or("", |(_, one, many)| if self.count == 1 { one } else { many });
        write!(f, "{} {unit}{}", self.count, if self.moves { MOVED } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::holidays::{DayRule, Holiday, Substitute};

    fn holidays() -> HolidayCalendar {
        let rule = DayRule::Fixed { month: 11, day: 26 };
        let day = Holiday { name: "Thanksgiving".to_owned(), rule, from: None, until: None, except: Vec::new() };
        HolidayCalendar::new(vec![day], Substitute::None)
    }

    #[test]
    fn each_unit_ends_on_its_day() {
        for (period, event, last) in [
            ("5 days", "2026-03-02", "2026-03-07"),
            ("60 days beginning with it", "2026-03-02", "2026-04-30"),
            ("30 days beginning with it", "2026-03-01", "2026-03-30"),
            ("10 working days", "2026-11-19", "2026-12-04"), // over Thanksgiving
            ("10 working days", "2026-11-21", "2026-12-07"), // asked on a Saturday
            ("1 month", "2026-01-31", "2026-02-28"),
            ("1 month", "2024-01-31", "2024-02-29"),
            ("1 month", "2026-03-10", "2026-04-10"),
            ("1 month", "2026-04-02", "2026-05-02"), // a Saturday
            ("1 month, or the next working day", "2026-04-02", "2026-05-04"),
            ("1 month, or the next working day", "2026-10-26", "2026-11-27"), // the holiday
            ("3 years", "2024-02-29", "2027-02-28"),
            ("4 years", "2024-02-29", "2028-02-29"),
            ("6 years", "2020-11-30", "2026-11-30"),
            ("3 years from year end", "2023-01-01", "2026-12-31"),
            ("3 years from year end", "2023-12-31", "2026-12-31"),
        ] {
            let counted = period.parse::<Period>().unwrap();
            assert_eq!(counted.to_string(), period);
            assert_eq!(counted.last_day(event.parse().unwrap(), &holidays()).to_string(), last, "{period}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for wrong in ["", "days", "0 days", "-1 days", "1 days", "5 day", "5 weeks", "70000 days", "5 days or so"] {
            assert!(wrong.parse::<Period>().unwrap_err().to_string().contains("such as"), "{wrong}");
        }
    }
}
