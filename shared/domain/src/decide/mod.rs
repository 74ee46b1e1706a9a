//! What is right to do for a debtor now: a pure function of the debtor, the policy, the calendar and the time.
//!
//! For each account (creditor and currency) it names one action or none, every rule that spoke for or against, and
//! when to look again. What rules charge comes first: the message contains it. It never sends and never reads a clock; the same inputs give the same decision (I7).

mod charging;
mod ladder;
mod permitting;
mod recheck;

pub use recheck::{Recheck, recheck};

use std::sync::Arc;

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::debtor::Debtor;
use crate::decision::Decision;
use crate::policy::{Policies, Subject};

/// Decides for every account of a debtor, which must have been [rolled](Debtor::roll) to `now`.
#[must_use]
pub fn decide(debtor: &Debtor, policies: &Policies, calendar: &Calendar, now: Timestamp) -> Decision {
    let mut room = charging::PER_COMMIT;
    let accounts = debtor.accounts.iter().map(|(key, account)| {
        let decided = charging::Deciding { key, account, policies, calendar, now }.decide(debtor, room);
        room = room.saturating_sub(decided.charges.len());
        decided
    });
    Decision {
        at: now,
        policy: policies.current(Subject::Debt).id().clone(),
        packs: Arc::clone(&policies.contact().book.packs),
        accounts: accounts.collect(),
    }
}
