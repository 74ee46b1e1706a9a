//! What is charged comes before what is written, so that a message asks for the sum that is owed when it is planned.

use std::borrow::Cow;

use jiff::Timestamp;

use super::ladder::View;
use crate::calendar::Calendar;
use crate::debtor::{Account, Charged, Debtor, DueCharge, Journal, Occasion};
use crate::decision::{AccountDecision, Action};
use crate::ids::AccountKey;
use crate::policy::Policies;
use crate::reason::{Detail, Reason, Rule};

/// The most charges of one commit: each is an entry and an invoice in its transaction.
pub(super) const PER_COMMIT: usize = 30;

/// What an account is decided by.
#[derive(Clone, Copy)]
pub(super) struct Deciding<'a> {
    pub(super) key: &'a AccountKey,
    pub(super) account: &'a Account,
    pub(super) policies: &'a Policies,
    pub(super) calendar: &'a Calendar,
    pub(super) now: Timestamp,
}

/// A debtor with what has been charged so far, and why.
struct WithCharges<'a> {
    debtor: Cow<'a, Debtor>,
    charges: Vec<DueCharge>,
    reasons: Vec<Reason>,
    wakes: Vec<Timestamp>,
    more: bool,
}

impl Deciding<'_> {
    /// Decides, with at most so many charges.
    pub(super) fn decide(self, debtor: &Debtor, room: usize) -> AccountDecision {
        let debtor = Cow::Borrowed(debtor);
        let mut with = WithCharges { debtor, charges: vec![], reasons: vec![], wakes: vec![], more: false };
        self.charge(&mut with, Occasion::Day, room);
        let mut decided = self.ladder(&with.debtor);
        if matches!(decided.action, Some(Action::Send(_))) {
            let before = with.charges.len();
            self.charge(&mut with, Occasion::Message, room);
            if with.charges.len() > before {
                decided = self.ladder(&with.debtor);
            }
        }
        if with.more {
            decided.action = None;
            with.reasons.push(Reason::against(Rule::Charging, "more is charged first than one commit takes"));
        }
        with.reasons.append(&mut decided.reasons);
        with.wakes.extend(decided.wake);
        let wake = with.wakes.iter().min().copied();
        AccountDecision { charges: with.charges, more: with.more, reasons: with.reasons, wake, ..decided }
    }

    fn ladder(self, debtor: &Debtor) -> AccountDecision {
        let Self { key, policies, calendar, now, .. } = self;
        let account = debtor.accounts.get(key).unwrap_or(self.account);
        View { debtor, key, account, calendar, now, today: debtor.today(now) }.decide(policies)
    }

    /// Asks the rules, and books what they say on a copy.
    fn charge(self, with: &mut WithCharges<'_>, occasion: Occasion, room: usize) {
        let asked = with.debtor.charges_due(self.key, self.policies, self.now, occasion);
        // What was said before of this day needs no second word.
        let news = asked.reasons.into_iter().filter(|reason| !with.reasons.contains(reason)).collect::<Vec<_>>();
        with.reasons.extend(news);
        with.wakes.extend(asked.wakes);
        for charge in asked.charges {
            if with.charges.len() >= room {
                with.more = true;
                return;
            }
            let booked = with.debtor.to_mut().charge(&charge.invoice, charge.as_charge(), &mut Journal::default());
            match booked {
                Ok(Charged::Booked) => with.charges.push(charge),
                Ok(Charged::Before) => {}
                Err(error) => {
                    with.reasons.push(Reason::against(Rule::NotChargeable, Detail::Written(error.to_string())));
                }
            }
        }
    }
}
