//! What is agreed and held, and what became of it, from counters.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{json_response, told_time};
use dunlin_aws::store::{Standing, Turns};
use dunlin_domain::debtor::{Agreed, Tally, Turn};
use dunlin_domain::ids::AccountKey;
use dunlin_domain::money::Money;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::Handler;
use crate::handler::{Answer, failed};
use crate::report::{day, wrong};

/// How the figures come about, for whoever reads them.
const METHOD: &str = "standing: what of promises, plans and offers has not come in, what is contested and what is held of \
open invoices, now. months: what was made, by its amount as agreed, and how it ended, by the day (UTC) of the commit. \
kept_rate: promises kept, divided by those kept, partly kept and broken, by number";
/// Two years and the month that runs.
const DAYS_MAX: i32 = 762;

impl Handler {
    pub(crate) async fn agreed(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let to = day(request, "to", tenancy.zone.date(self.clock.now(told_time(request))))?;
        let from = day(request, "from", to.first_of_month())?;
        if from > to || from.saturating_add(DAYS_MAX.days()) < to {
            return Err(wrong("from", "must be at most two years before to"));
        }
        let store = self.books.store();
        let mut reports = Vec::new();
        for account in &self.reported(request, &tenancy.tenant).await? {
            let standing = store.standing(&tenancy.tenant, account).await.map_err(|error| failed(&error))?;
            let turns = store.turns(&tenancy.tenant, account, from, to).await.map_err(|error| failed(&error))?;
            reports.push(report(account, &standing, &turns));
        }
        let period = json!({ "from": from.to_string(), "to": to.to_string() });
        Ok(json_response(200, &json!({ "method": METHOD, "period": period, "reports": reports })))
    }
}

fn report(account: &AccountKey, standing: &Standing, turns: &Turns) -> Value {
    let shown = |tally: &Tally| json!({ "count": tally.count, "amount": Money::from_minor(tally.minor, account.currency).to_string() });
    let standing: Map<String, Value> =
        standing.iter().map(|(what, tally)| (what.as_str().to_owned(), shown(tally))).collect();
    let month = |(month, turns): (&Date, &std::collections::BTreeMap<(Agreed, Turn), Tally>)| {
        let mut told: Map<String, Value> = Map::new();
        told.insert("month".to_owned(), month.strftime("%Y-%m").to_string().into());
        for ((what, turn), tally) in turns {
            let of = told.entry(what.as_str()).or_insert_with(|| json!({}));
            if let Some(of) = of.as_object_mut() {
                of.insert(turn.as_str().to_owned(), shown(tally));
            }
        }
        Value::Object(told)
    };
    json!({
        "portfolio": account.portfolio.as_str(),
        "currency": account.currency.code(),
        "standing": standing,
        "months": turns.iter().map(month).collect::<Vec<_>>(),
        "kept_rate": kept_rate(turns),
    })
}

/// In ten-thousandths, rounded down, as a decimal; nothing where no promise ended.
fn kept_rate(turns: &Turns) -> Option<String> {
    let count = |turn| {
        let of = turns.values().filter_map(|month| month.get(&(Agreed::Promise, turn)));
        of.map(|tally| tally.count).fold(0, i64::saturating_add)
    };
    let kept = count(Turn::Kept);
    let ended = kept.saturating_add(count(Turn::PartlyKept)).saturating_add(count(Turn::Broken));
    let share = kept.saturating_mul(10_000).checked_div(ended)?;
    Some(format!("{}.{:04}", share / 10_000, share % 10_000))
}
