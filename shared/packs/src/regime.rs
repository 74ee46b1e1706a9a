//! The file of a jurisdiction's rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::charge::fee::FeeLaw;
use dunlin_domain::charge::fixed_sum::{Band, FixedSum};
use dunlin_domain::charge::rates::{AnnualRate, RateTable};
use dunlin_domain::charge::start::StartRule;
use dunlin_domain::charge::terms::{DayCount, RateMode, RateRule, ReferenceRate, Rounding, Terms};
use dunlin_domain::charge::{Authority, Regime};
use dunlin_domain::contact::DebtorKind;
use dunlin_domain::ids::{Citation, RuleName};
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde::Deserialize;

use crate::Calendars;
use crate::error::Reason;
use crate::vector::{RawVector, Vector};

/// Tables by name.
pub(crate) type Tables = BTreeMap<String, Arc<RateTable>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegimeFile {
    name: String,
    version: u32,
    jurisdiction: String,
    valid_from: Date,
    valid_to: Option<Date>,
    source: String,
    start: RawStart,
    contract_ousts: bool,
    credit_excluded: Option<String>,
    card_fees_banned: Option<String>,
    component_order: Option<String>,
    #[serde(default)]
    interest: BTreeMap<RawKind, RawInterest>,
    #[serde(default)]
    fixed_sum: BTreeMap<RawKind, RawFixedSum>,
    #[serde(default)]
    vectors: Vec<RawVector>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RawKind {
    Consumer,
    Business,
}

impl From<RawKind> for DebtorKind {
    fn from(kind: RawKind) -> Self {
        match kind {
            RawKind::Consumer => Self::Consumer,
            RawKind::Business => Self::Business,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawStart {
    RelevantDay,
    Directive,
    Verzug,
    Agreed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInterest {
    table: String,
    margin: String,
    mode: RawMode,
    day_count: String,
    rounding: RawRounding,
    authority: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawMode {
    FixedAtStart,
    Floating,
    AtPayment,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawRounding {
    HalfUpAtEnd,
    HalfEvenAtEnd,
    DailyHalfUp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFixedSum {
    currency: String,
    /// From this debt on, this sum.
    bands: Vec<(String, String)>,
    authority: String,
}

/// A jurisdiction's rules, where they come from, and what they must give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegimePack {
    /// The two letters of its country, or `EU`.
    pub jurisdiction: String,
    /// Where the rules can be read.
    pub source: String,
    /// The rules.
    pub regime: Regime,
    /// Worked examples.
    pub vectors: Vec<Vector>,
}

pub(crate) fn parse(text: &str, tables: &Tables, holidays: &Calendars) -> Result<RegimePack, Reason> {
    let file: RegimeFile = toml::from_str(text)?;
    let mut regime = Regime {
        name: RuleName::parse(&file.name)?,
        version: file.version,
        valid_from: file.valid_from,
        valid_to: file.valid_to,
        start: start(&file, holidays)?,
        interest: BTreeMap::new(),
        fixed_sum: BTreeMap::new(),
        contract_ousts: file.contract_ousts,
        credit_excluded: file.credit_excluded.as_deref().map(Citation::parse).transpose()?,
        fees: FeeLaw { card_fees_banned: file.card_fees_banned.as_deref().map(Citation::parse).transpose()? },
        components: file.component_order.as_deref().map(components).transpose()?,
    };
    for (kind, raw) in file.interest {
        regime.interest.insert(kind.into(), terms(&raw, tables)?);
    }
    for (kind, raw) in file.fixed_sum {
        regime.fixed_sum.insert(kind.into(), fixed_sum(&raw)?);
    }
    let vectors = file.vectors.into_iter().map(Vector::try_from).collect::<Result<_, _>>()?;
    Ok(RegimePack { jurisdiction: file.jurisdiction, source: file.source, regime, vectors })
}

fn start(file: &RegimeFile, holidays: &Calendars) -> Result<StartRule, Reason> {
    Ok(match file.start {
        RawStart::RelevantDay => StartRule::RelevantDay,
        RawStart::Directive => StartRule::Directive,
        RawStart::Verzug => {
            let known = holidays.get(&file.jurisdiction).cloned();
            StartRule::Verzug(known.ok_or_else(|| Reason::NoHolidays(file.jurisdiction.clone()))?)
        }
        RawStart::Agreed => StartRule::Agreed,
    })
}

fn components(order: &str) -> Result<ComponentOrder, Reason> {
    ComponentOrder::parse(order).ok_or_else(|| Reason::ComponentOrder(order.to_owned()))
}

fn terms(raw: &RawInterest, tables: &Tables) -> Result<Terms, Reason> {
    let table = tables.get(&raw.table).cloned().ok_or_else(|| Reason::NoTable(raw.table.clone()))?;
    let mode = match raw.mode {
        RawMode::FixedAtStart => RateMode::FixedAtStart,
        RawMode::Floating => RateMode::Floating,
        RawMode::AtPayment => RateMode::AtPayment,
    };
    let rounding = match raw.rounding {
        RawRounding::HalfUpAtEnd => Rounding::HalfUpAtEnd,
        RawRounding::HalfEvenAtEnd => Rounding::HalfEvenAtEnd,
        RawRounding::DailyHalfUp => Rounding::DailyHalfUp,
    };
    Ok(Terms {
        rate: RateRule::Reference(ReferenceRate { table, margin: AnnualRate::parse(&raw.margin)?, mode }),
        cap: None,
        day_count: DayCount::parse(&raw.day_count).ok_or_else(|| Reason::DayCount(raw.day_count.clone()))?,
        rounding,
        authority: Authority::Statute(Citation::parse(&raw.authority)?),
    })
}

fn fixed_sum(raw: &RawFixedSum) -> Result<FixedSum, Reason> {
    let currency = Currency::parse(&raw.currency)?;
    let band = |(from, sum): &(String, String)| {
        Ok::<_, Reason>(Band { from: Money::parse(from, currency)?, sum: Money::parse(sum, currency)? })
    };
    let bands = raw.bands.iter().map(band).collect::<Result<_, _>>()?;
    Ok(FixedSum::new(currency, bands, Authority::Statute(Citation::parse(&raw.authority)?))?)
}
