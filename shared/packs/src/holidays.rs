//! The file of a country's public holidays.

use std::collections::BTreeMap;
use std::sync::Arc;

use dunlin_domain::calendar::holidays::{DayRule, Holiday, HolidayCalendar, Substitute};
use dunlin_domain::ids::RuleName;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use crate::error::Reason;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayFile {
    name: String,
    version: u32,
    place: String,
    #[serde(default)]
    parts: Vec<String>,
    source: String,
    substitute: RawSubstitute,
    days: Vec<RawHoliday>,
    vectors: Vec<RawVector>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawSubstitute {
    None,
    NextWeekday,
    NearestWeekday,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHoliday {
    name: String,
    /// Month and day.
    fixed: Option<(i8, i8)>,
    /// Which, of what weekday, in which month.
    nth: Option<(i8, RawWeekday, i8)>,
    /// The first such weekday from a month and day on.
    weekday_from: Option<(RawWeekday, i8, i8)>,
    /// Days after Easter Sunday.
    easter: Option<i32>,
    once: Option<Date>,
    from: Option<i16>,
    until: Option<i16>,
    #[serde(default)]
    except: Vec<i16>,
    /// The parts of the country that keep it; all where it names none.
    #[serde(default)]
    only: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawWeekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVector {
    part: Option<String>,
    year: i16,
    free: Vec<Date>,
}

/// All weekdays of a year that are free in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeDays {
    /// The country, or a part of it: `GB-SCT`.
    pub place: String,
    /// Which year.
    pub year: i16,
    /// Its weekdays that are free, in order.
    pub days: Vec<Date>,
}

/// The public holidays of a country, and of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayPack {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
    /// Where the holidays can be read.
    pub source: String,
    /// By place: the country, with what is common to all of it, and each of its parts.
    pub calendars: BTreeMap<String, Arc<HolidayCalendar>>,
    /// Worked examples.
    pub vectors: Vec<FreeDays>,
}

pub(crate) fn parse(text: &str) -> Result<HolidayPack, Reason> {
    let file: HolidayFile = toml::from_str(text)?;
    if let Some(part) = file.days.iter().flat_map(|day| &day.only).find(|part| !file.parts.contains(part)) {
        return Err(Reason::NoPart(part.clone()));
    }
    let mut calendars = BTreeMap::new();
    calendars.insert(file.place.clone(), Arc::new(calendar(&file, None)?));
    for part in &file.parts {
        calendars.insert(format!("{}-{part}", file.place), Arc::new(calendar(&file, Some(part))?));
    }
    let place = |part: Option<String>| part.map_or_else(|| file.place.clone(), |part| format!("{}-{part}", file.place));
    let vector = |raw: RawVector| FreeDays { place: place(raw.part), year: raw.year, days: raw.free };
    Ok(HolidayPack {
        name: RuleName::parse(&file.name)?,
        version: file.version,
        vectors: file.vectors.into_iter().map(vector).collect(),
        source: file.source,
        calendars,
    })
}

fn calendar(file: &HolidayFile, part: Option<&String>) -> Result<HolidayCalendar, Reason> {
    let kept = |raw: &&RawHoliday| raw.only.is_empty() || part.is_some_and(|part| raw.only.contains(part));
    let days = file.days.iter().filter(kept).map(holiday).collect::<Result<_, _>>()?;
    Ok(HolidayCalendar::new(
        days,
        match file.substitute {
            RawSubstitute::None => Substitute::None,
            RawSubstitute::NextWeekday => Substitute::NextWeekday,
            RawSubstitute::NearestWeekday => Substitute::NearestWeekday,
        },
    ))
}

fn holiday(raw: &RawHoliday) -> Result<Holiday, Reason> {
    let rules = [
        raw.fixed.map(|(month, day)| DayRule::Fixed { month, day }),
        raw.nth.map(|(nth, weekday, month)| DayRule::Nth { nth, weekday: weekday.into(), month }),
        raw.weekday_from.map(|(weekday, month, day)| DayRule::From { weekday: weekday.into(), month, day }),
        raw.easter.map(DayRule::Easter),
        raw.once.map(DayRule::Once),
    ];
    let mut rules = rules.into_iter().flatten();
    let (Some(rule), None) = (rules.next(), rules.next()) else { return Err(Reason::Holiday(raw.name.clone())) };
    // 2000 is a leap year: a day that it does not have, no year has.
    if rule.day(2000).is_none() && !matches!(rule, DayRule::Once(_)) {
        return Err(Reason::Holiday(raw.name.clone()));
    }
    Ok(Holiday { name: raw.name.clone(), rule, from: raw.from, until: raw.until, except: raw.except.clone() })
}

impl From<RawWeekday> for Weekday {
    fn from(raw: RawWeekday) -> Self {
        match raw {
            RawWeekday::Monday => Self::Monday,
            RawWeekday::Tuesday => Self::Tuesday,
            RawWeekday::Wednesday => Self::Wednesday,
            RawWeekday::Thursday => Self::Thursday,
            RawWeekday::Friday => Self::Friday,
            RawWeekday::Saturday => Self::Saturday,
            RawWeekday::Sunday => Self::Sunday,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: &str = include_str!("../holidays/gb.toml");

    #[test]
    fn a_holiday_that_finds_no_day_and_a_part_that_is_not_there_are_refused() {
        for (from, to, says) in [
            ("fixed = [1, 2]", "fixed = [1, 2]\neaster = 1", "2nd January"),
            ("fixed = [1, 2]", "", "2nd January"),
            ("fixed = [1, 2]", "fixed = [2, 30]", "2nd January"),
            ("only = [\"SCT\"]", "only = [\"WLS\"]", "WLS"),
            ("\"monday\"", "\"moonday\"", "moonday"),
        ] {
            let text = GB.replacen(from, to, 1);
            assert_ne!(text, GB);
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
