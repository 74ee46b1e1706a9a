//! By what contact with a tenant's debtors is judged.

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;

use super::atlas::Atlas;
use super::kind::Kind;
use super::law::Law;
use super::policy::ContactPolicy;
use crate::collector::CollectorRole;
use crate::ids::RuleName;

/// A version of a pack of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRef {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
}

impl fmt::Display for PackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// The rules of a version of the law, and what tells where debtors are. A copy costs next to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lawbook {
    /// The rules.
    pub law: Arc<Law>,
    /// Places, their zones and area codes.
    pub atlas: Arc<Atlas>,
    /// The packs that the rules come from.
    pub packs: Arc<[PackRef]>,
}

/// The law, and what a tenant decides within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRules {
    /// The law.
    pub book: Lawbook,
    /// What the tenant decides.
    pub policy: ContactPolicy,
    /// On whose behalf the tenant collects.
    pub collector: CollectorRole,
}

impl ContactRules {
    /// How long ago the oldest contact may lie that a rule counts, in the law as in what the tenant decides.
    #[must_use]
    pub fn looks_back(&self) -> SignedDuration {
        let of_law = self.book.law.rules.iter().filter_map(|rule| match &rule.kind {
            Kind::Frequency(frequency) => Some(frequency.looks_back()),
            Kind::Stop(_) | Kind::Permission(_) | Kind::Hours(_) | Kind::Demand(_) => None,
        });
        let gap = self.policy.gap_minutes.map(|minutes| SignedDuration::from_mins(i64::from(minutes)));
        of_law.chain(gap).max().unwrap_or(SignedDuration::ZERO)
    }
}

impl Default for ContactRules {
    /// No law at all, for a tenant that collects what it is owed itself.
    fn default() -> Self {
        let (book, policy) = (Lawbook::default(), ContactPolicy::default());
        Self { book, policy, collector: CollectorRole::FirstParty }
    }
}
