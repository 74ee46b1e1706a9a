//! Windows of the week, on every clock that counts.

use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Timestamp, ToSpan as _};

use super::facts::{ConsentKind, Facts, Inconvenient};
use super::law::OpenHours;
use crate::calendar::Zone;
use crate::calendar::holidays::HolidayCalendar;

/// Days that are looked at for the next opening. A window that is closed on all of them has none.
const DAYS_AHEAD: usize = 15;

/// How often clocks may disagree before no hour is found that suits them all.
const ROUNDS: usize = 32;

/// The open hours of a week, the end excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    /// From Monday on; none on a day that is closed.
    hours: [Option<OpenHours>; 7],
    /// Closed days.
    holidays: Option<Arc<HolidayCalendar>>,
}

/// Hours that end before they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hours must end after they begin: not {0} to {1}")]
pub struct EmptyHours(Time, Time);

impl Week {
    /// The hours from Monday on, and days that are closed whatever they say.
    ///
    /// # Errors
    /// [`EmptyHours`].
    pub fn new(hours: [Option<OpenHours>; 7], holidays: Option<Arc<HolidayCalendar>>) -> Result<Self, EmptyHours> {
        let empty = hours.iter().flatten().find(|(from, to)| from >= to);
        empty.map_or(Ok(()), |(from, to)| Err(EmptyHours(*from, *to)))?;
        Ok(Self { hours, holidays })
    }

    fn of(&self, day: Date, widened: Widened) -> Option<OpenHours> {
        let at = usize::try_from(day.weekday().to_monday_zero_offset()).ok()?;
        let (from, to) = (*self.hours.get(at)?)?;
        if self.holidays.as_ref().is_some_and(|holidays| holidays.on(day).is_some()) {
            return None;
        }
        Some((widened.from.map_or(from, |wide| from.min(wide)), widened.to.map_or(to, |wide| to.max(wide))))
    }
}

/// What the debtor's consent adds to a window, and what the tenant keeps clear of it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Widened {
    from: Option<Time>,
    to: Option<Time>,
    margin_minutes: i32,
}

impl Widened {
    /// Consents given directly to this collector widen a window (12 CFR 1006.6(b)(4)(i)).
    pub(super) fn by(facts: &Facts, margin_minutes: i32, now: Timestamp) -> Self {
        let mut widened = Self { margin_minutes, ..Self::default() };
        for consent in facts.consents.iter().filter(|consent| consent.direct && consent.stands(now)) {
            if let ConsentKind::Hours { from, until } = consent.kind {
                widened.from = min(widened.from, from);
                widened.to = widened.to.max(until);
            }
        }
        widened
    }

    /// A window with nothing added.
    pub(super) fn not(margin_minutes: i32) -> Self {
        Self { margin_minutes, ..Self::default() }
    }

    fn keeps(self, (from, to): OpenHours) -> OpenHours {
        if self.margin_minutes == 0 {
            return (from, to);
        }
        let margin = i64::from(self.margin_minutes).minutes();
        (from.saturating_add(margin), to.saturating_sub(margin))
    }
}

fn min(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Whether a window is open at a local time.
pub(super) fn is_open(week: &Week, widened: Widened, local: DateTime) -> bool {
    let time = local.time();
    week.of(local.date(), widened).is_some_and(|hours| {
        let (from, to) = widened.keeps(hours);
        from <= time && time < to
    })
}

/// The next moment from `now` on at which a window is open on every clock, if there is one.
pub(super) fn next_open(week: &Week, widened: Widened, zones: &[Zone], now: Timestamp) -> Option<Timestamp> {
    let mut moment = now;
    for _ in 0..ROUNDS {
        let mut latest = moment;
        for zone in zones {
            latest = latest.max(opens(week, widened, zone, moment)?);
        }
        if latest == moment {
            return Some(moment);
        }
        moment = latest;
    }
    None
}

fn opens(week: &Week, widened: Widened, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
    if is_open(week, widened, zone.local(now)) {
        return Some(now);
    }
    let days = zone.date(now).series(1.day()).take(DAYS_AHEAD);
    let openings = days.filter_map(|day| Some(zone.instant(day, widened.keeps(week.of(day, widened)?).0)));
    openings.into_iter().find(|opening| *opening > now)
}

/// When a time that the debtor called inconvenient is over, where `now` lies in it.
pub(super) fn inconvenient_until(time: &Inconvenient, zone: &Zone, now: Timestamp) -> Option<Timestamp> {
    let local = zone.local(now);
    let (day, clock) = (local.date(), local.time());
    let begins_on = |day: Date| time.days.has(day.weekday());
    let over_midnight = time.from >= time.to;
    if over_midnight && clock < time.to && begins_on(day.saturating_sub(1.day())) {
        return Some(zone.instant(day, time.to));
    }
    let within = clock >= time.from && (over_midnight || clock < time.to);
    let ends = if over_midnight { day.saturating_add(1.day()) } else { day };
    (within && begins_on(day)).then(|| zone.instant(ends, time.to))
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, time};

    use super::super::facts::Weekdays;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn daily() -> Week {
        Week::new([Some((time(8, 0, 0, 0), time(21, 0, 0, 0))); 7], None).unwrap()
    }

    #[test]
    fn clocks_must_agree_and_may_never() {
        let (week, none) = (daily(), Widened::not(0));
        let coasts = [zone("America/New_York"), zone("America/Los_Angeles")];
        assert_eq!(next_open(&week, none, &coasts, at("2026-03-05T03:00:00Z")), Some(at("2026-03-05T16:00:00Z")));
        let apart = [zone("Europe/London"), zone("Asia/Tokyo"), zone("Pacific/Honolulu")];
        assert_eq!(next_open(&week, none, &apart, at("2026-01-15T12:00:00Z")), None);
    }

    #[test]
    fn a_clock_change_moves_the_instant_and_not_the_hour() {
        let (week, none) = (daily(), Widened::not(0));
        for (name, now, opens) in [
            ("America/New_York", "2026-03-07T12:05:00Z", "2026-03-07T13:00:00Z"),
            ("America/New_York", "2026-03-08T11:05:00Z", "2026-03-08T12:00:00Z"),
            ("America/New_York", "2026-11-01T12:30:00Z", "2026-11-01T13:00:00Z"),
            ("Europe/London", "2026-03-28T07:10:00Z", "2026-03-28T08:00:00Z"),
            ("Europe/London", "2026-03-29T06:10:00Z", "2026-03-29T07:00:00Z"),
            ("America/Phoenix", "2026-07-14T14:30:00Z", "2026-07-14T15:00:00Z"),
        ] {
            assert_eq!(next_open(&week, none, &[zone(name)], at(now)), Some(at(opens)), "{name} {now}");
            assert!(!is_open(&week, none, zone(name).local(at(now))));
        }
    }

    #[test]
    fn a_margin_is_kept_clear_at_both_ends() {
        let (week, utc) = (daily(), [Zone::utc()]);
        let open = |text: &str| is_open(&week, Widened::not(5), utc[0].local(at(text)));
        assert!(!open("2026-03-02T08:04:59Z") && open("2026-03-02T08:05:00Z"));
        assert!(open("2026-03-02T20:54:59Z") && !open("2026-03-02T20:55:00Z"));
        let next = next_open(&week, Widened::not(5), &utc, at("2026-03-02T20:55:00Z"));
        assert_eq!(next, Some(at("2026-03-03T08:05:00Z")));
    }

    #[test]
    fn an_inconvenient_time_may_end_after_midnight() {
        let utc = Zone::utc();
        let (from, to) = (time(22, 0, 0, 0), time(6, 0, 0, 0));
        let night = Inconvenient { days: Weekdays::from_iter([Weekday::Monday]), from, to, zone: None, medium: None };
        let until = |text: &str| inconvenient_until(&night, &utc, at(text)).map(|until| until.to_string());
        assert_eq!(until("2026-03-02T21:59:59Z"), None);
        assert_eq!(until("2026-03-02T22:00:00Z").as_deref(), Some("2026-03-03T06:00:00Z"));
        assert_eq!(until("2026-03-03T05:59:59Z").as_deref(), Some("2026-03-03T06:00:00Z"));
        assert_eq!(until("2026-03-03T06:00:00Z"), None);
        assert_eq!(until("2026-03-03T23:00:00Z"), None);
    }
}
