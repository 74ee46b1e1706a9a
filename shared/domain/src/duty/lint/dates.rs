//! Dates and deadlines in a text, as people write them.

use std::ops::Range;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use crate::duty::wording::Wording;

/// How far from a deadline a word that asks for payment may stand, in words before and after it.
const NEAR: (usize, usize) = (10, 8);

/// Every date that is named, and the words that it takes.
pub(super) fn dates(words: &[String], wording: &Wording) -> Vec<(Range<usize>, Date)> {
    let named = |at: usize| {
        let rest = words.get(at..)?;
        let date = date_at(rest, wording, None)?;
        let in_figures = rest.first()?.chars().filter(char::is_ascii_digit).count() > 2;
        Some((at..at.saturating_add(if in_figures { 1 } else { 3 }), date))
    };
    (0..words.len()).filter_map(named).collect()
}

/// Every last day that payment is asked for by: a date, a number of days from today, or today itself.
pub(super) fn deadlines(words: &[String], wording: &Wording, today: Date) -> Vec<Date> {
    let small: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let asked = |at: usize| {
        let near = small.get(at.saturating_sub(NEAR.0)..).unwrap_or_default();
        near.iter().take(NEAR.0.saturating_add(NEAR.1)).any(|word| wording.pay.contains(word))
    };
    let last_day = |at: usize| {
        let before = small.get(at.saturating_sub(3)..at).unwrap_or_default();
        let rest = small.get(at..).filter(|_| before.iter().any(|word| wording.until.contains(word)))?;
        date_at(rest, wording, Some(today)).or_else(|| weekday_at(rest, wording, today))
    };
    let named = (0..small.len()).filter_map(|at| Some((at, last_day(at)?)));
    let counted = (0..small.len()).filter_map(|at| Some((at, counted_at(small.get(at..)?, wording, today)?)));
    let at_once = (0..small.len()).filter(|at| {
        let rest = small.get(*at..).unwrap_or_default().join(" ");
        wording.at_once.iter().any(|phrase| starts_with(&rest, phrase))
    });
    let at_once = at_once.map(|at| (at, today));
    named.chain(counted).chain(at_once).filter(|(at, _)| asked(*at)).map(|(_, day)| day).collect()
}

fn starts_with(text: &str, phrase: &str) -> bool {
    text.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// `2026-03-31`, `31.03.2026`, `03/31/2026`, `31 March 2026`, `March 31, 2026`; where a day from which to look on is given,
/// also `31 March`.
fn date_at(words: &[String], wording: &Wording, from: Option<Date>) -> Option<Date> {
    let word = |at: usize| words.get(at).map(String::as_str);
    let first = word(0)?;
    if let Ok(date) = first.parse::<Date>() {
        return Some(date);
    }
    if let Some(date) = in_figures(first, wording.month_first) {
        return Some(date);
    }
    let (day, month) = match (day_of_month(first), month(first, wording)) {
        (Some(day), _) => (day, month(word(1)?, wording)?),
        (None, Some(month)) => (day_of_month(word(1)?)?, month),
        (None, None) => return None,
    };
    let year = word(2).filter(|text| text.len() == 4).and_then(|text| text.parse::<i16>().ok());
    if let Some(year) = year {
        return Date::new(year, month, day).ok();
    }
    let from = from?;
    let years = (0..=1).filter_map(|more| Date::new(from.year().saturating_add(more), month, day).ok());
    years.into_iter().find(|date| *date >= from)
}

/// The next such weekday.
fn weekday_at(words: &[String], wording: &Wording, today: Date) -> Option<Date> {
    let at = wording.weekdays.iter().position(|name| Some(name) == words.first())?;
    let weekday = Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()?;
    today.nth_weekday(1, weekday).ok()
}

fn in_figures(word: &str, month_first: bool) -> Option<Date> {
    let dotted = word.contains('.');
    let mut parts = word.split(if dotted { '.' } else { '/' });
    let (one, two, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let (one, two, year) = (one.parse::<i8>().ok()?, two.parse::<i8>().ok()?, year.parse::<i16>().ok()?);
    let (day, month) = if month_first && !dotted { (two, one) } else { (one, two) };
    Date::new(year, month, day).or_else(|_| Date::new(year, day, month)).ok()
}

fn day_of_month(word: &str) -> Option<i8> {
    let figures = word.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '.');
    figures.parse().ok().filter(|day| (1..=31).contains(day))
}

fn month(word: &str, wording: &Wording) -> Option<i8> {
    let word = word.to_lowercase();
    let names = |full: &String| *full == word || full.chars().take(3).eq(word.chars());
    let at = wording.months.iter().position(names)?;
    i8::try_from(at).ok().map(|at| at.saturating_add(1))
}

/// `within 10 days`, `within two working weeks`, `within 72 hours`; the day itself is not counted.
fn counted_at(words: &[String], wording: &Wording, today: Date) -> Option<Date> {
    words.first().filter(|word| wording.within.contains(word))?;
    let mut rest = words.iter().skip(1).take(4);
    let count = rest.find_map(|word| number(word, wording))?;
    rest.find_map(|word| {
        if wording.hours.contains(word) {
            Some(today.saturating_add(count.saturating_add(23).div_euclid(24).days()))
        } else if wording.days.contains(word) {
            Some(today.saturating_add(count.days()))
        } else if wording.weeks.contains(word) {
            Some(today.saturating_add(count.weeks()))
        } else {
            None
        }
    })
}

fn number(word: &str, wording: &Wording) -> Option<i32> {
    let named = || wording.numbers.iter().position(|name| name == word).and_then(|at| i32::try_from(at).ok());
    // A number too large for a date is no deadline.
    word.parse().ok().or_else(|| named().map(|at| at.saturating_add(1))).filter(|count| (0..10_000).contains(count))
}
