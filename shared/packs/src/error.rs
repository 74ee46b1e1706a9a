//! What is wrong with a pack, or with asking for one.

use dunlin_domain::calendar::UnknownZone;
use dunlin_domain::charge::fixed_sum::FixedSumError;
use dunlin_domain::charge::rates::RateError;
use dunlin_domain::duty::period::PeriodError;
use dunlin_domain::gate::atlas::AtlasError;
use dunlin_domain::gate::hours::EmptyHours;
use dunlin_domain::gate::place::UnknownJurisdiction as NoJurisdiction;
use dunlin_domain::ids::IdError;
use dunlin_domain::money::MoneyError;

/// A pack that cannot be used, by its file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct PackError {
    /// The file.
    pub file: &'static str,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not the TOML that is expected.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// A name or citation.
    #[error(transparent)]
    Name(#[from] IdError),
    /// A rate or half-year.
    #[error(transparent)]
    Rate(#[from] RateError),
    /// A period.
    #[error(transparent)]
    Period(#[from] PeriodError),
    /// An amount or currency.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A fixed sum.
    #[error(transparent)]
    FixedSum(#[from] FixedSumError),
    /// A table that no pack has.
    #[error("there is no table {0}")]
    NoTable(String),
    /// Not a day count.
    #[error("{0:?} is not a day count: write ACT/365F, ACT/ACT or 30/360")]
    DayCount(String),
    /// An amount without its currency.
    #[error("{0:?} is not an amount such as 12.00 EUR")]
    Amount(String),
    /// A holiday that has no day, or several.
    #[error("the holiday {0:?} must say in one way how its day is found: fixed, nth, weekday_from, easter or once")]
    Holiday(String),
    /// A part of a country that the pack does not list.
    #[error("there is no part {0:?}: add it to parts")]
    NoPart(String),
    /// No order of costs, interest and principal.
    #[error("{0:?} is no order: write principal_first or costs_interest_principal")]
    ComponentOrder(String),
    /// A place whose holidays are not known.
    #[error("no holidays are known for {0}")]
    NoHolidays(String),
    /// A block that nobody demands.
    #[error("{0:?} is no block of text that is known here")]
    Block(String),
    /// A word that is never found, because texts are read in small letters.
    #[error("{0:?} must be in small letters")]
    Capitals(String),
    /// No jurisdiction.
    #[error(transparent)]
    Jurisdiction(#[from] NoJurisdiction),
    /// No time zone.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// A place or an area code.
    #[error(transparent)]
    Atlas(#[from] AtlasError),
    /// Hours that end before they begin.
    #[error(transparent)]
    Hours(#[from] EmptyHours),
    /// A scope that the file does not have.
    #[error("there is no scope {0}")]
    NoScope(String),
    /// Not a medium, nor a group of them.
    #[error("{0:?} is not a medium: write email, sms, call, letter and so on, or calls, texts, electronic, post, all")]
    Medium(String),
    /// Not a day, nor a group of them.
    #[error("{0:?} is not a day: write mon to sun, daily, weekdays or workdays")]
    Day(String),
    /// A cap without a time or a number.
    #[error("a cap needs a number from 1 on, and either days or hours")]
    Span,
    /// Two packs for one jurisdiction, or of one name.
    #[error("there is another pack for {0}")]
    Twice(String),
}

/// A jurisdiction for which there is no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no rules are known for {asked:?}: use one of {known}")]
pub struct UnknownJurisdiction {
    /// What was asked for.
    pub asked: String,
    /// What is known.
    pub known: String,
}
