//! A rule of contact: whom it protects, when it is in force, and what it asks. The figures come from packs.

use jiff::civil::{Date, Time};

use super::attempt::{Line, Media};
use super::facts::{CollectorRole, Credit, Creditor, Facts};
use super::hours::Week;
use super::place::Jurisdiction;
use super::policy::Mode;
use crate::contact::DebtorKind;
use crate::ids::{Citation, RuleId};
use crate::money::Money;

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
        facts.obligor.map_or(unknown, super::facts::Obligor::is_natural)
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
        let natural = facts.obligor.map_or(unknown, super::facts::Obligor::is_natural);
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

/// A time that is looked back at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Calendar days in the debtor's zone, today being the last.
    Days(i32),
    /// So many hours to the second.
    Hours(i32),
}

/// At most so many contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// The most in the time, the attempt included.
    pub most: u32,
    /// The time.
    pub span: Span,
    /// What counts.
    pub counts: Media,
    /// Whether only conversations count.
    pub conversations: bool,
    /// Whether each debt has its own count.
    pub each_debt: bool,
    /// What lifts it.
    pub lifted_by: Option<LiftedBy>,
    /// Whether the tenant's own number of calls a day goes before it.
    pub daily: bool,
}

/// A consent that lifts a cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiftedBy {
    /// To be called more often.
    ExtraCalls,
    /// To recorded calls.
    PriorExpress,
}

/// Which disputes stop contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisputeRule {
    /// Those by mouth too.
    pub oral: bool,
    /// Those after the validation period too.
    pub late: bool,
    /// Only those not known to be without grounds.
    pub grounds: bool,
    /// Only from so many days after they were received.
    pub after_days: i32,
}

/// Nothing may be said, or nearly nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing after insolvency was filed for, but to take part in the proceedings.
    Insolvency,
    /// Nothing in a moratorium.
    Respite,
    /// Nothing after a demand to cease, but what the law excepts, each once.
    Cease {
        /// Demands by mouth too.
        oral: bool,
    },
    /// Nobody but the attorney.
    Attorney,
    /// Nobody but who acts for the estate.
    Deceased,
    /// Nothing about what is contested.
    Dispute(DisputeRule),
    /// Nothing before the original creditor was named.
    CreditorRequest,
    /// Nothing automated while data are contested.
    AccuracyContested,
    /// Nothing for so many days after a debt adviser told of a plan, and as many again while it comes about.
    Adviser {
        /// The days.
        days: i32,
    },
    /// Nothing about a debt that time has extinguished.
    Extinguished {
        /// The years.
        years: i16,
    },
}

/// Whether this medium, address and person may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permission {
    /// No medium that the debtor refused.
    MediumRefused,
    /// No address that opted out.
    OptedOut {
        /// All of the medium where one address opted out.
        whole_medium: bool,
        /// A confirmation may be sent within so many minutes.
        confirm_minutes: i32,
    },
    /// Nothing recorded or autodialled after an answer to marketing revoked consent.
    Revoked,
    /// Prior express consent.
    PriorExpress,
    /// Consent to electronic messages.
    Electronic,
    /// A basis for the e-mail address.
    MailBasis {
        /// The days between the creditor's notice and the deadline.
        notice_days: i32,
        /// Domains that anyone can have an address at.
        public_domains: Vec<String>,
    },
    /// A text, consent or check of the number that is recent.
    TextBasis {
        /// The most days since.
        max_age_days: i32,
    },
    /// No address that the employer provides.
    WorkMail,
    /// Nothing that others can see.
    Public,
    /// No calls at work.
    Workplace {
        /// Only where the employer forbids them.
        if_prohibited: bool,
    },
    /// Nobody else, but once to learn where the debtor is.
    ThirdParty {
        /// Whether a spouse may learn of the debt.
        spouse: bool,
    },
    /// No marketing after an objection.
    Objection,
}

/// When.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Only in these hours, on every clock that counts.
    Window {
        /// The hours.
        week: Week,
        /// Whether the debtor may consent to more.
        consent: bool,
    },
    /// Not at times that the debtor called inconvenient.
    Inconvenient,
}

/// How often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frequency {
    /// At most so many.
    Cap(Cap),
    /// No call for so many days after a conversation, its own day being the first.
    Cooldown {
        /// The days.
        days: i32,
        /// Whether each debt has its own.
        each_debt: bool,
    },
    /// So many minutes between two calls.
    Gap {
        /// The minutes.
        minutes: i32,
    },
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// A clear and simple way to opt out.
    OptOutLine,
    /// The headers of one-click unsubscription.
    OneClick,
    /// An offer must say how to opt out.
    CommercialOptOut,
    /// That a debt collector speaks.
    Disclosure,
    /// A voicemail is a limited-content message.
    LimitedContent {
        /// Words that tell of collection in a business's name.
        revealing: Vec<String>,
    },
    /// Nothing at odds with the right to dispute.
    Overshadowing,
    /// No threat of a suit that is barred.
    BarredThreat,
    /// Whence the data come, at the latest in the first communication.
    PrivacyNotice,
}

/// What a rule asks, in the order in which questions are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Whether anything may be said at all.
    Stop(Stop),
    /// Whether this medium, address and person may be used.
    Permission(Permission),
    /// When.
    Hours(Hours),
    /// How often.
    Frequency(Frequency),
    /// What is said.
    Demand(Demand),
}

impl Kind {
    /// Its place in the order of questions.
    #[must_use]
    pub fn order(&self) -> u8 {
        match self {
            Self::Stop(_) => 0,
            Self::Permission(_) => 1,
            Self::Hours(_) => 2,
            Self::Frequency(_) => 3,
            Self::Demand(_) => 4,
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

/// The hours of a day: from, and to before.
pub type OpenHours = (Time, Time);
