//! Stripe's amounts: integers of the smallest unit, with a few units of Stripe's own.

use dunlin_domain::money::{Currency, Money, MoneyError};

/// Currencies that Stripe counts with fewer or more decimals than ISO 4217: the number of Stripe's decimals.
///
/// Source: Stripe, "Supported currencies", zero-decimal and special cases (docs.stripe.com/currencies): MGA has no
/// decimals there; ISK and UGX have none in use and are still counted with two.
fn decimals(currency: Currency) -> u32 {
    match currency.code() {
        "MGA" => 0,
        "ISK" | "UGX" => 2,
        _ => currency.decimals(),
    }
}

/// An amount of Stripe's in a currency of Stripe's (lower case).
///
/// # Errors
/// [`MoneyError`]; an amount that has no whole number of our units is too precise.
pub(super) fn money(amount: i64, currency: &str) -> Result<Money, MoneyError> {
    let currency = Currency::parse(&currency.to_ascii_uppercase())?;
    let (theirs, ours) = (decimals(currency), currency.decimals());
    let scale = 10_i64.pow(theirs.abs_diff(ours));
    let minor = if theirs <= ours {
        amount.checked_mul(scale).ok_or(MoneyError::Overflow)?
    } else if amount % scale == 0 {
        amount / scale
    } else {
        let amount = Money::from_minor(amount, currency).decimal();
        return Err(MoneyError::TooPrecise { amount, currency, decimals: ours });
    };
    Ok(Money::from_minor(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stripes_own_units_are_ours_in_the_end() {
        for (amount, currency, decimal) in [
            (1099, "usd", "10.99"),
            (500, "jpy", "500"),
            (500, "isk", "5"),
            (500, "mga", "500.00"),
            (1230, "kwd", "1.230"),
        ] {
            assert_eq!(money(amount, currency).unwrap().to_string(), decimal, "{currency}");
        }
        assert!(matches!(money(501, "ugx"), Err(MoneyError::TooPrecise { .. })));
        assert!(matches!(money(1, "zzz"), Err(MoneyError::UnknownCurrency(_))));
    }
}
