//! Whether a message, as it would leave, says all that it must and nothing that it must not.

mod amounts;
mod dates;
mod notice;
mod text;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;

use self::text::Plain;
use super::Duties;
use super::because::Because;
use super::outreach::{Block, Medium};
use super::provision::{Bar, Provision};
use super::validation::ValidationNotice;
use super::wording::{Threat, ThreatWords, Wording};
use crate::ids::{Citation, RuleId};
use crate::money::{Currency, Money};

/// A message as it would leave.
#[derive(Debug, Clone, Copy)]
pub struct Rendered<'a> {
    /// How it is sent.
    pub medium: Medium,
    /// What shows before it is opened, for what has such a line.
    pub subject: Option<&'a str>,
    /// What stands on the envelope, but for the addresses.
    pub envelope: Option<&'a str>,
    /// The plain text.
    pub text: &'a str,
    /// The same as a page, where there is one.
    pub html: Option<&'a str>,
}

/// What this message must say, and may.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The day on which it leaves, on the debtor's calendar.
    pub on: Date,
    /// What it must say.
    pub demanded: &'a BTreeSet<Block>,
    /// The amounts that it may name; where there are none, any.
    pub amounts: Option<&'a [Money]>,
    /// The dates that it may name; where there are none, any.
    pub dates: Option<&'a [Date]>,
    /// The validation notice that it is.
    pub notice: Option<&'a ValidationNotice>,
    /// The last day to dispute the debt, where a notice is owed or was given.
    pub period_end: Option<Date>,
    /// What stands against threatening a suit.
    pub suit: &'a [Bar],
    /// The law by which the outside must not tell of a debt, if one does.
    pub discreet: Option<&'a Provision>,
}

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The way it is sent.
    Medium,
    /// The line that shows before it is opened.
    Subject,
    /// The envelope.
    Envelope,
    /// The plain text.
    Text,
    /// The page.
    Html,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Medium => "the way it is sent",
            Self::Subject => "the subject",
            Self::Envelope => "the envelope",
            Self::Text => "the text",
            Self::Html => "the page",
        })
    }
}

/// What is wrong with a message, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Something stands against what it says or leaves out.
    #[error(transparent)]
    Stands(#[from] Because),
    /// It threatens what may not be threatened.
    #[error("{phrase:?} threatens what may not be threatened: leave it out")]
    Threatens {
        /// What.
        threat: Threat,
        /// The words.
        phrase: String,
    },
    /// What can be seen from outside tells of a debt.
    #[error("{0:?} tells others of a debt: leave it out")]
    Leaks(String),
    /// Anybody can read a card.
    #[error("a card tells others of a debt: send a letter")]
    OpenCard,
    /// An amount that is not one of the debt.
    #[error("{0:?} is not an amount of this debt: name only what is owed")]
    WrongSum(String),
    /// A date that is not one of the debt.
    #[error("{0} is not a date of this debt: name only those that are")]
    WrongDate(Date),
    /// Payment is asked for before the time to dispute is over.
    #[error("payment is asked for by {deadline}, and the debt may be disputed until {period_end}: set no earlier day")]
    DeadlineTooEarly {
        /// The last day that is set.
        deadline: Date,
        /// The last day to dispute.
        period_end: Date,
    },
    /// The validation notice leaves out a figure or name of its own.
    #[error("the validation notice must name {0:?}, as it was worked out")]
    NoticeUnsaid(String),
}

/// Something wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// Where the rule can be read.
    pub source: Citation,
    /// Where in the message.
    pub part: Part,
    /// What is wrong, and what to do.
    pub problem: Problem,
}

impl Finding {
    fn new(provision: &Provision, part: Part, problem: Problem) -> Self {
        Self { rule: provision.id.clone(), source: provision.source.clone(), part, problem }
    }

    fn of(bar: Bar, part: Part) -> Self {
        Self { rule: bar.rule, source: bar.source, part, problem: bar.because.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {} ({})", self.rule, self.part, self.problem, self.source)
    }
}

/// Everything that is wrong with a message; nothing where it may leave. Text and page are read each for itself, because a
/// reader sees only one of them.
#[must_use]
pub fn lint(message: &Rendered, terms: &Terms, duties: &Duties, wording: &Wording) -> Vec<Finding> {
    let lint = Lint { terms, duties, wording };
    let bodies = [Some((Part::Text, Plain::of(message.text))), message.html.map(|it| (Part::Html, Plain::of_html(it)))];
    let mut found = lint.outside(message);
    for (part, body) in bodies.into_iter().flatten() {
        found.extend(lint.unsaid(part, &body));
        found.extend(lint.threats(part, &body));
        found.extend(lint.figures(part, &body));
        found.extend(lint.deadlines(part, &body));
        if let Some(notice) = terms.notice {
            let rule = duties.validation.as_ref().map_or(&wording.accuracy, |law| &law.notice);
            let unsaid = notice::unsaid(notice, &body, wording).into_iter().map(Problem::NoticeUnsaid);
            found.extend(unsaid.map(|problem| Finding::new(rule, part, problem)));
        }
    }
    found
}

/// Which demanded texts a body has.
#[must_use]
pub fn said(body: &str, wording: &Wording) -> BTreeSet<Block> {
    blocks_of(&Plain::of(body), wording)
}

/// What a body threatens.
#[must_use]
pub fn threatened(body: &str, wording: &Wording) -> BTreeSet<Threat> {
    threats_of(&Plain::of(body), wording).into_iter().map(|(threat, _)| threat).collect()
}

/// What a body threatens, each with the first of its words.
fn threats_of<'a>(body: &Plain, wording: &'a Wording) -> Vec<(Threat, &'a str)> {
    let first = |words: &'a ThreatWords| {
        words.phrases.iter().find(|phrase| body.says_without(phrase, &wording.negations)).map(String::as_str)
    };
    wording.threats.iter().filter_map(|(threat, words)| Some((*threat, first(words)?))).collect()
}

fn blocks_of(body: &Plain, wording: &Wording) -> BTreeSet<Block> {
    let has = |groups: &[Vec<String>]| groups.iter().all(|group| group.iter().any(|phrase| body.says(phrase)));
    wording.blocks.iter().filter(|(_, block)| has(&block.says)).map(|(block, _)| *block).collect()
}

struct Lint<'a> {
    terms: &'a Terms<'a>,
    duties: &'a Duties,
    wording: &'a Wording,
}

impl Lint<'_> {
    /// What others can see.
    fn outside(&self, message: &Rendered) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(law) = self.terms.discreet {
            if message.medium == Medium::Postcard {
                found.push(Finding::new(law, Part::Medium, Problem::OpenCard));
            }
            for (part, seen) in [(Part::Subject, message.subject), (Part::Envelope, message.envelope)] {
                let plain = Plain::of(seen.unwrap_or_default());
                let leaks = self.wording.debt.iter().filter(|word| plain.says(word));
                found.extend(leaks.map(|word| Finding::new(law, part, Problem::Leaks(word.clone()))));
            }
        }
        let (on_envelope, _) = self.by_place();
        let marked = blocks_of(&Plain::of(message.envelope.unwrap_or_default()), self.wording);
        let unmarked = self.duties.unsaid(&on_envelope, &marked);
        found.extend(unmarked.into_iter().map(|bar| Finding::of(bar, Part::Envelope)));
        // A threat on the outside is one all the same.
        for (part, seen) in [(Part::Subject, message.subject), (Part::Envelope, message.envelope)] {
            let plain = Plain::of(seen.unwrap_or_default());
            found.extend(self.threats(part, &plain));
            found.extend(self.figures(part, &plain));
        }
        found
    }

    /// What is demanded on the envelope, and what within.
    fn by_place(&self) -> (BTreeSet<Block>, BTreeSet<Block>) {
        self.terms.demanded.iter().partition(|block| **block == Block::PrivateAndConfidential)
    }

    fn unsaid(&self, part: Part, body: &Plain) -> Vec<Finding> {
        let (_, within) = self.by_place();
        let bars = self.duties.unsaid(&within, &blocks_of(body, self.wording));
        bars.into_iter().map(|bar| Finding::of(bar, part)).collect()
    }

    fn threats(&self, part: Part, body: &Plain) -> Vec<Finding> {
        let mut found = Vec::new();
        for (threat, phrase) in threats_of(body, self.wording) {
            if threat == Threat::Suit {
                found.extend(self.terms.suit.iter().map(|bar| Finding::of(bar.clone(), part)));
            } else if let Some(words) = self.wording.threats.get(&threat) {
                let problem = Problem::Threatens { threat, phrase: phrase.to_owned() };
                found.push(Finding::new(&words.provision, part, problem));
            }
        }
        found
    }

    fn figures(&self, part: Part, body: &Plain) -> Vec<Finding> {
        let rule = &self.wording.accuracy;
        let named = dates::dates(body.words(), self.wording);
        let mut found = Vec::new();
        if let Some(allowed) = self.terms.amounts {
            let taken: Vec<_> = named.iter().map(|(words, _)| words.clone()).collect();
            let wrong = amounts::amounts(body.words(), &currencies(allowed), &taken).into_iter().filter(|mention| {
                let owed = |amount: Money| allowed.iter().any(|it| it.minor().abs() == amount.minor().abs());
                !mention.amount.is_some_and(owed)
            });
            found.extend(wrong.map(|mention| Finding::new(rule, part, Problem::WrongSum(mention.written))));
        }
        if let Some(allowed) = self.terms.dates {
            let wrong = named.into_iter().filter(|(_, day)| !allowed.contains(day));
            found.extend(wrong.map(|(_, day)| Finding::new(rule, part, Problem::WrongDate(day))));
        }
        found
    }

    fn deadlines(&self, part: Part, body: &Plain) -> Vec<Finding> {
        let (Some(period_end), Some(law)) = (self.terms.period_end, &self.duties.validation) else { return Vec::new() };
        if self.terms.on > period_end {
            return Vec::new();
        }
        let mut early = dates::deadlines(body.words(), self.wording, self.terms.on);
        early.retain(|deadline| *deadline < period_end);
        early.sort_unstable();
        early.dedup();
        let problem = |deadline| Problem::DeadlineTooEarly { deadline, period_end };
        early.into_iter().map(|deadline| Finding::new(&law.dispute, part, problem(deadline))).collect()
    }
}

fn currencies(amounts: &[Money]) -> Vec<Currency> {
    let mut currencies: Vec<Currency> = Vec::new();
    for currency in amounts.iter().map(|amount| amount.currency()) {
        if !currencies.contains(&currency) {
            currencies.push(currency);
        }
    }
    currencies
}
