//! Making a plan's instalments.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::{AgreementError, Instalment, plan};
use crate::money::Money;

/// How far instalments are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// So many days.
    Days(u16),
    /// So many weeks.
    Weeks(u16),
    /// So many months: the same day of the month, or the last where a month is shorter. From 31 January it goes on to 28
    /// February and back to 31 March.
    Months(u16),
}

impl Period {
    /// Reads `14 days`, `2 weeks`, `1 month`.
    ///
    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let (number, unit) = text.split_once(' ').ok_or(PeriodError)?;
        let number = number.parse().map_err(|_| PeriodError)?;
        match unit.trim_end_matches('s') {
            "day" => Ok(Self::Days(number)),
            "week" => Ok(Self::Weeks(number)),
            "month" => Ok(Self::Months(number)),
            _ => Err(PeriodError),
        }
    }

    /// `count` periods; the calendar's end bounds it.
    pub(crate) fn times(self, count: usize) -> Span {
        let times = |each: u16| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(i64::from(each)).min(40_000);
        match self {
            Self::Days(days) => times(days).days(),
            Self::Weeks(weeks) => times(weeks).weeks(),
            Self::Months(months) => times(months).months(),
        }
    }

    pub(crate) fn is_nothing(self) -> bool {
        matches!(self, Self::Days(0) | Self::Weeks(0) | Self::Months(0))
    }
}

/// What cannot be read as a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of days, weeks or months, such as 2 weeks")]
pub struct PeriodError;

/// How many instalments there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many, of equal size; what does not divide is on the last.
    Of(u16),
    /// As many as it takes at so much each; the last is what remains.
    Each(Money),
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// What is to be paid in all.
    pub total: Money,
    /// What is paid first, and when.
    pub down_payment: Option<Instalment>,
    /// The day of the first instalment.
    pub first: Date,
    /// How far instalments are apart.
    pub every: Period,
    /// How many there are.
    pub count: Count,
}

impl Schedule {
    /// The instalments, in order; they sum to the total exactly.
    ///
    /// # Errors
    /// [`AgreementError`] where there are none or too many, amounts are not more than nothing, or the down payment is not
    /// less than the whole or not before the first instalment.
    pub fn instalments(&self) -> Result<Vec<Instalment>, AgreementError> {
        if self.every.is_nothing() {
            return Err(AgreementError::NothingPromised("the period"));
        }
        let down = self.down_payment.map_or(Money::zero(self.total.currency()), |down| down.amount);
        let rest = self.total.minus(down)?;
        if !rest.is_positive() {
            return Err(AgreementError::NothingPromised("what is left after the down payment"));
        }
        let amounts = self.amounts(rest)?;
        let day = |index: usize| self.first.saturating_add(self.every.times(index));
        let instalments = amounts.into_iter().enumerate().map(|(index, amount)| Instalment { due: day(index), amount });
        Ok(self.down_payment.into_iter().chain(instalments).collect())
    }

    fn amounts(&self, rest: Money) -> Result<Vec<Money>, AgreementError> {
        let too_many = |count: i64| usize::try_from(count).map_or(true, |count| count > plan::INSTALMENTS_MAX);
        let (count, each) = match self.count {
            Count::Of(count) => {
                let count = i64::from(count);
                (count, rest.minor().checked_div(count).ok_or(AgreementError::Instalments)?)
            }
            Count::Each(amount) => {
                amount.minus(rest)?;
                let whole = rest
                    .minor()
                    .checked_div(amount.minor().max(0))
                    .ok_or(AgreementError::NothingPromised("each instalment"))?;
                let remains = rest.minor().checked_rem(amount.minor()).unwrap_or(0) > 0;
                (whole.saturating_add(i64::from(remains)), amount.minor())
            }
        };
        if count < 1 || too_many(count) {
            return Err(AgreementError::Instalments);
        }
        let last = rest.minor().saturating_sub(each.saturating_mul(count.saturating_sub(1)));
        let amount = |index: i64| if index == count.saturating_sub(1) { last } else { each };
        Ok((0..count).map(|index| Money::from_minor(amount(index), rest.currency())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::parse("EUR").unwrap())
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn schedule(first: &str, every: Period, count: Count) -> Schedule {
        Schedule { total: eur(100_000), down_payment: None, first: day(first), every, count }
    }

    fn told(schedule: &Schedule) -> Vec<(String, i64)> {
        let instalments = schedule.instalments().unwrap();
        instalments.iter().map(|one| (one.due.to_string(), one.amount.minor())).collect()
    }

    #[test]
    fn months_keep_their_day_and_end_where_a_month_ends() {
        let dates: Vec<String> =
            told(&schedule("2026-01-31", Period::Months(1), Count::Of(4))).into_iter().map(|(due, _)| due).collect();
        assert_eq!(dates, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);
        let leap: Vec<String> =
            told(&schedule("2027-12-30", Period::Months(2), Count::Of(2))).into_iter().map(|(due, _)| due).collect();
        assert_eq!(leap, ["2027-12-30", "2028-02-29"]);
    }

    #[test]
    fn what_does_not_divide_is_on_the_last() {
        let by_count = told(&schedule("2026-03-02", Period::Weeks(2), Count::Of(3)));
        assert_eq!(
            by_count,
            [("2026-03-02".into(), 33_333), ("2026-03-16".into(), 33_333), ("2026-03-30".into(), 33_334)]
        );
        let by_amount = told(&schedule("2026-03-02", Period::Days(10), Count::Each(eur(40_000))));
        assert_eq!(by_amount.iter().map(|(_, minor)| *minor).collect::<Vec<_>>(), [40_000, 40_000, 20_000]);
    }

    #[test]
    fn a_down_payment_comes_first_and_counts() {
        let down = Instalment { due: day("2026-03-01"), amount: eur(25_000) };
        let schedule = Schedule { down_payment: Some(down), ..schedule("2026-04-01", Period::Months(1), Count::Of(2)) };
        assert_eq!(told(&schedule).iter().map(|(_, minor)| *minor).collect::<Vec<_>>(), [25_000, 37_500, 37_500]);
        let all = Schedule { down_payment: Some(Instalment { amount: eur(100_000), ..down }), ..schedule };
        assert!(matches!(all.instalments(), Err(AgreementError::NothingPromised(_))));
    }

    #[test]
    fn nothing_and_too_many_are_refused() {
        for count in [Count::Of(0), Count::Of(121), Count::Each(eur(1))] {
            let schedule = schedule("2026-03-02", Period::Months(1), count);
            assert_eq!(schedule.instalments(), Err(AgreementError::Instalments), "{count:?}");
        }
        let nothing = schedule("2026-03-02", Period::Months(1), Count::Each(eur(0)));
        assert!(matches!(nothing.instalments(), Err(AgreementError::NothingPromised(_))));
        let never = schedule("2026-03-02", Period::Days(0), Count::Of(2));
        assert!(matches!(never.instalments(), Err(AgreementError::NothingPromised(_))));
    }
}
