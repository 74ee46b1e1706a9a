use std::collections::BTreeMap;

use dunlin_domain::credit::{CreditLimit, CreditTerms, PaymentDays};
use dunlin_domain::debtor::Debtor;
use dunlin_domain::money::Currency;
use serde::{Deserialize, Serialize};

use super::{money, read};
use crate::store::error::StoreError;

/// What a debtor is granted, and in which currencies it owes more than that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CreditRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment_days: Option<u16>,
    /// Minor units by currency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    limits: BTreeMap<String, i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exceeded: Vec<String>,
}

impl CreditRecord {
    pub(crate) fn of(debtor: &Debtor) -> Self {
        let limit = |(currency, limit): (&Currency, &CreditLimit)| (currency.code().to_owned(), limit.amount().minor());
        Self {
            payment_days: debtor.credit.payment_days.map(PaymentDays::days),
            limits: debtor.credit.limits().iter().map(limit).collect(),
            exceeded: debtor.exceeded.iter().map(|currency| currency.code().to_owned()).collect(),
        }
    }

    pub(crate) fn terms(&self) -> Result<CreditTerms, StoreError> {
        let payment_days = self.payment_days.map(|days| read("payment_days", PaymentDays::new(days))).transpose()?;
        let mut terms = CreditTerms::default();
        terms.payment_days = payment_days;
        for (currency, minor) in &self.limits {
            terms.set_limit(read("limits", CreditLimit::new(money(*minor, currency)?))?);
        }
        Ok(terms)
    }

    pub(crate) fn exceeded<C: FromIterator<Currency>>(&self) -> Result<C, StoreError> {
        self.exceeded.iter().map(|code| read("exceeded", Currency::parse(code))).collect()
    }
}
