//! Two policies side by side, on the same debtors.

use std::collections::BTreeMap;

use super::{Life, Report};
use crate::ids::DebtorId;

/// So many debtors are named whom the policies treat differently: those whose references come first.
pub const DIFFERENCES_NAMED: usize = 50;

/// What two policies would have done. Trials of different debtors merge, in whatever order, into that of all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    /// Under the policy that is in use.
    pub old: Report,
    /// Under the candidate.
    pub new: Report,
    /// Who would notice.
    pub comparison: Comparison,
}

impl Trial {
    /// Adds a debtor's lives under both.
    pub fn add(&mut self, old: &Life, new: &Life) {
        self.old.add(old);
        self.new.add(new);
        self.comparison.add(old, new);
    }

    /// Adds what was found of other debtors.
    pub fn merge(&mut self, other: Self) {
        self.old.merge(other.old);
        self.new.merge(other.new);
        self.comparison.merge(other.comparison);
    }
}

/// How many debtors one policy would have written to otherwise than another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Only the old policy writes to them.
    pub only_old: u64,
    /// Only the new policy writes to them.
    pub only_new: u64,
    /// The new policy writes to them more often.
    pub more: u64,
    /// The new policy writes to them less often.
    pub less: u64,
    /// Both write to them as often, but not the same: another step, channel, moment or amount.
    pub otherwise: u64,
    /// Both write the same to them.
    pub same: u64,
    /// The first of those who get more or fewer messages, by reference: how many under the old policy and under the new.
    pub first: BTreeMap<DebtorId, (u32, u32)>,
}

impl Comparison {
    fn add(&mut self, old: &Life, new: &Life) {
        let (before, after) = (old.times(), new.times());
        let group = match (before, after) {
            (0, 0) => return,
            (0, _) => &mut self.only_new,
            (_, 0) => &mut self.only_old,
            _ if after > before => &mut self.more,
            _ if after < before => &mut self.less,
            _ if old.contacts == new.contacts => &mut self.same,
            _ => &mut self.otherwise,
        };
        *group = group.saturating_add(1);
        if before != after {
            self.first.insert(old.debtor.clone(), (before, after));
            self.shorten();
        }
    }

    fn merge(&mut self, other: Self) {
        self.only_old = self.only_old.saturating_add(other.only_old);
        self.only_new = self.only_new.saturating_add(other.only_new);
        self.more = self.more.saturating_add(other.more);
        self.less = self.less.saturating_add(other.less);
        self.otherwise = self.otherwise.saturating_add(other.otherwise);
        self.same = self.same.saturating_add(other.same);
        self.first.extend(other.first);
        self.shorten();
    }

    fn shorten(&mut self) {
        while self.first.len() > DIFFERENCES_NAMED {
            self.first.pop_last();
        }
    }
}
