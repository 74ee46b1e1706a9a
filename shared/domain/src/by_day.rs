//! Amounts by the day from which they count.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// Minor units by the day from which they count. Each is a sum, so that it does not matter in which order they are told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByDay(BTreeMap<Date, i64>);

impl ByDay {
    /// Adds what counts from a day, or takes it away.
    pub fn add(&mut self, on: Date, minor: i64) {
        let sum = self.0.remove(&on).unwrap_or_default().saturating_add(minor);
        if sum != 0 {
            self.0.insert(on, sum);
        }
    }

    /// Adds all of another.
    pub fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(on, minor)| self.add(*on, *minor));
    }

    /// Takes all of another away.
    pub fn take_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(on, minor)| self.add(*on, minor.saturating_neg()));
    }

    /// What counts from each day.
    #[must_use]
    pub fn days(&self) -> &BTreeMap<Date, i64> {
        &self.0
    }

    /// What it comes to at the end of a day.
    #[must_use]
    pub fn on(&self, day: Date) -> i64 {
        self.0.range(..=day).fold(0, |sum, (_, minor)| sum.saturating_add(*minor))
    }

    /// What it comes to from each day on on which that changes.
    #[must_use]
    pub fn levels(&self) -> BTreeMap<Date, i64> {
        let mut level = 0_i64;
        let mut up_to = |(day, minor): (&Date, &i64)| {
            level = level.saturating_add(*minor);
            (*day, level)
        };
        self.0.iter().map(&mut up_to).collect()
    }

    /// What it comes to in the end.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.on(Date::MAX)
    }
}

impl FromIterator<(Date, i64)> for ByDay {
    fn from_iter<I: IntoIterator<Item = (Date, i64)>>(days: I) -> Self {
        let mut all = Self::default();
        days.into_iter().for_each(|(on, minor)| all.add(on, minor));
        all
    }
}

/// The level on a day, where levels are known for the days on which they change.
pub(crate) fn level(levels: &BTreeMap<Date, i64>, day: Date) -> i64 {
    levels.range(..=day).next_back().map_or(0, |(_, level)| *level)
}
