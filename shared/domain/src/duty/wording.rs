//! The words of one language by which a message is understood: data, kept beside the law.

use std::collections::BTreeMap;

use super::outreach::Block;
use super::provision::Provision;

/// A text that the law demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockText {
    /// What a template includes, with its fields in double braces.
    pub text: String,
    /// What a message has to say for it: of every group at least one phrase.
    pub says: Vec<Vec<String>>,
}

/// What may not be threatened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Threat {
    /// A suit, which may be threatened only where it may be brought and is meant.
    Suit,
    /// Arrest, prison or prosecution.
    Arrest,
    /// To take wages or property, which needs a judgment.
    Seizure,
    /// To tell employer, family, neighbours or the public.
    Exposure,
    /// To have somebody sent out of the country.
    Deportation,
}

/// Phrases that threaten something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreatWords {
    /// What the law has against it.
    pub provision: Provision,
    /// The phrases.
    pub phrases: Vec<String>,
}

/// The words of one language. All are in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// BCP 47, such as `en`.
    pub language: String,
    /// The texts that the law demands.
    pub blocks: BTreeMap<Block, BlockText>,
    /// What may not be threatened.
    pub threats: BTreeMap<Threat, ThreatWords>,
    /// Words before a threat that turn it into its opposite.
    pub negations: Vec<String>,
    /// What tells of a debt.
    pub debt: Vec<String>,
    /// What asks for payment.
    pub pay: Vec<String>,
    /// What makes a day the last: `by`, `before`.
    pub until: Vec<String>,
    /// What makes a number of days a deadline: `within`.
    pub within: Vec<String>,
    /// Numbers in words, from one.
    pub numbers: Vec<String>,
    /// Words for an hour.
    pub hours: Vec<String>,
    /// Words for a day.
    pub days: Vec<String>,
    /// Words for a week.
    pub weeks: Vec<String>,
    /// What asks for payment on the day itself.
    pub at_once: Vec<String>,
    /// The days of the week, from Monday.
    pub weekdays: Vec<String>,
    /// The months, from the first, in full; their first three letters name them too.
    pub months: Vec<String>,
    /// Whether a date in figures begins with the month.
    pub month_first: bool,
    /// What is against a wrong sum or date.
    pub accuracy: Provision,
}
