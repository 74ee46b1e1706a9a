//! Worked examples that travel with the rules.

use dunlin_domain::charge::regime::DebtKind;
use dunlin_domain::charge::{Claim, OpenBalance, Start};
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::Reason;
use crate::regime::RawKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawVector {
    debtor: RawKind,
    /// With its currency: `12.00 EUR`.
    amount: String,
    from: Date,
    as_of: Date,
    #[serde(default)]
    payments: Vec<(Date, String)>,
    interest: String,
    fixed_sum: Option<String>,
}

/// A claim, and what the rules must give for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vector {
    /// The facts.
    pub claim: Claim,
    /// The interest.
    pub interest: Money,
    /// The fixed sum, or none.
    pub fixed_sum: Option<Money>,
}

impl TryFrom<RawVector> for Vector {
    type Error = Reason;

    fn try_from(raw: RawVector) -> Result<Self, Reason> {
        let (amount, code) = raw.amount.split_once(' ').ok_or_else(|| Reason::Amount(raw.amount.clone()))?;
        let currency = Currency::parse(code)?;
        let mut balance = OpenBalance::new(Money::parse(amount, currency)?);
        for (on, paid) in &raw.payments {
            balance = balance.moved(*on, Money::parse(paid, currency)?.negated())?;
        }
        Ok(Self {
            claim: Claim {
                debtor: raw.debtor.into(),
                debt: DebtKind::Trade,
                balance,
                start: Start::On(raw.from),
                as_of: raw.as_of,
                moratoria: Vec::new(),
                agreed: None,
            },
            interest: Money::parse(&raw.interest, currency)?,
            fixed_sum: raw.fixed_sum.map(|sum| Money::parse(&sum, currency)).transpose()?,
        })
    }
}
