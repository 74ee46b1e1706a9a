//! What counts at present, and until when: how much of the budget is used, and by what.

use jiff::{SignedDuration, Timestamp};

use super::frequency::{Past, counts_against, hours_after};
use super::history::{Contact, Outcome};
use super::kind::{Frequency, Kind, Span};
use super::medium::Family;
use super::{Active, Gate, Moment};
use crate::ids::RuleId;

/// A rule that counts a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The rule.
    pub rule: RuleId,
    /// From when on it counts it no more.
    pub until: Timestamp,
}

impl Gate<'_> {
    /// The rules that count a contact now; none where it counts no more.
    #[must_use]
    pub fn counting(&self, contact: &Contact, now: Timestamp) -> Vec<Counted> {
        let (moment, past) = (self.moment(now), Past::one(contact, &self.calendars));
        let is_loosened = |active: &Active<'_>| active.loosened.is_some_and(|loosened| now < loosened.expires());
        let in_force = |active: &&Active<'_>| active.from <= now && now < active.to && !is_loosened(active);
        let counted = self.rules.iter().filter(in_force).filter_map(|active| {
            let until = self.counted_until(active, &past, moment)?;
            Some(Counted { rule: active.rule.id.clone(), until })
        });
        counted.collect()
    }

    fn counted_until(&self, active: &Active<'_>, past: &Past<'_>, moment: Moment) -> Option<Timestamp> {
        let Kind::Frequency(frequency) = &active.rule.kind else { return None };
        let contact = past.contact;
        match frequency {
            Frequency::Cap(cap) => {
                let counted = counts_against(cap, active.when.line, contact) && !self.was_lifted(cap, past);
                match cap.span {
                    Span::Days(days) if counted => self.days_after(past, days, moment),
                    Span::Hours(hours) if counted => hours_after(past, hours, moment),
                    Span::Days(_) | Span::Hours(_) => None,
                }
            }
            Frequency::Cooldown { days, .. } => {
                (contact.outcome == Outcome::Conversation).then(|| self.days_after(past, *days, moment))?
            }
            Frequency::Gap { minutes } => {
                let called = contact.counts() && contact.medium.family() == Family::Calls;
                let gap = SignedDuration::from_mins(i64::from(self.least_gap(*minutes)));
                let free = contact.at.saturating_add(gap).ok()?;
                (called && moment.now < free).then_some(free)
            }
        }
    }
}
