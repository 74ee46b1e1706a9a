use std::collections::BTreeMap;

use dunlin_domain::allocation::Advice;
use dunlin_domain::ids::{DebtorId, InvoiceId, OutsideId, PortfolioId, SourceName};
use dunlin_domain::money::Money;
use dunlin_domain::remittance::{Contest, Progress, Remittance, RemittanceId, Stage, Target};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AdviceRecord, Record, known, money, read};
use crate::store::error::StoreError;

/// A payment or credit note: all that was ever said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RemittanceRecord {
    pub(crate) remittance: String,
    pub(crate) version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    stage: String,
    said: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refunded: Option<(i64, String)>,
    /// How much of `refunded` by which day; of items from before, all on the day that the money counts from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    refunds: BTreeMap<Date, i64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    contests: BTreeMap<String, (String, Option<i64>, String)>,
    /// By contest: since when it is in which state; of items from before, since the day that the money counts from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    contest_days: BTreeMap<String, BTreeMap<String, Date>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<TargetRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) debtor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invoice: Option<String>,
    /// Listed in the index while it waits for its invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due_shard: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due_at: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TargetRecord {
    Invoice(String),
    OutsideInvoice(String, String),
    Debtor(String, String),
    /// A debtor's debts, with what the payer said of them.
    Advised(String, String, AdviceRecord),
    OutsideCustomer(String, String),
}

impl TargetRecord {
    fn of(target: &Target) -> Self {
        match target {
            Target::Invoice(id) => Self::Invoice(id.to_string()),
            Target::OutsideInvoice(source, id) => Self::OutsideInvoice(source.to_string(), id.to_string()),
            Target::Debtor(debtor, portfolio, advice) => match AdviceRecord::of(advice) {
                None => Self::Debtor(debtor.to_string(), portfolio.to_string()),
                Some(advice) => Self::Advised(debtor.to_string(), portfolio.to_string(), advice),
            },
            Target::OutsideCustomer(source, id) => Self::OutsideCustomer(source.to_string(), id.to_string()),
        }
    }

    fn read(&self) -> Result<Target, StoreError> {
        let source = |value: &str| read("source", SourceName::parse(value));
        let outside = |value: &str| read("outside id", OutsideId::parse(value));
        let debtor = |value: &str| read("debtor", DebtorId::parse(value));
        let creditor = |value: &str| read("portfolio", PortfolioId::parse(value));
        Ok(match self {
            Self::Invoice(id) => Target::Invoice(read("invoice", InvoiceId::parse(id))?),
            Self::OutsideInvoice(name, id) => Target::OutsideInvoice(source(name)?, outside(id)?),
            Self::OutsideCustomer(name, id) => Target::OutsideCustomer(source(name)?, outside(id)?),
            Self::Debtor(of, portfolio) => Target::Debtor(debtor(of)?, creditor(portfolio)?, Advice::none()),
            Self::Advised(of, portfolio, advice) => Target::Debtor(debtor(of)?, creditor(portfolio)?, advice.read()?),
        })
    }
}

impl Record for RemittanceRecord {
    const SCHEMA: u32 = 1;
}

impl RemittanceRecord {
    pub(crate) fn of(remittance: &Remittance, version: u64, unmatched: Option<(String, String)>) -> Self {
        let (due_shard, due_at) = unmatched.unzip();
        let contest = |(id, (state, amount)): (&OutsideId, &(Contest, Option<Money>))| {
            let currency = amount.map_or_else(String::new, |amount| amount.currency().code().to_owned());
            (id.to_string(), (state.as_str().to_owned(), amount.map(Money::minor), currency))
        };
        Self {
            remittance: remittance.id.to_string(),
            version,
            currency: remittance.amount.map(|amount| amount.currency().code().to_owned()),
            amount: remittance.amount.map(Money::minor),
            stage: remittance.progress.stage().as_str().to_owned(),
            said: remittance.progress.said(),
            refunded: remittance.refunded().map(|amount| (amount.minor(), amount.currency().code().to_owned())),
            refunds: remittance.refunds.iter().map(|(day, so_far)| (*day, so_far.minor())).collect(),
            contests: remittance.contests.iter().map(contest).collect(),
            contest_days: contest_days(remittance),
            target: remittance.target.as_ref().map(TargetRecord::of),
            on: remittance.on,
            debtor: remittance.booked.as_ref().map(|(debtor, _)| debtor.to_string()),
            invoice: remittance.booked.as_ref().and_then(|(_, invoice)| invoice.as_ref()).map(ToString::to_string),
            due_shard,
            due_at,
        }
    }

    pub(crate) fn read(&self) -> Result<Remittance, StoreError> {
        let id = read("remittance", RemittanceId::parse(&self.remittance))?;
        let stage = known("stage", &self.stage, Stage::parse(&self.stage))?;
        let progress = match stage {
            Stage::Unseen => Progress::UNSEEN,
            Stage::Pending | Stage::Failed | Stage::Settled => Progress::new(id.kind, stage, self.said),
        };
        let amount = match (self.amount, &self.currency) {
            (Some(minor), Some(currency)) => Some(money(minor, currency)?),
            _ => None,
        };
        let contest = |(id, (state, minor, currency)): (&String, &(String, Option<i64>, String))| {
            let state = known("contest", state, Contest::parse(state))?;
            Ok::<_, StoreError>((
                read("contest", OutsideId::parse(id))?,
                (state, minor.map(|minor| money(minor, currency)).transpose()?),
            ))
        };
        let debtor = self.debtor.as_deref().map(|debtor| read("debtor", DebtorId::parse(debtor))).transpose()?;
        let invoice = self.invoice.as_deref().map(|id| read("invoice", InvoiceId::parse(id))).transpose()?;
        let mut remittance = Remittance {
            id,
            amount,
            progress,
            refunds: BTreeMap::new(),
            contests: self.contests.iter().map(contest).collect::<Result<_, _>>()?,
            contest_days: BTreeMap::new(),
            target: self.target.as_ref().map(TargetRecord::read).transpose()?,
            on: self.on,
            booked: debtor.map(|debtor| (debtor, invoice)),
        };
        self.read_days(&mut remittance)?;
        Ok(remittance)
    }

    fn read_days(&self, remittance: &mut Remittance) -> Result<(), StoreError> {
        let unsaid = remittance.counts_from();
        if let Some((most, currency)) = &self.refunded {
            let unsaid = BTreeMap::from([(unsaid, *most)]);
            for (day, minor) in if self.refunds.is_empty() { &unsaid } else { &self.refunds } {
                remittance.refunds.insert(*day, money(*minor, currency)?);
            }
        }
        for (id, (state, _)) in &remittance.contests {
            let unsaid = BTreeMap::from([(state.as_str().to_owned(), unsaid)]);
            for (state, day) in self.contest_days.get(id.as_str()).unwrap_or(&unsaid) {
                let state = known("contest", state, Contest::parse(state))?;
                remittance.contest_days.insert((id.clone(), state), *day);
            }
        }
        Ok(())
    }
}

fn contest_days(remittance: &Remittance) -> BTreeMap<String, BTreeMap<String, Date>> {
    let mut days = BTreeMap::<_, BTreeMap<_, _>>::new();
    for ((id, state), day) in &remittance.contest_days {
        days.entry(id.to_string()).or_default().insert(state.as_str().to_owned(), *day);
    }
    days
}

/// Where something is that others know by their own key, and what waits for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReferenceRecord {
    pub(crate) version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) debtor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issued: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) awaiting: Vec<String>,
}

impl Record for ReferenceRecord {
    const SCHEMA: u32 = 1;
}
