//! The gate: whether the law, and the tenant within it, let a contact be made now, and if not, why and from when on.
//!
//! One question for every contact, whoever makes it: `permit` when it is planned, again when it leaves, and before a person
//! dials. Whose law applies is never chosen: every place where the debtor may be counts, windows intersect, and the
//! smallest cap holds.
//!
//! | module | what it is about |
//! | --- | --- |
//! | [`place`], [`atlas`] | where the debtor may be, and what tells so |
//! | [`attempt`], [`medium`], [`target`] | what is to be done, how, and where it goes |
//! | [`facts`] | what is known of the debtor |
//! | [`history`] | contacts that were made |
//! | `of_debtor` | both of them, from what the books know of a debtor |
//! | [`inquiry`] | a question of someone who knows something beside the books |
//! | [`counting`] | what counts at present, and until when |
//! | [`law`], [`kind`] | a rule: whom it protects, when it is in force, what it asks |
//! | [`policy`] | what the tenant decides within the law |
//! | [`rules`] | the law and the tenant's policy, as decisions take them |
//! | [`wording`] | what words say |
//! | [`one_click`] | which requests unsubscribe |
//! | [`verdict`] | the answer |

pub mod atlas;
pub mod attempt;
pub mod counting;
pub mod facts;
pub mod history;
pub mod hours;
pub mod inquiry;
pub mod kind;
pub mod law;
pub mod medium;
pub mod one_click;
pub mod place;
pub mod policy;
pub mod rules;
pub mod target;
pub mod verdict;
pub mod wording;

mod clock;
mod content;
mod frequency;
mod of_debtor;
mod permission;
mod stops;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

pub use self::attempt::{Addressee, Attempt, Content, Purpose};
use self::clock::Clock;
pub use self::facts::Facts;
use self::frequency::Past;
pub use self::history::{Contact, History};
use self::hours::Widened;
pub use self::inquiry::Inquiry;
pub use self::kind::Kind;
pub use self::law::{Law, Rule};
pub use self::medium::{Media, Medium};
pub use self::place::{Evidence, Jurisdiction, Place};
pub use self::policy::{ContactPolicy, Loosened, Mode};
pub use self::rules::{ContactRules, Lawbook, PackRef};
pub use self::target::Target;
pub use self::verdict::{Refusal, Until, Verdict, Why};
use crate::calendar::Zone;
use crate::ids::RuleId;

/// How often the earliest moment is asked for again before it is given up.
const MOMENTS_ASKED: usize = 64;

/// How far ahead the earliest moment is looked for.
const HORIZON: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What a rule says of an attempt: nothing, or why not and for how long.
type Checked = Option<(Why, Until)>;

/// Whether an attempt may be made now: every rule that applies to the debtor is asked.
///
/// Where many attempts are asked about for one debtor, prepare a [`Gate`] once.
#[must_use]
pub fn permit(
    attempt: &Attempt,
    facts: &Facts,
    history: &History,
    law: &Law,
    policy: &ContactPolicy,
    now: Timestamp,
) -> Verdict {
    Gate::new(law, facts, history, policy).permit(attempt, now)
}

/// The rules that apply to one debtor, resolved once. Asking costs no memory while the answer is yes.
#[derive(Debug)]
pub struct Gate<'a> {
    rules: Vec<Active<'a>>,
    facts: &'a Facts,
    policy: &'a ContactPolicy,
    /// The clocks that count.
    zones: Vec<Clock>,
    /// The calendars on which days are counted.
    calendars: Vec<Clock>,
    /// From the latest to the earliest.
    past: Vec<Past<'a>>,
    /// When more calls were consented to.
    extra_calls: Vec<(Timestamp, Timestamp)>,
}

/// How much of a cap is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The rule.
    pub rule: RuleId,
    /// The contacts that count.
    pub contacts: u32,
    /// The most that may be.
    pub most: u32,
}

/// A rule that applies to the debtor.
#[derive(Debug)]
struct Active<'a> {
    rule: &'a Rule,
    media: Media,
    when: law::When,
    from: Timestamp,
    to: Timestamp,
    loosened: Option<&'a Loosened>,
}

/// A moment, and the debtor's days at it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    now: Timestamp,
    /// The latest of the days that it may be where the debtor is.
    today: Date,
    /// The earliest of them.
    still: Date,
}

impl<'a> Gate<'a> {
    /// Finds the rules that apply to a debtor.
    #[must_use]
    pub fn new(law: &'a Law, facts: &'a Facts, history: &'a History, policy: &'a ContactPolicy) -> Self {
        let zones = place::zones(&facts.places);
        let counted = facts.calendar.clone().map_or_else(|| zones.clone(), |zone| vec![zone]);
        let counted = if counted.is_empty() { vec![Zone::utc()] } else { counted };
        let clocks = |zones: Vec<Zone>| zones.into_iter().map(Clock::new).collect::<Vec<_>>();
        let (zones, calendars) = (clocks(zones), clocks(counted));
        let past = Past::of(history, &calendars);
        let extra_calls = frequency::extra_calls(facts, &past, &calendars);
        let mut gate = Self { rules: Vec::new(), facts, policy, zones, calendars, past, extra_calls };
        gate.rules = law.rules.iter().filter_map(|rule| gate.activate(rule)).collect();
        gate.rules.sort_by(|one, other| {
            (one.rule.kind.order(), &one.rule.id).cmp(&(other.rule.kind.order(), &other.rule.id))
        });
        gate
    }

    fn activate(&self, rule: &'a Rule) -> Option<Active<'a>> {
        if !rule.applies(self.facts, self.policy.mode) {
            return None;
        }
        let begins = |day: Date| self.calendars.iter().map(|zone| zone.midnight(day)).min();
        let ends = |day: Date| self.midnight(day.saturating_add(1.day()));
        let may_be_loosened = rule.class == law::Class::Default;
        let mut loosened =
            self.policy.loosened.iter().filter(|loosened| may_be_loosened && *loosened.rule() == rule.id);
        Some(Active {
            rule,
            media: rule.media,
            when: rule.when,
            from: rule.valid_from.and_then(begins).unwrap_or(Timestamp::MIN),
            to: rule.valid_to.map_or(Timestamp::MAX, ends),
            loosened: loosened.next(),
        })
    }

    /// Whether an attempt may be made now, and if not, every rule that fails and the first moment at which none would.
    #[must_use]
    pub fn permit(&self, attempt: &Attempt, now: Timestamp) -> Verdict {
        let (refusals, loosened) = self.ask(attempt, now);
        if refusals.is_empty() {
            return Verdict::Allowed { loosened };
        }
        let earliest = self.earliest(attempt, &refusals, now);
        Verdict::Refused { refusals, earliest }
    }

    /// How much of each cap is used, as of an attempt.
    #[must_use]
    pub fn used(&self, attempt: &Attempt, now: Timestamp) -> Vec<Used> {
        let moment = self.moment(now);
        let asked = self.rules.iter().filter(|active| active.asks_about(attempt, now));
        let used = asked.filter_map(|active| match &active.rule.kind {
            Kind::Frequency(kind::Frequency::Cap(cap)) => {
                let (contacts, most) = self.contacts(cap, active.rule.when.line, attempt, moment);
                Some(Used { rule: active.rule.id.clone(), contacts, most })
            }
            Kind::Stop(_) | Kind::Permission(_) | Kind::Hours(_) | Kind::Frequency(_) | Kind::Demand(_) => None,
        });
        used.collect()
    }

    /// Every rule that fails, and every default that would, had it not been loosened.
    fn ask(&self, attempt: &Attempt, now: Timestamp) -> (Vec<Refusal>, Vec<RuleId>) {
        let (mut refusals, mut loosened) = (Vec::new(), Vec::new());
        let moment = self.moment(now);
        for active in self.rules.iter().filter(|active| active.asks_about(attempt, now)) {
            let Some((why, until)) = self.check(&active.rule.kind, active.rule, attempt, moment) else { continue };
            match active.loosened.filter(|loosened| now < loosened.expires()) {
                Some(loosened_by) => loosened.push(loosened_by.rule().clone()),
                None => refusals.push(active.refusal(why, until)),
            }
        }
        (refusals, loosened)
    }

    /// Time passes until the last of the rules that fail lets go; then all are asked again.
    fn earliest(&self, attempt: &Attempt, refusals: &[Refusal], now: Timestamp) -> Option<Timestamp> {
        let lets_go = |refusals: &[Refusal]| {
            let moments = refusals.iter().map(|refusal| refusal.until.moment());
            moments.collect::<Option<Vec<_>>>()?.into_iter().max()
        };
        let last = now.saturating_add(HORIZON).unwrap_or(Timestamp::MAX);
        let mut moment = lets_go(refusals)?;
        for _ in 0..MOMENTS_ASKED {
            let (refusals, _) = self.ask(attempt, moment);
            if refusals.is_empty() {
                return Some(moment);
            }
            let next = lets_go(&refusals)?;
            if next <= moment || next > last {
                return None;
            }
            moment = next;
        }
        None
    }

    fn moment(&self, now: Timestamp) -> Moment {
        let days = self.calendars.iter().map(|clock| clock.date(now));
        let (today, still) =
            days.fold((Date::MIN, Date::MAX), |(latest, earliest), day| (latest.max(day), earliest.min(day)));
        Moment { now, today, still }
    }

    /// When a day has begun on every calendar that counts.
    fn midnight(&self, day: Date) -> Timestamp {
        self.calendars.iter().map(|zone| zone.midnight(day)).max().unwrap_or(Timestamp::MAX)
    }

    fn check(&self, kind: &Kind, rule: &Rule, attempt: &Attempt, moment: Moment) -> Checked {
        match kind {
            Kind::Stop(stop) => self.stop(stop, attempt, moment),
            Kind::Permission(permission) => self.permission(permission, attempt, moment),
            Kind::Hours(kind::Hours::Window { week, consent }) => self.window(week, *consent, moment.now),
            Kind::Hours(kind::Hours::Inconvenient) => self.inconvenient(attempt, moment.now),
            Kind::Frequency(frequency) => self.frequency(frequency, rule, attempt, moment),
            Kind::Demand(demand) => self.content(demand, attempt, moment),
        }
    }

    fn window(&self, week: &hours::Week, consent: bool, now: Timestamp) -> Checked {
        let margin = self.policy.margin_minutes;
        let widened = if consent { Widened::by(self.facts, margin, now) } else { Widened::not(margin) };
        if self.zones.is_empty() {
            return Some((Why::NoClock, Until::FactsChange));
        }
        if self.zones.iter().all(|zone| hours::is_open(week, widened, zone.local(now))) {
            return None;
        }
        let until = hours::next_open(week, widened, &self.zones, now).map_or(Until::FactsChange, Until::At);
        Some((Why::Hours, until))
    }

    fn inconvenient(&self, attempt: &Attempt, now: Timestamp) -> Checked {
        // Someone who writes at such a time gets one answer (12 CFR 1006.6(b)(1), comment 6(b)(1)-2).
        if attempt.is_first_answer() {
            return None;
        }
        if self.facts.refused.unread {
            return Some((Why::UnreadRequest, Until::FactsChange));
        }
        let family = attempt.medium.family();
        let times = self.facts.inconvenient.iter().filter(|time| time.medium.is_none_or(|medium| medium == family));
        let over = times.filter_map(|time| match &time.zone {
            Some(zone) => hours::inconvenient_until(time, zone, now),
            None => self.zones.iter().filter_map(|clock| hours::inconvenient_until(time, &clock.zone, now)).max(),
        });
        over.max().map(|over| (Why::Inconvenient, Until::At(over)))
    }
}

impl Active<'_> {
    fn asks_about(&self, attempt: &Attempt, now: Timestamp) -> bool {
        let law::When { automated, solicits, line } = self.when;
        self.media.has(attempt.medium)
            && self.from <= now
            && now < self.to
            && (!automated || attempt.automated)
            && (!solicits || attempt.solicits())
            && line.takes(attempt.to.line())
    }

    /// A rule refuses at most until it is no longer in force.
    fn refusal(&self, why: Why, until: Until) -> Refusal {
        let ends = (self.to < Timestamp::MAX).then_some(self.to);
        let expiry = self.rule.valid_to.and(ends);
        let until = match (until, expiry) {
            (until, None) => until,
            (until, expiry) => until.or_at(expiry),
        };
        Refusal { rule: self.rule.id.clone(), source: self.rule.source.clone(), why, until }
    }
}
