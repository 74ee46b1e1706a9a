//! Lives added up.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Against, Life};
use crate::contact::Channel;
use crate::ids::StepName;
use crate::policy::{Stage, TaskKind};

/// What one message costs by each channel, in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices(pub BTreeMap<Channel, Decimal>);

/// What a policy would have done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Debtors that were looked at.
    pub debtors: u64,
    /// Debtors who would have been written to.
    pub contacted: u64,
    /// The most messages that one debtor would have got.
    pub most: u32,
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
    pub against: BTreeMap<Against, u64>,
    /// The most messages that one debtor would have got within seven days.
    pub most_in_a_week: u32,
}

fn count<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, times: u64) {
    let known = counts.entry(key).or_default();
    *known = known.saturating_add(times);
}

fn add_counts<K: Ord>(counts: &mut BTreeMap<K, u64>, others: BTreeMap<K, u64>) {
    for (key, times) in others {
        count(counts, key, times);
    }
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
        for task in &life.tasks {
            count(&mut self.tasks, task.kind, 1);
        }
        for ((_, rule), times) in &life.against {
            count(&mut self.against, rule.clone(), u64::from(*times));
        }
        self.contacted = self.contacted.saturating_add(u64::from(!life.contacts.is_empty()));
        self.most = self.most.max(life.times());
        self.most_in_a_week = self.most_in_a_week.max(most_in_a_week(life));
    }

    /// Adds what was found of other debtors.
    pub fn merge(&mut self, other: Self) {
        self.debtors = self.debtors.saturating_add(other.debtors);
        self.contacted = self.contacted.saturating_add(other.contacted);
        self.most = self.most.max(other.most);
        self.most_in_a_week = self.most_in_a_week.max(other.most_in_a_week);
        add_counts(&mut self.by_step, other.by_step);
        add_counts(&mut self.by_stage, other.by_stage);
        add_counts(&mut self.by_channel, other.by_channel);
        add_counts(&mut self.by_month, other.by_month);
        add_counts(&mut self.tasks, other.tasks);
        add_counts(&mut self.against, other.against);
    }

    /// All messages.
    #[must_use]
    pub fn contacts(&self) -> u64 {
        self.by_channel.values().fold(0, |sum, times| sum.saturating_add(*times))
    }

    /// What the messages would have cost, in US dollars; a channel without a price costs nothing.
    #[must_use]
    pub fn cost(&self, prices: &Prices) -> Decimal {
        self.costs(prices).into_values().fold(Decimal::ZERO, Decimal::saturating_add)
    }

    /// The same by channel, without those that have no price.
    #[must_use]
    pub fn costs(&self, prices: &Prices) -> BTreeMap<Channel, Decimal> {
        let cost = |(channel, times): (&Channel, &u64)| {
            Some((*channel, prices.0.get(channel)?.saturating_mul(Decimal::from(*times))))
        };
        self.by_channel.iter().filter_map(cost).collect()
    }
}

impl Life {
    /// How many messages.
    pub(super) fn times(&self) -> u32 {
        u32::try_from(self.contacts.len()).unwrap_or(u32::MAX)
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
