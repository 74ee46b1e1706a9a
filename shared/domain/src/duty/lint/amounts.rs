//! Amounts of money in a text, as people write them.

use std::ops::Range;

use crate::money::{Currency, Money};

/// An amount as it stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// As it is written.
    pub(super) written: String,
    /// What it comes to in one of the currencies asked for, if it can be read as that.
    pub(super) amount: Option<Money>,
}

/// Codes of ISO 4217 that are also words: they are taken for currencies only where asked for.
const WORDS: [&str; 8] = ["ALL", "TRY", "TOP", "CUP", "PEN", "BAM", "RON", "GEL"];

/// Every amount with a symbol or code beside it, read in the currencies that are expected. Words that are `taken` by
/// something else are none: in "31 March 2026: EUR 100", the year is no sum.
pub(super) fn amounts(words: &[String], expected: &[Currency], taken: &[Range<usize>]) -> Vec<Mention> {
    let spelled = words.iter().map(String::as_str).map(Token::of).collect::<Vec<_>>();
    let mut found = Vec::new();
    for (at, token) in spelled.iter().enumerate() {
        if taken.iter().any(|range| range.contains(&at)) {
            continue;
        }
        let Some(number) = token.number else { continue };
        let before = at.checked_sub(1).and_then(|at| spelled.get(at)).filter(|token| token.number.is_none());
        let after = spelled.get(at.saturating_add(1)).filter(|token| token.number.is_none());
        let mark = token.mark.or_else(|| before.and_then(|it| it.mark)).or_else(|| after.and_then(|it| it.mark));
        let Some(mark) = mark.filter(|mark| is_money(mark, expected)) else { continue };
        let currency = expected.iter().copied().find(|currency| marks(*currency, mark));
        let amount = currency.and_then(|currency| read(number, currency));
        found.push(Mention { written: format!("{mark} {number}"), amount });
    }
    found
}

/// A word taken apart: a number, and the sign of a currency that stands beside it or alone.
struct Token<'a> {
    number: Option<&'a str>,
    mark: Option<&'a str>,
}

impl<'a> Token<'a> {
    fn of(word: &'a str) -> Self {
        let word = word.trim_start_matches(['-', '+', '\u{2212}']);
        let figure = |c: char| c.is_ascii_digit();
        let Some(first) = word.find(figure) else { return Self { number: None, mark: sign(word) } };
        let last = word.rfind(figure).map_or(first, |at| at.saturating_add(1));
        let (front, number, back) = (word.get(..first), word.get(first..last), word.get(last..));
        let plain = |text: &&str| text.chars().all(|c| c.is_ascii_digit() || ".,'".contains(c));
        let front = front.map(|text| text.trim_end_matches(['-', '\u{2212}']));
        match (front, number.filter(plain), back) {
            (Some(""), Some(number), Some("")) => Self { number: Some(number), mark: None },
            (Some(""), Some(number), Some(mark)) | (Some(mark), Some(number), Some("")) if sign(mark).is_some() => {
                Self { number: Some(number), mark: sign(mark) }
            }
            _ => Self { number: None, mark: None },
        }
    }
}

/// A currency's symbol or code.
fn sign(text: &str) -> Option<&str> {
    let text = text.strip_suffix(".-").unwrap_or(text);
    let code = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) && Currency::parse(text).is_ok();
    let symbol = SYMBOLS.iter().any(|(symbol, _)| *symbol == text);
    (code || symbol).then_some(text)
}

const SYMBOLS: [(&str, &[&str]); 6] = [
    ("£", &["GBP"]),
    ("€", &["EUR"]),
    ("$", &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"]),
    ("US$", &["USD"]),
    ("¥", &["JPY", "CNY"]),
    ("₹", &["INR"]),
];

fn marks(currency: Currency, mark: &str) -> bool {
    let codes = SYMBOLS.iter().find(|(symbol, _)| *symbol == mark).map(|(_, codes)| *codes);
    codes.map_or(currency.code() == mark, |codes| codes.contains(&currency.code()))
}

fn is_money(mark: &str, expected: &[Currency]) -> bool {
    !WORDS.contains(&mark) || expected.iter().any(|currency| currency.code() == mark)
}

/// Reads `1,234.56`, `1.234,56`, `1'234.56` and `1234`.
fn read(number: &str, currency: Currency) -> Option<Money> {
    let decimals = usize::try_from(currency.decimals()).ok()?;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let plain = match number.rfind(['.', ',', '\'']) {
        None => number.to_owned(),
        Some(at) => {
            let (whole, part) = (number.get(..at)?, number.get(at.saturating_add(1)..)?);
            let point = number.get(at..)?.starts_with('.');
            // Three figures after a mark are a thousand, unless the currency has as many decimals and it is a point.
            match part.len() {
                3 if decimals != 3 || !point => format!("{}{part}", digits(whole)),
                short if short <= decimals => format!("{}.{part}", digits(whole)),
                _ => return None,
            }
        }
    };
    Money::parse(&plain, currency).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let eur = Currency::parse("EUR").unwrap();
        let money = |text| Money::parse(text, eur).ok();
        for (text, amount) in [
            ("€1,234.56", money("1234.56")),
            ("1.234,56 €", money("1234.56")),
            ("EUR 1'234.56", money("1234.56")),
            ("1234 EUR", money("1234")),
            ("-€10.5", money("10.50")),
            ("€-10.50", money("10.50")),
            ("12.345 EUR", money("12345")),
            ("€1.2345", None),
            ("$5.00", None),
            ("GBP 5.00", None),
        ] {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let found = amounts(&words, &[eur], &[]);
            assert_eq!(found.iter().map(|mention| mention.amount).collect::<Vec<_>>(), [amount], "{text}");
        }
        for nothing in ["ALL 3 invoices", "call 555", "invoice INV-12", "3 days", "€", "Flat 5 or 6€x"] {
            let words: Vec<String> = nothing.split(' ').map(str::to_owned).collect();
            assert!(amounts(&words, &[eur], &[]).is_empty(), "{nothing}");
        }
    }
}
