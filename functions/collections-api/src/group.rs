//! A group of companies: what it owes together, who belongs to it, and what is granted.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, query_parameter, told_time};
use dunlin_aws::store::{Group, GroupSum, Tenancy};
use dunlin_domain::credit::CreditLimit;
use dunlin_domain::debtor::{Debtor, Membership, Owed};
use dunlin_domain::ids::DebtorId;
use dunlin_domain::money::{Currency, Money, MoneyError};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Handler;
use crate::debtor::{debtor_id, limit};
use crate::handler::{Answer, failed};

/// Each member of a page is read by itself.
const MEMBERS_MAX: i32 = 50;

impl Handler {
    /// What the group of a debtor owes, with a page of its members, the parent first.
    pub(crate) async fn group(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let limit = limit(request)?.min(MEMBERS_MAX);
        let after = query_parameter(request, "after").map(|after| DebtorId::parse(&after)).transpose();
        let wrong = |_| Problem::bad_request("a parameter is wrong").field("after", "must be the next of a page");
        let after = after.map_err(wrong)?;
        let parent = self.parent_of(&tenancy, &debtor_id(request)?).await?;
        let today = parent.today(self.clock.now(told_time(request)));
        let store = self.books.store();
        let group = store.group(&tenancy.tenant, &parent.id).await.map_err(|error| failed(&error))?;
        let page = store.children(&tenancy.tenant, &parent.id, limit, after.as_ref()).await;
        let page = page.map_err(|error| failed(&error))?;
        let mut members = Vec::new();
        if after.is_none() {
            members.push(member(&parent, today).map_err(|_| Problem::internal())?);
        }
        for child in &page.children {
            let child = self.known(&tenancy, child).await?;
            members.push(member(&child, today).map_err(|_| Problem::internal())?);
        }
        let sums = group.sums.iter().map(|(currency, sum)| sum_view(*currency, sum, late(&group, *currency, today)));
        let sums = sums.collect::<Result<Vec<_>, _>>().map_err(|_| Problem::internal())?;
        let answer = json!({
            "parent_ref": parent.id.as_str(),
            "name": parent.profile.name,
            "as_of": today.to_string(),
            "method": "balances are counted from the members' commits, as a rule within a second of them; members are as of their last commit",
            "balances": sums,
            "members": members,
            "next": page.next.as_ref().map(DebtorId::as_str),
        });
        Ok(json_response(200, &answer))
    }

    /// The parent of the group that a debtor belongs to, itself perhaps.
    pub(crate) async fn parent_of(&self, tenancy: &Tenancy, id: &DebtorId) -> Result<Debtor, Problem> {
        let debtor = self.known(tenancy, id).await?;
        match &debtor.membership {
            Membership::Alone => Err(Problem::not_found(format!("debtor {id} belongs to no group"))),
            Membership::Leads => Ok(debtor),
            Membership::Of(parent) => self.known(tenancy, parent).await,
        }
    }

    /// A debtor as of its last commit.
    pub(crate) async fn known(&self, tenancy: &Tenancy, id: &DebtorId) -> Result<Debtor, Problem> {
        let loaded = self.books.store().load(&tenancy.tenant, id).await.map_err(|error| failed(&error))?;
        Ok(loaded.ok_or_else(|| Problem::not_found(format!("there is no debtor {id}")))?.debtor)
    }

    /// What a debtor is granted: its own, and what its group is.
    pub(crate) async fn granted(&self, tenancy: &Tenancy, debtor: &Debtor) -> Result<Value, Problem> {
        let store = self.books.store();
        let owed = debtor.owed_by_currency().map_err(|_| Problem::internal())?;
        let (mut limits, mut days) = (Vec::new(), debtor.credit.payment_days.map(|days| (days, "debtor")));
        if debtor.membership != Membership::Leads {
            for (currency, limit) in debtor.credit.limits() {
                let owed = owed.get(currency).copied().unwrap_or_else(|| Owed::nothing(*currency));
                limits.push(limit_view(*limit, &owed, debtor.exceeded.contains(currency), "debtor"));
            }
        }
        if let Some(parent) = debtor.group() {
            let group = store.group(&tenancy.tenant, parent).await.map_err(|error| failed(&error))?;
            let limited = group.sums.values().filter_map(|sum| Some((sum.limit?, sum)));
            limits.extend(limited.map(|(limit, sum)| limit_view(limit, &sum.owed, sum.exceeded, "group")));
            if days.is_none() {
                let terms = store.credit_terms(&tenancy.tenant, parent).await.map_err(|error| failed(&error))?;
                days = terms.payment_days.map(|days| (days, "parent"));
            }
        }
        let limits = limits.into_iter().collect::<Result<Vec<_>, _>>().map_err(|_| Problem::internal())?;
        Ok(json!({
            "payment_terms_days": days.map(|(days, _)| days.days()),
            "payment_terms_of": days.map(|(_, whose)| whose),
            "limits": limits,
        }))
    }
}

fn limit_view(limit: CreditLimit, owed: &Owed, exceeded: bool, of: &str) -> Result<Value, MoneyError> {
    Ok(json!({
        "of": of,
        "currency": limit.amount().currency().code(),
        "limit": limit.amount().to_string(),
        "exposure": owed.exposure()?.to_string(),
        "exceeded": exceeded,
    }))
}

/// What is open of a group and late on a day of its parent's calendar.
fn late(group: &Group, currency: Currency, today: Date) -> Money {
    let late = group.due.iter().filter(|((of, due), _)| *of == currency && *due < today);
    Money::from_minor(late.fold(0_i64, |sum, (_, minor)| sum.saturating_add(*minor)), currency)
}

fn member(debtor: &Debtor, today: Date) -> Result<Value, MoneyError> {
    let owed: BTreeMap<Currency, Owed> = debtor.owed_by_currency()?;
    let balances = owed.iter().map(|(currency, owed)| balance_view(*currency, owed, debtor.overdue(*currency, today)?));
    Ok(json!({
        "debtor_ref": debtor.id.as_str(),
        "name": debtor.profile.name,
        "role": if debtor.membership == Membership::Leads { "parent" } else { "child" },
        "balances": balances.collect::<Result<Vec<_>, _>>()?,
    }))
}

fn sum_view(currency: Currency, sum: &GroupSum, overdue: Money) -> Result<Value, MoneyError> {
    let mut view = balance_view(currency, &sum.owed, overdue)?;
    view["credit_limit"] = json!(sum.limit.map(|limit| limit.amount().to_string()));
    view["credit_limit_exceeded"] = json!(sum.exceeded);
    Ok(view)
}

fn balance_view(currency: Currency, owed: &Owed, overdue: Money) -> Result<Value, MoneyError> {
    Ok(json!({
        "currency": currency.code(),
        "open": owed.open.to_string(),
        "overdue": overdue.to_string(),
        "disputed": owed.disputed.to_string(),
        "unapplied": owed.unapplied.to_string(),
        "in_flight": owed.in_flight.to_string(),
        "exposure": owed.exposure()?.to_string(),
    }))
}
