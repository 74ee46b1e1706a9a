//! Times in which nothing may be charged.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// Days on which a debt bears no interest and no fee, and for which none can be asked for afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moratorium {
    first: Date,
    last: Date,
}

/// A moratorium that ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the moratorium ends on {last}, before it begins on {first}")]
pub struct MoratoriumError {
    first: Date,
    last: Date,
}

impl Moratorium {
    /// From the first to the last day, both included.
    ///
    /// # Errors
    /// [`MoratoriumError`].
    pub fn new(first: Date, last: Date) -> Result<Self, MoratoriumError> {
        if last < first { Err(MoratoriumError { first, last }) } else { Ok(Self { first, last }) }
    }

    /// What the law of a place gives to an individual in debt, beginning with the day it starts; none where it gives no
    /// such time. Companies have none anywhere.
    #[must_use]
    pub fn of(place: &str, starts: Date) -> Option<Self> {
        match place {
            "GB" | "GB-EAW" => Some(Self::breathing_space(starts)),
            "GB-SCT" => Some(Self::scottish(starts)),
            _ => None,
        }
    }

    /// Breathing space in England and Wales: 60 days beginning with the day it starts (Debt Respite Scheme
    /// Regulations 2020, SI 2020/1311).
    #[must_use]
    pub fn breathing_space(starts: Date) -> Self {
        Self { first: starts, last: starts.saturating_add(59.days()) }
    }

    /// The statutory moratorium of Scotland: six months (Bankruptcy (Scotland) Act 2016, part 15).
    #[must_use]
    pub fn scottish(starts: Date) -> Self {
        Self { first: starts, last: starts.saturating_add(6.months()).saturating_sub(1.day()) }
    }

    /// The first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.first
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.last
    }

    /// Whether a day lies within it.
    #[must_use]
    pub fn covers(self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn sixty_days_begin_with_the_day_it_starts() {
        let space = Moratorium::breathing_space(date(2026, 3, 2));
        assert_eq!((space.first(), space.last()), (date(2026, 3, 2), date(2026, 4, 30)));
        assert!(space.covers(date(2026, 4, 30)) && !space.covers(date(2026, 5, 1)));
        assert_eq!(Moratorium::of("GB-SCT", date(2026, 3, 2)).map(Moratorium::last), Some(date(2026, 9, 1)));
        assert_eq!(Moratorium::of("GB-EAW", date(2026, 3, 2)), Some(space));
        assert_eq!(Moratorium::of("DE", date(2026, 3, 2)), None);
        assert!(Moratorium::new(date(2026, 3, 2), date(2026, 3, 1)).is_err());
    }
}
