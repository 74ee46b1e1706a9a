//! Companies that belong together: a parent and its children, each a debtor of its own. A group has one level, so nothing
//! can run in a circle.

use std::collections::BTreeSet;

use super::Debtor;
use crate::ids::DebtorId;

/// Where a debtor stands among others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Membership {
    /// It belongs to no group.
    #[default]
    Alone,
    /// It is the parent of others. Its credit limits are those of the whole group.
    Leads,
    /// It is a child of this parent.
    Of(DebtorId),
}

impl Membership {
    /// The parent, where it has one.
    #[must_use]
    pub fn parent(&self) -> Option<&DebtorId> {
        match self {
            Self::Of(parent) => Some(parent),
            Self::Alone | Self::Leads => None,
        }
    }
}

/// Why a debtor cannot have this parent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// There is no such debtor.
    #[error("there is no debtor {0}; a parent must be known before its children name it")]
    Unknown(DebtorId),
    /// It would be its own parent.
    #[error("{0} cannot be its own parent")]
    Itself(DebtorId),
    /// A group has one level.
    #[error("{parent} belongs to the group of {of}; a group has one level, so name {of}")]
    NotAtTheTop {
        /// The one that was named.
        parent: DebtorId,
        /// Its own parent.
        of: DebtorId,
    },
    /// It has children of its own.
    #[error("{debtor} is the parent of {children} debtors; a group has one level, so these have to leave it first")]
    HasChildren {
        /// The one that would get a parent.
        debtor: DebtorId,
        /// How many it has.
        children: u64,
    },
    /// More than can be counted into a group, or out of one, at once.
    #[error("{debtor} has open invoices due in {months} months; at most {max} can be counted at once")]
    TooSpread {
        /// The one that would be counted.
        debtor: DebtorId,
        /// How many, by currency.
        months: usize,
        /// How many may be; half as many where one group is left for another.
        max: usize,
    },
}

impl Debtor {
    /// Over how many months, by currency, the due dates of what is open may be spread where a debtor joins or leaves a
    /// group: all of it is counted in one transaction. Leaving one group for another counts twice.
    pub const GROUP_MONTHS_MAX: usize = 80;

    /// The parent of the group that the debtor is counted in, itself perhaps.
    #[must_use]
    pub fn group(&self) -> Option<&DebtorId> {
        match &self.membership {
            Membership::Alone => None,
            Membership::Leads => Some(&self.id),
            Membership::Of(parent) => Some(parent),
        }
    }

    /// Makes it the parent of a group, of which it is the only member as yet. `false` where it is one.
    ///
    /// # Errors
    /// [`GroupError`] where it has a parent, or owes too much to be counted at once.
    pub fn lead(&mut self) -> Result<bool, GroupError> {
        match &self.membership {
            Membership::Leads => Ok(false),
            Membership::Of(of) => Err(GroupError::NotAtTheTop { parent: self.id.clone(), of: of.clone() }),
            Membership::Alone => {
                self.countable(1)?;
                self.membership = Membership::Leads;
                Ok(true)
            }
        }
    }

    /// Makes it a child of `parent`. `children` says how many it has itself.
    ///
    /// # Errors
    /// [`GroupError`]; nothing is changed then.
    pub(super) fn join(&mut self, parent: &Debtor, children: u64) -> Result<(), GroupError> {
        if parent.id == self.id {
            return Err(GroupError::Itself(self.id.clone()));
        }
        if let Membership::Of(of) = &parent.membership {
            return Err(GroupError::NotAtTheTop { parent: parent.id.clone(), of: of.clone() });
        }
        if children > 0 {
            return Err(GroupError::HasChildren { debtor: self.id.clone(), children });
        }
        self.countable(if self.group().is_some() { 2 } else { 1 })?;
        self.membership = Membership::Of(parent.id.clone());
        Ok(())
    }

    /// Lets a child go its own way. A parent has none to leave.
    ///
    /// # Errors
    /// [`GroupError::TooSpread`]; nothing is changed then.
    pub(super) fn leave(&mut self) -> Result<(), GroupError> {
        if self.membership.parent().is_some() {
            self.countable(1)?;
            self.membership = Membership::Alone;
        }
        Ok(())
    }

    /// Whether all that is open can be counted so many times in one transaction.
    fn countable(&self, times: usize) -> Result<(), GroupError> {
        let open = self.invoices.values().filter(|invoice| invoice.balance().is_positive());
        let months = open.map(|invoice| (invoice.currency(), invoice.due_date.first_of_month()));
        let months = months.collect::<BTreeSet<_>>().len();
        let max = Self::GROUP_MONTHS_MAX.checked_div(times).unwrap_or_default();
        if months > max { Err(GroupError::TooSpread { debtor: self.id.clone(), months, max }) } else { Ok(()) }
    }
}
