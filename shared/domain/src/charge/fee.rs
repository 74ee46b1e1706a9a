//! Fees: what one comes to, and whether it may be asked for at all.

use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use super::moratorium::Moratorium;
use super::rates::AnnualRate;
use super::{Authority, Charge};
use crate::contact::DebtorKind;
use crate::ids::Citation;
use crate::money::{Money, MoneyError};

/// What a late fee comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeeAmount {
    /// An amount of its own.
    Fixed(Money),
    /// A share of what is overdue.
    Percent {
        /// Percent of what is overdue, once and not by the year.
        share: AnnualRate,
        /// The most that it comes to.
        at_most: Option<Money>,
    },
}

/// A fee for paying late, and what provides for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateFee {
    /// What it comes to.
    pub amount: FeeAmount,
    /// What provides for it.
    pub authority: Authority,
}

impl LateFee {
    /// The fee on what is overdue. A share is rounded once, half a cent to the even one, and never below nothing.
    ///
    /// # Errors
    /// [`MoneyError`] where the currencies differ or the amount is too large.
    pub fn on(&self, overdue: Money) -> Result<Charge, MoneyError> {
        let nothing = Money::zero(overdue.currency());
        let amount = match &self.amount {
            _ if !overdue.is_positive() => nothing,
            FeeAmount::Fixed(amount) => nothing.max(*amount)?,
            FeeAmount::Percent { share, at_most } => {
                let share = part(overdue, share.or_zero())?;
                at_most.map_or(Ok(share), |at_most| share.min(at_most))?
            }
        };
        Ok(Charge { amount, authority: self.authority.clone() })
    }
}

fn part(of: Money, share: AnnualRate) -> Result<Money, MoneyError> {
    let exact = share.decimal().checked_mul(Decimal::from(of.minor()));
    let exact = exact.and_then(|exact| exact.checked_mul(Decimal::new(1, 2))).ok_or(MoneyError::Overflow)?;
    let minor = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
    Ok(Money::from_minor(minor.to_i64().ok_or(MoneyError::Overflow)?, of.currency()))
}

/// What a fee is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeeKind {
    /// Paying late.
    Late,
    /// Paying by card at all.
    CardSurcharge,
    /// Paying in a way that is convenient, such as by phone or card.
    CardConvenience,
}

/// What a jurisdiction says of fees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeeLaw {
    /// What forbids to charge consumers for paying by card, if anything does.
    pub card_fees_banned: Option<Citation>,
}

/// A fee that somebody means to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeDemand {
    /// What it is for.
    pub kind: FeeKind,
    /// Who is to pay it.
    pub debtor: DebtorKind,
    /// What provides for it: the clause that says so expressly, or the law that permits it.
    pub basis: Option<Authority>,
    /// The law of a state or town that forbids it, if there is one.
    pub forbidden_by: Option<Citation>,
    /// On which day.
    pub on: Option<Date>,
}

/// Why a fee may not be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeeRefusal {
    /// Neither the agreement nor a law provides for it (12 CFR 1006.22(b); and nothing is charged without authority).
    #[error("nothing provides for the fee: name the clause of the agreement, or the law that permits it")]
    NoAuthority,
    /// A law forbids it.
    #[error("{0} forbids the fee")]
    Forbidden(Citation),
    /// Nothing may be charged on the day.
    #[error("no fee may be charged from {} to {}: the debt is in a moratorium", .0.first(), .0.last())]
    Moratorium(Moratorium),
}

impl FeeLaw {
    /// What the fee rests on, if it may be asked for.
    ///
    /// # Errors
    /// [`FeeRefusal`].
    pub fn permits(&self, demand: &FeeDemand, moratoria: &[Moratorium]) -> Result<Authority, FeeRefusal> {
        let covers = |moratorium: &&Moratorium| demand.on.is_some_and(|day| moratorium.covers(day));
        if let Some(moratorium) = moratoria.iter().find(covers) {
            return Err(FeeRefusal::Moratorium(*moratorium));
        }
        let for_card = matches!(demand.kind, FeeKind::CardSurcharge | FeeKind::CardConvenience);
        let banned = self.card_fees_banned.as_ref().filter(|_| for_card && demand.debtor == DebtorKind::Consumer);
        if let Some(law) = banned.or(demand.forbidden_by.as_ref()) {
            return Err(FeeRefusal::Forbidden(law.clone()));
        }
        demand.basis.clone().ok_or(FeeRefusal::NoAuthority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn eur(text: &str) -> Money {
        Money::parse(text, Currency::parse("EUR").unwrap()).unwrap()
    }

    fn clause() -> Authority {
        Authority::Contract(Citation::parse("terms, clause 7").unwrap())
    }

    #[test]
    fn a_late_fee_is_fixed_or_a_share_up_to_its_cap() {
        let fee = |amount| LateFee { amount, authority: clause() };
        let share = |at_most| fee(FeeAmount::Percent { share: AnnualRate::parse("1.5").unwrap(), at_most });
        for (fee, overdue, amount) in [
            (fee(FeeAmount::Fixed(eur("10"))), "100", "10.00"),
            (fee(FeeAmount::Fixed(eur("10"))), "0", "0.00"),
            (share(None), "100", "1.50"),
            (share(None), "1", "0.02"),    // 0.015: to the even cent
            (share(None), "1.66", "0.02"), // 0.0249
            (share(None), "3", "0.04"),    // 0.045: to the even cent
            (share(Some(eur("5"))), "1000", "5.00"),
            (share(None), "-5", "0.00"),
        ] {
            let charge = fee.on(eur(overdue)).unwrap();
            assert_eq!((charge.amount, charge.authority), (eur(amount), clause()), "{overdue}");
        }
        let usd = Money::parse("5", Currency::parse("USD").unwrap()).unwrap();
        assert!(fee(FeeAmount::Fixed(usd)).on(eur("5")).is_err());
    }

    #[test]
    fn a_fee_needs_authority_and_no_law_against_it() {
        let ban = Citation::parse("SI 2012/3110").unwrap();
        let law = FeeLaw { card_fees_banned: Some(ban.clone()) };
        let on = Some(Date::constant(2026, 3, 31));
        let demand = FeeDemand {
            kind: FeeKind::CardSurcharge,
            debtor: DebtorKind::Business,
            basis: Some(clause()),
            forbidden_by: None,
            on,
        };
        assert_eq!(law.permits(&demand, &[]), Ok(clause()));
        let consumer = FeeDemand { debtor: DebtorKind::Consumer, ..demand.clone() };
        assert_eq!(law.permits(&consumer, &[]), Err(FeeRefusal::Forbidden(ban.clone())));
        assert_eq!(law.permits(&FeeDemand { kind: FeeKind::Late, ..consumer.clone() }, &[]), Ok(clause()));
        assert_eq!(FeeLaw::default().permits(&consumer, &[]), Ok(clause()));
        let forbidden = FeeDemand { forbidden_by: Some(ban.clone()), ..demand.clone() };
        assert_eq!(law.permits(&forbidden, &[]), Err(FeeRefusal::Forbidden(ban)));
        assert_eq!(law.permits(&FeeDemand { basis: None, ..demand.clone() }, &[]), Err(FeeRefusal::NoAuthority));
        let space = Moratorium::breathing_space(Date::constant(2026, 3, 2));
        assert_eq!(law.permits(&demand, &[space]), Err(FeeRefusal::Moratorium(space)));
    }
}
