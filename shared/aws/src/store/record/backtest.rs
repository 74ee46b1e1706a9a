use std::collections::BTreeMap;

use dunlin_domain::backtest::{Against, Comparison, Prices, Report, Trial, Window};
use dunlin_domain::contact::Channel;
use dunlin_domain::ids::{BacktestId, DebtorId, PortfolioId, RuleId, StepName};
use dunlin_domain::policy::{Stage, Subject, TaskKind};
use dunlin_domain::reason::Rule;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{PolicyRecord, Record, known, read};
use crate::store::backtest::{Backtest, BacktestPart};
use crate::store::directory::RowPlace;
use crate::store::error::StoreError;

/// How long a backtest is known.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How often, by name.
type Counts = BTreeMap<String, u64>;

/// What is tried. It never changes, so its version is always the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BacktestRecord {
    version: u64,
    subject: String,
    in_use: PolicyRecord,
    candidate: PolicyRecord,
    portfolio: Option<String>,
    from: Timestamp,
    to: Timestamp,
    /// US dollars by channel.
    prices: BTreeMap<String, String>,
    created_at: Timestamp,
    expires_at: i64,
}

impl Record for BacktestRecord {
    const SCHEMA: u32 = 1;
}

impl BacktestRecord {
    pub(crate) fn of(backtest: &Backtest) -> Self {
        let prices = backtest.prices.0.iter();
        Self {
            version: 1,
            subject: backtest.subject.as_str().to_owned(),
            in_use: PolicyRecord::of(&backtest.in_use),
            candidate: PolicyRecord::of(&backtest.candidate),
            portfolio: backtest.portfolio.as_ref().map(ToString::to_string),
            from: backtest.window.from,
            to: backtest.window.to,
            prices: prices.map(|(channel, price)| (channel.as_str().to_owned(), price.to_string())).collect(),
            created_at: backtest.created_at,
            expires_at: expires_at(backtest.created_at),
        }
    }

    pub(crate) fn read(self, id: &BacktestId) -> Result<Backtest, StoreError> {
        let price = |(channel, price): (&String, &String)| {
            Ok::<_, StoreError>((known("channel", channel, Channel::parse(channel))?, read("price", price.parse())?))
        };
        let portfolio = self.portfolio.as_deref().map(|portfolio| read("portfolio", PortfolioId::parse(portfolio)));
        Ok(Backtest {
            id: id.clone(),
            subject: known("subject", &self.subject, Subject::parse(&self.subject))?,
            in_use: self.in_use.read()?,
            candidate: self.candidate.read()?,
            portfolio: portfolio.transpose()?,
            window: Window { from: self.from, to: self.to },
            prices: Prices(self.prices.iter().map(price).collect::<Result<_, _>>()?),
            created_at: self.created_at,
        })
    }
}

/// How far a part is, and what was found: sums and a few names, so that it stays far below what an item takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BacktestPartRecord {
    version: u64,
    shard: u32,
    listed: u64,
    looked_at: u64,
    left_out: u64,
    after: Option<RowPlace>,
    done: bool,
    old: ReportRecord,
    new: ReportRecord,
    comparison: ComparisonRecord,
    expires_at: i64,
}

impl Record for BacktestPartRecord {
    const SCHEMA: u32 = 1;
}

impl BacktestPartRecord {
    /// The part at its next version.
    pub(crate) fn of(part: &BacktestPart, created_at: Timestamp) -> Self {
        Self {
            version: part.version.saturating_add(1),
            shard: part.shard,
            listed: part.listed,
            looked_at: part.looked_at,
            left_out: part.left_out,
            after: part.after.clone(),
            done: part.is_done,
            old: ReportRecord::of(&part.trial.old),
            new: ReportRecord::of(&part.trial.new),
            comparison: ComparisonRecord::of(&part.trial.comparison),
            expires_at: expires_at(created_at),
        }
    }

    pub(crate) fn read(self) -> Result<BacktestPart, StoreError> {
        let (old, new) = (self.old.read()?, self.new.read()?);
        Ok(BacktestPart {
            shard: self.shard,
            listed: self.listed,
            looked_at: self.looked_at,
            left_out: self.left_out,
            after: self.after,
            is_done: self.done,
            trial: Trial { old, new, comparison: self.comparison.read()? },
            version: self.version,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ReportRecord {
    debtors: u64,
    contacted: u64,
    most: u32,
    most_in_a_week: u32,
    by_step: Counts,
    by_stage: Counts,
    by_channel: Counts,
    by_month: Vec<(i16, i8, u64)>,
    tasks: Counts,
    rules: Counts,
    gate: Counts,
}

impl ReportRecord {
    fn of(report: &Report) -> Self {
        let against = |wanted: fn(&Against) -> Option<String>| {
            report.against.iter().filter_map(|(against, times)| Some((wanted(against)?, *times))).collect()
        };
        Self {
            debtors: report.debtors,
            contacted: report.contacted,
            most: report.most,
            most_in_a_week: report.most_in_a_week,
            by_step: named(&report.by_step, |step| step.as_str()),
            by_stage: named(&report.by_stage, |stage| stage.as_str()),
            by_channel: named(&report.by_channel, |channel| channel.as_str()),
            by_month: report.by_month.iter().map(|((year, month), times)| (*year, *month, *times)).collect(),
            tasks: named(&report.tasks, |task| task.as_str()),
            rules: against(|one| match one {
                Against::Rule(rule) => Some(rule.as_str().to_owned()),
                Against::Gate(_) => None,
            }),
            gate: against(|one| match one {
                Against::Gate(rule) => Some(rule.to_string()),
                Against::Rule(_) => None,
            }),
        }
    }

    fn read(self) -> Result<Report, StoreError> {
        let rules = counts(self.rules, |rule| Ok(Against::Rule(known("rule", rule, Rule::parse(rule))?)))?;
        let gate = counts(self.gate, |rule| Ok(Against::Gate(read("rule", RuleId::parse(rule))?)))?;
        Ok(Report {
            debtors: self.debtors,
            contacted: self.contacted,
            most: self.most,
            most_in_a_week: self.most_in_a_week,
            by_step: counts(self.by_step, |step| read("step", StepName::parse(step)))?,
            by_stage: counts(self.by_stage, |stage| known("stage", stage, Stage::parse(stage)))?,
            by_channel: counts(self.by_channel, |channel| known("channel", channel, Channel::parse(channel)))?,
            by_month: self.by_month.into_iter().map(|(year, month, times)| ((year, month), times)).collect(),
            tasks: counts(self.tasks, |task| known("task", task, TaskKind::parse(task)))?,
            against: rules.into_iter().chain(gate).collect(),
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ComparisonRecord {
    only_old: u64,
    only_new: u64,
    more: u64,
    less: u64,
    otherwise: u64,
    same: u64,
    first: BTreeMap<String, (u32, u32)>,
}

impl ComparisonRecord {
    fn of(comparison: &Comparison) -> Self {
        let Comparison { only_old, only_new, more, less, otherwise, same, first } = comparison;
        let first = first.iter().map(|(debtor, times)| (debtor.to_string(), *times)).collect();
        let [only_old, only_new, more, less] = [*only_old, *only_new, *more, *less];
        Self { only_old, only_new, more, less, otherwise: *otherwise, same: *same, first }
    }

    fn read(self) -> Result<Comparison, StoreError> {
        let Self { only_old, only_new, more, less, otherwise, same, first } = self;
        let one = |(debtor, times): (String, (u32, u32))| Ok((read("debtor", DebtorId::parse(&debtor))?, times));
        let first = first.into_iter().map(one).collect::<Result<_, StoreError>>()?;
        Ok(Comparison { only_old, only_new, more, less, otherwise, same, first })
    }
}

fn named<K>(counts: &BTreeMap<K, u64>, name: impl Fn(&K) -> &str) -> Counts {
    counts.iter().map(|(key, times)| (name(key).to_owned(), *times)).collect()
}

fn counts<K: Ord>(
    counts: Counts,
    parse: impl Fn(&str) -> Result<K, StoreError>,
) -> Result<BTreeMap<K, u64>, StoreError> {
    counts.into_iter().map(|(name, times)| Ok((parse(&name)?, times))).collect()
}

fn expires_at(created_at: Timestamp) -> i64 {
    created_at.saturating_add(KEPT).unwrap_or(Timestamp::MAX).as_second()
}
