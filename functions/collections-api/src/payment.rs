//! One payment: what is known of it, and which invoices it settled.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, path_parameter, query_parameter};
use dunlin_domain::allocation::{Allocation, AllocationLine};
use dunlin_domain::ids::{OutsideId, SourceName};
use dunlin_domain::intake::BOOKS;
use dunlin_domain::money::{Money, MoneyError};
use dunlin_domain::remittance::{Remittance, RemittanceId, RemittanceKind};
use serde_json::{Value, json};

use crate::Handler;
use crate::debtor::{limit, meant_for};
use crate::handler::{Answer, failed};

impl Handler {
    pub(crate) async fn payment(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let id = payment_id(request)?;
        let limit = limit(request)?;
        let after = query_parameter(request, "after").map(|text| text.parse::<u32>()).transpose();
        let wrong = |_| Problem::bad_request("a parameter is wrong").field("after", "must be the next of a page");
        let (tenant, store) = (&tenancy.tenant, self.books.store());
        let found = store.remittances(tenant, std::slice::from_ref(&id)).await.map_err(|error| failed(&error))?;
        let known = found.into_iter().next().filter(|found| found.version > 0);
        let known = known.ok_or_else(|| Problem::not_found(format!("there is no payment {}", id.outside_id)))?.value;
        let page =
            store.allocations(tenant, &id, limit, after.map_err(wrong)?).await.map_err(|error| failed(&error))?;
        let allocations: Result<Vec<Value>, MoneyError> = page.allocations.iter().map(allocation_view).collect();
        let mut view = view(&known);
        view["allocations"] = allocations.map_err(|_| Problem::internal())?.into();
        view["next"] = json!(page.next.map(|next| next.to_string()));
        Ok(json_response(200, &view))
    }
}

/// A payment of the tenant's own books, unless another source is asked for.
fn payment_id(request: &ApiGatewayV2httpRequest) -> Result<RemittanceId, Problem> {
    let outside_id = OutsideId::parse(path_parameter(request, "ref")?);
    let outside_id = outside_id.map_err(|error| Problem::not_found(error.to_string()))?;
    let source = query_parameter(request, "source");
    let source = SourceName::parse(source.as_deref().unwrap_or(BOOKS));
    let wrong = |reason: String| Problem::bad_request("a parameter is wrong").field("source", reason);
    let source = source.map_err(|error| wrong(error.to_string()))?;
    Ok(RemittanceId { kind: RemittanceKind::Payment, source, outside_id })
}

fn view(payment: &Remittance) -> Value {
    let contests = payment.contests.iter().map(|(id, (state, part))| {
        let amount = part.or(payment.amount).map(|amount| amount.to_string());
        json!({ "id": id.as_str(), "state": state.as_str(), "amount": amount })
    });
    json!({
        "payment_ref": payment.id.outside_id.as_str(),
        "source": payment.id.source.as_str(),
        "status": payment.progress.stage().as_str(),
        "amount": payment.amount.map(|amount| amount.to_string()),
        "currency": payment.amount.map(|amount| amount.currency().code()),
        "on": payment.on.map(|on| on.to_string()),
        "refunded": payment.refunded().map(|amount| amount.to_string()),
        "chargebacks": contests.collect::<Vec<_>>(),
        "meant_for": payment.target.as_ref().map(meant_for),
        "debtor_ref": payment.booked.as_ref().map(|(debtor, _)| debtor.as_str()),
        "invoice": payment.booked.as_ref().and_then(|(_, invoice)| invoice.as_ref()).map(ToString::to_string),
    })
}

fn allocation_view(allocation: &Allocation) -> Result<Value, MoneyError> {
    let lines: Result<Vec<Value>, MoneyError> = allocation.lines.iter().map(line_view).collect();
    Ok(json!({ "number": allocation.number, "invoices": lines?, "credit": allocation.credit.to_string() }))
}

fn line_view(line: &AllocationLine) -> Result<Value, MoneyError> {
    let gone = |amount: Money| Some(amount.to_string()).filter(|_| !amount.is_zero());
    Ok(json!({
        "invoice_number": line.invoice.number.as_str(),
        "portfolio": line.invoice.portfolio.as_str(),
        "amount": line.amount.to_string(),
        "left": line.left()?.to_string(),
        "withdrawn": gone(line.reversed.withdrawn),
        "refunded": gone(line.reversed.refunded),
        "charged_back": gone(line.reversed.charged_back),
    }))
}
