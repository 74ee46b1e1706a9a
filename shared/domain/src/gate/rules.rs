//! By what contact with a tenant's debtors is judged.

use std::fmt;
use std::sync::Arc;

use super::atlas::Atlas;
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

impl Default for ContactRules {
    /// No law at all, for a tenant that collects what it is owed itself.
    fn default() -> Self {
        let (book, policy) = (Lawbook::default(), ContactPolicy::default());
        Self { book, policy, collector: CollectorRole::FirstParty }
    }
}
