//! The aging report, from counters.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, query_parameter, told_time};
use dunlin_domain::ids::{AccountKey, TenantId};
use dunlin_domain::measure::{Bucket, DEFAULT_BOUNDS, aging};
use dunlin_domain::money::{Currency, Money};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Handler;
use crate::handler::{Answer, failed};

/// More buckets than anyone reads.
const BOUNDS_MAX: usize = 20;

impl Handler {
    pub(crate) async fn aging(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let as_of = day(request, "as_of", tenancy.zone.date(self.clock.now(told_time(request))))?;
        let bounds =
            query_parameter(request, "bounds").map_or_else(|| Some(DEFAULT_BOUNDS.to_vec()), |text| bounds(&text));
        let bounds = bounds.ok_or_else(|| wrong("bounds", "must be ascending numbers of days, such as 0,30,60,90"))?;
        let mut reports = Vec::new();
        for account in &self.reported(request, &tenancy.tenant).await? {
            let open = self.books.store().open_by_due_date(&tenancy.tenant, account).await;
            let buckets = aging(&open.map_err(|error| failed(&error))?, as_of, &bounds);
            reports.push(report(account, as_of, &buckets));
        }
        let method = "what is open now, by days between its due date and as_of";
        Ok(json_response(200, &json!({ "method": method, "reports": reports })))
    }

    /// The accounts that a report is asked for: all, or those of a `portfolio` and a `currency`.
    pub(crate) async fn reported(
        &self,
        request: &ApiGatewayV2httpRequest,
        tenant: &TenantId,
    ) -> Result<Vec<AccountKey>, Problem> {
        let currency = query_parameter(request, "currency").map(|code| Currency::parse(&code)).transpose();
        let currency = currency.map_err(|error| wrong("currency", &error.to_string()))?;
        let portfolio = query_parameter(request, "portfolio");
        // They are read anew: one may be a minute younger than the settings that are kept.
        let fresh = self.books.store().tenancy(tenant).await.map_err(|error| failed(&error))?;
        let mut accounts = fresh.map(|fresh| fresh.accounts).unwrap_or_default();
        accounts.retain(|account| {
            portfolio.as_ref().is_none_or(|portfolio| account.portfolio.as_str() == portfolio)
                && currency.is_none_or(|currency| account.currency == currency)
        });
        Ok(accounts.into_iter().collect())
    }
}

/// A day that a report is asked for.
pub(crate) fn day(request: &ApiGatewayV2httpRequest, field: &'static str, otherwise: Date) -> Result<Date, Problem> {
    match query_parameter(request, field) {
        None => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| wrong(field, "must be a date of the form 2026-03-31")),
    }
}

pub(crate) fn wrong(field: &'static str, reason: &str) -> Problem {
    Problem::bad_request("a parameter is wrong").field(field, reason)
}

fn bounds(text: &str) -> Option<Vec<u32>> {
    let bounds: Vec<u32> = text.split(',').map(|bound| bound.trim().parse().ok()).collect::<Option<_>>()?;
    (bounds.len() <= BOUNDS_MAX && bounds.is_sorted_by(|a, b| a < b)).then_some(bounds)
}

fn report(account: &AccountKey, as_of: Date, buckets: &[Bucket]) -> Value {
    let amount = |minor| Money::from_minor(minor, account.currency).to_string();
    let bucket = |bucket: &Bucket| {
        json!({
            "from_days": bucket.from_days,
            "to_days": bucket.to_days,
            "amount": amount(bucket.open.minor),
            "invoices": bucket.open.invoices,
        })
    };
    json!({
        "portfolio": account.portfolio.as_str(),
        "currency": account.currency.code(),
        "as_of": as_of.to_string(),
        "total": amount(buckets.iter().map(|bucket| bucket.open.minor).sum()),
        "buckets": buckets.iter().map(bucket).collect::<Vec<_>>(),
    })
}
