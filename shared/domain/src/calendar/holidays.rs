//! Public holidays by rule, and working days counted over them.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::easter::easter;

/// How a holiday finds its day in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayRule {
    /// The same day of the same month.
    Fixed {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// The first, second ... weekday of a month; `-1` is the last.
    Nth {
        /// 1 to 5, or -5 to -1 from the month's end.
        nth: i8,
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: i8,
    },
    /// The first such weekday on or after a day.
    From {
        /// Which weekday.
        weekday: Weekday,
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// So many days after Easter Sunday.
    Easter(i32),
    /// That day alone.
    Once(Date),
}

impl DayRule {
    /// Its day in a year, where it has one.
    #[must_use]
    pub fn day(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed { month, day } => Date::new(year, month, day).ok(),
            Self::Nth { nth, weekday, month } => {
                Date::new(year, month, 1).and_then(|first| first.nth_weekday_of_month(nth, weekday)).ok()
            }
            Self::From { weekday, month, day } => Date::new(year, month, day)
                .ok()
                .map(|from| if from.weekday() == weekday { from } else { next(from, weekday) }),
            Self::Easter(days) => Some(easter(year).saturating_add(days.days())),
            Self::Once(day) => (day.year() == year).then_some(day),
        }
    }
}

fn next(day: Date, weekday: Weekday) -> Date {
    day.nth_weekday(1, weekday).unwrap_or(day)
}

/// A public holiday, and the years in which it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// What it is called.
    pub name: String,
    /// How it finds its day.
    pub rule: DayRule,
    /// The first year, where it was not always one.
    pub from: Option<i16>,
    /// The last year, where it is none any more.
    pub until: Option<i16>,
    /// Years in which it was elsewhere or not at all.
    pub except: Vec<i16>,
}

impl Holiday {
    /// Its day in a year, where it has one.
    #[must_use]
    pub fn day(&self, year: i16) -> Option<Date> {
        let kept = self.from.is_none_or(|from| from <= year)
            && self.until.is_none_or(|until| year <= until)
            && !self.except.contains(&year);
        self.rule.day(year).filter(|_| kept)
    }
}

/// What is free where a holiday falls on a weekend. The holiday itself stays one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Substitute {
    /// Nothing.
    #[default]
    None,
    /// The next weekday that is not a holiday already (GB: Banking and Financial Dealings Act 1971, schedule 1).
    NextWeekday,
    /// Friday for Saturday, Monday for Sunday (US: 5 U.S.C. 6103(b); Executive Order 11582).
    NearestWeekday,
}

/// The public holidays of a place. By default there are none, and weekends alone are free.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HolidayCalendar {
    days: Vec<Holiday>,
    substitute: Substitute,
}

impl HolidayCalendar {
    /// The holidays, and what is free for those on a weekend.
    #[must_use]
    pub fn new(days: Vec<Holiday>, substitute: Substitute) -> Self {
        Self { days, substitute }
    }

    /// The same holidays without the days that are free in their stead: what a statute means that names holidays only.
    #[must_use]
    pub fn without_substitutes(&self) -> Self {
        Self { days: self.days.clone(), substitute: Substitute::None }
    }

    /// Which holiday a day is, or is free for.
    #[must_use]
    pub fn on(&self, day: Date) -> Option<&Holiday> {
        self.own(day).or_else(|| match self.substitute {
            Substitute::None => None,
            Substitute::NextWeekday => self.moved_here(day),
            Substitute::NearestWeekday if day.weekday() == Weekday::Friday => self.own(day.saturating_add(1.day())),
            Substitute::NearestWeekday if day.weekday() == Weekday::Monday => self.own(day.saturating_sub(1.day())),
            Substitute::NearestWeekday => None,
        })
    }

    /// Whether people work on a day: Monday to Friday, and no holiday.
    #[must_use]
    pub fn is_working_day(&self, day: Date) -> bool {
        !weekend(day) && self.on(day).is_none()
    }

    /// The day itself, or the next working day.
    #[must_use]
    pub fn working_day(&self, day: Date) -> Date {
        // A month without a working day is a mistake in the calendar, and no reason to look forever.
        day.series(1.day()).take(31).find(|day| self.is_working_day(*day)).unwrap_or(day)
    }

    /// So many working days later. The day itself is not counted.
    #[must_use]
    pub fn plus_working_days(&self, day: Date, days: u16) -> Date {
        (0..days).fold(day, |day, _| self.working_day(day.saturating_add(1.day())))
    }

    fn own(&self, day: Date) -> Option<&Holiday> {
        self.days.iter().find(|holiday| holiday.day(day.year()) == Some(day))
    }

    /// The holiday of the weekend before for which a weekday is free: they are moved in order, each to the next weekday
    /// that is left.
    fn moved_here(&self, day: Date) -> Option<&Holiday> {
        if weekend(day) {
            return None;
        }
        let since_saturday = i32::from(day.weekday().since(Weekday::Saturday));
        let saturday = day.saturating_sub(since_saturday.days());
        let mut moved = saturday.series(1.day()).take(2).filter_map(|day| self.own(day));
        let mut free = saturday.saturating_add(2.days()).series(1.day()).filter(|day| self.own(*day).is_none());
        // Two holidays fill at most a week of weekdays, whatever lies between.
        (0..2).find_map(|_| {
            let (holiday, takes) = (moved.next()?, free.next()?);
            (takes == day).then_some(holiday)
        })
    }
}

fn weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn holiday(name: &str, rule: DayRule) -> Holiday {
        Holiday { name: name.to_owned(), rule, from: None, until: None, except: Vec::new() }
    }

    fn fixed(month: i8, day: i8) -> Holiday {
        holiday(&format!("{month}-{day}"), DayRule::Fixed { month, day })
    }

    #[test]
    fn each_rule_finds_its_day() {
        let monday = Weekday::Monday;
        for (rule, year, found) in [
            (DayRule::Fixed { month: 7, day: 4 }, 2026, Some(date(2026, 7, 4))),
            (DayRule::Fixed { month: 2, day: 29 }, 2026, None),
            (DayRule::Nth { nth: 3, weekday: monday, month: 1 }, 2026, Some(date(2026, 1, 19))),
            (DayRule::Nth { nth: -1, weekday: monday, month: 5 }, 2026, Some(date(2026, 5, 25))),
            (DayRule::Nth { nth: 5, weekday: monday, month: 2 }, 2026, None),
            (DayRule::From { weekday: Weekday::Wednesday, month: 11, day: 16 }, 2026, Some(date(2026, 11, 18))),
            (DayRule::From { weekday: monday, month: 11, day: 16 }, 2026, Some(date(2026, 11, 16))),
            (DayRule::Easter(-2), 2026, Some(date(2026, 4, 3))),
            (DayRule::Once(date(2022, 9, 19)), 2022, Some(date(2022, 9, 19))),
            (DayRule::Once(date(2022, 9, 19)), 2023, None),
        ] {
            assert_eq!(rule.day(year), found, "{rule:?} {year}");
        }
    }

    #[test]
    fn a_holiday_has_its_years() {
        let juneteenth = Holiday { from: Some(2021), ..fixed(6, 19) };
        assert_eq!((juneteenth.day(2020), juneteenth.day(2021)), (None, Some(date(2021, 6, 19))));
        let moved = Holiday { except: vec![2022], until: Some(2030), ..fixed(5, 30) };
        assert_eq!((moved.day(2022), moved.day(2023).is_some(), moved.day(2031)), (None, true, None));
    }

    #[test]
    fn what_is_free_for_a_weekend_follows_the_place() {
        let christmas = vec![fixed(12, 25), fixed(12, 26), fixed(1, 1), fixed(1, 2)];
        let free = |substitute, day: Date| {
            HolidayCalendar::new(christmas.clone(), substitute).on(day).map(|holiday| holiday.name.clone())
        };
        for (day, none, next, nearest) in [
            (date(2021, 12, 25), Some("12-25"), Some("12-25"), Some("12-25")), // a Saturday
            (date(2021, 12, 27), None, Some("12-25"), Some("12-26")),
            (date(2021, 12, 28), None, Some("12-26"), None),
            (date(2021, 12, 24), None, None, Some("12-25")),
            (date(2022, 12, 26), Some("12-26"), Some("12-26"), Some("12-26")), // a Monday after a Sunday
            (date(2022, 12, 27), None, Some("12-25"), None),
            (date(2022, 12, 28), None, None, None),
            (date(2021, 12, 31), None, None, Some("1-1")), // in the year before
            (date(2022, 1, 3), None, Some("1-1"), Some("1-2")),
            (date(2022, 1, 4), None, Some("1-2"), None),
        ] {
            let found = [Substitute::None, Substitute::NextWeekday, Substitute::NearestWeekday].map(|it| free(it, day));
            assert_eq!(found.each_ref().map(Option::as_deref), [none, next, nearest], "{day}");
        }
    }

    #[test]
    fn working_days_are_counted_over_weekends_and_holidays() {
        let thanksgiving = holiday("", DayRule::Nth { nth: 4, weekday: Weekday::Thursday, month: 11 });
        let calendar = HolidayCalendar::new(vec![thanksgiving, fixed(7, 4)], Substitute::NearestWeekday);
        assert_eq!(calendar.plus_working_days(date(2026, 11, 19), 10), date(2026, 12, 4));
        assert_eq!(calendar.plus_working_days(date(2026, 11, 19), 0), date(2026, 11, 19));
        assert_eq!(calendar.plus_working_days(date(2026, 6, 30), 3), date(2026, 7, 6));
        assert_eq!(calendar.without_substitutes().plus_working_days(date(2026, 6, 30), 3), date(2026, 7, 3));
        assert_eq!(calendar.working_day(date(2026, 11, 28)), date(2026, 11, 30));
    }
}
