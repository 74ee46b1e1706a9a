//! The file of how long one may sue.

use dunlin_domain::contact::DebtorKind;
use dunlin_domain::duty::LimitationLaw;
use dunlin_domain::duty::limitation::{Age, ContractKind, Effect, LimitationRow};
use dunlin_domain::duty::provision::Provision;
use dunlin_domain::ids::{Citation, RuleId, RuleName};
use jiff::civil::Date;
use serde::Deserialize;

use crate::error::Reason;
use crate::regime::RawKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitationFile {
    name: String,
    version: u32,
    rule: String,
    /// The first day on which a claim of these rows may have accrued.
    accrued_from: Date,
    places: Vec<RawPlace>,
    vectors: Vec<RawVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    place: String,
    rule: Option<String>,
    #[serde(default)]
    effect: RawEffect,
    rows: Vec<RawRow>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawEffect {
    #[default]
    Barred,
    Extinguished,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    #[serde(default)]
    contracts: Vec<RawContract>,
    debtor: Option<RawKind>,
    period: String,
    anew: Option<String>,
    source: String,
    accrued_from: Option<Date>,
    accrued_to: Option<Date>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawContract {
    Written,
    Oral,
    OpenAccount,
    Goods,
    ConsumerCredit,
    Deed,
}

impl From<RawContract> for ContractKind {
    fn from(raw: RawContract) -> Self {
        match raw {
            RawContract::Written => Self::Written,
            RawContract::Oral => Self::Oral,
            RawContract::OpenAccount => Self::OpenAccount,
            RawContract::Goods => Self::Goods,
            RawContract::ConsumerCredit => Self::ConsumerCredit,
            RawContract::Deed => Self::Deed,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVector {
    place: String,
    contract: Option<RawContract>,
    debtor: Option<RawKind>,
    from: Date,
    #[serde(default)]
    acknowledged: Vec<Date>,
    last: Date,
}

/// A worked example: the last day to sue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDayToSue {
    /// Where.
    pub place: String,
    /// On which debt.
    pub age: Age,
    /// The last day.
    pub last: Date,
}

/// How long one may sue in some places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitationPack {
    /// Its name.
    pub name: RuleName,
    /// Counted from 1.
    pub version: u32,
    /// The law by place.
    pub laws: Vec<(String, LimitationLaw)>,
    /// Worked examples.
    pub vectors: Vec<LastDayToSue>,
}

pub(crate) fn parse(text: &str) -> Result<LimitationPack, Reason> {
    let file: LimitationFile = toml::from_str(text)?;
    let law = |raw: &RawPlace| {
        let rule = RuleId::parse(raw.rule.as_ref().unwrap_or(&file.rule))?;
        let rows = raw.rows.iter().map(|raw| row(raw, &rule, file.accrued_from)).collect::<Result<_, Reason>>()?;
        let effect = match raw.effect {
            RawEffect::Barred => Effect::Barred,
            RawEffect::Extinguished => Effect::Extinguished,
        };
        Ok((raw.place.clone(), LimitationLaw { rows, effect }))
    };
    Ok(LimitationPack {
        name: RuleName::parse(&file.name)?,
        version: file.version,
        laws: file.places.iter().map(law).collect::<Result<_, Reason>>()?,
        vectors: file.vectors.into_iter().map(vector).collect(),
    })
}

fn row(raw: &RawRow, rule: &RuleId, accrued_from: Date) -> Result<LimitationRow, Reason> {
    Ok(LimitationRow {
        provision: Provision {
            id: rule.clone(),
            source: Citation::parse(&raw.source)?,
            valid_from: raw.accrued_from.unwrap_or(accrued_from),
            valid_to: raw.accrued_to,
        },
        contracts: raw.contracts.iter().copied().map(ContractKind::from).collect(),
        debtor: raw.debtor.map(DebtorKind::from),
        period: raw.period.parse()?,
        anew: raw.anew.as_deref().map(str::parse).transpose()?,
    })
}

fn vector(raw: RawVector) -> LastDayToSue {
    let age = Age {
        accrued: raw.from,
        contract: raw.contract.map(ContractKind::from),
        debtor: raw.debtor.map_or(DebtorKind::Consumer, DebtorKind::from),
        acknowledged: raw.acknowledged,
    };
    LastDayToSue { place: raw.place, age, last: raw.last }
}
