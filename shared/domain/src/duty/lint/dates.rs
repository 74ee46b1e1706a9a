//! Dates and deadlines in a text, as people write them.

use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::duty::wording::Wording;

/// How far from a deadline a word that asks for payment may stand, in words before and after it.
const NEAR: (usize, usize) = (10, 8);

/// Every date that is named, and where in the words it begins.
pub(super) fn dates(words: &[String], wording: &Wording) -> Vec<(usize, Date)> {
    (0..words.len()).filter_map(|at| Some((at, date_at(words.get(at..)?, wording)?))).collect()
}

/// Every last day that payment is asked for by: a date, a number of days from today, or today itself.
pub(super) fn deadlines(words: &[String], wording: &Wording, today: Date) -> Vec<Date> {
    let small: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let asked = |at: usize| {
        let near = small.get(at.saturating_sub(NEAR.0)..).unwrap_or_default();
        near.iter().take(NEAR.0.saturating_add(NEAR.1)).any(|word| wording.pay.contains(word))
    };
    let named = dates(words, wording).into_iter().filter(|(at, _)| {
        let before = small.get(at.saturating_sub(3)..*at).unwrap_or_default();
        before.iter().any(|word| wording.until.contains(word))
    });
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

/// `2026-03-31`, `31.03.2026`, `03/31/2026`, `31 March 2026`, `March 31, 2026`.
fn date_at(words: &[String], wording: &Wording) -> Option<Date> {
    let word = |at: usize| words.get(at).map(String::as_str);
    let first = word(0)?;
    if let Ok(date) = first.parse::<Date>() {
        return Some(date);
    }
    if let Some(date) = in_figures(first, wording.month_first) {
        return Some(date);
    }
    let year = |at: usize| word(at).filter(|text| text.len() == 4)?.parse::<i16>().ok();
    if let (Some(day), Some(month)) = (day_of_month(first), word(1).and_then(|name| month(name, wording))) {
        return Date::new(year(2)?, month, day).ok();
    }
    Date::new(year(2)?, month(first, wording)?, day_of_month(word(1)?)?).ok()
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

/// `within 10 days`, `within 2 working weeks`; the day itself is not counted.
fn counted_at(words: &[String], wording: &Wording, today: Date) -> Option<Date> {
    words.first().filter(|word| wording.within.contains(word))?;
    let mut rest = words.iter().skip(1).take(4);
    let count: i32 = rest.find_map(|word| word.parse().ok())?;
    rest.find_map(|word| {
        if wording.days.contains(word) {
            Some(today.saturating_add(count.days()))
        } else if wording.weeks.contains(word) {
            Some(today.saturating_add(count.weeks()))
        } else {
            None
        }
    })
}
