use std::collections::BTreeMap;
use std::num::NonZeroU16;

use dunlin_domain::agreement::Period;
use dunlin_domain::by_currency::ByCurrency;
use dunlin_domain::charge::rates::AnnualRate;
use dunlin_domain::charge::rule::{Basis, Booked, FeeAmounts, LateFees, Levy, Times, WhileAgreed};
use dunlin_domain::charge::terms::{RateRule, Terms};
use dunlin_domain::charge::{Authority, ChargeRule, Laws};
use dunlin_domain::ids::{Citation, RuleName};
use dunlin_domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::{is_zero, known, read};
use crate::store::error::StoreError;

/// A rule by which a policy charges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChargeRuleRecord {
    name: String,
    /// `late_fee`, `interest`, `fixed_sum`.
    kind: String,
    while_agreed: String,
    /// `contract` or `statute`, and the clause or section, where the rule names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<(String, String)>,
    /// Days after the due date of the first late fee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_days: Option<u16>,
    /// How far late fees are apart: `days`, `weeks` or `months`, and how often there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    every: Option<(u16, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<NonZeroU16>,
    /// Minor units by currency: of a fixed fee, or the most that a share comes to.
    #[serde(default, skip_serializing_if = "is_zero")]
    amounts: BTreeMap<String, i64>,
    /// Percent: a late fee's share, or the contract's interest by the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cap: Option<String>,
    /// When interest is booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    booked: Option<String>,
}

/// Amounts by currency, as minor units.
pub(crate) fn minor_units(amounts: &ByCurrency) -> BTreeMap<String, i64> {
    amounts.iter().map(|amount| (amount.currency().code().to_owned(), amount.minor())).collect()
}

pub(crate) fn read_amounts(what: &str, amounts: &BTreeMap<String, i64>) -> Result<ByCurrency, StoreError> {
    let amount = |(code, minor): (&String, &i64)| {
        Ok::<_, StoreError>(Money::from_minor(*minor, read(what, Currency::parse(code))?))
    };
    read(what, ByCurrency::new(amounts.iter().map(amount).collect::<Result<Vec<_>, _>>()?))
}

impl ChargeRuleRecord {
    pub(crate) fn of(rule: &ChargeRule) -> Self {
        let record = Self {
            name: rule.name.to_string(),
            kind: String::new(),
            while_agreed: rule.while_agreed.as_str().to_owned(),
            authority: None,
            after_days: None,
            every: None,
            times: None,
            amounts: BTreeMap::new(),
            percent: None,
            cap: None,
            booked: None,
        };
        match &rule.levy {
            Levy::LateFees(fees) => record.with_fees(fees),
            Levy::Interest { basis, booked } => {
                let booked = Some(booked.as_str().to_owned());
                let record = Self { kind: "interest".to_owned(), booked, ..record };
                match basis {
                    Basis::Statute(_) => record,
                    Basis::Contract(terms) => record.with_terms(terms),
                }
            }
            Levy::FixedSum(_) => Self { kind: "fixed_sum".to_owned(), ..record },
        }
    }

    fn with_fees(self, fees: &LateFees) -> Self {
        let (amounts, percent) = match fees.amounts() {
            FeeAmounts::Fixed(fixed) => (minor_units(fixed), None),
            FeeAmounts::Percent { share, at_most } => (minor_units(at_most), Some(share.to_string())),
        };
        let (every, times) = match fees.times() {
            Times::Once => (None, None),
            Times::Every { period, at_most } => {
                let (number, unit) = match period {
                    Period::Days(number) => (number, "days"),
                    Period::Weeks(number) => (number, "weeks"),
                    Period::Months(number) => (number, "months"),
                };
                (Some((number, unit.to_owned())), Some(at_most))
            }
        };
        let (kind, after_days) = ("late_fee".to_owned(), Some(fees.after_days()));
        Self { kind, authority: Some(authority(fees.authority())), after_days, every, times, amounts, percent, ..self }
    }

    fn with_terms(self, terms: &Terms) -> Self {
        let percent = match &terms.rate {
            RateRule::One(rate) => Some(rate.to_string()),
            RateRule::Reference(_) => None,
        };
        let cap = terms.cap.map(|cap| cap.to_string());
        Self { authority: Some(authority(&terms.authority)), percent, cap, ..self }
    }

    pub(crate) fn read(&self) -> Result<ChargeRule, StoreError> {
        let levy = match self.kind.as_str() {
            "late_fee" => Levy::LateFees(self.fees()?),
            "interest" => {
                let booked = self.booked.as_deref().unwrap_or_default();
                Levy::Interest { basis: self.basis()?, booked: known("booked", booked, Booked::parse(booked))? }
            }
            "fixed_sum" => Levy::FixedSum(laws()?),
            kind => return Err(StoreError::corrupt("kind", format!("{kind:?} is not known"))),
        };
        let while_agreed = known("while_agreed", &self.while_agreed, WhileAgreed::parse(&self.while_agreed))?;
        Ok(ChargeRule { name: read("name", RuleName::parse(&self.name))?, levy, while_agreed })
    }

    fn fees(&self) -> Result<LateFees, StoreError> {
        let amounts = read_amounts("amounts", &self.amounts)?;
        let amounts = match &self.percent {
            Some(share) => FeeAmounts::Percent { share: read("percent", AnnualRate::parse(share))?, at_most: amounts },
            None => FeeAmounts::Fixed(amounts),
        };
        let times = match (&self.every, self.times) {
            (Some((number, unit)), Some(at_most)) => {
                let period = match unit.as_str() {
                    "days" => Period::Days(*number),
                    "weeks" => Period::Weeks(*number),
                    "months" => Period::Months(*number),
                    unit => return Err(StoreError::corrupt("every", format!("{unit:?} is not known"))),
                };
                Times::Every { period, at_most }
            }
            _ => Times::Once,
        };
        let after_days = self.after_days.unwrap_or_default();
        read("late_fee", LateFees::new(after_days, times, amounts, self.authority()?))
    }

    fn basis(&self) -> Result<Basis, StoreError> {
        let Some(rate) = &self.percent else { return Ok(Basis::Statute(laws()?)) };
        let rate = read("percent", AnnualRate::parse(rate))?;
        let cap = self.cap.as_deref().map(|cap| read("cap", AnnualRate::parse(cap))).transpose()?;
        Ok(Basis::Contract(Terms::agreed(rate, cap, self.authority()?)))
    }

    fn authority(&self) -> Result<Authority, StoreError> {
        let Some((kind, citation)) = &self.authority else {
            return Err(StoreError::corrupt("authority", "is missing"));
        };
        let citation = read("authority", Citation::parse(citation))?;
        match kind.as_str() {
            "statute" => Ok(Authority::Statute(citation)),
            "contract" => Ok(Authority::Contract(citation)),
            kind => Err(StoreError::corrupt("authority", format!("{kind:?} is not known"))),
        }
    }
}

fn authority(authority: &Authority) -> (String, String) {
    (authority.kind().to_owned(), authority.citation().to_string())
}

fn laws() -> Result<Laws, StoreError> {
    dunlin_packs::packs().map(|packs| packs.laws().clone()).map_err(|error| StoreError::corrupt("packs", error))
}
