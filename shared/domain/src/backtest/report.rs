//! Lives added up and compared.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Life;
use crate::contact::Channel;
use crate::ids::{DebtorId, StepName};
use crate::policy::{Stage, TaskKind};
use crate::reason::Rule;

/// What one message costs by each channel, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prices(pub BTreeMap<Channel, Decimal>);

/// What a policy would have done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Debtors that were looked at.
    pub debtors: u64,
    /// Debtors who would have been written to, and how often each.
    pub contacted: BTreeMap<DebtorId, u32>,
    /// Messages, by step.
    pub by_step: BTreeMap<StepName, u64>,
    /// Messages, by stage.
    pub by_stage: BTreeMap<Stage, u64>,
    /// Messages, by channel.
    pub by_channel: BTreeMap<Channel, u64>,
    /// Messages, by year and month in UTC.
    pub by_month: BTreeMap<(i16, i8), u64>,
    /// Tasks, by kind.
    pub tasks: BTreeMap<TaskKind, u64>,
    /// How often each rule spoke against contact.
    pub against: BTreeMap<Rule, u64>,
    /// The most messages that one debtor would have got within seven days.
    pub most_in_a_week: u32,
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, times: u64) {
    let known = counts.entry(key).or_default();
    *known = known.saturating_add(times);
}

impl Report {
    /// Adds a debtor's life.
    pub fn add(&mut self, life: &Life) {
        self.debtors = self.debtors.saturating_add(1);
        for contact in &life.contacts {
            count(&mut self.by_step, contact.step.clone(), 1);
            count(&mut self.by_stage, contact.stage, 1);
            count(&mut self.by_channel, contact.channel, 1);
            let day = jiff::tz::TimeZone::UTC.to_datetime(contact.at).date();
            count(&mut self.by_month, (day.year(), day.month()), 1);
        }
        for (_, kind) in &life.tasks {
            count(&mut self.tasks, *kind, 1);
        }
        for (rule, times) in &life.against {
            count(&mut self.against, *rule, u64::from(*times));
        }
        if !life.contacts.is_empty() {
            let times = u32::try_from(life.contacts.len()).unwrap_or(u32::MAX);
            self.contacted.insert(life.debtor.clone(), times);
        }
        self.most_in_a_week = self.most_in_a_week.max(most_in_a_week(life));
    }

    /// All messages.
    #[must_use]
    pub fn contacts(&self) -> u64 {
        self.by_channel.values().fold(0, |sum, times| sum.saturating_add(*times))
    }

    /// What the messages would have cost, in US dollars; a channel without a price costs nothing.
    #[must_use]
    pub fn cost(&self, prices: &Prices) -> Decimal {
        let costs = self.by_channel.iter().filter_map(|(channel, times)| {
            prices.0.get(channel).and_then(|price| price.checked_mul(Decimal::from(*times)))
        });
        costs.fold(Decimal::ZERO, Decimal::saturating_add)
    }
}

/// Messages within seven days, the first included.
fn most_in_a_week(life: &Life) -> u32 {
    const WEEK: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);
    let mut most = 0;
    for (index, first) in life.contacts.iter().enumerate() {
        let rest = life.contacts.iter().skip(index);
        most = most.max(rest.take_while(|one| one.at.duration_since(first.at) < WEEK).count());
    }
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// Whom one policy would have written to otherwise than another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Those whom only the old policy writes to.
    pub only_old: Vec<DebtorId>,
    /// Those whom only the new policy writes to.
    pub only_new: Vec<DebtorId>,
    /// Those whom the new policy writes to more often, and how often under each.
    pub more: Vec<(DebtorId, u32, u32)>,
    /// Those whom the new policy writes to less often.
    pub less: Vec<(DebtorId, u32, u32)>,
    /// How many are written to as often under both.
    pub same: u64,
}

impl Comparison {
    /// Compares two reports over the same debtors.
    #[must_use]
    pub fn between(old: &Report, new: &Report) -> Self {
        let mut comparison = Self::default();
        for (debtor, before) in &old.contacted {
            match new.contacted.get(debtor) {
                None => comparison.only_old.push(debtor.clone()),
                Some(after) if after > before => comparison.more.push((debtor.clone(), *before, *after)),
                Some(after) if after < before => comparison.less.push((debtor.clone(), *before, *after)),
                Some(_) => comparison.same = comparison.same.saturating_add(1),
            }
        }
        let new_ones = new.contacted.keys().filter(|debtor| !old.contacted.contains_key(*debtor));
        comparison.only_new.extend(new_ones.cloned());
        comparison
    }
}
