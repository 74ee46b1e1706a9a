//! What was decided, and why: data, made by [`crate::decide`] and carried out by [`crate::debtor`].

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::debtor::{Debtor, DueCharge};
use crate::gate::PackRef;
use crate::ids::{AccountKey, PolicyRef};
use crate::message::{Plan, Task};
use crate::reason::Reason;

/// What to do for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write to the debtor.
    Send(Plan),
    /// Give a person something to do.
    OpenTask {
        /// What.
        task: Task,
        /// The day of the step that asks for it.
        offset_days: i32,
        /// Due dates not yet past that it is about, with the courtesy step that was in order.
        notes: BTreeMap<Date, i32>,
    },
}

/// What was decided for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDecision {
    /// Creditor and currency.
    pub account: AccountKey,
    /// What to charge, before the action: it contains that.
    pub charges: Vec<DueCharge>,
    /// Whether more is to be charged than one commit takes; there is no action then.
    pub more: bool,
    /// What to do, if anything.
    pub action: Option<Action>,
    /// When to look again, if nothing is done now and nothing happens before.
    pub wake: Option<Timestamp>,
    /// Every rule that spoke.
    pub reasons: Vec<Reason>,
}

impl AccountDecision {
    fn acts(&self) -> bool {
        self.action.is_some() || !self.charges.is_empty() || self.more
    }
}

/// What one evaluation of a debtor concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When it was made.
    pub at: Timestamp,
    /// The policy for new cycles at the time.
    pub policy: PolicyRef,
    /// The packs that contact was judged by.
    pub packs: Arc<[PackRef]>,
    /// One for each account.
    pub accounts: Vec<AccountDecision>,
}

impl Decision {
    /// The next moment to look at the debtor: now, where there is something to do.
    #[must_use]
    pub fn wake(&self) -> Option<Timestamp> {
        let wake = |one: &AccountDecision| if one.acts() { Some(self.at) } else { one.wake };
        self.accounts.iter().filter_map(wake).min()
    }

    /// Whether there is something to do.
    #[must_use]
    pub fn acts(&self) -> bool {
        self.accounts.iter().any(AccountDecision::acts)
    }

    /// Whether there is more to do than one commit takes.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.accounts.iter().any(|one| one.more)
    }
}

/// A decision that goes on record, with what it can be made from again (I7).
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// What was decided.
    pub decision: Decision,
    /// The debtor as it was decided on, before anything was carried out.
    pub on: Box<Debtor>,
    /// Why a message that had been planned was withheld, where that is what the decision was asked for.
    pub withheld: Option<Vec<Reason>>,
}
