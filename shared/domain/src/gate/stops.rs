//! What stops contact altogether, or all but what the law excepts.

use jiff::ToSpan as _;

use super::attempt::{Addressee, Attempt, Purpose};
use super::facts::{Contested, DisputeForm};
use super::law::{DisputeRule, Stop};
use super::{Checked, Gate, Moment, Until, Why};

impl Gate<'_> {
    pub(super) fn stop(&self, kind: &Stop, attempt: &Attempt, moment: Moment) -> Checked {
        match kind {
            Stop::Insolvency => self.insolvency(attempt, moment),
            Stop::Respite => self.respite(attempt, moment),
            Stop::Cease { oral } => self.cease(*oral, attempt, moment),
            Stop::Attorney => self.attorney(attempt, moment),
            Stop::Deceased => self.deceased(attempt),
            Stop::Dispute(rule) => self.dispute(*rule, attempt, moment),
            Stop::CreditorRequest => self.creditor_request(attempt, moment),
            Stop::AccuracyContested => {
                self.facts.stops.accuracy_contested.then_some((Why::AccuracyContested, Until::FactsChange))
            }
            Stop::Adviser { days } => self.adviser(*days, attempt, moment),
            Stop::Extinguished { years } => self.extinguished(*years, attempt, moment),
        }
    }

    fn insolvency(&self, attempt: &Attempt, moment: Moment) -> Checked {
        let since = self.facts.stops.insolvent_since.filter(|since| *since <= moment.today)?;
        let excepted = matches!(attempt.purpose, Purpose::ProofOfClaim) || attempt.addressee.is_professional();
        (!excepted).then_some((Why::Insolvent(since), Until::FactsChange))
    }

    fn respite(&self, attempt: &Attempt, moment: Moment) -> Checked {
        if matches!(attempt.purpose, Purpose::RequiredNotice | Purpose::ProofOfClaim) {
            return None;
        }
        let respites = self.facts.stops.respites.iter();
        let within = |last: Option<_>| last.is_none_or(|last| moment.still <= last);
        let respite = respites.filter(|respite| respite.first <= moment.today && within(respite.last));
        let last = respite.max_by_key(|respite| respite.last.unwrap_or(jiff::civil::Date::MAX))?;
        let over = |last: jiff::civil::Date| Until::At(self.midnight(last.saturating_add(1.day())));
        Some((Why::Respite(last.first), last.last.map_or(Until::FactsChange, over)))
    }

    fn cease(&self, oral: bool, attempt: &Attempt, moment: Moment) -> Checked {
        let heard = |demand: &&super::facts::Cease| {
            demand.received <= moment.now && (demand.written || oral) && attempt.concerns(demand.debt.as_ref())
        };
        let demand = self.facts.stops.ceases.iter().filter(heard).min_by_key(|demand| demand.received)?;
        let excepted = match attempt.purpose {
            Purpose::EffortsTerminated | Purpose::RemedyPossible | Purpose::RemedyIntended => {
                !self.was_told_since(attempt, demand.received)
            }
            // A cease demand does not take a right to a notice, and its receipt may be confirmed.
            Purpose::RequiredNotice | Purpose::ProofOfClaim | Purpose::OptOutConfirmation { .. } => true,
            Purpose::Collect | Purpose::LocationInformation | Purpose::Marketing => false,
        };
        let excepted = excepted || attempt.addressee.is_professional();
        (!excepted).then_some((Why::Ceased, Until::FactsChange))
    }

    fn attorney(&self, attempt: &Attempt, moment: Moment) -> Checked {
        if attempt.addressee.is_professional() || matches!(attempt.purpose, Purpose::OptOutConfirmation { .. }) {
            return None;
        }
        let silence = i64::from(self.policy.attorney_silence_days).days();
        let free_from = |since: jiff::Timestamp| {
            let day = self.calendars.iter().map(|zone| zone.date(since)).max();
            day.map(|day| self.midnight(day.saturating_add(silence)))
        };
        let acts = self.facts.stops.attorneys.iter().filter(|attorney| attempt.concerns(attorney.debt.as_ref()));
        let untils = acts
            .filter(|attorney| attorney.reachable.unwrap_or(true))
            .map(|attorney| attorney.silent_since.and_then(free_from).map_or(Until::FactsChange, Until::At));
        let holds = untils.filter(|until| until.moment().is_none_or(|free| moment.now < free));
        let last = holds.max_by_key(|until| until.moment().unwrap_or(jiff::Timestamp::MAX))?;
        Some((Why::Attorney, last))
    }

    fn deceased(&self, attempt: &Attempt) -> Checked {
        let to_the_estate = match attempt.addressee {
            Addressee::Executor { named } => named,
            Addressee::Spouse | Addressee::Attorney | Addressee::Professional => true,
            Addressee::ThirdParty { .. } => attempt.purpose == Purpose::LocationInformation,
            Addressee::Debtor | Addressee::Guardian => false,
        };
        (self.facts.stops.deceased && !to_the_estate).then_some((Why::Deceased, Until::FactsChange))
    }

    fn dispute(&self, rule: DisputeRule, attempt: &Attempt, moment: Moment) -> Checked {
        // What answers the dispute is no collection.
        if matches!(attempt.purpose, Purpose::RequiredNotice) || attempt.addressee.is_professional() {
            return None;
        }
        let any = self.policy.pause_on_any_dispute;
        let rule = if any { DisputeRule { oral: true, late: true, ..rule } } else { rule };
        let open = self.facts.stops.contested.iter().any(|contested| self.is_open(contested, rule, attempt, moment));
        open.then_some((Why::Contested, Until::FactsChange))
    }

    fn is_open(&self, contested: &Contested, rule: DisputeRule, attempt: &Attempt, moment: Moment) -> bool {
        let Contested { received, form, undisputed, grounds, verified, .. } = contested;
        let ends = self.facts.credit.validation_ends;
        let in_time = received.zip(ends).is_none_or(|(received, ends)| received <= ends);
        let heard =
            received.is_none_or(|received| received.saturating_add(i64::from(rule.after_days).days()) <= moment.today);
        let asks_for_the_rest =
            attempt.content.demanded.zip(*undisputed).is_some_and(|(demanded, rest)| {
                demanded.currency() == rest.currency() && demanded.minor() <= rest.minor()
            });
        heard
            && attempt.concerns(contested.debt.as_ref())
            && verified.is_none_or(|verified| verified > moment.still)
            && (rule.oral || *form != Some(DisputeForm::Oral))
            && (rule.late || in_time)
            && (!rule.grounds || grounds.unwrap_or(true))
            && !asks_for_the_rest
    }

    fn creditor_request(&self, attempt: &Attempt, moment: Moment) -> Checked {
        let request = self.facts.stops.creditor_request.filter(|request| request.received <= moment.today)?;
        let in_time = self.facts.credit.validation_ends.is_none_or(|ends| request.received <= ends);
        let open = request.answered.is_none_or(|answered| answered > moment.still);
        let excepted = attempt.purpose == Purpose::RequiredNotice || attempt.addressee.is_professional();
        (in_time && open && !excepted).then_some((Why::CreditorAsked, Until::FactsChange))
    }

    fn adviser(&self, days: i32, attempt: &Attempt, moment: Moment) -> Checked {
        let adviser = self.facts.stops.adviser.filter(|adviser| adviser.told <= moment.today)?;
        let days = i64::from(days);
        let days = if adviser.plan_in_progress { days.saturating_mul(2) } else { days };
        let over = self.midnight(adviser.told.saturating_add(days.saturating_add(1).days()));
        let holds = moment.now < over && attempt.purpose != Purpose::RequiredNotice;
        holds.then_some((Why::Adviser, Until::At(over)))
    }

    fn extinguished(&self, years: i16, attempt: &Attempt, moment: Moment) -> Checked {
        let last = self.facts.credit.last_day_to_sue(years).filter(|last| *last < moment.today)?;
        let excepted = attempt.purpose == Purpose::EffortsTerminated;
        (!excepted).then_some((Why::Extinguished(last.saturating_add(1.day())), Until::FactsChange))
    }
}
