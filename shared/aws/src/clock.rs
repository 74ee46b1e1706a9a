//! The one clock. In a deployment it shows the time; on the local stack, and nowhere else, events may bring their own.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// Tells the time.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    read: fn() -> Timestamp,
    simulated: bool,
}

impl Clock {
    /// A clock that reads `read`. Where `simulated` is on, a time that travels with an event goes before it.
    #[must_use]
    pub fn new(read: fn() -> Timestamp, simulated: bool) -> Self {
        Self { read, simulated }
    }

    /// The time of an event that says `told`.
    #[must_use]
    pub fn now(&self, told: Option<Timestamp>) -> Timestamp {
        told.filter(|_| self.simulated).unwrap_or_else(self.read)
    }
}

/// How long Lambda still lets an invocation run that ends at `deadline`.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "how long we may still run is no fact that anything is decided on")]
pub fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_time_counts_only_where_time_is_simulated() {
        let wall = || Timestamp::UNIX_EPOCH;
        let told: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
        assert_eq!(Clock::new(wall, false).now(Some(told)), Timestamp::UNIX_EPOCH);
        assert_eq!(Clock::new(wall, true).now(Some(told)), told);
        assert_eq!(Clock::new(wall, true).now(None), Timestamp::UNIX_EPOCH);
    }
}
