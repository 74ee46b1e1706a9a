//! What becomes of a debtor's addresses, and of steps whose message did not arrive.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Debtor, Journal, StepDone, Tries};
use crate::event::{Event, EventKind};
use crate::hold::{HoldEnd, HoldEvent};
use crate::message::{CycleRef, Message, Outcome, Plan};
use crate::policy::Subject;
use crate::reach::address::AddressId;
use crate::reach::reply::Received;
use crate::reach::{Address, Feedback, StopReason, Stopped, Word};

/// An address that was stopped by a change, for the tenant to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The address.
    pub address: Address,
    /// Why, and since when.
    pub stopped: Stopped,
    /// What said so.
    pub source: Option<String>,
}

/// What was said of a message that has left.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// The message, as it is on record.
    pub message: &'a Message,
    /// What was known before.
    pub before: &'a Feedback,
    /// What is known now.
    pub after: &'a Feedback,
    /// The provider's id of the message.
    pub provider_id: &'a str,
    /// Where the provider says that it went; counts where the message itself does not say.
    pub recipient: Option<&'a Address>,
}

impl Debtor {
    /// Stops an address of the debtor; whether that is new.
    pub fn stop_address(&mut self, stop: Stop, journal: &mut Journal) -> bool {
        let point = self.profile.contacts.get_mut(&stop.address.id());
        // An address that the debtor had once is stopped for the tenant all the same.
        let is_new = point.is_none_or(|point| point.stop(stop.stopped));
        if is_new {
            let detail = format!("{} {}", stop.address.channel().as_str(), stop.stopped.reason.as_str());
            journal.events.push(Event::new(EventKind::ContactSuppressed).detail(detail));
            journal.stops.push(stop);
        }
        is_new
    }

    /// The debtor wants no more e-mail: none of its mailboxes is used any more.
    pub fn unsubscribe(&mut self, now: Timestamp, journal: &mut Journal) {
        let stopped = Stopped { reason: StopReason::Unsubscribed, since: now };
        let open = self.profile.contacts.iter().filter(|point| point.stopped.is_none());
        let mailboxes = open.filter(|point| matches!(point.address, Address::Email(_)));
        let stops: Vec<Stop> =
            mailboxes.map(|point| Stop { address: point.address.clone(), stopped, source: None }).collect();
        for stop in stops {
            self.stop_address(stop, journal);
        }
    }

    /// A person has lifted what stopped an address; it counts as if nothing had ever bounced there.
    pub fn restore_address(&mut self, address: &AddressId, note: &str, journal: &mut Journal) {
        if let Some(point) = self.profile.contacts.get_mut(address).filter(|point| point.stopped.is_some()) {
            (point.stopped, point.rest) = (None, None);
            let detail = format!("{}: {note}", point.address.channel().as_str());
            journal.events.push(Event::new(EventKind::ContactRestored).detail(detail));
        }
    }

    /// Takes in a text of the debtor's: it is kept, holds that wait for one end, and a refusal stops the number. Whether
    /// that is new.
    pub fn answered(&mut self, received: &Received, journal: &mut Journal) -> bool {
        self.end_holds_with(&HoldEvent::Reply, HoldEnd::Replied, received.at, journal);
        journal.events.push(Event::new(EventKind::ReplyReceived).detail(received.means.as_str()));
        journal.replies.push(received.clone());
        received.stop().is_some_and(|stop| self.stop_address(stop, journal))
    }

    /// Takes in what was said of a message. Whatever the order, and however often it is said, it ends in the same state.
    pub fn hear(&mut self, heard: Heard<'_>, journal: &mut Journal) {
        let Heard { message, after, .. } = heard;
        if message.outcome == Outcome::Unknown && after.proves_sent() {
            self.prove(heard, journal);
        }
        let news = after.beyond(heard.before);
        for word in news.iter().copied().filter(|word| word.is_told()) {
            let event = Event::new(told_as(word)).account(&message.plan.account).message(&message.plan.id);
            journal.events.push(event.detail(format!("{} {}", message.plan.step, word.as_str())));
        }
        self.mark_address(heard, &news, journal);
        if news.contains(&Word::BouncedHard) || news.contains(&Word::BouncedSoftly) {
            self.count_try(&message.plan);
        }
        let arrived = after.said(Word::Delivered).is_some() && after.said(Word::BouncedHard).is_none();
        let bounced = after.said(Word::BouncedHard).or(after.said(Word::BouncedSoftly)).is_some();
        if bounced && self.is_last_try(&message.plan) {
            if arrived {
                self.close_step(&message.plan, message.settled_at);
            } else {
                self.open_step(&message.plan);
            }
        }
    }

    /// Nobody knew whether the message went out; now it is certain.
    fn prove(&mut self, heard: Heard<'_>, journal: &mut Journal) {
        let outcome = Outcome::Sent(heard.provider_id.to_owned());
        let proven = Message { outcome, ..heard.message.clone() };
        let event = Event::new(EventKind::MessageSent).account(&proven.plan.account).message(&proven.plan.id);
        journal.events.push(event.amount(proven.plan.amount_due).detail(proven.plan.step.as_str()));
        journal.proven.push(proven);
    }

    fn mark_address(&mut self, heard: Heard<'_>, news: &BTreeSet<Word>, journal: &mut Journal) {
        let Some(address) = heard.message.to.as_ref().or(heard.recipient).cloned() else { return };
        let said = |word| heard.after.said(word).filter(|_| news.contains(&word));
        let mut stops = Vec::new();
        // Who answers automatically that they are away has got the message.
        let got_it = heard.after.said(Word::Delivered).is_some();
        if let Some(point) = self.profile.contacts.get_mut(&address.id()) {
            if let Some(at) = said(Word::BouncedSoftly).filter(|_| !got_it) {
                let is_dead = point.bounced_softly(at);
                stops.extend(is_dead.then_some((StopReason::SoftBounces, at)));
            }
            if news.contains(&Word::Delivered) {
                point.rest = None;
            }
        }
        for (word, reason) in [(Word::BouncedHard, StopReason::HardBounce), (Word::Complained, StopReason::Complaint)] {
            stops.extend(said(word).map(|at| (reason, at)));
            // An earlier time of what was known dates a stop back; one that a person has lifted stays lifted.
            let point = self.profile.contacts.get_mut(&address.id());
            if let (Some(at), Some(point)) = (heard.after.said(word), point.filter(|point| point.stopped.is_some())) {
                point.stop(Stopped { reason, since: at });
            }
        }
        for (reason, since) in stops {
            let source = Some(heard.provider_id.to_owned());
            self.stop_address(Stop { address: address.clone(), stopped: Stopped { reason, since }, source }, journal);
        }
    }

    /// The next message of the step is another one (I3).
    fn count_try(&mut self, plan: &Plan) {
        let failed = plan.tries.saturating_add(1);
        let tries = &mut self.account_mut(&plan.account).tries;
        let known = tries.entry((plan.cycle.clone(), plan.step.clone())).or_insert(Tries { failed, retaken: false });
        if known.failed < failed {
            *known = Tries { failed, retaken: false };
        }
    }

    /// Whether a message that bounced is the last one of its step.
    fn is_last_try(&self, plan: &Plan) -> bool {
        let tries = self.accounts.get(&plan.account).map(|account| &account.tries);
        let tries = tries.and_then(|tries| tries.get(&(plan.cycle.clone(), plan.step.clone())));
        tries.is_some_and(|tries| !tries.retaken && tries.failed == plan.tries.saturating_add(1))
    }

    /// The step is as if it had not been taken, where no later one was: it is tried again by what is left.
    fn open_step(&mut self, plan: &Plan) {
        let account = self.account_mut(&plan.account);
        if let (Some((subject, number)), Some(cycle)) = (ladder_of(&plan.cycle), account.cycle.as_mut())
            && cycle.number == number
        {
            let is_furthest = cycle.furthest(subject) == plan.offset_days;
            cycle.done.retain(|(about, step), _| !(is_furthest && *about == subject && *step == plan.step));
        }
        account.noted.retain(|due, offset| plan.notes.get(due) != Some(offset));
    }

    /// The message arrived after all: the step counts as taken.
    fn close_step(&mut self, plan: &Plan, at: Timestamp) {
        let account = self.account_mut(&plan.account);
        account.take_step(&plan.cycle, &plan.step, StepDone { offset_days: plan.offset_days, at });
        account.note(&plan.notes);
    }
}

fn ladder_of(cycle: &CycleRef) -> Option<(Subject, u32)> {
    match cycle {
        CycleRef::Overdue(number) => Some((Subject::Debt, *number)),
        CycleRef::Recovery(number) => Some((Subject::Recovery, *number)),
        CycleRef::Upcoming(_) => None,
    }
}

fn told_as(word: Word) -> EventKind {
    match word {
        Word::BouncedHard | Word::BouncedSoftly => EventKind::MessageBounced,
        Word::Complained => EventKind::MessageComplained,
        Word::Rejected => EventKind::MessageFailed,
        Word::Sent | Word::Delivered | Word::Delayed | Word::Opened | Word::Clicked => EventKind::MessageDelivered,
    }
}
