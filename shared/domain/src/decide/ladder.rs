//! The ladder for one account: which step is right today, what it says, and when to look again.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::permitting::permitted;
use crate::calendar::{Calendar, Closed};
use crate::debtor::{Account, Claim, Cycle, Debtor, Held, Journal, PLANNED_FOR, Standstill};
use crate::decision::{AccountDecision, Action};
use crate::gate::ContactRules;
use crate::hold::HoldReason;
use crate::ids::AccountKey;
use crate::invoice::Stop;
use crate::message::{CycleRef, Line, MessageId, Outcome, PendingState, Plan, Task};
use crate::money::Money;
use crate::policy::{Policies, Policy, Step, StepAction, Subject, TaskKind};
use crate::reason::{Detail, Reason, Rule};

/// One account as the rules see it.
pub(super) struct View<'a> {
    pub(super) debtor: &'a Debtor,
    pub(super) key: &'a AccountKey,
    pub(super) account: &'a Account,
    pub(super) calendar: &'a Calendar,
    pub(super) now: Timestamp,
    /// The date on the debtor's calendar.
    pub(super) today: Date,
}

/// A step that has come, and the invoices that it is about.
struct Reached<'a> {
    step: &'a Step,
    cycle: CycleRef,
    claims: Vec<Claim<'a>>,
    notes: BTreeMap<Date, i32>,
}

/// What the rules have said so far, and when each wants to be asked again.
#[derive(Default)]
struct Findings {
    reasons: Vec<Reason>,
    wakes: Vec<Timestamp>,
}

impl Findings {
    fn against(&mut self, rule: Rule, detail: impl Into<Detail>) {
        self.reasons.push(Reason::against(rule, detail));
    }

    fn in_favour(&mut self, rule: Rule, detail: impl Into<Detail>) {
        self.reasons.push(Reason::in_favour(rule, detail));
    }
}

impl<'a> View<'a> {
    /// What to do but charge.
    pub(super) fn decide(&self, policies: &'a Policies) -> AccountDecision {
        let mut findings = Findings::default();
        let action = self.action(policies, &mut findings);
        findings.wakes.extend(self.agreements_look_again());
        let wake = findings.wakes.iter().min().copied();
        let (charges, reasons) = (Vec::new(), findings.reasons);
        AccountDecision { account: self.key.clone(), charges, more: false, action, wake, reasons }
    }

    fn action(&self, policies: &'a Policies, findings: &mut Findings) -> Option<Action> {
        if self.is_busy(policies, findings) {
            return None;
        }
        let (subject, policy) = self.account.pursued_under(policies);
        let claims = self.chaseable(subject, policies, findings);
        if self.is_below_minimum(policy, findings) {
            // The cycle begins in time all the same. More wakes the debtor by its own commit.
            let ahead = claims.iter().find(|claim| claim.due >= self.today);
            findings.wakes.extend(ahead.map(|claim| self.first_step_after(policy, claim.due)));
            return None;
        }
        let reached = match &self.account.cycle {
            Some(cycle) => self.step_of_ladder(policy, cycle, &claims, findings),
            None => self.courtesy(policy, &claims, findings),
        }?;
        let rule = match &reached.cycle {
            CycleRef::Overdue(_) | CycleRef::Recovery(_) => Rule::StepReached,
            CycleRef::Upcoming(_) => Rule::CourtesyDue,
        };
        findings.in_favour(rule, Detail::Step(reached.step.name.clone()));
        let Some(lines) = self.lines_beyond_credit(&reached, findings) else {
            // What this message would not have listed may fall due before anything else happens.
            let others = claims.iter().filter(|one| !reached.claims.iter().any(|listed| listed.is(one)));
            findings.wakes.extend(others.map(|one| self.next_look_before_due(policy, one, self.today)));
            return None;
        };
        if let Some(closed) = self.calendar.closed(&self.debtor.profile.zone, self.now) {
            let rule = match closed {
                Closed::Weekend => Rule::Weekend,
                Closed::Holiday => Rule::Holiday,
                Closed::QuietHours => Rule::QuietHours,
            };
            let open = self.calendar.next_open(&self.debtor.profile.zone, self.now);
            findings.against(rule, Detail::ClosedUntil(open, self.debtor.profile.zone.clone()));
            findings.wakes.push(open);
            return None;
        }
        self.take((policy, policies.contact()), &reached, lines, findings)
    }

    /// Whether something is under way that must end first.
    fn is_busy(&self, policies: &Policies, findings: &mut Findings) -> bool {
        if let Some(pending) = &self.account.pending {
            let answered_by = match &pending.state {
                PendingState::Planned => pending.planned_at.saturating_add(PLANNED_FOR).unwrap_or(Timestamp::MAX),
                PendingState::Sending { lease_until, .. } => *lease_until,
            };
            findings.against(Rule::MessageInFlight, Detail::Step(pending.plan.step.clone()));
            findings.wakes.push(self.wake_once_sent(policies).map_or(answered_by, |next| next.max(answered_by)));
            return true;
        }
        if !self.account.allocating.is_empty() {
            findings.against(Rule::Allocating, "a payment is being allocated");
            findings.wakes.push(self.now);
            return true;
        }
        let until = self.account.in_flight.values().map(|payment| payment.until).filter(|until| *until > self.now);
        if let Some(until) = until.max() {
            findings.against(Rule::PaymentInFlight, Detail::PaymentUntil(until));
            findings.wakes.push(until);
            return true;
        }
        if let Some(Standstill { reason, until }) = self.debtor.standstill(self.key, self.now) {
            findings.against(Rule::OnHold, Detail::Held(reason, None, until));
            findings.wakes.extend(until);
            return true;
        }
        false
    }

    /// Whether less is open on the account than the policy chases. What is unapplied is not open; other currencies have
    /// minimums of their own.
    fn is_below_minimum(&self, policy: &Policy, findings: &mut Findings) -> bool {
        let Some(least) = policy.minimums().get(self.key.currency) else { return false };
        let open = self.debtor.balance(self.key).and_then(|open| open.minus(self.account.credit.or_zero()));
        let Ok(open) = open else { return false };
        let below = open.is_positive() && open.minor() < least.minor();
        if below {
            findings.against(Rule::BelowMinimum, Detail::Below(open, least));
        }
        below
    }

    /// When time alone next changes what agreements of the account come to.
    fn agreements_look_again(&self) -> impl Iterator<Item = Timestamp> {
        let agreements = self.debtor.agreements.values().filter(|agreement| agreement.account == *self.key);
        let days = agreements.filter_map(|agreement| agreement.next_day(self.today));
        days.map(|day| self.debtor.profile.zone.midnight(day).max(self.now))
    }

    /// When to look again once the message under way has gone out. The index says so from the plan on, so that neither
    /// the claim nor the outcome moves the debtor in it, which would cost as much as the rest of the commit. Whoever
    /// dispatches the message sees to it until then: its queue brings it back until it is over.
    fn wake_once_sent(&self, policies: &Policies) -> Option<Timestamp> {
        let mut debtor = self.debtor.clone();
        debtor.settle(self.key, Outcome::Sent(String::new()), self.now, &mut Journal::default());
        let account = debtor.accounts.get(self.key)?;
        View { debtor: &debtor, account, ..*self }.decide(policies).wake
    }

    /// What of a subject is owed and not stopped by anything.
    fn chaseable(&self, subject: Subject, policies: &Policies, findings: &mut Findings) -> Vec<Claim<'a>> {
        let mut chaseable = Vec::new();
        for claim in self.debtor.claims(self.key, self.now) {
            let number = || claim.invoice.id.number.clone();
            match claim.invoice.stop(self.now) {
                None if subject == Subject::Debt => chaseable.extend(self.beyond_holds(claim, findings)),
                // It is no debt of this cycle until it is overdue.
                None => findings.wakes.push(self.first_step_after(policies.current(Subject::Debt), claim.due)),
                Some(Stop::ProviderRetry(until)) => {
                    findings.wakes.push(until);
                    if claim.due >= self.today {
                        findings.wakes.push(self.first_step_after(policies.current(Subject::Recovery), claim.due));
                    }
                    if subject == Subject::Recovery && claim.invoice.collection.retry(self.now).is_some() {
                        chaseable.extend(self.beyond_holds(claim, findings));
                    } else {
                        let part = (number(), claim.amount);
                        findings
                            .against(Rule::OnHold, Detail::Held(HoldReason::ProviderRetry, Some(part), Some(until)));
                    }
                }
                Some(Stop::InFlight(until)) => {
                    findings.against(Rule::PaymentInFlight, Detail::InvoiceUntil(number(), until));
                    findings.wakes.push(until);
                }
                Some(Stop::Chargeback) => findings.against(Rule::Chargeback, Detail::Invoice(number())),
                Some(Stop::Refunded) => findings.against(Rule::Refunded, Detail::Invoice(number())),
            }
        }
        chaseable
    }

    /// What is left of a claim beyond what is held of it.
    fn beyond_holds(&self, claim: Claim<'a>, findings: &mut Findings) -> Option<Claim<'a>> {
        let Some(Held { amount, why }) = self.debtor.held(self.key, &claim, self.now) else { return Some(claim) };
        let part = (claim.invoice.id.number.clone(), amount);
        findings.against(Rule::OnHold, Detail::Held(why.reason, Some(part), why.until));
        findings.wakes.extend(why.until);
        let left = claim.amount.minus(amount).ok().filter(|left| left.is_positive())?;
        Some(Claim { amount: left, ..claim })
    }

    /// The furthest step that has come in a running cycle and was not taken. One that was missed is passed over.
    fn step_of_ladder(
        &self,
        policy: &'a Policy,
        cycle: &Cycle,
        claims: &[Claim<'a>],
        findings: &mut Findings,
    ) -> Option<Reached<'a>> {
        let today = self.today;
        let Some(oldest) = claims.iter().map(|claim| claim.due).find(|due| *due < today) else {
            findings.against(Rule::NothingDue, "nothing that is overdue may be chased");
            findings.wakes.extend(claims.first().map(|claim| self.first_step_after(policy, claim.due)));
            return None;
        };
        let days = days_between(oldest, today);
        findings.in_favour(Rule::Overdue, Detail::Due(oldest, days));
        // Until a step of the cycle itself says how far it is.
        if let Some(why) = cycle.resumed_by.as_ref().filter(|_| cycle.done.is_empty()) {
            findings.in_favour(Rule::Resumed, Detail::Written(why.to_string()));
        }
        let furthest = cycle.furthest(cycle.about);
        let ahead = || policy.ladder().filter(|step| step.offset_days > furthest);
        let Some(step) = ahead().rfind(|step| step.offset_days <= days) else {
            match ahead().next() {
                Some(next) => {
                    findings.against(Rule::StepNotReached, Detail::StepAt(next.name.clone(), next.offset_days));
                    findings.wakes.push(self.opening_on(after(oldest, next.offset_days)));
                }
                None => findings.against(Rule::LadderEnded, "every step was taken"),
            }
            return None;
        };
        for passed in ahead().take_while(|passed| passed.offset_days < step.offset_days) {
            findings.against(Rule::StepSuperseded, Detail::StepBy(passed.name.clone(), step.name.clone()));
        }
        let listed = claims.iter().copied();
        let listed: Vec<Claim<'_>> =
            listed.filter(|claim| claim.due < today || self.courtesy_for(policy, claim, today).is_some()).collect();
        Some(Reached {
            step,
            cycle: match cycle.about {
                Subject::Debt => CycleRef::Overdue(cycle.number),
                Subject::Recovery => CycleRef::Recovery(cycle.number),
            },
            notes: self.notes(policy, &listed, today),
            claims: listed,
        })
    }

    /// The latest courtesy that is in order while nothing is overdue.
    fn courtesy(&self, policy: &'a Policy, claims: &[Claim<'a>], findings: &mut Findings) -> Option<Reached<'a>> {
        let today = self.today;
        let mut due: Vec<(&Step, Claim<'_>)> = Vec::new();
        for claim in claims {
            match self.courtesy_for(policy, claim, today) {
                Some(step) => due.push((step, *claim)),
                None => findings.wakes.push(self.next_look_before_due(policy, claim, today)),
            }
        }
        let Some(step) = due.iter().map(|(step, _)| *step).max_by_key(|step| step.offset_days) else {
            findings.against(Rule::NothingDue, "nothing is overdue");
            return None;
        };
        let listed: Vec<Claim<'_>> =
            due.into_iter().filter(|(one, _)| one.name == step.name).map(|(_, claim)| claim).collect();
        let cycle = CycleRef::Upcoming(listed.first()?.due);
        // Should it be withheld for good, the ladder still begins on its day.
        findings.wakes.extend(listed.first().map(|claim| self.first_step_after(policy, claim.due)));
        Some(Reached { step, cycle, notes: self.notes(policy, &listed, today), claims: listed })
    }

    /// The courtesy step that a claim not yet overdue is in, if it was not taken for its due date.
    fn courtesy_for(&self, policy: &'a Policy, claim: &Claim<'_>, today: Date) -> Option<&'a Step> {
        let noted = self.account.noted.get(&claim.due).copied().unwrap_or(i32::MIN);
        courtesies(policy, claim).rfind(|step| {
            let day = after(claim.due, step.offset_days);
            day <= today && today <= claim.due && step.offset_days > noted
        })
    }

    fn notes(&self, policy: &Policy, listed: &[Claim<'_>], today: Date) -> BTreeMap<Date, i32> {
        let courtesy = |claim: &Claim<'_>| {
            let step = self.courtesy_for(policy, claim, today)?;
            Some((claim.due, step.offset_days))
        };
        listed.iter().filter_map(courtesy).collect()
    }

    /// The next day on which a claim that is not overdue asks for anything.
    fn next_look_before_due(&self, policy: &Policy, claim: &Claim<'_>, today: Date) -> Timestamp {
        let days = courtesies(policy, claim).map(|step| after(claim.due, step.offset_days));
        let courtesy = days.filter(|day| *day > today).min();
        courtesy.map_or_else(|| self.first_step_after(policy, claim.due), |day| self.opening_on(day))
    }

    fn first_step_after(&self, policy: &Policy, due: Date) -> Timestamp {
        let days = policy.ladder().map(|step| step.offset_days).next().unwrap_or(1);
        self.opening_on(after(due, days))
    }

    /// The first moment for contact on or after `day`, and not before now.
    fn opening_on(&self, day: Date) -> Timestamp {
        self.calendar.first_open(&self.debtor.profile.zone, day).max(self.now)
    }

    /// Sets unapplied credit against the invoices, oldest first; what it covers is not mentioned.
    fn lines_beyond_credit(&self, reached: &Reached<'_>, findings: &mut Findings) -> Option<(Vec<Line>, Money)> {
        let mut credit = self.account.credit.or_zero();
        let mut lines = Vec::new();
        for Claim { invoice, amount, due, .. } in &reached.claims {
            if lines.is_empty() && credit.minor() >= amount.minor() {
                credit = credit.minus(*amount).ok()?;
                findings.against(Rule::CoveredByCredit, Detail::Invoice(invoice.id.number.clone()));
            } else {
                lines.push(Line { invoice: invoice.id.clone(), due_date: *due, balance: *amount });
            }
        }
        let today = self.today;
        let overdue_left = lines.iter().any(|line| line.due_date < today);
        let still_due = match reached.cycle {
            CycleRef::Overdue(_) | CycleRef::Recovery(_) => overdue_left,
            CycleRef::Upcoming(_) => !lines.is_empty(),
        };
        if !still_due {
            findings.wakes.extend(lines.first().map(|line| self.opening_on(after(line.due_date, 1))));
        }
        still_due.then_some((lines, credit))
    }

    fn take(
        &self,
        (policy, contact): (&Policy, &ContactRules),
        reached: &Reached<'_>,
        (lines, credit): (Vec<Line>, Money),
        findings: &mut Findings,
    ) -> Option<Action> {
        let step = reached.step;
        let total = Money::sum(self.key.currency, lines.iter().map(|line| line.balance)).ok()?;
        let amount_due = total.minus(credit).ok()?;
        let cycle = reached.cycle.clone();
        let open_task = |kind| {
            let (account, step_name) = (self.key.clone(), step.name.clone());
            let task = Task { kind, account, step: step_name, cycle: cycle.clone(), amount_due };
            Some(Action::OpenTask { task, offset_days: step.offset_days, notes: reached.notes.clone() })
        };
        let channels = match &step.action {
            StepAction::Message(channels) => channels,
            StepAction::Task(kind) => return open_task(*kind),
        };
        let ways = channels.iter().map(|channel| (*channel, self.debtor.profile.way(*channel, step.stage, self.now)));
        let asked = permitted((self.debtor, contact, self.now), ways, (&lines, amount_due));
        for (channel, refusal) in asked.refusals {
            findings.against(Rule::NotPermitted, Detail::Refused(channel, Box::new(refusal)));
        }
        let channel = match asked.way {
            Some((channel, None)) => channel,
            Some((_, Some(until))) => {
                findings.against(Rule::AddressRests, Detail::Until(until));
                findings.wakes.push(until);
                return None;
            }
            None if asked.earliest.is_some() => {
                findings.wakes.extend(asked.earliest);
                return None;
            }
            None => {
                findings.against(Rule::NoChannel, "no address, or none that may be used");
                return open_task(TaskKind::FindContact);
            }
        };
        let Debtor { tenant, id, .. } = self.debtor;
        let tries = self.account.tries.get(&(cycle.clone(), step.name.clone())).map_or(0, |tries| tries.failed);
        Some(Action::Send(Plan {
            id: MessageId::derive(tenant, id, self.key, policy.id(), &step.name, (&cycle, tries)),
            account: self.key.clone(),
            policy: policy.id().clone(),
            step: step.name.clone(),
            stage: step.stage,
            offset_days: step.offset_days,
            cycle,
            tries,
            channel,
            lines,
            credit,
            amount_due,
            notes: reached.notes.clone(),
        }))
    }
}

/// The courtesies that a claim can get. An invoice whose terms are shorter than a step's days gets none: it would arrive
/// with the invoice. Nor does one that a provider collects: its debtor has nothing to do.
fn courtesies<'a>(policy: &'a Policy, claim: &Claim<'_>) -> impl DoubleEndedIterator<Item = &'a Step> {
    let (issued, due) = (claim.invoice.issue_date, claim.due);
    let in_order = !claim.invoice.collection.is_automatic();
    policy.courtesies().filter(move |step| in_order && issued <= after(due, step.offset_days))
}

fn after(date: Date, days: i32) -> Date {
    date.saturating_add(days.days())
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}
