//! What a tenant charges by itself, as a part of its policy: late fees, interest, the law's fixed sum.

use std::num::NonZeroU16;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Authority;
use super::fee::{FeeAmount, LateFee};
use super::laws::Laws;
use super::rates::AnnualRate;
use super::terms::Terms;
use crate::agreement::Period;
use crate::by_currency::ByCurrency;
use crate::ids::{IdError, RuleName};
use crate::money::Currency;

/// The latest day after the due date on which a first late fee may be charged.
const AFTER_DAYS_MAX: u16 = 365;
/// The most late fees that a rule may charge on one invoice.
const TIMES_MAX: u16 = 120;

/// What is wrong with the times of a late fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LateFeesError {
    /// Not late yet, or too far off.
    #[error("must be 1 to {AFTER_DAYS_MAX} days after the due date")]
    AfterDays,
    /// A period of no days.
    #[error("must be a period of at least a day")]
    Period,
    /// More than anyone would charge.
    #[error("must be at most {TIMES_MAX} times")]
    Times,
    /// A fee of nothing.
    #[error("must be more than nothing")]
    Nothing,
}

/// How often a late fee is charged on one invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Once.
    Once,
    /// Once in each period from the first on.
    Every {
        /// How far they are apart.
        period: Period,
        /// How often at most.
        at_most: NonZeroU16,
    },
}

/// What a late fee comes to, by currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeeAmounts {
    /// Amounts of their own; none is charged in a currency that is not named.
    Fixed(ByCurrency),
    /// A share of what is open, in every currency.
    Percent {
        /// Percent, once and not by the year.
        share: AnnualRate,
        /// The most that it comes to, in the currencies that are named.
        at_most: ByCurrency,
    },
}

/// Fees for paying late: when, how often, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateFees {
    after_days: u16,
    times: Times,
    amounts: FeeAmounts,
    authority: Authority,
}

impl LateFees {
    /// The first fee is charged so many days after the due date.
    ///
    /// # Errors
    /// [`LateFeesError`].
    pub fn new(
        after_days: u16,
        times: Times,
        amounts: FeeAmounts,
        authority: Authority,
    ) -> Result<Self, LateFeesError> {
        if !(1..=AFTER_DAYS_MAX).contains(&after_days) {
            return Err(LateFeesError::AfterDays);
        }
        match times {
            Times::Every { period, .. } if period.is_nothing() => return Err(LateFeesError::Period),
            Times::Every { at_most, .. } if at_most.get() > TIMES_MAX => return Err(LateFeesError::Times),
            Times::Once | Times::Every { .. } => {}
        }
        match &amounts {
            FeeAmounts::Fixed(fixed) if fixed.is_empty() => return Err(LateFeesError::Nothing),
            FeeAmounts::Percent { share, .. } if share.or_zero() != *share || share.decimal().is_zero() => {
                return Err(LateFeesError::Nothing);
            }
            FeeAmounts::Fixed(_) | FeeAmounts::Percent { .. } => {}
        }
        Ok(Self { after_days, times, amounts, authority })
    }

    /// Days after the due date.
    #[must_use]
    pub fn after_days(&self) -> u16 {
        self.after_days
    }

    /// How often.
    #[must_use]
    pub fn times(&self) -> Times {
        self.times
    }

    /// How much.
    #[must_use]
    pub fn amounts(&self) -> &FeeAmounts {
        &self.amounts
    }

    /// What provides for them.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The day of the `time`th fee on what was due on `due`, counted from 1; none beyond the last.
    #[must_use]
    pub fn day(&self, due: Date, time: u16) -> Option<Date> {
        let before = time.checked_sub(1)?;
        let first = due.saturating_add(i32::from(self.after_days).days());
        match self.times {
            Times::Once => (before == 0).then_some(first),
            Times::Every { period, at_most } => {
                (time <= at_most.get()).then(|| first.saturating_add(period.times(before.into())))
            }
        }
    }

    /// Which fee has come last by `today`, and its day. Those that were missed before it are not charged.
    #[must_use]
    pub fn reached(&self, due: Date, today: Date) -> Option<(u16, Date)> {
        let days = (1..=TIMES_MAX).map_while(|time| Some((time, self.day(due, time)?)));
        days.take_while(|(_, day)| *day <= today).last()
    }

    /// The first day after `today` on which a fee comes.
    #[must_use]
    pub fn next(&self, due: Date, today: Date) -> Option<Date> {
        (1..=TIMES_MAX).map_while(|time| self.day(due, time)).find(|day| *day > today)
    }

    /// The name of the `time`th period, which with the rule's own makes a fee count once.
    ///
    /// # Errors
    /// Never: it is `once` or a number.
    pub fn period(&self, time: u16) -> Result<RuleName, IdError> {
        match self.times {
            Times::Once => RuleName::parse("once"),
            Times::Every { .. } => RuleName::parse(&time.to_string()),
        }
    }

    /// The fee in a currency, if there is one.
    #[must_use]
    pub fn fee(&self, currency: Currency) -> Option<LateFee> {
        let amount = match &self.amounts {
            FeeAmounts::Fixed(fixed) => FeeAmount::Fixed(fixed.get(currency)?),
            FeeAmounts::Percent { share, at_most } => {
                FeeAmount::Percent { share: *share, at_most: at_most.get(currency) }
            }
        };
        Some(LateFee { amount, authority: self.authority.clone() })
    }
}

/// What interest rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The law of the debtor's jurisdiction.
    Statute(Laws),
    /// The contract: from the day after the due date on.
    Contract(Terms),
}

/// When interest that has run up is booked. What is left is booked in any case when the principal is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booked {
    /// On the first day of each month on the debtor's calendar.
    Monthly,
    /// With each message, so that it names it.
    WithMessages,
    /// When the principal is paid.
    AtEnd,
}

impl Booked {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Monthly, Self::WithMessages, Self::AtEnd];

    /// `monthly`, `with_messages`, `at_end`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "monthly",
            Self::WithMessages => "with_messages",
            Self::AtEnd => "at_end",
        }
    }

    /// Reads what [`Booked::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|booked| booked.as_str() == value)
    }
}

/// What a rule charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Levy {
    /// Late fees, each once for invoice and period.
    LateFees(LateFees),
    /// Interest.
    Interest {
        /// What it rests on.
        basis: Basis,
        /// When it is booked.
        booked: Booked,
    },
    /// The law's fixed sum, once for each invoice as soon as the law's interest has begun.
    FixedSum(Laws),
}

/// What a rule does while a promise, a plan or a settlement stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhileAgreed {
    /// It waits: no fee comes of that time, and interest runs and is not booked.
    #[default]
    Wait,
    /// It charges as ever.
    Charge,
}

impl WhileAgreed {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Wait, Self::Charge];

    /// `wait`, `charge`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Charge => "charge",
        }
    }

    /// Reads what [`WhileAgreed::as_str`] writes.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == value)
    }
}

/// A rule by which a policy charges on top of what is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRule {
    /// Its name, unique within the policy. What it charges on an invoice counts once under it, in whatever version.
    pub name: RuleName,
    /// What it charges.
    pub levy: Levy,
    /// What it does while an agreement stands.
    pub while_agreed: WhileAgreed,
}

impl ChargeRule {
    /// The contract's own interest, where that is what it charges.
    #[must_use]
    pub fn contract(&self) -> Option<&Terms> {
        match &self.levy {
            Levy::Interest { basis: Basis::Contract(terms), .. } => Some(terms),
            Levy::Interest { basis: Basis::Statute(_), .. } | Levy::LateFees(_) | Levy::FixedSum(_) => None,
        }
    }

    /// The laws that it follows, if it does.
    #[must_use]
    pub fn laws(&self) -> Option<&Laws> {
        match &self.levy {
            Levy::Interest { basis: Basis::Statute(laws), .. } | Levy::FixedSum(laws) => Some(laws),
            Levy::Interest { basis: Basis::Contract(_), .. } | Levy::LateFees(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Citation;
    use crate::money::Money;

    fn fees(after_days: u16, times: Times) -> Result<LateFees, LateFeesError> {
        let fixed = ByCurrency::new([Money::from_minor(500, Currency::parse("EUR").unwrap())]).unwrap();
        let authority = Authority::Contract(Citation::parse("clause 7.2").unwrap());
        LateFees::new(after_days, times, FeeAmounts::Fixed(fixed), authority)
    }

    fn every(period: Period, at_most: u16) -> Times {
        Times::Every { period, at_most: NonZeroU16::new(at_most).unwrap() }
    }

    #[test]
    fn days_of_fees_follow_from_the_due_date_and_end() {
        let due: Date = "2026-01-29".parse().unwrap();
        let once = fees(2, Times::Once).unwrap();
        let monthly = fees(2, every(Period::Months(1), 3)).unwrap();
        for (today, one, more, next) in [
            ("2026-01-30", None, None, Some("2026-01-31")),
            ("2026-01-31", Some((1, "2026-01-31")), Some((1, "2026-01-31")), Some("2026-02-28")),
            ("2026-03-30", Some((1, "2026-01-31")), Some((2, "2026-02-28")), Some("2026-03-31")),
            ("2027-01-01", Some((1, "2026-01-31")), Some((3, "2026-03-31")), None),
        ] {
            let today = today.parse().unwrap();
            let told = |reached: Option<(u16, Date)>| reached.map(|(time, day)| (time, day.to_string()));
            let meant = |wanted: Option<(u16, &str)>| wanted.map(|(time, day)| (time, day.to_owned()));
            assert_eq!(told(once.reached(due, today)), meant(one), "{today}");
            assert_eq!(told(monthly.reached(due, today)), meant(more), "{today}");
            assert_eq!(monthly.next(due, today).map(|day| day.to_string()).as_deref(), next, "{today}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(fees(0, Times::Once), Err(LateFeesError::AfterDays));
        assert_eq!(fees(366, Times::Once), Err(LateFeesError::AfterDays));
        assert_eq!(fees(1, every(Period::Weeks(0), 2)), Err(LateFeesError::Period));
        assert_eq!(fees(1, every(Period::Weeks(1), 121)), Err(LateFeesError::Times));
        let authority = || Authority::Contract(Citation::parse("clause 7.2").unwrap());
        let none = FeeAmounts::Fixed(ByCurrency::default());
        assert_eq!(LateFees::new(1, Times::Once, none, authority()), Err(LateFeesError::Nothing));
        let share = FeeAmounts::Percent { share: AnnualRate::parse("-1").unwrap(), at_most: ByCurrency::default() };
        assert_eq!(LateFees::new(1, Times::Once, share, authority()), Err(LateFeesError::Nothing));
    }
}
