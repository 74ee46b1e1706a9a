//! What is right to do for a debtor now: a pure function of the debtor, the policy, the calendar and the time.
//!
//! For each account (creditor and currency) it names one action or none, every rule that spoke for or against, and
//! when to look again. It never sends and never reads a clock; the same inputs give the same decision (I7).

mod fingerprint;
mod ladder;
mod recheck;

pub use fingerprint::fingerprint;
pub use recheck::{Recheck, recheck};

use jiff::Timestamp;

use crate::calendar::Calendar;
use crate::debtor::Debtor;
use crate::decision::Decision;
use crate::policy::{Policies, Subject};

/// Decides for every account of a debtor, which must have been [rolled](Debtor::roll) to `now`.
#[must_use]
pub fn decide(debtor: &Debtor, policies: &Policies, calendar: &Calendar, now: Timestamp) -> Decision {
    let today = debtor.today(now);
    let accounts = debtor.accounts.iter().map(|(key, account)| {
        let view = ladder::View { debtor, key, account, calendar, now, today };
        view.decide(policies)
    });
    Decision { at: now, policy: policies.current(Subject::Debt).id().clone(), accounts: accounts.collect() }
}
