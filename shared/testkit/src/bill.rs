//! What requests to the table cost, as DynamoDB itself counts it.

use std::collections::BTreeMap;
use std::fmt;

use dynoxide::types::ConsumedCapacity;
use rust_decimal::Decimal;

/// Requests of one kind, or of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many requests.
    pub requests: u64,
    /// Read units; an eventually consistent read of 4 KB is half a unit.
    pub read_units: Decimal,
    /// Write units of the table and its index; twice as many in a transaction.
    pub write_units: Decimal,
    /// Bytes of the bodies sent.
    pub bytes_sent: u64,
    /// Bytes of the bodies received.
    pub bytes_received: u64,
}

impl Tally {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            read_units: self.read_units.saturating_add(other.read_units),
            write_units: self.write_units.saturating_add(other.write_units),
            bytes_sent: self.bytes_sent.saturating_add(other.bytes_sent),
            bytes_received: self.bytes_received.saturating_add(other.bytes_received),
        }
    }
}

/// A tally for each operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill(BTreeMap<&'static str, Tally>);

impl Bill {
    pub(crate) fn add(&mut self, operation: &'static str, tally: Tally) {
        let sum = self.0.entry(operation).or_default();
        *sum = sum.plus(tally);
    }

    /// Adds another bill to this one.
    pub fn merge(&mut self, other: &Self) {
        for (operation, tally) in &other.0 {
            self.add(operation, *tally);
        }
    }

    /// What one operation came to.
    #[must_use]
    pub fn of(&self, operation: &str) -> Tally {
        self.0.get(operation).copied().unwrap_or_default()
    }

    /// What all came to.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.0.values().fold(Tally::default(), |sum, tally| sum.plus(*tally))
    }
}

/// `PutItem 2 (3 WCU), Query 1 (0.5 RCU)`.
impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (operation, tally)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{operation} {}", tally.requests)?;
            match (tally.read_units.is_zero(), tally.write_units.is_zero()) {
                (false, _) => write!(f, " ({} RCU)", tally.read_units.normalize())?,
                (true, false) => write!(f, " ({} WCU)", tally.write_units.normalize())?,
                (true, true) => {}
            }
        }
        Ok(())
    }
}

/// Units as the answer states them.
pub(crate) fn units<'a>(consumed: impl IntoIterator<Item = &'a ConsumedCapacity>) -> Decimal {
    let decimal = |one: &ConsumedCapacity| one.capacity_units.to_string().parse::<Decimal>().unwrap();
    consumed.into_iter().map(decimal).sum()
}
