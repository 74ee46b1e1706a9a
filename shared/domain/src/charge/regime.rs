//! The law of one jurisdiction on paying late: from the facts of an invoice to a quote.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::fee::FeeLaw;
use super::fixed_sum::{FixedSum, FixedSumError};
use super::interest::{InterestError, InterestQuote, interest};
use super::moratorium::Moratorium;
use super::start::{PaymentTerms, StartError, StartRule};
use super::terms::Terms;
use super::{Charge, OpenBalance};
use crate::contact::DebtorKind;
use crate::ids::RuleName;

/// What the law of one jurisdiction lets a creditor charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regime {
    /// Its name.
    pub name: RuleName,
    /// The version of its rules, counted from 1.
    pub version: u32,
    /// The day from which they apply.
    pub valid_from: Date,
    /// The last day on which they apply, where one is known.
    pub valid_to: Option<Date>,
    /// When interest begins.
    pub start: StartRule,
    /// The law's own interest, against whom there is any.
    pub interest: BTreeMap<DebtorKind, Terms>,
    /// The law's fixed sum, against whom there is one.
    pub fixed_sum: BTreeMap<DebtorKind, FixedSum>,
    /// Whether a contract's own interest takes the place of the law's fixed sum, too.
    pub contract_ousts_fixed_sum: bool,
    /// What it says of fees.
    pub fees: FeeLaw,
}

/// Whence interest runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From this day on.
    On(Date),
    /// From the day that the law finds.
    From(PaymentTerms),
}

/// The facts of an invoice that is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who owes.
    pub debtor: DebtorKind,
    /// The principal, gross of tax, and what changed it.
    pub balance: OpenBalance,
    /// Whence interest runs.
    pub start: Start,
    /// The last day that is charged for.
    pub as_of: Date,
    /// Times in which nothing may be charged.
    pub moratoria: Vec<Moratorium>,
    /// What the contract says of interest. It takes the place of the law's.
    pub agreed: Option<Terms>,
}

/// What may be charged on a late invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The interest; of no days where it has not begun.
    pub interest: InterestQuote,
    /// The fixed sum, once interest has begun; none where the law gives none against this debtor.
    pub fixed_sum: Option<Charge>,
}

/// Why nothing is quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The law gives no interest against this debtor.
    #[error("{regime} gives no interest against a {}: charge only what the contract says, and name its clause", .debtor.as_str())]
    NotAgainst {
        /// The regime.
        regime: RuleName,
        /// Who owes.
        debtor: DebtorKind,
    },
    /// The day lies outside the time for which the rules are known.
    #[error("{regime} is known from {from} on: {day} cannot be quoted")]
    NotInForce {
        /// The regime.
        regime: RuleName,
        /// The first day of its rules.
        from: Date,
        /// The day asked for.
        day: Date,
    },
    /// When interest begins is not known.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The interest cannot be worked out.
    #[error(transparent)]
    Interest(#[from] InterestError),
    /// The fixed sum cannot be worked out.
    #[error(transparent)]
    FixedSum(#[from] FixedSumError),
}

impl Regime {
    /// The law's own interest against a debtor.
    ///
    /// # Errors
    /// [`QuoteError::NotAgainst`].
    pub fn statutory(&self, debtor: DebtorKind) -> Result<&Terms, QuoteError> {
        self.interest.get(&debtor).ok_or_else(|| QuoteError::NotAgainst { regime: self.name.clone(), debtor })
    }

    /// What may be charged, and on which authority.
    ///
    /// # Errors
    /// [`QuoteError`], which says what is missing.
    pub fn quote(&self, claim: &Claim) -> Result<Quote, QuoteError> {
        let terms = match &claim.agreed {
            Some(agreed) => agreed,
            None => self.statutory(claim.debtor)?,
        };
        let first = match &claim.start {
            Start::On(first) => *first,
            Start::From(terms) => self.start.first_day(terms, claim.debtor)?,
        };
        self.check_in_force(first)?;
        let interest = interest(terms, &claim.balance, first, claim.as_of, &claim.moratoria)?;
        let fixed_sum = self.fixed_sum(claim, first)?;
        Ok(Quote { interest, fixed_sum })
    }

    fn check_in_force(&self, day: Date) -> Result<(), QuoteError> {
        if self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last) {
            return Ok(());
        }
        Err(QuoteError::NotInForce { regime: self.name.clone(), from: self.valid_from, day })
    }

    /// The fixed sum for what was open when interest began; none on a day on which nothing may be charged, and none
    /// where the contract's remedy takes its place.
    fn fixed_sum(&self, claim: &Claim, first: Date) -> Result<Option<Charge>, QuoteError> {
        let free = claim.moratoria.iter().any(|moratorium| moratorium.covers(claim.as_of))
            || (self.contract_ousts_fixed_sum && claim.agreed.is_some());
        let owed = claim.balance.on(first).map_err(InterestError::from)?;
        match self.fixed_sum.get(&claim.debtor) {
            Some(sum) if claim.as_of >= first && owed.is_positive() && !free => Ok(Some(sum.on(owed)?)),
            _ => Ok(None),
        }
    }
}
