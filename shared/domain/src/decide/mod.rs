//! What is right to do for a debtor now: a pure function of the debtor, the policy, the calendar and the time.
//!
//! For each account (creditor and currency) it names one action or none, every rule that spoke for or against, and
//! when to look again. It never sends and never reads a clock; the same inputs give the same decision (I7).

mod fingerprint;
mod ladder;
mod reason;
mod recheck;

pub use reason::{Reason, Rule};
pub use recheck::{Recheck, recheck};

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::debtor::Debtor;
use crate::ids::{AccountKey, PolicyRef};
use crate::message::{Plan, Task};
use crate::policy::Policies;

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
    },
}

/// What was decided for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountDecision {
    /// Creditor and currency.
    pub account: AccountKey,
    /// What to do, if anything.
    pub action: Option<Action>,
    /// When to look again, if nothing is done now and nothing happens before.
    pub wake: Option<Timestamp>,
    /// Every rule that spoke.
    pub reasons: Vec<Reason>,
}

/// What one evaluation of a debtor concluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// When it was made.
    pub at: Timestamp,
    /// The policy for new cycles at the time.
    pub policy: PolicyRef,
    /// A hash over all that was looked at: equal inputs, equal hash.
    pub inputs: String,
    /// One for each account.
    pub accounts: Vec<AccountDecision>,
}

impl Decision {
    /// The next moment to look at the debtor: now, where there is something to do.
    #[must_use]
    pub fn wake(&self) -> Option<Timestamp> {
        let wake = |one: &AccountDecision| if one.action.is_some() { Some(self.at) } else { one.wake };
        self.accounts.iter().filter_map(wake).min()
    }

    /// Whether there is something to do.
    #[must_use]
    pub fn acts(&self) -> bool {
        self.accounts.iter().any(|one| one.action.is_some())
    }
}

/// Decides for every account of a debtor, which must have been [rolled](Debtor::roll) to `now`.
#[must_use]
pub fn decide(debtor: &Debtor, policies: &Policies, calendar: &Calendar, now: Timestamp) -> Decision {
    let accounts = debtor.accounts.iter().map(|(key, account)| {
        let view = ladder::View { debtor, key, account, calendar, now };
        view.decide(policies)
    });
    Decision {
        at: now,
        policy: policies.current().id().clone(),
        inputs: fingerprint::of(debtor, policies, now),
        accounts: accounts.collect(),
    }
}
