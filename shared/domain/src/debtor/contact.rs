//! The clock, decisions and messages: what changes a debtor without touching money.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{BookingError, Cycle, Debtor, Journal, StepDone};
use crate::agreement::Terms;
use crate::decision::{Action, Decision, Evaluation};
use crate::event::{Event, EventKind};
use crate::ids::AccountKey;
use crate::message::{CycleRef, Message, MessageId, Outcome, Pending, PendingState, Plan, Task, Written};
use crate::policy::{Policies, Subject, TaskKind};
use crate::reach::Way;
use crate::reason::{Reason, Rule};

/// A planned message that nobody picked up in this time is given up and decided anew.
pub const PLANNED_FOR: SignedDuration = SignedDuration::from_hours(6);

/// How long after its due date it is remembered that a courtesy was sent: a debtor who is found to live elsewhere may
/// have the due date before them again. Clocks differ by up to 26 hours.
const NOTED_FOR_DAYS: i64 = 2;

impl Debtor {
    /// Lets time pass until `now`: messages that nobody answers for are closed, holds and agreements end, cycles begin and
    /// end, credit limits are exceeded and restored, contacts that no rule counts any more are forgotten.
    ///
    /// # Errors
    /// [`BookingError`] where amounts do not add up; what was done before it stands.
    pub fn roll(&mut self, policies: &Policies, now: Timestamp, journal: &mut Journal) -> Result<(), BookingError> {
        self.forget_contacts(policies.contact(), now);
        self.roll_agreements(now, journal)?;
        let keys: Vec<AccountKey> = self.accounts.keys().cloned().collect();
        for key in keys {
            self.expire_pending(&key, now, journal);
            self.stop_waiting(&key, policies, now, journal);
            self.charge_what_is_left(&key, policies, now, journal)?;
            self.roll_cycle(&key, policies, now, journal);
        }
        self.roll_credit(journal)?;
        Ok(())
    }

    /// Puts a decision into effect and on record, with what it was made from: charges what is due, plans its messages,
    /// opens its tasks.
    ///
    /// # Errors
    /// [`BookingError`] where the debtor is not the one that was decided on; it must not be committed then.
    pub fn carry_out(&mut self, decision: Decision, now: Timestamp, journal: &mut Journal) -> Result<(), BookingError> {
        let on = Box::new(self.clone());
        self.put_into_effect(&decision, now, journal)?;
        journal.decision = Some(Evaluation { decision, on, withheld: None });
        Ok(())
    }

    /// Puts on record why a message that had been planned did not leave. `decision` was made without it.
    pub fn put_on_record(&self, decision: Decision, withheld: Vec<Reason>, journal: &mut Journal) {
        journal.decision = Some(Evaluation { decision, on: Box::new(self.clone()), withheld: Some(withheld) });
    }

    /// Charges what is due under a decision, plans its messages and opens its tasks.
    pub(crate) fn put_into_effect(
        &mut self,
        decision: &Decision,
        now: Timestamp,
        journal: &mut Journal,
    ) -> Result<(), BookingError> {
        for one in &decision.accounts {
            for charge in &one.charges {
                self.charge(&charge.invoice, charge.as_charge(), journal)?;
            }
            match &one.action {
                None => {}
                Some(Action::Send(plan)) => {
                    let event = Event::new(EventKind::MessagePlanned).account(&one.account).message(&plan.id);
                    journal.events.push(event.amount(plan.amount_due).detail(plan.step.as_str()));
                    let pending = Pending { plan: plan.clone(), planned_at: now, state: PendingState::Planned };
                    self.account_mut(&one.account).pending = Some(pending);
                }
                Some(Action::OpenTask { task, offset_days, notes }) => {
                    let event = Event::new(EventKind::TaskOpened).account(&one.account).amount(task.amount_due);
                    journal.events.push(event.detail(task.kind.as_str()));
                    journal.tasks.push(task.clone());
                    self.step_done(&one.account, task, (*offset_days, notes), now);
                }
            }
        }
        Ok(())
    }

    /// The message under way with this id, and its account.
    #[must_use]
    pub fn pending(&self, message: &MessageId) -> Option<(&AccountKey, &Pending)> {
        let pending = self.accounts.iter().filter_map(|(key, account)| Some((key, account.pending.as_ref()?)));
        pending.into_iter().find(|(_, pending)| pending.plan.id == *message)
    }

    /// The messages whose attempt has not reported in its time, by account.
    #[must_use]
    pub fn silent(&self, now: Timestamp) -> Vec<(AccountKey, Pending)> {
        let is_silent = |pending: &Pending| matches!(&pending.state, PendingState::Sending { lease_until, .. } if now >= *lease_until);
        let pending = self.accounts.iter().filter_map(|(key, account)| Some((key, account.pending.as_ref()?)));
        let silent = pending.filter(|(_, pending)| is_silent(pending));
        silent.map(|(key, pending)| (key.clone(), pending.clone())).collect()
    }

    /// Marks a planned message as being sent by `attempt`, and counts the contact.
    pub fn claim(&mut self, account: &AccountKey, attempt: &str, now: Timestamp, lease: SignedDuration) {
        let lease_until = now.saturating_add(lease).unwrap_or(Timestamp::MAX);
        let Some(plan) = self.accounts.get(account).and_then(|one| Some(&one.pending.as_ref()?.plan)) else { return };
        let channel = plan.channel;
        let to = match self.profile.way(channel, plan.stage, now) {
            Way::To(address) => Some(address.clone()),
            Way::Rests(..) | Way::Closed => None,
        };
        if let Some(pending) = self.account_mut(account).pending.as_mut() {
            pending.state = PendingState::Sending { attempt: attempt.to_owned(), lease_until, to, written: None };
        }
        self.count_message(now, channel);
    }

    /// Keeps by what the attempt that holds a message wrote it.
    pub fn keep_written(&mut self, account: &AccountKey, by: Written) {
        let pending = self.account_mut(account).pending.as_mut();
        if let Some(PendingState::Sending { written, .. }) = pending.map(|pending| &mut pending.state) {
            *written = Some(by);
        }
    }

    /// Takes a claim back: the provider did not take the message, and said so.
    pub fn release(&mut self, account: &AccountKey) {
        if let Some(pending) = self.account_mut(account).pending.as_mut() {
            pending.state = PendingState::Planned;
            let channel = pending.plan.channel;
            self.discount_message(channel);
        }
    }

    /// Closes the message under way on an account.
    pub fn settle(&mut self, account: &AccountKey, outcome: Outcome, now: Timestamp, journal: &mut Journal) {
        let Some(Pending { plan, planned_at, state }) = self.account_mut(account).pending.take() else { return };
        let (attempt, to, written) = match state {
            PendingState::Planned => (None, None, None),
            PendingState::Sending { attempt, to, written, .. } => (Some(attempt), to, written),
        };
        let kind = match &outcome {
            Outcome::Sent(_) => EventKind::MessageSent,
            Outcome::Withheld(_) => EventKind::MessageWithheld,
            Outcome::Failed(_) => EventKind::MessageFailed,
            Outcome::Unknown => EventKind::MessageUnknown,
        };
        let event = Event::new(kind).account(account).message(&plan.id).amount(plan.amount_due);
        journal.events.push(event.detail(plan.step.as_str()));
        if !matches!(outcome, Outcome::Withheld(_)) {
            self.message_counts(account, &plan, now);
        }
        journal.messages.push(Message {
            plan,
            planned_at,
            settled_at: now,
            outcome,
            attempt,
            to,
            written,
            facts: None,
        });
    }

    /// Withholds the message under way on an account because of what it says, and gives it to a person: the step counts as
    /// taken, because written again it would say the same.
    pub fn refuse(&mut self, account: &AccountKey, reasons: Vec<Reason>, now: Timestamp, journal: &mut Journal) {
        let pending = self.accounts.get(account).and_then(|account| account.pending.as_ref());
        let Some(plan) = pending.map(|pending| pending.plan.clone()) else { return };
        self.settle(account, Outcome::Withheld(reasons), now, journal);
        let Plan { step, cycle, amount_due, .. } = plan;
        let task = Task { kind: TaskKind::MendMessage, account: account.clone(), step, cycle, amount_due };
        let event = Event::new(EventKind::TaskOpened).account(account).amount(amount_due);
        journal.events.push(event.detail(task.kind.as_str()));
        self.step_done(account, &task, (plan.offset_days, &plan.notes), now);
        journal.tasks.push(task);
    }

    fn expire_pending(&mut self, key: &AccountKey, now: Timestamp, journal: &mut Journal) {
        let Some(pending) = self.accounts.get(key).and_then(|account| account.pending.as_ref()) else { return };
        let picked_up_by = pending.planned_at.saturating_add(PLANNED_FOR).unwrap_or(Timestamp::MAX);
        match &pending.state {
            PendingState::Planned if now >= picked_up_by => {
                let reason = Reason::against(Rule::NotDispatched, "nobody picked the message up in time");
                self.settle(key, Outcome::Withheld(vec![reason]), now, journal);
            }
            PendingState::Sending { lease_until, .. } if now >= *lease_until => {
                self.settle(key, Outcome::Unknown, now, journal);
            }
            PendingState::Planned | PendingState::Sending { .. } => {}
        }
    }

    fn roll_cycle(&mut self, key: &AccountKey, policies: &Policies, now: Timestamp, journal: &mut Journal) {
        let today = self.today(now);
        let subject = self.subject(key, now);
        let planned = self.agreements.values().any(|one| one.account == *key && matches!(one.terms, Terms::Plan(_)));
        let account = self.account_mut(key);
        let resumed_by = account.reopened.take().filter(|_| account.left_off > 0);
        let resumed_after = if resumed_by.is_some() { account.left_off } else { 0 };
        account.noted.retain(|due, _| *due >= today.saturating_sub(NOTED_FOR_DAYS.days()));
        account.forget_tries(today.saturating_sub(NOTED_FOR_DAYS.days()));
        match (&mut account.cycle, subject) {
            (None, Some(about)) => {
                let number = account.cycles.saturating_add(1);
                let policy = policies.current(about).id().clone();
                let done = BTreeMap::new();
                account.cycles = number;
                let event = match &resumed_by {
                    Some(why) => Event::new(EventKind::CycleResumed).because(why),
                    None => Event::new(EventKind::CycleBegan),
                };
                journal.events.push(event.account(key).detail(number.to_string()));
                account.cycle = Some(Cycle { number, began: today, about, policy, done, resumed_after, resumed_by });
            }
            (Some(cycle), Some(about)) if cycle.about != about => {
                cycle.about = about;
                cycle.policy = policies.current(about).id().clone();
            }
            (Some(cycle), None) => {
                let event = Event::new(EventKind::CycleEnded).account(key);
                journal.events.push(event.detail(cycle.number.to_string()));
                // A plan's own cycles do not make forgotten how far its debts were gone before it.
                account.left_off = cycle.furthest(Subject::Debt).max(if planned { account.left_off } else { 0 });
                account.cycle = None;
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    fn step_done(
        &mut self,
        key: &AccountKey,
        task: &Task,
        (offset_days, notes): (i32, &BTreeMap<Date, i32>),
        now: Timestamp,
    ) {
        let account = self.account_mut(key);
        account.take_step(&task.cycle, &task.step, StepDone { offset_days, at: now });
        if matches!(task.cycle, CycleRef::Upcoming(_)) {
            account.noted.extend(notes);
        }
    }

    /// A message that went out, or may have, takes its step and stands in for the courtesies that it mentions.
    fn message_counts(&mut self, key: &AccountKey, plan: &Plan, now: Timestamp) {
        let account = self.account_mut(key);
        account.take_step(&plan.cycle, &plan.step, StepDone { offset_days: plan.offset_days, at: now });
        account.note(&plan.notes);
        if let Some(tries) = account.tries.get_mut(&(plan.cycle.clone(), plan.step.clone())) {
            tries.retaken |= tries.failed == plan.tries;
        }
    }
}
