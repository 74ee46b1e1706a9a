//! One debtor, and what happened to it.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, path_parameter, query_parameter};
use dunlin_aws::store::{Tenancy, TimelineEntry};
use dunlin_domain::allocation::ComponentOrder;
use dunlin_domain::contact::{EmailAddress, PhoneNumber};
use dunlin_domain::debtor::{Account, Debtor, Journal};
use dunlin_domain::decide::decide;
use dunlin_domain::ids::{AccountKey, DebtorId};
use dunlin_domain::invoice::Invoice;
use dunlin_domain::policy::Policies;
use dunlin_domain::remittance::Target;
use dunlin_domain::timeline;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Handler;
use crate::handler::{Answer, failed};
use crate::view;

const ENTRIES_DEFAULT: i32 = 50;
const ENTRIES_MAX: i32 = 200;

impl Handler {
    pub(crate) async fn debtor(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let id = debtor_id(request)?;
        let now = self.clock.now(dunlin_aws::http::told_time(request));
        let debtor = self.rolled(&tenancy, &id, now).await?;
        Ok(json_response(200, &self.page(&tenancy, &debtor, now).await?))
    }

    /// A debtor as it is at a moment, and not as it was at its last commit.
    pub(crate) async fn rolled(&self, tenancy: &Tenancy, id: &DebtorId, at: Timestamp) -> Result<Debtor, Problem> {
        let loaded = self.books.store().load(&tenancy.tenant, id).await.map_err(|error| failed(&error))?;
        let mut debtor = loaded.ok_or_else(|| Problem::not_found(format!("there is no debtor {id}")))?.debtor;
        debtor.roll(&tenancy.policies, at, &mut Journal::default()).map_err(|error| {
            tracing::error!(%error, "the amounts of a debtor do not add up");
            Problem::internal()
        })?;
        Ok(debtor)
    }

    /// A debtor as it is shown.
    pub(crate) async fn page(&self, tenancy: &Tenancy, debtor: &Debtor, now: Timestamp) -> Result<Value, Problem> {
        let wake = decide(debtor, &tenancy.policies, &tenancy.calendar, now).wake();
        let mut page = shown(debtor, wake, &tenancy.policies, now);
        page["credit"] = self.granted(tenancy, debtor).await?;
        Ok(page)
    }

    pub(crate) async fn timeline(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let id = debtor_id(request)?;
        let limit = limit(request)?;
        let wanted = query_parameter(request, "kind");
        let page = self
            .books
            .store()
            .timeline(&tenancy.tenant, &id, limit, query_parameter(request, "after").as_deref())
            .await;
        let page = page.map_err(|error| failed(&error))?;
        let entries: Vec<Value> = page
            .entries
            .into_iter()
            .filter(|entry| wanted.as_ref().is_none_or(|wanted| is_of(&entry.kind, wanted)))
            .map(timeline_entry)
            .collect();
        Ok(json_response(200, &json!({ "entries": entries, "next": page.next })))
    }

    pub(crate) async fn unmatched(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let store = self.books.store();
        let ids = store.unmatched(&tenancy.tenant, ENTRIES_MAX).await.map_err(|error| failed(&error))?;
        let waiting = store.remittances(&tenancy.tenant, &ids).await.map_err(|error| failed(&error))?;
        let waiting: Vec<Value> = waiting
            .into_iter()
            .map(|one| {
                let one = one.value;
                json!({
                    "id": one.id.to_string(),
                    "status": one.progress.stage().as_str(),
                    "amount": one.amount.map(|amount| amount.to_string()),
                    "currency": one.amount.map(|amount| amount.currency().code()),
                    "on": one.on.map(|on| on.to_string()),
                    "waits_for": one.target.as_ref().map(meant_for),
                })
            })
            .collect();
        Ok(json_response(200, &json!({ "unmatched": waiting })))
    }
}

/// How many entries of a page are asked for.
pub(crate) fn limit(request: &ApiGatewayV2httpRequest) -> Result<i32, Problem> {
    let Some(text) = query_parameter(request, "limit") else { return Ok(ENTRIES_DEFAULT) };
    text.parse().ok().filter(|limit| (1..=ENTRIES_MAX).contains(limit)).ok_or_else(|| {
        Problem::bad_request("a parameter is wrong").field("limit", format!("must be 1 to {ENTRIES_MAX}"))
    })
}

/// What a remittance is meant for, in few words.
pub(crate) fn meant_for(target: &Target) -> String {
    match target {
        Target::Invoice(id) => format!("invoice {id}"),
        Target::OutsideInvoice(source, id) => format!("invoice {id} of {source}"),
        Target::OutsideCustomer(source, id) => format!("customer {id} of {source}"),
        Target::Debtor(debtor, ..) => format!("debtor {debtor}"),
    }
}

pub(crate) fn debtor_id(request: &ApiGatewayV2httpRequest) -> Result<DebtorId, Problem> {
    let id = path_parameter(request, "id")?;
    DebtorId::parse(id).map_err(|error| Problem::not_found(error.to_string()))
}

fn shown(debtor: &Debtor, wake: Option<Timestamp>, policies: &Policies, now: Timestamp) -> Value {
    let profile = &debtor.profile;
    json!({
        "debtor_ref": debtor.id.as_str(),
        "name": profile.name,
        "kind": profile.kind.as_str(),
        "email": profile.contacts.email().map(EmailAddress::as_str),
        "phone": profile.contacts.phone().map(PhoneNumber::as_str),
        "sms_consent": profile.contacts.sms_consent(now),
        "reach": view::reach(profile, now),
        "country": profile.country,
        "region": profile.region,
        "language": profile.language,
        "time_zone": profile.zone.name(),
        "parent_ref": debtor.membership.parent().map(DebtorId::as_str),
        "holds": debtor.holds.values().map(view::hold).collect::<Vec<_>>(),
        "agreements": debtor.agreements.values().map(view::agreement).collect::<Vec<_>>(),
        "next_look_at": wake.map(|wake| wake.to_string()),
        "accounts": debtor.accounts.iter().map(|(key, account)| account_view(debtor, (key, account), policies, now)).collect::<Vec<_>>(),
    })
}

fn account_view(
    debtor: &Debtor,
    (key, account): (&AccountKey, &Account),
    policies: &Policies,
    now: Timestamp,
) -> Value {
    let today = debtor.today(now);
    let open: Vec<&Invoice> = debtor.invoices_of(key);
    let order = policies.components(debtor.profile.country.as_deref());
    let invoices: Vec<Value> = open.iter().map(|invoice| invoice_view(debtor, invoice, order, now)).collect();
    let next_charges = debtor.next_charges(key, policies, now);
    json!({
        "portfolio": key.portfolio.as_str(),
        "currency": key.currency.code(),
        "balance": debtor.balance(key).map(|balance| balance.to_string()).ok(),
        "credit": account.credit.to_string(),
        "overdue": open.iter().any(|invoice| invoice.is_overdue(today)),
        "cycle": account.cycle.as_ref().map(|cycle| json!({
            "number": cycle.number,
            "began": cycle.began.to_string(),
            "policy": cycle.policy.to_string(),
            "steps": cycle.done.keys().map(|(_, step)| step.to_string()).collect::<Vec<_>>(),
        })),
        "message_under_way": account.pending.as_ref().map(|pending| json!({
            "message_id": pending.plan.id.as_str(),
            "step": pending.plan.step.as_str(),
            "planned_at": pending.planned_at.to_string(),
        })),
        "next_charges": next_charges.iter().map(view::due_charge).collect::<Vec<_>>(),
        "invoices": invoices,
    })
}

fn invoice_view(debtor: &Debtor, invoice: &Invoice, order: ComponentOrder, now: Timestamp) -> Value {
    let not_chased = debtor.not_chased(invoice, now).into_iter().map(|barred| {
        json!({
            "reason": barred.by.as_str(),
            "amount": barred.part.map(|part| part.to_string()),
            "until": barred.until.map(|until| until.to_string()),
        })
    });
    json!({
        "invoice_number": invoice.id.number.as_str(),
        "issue_date": invoice.issue_date.to_string(),
        "due_date": invoice.due_date.to_string(),
        "amount": invoice.sums.total.to_string(),
        "balance": invoice.balance().to_string(),
        "open": invoice.components(order).ok().map(|open| json!({
            "costs": open.costs.to_string(),
            "interest": open.interest.to_string(),
            "principal": open.principal.to_string(),
        })),
        "status": invoice.status(),
        "description": invoice.description,
        "not_chased": not_chased.collect::<Vec<_>>(),
    })
}

/// Whether a kind is the one asked for, or of it: `hold` is also `hold.set`.
fn is_of(kind: &str, wanted: &str) -> bool {
    kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn timeline_entry(entry: TimelineEntry) -> Value {
    let TimelineEntry { at, kind, body } = entry;
    let what = ["ended", "status", "kind"].into_iter().find_map(|name| body.get(name)?.as_str());
    let words = timeline::words(&kind, what.unwrap_or_default());
    json!({ "at": at, "kind": kind, "words": words, "body": body })
}
