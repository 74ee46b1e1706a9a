//! Trying a policy on the months that were, before it is put into use.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::backtests::BacktestWork;
use dunlin_aws::http::{Problem, json_response, path_parameter, told_time};
use dunlin_aws::store::{Backtest, DIRECTORY_SHARDS, StoreError, Tenancy};
use dunlin_domain::backtest::{Prices, Window};
use dunlin_domain::charge::Laws;
use dunlin_domain::contact::Channel;
use dunlin_domain::ids::{BacktestId, OutsideId, PolicyName, PolicyRef, PortfolioId, TenantId};
use dunlin_domain::policy::{Policy, Subject};
use jiff::{Span, Timestamp};
use rust_decimal::Decimal;
use serde_json::json;

use crate::Handler;
use crate::backtest_view::{Found, view};
use crate::body::Body;
use crate::call::{key, short_hash};
use crate::handler::{Answer, failed, packs};
use crate::policies::{policy, use_for, version};

const MONTHS: u16 = 12;
const MONTHS_MAX: u16 = 24;
/// In US dollars, for one message; and no finer than a millionth.
const PRICE_MAX: Decimal = Decimal::ONE_HUNDRED;
const PRICE_DECIMALS: u32 = 6;
/// What only a version has that is not on record.
const OF_A_NEW_VERSION: [&str; 3] = ["steps", "charges", "minimums"];

impl Handler {
    /// Has a policy tried beside the one in use. The same call again, by its `Idempotency-Key`, is the same backtest; what
    /// of it is not done is sent for again, so that a call that was cut short can be repeated.
    pub(crate) async fn post_backtest(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let name = policy_name(request)?;
        let key = key(request)?;
        let unique = key.as_ref().map(OutsideId::as_str).or(request.request_context.request_id.as_deref());
        let id = short_hash(&[name.as_str(), unique.unwrap_or_default()]);
        let id = BacktestId::parse(&id).map_err(|_| Problem::internal())?;
        let laws = packs()?.laws();
        let mut body = Body::of(request)?;
        let now = self.clock.now(told_time(request));
        let wanted = wanted(&mut body, (&name, id.clone()), &tenancy, laws, now);
        let wanted = body.finish(wanted)?;
        match self.books.store().put_backtest(&tenancy.tenant, &wanted).await {
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(failed(&error)),
        }
        let found = self.found(&tenancy.tenant, &name, &id).await?;
        let work: Vec<BacktestWork> = left(&tenancy.tenant, &name, &found);
        self.backtests.send(&work).await.map_err(|error| {
            tracing::error!(%error, "a backtest was not sent for");
            Problem::unavailable()
        })?;
        let href = format!("/v1/policies/{name}/backtests/{id}");
        Ok(json_response(202, &json!({ "id": id.as_str(), "status": found.status(), "href": href })))
    }

    /// How far a backtest is, and at its end what came of it.
    pub(crate) async fn backtest(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let (name, id) = (policy_name(request)?, path_parameter(request, "id")?);
        let id = BacktestId::parse(id).map_err(|_| no_backtest(&name, id))?;
        Ok(json_response(200, &view(self.found(&tenancy.tenant, &name, &id).await?)))
    }

    async fn found(&self, tenant: &TenantId, name: &PolicyName, id: &BacktestId) -> Result<Found, Problem> {
        let store = self.books.store();
        let backtest = store.backtest(tenant, name, id).await.map_err(|error| failed(&error))?;
        let backtest = backtest.ok_or_else(|| no_backtest(name, id.as_str()))?;
        let parts = store.backtest_parts(tenant, name, id).await.map_err(|error| failed(&error))?;
        Ok(Found { backtest, parts })
    }
}

fn no_backtest(name: &PolicyName, id: &str) -> Problem {
    Problem::not_found(format!("there is no backtest {id} of {name}; they are kept for 90 days"))
}

fn policy_name(request: &ApiGatewayV2httpRequest) -> Result<PolicyName, Problem> {
    let name = path_parameter(request, "name")?;
    PolicyName::parse(name).map_err(|error| Problem::bad_request("the path is wrong").field("name", error.to_string()))
}

/// The parts that are not done.
fn left(tenant: &TenantId, name: &PolicyName, found: &Found) -> Vec<BacktestWork> {
    let is_done = |shard: &u32| found.parts.iter().any(|part| part.shard == *shard && part.is_done);
    let work = |shard| BacktestWork {
        tenant: tenant.to_string(),
        policy: name.to_string(),
        backtest: found.backtest.id.to_string(),
        shard,
    };
    (0..DIRECTORY_SHARDS).filter(|shard| !is_done(shard)).map(work).collect()
}

/// Reads what is to be tried, in the form in which policies are put on record.
fn wanted(
    body: &mut Body,
    (name, id): (&PolicyName, BacktestId),
    tenancy: &Tenancy,
    laws: &Laws,
    now: Timestamp,
) -> Option<Backtest> {
    let named = body.parsed("name", PolicyName::parse);
    if named.is_some_and(|named| named != *name) {
        body.complain("name", format!("must be {name}, as in the path, or left out"));
    }
    let subject = use_for(body).unwrap_or(Subject::Debt);
    let months = body.number("months", MONTHS_MAX, MONTHS);
    if months == 0 {
        body.complain("months", format!("must be a whole number from 1 to {MONTHS_MAX}"));
    }
    let portfolio = body.parsed("portfolio", PortfolioId::parse);
    let prices = body.object("prices", |one| Some(prices(one))).unwrap_or_default();
    let candidate = candidate(body, name, tenancy, laws)?;
    let first = tenancy.zone.date(now).saturating_sub(Span::new().months(months));
    Some(Backtest {
        id,
        subject,
        in_use: tenancy.policies.current(subject).clone(),
        candidate,
        portfolio,
        window: Window { from: tenancy.zone.midnight(first), to: now },
        prices,
        created_at: now,
    })
}

/// A version that is on record, or one that is not.
fn candidate(body: &mut Body, name: &PolicyName, tenancy: &Tenancy, laws: &Laws) -> Option<Policy> {
    let on_record = |id: &PolicyRef| tenancy.policies.all().find(|policy| policy.id() == id);
    if OF_A_NEW_VERSION.iter().any(|field| body.has(field)) {
        let policy = policy(body, Some(name.clone()), laws)?;
        if on_record(policy.id()).is_some() {
            body.complain("version", "is on record and never changes: name it alone, or take one after it");
        }
        return Some(policy);
    }
    let id = PolicyRef { name: name.clone(), version: version(body) };
    let known = on_record(&id);
    if known.is_none() && id.version > 0 {
        body.complain("version", format!("{id} is not on record: send its steps, charges or minimums as well"));
    }
    known.cloned()
}

/// What a message costs, by channel.
fn prices(body: &mut Body) -> Prices {
    let price = |text: &str| {
        let price = text.parse::<Decimal>().ok().filter(|price| (Decimal::ZERO..=PRICE_MAX).contains(price));
        let price = price.filter(|price| price.scale() <= PRICE_DECIMALS);
        price.ok_or("must be US dollars for one message such as \"0.0001\", at most 100 and with at most six decimals")
    };
    let prices = Channel::ALL.map(|channel| Some((channel, body.parsed(channel.as_str(), price)?)));
    Prices(prices.into_iter().flatten().collect())
}
