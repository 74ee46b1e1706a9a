//! The law of one jurisdiction on paying late: from the facts of an invoice to a quote.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::fee::FeeLaw;
use super::fixed_sum::{FixedSum, FixedSumError};
use super::interest::{InterestError, InterestQuote, annual_interest, interest};
use super::moratorium::Moratorium;
use super::start::{PaymentTerms, StartError, StartRule};
use super::terms::Terms;
use super::{Charge, OpenBalance};
use crate::allocation::ComponentOrder;
use crate::contact::DebtorKind;
use crate::ids::{Citation, RuleName};

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
    /// Whether a contract's own interest takes the place of all that the law gives, the fixed sum included.
    pub contract_ousts: bool,
    /// What keeps the law off debts of regulated credit, if anything does.
    pub credit_excluded: Option<Citation>,
    /// What it says of fees.
    pub fees: FeeLaw,
    /// Which part of a debt a payment clears first, where the law says so.
    pub components: Option<ComponentOrder>,
}

/// What the debt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DebtKind {
    /// Goods or services.
    #[default]
    Trade,
    /// A regulated credit agreement.
    RegulatedCredit,
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
    /// What for.
    pub debt: DebtKind,
    /// The principal, gross of tax, and what changed it.
    pub balance: OpenBalance,
    /// Whence interest runs.
    pub start: Start,
    /// The last day that is charged for.
    pub as_of: Date,
    /// Times in which nothing may be charged.
    pub moratoria: Vec<Moratorium>,
    /// What the contract says of interest. It takes the place of the law's; a clause that is no substantial remedy, and so
    /// void, is none (GB: 1998 Act, sections 8 and 9).
    pub agreed: Option<Terms>,
}

/// What may be charged on a late invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The interest; of no days where it has not begun.
    pub interest: InterestQuote,
    /// The fixed sum, once interest has begun; none where the law gives none against this debtor.
    pub fixed_sum: Option<Charge>,
    /// Why the law's fixed sum is not quoted, where the debt is in another currency than the sum.
    pub unquoted: Option<FixedSumError>,
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
    /// The law leaves regulated credit out.
    #[error("{0} leaves regulated credit out: charge only what the agreement says, and name its clause")]
    Credit(Citation),
    /// The contract's own remedy has taken the place of the law's.
    #[error("the contract's own interest takes the place of what {0} gives")]
    Ousted(RuleName),
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
    /// What may be charged, and on which authority.
    ///
    /// # Errors
    /// [`QuoteError`], which says what is missing.
    pub fn quote(&self, claim: &Claim) -> Result<Quote, QuoteError> {
        let terms = self.terms(claim)?;
        let first = self.first_day(claim)?;
        let interest = interest(terms, &claim.balance, first, claim.as_of, &claim.moratoria)?;
        let (fixed_sum, unquoted) = match self.fixed_sum(claim) {
            Ok(sum) => (sum, None),
            // Which sum is due would have to be converted, and nothing is here. The interest is owed all the same.
            Err(QuoteError::FixedSum(error @ FixedSumError::OtherCurrency { .. })) => (None, Some(error)),
            Err(error) => return Err(error),
        };
        Ok(Quote { interest, fixed_sum, unquoted })
    }

    /// What a whole year comes to on what was open when interest began, at the rate of that day.
    ///
    /// # Errors
    /// [`QuoteError`], which says what is missing.
    pub fn annual_interest(&self, claim: &Claim) -> Result<Charge, QuoteError> {
        let terms = self.terms(claim)?;
        let first = self.first_day(claim)?;
        let open = claim.balance.on(first).map_err(InterestError::from)?;
        Ok(Charge { amount: annual_interest(terms, open, first)?, authority: terms.authority.clone() })
    }

    /// The contract's own terms, else the law's.
    fn terms<'a>(&'a self, claim: &'a Claim) -> Result<&'a Terms, QuoteError> {
        claim.agreed.as_ref().map_or_else(|| self.statutory(claim), Ok)
    }

    /// The law's own interest on a claim.
    ///
    /// # Errors
    /// [`QuoteError::NotAgainst`], [`QuoteError::Credit`], [`QuoteError::Ousted`].
    pub fn statutory(&self, claim: &Claim) -> Result<&Terms, QuoteError> {
        if let (DebtKind::RegulatedCredit, Some(law)) = (claim.debt, &self.credit_excluded) {
            return Err(QuoteError::Credit(law.clone()));
        }
        if self.contract_ousts && claim.agreed.is_some() {
            return Err(QuoteError::Ousted(self.name.clone()));
        }
        let debtor = claim.debtor;
        self.interest.get(&debtor).ok_or_else(|| QuoteError::NotAgainst { regime: self.name.clone(), debtor })
    }

    /// The first day that bears interest.
    ///
    /// # Errors
    /// [`QuoteError::Start`], [`QuoteError::NotInForce`].
    pub fn first_day(&self, claim: &Claim) -> Result<Date, QuoteError> {
        let first = match &claim.start {
            Start::On(first) => *first,
            Start::From(terms) => self.start.first_day(terms, claim.debtor)?,
        };
        if self.valid_from <= first && self.valid_to.is_none_or(|last| first <= last) {
            return Ok(first);
        }
        Err(QuoteError::NotInForce { regime: self.name.clone(), from: self.valid_from, day: first })
    }

    /// Whether the day of the claim bears interest.
    ///
    /// # Errors
    /// As [`Regime::first_day`].
    pub fn runs(&self, claim: &Claim) -> Result<bool, QuoteError> {
        let free = claim.moratoria.iter().any(|moratorium| moratorium.covers(claim.as_of));
        Ok(self.first_day(claim)? <= claim.as_of && !free)
    }

    /// The fixed sum for what was open when interest began. None before that, on a day on which nothing may be charged,
    /// and where the law gives none.
    ///
    /// # Errors
    /// As [`Regime::first_day`]; [`QuoteError::FixedSum`], [`QuoteError::Interest`] where amounts do not fit.
    pub fn fixed_sum(&self, claim: &Claim) -> Result<Option<Charge>, QuoteError> {
        let ousted = self.contract_ousts && claim.agreed.is_some();
        let excluded = self.credit_excluded.is_some() && claim.debt == DebtKind::RegulatedCredit;
        let Some(sum) = self.fixed_sum.get(&claim.debtor).filter(|_| !ousted && !excluded) else { return Ok(None) };
        let owed = claim.balance.on(self.first_day(claim)?).map_err(InterestError::from)?;
        if !self.runs(claim)? || !owed.is_positive() {
            return Ok(None);
        }
        Ok(Some(sum.on(owed)?))
    }
}
