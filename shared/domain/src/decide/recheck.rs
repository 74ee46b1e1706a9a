//! The last question before a message leaves: is exactly this still right, now?

use jiff::Timestamp;

use super::decide;
use crate::calendar::Calendar;
use crate::debtor::Debtor;
use crate::decision::Action;
use crate::ids::AccountKey;
use crate::message::{MessageId, Outcome, PendingState, Plan};
use crate::policy::Policies;
use crate::reason::{Detail, Reason, Rule};

/// What to do with a message that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recheck {
    /// Send it, as planned.
    Send(Plan),
    /// Do not send it, for these reasons.
    Withhold(AccountKey, Outcome),
    /// An attempt is sending it, and has time left to say how it went.
    UnderWay,
    /// It is over: there is nothing to do.
    Over,
}

/// Decides anew, as if the message had not been planned, and compares: only the same message, word for word, may go.
///
/// `debtor` must have been rolled to `now`.
#[must_use]
pub fn recheck(
    debtor: &Debtor,
    message: &MessageId,
    policies: &Policies,
    calendar: &Calendar,
    now: Timestamp,
) -> Recheck {
    let Some((key, pending)) = debtor.pending(message) else { return Recheck::Over };
    if pending.state != PendingState::Planned {
        return Recheck::UnderWay;
    }
    let key = key.clone();
    let mut unplanned = debtor.clone();
    if let Some(account) = unplanned.accounts.get_mut(&key) {
        account.pending = None;
    }
    let decision = decide(&unplanned, policies, calendar, now);
    let Some(decided) = decision.accounts.into_iter().find(|one| one.account == key) else { return Recheck::Over };
    match decided.action {
        Some(Action::Send(plan)) if plan == pending.plan => Recheck::Send(plan),
        Some(Action::Send(plan)) => {
            let asked = |plan: &Plan| format!("{} {} by {}", plan.amount_due, plan.account.currency, plan.step);
            let detail = format!("planned {}, now {}", asked(&pending.plan), asked(&plan));
            Recheck::Withhold(key, Outcome::Withheld(vec![Reason::against(Rule::Changed, Detail::Written(detail))]))
        }
        Some(Action::OpenTask { .. }) | None => {
            let mut reasons = decided.reasons;
            reasons.retain(|reason| !reason.speaks_for && !reason.rule.is_of_charges());
            if reasons.is_empty() {
                reasons.push(Reason::against(Rule::NoLongerDue, "nothing is left to say"));
            }
            Recheck::Withhold(key, Outcome::Withheld(reasons))
        }
    }
}
