use dunlin_domain::allocation::{
    Advice, Allocation, AllocationLine, AllocationMethod, Named, NamedAmount, Proportion, Reversal,
};
use dunlin_domain::debtor::Allocating;
use dunlin_domain::ids::{InvoiceId, InvoiceNumber};
use dunlin_domain::money::{Currency, Money};
use dunlin_domain::remittance::RemittanceId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Record, is_zero, known, read};
use crate::store::error::StoreError;

/// Where one step placed a payment. Amounts are minor units of `currency`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AllocationRecord {
    remittance: String,
    number: u32,
    currency: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<AllocationLineRecord>,
    #[serde(default, skip_serializing_if = "is_zero")]
    credit: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AllocationLineRecord {
    invoice: String,
    amount: i64,
    #[serde(default, skip_serializing_if = "ReversalRecord::is_none")]
    reversed: ReversalRecord,
}

/// What went back of an amount, or is to go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct ReversalRecord {
    #[serde(default, skip_serializing_if = "is_zero")]
    withdrawn: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    refunded: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    charged_back: i64,
}

/// A payment that is being placed or taken back, as the head keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AllocatingRecord {
    remittance: String,
    remaining: i64,
    on: Date,
    #[serde(default, skip_serializing_if = "ReversalRecord::is_none")]
    reversal: ReversalRecord,
    /// The day that it counts from, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reversed_on: Option<Date>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    contested: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    decided: bool,
    #[serde(default)]
    recorded: u32,
    #[serde(default)]
    walked: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    names_from: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    waits: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proportion: Option<ProportionRecord>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ProportionRecord {
    amount: i64,
    of: i64,
    /// Remainder, due date, invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounded_up_to: Option<(i64, Date, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    placed_to: Option<(Date, String)>,
}

/// What a payer says a payment is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdviceRecord {
    /// Numbers and minor units, in the order given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amounts: Option<Vec<(String, i64)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    numbers: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
}

impl Record for AllocationRecord {
    const SCHEMA: u32 = 1;
}

impl AllocationRecord {
    pub(crate) fn of(allocation: &Allocation) -> Self {
        let line = |line: &AllocationLine| AllocationLineRecord {
            invoice: line.invoice.to_string(),
            amount: line.amount.minor(),
            reversed: ReversalRecord::of(&line.reversed),
        };
        Self {
            remittance: allocation.remittance.to_string(),
            number: allocation.number,
            currency: allocation.credit.currency().code().to_owned(),
            lines: allocation.lines.iter().map(line).collect(),
            credit: allocation.credit.minor(),
        }
    }

    pub(crate) fn read(&self) -> Result<Allocation, StoreError> {
        let currency = read("currency", Currency::parse(&self.currency))?;
        let line = |line: &AllocationLineRecord| {
            Ok::<_, StoreError>(AllocationLine {
                invoice: read("invoice", InvoiceId::parse(&line.invoice))?,
                amount: Money::from_minor(line.amount, currency),
                reversed: line.reversed.read(currency),
            })
        };
        Ok(Allocation {
            remittance: read("remittance", RemittanceId::parse(&self.remittance))?,
            number: self.number,
            lines: self.lines.iter().map(line).collect::<Result<_, _>>()?,
            credit: Money::from_minor(self.credit, currency),
        })
    }
}

impl ReversalRecord {
    fn of(reversal: &Reversal) -> Self {
        let Reversal { withdrawn, refunded, charged_back } = reversal;
        Self { withdrawn: withdrawn.minor(), refunded: refunded.minor(), charged_back: charged_back.minor() }
    }

    fn is_none(&self) -> bool {
        *self == Self::default()
    }

    fn read(self, currency: Currency) -> Reversal {
        let money = |minor| Money::from_minor(minor, currency);
        Reversal {
            withdrawn: money(self.withdrawn),
            refunded: money(self.refunded),
            charged_back: money(self.charged_back),
        }
    }
}

impl AllocatingRecord {
    pub(crate) fn of(work: &Allocating) -> Self {
        Self {
            remittance: work.remittance.to_string(),
            remaining: work.remaining.minor(),
            on: work.on,
            reversal: ReversalRecord::of(&work.reversal),
            reversed_on: Some(work.reversed_on).filter(|on| *on != work.on),
            contested: work.contested,
            decided: work.decided,
            recorded: work.recorded,
            walked: work.walked,
            names_from: work.names_from,
            waits: work.waits,
            method: work.method.map(|method| method.as_str().to_owned()),
            proportion: work.proportion.as_ref().map(ProportionRecord::of),
        }
    }

    pub(crate) fn read(&self, currency: Currency) -> Result<Allocating, StoreError> {
        Ok(Allocating {
            remittance: read("allocating", RemittanceId::parse(&self.remittance))?,
            on: self.on,
            remaining: Money::from_minor(self.remaining, currency),
            reversal: self.reversal.read(currency),
            reversed_on: self.reversed_on.unwrap_or(self.on),
            contested: self.contested,
            decided: self.decided,
            recorded: self.recorded,
            walked: self.walked,
            names_from: self.names_from,
            waits: self.waits,
            method: self.method.as_deref().map(read_method).transpose()?,
            proportion: self.proportion.as_ref().map(|one| one.read(currency)).transpose()?,
        })
    }
}

pub(crate) fn read_method(method: &str) -> Result<AllocationMethod, StoreError> {
    known("method", method, AllocationMethod::parse(method))
}

impl ProportionRecord {
    fn of(proportion: &Proportion) -> Self {
        let rounded_up_to = proportion.rounded_up_to.as_ref();
        Self {
            amount: proportion.amount.minor(),
            of: proportion.of.minor(),
            rounded_up_to: rounded_up_to.map(|(lost, due, invoice)| (*lost, *due, invoice.to_string())),
            placed_to: proportion.placed_to.as_ref().map(|(due, invoice)| (*due, invoice.to_string())),
        }
    }

    fn read(&self, currency: Currency) -> Result<Proportion, StoreError> {
        let invoice = |id: &str| read("proportion", InvoiceId::parse(id));
        let rounded_up_to = self.rounded_up_to.as_ref();
        let rounded_up_to = rounded_up_to.map(|(lost, due, id)| Ok::<_, StoreError>((*lost, *due, invoice(id)?)));
        let placed_to = self.placed_to.as_ref().map(|(due, id)| Ok::<_, StoreError>((*due, invoice(id)?)));
        Ok(Proportion {
            amount: Money::from_minor(self.amount, currency),
            of: Money::from_minor(self.of, currency),
            rounded_up_to: rounded_up_to.transpose()?,
            placed_to: placed_to.transpose()?,
        })
    }
}

impl AdviceRecord {
    /// `None` where the payer said nothing.
    pub(crate) fn of(advice: &Advice) -> Option<Self> {
        let (amounts, numbers) = match advice.named() {
            Named::Amounts(parts) => {
                (Some(parts.iter().map(|part| (part.number.to_string(), part.minor)).collect()), None)
            }
            Named::Numbers(numbers) => (None, Some(numbers.iter().map(ToString::to_string).collect())),
            Named::Nothing => (None, None),
        };
        let record = Self { amounts, numbers, method: advice.method().map(|method| method.as_str().to_owned()) };
        (*advice != Advice::none()).then_some(record)
    }

    pub(crate) fn read(&self) -> Result<Advice, StoreError> {
        let number = |number: &str| read("named invoice", InvoiceNumber::parse(number));
        let named = match (&self.amounts, &self.numbers) {
            (Some(parts), _) => {
                let part = |(of, minor): &(String, i64)| Ok(NamedAmount { number: number(of)?, minor: *minor });
                Named::Amounts(parts.iter().map(part).collect::<Result<_, StoreError>>()?)
            }
            (None, Some(numbers)) => Named::Numbers(numbers.iter().map(|of| number(of)).collect::<Result<_, _>>()?),
            (None, None) => Named::Nothing,
        };
        read("advice", Advice::new(named, self.method.as_deref().map(read_method).transpose()?))
    }
}
