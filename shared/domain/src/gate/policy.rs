//! What a tenant decides about contact, within the law.

use std::ops::RangeInclusive;

use jiff::{SignedDuration, Timestamp};

use super::law::{Class, Law};
use crate::ids::{Citation, RuleId};
use crate::named::named;

/// A default is loosened for a year at most; then someone decides again.
const LOOSENED_FOR: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Which rules hold beside the law that binds everyone of its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// The platform's defaults too, and what is not known reads restrictively.
    #[default]
    PlatformDefaults,
    /// The law alone, as far as facts are known. For tests of the law, and for tenants whose counsel has signed it off.
    StatuteOnly,
}

/// What someone may decide for a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Works cases.
    Collector,
    /// Leads collectors.
    Manager,
    /// Answers for lawful contact.
    ComplianceOfficer,
    /// Answers for everything.
    Owner,
}

named!(
    Role,
    Collector => "collector",
    Manager => "manager",
    ComplianceOfficer => "compliance_officer",
    Owner => "owner",
);

/// A default that a tenant has loosened, with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loosened {
    rule: RuleId,
    basis: Citation,
    reason: String,
    role: Role,
    decided: Timestamp,
    expires: Timestamp,
}

/// Why a default is not loosened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoosenError {
    /// No pack has it.
    #[error("there is no rule {0}; see the defaults of GET /v1/contact-policy")]
    Unknown(RuleId),
    /// The law of its scope, or a stop that is built in.
    #[error("{0} is no default: it holds for everyone, and nobody may loosen it")]
    NotADefault(RuleId),
    /// It was named before.
    #[error("{0} is named twice")]
    Twice(RuleId),
    /// The role may not.
    #[error("role: only a compliance officer or the owner may loosen a rule of contact")]
    Role,
    /// Nothing says why.
    #[error("reason: say in 10 to 500 characters why the rule is loosened")]
    Reason,
    /// It is over before it begins.
    #[error("expires: must lie after the moment at which the rule is loosened")]
    Expired,
    /// It would never be looked at again.
    #[error("expires: must lie at most a year after the moment at which the rule is loosened")]
    TooLong,
}

impl Law {
    /// Whether a tenant may loosen a rule.
    ///
    /// # Errors
    /// [`LoosenError::Unknown`], [`LoosenError::NotADefault`].
    pub fn may_loosen(&self, id: &RuleId) -> Result<(), LoosenError> {
        let mut rows = self.rules.iter().filter(|rule| rule.id == *id).peekable();
        if rows.peek().is_none() {
            return Err(LoosenError::Unknown(id.clone()));
        }
        if rows.any(|rule| rule.class == Class::Default) { Ok(()) } else { Err(LoosenError::NotADefault(id.clone())) }
    }
}

impl Loosened {
    /// Loosens a default until `expires`. A rule that may not be loosened holds nevertheless.
    ///
    /// # Errors
    /// [`LoosenError`].
    pub fn new(
        rule: RuleId,
        (basis, reason): (Citation, &str),
        role: Role,
        (now, expires): (Timestamp, Timestamp),
    ) -> Result<Self, LoosenError> {
        if role < Role::ComplianceOfficer {
            return Err(LoosenError::Role);
        }
        let reason = reason.trim();
        if !(10..=500).contains(&reason.chars().count()) {
            return Err(LoosenError::Reason);
        }
        if expires <= now {
            return Err(LoosenError::Expired);
        }
        if expires.duration_since(now) > LOOSENED_FOR {
            return Err(LoosenError::TooLong);
        }
        Ok(Self { rule, basis, reason: reason.to_owned(), role, decided: now, expires })
    }

    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &RuleId {
        &self.rule
    }

    /// The document that it rests on.
    #[must_use]
    pub fn basis(&self) -> &Citation {
        &self.basis
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The role of who decided it.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// When it was decided.
    #[must_use]
    pub fn decided(&self) -> Timestamp {
        self.decided
    }

    /// When the rule holds again.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// What a tenant decides about contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPolicy {
    /// Which rules hold.
    pub mode: Mode,
    /// Defaults that are loosened.
    pub loosened: Vec<Loosened>,
    /// For how many days an attorney may be silent before the debtor is contacted again.
    pub attorney_silence_days: i32,
    /// The fewest minutes between two calls to a person, where that is more than the default.
    pub gap_minutes: Option<i32>,
    /// The most calls to a person in a day, where that is less than the default.
    pub calls_a_day: Option<u32>,
    /// Minutes kept clear at both ends of every window.
    pub margin_minutes: i32,
    /// Whether any dispute stops contact, by mouth or late as it may be.
    pub pause_on_any_dispute: bool,
}

impl ContactPolicy {
    /// An attorney's silence counts after the platform's thirty days or later, never sooner.
    pub const ATTORNEY_SILENCE_DAYS: RangeInclusive<i32> = 30..=365;
    /// A gap is at most a day.
    pub const GAP_MINUTES: RangeInclusive<i32> = 1..=1_440;
    /// Fewer than one call a day is no number of calls: hold the debtor instead.
    pub const CALLS_A_DAY: RangeInclusive<i32> = 1..=100;
    /// A margin at both ends leaves something of every window.
    pub const MARGIN_MINUTES: RangeInclusive<i32> = 0..=180;
}

impl Default for ContactPolicy {
    fn default() -> Self {
        Self {
            mode: Mode::PlatformDefaults,
            loosened: Vec::new(),
            attorney_silence_days: 30,
            gap_minutes: None,
            calls_a_day: None,
            margin_minutes: 0,
            pause_on_any_dispute: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_loosened_only_with_role_reason_and_expiry() {
        let now: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-09-02T00:00:00Z".parse().unwrap();
        let rule = || RuleId::parse("PLATFORM.US.HOURS").unwrap();
        let basis = || Citation::parse("Opinion of counsel of 1 March 2026").unwrap();
        let why = "business debtors on night shift";
        let loosen = |reason, role, expires| Loosened::new(rule(), (basis(), reason), role, (now, expires));
        assert_eq!(loosen(why, Role::Manager, later), Err(LoosenError::Role));
        assert_eq!(loosen("because", Role::Owner, later), Err(LoosenError::Reason));
        assert_eq!(loosen(why, Role::Owner, now), Err(LoosenError::Expired));
        let (year, longer) = ("2027-03-03T00:00:00Z", "2027-03-03T00:00:01Z");
        assert_eq!(loosen(why, Role::Owner, longer.parse().unwrap()), Err(LoosenError::TooLong));
        assert!(loosen(why, Role::Owner, year.parse().unwrap()).is_ok());
        let loosened = loosen(why, Role::ComplianceOfficer, later).unwrap();
        assert_eq!((loosened.rule(), loosened.expires(), loosened.reason()), (&rule(), later, why));
    }
}
