//! One amount for each currency: what is told in one says nothing of another.

use std::collections::BTreeMap;

use crate::money::{Currency, Money};

/// What is wrong with amounts by currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ByCurrencyError {
    /// Two amounts of one currency.
    #[error("names {0} twice: keep one amount")]
    Twice(Currency),
    /// An amount of nothing or less.
    #[error("must be more than nothing in {0}")]
    NotPositive(Currency),
}

/// At most one amount for each currency, each more than nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ByCurrency(BTreeMap<Currency, Money>);

impl ByCurrency {
    /// Takes the amounts, in any order.
    ///
    /// # Errors
    /// [`ByCurrencyError`], which names the currency.
    pub fn new(amounts: impl IntoIterator<Item = Money>) -> Result<Self, ByCurrencyError> {
        let mut known = BTreeMap::new();
        for amount in amounts {
            let currency = amount.currency();
            if !amount.is_positive() {
                return Err(ByCurrencyError::NotPositive(currency));
            }
            if known.insert(currency, amount).is_some() {
                return Err(ByCurrencyError::Twice(currency));
            }
        }
        Ok(Self(known))
    }

    /// The amount in a currency, if there is one.
    #[must_use]
    pub fn get(&self, currency: Currency) -> Option<Money> {
        self.0.get(&currency).copied()
    }

    /// All amounts, by currency.
    pub fn iter(&self) -> impl Iterator<Item = Money> {
        self.0.values().copied()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::from_minor(minor, Currency::parse(code).unwrap())
    }

    #[test]
    fn each_currency_has_one_amount_and_is_asked_for_by_itself() {
        let amounts = ByCurrency::new([money(500, "EUR"), money(400, "GBP")]).unwrap();
        assert_eq!(amounts.get(Currency::parse("GBP").unwrap()), Some(money(400, "GBP")));
        assert_eq!(amounts.get(Currency::parse("USD").unwrap()), None);
        assert!(matches!(ByCurrency::new([money(1, "EUR"), money(2, "EUR")]), Err(ByCurrencyError::Twice(_))));
        assert!(matches!(ByCurrency::new([money(0, "EUR")]), Err(ByCurrencyError::NotPositive(_))));
    }
}
