//! How often: caps, days of rest after a conversation, and time between calls.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::attempt::Attempt;
use super::clock::Clock;
use super::facts::{ConsentKind, Facts};
use super::history::{Contact, History, Outcome};
use super::kind::{Cap, Frequency, LiftedBy, Span};
use super::law::{LineFilter, Rule};
use super::medium::Family;
use super::{Checked, Gate, Moment, Until, Why};
use crate::ids::ParticularDebt;

/// Days for which a consent to more calls holds at most, that of the consent being the first (comment 14(b)(3)(i)-2).
const EXTRA_CALLS_DAYS: i32 = 7;

/// A contact, and its day on each calendar that counts.
#[derive(Debug)]
pub(super) struct Past<'a> {
    pub(super) contact: &'a Contact,
    days: Vec<Date>,
}

impl<'a> Past<'a> {
    pub(super) fn one(contact: &'a Contact, calendars: &[Clock]) -> Self {
        Self { contact, days: calendars.iter().map(|zone| zone.date(contact.at)).collect() }
    }

    /// From the latest to the earliest.
    pub(super) fn of(history: &'a History, calendars: &[Clock]) -> Vec<Self> {
        let mut past: Vec<Self> = history.0.iter().map(|contact| Self::one(contact, calendars)).collect();
        past.sort_by_key(|past| std::cmp::Reverse(past.contact.at));
        past
    }
}

/// The times in which more calls were consented to: from the day of consent, or the one that was named, for as long as it
/// holds or until they speak (12 CFR 1006.14(b)(3)(i)).
pub(super) fn extra_calls(facts: &Facts, past: &[Past<'_>], calendars: &[Clock]) -> Vec<(Timestamp, Timestamp)> {
    let direct = facts.consents.iter().filter(|consent| consent.direct);
    let times = direct.filter_map(|consent| {
        let ConsentKind::ExtraCalls { on } = consent.kind else { return None };
        let given = consent.given?;
        let day = calendars.iter().map(|zone| zone.date(given)).min()?;
        let (first, last) = (on.unwrap_or(day), day.saturating_add(EXTRA_CALLS_DAYS.days()));
        let after = on.map_or(last, |on| on.saturating_add(1.day()).min(last));
        let from = calendars.iter().map(|zone| zone.midnight(first)).max()?.max(given);
        let to = calendars.iter().map(|zone| zone.midnight(after)).min()?;
        let spoke = past
            .iter()
            .map(|past| past.contact)
            .filter(|contact| contact.outcome == Outcome::Conversation && contact.at > given);
        let ended = spoke.map(|contact| contact.at).min().into_iter().chain(consent.ends);
        Some((from, ended.fold(to, Timestamp::min)))
    });
    times.filter(|(from, to)| from < to).collect()
}

impl Gate<'_> {
    pub(super) fn frequency(&self, kind: &Frequency, rule: &Rule, attempt: &Attempt, moment: Moment) -> Checked {
        if attempt.addressee.is_professional() {
            return None;
        }
        match kind {
            Frequency::Cap(cap) => self.cap(cap, rule.when.line, attempt, moment),
            Frequency::Cooldown { days, each_debt } => self.cooldown(*days, *each_debt, attempt, moment),
            Frequency::Gap { minutes } => self.gap(*minutes, attempt, moment),
        }
    }

    fn cap(&self, cap: &Cap, line: LineFilter, attempt: &Attempt, moment: Moment) -> Checked {
        let lifts_now = cap.lifted_by.is_some_and(|by| self.lifts(by, moment.now));
        if lifts_now {
            return None;
        }
        let most = self.most(cap);
        let full =
            |debt: Option<&ParticularDebt>| self.full(cap.span, most, self.counted(cap, line, attempt, debt), moment);
        let until = if cap.each_debt && !attempt.debts.is_empty() {
            attempt.debts.iter().filter_map(|debt| full(Some(debt))).max()?
        } else {
            full(None)?
        };
        let until =
            cap.lifted_by.map_or(Until::At(until), |by| Until::At(until).or_at(self.lifts_from(by, moment.now)));
        Some((Why::Cap(most), until))
    }

    /// How many contacts count against a cap, for the debt that has most, and how many may.
    pub(super) fn contacts(&self, cap: &Cap, line: LineFilter, attempt: &Attempt, moment: Moment) -> (u32, u32) {
        let lies_within = |past: &&Past<'_>| match cap.span {
            Span::Days(days) => self.days_after(past, days, moment).is_some(),
            Span::Hours(hours) => hours_after(past, hours, moment).is_some(),
        };
        let number = |debt: Option<&ParticularDebt>| {
            let counted = self.counted(cap, line, attempt, debt);
            let number = self.past.iter().filter(|past| counted(past)).filter(lies_within).count();
            u32::try_from(number).unwrap_or(u32::MAX)
        };
        let each = attempt.debts.iter().filter(|_| cap.each_debt).map(|debt| number(Some(debt)));
        (each.max().unwrap_or_else(|| number(None)), self.most(cap))
    }

    fn most(&self, cap: &Cap) -> u32 {
        let own = self.policy.calls_a_day.filter(|_| cap.daily);
        own.map_or(cap.most, |own| own.min(cap.most))
    }

    fn counted<'b>(
        &'b self,
        cap: &'b Cap,
        line: LineFilter,
        attempt: &'b Attempt,
        debt: Option<&'b ParticularDebt>,
    ) -> impl Fn(&Past<'_>) -> bool + 'b {
        move |past| counts(cap, line, past.contact, attempt, debt) && !self.was_lifted(cap, past)
    }

    /// The contacts that a span may hold.
    fn within(&self, span: Span, moment: Moment) -> impl Iterator<Item = &Past<'_>> {
        // In whole seconds, which is quicker and far finer than what is to spare.
        let oldest = moment.now.as_second().saturating_sub(span.reaches_back().as_secs());
        self.past.iter().take_while(move |past| past.contact.at.as_second() >= oldest)
    }

    /// Until when as many contacts as may be lie in the span, if they do.
    fn full(&self, span: Span, most: u32, counted: impl Fn(&Past<'_>) -> bool, moment: Moment) -> Option<Timestamp> {
        let nth = usize::try_from(most.saturating_sub(1)).ok()?;
        let oldest = self.within(span, moment).filter(|past| counted(past)).nth(nth)?;
        match span {
            Span::Hours(hours) => hours_after(oldest, hours, moment),
            Span::Days(days) => self.days_after(oldest, days, moment),
        }
    }

    /// When so many days from a contact's own on are over on every calendar, if they are not.
    pub(super) fn days_after(&self, past: &Past<'_>, days: i32, moment: Moment) -> Option<Timestamp> {
        let days = i64::from(days).days();
        // Far enough back on every calendar: most of the past ends here.
        let latest = past.days.iter().max()?;
        if latest.saturating_add(days) <= moment.still {
            return None;
        }
        let free = self.calendars.iter().zip(&past.days).map(|(zone, day)| zone.midnight(day.saturating_add(days)));
        free.max().filter(|free| moment.now < *free)
    }

    fn lifts(&self, by: LiftedBy, now: Timestamp) -> bool {
        match by {
            LiftedBy::ExtraCalls => self.extra_calls.iter().any(|(from, to)| *from <= now && now < *to),
            LiftedBy::PriorExpress => self.facts.consents_to(now, |consent| consent.kind == ConsentKind::PriorExpress),
        }
    }

    /// When a consent that is to come lifts a rule.
    fn lifts_from(&self, by: LiftedBy, now: Timestamp) -> Option<Timestamp> {
        match by {
            LiftedBy::ExtraCalls => self.extra_calls.iter().map(|(from, _)| *from).filter(|from| *from > now).min(),
            LiftedBy::PriorExpress => None,
        }
    }

    /// A call under consent does not count (12 CFR 1006.14(b)(3)(i)).
    pub(super) fn was_lifted(&self, cap: &Cap, past: &Past<'_>) -> bool {
        cap.lifted_by == Some(LiftedBy::ExtraCalls) && self.lifts(LiftedBy::ExtraCalls, past.contact.at)
    }

    fn cooldown(&self, days: i32, each_debt: bool, attempt: &Attempt, moment: Moment) -> Checked {
        if self.lifts(LiftedBy::ExtraCalls, moment.now) {
            return None;
        }
        let about = |contact: &Contact| {
            !each_debt || attempt.debts.is_empty() || attempt.debts.iter().any(|debt| contact.concerns(debt))
        };
        let spoke = self.within(Span::Days(days), moment).find(|past| {
            let contact = past.contact;
            contact.outcome == Outcome::Conversation && contact.person == attempt.person && about(contact)
        })?;
        let until = Until::At(self.days_after(spoke, days, moment)?);
        Some((Why::Cooldown, until.or_at(self.lifts_from(LiftedBy::ExtraCalls, moment.now))))
    }

    /// The minutes between two calls, the tenant's own where they are more.
    pub(super) fn least_gap(&self, minutes: i32) -> i32 {
        self.policy.gap_minutes.map_or(minutes, |own| own.max(minutes))
    }

    fn gap(&self, minutes: i32, attempt: &Attempt, moment: Moment) -> Checked {
        let minutes = self.least_gap(minutes);
        let called = |contact: &&Contact| {
            contact.counts() && contact.medium.family() == Family::Calls && contact.person == attempt.person
        };
        let last = self.past.iter().map(|past| past.contact).find(called)?;
        let free = last.at.saturating_add(SignedDuration::from_mins(i64::from(minutes))).ok()?;
        (moment.now < free).then_some((Why::Gap(minutes), Until::At(free)))
    }
}

/// When so many hours from a contact on are over, if they are not.
pub(super) fn hours_after(past: &Past<'_>, hours: i32, moment: Moment) -> Option<Timestamp> {
    let free = past.contact.at.saturating_add(SignedDuration::from_hours(i64::from(hours)));
    free.ok().filter(|free| moment.now < *free)
}

/// Whether a contact counts against a cap, for a debt or for all.
fn counts(cap: &Cap, line: LineFilter, contact: &Contact, attempt: &Attempt, debt: Option<&ParticularDebt>) -> bool {
    counts_against(cap, line, contact)
        && contact.person == attempt.person
        && debt.is_none_or(|debt| contact.concerns(debt))
}

/// Whether a contact is of the kind that a cap counts.
pub(super) fn counts_against(cap: &Cap, line: LineFilter, contact: &Contact) -> bool {
    let counted = if cap.conversations { contact.outcome == Outcome::Conversation } else { contact.counts() };
    counted && cap.counts.has(contact.medium) && line.takes(contact.line)
}
