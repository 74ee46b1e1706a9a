//! One debtor's months, lived again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, TimestampRound, Unit};

use super::{Fact, History, Window};
use crate::calendar::Calendar;
use crate::contact::Channel;
use crate::debtor::{BookingError, Debtor, Journal};
use crate::decide::decide;
use crate::decision::{Action, Decision};
use crate::hold::{Hold, SetBy};
use crate::ids::{AccountKey, DebtorId, PortfolioId, RuleId, StepName};
use crate::message::Outcome;
use crate::money::Money;
use crate::policy::{Policies, Stage, TaskKind};
use crate::reason::{Detail, Reason, Rule};

/// A message that would have gone out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// When.
    pub at: Timestamp,
    /// The creditor and currency.
    pub account: AccountKey,
    /// The step of the policy.
    pub step: StepName,
    /// Its stage.
    pub stage: Stage,
    /// By what.
    pub channel: Channel,
    /// What would have been asked for.
    pub amount_due: Money,
}

/// A task that would have been opened for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// When.
    pub at: Timestamp,
    /// The creditor and currency.
    pub account: AccountKey,
    /// What is to be done.
    pub kind: TaskKind,
}

/// What spoke against contact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// A rule of ours.
    Rule(Rule),
    /// A rule of law or of the tenant, which the gate named: a cap, an hour, a stop.
    Gate(RuleId),
}

/// What would have happened to one debtor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// Who.
    pub debtor: DebtorId,
    /// Messages, in order.
    pub contacts: Vec<Contact>,
    /// Tasks for people, in order.
    pub tasks: Vec<Task>,
    /// How often each rule spoke against contact for each creditor.
    pub against: BTreeMap<(PortfolioId, Against), u32>,
}

/// Lives a history under a policy, hour by hour, and tells what would have been done within the window.
///
/// # Errors
/// [`BookingError`] where the facts contradict each other.
pub fn live(history: &History, policies: &Policies, calendar: &Calendar, window: Window) -> Result<Life, BookingError> {
    let mut debtor = history.debtor.clone();
    let contacts = Vec::new();
    let mut life = Life { debtor: debtor.id.clone(), contacts, tasks: Vec::new(), against: BTreeMap::new() };
    let mut facts = history.facts.iter().peekable();
    let mut wake: Option<Timestamp> = None;
    loop {
        let told = facts.peek().map(|(day, _)| debtor.profile.zone.midnight(*day));
        let Some(now) = told.into_iter().chain(wake).min().filter(|now| *now < window.to) else { return Ok(life) };
        // As in a commit: what is rolled sees what has just been settled.
        let journal = &mut Journal::default();
        while let Some((_, fact)) = facts.next_if(|(day, _)| debtor.profile.zone.midnight(*day) <= now) {
            happen(&mut debtor, fact, now, journal)?;
        }
        debtor.roll(policies, now, journal)?;
        let decision = decide(&debtor, policies, calendar, now);
        let acts = decision.acts();
        if now >= window.from {
            life.note(&decision);
        }
        let next = if acts {
            carry_out(&mut debtor, &decision, now)?;
            decide(&debtor, policies, calendar, now).wake()
        } else {
            decision.wake()
        };
        wake = next.map(|next| next_run(next, now));
    }
}

/// The hourly run in which something is done that is to be done at `wake`.
fn next_run(wake: Timestamp, now: Timestamp) -> Timestamp {
    let up = TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Ceil);
    let run = wake.round(up).unwrap_or(wake);
    // A run never meets itself again.
    run.max(now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX))
}

fn happen(debtor: &mut Debtor, fact: &Fact, now: Timestamp, journal: &mut Journal) -> Result<(), BookingError> {
    match fact {
        Fact::Invoice(draft) => drop(debtor.record_invoice(draft, journal)?),
        Fact::Entry(entry) => debtor.replay(entry, journal)?,
        // What was set or agreed may be refused where another policy has let it come to something else.
        // A day is as fine as a history is, which also says when it ended.
        Fact::Hold(hold) => {
            let since = hold.since.min(now);
            drop(debtor.hold(Hold { since, ends_with: None, ..hold.clone() }, now, journal));
        }
        Fact::Agreed(proposal) => drop(debtor.agree(Clone::clone(proposal), now, journal)),
        Fact::Lifted(hold) => {
            debtor.lift(hold, SetBy::Staff, now, journal);
        }
        Fact::Ended(agreement) => {
            debtor.cancel(agreement, SetBy::Staff, now, journal);
        }
    }
    Ok(())
}

/// Every message goes out at once.
fn carry_out(debtor: &mut Debtor, decision: &Decision, now: Timestamp) -> Result<(), BookingError> {
    let journal = &mut Journal::default();
    debtor.put_into_effect(decision, now, journal)?;
    for one in &decision.accounts {
        if let Some(Action::Send(_)) = &one.action {
            debtor.claim(&one.account, "", now, SignedDuration::ZERO);
            debtor.settle(&one.account, Outcome::Sent(String::new()), now, journal);
        }
    }
    Ok(())
}

/// The gate's own rule where it named one.
fn against(reason: &Reason) -> Against {
    if let Detail::Refused(_, refusal) = &reason.detail {
        Against::Gate(refusal.rule.clone())
    } else {
        Against::Rule(reason.rule)
    }
}

impl Life {
    /// What of it is about this creditor.
    #[must_use]
    pub fn only(mut self, portfolio: &PortfolioId) -> Self {
        self.contacts.retain(|one| one.account.portfolio == *portfolio);
        self.tasks.retain(|one| one.account.portfolio == *portfolio);
        self.against.retain(|(of, _), _| of == portfolio);
        self
    }

    fn note(&mut self, decision: &Decision) {
        for one in &decision.accounts {
            match &one.action {
                Some(Action::Send(plan)) => self.contacts.push(Contact {
                    at: decision.at,
                    account: one.account.clone(),
                    step: plan.step.clone(),
                    stage: plan.stage,
                    channel: plan.channel,
                    amount_due: plan.amount_due,
                }),
                Some(Action::OpenTask { task, .. }) => {
                    self.tasks.push(Task { at: decision.at, account: one.account.clone(), kind: task.kind });
                }
                None => {}
            }
            for reason in one.reasons.iter().filter(|reason| !reason.speaks_for) {
                let who = (one.account.portfolio.clone(), against(reason));
                let times = self.against.entry(who).or_default();
                *times = times.saturating_add(1);
            }
        }
    }
}
