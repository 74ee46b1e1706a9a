//! Making a plan's instalments.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::{Instalment, plan};
use crate::money::{Money, MoneyError};

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
    /// Reads `14 days`, `2 weeks`, `1 month`, `1 quarter`, `1 year`.
    ///
    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let (number, unit) = text.split_once(' ').ok_or(PeriodError)?;
        let number: u16 = number.parse().map_err(|_| PeriodError)?;
        let months = |each: u16| number.checked_mul(each).map(Self::Months).ok_or(PeriodError);
        match unit.strip_suffix('s').unwrap_or(unit) {
            "day" => Ok(Self::Days(number)),
            "week" => Ok(Self::Weeks(number)),
            "month" => months(1),
            "quarter" => months(3),
            "year" => months(12),
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
#[error("must be a number of days, weeks, months, quarters or years, such as 2 weeks")]
pub struct PeriodError;

/// On which days instalments are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// On the first instalment's day, and each period after it.
    Period(Period),
    /// On the last day of a month, and each so many months after it: from 30 April it goes on to 31 May.
    MonthEnd(u16),
    /// On the 1st and the 15th of each month.
    TwiceAMonth,
}

impl Every {
    /// Reads what [`Period::parse`] does, or `twice a month`.
    ///
    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<Self, EveryError> {
        if text == "twice a month" {
            return Ok(Self::TwiceAMonth);
        }
        Period::parse(text).map(Self::Period).map_err(|PeriodError| EveryError)
    }

    /// The same on the last day of each month.
    ///
    /// # Errors
    /// [`ScheduleError::NoMonths`] where it does not go by months.
    pub fn on_last_day(self) -> Result<Self, ScheduleError> {
        match self {
            Self::Period(Period::Months(months)) => Ok(Self::MonthEnd(months)),
            Self::MonthEnd(_) => Ok(self),
            Self::Period(Period::Days(_) | Period::Weeks(_)) | Self::TwiceAMonth => Err(ScheduleError::NoMonths),
        }
    }

    fn is_nothing(self) -> bool {
        match self {
            Self::Period(period) => period.is_nothing(),
            Self::MonthEnd(months) => months == 0,
            Self::TwiceAMonth => false,
        }
    }

    /// The day of an instalment, counted from 0. The calendar's end bounds it.
    fn day(self, first: Date, index: usize) -> Date {
        let months = |months| Period::Months(months).times(index);
        match self {
            Self::Period(period) => first.saturating_add(period.times(index)),
            Self::MonthEnd(every) => first.saturating_add(months(every)).last_of_month(),
            Self::TwiceAMonth => {
                let half = index.saturating_add(usize::from(first.day() != 1));
                let month = first.first_of_month().saturating_add(Period::Months(1).times(half / 2));
                if half % 2 == 0 { month } else { month.saturating_add(14.days()) }
            }
        }
    }

    fn begins(self, first: Date) -> Result<(), ScheduleError> {
        match self {
            Self::MonthEnd(_) if first != first.last_of_month() => {
                Err(ScheduleError::NotMonthEnd(first.last_of_month()))
            }
            Self::TwiceAMonth if !matches!(first.day(), 1 | 15) => Err(ScheduleError::NotTwiceAMonth),
            Self::Period(_) | Self::MonthEnd(_) | Self::TwiceAMonth => Ok(()),
        }
    }
}

/// What cannot be read as the days of instalments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{PeriodError}, or `twice a month`")]
pub struct EveryError;

/// Why no instalments can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Instalments that all fall on one day.
    #[error("must be more than 0")]
    NoTime,
    /// The last day of a month is asked for by what does not go by months.
    #[error("is for instalments that are a number of months, quarters or years apart")]
    NoMonths,
    /// The first is not on the last day of its month.
    #[error("must be the last day of its month, {0}, as the others are")]
    NotMonthEnd(Date),
    /// The first is neither on the 1st nor on the 15th.
    #[error("must be a 1st or a 15th, as the others are")]
    NotTwiceAMonth,
    /// Nothing is to be paid.
    #[error("must be more than 0")]
    NoTotal,
    /// It is nothing, or leaves nothing.
    #[error("must be more than 0 and less than the whole, {0}")]
    DownPayment(Money),
    /// It does not come first.
    #[error("must be due before the first instalment, {0}")]
    DownPaymentLate(Date),
    /// Instalments of nothing.
    #[error("must be more than 0")]
    NoAmount,
    /// So small that there would be too many of them.
    #[error("makes more than {max} instalments", max = plan::INSTALMENTS_MAX)]
    SmallAmount,
    /// None or too many.
    #[error("must be from 1 to {max}, each of more than 0", max = plan::INSTALMENTS_MAX)]
    Count,
    /// Amounts are in several currencies.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

impl ScheduleError {
    /// Which part of the schedule is at fault, by its name in a call.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoTime => "every",
            Self::NoMonths => "day",
            Self::NotMonthEnd(_) | Self::NotTwiceAMonth => "first",
            Self::NoTotal | Self::Money(_) => "total",
            Self::DownPayment(_) | Self::DownPaymentLate(_) => "down_payment",
            Self::NoAmount | Self::SmallAmount => "amount",
            Self::Count => "count",
        }
    }
}

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
    /// On which days the others are due.
    pub every: Every,
    /// How many there are.
    pub count: Count,
}

impl Schedule {
    /// The instalments, in order; they sum to the total exactly.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub fn instalments(&self) -> Result<Vec<Instalment>, ScheduleError> {
        if self.every.is_nothing() {
            return Err(ScheduleError::NoTime);
        }
        self.every.begins(self.first)?;
        let amounts = self.amounts(self.beyond_down_payment()?)?;
        let instalments = amounts.into_iter().enumerate();
        let instalments =
            instalments.map(|(index, amount)| Instalment { due: self.every.day(self.first, index), amount });
        Ok(self.down_payment.into_iter().chain(instalments).collect())
    }

    fn beyond_down_payment(&self) -> Result<Money, ScheduleError> {
        if !self.total.is_positive() {
            return Err(ScheduleError::NoTotal);
        }
        let Some(down) = self.down_payment else { return Ok(self.total) };
        let rest = self.total.minus(down.amount)?;
        if !down.amount.is_positive() || !rest.is_positive() {
            Err(ScheduleError::DownPayment(self.total))
        } else if down.due >= self.first {
            Err(ScheduleError::DownPaymentLate(self.first))
        } else {
            Ok(rest)
        }
    }

    fn amounts(&self, rest: Money) -> Result<Vec<Money>, ScheduleError> {
        let too_many = |count: i64| usize::try_from(count).map_or(true, |count| count > plan::INSTALMENTS_MAX);
        let (count, each) = match self.count {
            Count::Of(count) => {
                let count = i64::from(count);
                let each = rest.minor().checked_div(count).unwrap_or(0);
                if each < 1 || too_many(count) {
                    return Err(ScheduleError::Count);
                }
                (count, each)
            }
            Count::Each(amount) => {
                amount.minus(rest)?;
                let whole = rest.minor().checked_div(amount.minor().max(0)).ok_or(ScheduleError::NoAmount)?;
                let remains = rest.minor().checked_rem(amount.minor()).unwrap_or(0) > 0;
                let count = whole.saturating_add(i64::from(remains));
                if too_many(count) {
                    return Err(ScheduleError::SmallAmount);
                }
                (count, amount.minor())
            }
        };
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
        Schedule { total: eur(100_000), down_payment: None, first: day(first), every: Every::Period(every), count }
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
        assert_eq!(all.instalments(), Err(ScheduleError::DownPayment(eur(100_000))));
        let nothing = Schedule { down_payment: Some(Instalment { amount: eur(0), ..down }), ..schedule };
        assert_eq!(nothing.instalments().unwrap_err().field(), "down_payment");
        let late = Schedule { down_payment: Some(Instalment { due: day("2026-04-01"), ..down }), ..schedule };
        assert_eq!(late.instalments(), Err(ScheduleError::DownPaymentLate(day("2026-04-01"))));
    }

    fn days(first: &str, every: Every) -> Result<Vec<String>, ScheduleError> {
        let schedule = Schedule { every, ..schedule(first, Period::Days(1), Count::Of(4)) };
        Ok(schedule.instalments()?.iter().map(|one| one.due.to_string()).collect())
    }

    #[test]
    fn months_may_end_with_their_last_day_and_come_in_halves() {
        let ends =
            |text: &str| Every::parse(text).and_then(|every| every.on_last_day().map_err(|_| EveryError)).unwrap();
        for (first, every, expected) in [
            ("2026-04-30", ends("1 month"), ["2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31"]),
            ("2027-11-30", ends("1 quarter"), ["2027-11-30", "2028-02-29", "2028-05-31", "2028-08-31"]),
            ("2026-02-28", ends("1 year"), ["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]),
            ("2026-12-01", Every::TwiceAMonth, ["2026-12-01", "2026-12-15", "2027-01-01", "2027-01-15"]),
            ("2026-02-15", Every::TwiceAMonth, ["2026-02-15", "2026-03-01", "2026-03-15", "2026-04-01"]),
        ] {
            assert_eq!(days(first, every), Ok(expected.map(str::to_owned).to_vec()), "{every:?}");
        }
        assert_eq!(days("2026-04-29", Every::MonthEnd(1)), Err(ScheduleError::NotMonthEnd(day("2026-04-30"))));
        assert_eq!(days("2026-04-30", Every::TwiceAMonth), Err(ScheduleError::NotTwiceAMonth));
        for text in ["2 weeks", "30 days", "twice a month"] {
            assert_eq!(Every::parse(text).unwrap().on_last_day(), Err(ScheduleError::NoMonths), "{text}");
        }
    }

    #[test]
    fn periods_are_read() {
        for (text, period) in [
            ("14 days", Some(Period::Days(14))),
            ("1 week", Some(Period::Weeks(1))),
            ("2 quarters", Some(Period::Months(6))),
            ("1 year", Some(Period::Months(12))),
            ("6000 years", None),
            ("1 yearss", None),
            ("monthly", None),
        ] {
            assert_eq!(Period::parse(text).ok(), period, "{text}");
        }
    }

    #[test]
    fn nothing_and_too_many_are_refused() {
        use ScheduleError::{Count as Counted, NoAmount, NoTime, NoTotal, SmallAmount};
        let of = |every, count| schedule("2026-03-02", every, count).instalments();
        let months = Period::Months(1);
        for (count, error, field) in [
            (Count::Of(0), Counted, "count"),
            (Count::Of(121), Counted, "count"),
            (Count::Each(eur(1)), SmallAmount, "amount"),
            (Count::Each(eur(0)), NoAmount, "amount"),
            (Count::Each(eur(-100)), NoAmount, "amount"),
        ] {
            assert_eq!((of(months, count), error.field()), (Err(error), field), "{count:?}");
        }
        assert_eq!(of(Period::Days(0), Count::Of(2)), Err(NoTime));
        let nothing = Schedule { total: eur(0), ..schedule("2026-03-02", months, Count::Of(1)) };
        assert_eq!(nothing.instalments(), Err(NoTotal));
        let little = Schedule { total: eur(2), ..schedule("2026-03-02", months, Count::Of(3)) };
        assert_eq!(little.instalments(), Err(Counted));
    }
}
