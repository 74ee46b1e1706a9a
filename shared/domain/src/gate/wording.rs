//! What words say, as far as rules hang on it: threats, deadlines, offers, refusals and requests.

use jiff::civil::{Date, Time};

use super::facts::{Inconvenient, Weekdays};

/// When a text asks for payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// Within so many days of being sent.
    Within(i32),
    /// By a day.
    By(Date),
}

/// What a text says that rules are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wording {
    /// It threatens legal action.
    pub threatens_suit: bool,
    /// It asks for payment by a time.
    pub pay_by: Option<Deadline>,
    /// It offers goods, services or credit.
    pub promotes: bool,
}

/// Words that threaten a suit. Longer phrases are found by their words.
const SUIT: [&str; 10] = [
    "sue",
    "lawsuit",
    "litigation",
    "legal action",
    "legal proceedings",
    "court",
    "judgment",
    "judgement",
    "garnish",
    "take you to law",
];

/// Words that offer something.
const OFFERS: [&str; 10] = [
    "% off",
    "discount on",
    "special offer",
    "promotion",
    "promo code",
    "coupon",
    "order now",
    "buy now",
    "new credit",
    "next order",
];

/// Words that revoke consent by themselves (47 CFR 64.1200(a)(10)), and those that carriers add.
const STOP_WORDS: [&str; 9] =
    ["stop", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe", "stopall"];

/// What a reasonable person takes for a refusal (47 CFR 64.1200(a)(10): any reasonable means).
const REFUSALS: [&str; 17] = [
    "leave me alone",
    "no more text",
    "no more message",
    "no more call",
    "stop texting",
    "stop calling",
    "stop contact",
    "stop sending",
    "stop messaging",
    "do not text",
    "don't text",
    "do not contact",
    "don't contact",
    "do not call",
    "don't call",
    "remove me",
    "take me off",
];

impl Wording {
    /// Reads a text.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let text = plain(text);
        Self {
            threatens_suit: SUIT.iter().any(|phrase| says(&text, phrase)),
            pay_by: deadline(&text),
            promotes: OFFERS.iter().any(|phrase| text.contains(phrase)),
        }
    }

    /// What two texts say together, such as subject and body.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            threatens_suit: self.threatens_suit || other.threatens_suit,
            pay_by: self.pay_by.or(other.pay_by),
            promotes: self.promotes || other.promotes,
        }
    }
}

/// Whether a message from a debtor says that they want no more of them.
#[must_use]
pub fn refuses(message: &str) -> bool {
    let text = plain(message);
    let whole = text.trim_matches(|c: char| !c.is_alphanumeric());
    STOP_WORDS.contains(&whole) || REFUSALS.iter().any(|phrase| text.contains(phrase))
}

/// Times that a debtor asked not to be contacted at, from their own words: "no contact before 10:00". Empty where the
/// words name no time that can be read.
#[must_use]
pub fn times_refused(request: &str) -> Vec<Inconvenient> {
    let text = plain(request);
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |word: &str| {
        let at = words.iter().position(|other| *other == word)?;
        time(words.get(at.checked_add(1)?)?)
    };
    let refused = |from: Time, to: Time| Inconvenient { days: Weekdays::ALL, from, to, zone: None, medium: None };
    let (before, from) = (after("before"), after("after"));
    let between = after("between").zip(after("and"));
    let midnight = Time::midnight();
    let times = [
        before.map(|before| refused(midnight, before)),
        from.map(|from| refused(from, midnight)),
        between.map(|(from, to)| refused(from, to)),
    ];
    times.into_iter().flatten().collect()
}

fn plain(text: &str) -> String {
    text.trim().to_lowercase().replace('\u{2019}', "'")
}

/// Whether a phrase stands in a text as words of its own: `sue` is not in `issue`.
fn says(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric())
            && text.get(at.saturating_add(phrase.len())..).is_some_and(|rest| !continues(rest))
    })
}

/// Whether a word goes on, other than as its plural or past.
fn continues(rest: &str) -> bool {
    let end: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    !matches!(end.as_str(), "" | "s" | "d" | "ed" | "ing")
}

fn deadline(text: &str) -> Option<Deadline> {
    let words: Vec<&str> = text.split_whitespace().map(|word| word.trim_matches([',', '.', '!', ';'])).collect();
    for (at, word) in words.iter().enumerate() {
        let next = at.checked_add(1).and_then(|next| words.get(next));
        match (*word, next) {
            ("immediately" | "today" | "now", _) => return Some(Deadline::Within(0)),
            ("within" | "in", Some(days)) => {
                let unit = at.checked_add(2).and_then(|unit| words.get(unit)).copied().unwrap_or_default();
                let each = match unit {
                    "day" | "days" => 1,
                    "week" | "weeks" => 7,
                    "hour" | "hours" => 0,
                    _ => continue,
                };
                if let Ok(days) = days.parse::<i32>() {
                    return Some(Deadline::Within(days.saturating_mul(each)));
                }
            }
            ("by" | "before", Some(day)) => {
                if let Ok(day) = day.parse() {
                    return Some(Deadline::By(day));
                }
            }
            _ => {}
        }
    }
    None
}

/// `10:00`, `9`, `9am`, `6 pm` without its blank.
fn time(word: &str) -> Option<Time> {
    let word = word.trim_matches([',', '.', ';', ')']);
    let (digits, add) = match (word.strip_suffix("pm"), word.strip_suffix("am")) {
        (Some(digits), _) => (digits, 12),
        (None, Some(digits)) => (digits, 0),
        (None, None) => (word, 0),
    };
    let (hour, minute) = digits.split_once(':').unwrap_or((digits, "0"));
    let (hour, minute) = (hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?);
    let hour = if add == 12 && hour < 12 { hour.checked_add(12)? } else { hour };
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threats_deadlines_and_offers_are_found_and_plain_words_are_not() {
        let threat = Wording::read("Pay within 10 days or we will sue");
        assert_eq!((threat.threatens_suit, threat.pay_by, threat.promotes), (true, Some(Deadline::Within(10)), false));
        let harmless = Wording::read("We issue invoices on the first. Of course you may ask us. You owe 300.00.");
        assert_eq!(harmless, Wording::default());
        assert!(Wording::read("20% off your next order").promotes);
        assert!(Wording::read("we are taking legal action").threatens_suit);
        assert_eq!(Wording::read("Pay by 2026-12-01.").pay_by, Some(Deadline::By("2026-12-01".parse().unwrap())));
        assert_eq!(Wording::read("in 2 weeks").pay_by, Some(Deadline::Within(14)));
        assert_eq!(Wording::read("Pay immediately!").pay_by, Some(Deadline::Within(0)));
    }

    #[test]
    fn a_refusal_is_read_in_any_words_and_nothing_else_is() {
        for refusal in ["STOP", " stop. ", "Opt out", "pls leave me alone no more texts", "Don\u{2019}t text me again"]
        {
            assert!(refuses(refusal), "{refusal}");
        }
        for other in ["I will pay on Friday", "at the end of the week", "can I cancel the order?", "HELP"] {
            assert!(!refuses(other), "{other}");
        }
    }

    #[test]
    fn a_time_refused_in_words_is_kept() {
        let times = |text: &str| {
            times_refused(text).iter().map(|time| (time.from.to_string(), time.to.to_string())).collect::<Vec<_>>()
        };
        let pair = |from: &str, to: &str| vec![(from.to_owned(), to.to_owned())];
        assert_eq!(times("shift worker, no contact before 10:00"), pair("00:00:00", "10:00:00"));
        assert_eq!(times("please not after 6pm"), pair("18:00:00", "00:00:00"));
        assert_eq!(times("never between 9 and 17:30"), pair("09:00:00", "17:30:00"));
        assert_eq!(times("I work shifts"), []);
    }
}
