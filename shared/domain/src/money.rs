//! Exact amounts: an integer of minor units and a currency. Never a float, never two currencies in one sum (I8).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A currency of ISO 4217 that has minor units (so not gold or test codes).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads the three capital letters of ISO 4217.
    ///
    /// # Errors
    /// [`MoneyError::UnknownCurrency`] for anything else, and for codes without minor units (`XAU`, `XXX`).
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|currency| currency.exponent().is_some())
            .map(Self)
            .ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(12).collect()))
    }

    /// The three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals an amount has: JPY 0, USD 2, KWD 3.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What can be wrong with an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a code of ISO 4217 in capitals, or one without minor units.
    #[error("{0:?} is not a currency code of ISO 4217 such as EUR or USD")]
    UnknownCurrency(String),
    /// Not a plain decimal number.
    #[error("{0:?} is not an amount: write digits with a point, such as 1250.00")]
    NotANumber(String),
    /// More decimals than the currency has; amounts are never rounded on the way in.
    #[error("{amount} has more than the {decimals} decimals of {currency}")]
    TooPrecise {
        /// The amount as read.
        amount: Decimal,
        /// Its currency.
        currency: Currency,
        /// The decimals that the currency has.
        decimals: u32,
    },
    /// Larger than 64 bits of minor units.
    #[error("the amount is too large")]
    Overflow,
    /// Two currencies met in one sum.
    #[error("{0} and {1} are never added")]
    CurrencyMismatch(Currency, Currency),
}

/// A signed amount in one currency, counted in minor units (cents).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// Nothing, in `currency`.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// `minor` units: cents of USD, yen of JPY.
    #[must_use]
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal string such as `1250.00`; never rounds.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`], [`MoneyError::TooPrecise`], [`MoneyError::Overflow`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
        let amount = Decimal::from_str(text)
            .ok()
            .filter(|_| plain)
            .ok_or_else(|| MoneyError::NotANumber(text.chars().take(40).collect()))?
            .normalize();
        let decimals = currency.decimals();
        if amount.scale() > decimals {
            return Err(MoneyError::TooPrecise { amount, currency, decimals });
        }
        let minor = Decimal::from(10_i64.pow(decimals))
            .checked_mul(amount)
            .and_then(|minor| minor.to_i64())
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, currency })
    }

    /// The amount in minor units.
    #[must_use]
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The amount in major units, with the currency's own number of decimals.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.decimals())
    }

    /// Sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// Difference of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// The sum of many amounts, all in `currency`.
    ///
    /// # Errors
    /// As [`Money::plus`].
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::plus)
    }

    /// Whether it is exactly nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Nothing, where the amount is below nothing.
    #[must_use]
    pub fn or_zero(self) -> Self {
        Self { minor: self.minor.max(0), ..self }
    }

    /// The larger of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn max(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, |a, b| Some(a.max(b)))
    }

    /// The smaller of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`].
    pub fn min(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, |a, b| Some(a.min(b)))
    }

    /// The same amount with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { minor: self.minor.saturating_neg(), ..self }
    }

    fn combine(self, other: Self, f: impl Fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency, other.currency));
        }
        let minor = f(self.minor, other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

/// The amount alone, with all its decimals: `1250.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.decimal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str, code: &str) -> Result<Money, MoneyError> {
        Money::parse(text, Currency::parse(code).unwrap())
    }

    #[test]
    fn each_currency_has_its_own_decimals() {
        assert_eq!(money("12.50", "USD").unwrap().minor(), 1250);
        assert_eq!(money("12.5", "USD").unwrap().to_string(), "12.50");
        assert_eq!(money("12", "JPY").unwrap().minor(), 12);
        assert_eq!(money("1.234", "KWD").unwrap().minor(), 1234);
        assert!(matches!(money("12.5", "JPY"), Err(MoneyError::TooPrecise { .. })));
        assert!(matches!(money("1.005", "USD"), Err(MoneyError::TooPrecise { .. })));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", "abc", "1,000.00", "1e5", "€5", "0x10", "1_000", "+5", "--5", "."] {
            assert!(matches!(money(text, "EUR"), Err(MoneyError::NotANumber(_))), "{text}");
        }
        assert!(matches!(money("99999999999999999999", "EUR"), Err(MoneyError::Overflow)));
    }

    #[test]
    fn currencies_are_never_added() {
        let eur = money("1", "EUR").unwrap();
        let usd = money("1", "USD").unwrap();
        assert!(matches!(eur.plus(usd), Err(MoneyError::CurrencyMismatch(..))));
        assert!(matches!(eur.max(usd), Err(MoneyError::CurrencyMismatch(..))));
    }

    #[test]
    fn codes_without_minor_units_are_no_currencies() {
        for code in ["XXX", "XAU", "eur", "EU", "ZZZ", ""] {
            assert!(Currency::parse(code).is_err(), "{code}");
        }
    }
}
