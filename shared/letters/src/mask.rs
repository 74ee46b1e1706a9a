//! A message without the names in it. A debtor may be called Sue and an invoice be numbered by a date: what the law minds is
//! what the sender says.

use dunlin_domain::message::Plan;
use dunlin_domain::template::{Facts, Letter, Texts};

use crate::values::clean;

/// What stands for a name.
const NAME: &str = "N";

/// The texts with `N` for the debtor's name and for every invoice's number.
pub(crate) fn masked(texts: &Texts, plan: &Plan, facts: &Facts) -> Texts {
    let numbers = plan.lines.iter().map(|line| clean(line.invoice.number.as_str()));
    let mut names: Vec<String> = numbers.chain([clean(&facts.debtor)]).filter(|name| !name.is_empty()).collect();
    // A name may hold another.
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let plain = |text: &str| names.iter().fold(text.to_owned(), |text, name| without(&text, name));
    match texts {
        Texts::Email(letter) => Texts::Email(Letter {
            subject: plain(&letter.subject),
            text: plain(&letter.text),
            html: names.iter().fold(letter.html.clone(), |html, name| without(&html, &escaped(name))),
        }),
        Texts::Sms(text) => Texts::Sms(plain(text)),
        Texts::Paper(text) => Texts::Paper(plain(text)),
    }
}

/// A text without a name, where that does not go on before or after.
fn without(text: &str, name: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0_usize;
    let goes_on = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
    for (at, found) in text.match_indices(name) {
        let end = at.saturating_add(found.len());
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(end..).and_then(|text| text.chars().next());
        if !goes_on(before) && !goes_on(after) {
            masked.push_str(text.get(from..at).unwrap_or_default());
            masked.push_str(NAME);
            from = end;
        }
    }
    masked.push_str(text.get(from..).unwrap_or_default());
    masked
}

/// As a page has it.
fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#x27;"),
            '/' => escaped.push_str("&#x2f;"),
            plain => escaped.push(plain),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_masked_where_it_stands_alone() {
        assert_eq!(without("Dear Sue, we issued Sue's invoice", "Sue"), "Dear N, we issued N's invoice");
        assert_eq!(without("EUR 100.00 for 1", "1"), "EUR 100.00 for N");
        assert_eq!(escaped("a/<b> & 'c'"), "a&#x2f;&lt;b&gt; &amp; &#x27;c&#x27;");
    }
}
