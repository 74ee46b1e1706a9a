//! A rule of contact: whom it protects, when it is in force, and what it asks. The figures come from packs.

use jiff::civil::Date;

use super::facts::{Credit, Creditor, Facts};
use super::kind::Kind;
use super::medium::Media;
use super::place::Jurisdiction;
use super::policy::Mode;
use super::target::Line;
use crate::collector::CollectorRole;
use crate::contact::DebtorKind;
use crate::ids::{Citation, RuleId};
use crate::money::Money;
use crate::obligor::Obligor;

/// Who is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protects {
    /// Consumers.
    Consumers,
    /// Natural persons, in trade or not.
    Individuals,
    /// Whoever owes.
    Everyone,
}

/// Business debts of natural persons that are protected like a consumer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommercialCredit {
    /// Up to so much owed to the same lender.
    pub at_most: Money,
    /// Entered, renewed, sold or assigned from this day on.
    pub entered_from: Date,
}

impl CommercialCredit {
    fn covers(&self, facts: &Facts, unknown: bool) -> bool {
        let Credit { creditor, aggregate, entered, .. } = &facts.credit;
        let within = |owed: &Money| owed.currency() == self.at_most.currency() && owed.minor() <= self.at_most.minor();
        facts.obligor.map_or(unknown, Obligor::is_natural)
            && creditor.map_or(unknown, |creditor| creditor == Creditor::Financing)
            && aggregate.as_ref().map_or(unknown, within)
            && entered.map_or(unknown, |entered| entered >= self.entered_from)
    }
}

/// Whom a rule binds and protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Where the debtor may be.
    pub places: Vec<Jurisdiction>,
    /// Who collects; anyone where none is named.
    pub collector: Option<CollectorRole>,
    /// Who owes.
    pub protects: Protects,
    /// Business debts that count as a consumer's.
    pub commercial: Option<CommercialCredit>,
    /// Only regulated consumer credit.
    pub regulated_credit: bool,
    /// Only debts past due for more than so many days.
    pub past_due_days: Option<i32>,
    /// A first party only once collection has begun.
    pub in_collection: bool,
}

impl Scope {
    /// Whether the rule applies to a debtor. What is not known is taken as if it did, or as if it did not.
    #[must_use]
    pub fn covers(&self, facts: &Facts, unknown: bool) -> bool {
        let Credit { regulated, days_past_due, in_collection, .. } = &facts.credit;
        let collector = facts.collector.or(unknown.then_some(CollectorRole::ThirdParty));
        let begun = collector == Some(CollectorRole::ThirdParty) || in_collection.unwrap_or(unknown);
        let is_at = |place| self.places.iter().any(|law| law.reaches(place));
        facts.places.iter().any(|place| is_at(&place.jurisdiction))
            && self.collector.is_none_or(|bound| collector == Some(bound))
            && self.covers_debtor(facts, unknown)
            && (!self.regulated_credit || regulated.unwrap_or(unknown))
            && self.past_due_days.is_none_or(|days| days_past_due.map_or(unknown, |past| past > days))
            && (!self.in_collection || begun)
    }

    fn covers_debtor(&self, facts: &Facts, unknown: bool) -> bool {
        let consumer = facts.kind.map_or(unknown, |kind| kind == DebtorKind::Consumer);
        let natural = facts.obligor.map_or(unknown, Obligor::is_natural);
        match self.protects {
            Protects::Everyone => true,
            Protects::Individuals => consumer || natural,
            Protects::Consumers => consumer || self.commercial.is_some_and(|credit| credit.covers(facts, unknown)),
        }
    }
}

/// Whether a tenant may do without a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The law of its scope. Nobody may.
    Hard,
    /// The platform's own. A tenant may be stricter, and no laxer.
    Standing,
    /// The platform's default. A tenant may loosen it, on a recorded basis and for a time.
    Default,
}

/// When an attempt is one that a rule asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct When {
    /// Only what no person decides on.
    pub automated: bool,
    /// Only what offers goods, services or credit.
    pub solicits: bool,
    /// Only calls to, or contacts counted on, such a line.
    pub line: LineFilter,
}

/// Which lines a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineFilter {
    /// Any.
    #[default]
    Any,
    /// Those at work.
    Work,
    /// Those not known to be at work.
    NotWork,
    /// Those at home.
    Residential,
    /// Those that are or may be mobile.
    Wireless,
}

impl LineFilter {
    /// Whether a line is one of them. One of which nothing is known may be at home or mobile, and not at work.
    #[must_use]
    pub fn takes(self, line: Option<Line>) -> bool {
        match self {
            Self::Any => true,
            Self::Work => line == Some(Line::Work),
            Self::NotWork => line != Some(Line::Work),
            Self::Residential => line == Some(Line::Residential),
            Self::Wireless => line.is_none_or(|line| line == Line::Wireless),
        }
    }
}

/// One rule, as of some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id. One rule may have several rows, in force at different times.
    pub id: RuleId,
    /// Where it stands.
    pub source: Citation,
    /// Whether a tenant may do without it.
    pub class: Class,
    /// Whom it binds and protects.
    pub scope: Scope,
    /// What it is about.
    pub media: Media,
    /// When it asks.
    pub when: When,
    /// The first day of its force.
    pub valid_from: Option<Date>,
    /// The last day of its force.
    pub valid_to: Option<Date>,
    /// What it asks.
    pub kind: Kind,
}

impl Rule {
    /// Whether it applies to a debtor under a policy's mode.
    #[must_use]
    pub fn applies(&self, facts: &Facts, mode: Mode) -> bool {
        let binds = mode == Mode::PlatformDefaults || self.class == Class::Hard;
        binds && self.scope.covers(facts, mode == Mode::PlatformDefaults)
    }
}

/// The rules of every jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Law {
    /// In no particular order.
    pub rules: Vec<Rule>,
}
