//! What a remittance did, by the days from which it counts: a function of all that was said of it, whatever the order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::money::{Currency, Money, MoneyError};
use crate::remittance::{Contest, Effect, InFlight, Remittance, Stage};

/// What came of a remittance, or went back of it, from one day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// What came in.
    pub received: Money,
    /// What the creditor paid back.
    pub refunded: Money,
    /// What the bank took back; below nothing where it gave it back.
    pub charged_back: Money,
}

impl Turn {
    /// Nothing.
    #[must_use]
    pub fn none(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { received: zero, refunded: zero, charged_back: zero }
    }

    /// The sum of two.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency, or sums that overflow.
    pub fn plus(&self, other: &Self) -> Result<Self, MoneyError> {
        Ok(Self {
            received: self.received.plus(other.received)?,
            refunded: self.refunded.plus(other.refunded)?,
            charged_back: self.charged_back.plus(other.charged_back)?,
        })
    }

    /// What undoes it.
    #[must_use]
    pub fn undone(&self) -> Self {
        let Self { received, refunded, charged_back } = *self;
        Self { received: received.negated(), refunded: refunded.negated(), charged_back: charged_back.negated() }
    }
}

/// What a remittance does, and from which days on it did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    days: BTreeMap<Date, Turn>,
    effect: Effect,
}

impl Course {
    /// What happened by day, and what is under way.
    ///
    /// # Errors
    /// [`MoneyError`] for a second currency, or sums that overflow.
    pub fn new(
        currency: Currency,
        days: BTreeMap<Date, Turn>,
        in_flight: Option<InFlight>,
        contested: bool,
    ) -> Result<Self, MoneyError> {
        let sum = days.values().try_fold(Turn::none(currency), |sum, turn| sum.plus(turn))?;
        let Turn { received, refunded, charged_back } = sum;
        Ok(Self { days, effect: Effect { received, refunded, charged_back, in_flight, contested } })
    }

    /// What it does in all.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// What has to be booked by day where another course was booked before.
    ///
    /// # Errors
    /// [`MoneyError`] for another currency, or sums that overflow.
    pub fn since(&self, before: Option<&Self>) -> Result<BTreeMap<Date, Turn>, MoneyError> {
        let none = Turn::none(self.effect.received.currency());
        let mut moved = self.days.clone();
        for (day, turn) in before.iter().flat_map(|before| &before.days) {
            let sum = moved.entry(*day).or_insert(none);
            *sum = sum.plus(&turn.undone())?;
        }
        moved.retain(|_, turn| *turn != none);
        Ok(moved)
    }
}

impl Remittance {
    /// What it does by day, or `None` while its amount is not known. Nothing goes back before it came.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn course(&self) -> Result<Option<Course>, MoneyError> {
        let Some(amount) = self.amount else { return Ok(None) };
        let days: BTreeSet<Date> = [self.counts_from()].into_iter().chain(self.reversal_days()).collect();
        let none = Turn::none(amount.currency());
        let mut turns = BTreeMap::new();
        let mut last = none;
        for day in days {
            let until = self.until(amount, day)?;
            let turn = until.plus(&last.undone())?;
            if turn != none {
                turns.insert(day, turn);
            }
            last = until;
        }
        let pending = self.progress.stage() == Stage::Pending;
        let in_flight = pending.then(|| InFlight { amount, until: self.waited_for_until() });
        Course::new(amount.currency(), turns, in_flight, self.is_contested()).map(Some)
    }

    /// The day the money counts from; where nobody says it, the day on which it was told how far it has come.
    #[must_use]
    pub fn counts_from(&self) -> Date {
        self.on.unwrap_or_else(|| day_of(self.progress.said()))
    }

    fn reversal_days(&self) -> impl Iterator<Item = Date> {
        self.refunds.keys().copied().chain(self.contest_days.values().copied())
    }

    /// What it had come to by the end of a day.
    fn until(&self, amount: Money, day: Date) -> Result<Turn, MoneyError> {
        let zero = Money::zero(amount.currency());
        let settled = self.progress.stage() == Stage::Settled && self.counts_from() <= day;
        let received = if settled { amount } else { zero };
        let taken = self.contests.iter().filter_map(|(id, (_, part))| {
            let told = Contest::ALL
                .into_iter()
                .filter(|state| self.contest_days.get(&(id.clone(), *state)).is_some_and(|since| *since <= day));
            let gone = matches!(told.max(), Some(Contest::Open | Contest::Lost));
            gone.then_some(part.unwrap_or(amount))
        });
        let charged_back = Money::sum(amount.currency(), taken)?.min(received)?;
        let refunded = self.refunds.range(..=day).next_back().map_or(zero, |(_, so_far)| *so_far);
        Ok(Turn { received, refunded: refunded.min(received.minus(charged_back)?)?, charged_back })
    }
}

/// The day of a moment.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(moment).date()
}
