//! When a debtor may be contacted: on working days, within hours, on the debtor's own clock; and which days are free.

pub mod easter;
pub mod holidays;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A time zone of the IANA database, by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name that the IANA database does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time zone of the IANA database, such as Europe/London")]
pub struct UnknownZone(String);

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Looks a name up, such as `America/New_York`.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).map(Self).map_err(|_| UnknownZone(name.chars().take(60).collect()))
    }

    /// The name, such as `America/New_York`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The date on the debtor's calendar at `now`.
    #[must_use]
    pub fn date(&self, now: Timestamp) -> Date {
        self.0.to_datetime(now).date()
    }

    /// The instant at which `date` begins on the debtor's clock.
    #[must_use]
    pub fn midnight(&self, date: Date) -> Timestamp {
        self.instant(date, Time::midnight())
    }

    /// The instant at which the clock shows `time` on `date`; where a clock change skips it, the next that exists.
    fn instant(&self, date: Date, time: Time) -> Timestamp {
        date.to_datetime(time).to_zoned(self.0.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a moment is not one for contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Saturday or Sunday, or what the calendar says is a weekend.
    Weekend,
    /// A public holiday.
    Holiday,
    /// Before or after the contact hours.
    QuietHours,
}

/// The days and hours in which contact is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    weekend: Vec<Weekday>,
    holidays: BTreeSet<Date>,
    opens: Time,
    closes: Time,
}

impl Default for Calendar {
    /// Monday to Friday, 08:00 to 21:00 of the debtor's own clock (15 U.S.C. 1692c(a)(1); 12 CFR 1006.6(b)(1)),
    /// the end excluded.
    fn default() -> Self {
        Self {
            weekend: vec![Weekday::Saturday, Weekday::Sunday],
            holidays: BTreeSet::new(),
            opens: Time::constant(8, 0, 0, 0),
            closes: Time::constant(21, 0, 0, 0),
        }
    }
}

impl Calendar {
    /// The same calendar with these days closed too.
    #[must_use]
    pub fn with_holidays(mut self, holidays: impl IntoIterator<Item = Date>) -> Self {
        self.holidays.extend(holidays);
        self
    }

    /// Why `now` is no moment for contact, or `None` where it is one.
    #[must_use]
    pub fn closed(&self, zone: &Zone, now: Timestamp) -> Option<Closed> {
        let local = zone.0.to_datetime(now);
        let time = local.time();
        self.closed_on(local.date())
            .or_else(|| (time < self.opens || time >= self.closes).then_some(Closed::QuietHours))
    }

    /// The earliest moment for contact at or after `now`.
    #[must_use]
    pub fn next_open(&self, zone: &Zone, now: Timestamp) -> Timestamp {
        if self.closed(zone, now).is_none() {
            return now;
        }
        let today = zone.date(now);
        let opens_today = zone.instant(today, self.opens);
        if opens_today > now && self.closed_on(today).is_none() {
            return opens_today;
        }
        self.first_open(zone, today.saturating_add(1.day()))
    }

    /// The earliest moment for contact on `date` or the next working day.
    #[must_use]
    pub fn first_open(&self, zone: &Zone, date: Date) -> Timestamp {
        // A year of closed days is a mistake in the calendar, and no reason to look forever.
        let day = date.series(1.day()).take(366).find(|day| self.closed_on(*day).is_none());
        zone.instant(day.unwrap_or(date), self.opens)
    }

    fn closed_on(&self, date: Date) -> Option<Closed> {
        if self.weekend.contains(&date.weekday()) {
            Some(Closed::Weekend)
        } else if self.holidays.contains(&date) {
            Some(Closed::Holiday)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_the_debtors_own() {
        let calendar = Calendar::default();
        let new_york = Zone::parse("America/New_York").unwrap();
        let tokyo = Zone::parse("Asia/Tokyo").unwrap();
        let noon_utc = at("2026-03-02T12:00:00Z"); // Monday: 07:00 in New York, 21:00 in Tokyo
        assert_eq!(calendar.closed(&new_york, noon_utc), Some(Closed::QuietHours));
        assert_eq!(calendar.closed(&tokyo, noon_utc), Some(Closed::QuietHours));
        assert_eq!(calendar.next_open(&new_york, noon_utc), at("2026-03-02T13:00:00Z"));
        assert_eq!(calendar.next_open(&tokyo, noon_utc), at("2026-03-02T23:00:00Z"));
    }

    #[test]
    fn the_edges_are_half_open() {
        let calendar = Calendar::default();
        let utc = Zone::utc();
        for (time, closed) in [("07:59:59", true), ("08:00:00", false), ("20:59:59", false), ("21:00:00", true)] {
            let now = at(&format!("2026-03-02T{time}Z"));
            assert_eq!(calendar.closed(&utc, now).is_some(), closed, "{time}");
        }
    }

    #[test]
    fn weekends_and_holidays_defer_to_the_next_working_day() {
        let monday = "2026-03-09".parse().unwrap();
        let calendar = Calendar::default().with_holidays([monday]);
        let london = Zone::parse("Europe/London").unwrap();
        assert_eq!(calendar.next_open(&london, at("2026-03-06T21:00:00Z")), at("2026-03-10T08:00:00Z"));
        assert_eq!(calendar.closed(&london, at("2026-03-09T12:00:00Z")), Some(Closed::Holiday));
    }

    #[test]
    fn a_clock_change_moves_the_instant_not_the_hour() {
        let calendar = Calendar::default();
        let new_york = Zone::parse("America/New_York").unwrap();
        // Clocks go forward on Sunday, 8 March 2026.
        assert_eq!(calendar.next_open(&new_york, at("2026-03-06T12:00:00Z")), at("2026-03-06T13:00:00Z"));
        assert_eq!(calendar.next_open(&new_york, at("2026-03-07T12:00:00Z")), at("2026-03-09T12:00:00Z"));
    }

    #[test]
    fn zones_are_looked_up() {
        assert!(Zone::parse("Mars/Olympus").unwrap_err().to_string().contains("Mars"));
        assert_eq!(Zone::parse("Europe/Berlin").unwrap().name(), "Europe/Berlin");
    }
}
