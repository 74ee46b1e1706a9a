//! A rule of law that a duty rests on, and what stands in the way where it is not met.

use std::fmt;

use jiff::civil::Date;

use super::because::Because;
use crate::ids::{Citation, RuleId};

/// A rule of law: how decisions name it, where it can be read, and when it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provision {
    /// Its id.
    pub id: RuleId,
    /// Statute, regulation or rule.
    pub source: Citation,
    /// The first day on which it is in force.
    pub valid_from: Date,
    /// The last day, where one is known.
    pub valid_to: Option<Date>,
}

impl Provision {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn in_force(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// What it stops.
    #[must_use]
    pub fn bar(&self, because: Because, lifts: Lifts) -> Bar {
        Bar { rule: self.id.clone(), source: self.source.clone(), because, lifts }
    }
}

/// When what stands in the way is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifts {
    /// Never.
    Never,
    /// On this day, which is the first without it.
    On(Date),
    /// When what is missing was done.
    WhenMended,
}

/// What stands in the way of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The rule.
    pub rule: RuleId,
    /// Where the rule can be read.
    pub source: Citation,
    /// What is wrong, and what to do.
    pub because: Because,
    /// When it is gone.
    pub lifts: Lifts,
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.because, self.source)
    }
}
