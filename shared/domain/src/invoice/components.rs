//! What is open of an invoice by component, and how much of the principal was open on each day.
//!
//! Every movement is kept by the day from which it counts, as a sum, so that the order in which things are told does not
//! matter. What a payment settled follows from going through the days: a charge that comes later takes nothing back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Invoice, Moved, SnapshotStamp, Standing, Sums, settled};
use crate::allocation::ComponentOrder;
use crate::by_day::{ByDay, level};
use crate::money::{Money, MoneyError};

/// What counts from one day, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Movement {
    /// Payments and credit notes, less what went back of them.
    pub received: i64,
    /// Fees.
    pub fees: i64,
    /// Interest.
    pub interest: i64,
    /// What was given up.
    pub written_off: i64,
}

/// What is open of an invoice. The three sum to its balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Components {
    /// Fees and other costs.
    pub costs: Money,
    /// Interest.
    pub interest: Money,
    /// What was invoiced.
    pub principal: Money,
}

const COSTS: usize = 0;
const INTEREST: usize = 1;
const PRINCIPAL: usize = 2;

/// Three components while days go by.
#[derive(Default)]
struct Running {
    charged: [i64; 3],
    open: [i64; 3],
    received: i64,
    /// Received beyond what was open; below nothing where it went back before it came.
    unused: i64,
    given_up: i64,
}

impl Running {
    fn charge(&mut self, charges: [i64; 3]) {
        for ((charged, open), more) in self.charged.iter_mut().zip(&mut self.open).zip(charges) {
            *charged = charged.saturating_add(more);
            *open = open.saturating_add(more);
            // What is taken back of a charge that was settled settles something else.
            self.unused = self.unused.saturating_sub((*open).min(0));
            *open = (*open).max(0);
        }
    }

    /// Clears in order; what goes back reopens what was cleared last.
    fn receive(&mut self, received: i64, order: ComponentOrder) {
        self.received = self.received.saturating_add(received);
        self.unused = self.unused.saturating_add(received);
        let mut order = match order {
            ComponentOrder::PrincipalFirst => [PRINCIPAL, COSTS, INTEREST],
            ComponentOrder::CostsInterestPrincipal => [COSTS, INTEREST, PRINCIPAL],
        };
        if self.unused < 0 {
            order.reverse();
        }
        for component in order {
            let (Some(charged), Some(open)) = (self.charged.get(component), self.open.get_mut(component)) else {
                continue;
            };
            let cleared = charged.saturating_sub(*open);
            let part = self.unused.clamp(cleared.saturating_neg(), *open);
            *open = open.saturating_sub(part);
            self.unused = self.unused.saturating_sub(part);
        }
    }

    /// What is open and not given up. Costs are given up first, the principal last, whatever clears first.
    fn left(&self) -> [i64; 3] {
        let mut given_up = self.given_up.max(0);
        self.open.map(|open| {
            let part = given_up.min(open);
            given_up = given_up.saturating_sub(part);
            open.saturating_sub(part)
        })
    }
}

/// The principal that is open beyond what unapplied credit covers.
fn beyond([costs, interest, principal]: [i64; 3], covered: i64, order: ComponentOrder) -> i64 {
    let before = match order {
        ComponentOrder::PrincipalFirst => 0,
        ComponentOrder::CostsInterestPrincipal => costs.saturating_add(interest),
    };
    principal.saturating_sub(covered.saturating_sub(before).max(0)).max(0)
}

impl Invoice {
    /// What is open by component now.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn components(&self, order: ComponentOrder) -> Result<Components, MoneyError> {
        let days = self.by_day(order)?;
        let given_up = matches!(self.standing, Standing::Uncollectible | Standing::Void);
        let [costs, interest, principal] = days.last_key_value().map_or([0; 3], |(_, open)| *open);
        let money = |minor| Money::from_minor(if given_up { 0 } else { minor }, self.currency());
        Ok(Components { costs: money(costs), interest: money(interest), principal: money(principal) })
    }

    /// The principal that was open from each day on on which it changed; what interest is computed from. What a
    /// provider says was paid without saying when counts from the first snapshot that says so. Nothing was ever owed on
    /// what is void, and what unapplied credit covers counts as paid: `cover`, beyond what the invoice took along.
    ///
    /// # Errors
    /// [`MoneyError`] where sums overflow.
    pub fn principal_by_day(&self, order: ComponentOrder, cover: &ByDay) -> Result<BTreeMap<Date, Money>, MoneyError> {
        let mut principal = BTreeMap::new();
        let mut last = None;
        let open = self.by_day(order)?;
        let covered = [cover, &self.covered];
        let days = covered.iter().flat_map(|one| one.days().keys()).chain(open.keys());
        for day in days.copied().filter(|day| *day >= self.issue_date).collect::<BTreeSet<Date>>() {
            let open = open.range(..=day).next_back().map_or([0; 3], |(_, open)| *open);
            let covered = covered.iter().fold(0_i64, |sum, one| sum.saturating_add(one.on(day)));
            let open = if self.standing == Standing::Void { 0 } else { beyond(open, covered, order) };
            if last != Some(open) {
                principal.insert(day, Money::from_minor(open, self.currency()));
                last = Some(open);
            }
        }
        Ok(principal)
    }

    /// What is open from each day on, beyond what unapplied credit covered when it was settled. Nothing where sums
    /// overflow: they are refused before they are stored.
    pub(crate) fn open_by_day(&self) -> BTreeMap<Date, i64> {
        let by_day = self.by_day(ComponentOrder::default()).unwrap_or_default();
        let sum = |open: [i64; 3]| open.into_iter().fold(0_i64, i64::saturating_add);
        let open: BTreeMap<Date, i64> = by_day.into_iter().map(|(day, open)| (day, sum(open))).collect();
        let days: BTreeSet<Date> = open.keys().chain(self.covered.days().keys()).copied().collect();
        let beyond = |day| level(&open, day).saturating_sub(self.covered.on(day)).max(0);
        days.into_iter().map(|day| (day, beyond(day))).collect()
    }

    /// What is open of costs, interest and principal from each day on.
    fn by_day(&self, order: ComponentOrder) -> Result<BTreeMap<Date, [i64; 3]>, MoneyError> {
        let mut open = BTreeMap::new();
        self.through_days(order, |day, running| {
            open.insert(day, running.left());
        })?;
        Ok(open)
    }

    /// What was received beyond what was owed, by day: what the invoice gives to unapplied credit.
    pub(crate) fn surplus_by_day(&self) -> Result<ByDay, MoneyError> {
        let (mut surplus, mut before) = (ByDay::default(), 0_i64);
        self.through_days(ComponentOrder::default(), |day, running| {
            // Nothing was ever owed on what is void.
            let unused = if self.standing == Standing::Void { running.received } else { running.unused };
            surplus.add(day, unused.max(0).saturating_sub(before));
            before = unused.max(0);
        })?;
        Ok(surplus)
    }

    fn through_days(&self, order: ComponentOrder, mut evening: impl FnMut(Date, &Running)) -> Result<(), MoneyError> {
        let mut days = self.dated.clone();
        for (day, unknown) in self.unknown_payments()? {
            let undated = days.entry(day).or_default();
            undated.received = undated.received.saturating_add(unknown.minor());
        }
        days.entry(self.issue_date).or_default();
        let mut running = Running::default();
        for (day, movement) in days {
            let principal = if day == self.issue_date { self.sums.total.minor() } else { 0 };
            running.charge([movement.fees, movement.interest, principal]);
            running.receive(movement.received, order);
            running.given_up = running.given_up.saturating_add(movement.written_off);
            evening(day, &running);
        }
        Ok(())
    }

    /// The last day from which something counts that was received, or went back.
    pub(crate) fn received_last(&self) -> Option<Date> {
        let dated = self.dated.iter().rev().find(|(_, moved)| moved.received != 0).map(|(day, _)| *day);
        let undated = self.unknown_payments().into_iter().flatten().filter(|(_, unknown)| !unknown.is_zero());
        dated.max(undated.map(|(day, _)| day).max())
    }

    /// Changes the sums, from a day on. What is given up under a settlement follows the money that it was given up for.
    pub(crate) fn change(
        &mut self,
        on: Date,
        change: impl FnOnce(&mut Sums) -> Result<(), MoneyError>,
    ) -> Result<(), MoneyError> {
        let (before, moved) = (self.sums, Moved::on(self)?);
        change(&mut self.sums)?;
        let moved = Moved::on(self)?.since(moved)?;
        settled::hold(&mut self.settled, &mut self.sums, moved)?;
        let after = &self.sums;
        let by = |is: Money, was: Money| is.minus(was).map(Money::minor);
        let movement = self.dated.remove(&on).unwrap_or_default();
        let movement = Movement {
            received: movement.received.saturating_add(by(after.known()?, before.known()?)?),
            fees: movement.fees.saturating_add(by(after.fees, before.fees)?),
            interest: movement.interest.saturating_add(by(after.interest, before.interest)?),
            written_off: movement.written_off.saturating_add(by(after.written_off, before.written_off)?),
        };
        if movement != Movement::default() {
            self.dated.insert(on, movement);
        }
        Ok(())
    }

    /// Forgets what was given up and has been made good since, so that it does not swallow what is invoiced now. That counts
    /// from the last day on which anything moved: until then it was given up.
    pub(crate) fn forget_made_good(&mut self) -> Result<(), MoneyError> {
        let given_up = self.position()?.written_off.min(self.sums.written_off)?;
        let on = self.dated.last_key_value().map(|(day, _)| *day).max(self.received_last()).unwrap_or(self.issue_date);
        self.change(on, |sums| {
            sums.written_off = given_up;
            Ok(())
        })
    }

    /// What was received and is not kept by its day, with the days from which it counts: what only the provider's invoice
    /// tells of, and what is missing where that calls itself settled.
    pub(crate) fn unknown_payments(&self) -> Result<[(Date, Money); 2], MoneyError> {
        let dated = self.dated.values().fold(0_i64, |sum, movement| sum.saturating_add(movement.received));
        let unknown = self.received()?.minus(Money::from_minor(dated, self.currency()))?;
        let missing = self.paid()?.minus(self.told()?)?.minus(self.sums.paid_elsewhere)?;
        let on = |said: Option<Date>| said.unwrap_or_else(|| snapshot_day(self.stamp, self.issue_date));
        Ok([(on(self.first_said.paid), unknown.minus(missing)?), (on(self.first_said.settled), missing)])
    }
}

/// The day from which counts what a snapshot says without saying when.
pub(crate) fn snapshot_day(stamp: Option<SnapshotStamp>, issued: Date) -> Date {
    let told = stamp.and_then(|stamp| jiff::Timestamp::from_second(stamp.created).ok());
    told.map_or(issued, |at| jiff::tz::TimeZone::UTC.to_datetime(at).date())
}
