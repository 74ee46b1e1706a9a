//! The lump sum that the law gives for each invoice paid late.

use super::{Authority, Charge};
use crate::money::{Currency, Money};

/// From this debt on, this sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// The smallest debt that it is for.
    pub from: Money,
    /// The sum.
    pub sum: Money,
}

/// What is wrong with a fixed sum or with asking for one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixedSumError {
    /// Bands that leave a gap, fall, or are of two currencies.
    #[error("the bands of a fixed sum must begin at 0, rise, and be in {0} alone")]
    Bands(Currency),
    /// The debt is in another currency than the law's sum.
    #[error("the law's fixed sum is in {law} and the debt in {debt}: convert it by hand, nothing is converted here")]
    OtherCurrency {
        /// The law's.
        law: Currency,
        /// The debt's.
        debt: Currency,
    },
    /// Nothing is owed.
    #[error("nothing is owed, so that no fixed sum is")]
    NothingOwed,
}

/// The law's fixed sums by the size of the debt: once for each invoice, as soon as it bears interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedSum {
    currency: Currency,
    bands: Vec<Band>,
    authority: Authority,
}

impl FixedSum {
    /// Takes the bands in ascending order, the first from nothing.
    ///
    /// # Errors
    /// [`FixedSumError::Bands`].
    pub fn new(currency: Currency, bands: Vec<Band>, authority: Authority) -> Result<Self, FixedSumError> {
        let ours = bands.iter().all(|band| band.from.currency() == currency && band.sum.currency() == currency);
        let whole = bands.first().is_some_and(|band| band.from.is_zero());
        let rising = bands.is_sorted_by(|a, b| a.from.minor() < b.from.minor() && a.sum.minor() < b.sum.minor());
        if ours && whole && rising {
            Ok(Self { currency, bands, authority })
        } else {
            Err(FixedSumError::Bands(currency))
        }
    }

    /// Whether the sum is the same whatever is owed.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.bands.len() == 1
    }

    /// The sum for one invoice of which so much is owed.
    ///
    /// # Errors
    /// [`FixedSumError::NothingOwed`], [`FixedSumError::OtherCurrency`].
    pub fn on(&self, debt: Money) -> Result<Charge, FixedSumError> {
        if debt.currency() != self.currency {
            return Err(FixedSumError::OtherCurrency { law: self.currency, debt: debt.currency() });
        }
        let band = self.bands.iter().rev().find(|band| debt.is_positive() && debt.minor() >= band.from.minor());
        let band = band.ok_or(FixedSumError::NothingOwed)?;
        Ok(Charge { amount: band.sum, authority: self.authority.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Citation;

    fn money(text: &str, code: &str) -> Money {
        Money::parse(text, Currency::parse(code).unwrap()).unwrap()
    }

    fn sums(bands: &[(&str, &str)]) -> Result<FixedSum, FixedSumError> {
        let band = |(from, sum): &(&str, &str)| Band { from: money(from, "GBP"), sum: money(sum, "GBP") };
        let authority = Authority::Statute(Citation::parse("section 5A").unwrap());
        FixedSum::new(Currency::parse("GBP").unwrap(), bands.iter().map(band).collect(), authority)
    }

    #[test]
    fn a_band_begins_at_its_own_amount() {
        let sums = sums(&[("0", "40"), ("1000", "70"), ("10000", "100")]).unwrap();
        for (debt, sum) in
            [("0.01", "40.00"), ("999.99", "40.00"), ("1000", "70.00"), ("9999.99", "70.00"), ("10000", "100.00")]
        {
            assert_eq!(sums.on(money(debt, "GBP")).unwrap().amount.to_string(), sum, "{debt}");
        }
        assert_eq!(sums.on(money("0", "GBP")), Err(FixedSumError::NothingOwed));
        assert!(matches!(sums.on(money("5", "EUR")), Err(FixedSumError::OtherCurrency { .. })));
    }

    #[test]
    fn bands_with_gaps_or_falls_are_refused() {
        for bands in [&[][..], &[("1", "40")], &[("0", "40"), ("0", "70")], &[("0", "40"), ("10", "30")]] {
            assert!(matches!(sums(bands), Err(FixedSumError::Bands(_))), "{bands:?}");
        }
    }
}
