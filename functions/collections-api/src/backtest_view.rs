//! A backtest as the API shows it: how far it is, and two policies side by side.

use std::collections::BTreeMap;

use dunlin_aws::store::{Backtest, BacktestPart, DIRECTORY_SHARDS};
use dunlin_domain::backtest::{Against, Comparison, Prices, Report, Trial};
use dunlin_domain::policy::Policy;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// A backtest, and the parts of it that were begun.
pub(crate) struct Found {
    pub(crate) backtest: Backtest,
    pub(crate) parts: Vec<BacktestPart>,
}

impl Found {
    /// How far it is.
    pub(crate) fn status(&self) -> &'static str {
        let done = self.parts.iter().filter(|part| part.is_done).count();
        match done {
            _ if self.parts.is_empty() => "queued",
            done if done < usize::try_from(DIRECTORY_SHARDS).unwrap_or(usize::MAX) => "running",
            _ => "done",
        }
    }

    fn sum(&self, count: fn(&BacktestPart) -> u64) -> u64 {
        self.parts.iter().map(count).fold(0, u64::saturating_add)
    }
}

/// The sums of all parts, once each is done.
pub(crate) fn view(found: Found) -> Value {
    let status = found.status();
    let begun = found.parts.len() == usize::try_from(DIRECTORY_SHARDS).unwrap_or(usize::MAX);
    let listed = begun.then(|| found.sum(|part| part.listed));
    let [looked_at, left_out] = [found.sum(|part| part.looked_at), found.sum(|part| part.left_out)];
    let Found { backtest, parts } = found;
    let mut trial = Trial::default();
    parts.into_iter().for_each(|part| trial.merge(part.trial));
    json!({
        "id": backtest.id.as_str(),
        "status": status,
        "policy": backtest.candidate.id().to_string(),
        "in_use": backtest.in_use.id().to_string(),
        "use_for": backtest.subject.as_str(),
        "portfolio": backtest.portfolio.as_ref().map(|portfolio| portfolio.as_str()),
        "from": backtest.window.from.to_string(),
        "to": backtest.window.to.to_string(),
        "progress": { "debtors": listed, "done": looked_at, "left_out": left_out },
        "result": (status == "done").then(|| result(&backtest, &trial)),
    })
}

fn result(backtest: &Backtest, trial: &Trial) -> Value {
    let Comparison { only_old, only_new, more, less, otherwise, same, first } = &trial.comparison;
    let difference = |(debtor, (old, new)): (&dunlin_domain::ids::DebtorId, &(u32, u32))| json!({ "debtor_ref": debtor.as_str(), "in_use": old, "candidate": new });
    json!({
        "summary": trial.in_words(),
        "in_use": report(&backtest.in_use, &trial.old, &backtest.prices),
        "candidate": report(&backtest.candidate, &trial.new, &backtest.prices),
        "debtors": {
            "only_in_use": only_old, "only_candidate": only_new, "more": more, "less": less, "otherwise": otherwise,
            "same": same,
        },
        "differences": first.iter().map(difference).collect::<Vec<_>>(),
    })
}

fn report(policy: &Policy, report: &Report, prices: &Prices) -> Value {
    let against = |one: &Against| match one {
        Against::Rule(rule) => rule.as_str().to_owned(),
        Against::Gate(rule) => rule.to_string(),
    };
    let by_channel = report.costs(prices);
    let cost = (!prices.0.is_empty()).then(|| {
        let by_channel = by_channel.iter().map(|(channel, cost)| (channel.as_str(), dollars(*cost)));
        json!({ "by_channel": by_channel.collect::<BTreeMap<_, _>>(), "total": dollars(report.cost(prices)) })
    });
    json!({
        "policy": policy.id().to_string(),
        "debtors_contacted": report.contacted,
        "messages": report.contacts(),
        "messages_by_step": named(&report.by_step, ToString::to_string),
        "messages_by_stage": named(&report.by_stage, |stage| stage.as_str().to_owned()),
        "messages_by_channel": named(&report.by_channel, |channel| channel.as_str().to_owned()),
        "messages_by_month": named(&report.by_month, |(year, month)| format!("{year:04}-{month:02}")),
        "average": average(report),
        "most": report.most,
        "most_in_seven_days": report.most_in_a_week,
        "tasks": named(&report.tasks, |task| task.as_str().to_owned()),
        "withheld": named(&report.against, against),
        "cost_usd": cost,
    })
}

fn named<K>(counts: &BTreeMap<K, u64>, name: impl Fn(&K) -> String) -> BTreeMap<String, u64> {
    counts.iter().map(|(key, times)| (name(key), *times)).collect()
}

/// Messages for each debtor who would have got any, to two decimals.
fn average(report: &Report) -> Option<String> {
    let average = Decimal::from(report.contacts()).checked_div(Decimal::from(report.contacted))?;
    Some(format!("{:.2}", average.round_dp(2)))
}

fn dollars(cost: Decimal) -> String {
    cost.normalize().to_string()
}
