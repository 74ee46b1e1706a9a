//! Unapplied credit: applied to invoices, moved to another portfolio, paid back.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, complaints, json_response, raw_body, text_fields_and_parts, told_time};
use dunlin_aws::shown;
use dunlin_domain::allocation::Named;
use dunlin_domain::debtor::{CreditError, CreditOrder, CreditUse};
use dunlin_domain::ids::SourceName;
use dunlin_domain::intake::{CreditAction, FieldError, Intake, RawCreditOrder};
use jiff::civil::Date;
use serde_json::{Value, json};

use crate::Handler;
use crate::call::{Call, key, made};
use crate::handler::Answer;

impl Handler {
    pub(crate) async fn credit(&self, request: &ApiGatewayV2httpRequest, action: CreditAction) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?.counted_for_good();
        let source = SourceName::parse("api").map_err(|_| Problem::internal())?;
        let intake = Intake { default_portfolio: tenancy.default_portfolio.clone(), source, now: call.now };
        let order = order(request, action, &intake, tenancy.zone.date(call.now))?;
        let receipt = call.receipt.as_ref().ok_or_else(Problem::internal)?;
        let used = call.books(&self.books).use_credit(&tenancy, (&call.debtor, &order), receipt, call.now).await;
        let done = made(used, &call, |error| refused(error, &order))?;
        let entries: Vec<Value> = done.journal.entries.iter().map(shown::entry).collect();
        let status = if call.preview { "preview" } else { "done" };
        Ok(json_response(200, &json!({ "status": status, "repeated": done.is_repeated(), "entries": entries })))
    }
}

fn order(
    request: &ApiGatewayV2httpRequest,
    action: CreditAction,
    intake: &Intake,
    today: Date,
) -> Result<CreditOrder, Problem> {
    let wrong = |errors: Vec<FieldError>| Problem {
        errors: complaints(&errors),
        ..Problem::new(422, "The order cannot be used", "a field is wrong")
    };
    let key = key(request)?.ok_or_else(|| {
        let reason = "is required: a name of your own for the order, the same when it is sent again";
        Problem::bad_request("the order has no key").field("Idempotency-Key", reason)
    })?;
    let body: Value = serde_json::from_slice(&raw_body(request)?)
        .map_err(|error| Problem::bad_request(format!("the body is not JSON ({error}); send an object")))?;
    let (fields, parts) = text_fields_and_parts(&body, action.fields()).map_err(wrong)?;
    if !parts.is_empty() && action != CreditAction::Apply {
        return Err(wrong(vec![FieldError {
            field: "allocations".into(),
            reason: "is not a field of this call".into(),
        }]));
    }
    let raw = RawCreditOrder::from_fields(|name| fields.get(name).cloned(), parts);
    raw.parse(action, &key, intake, today).map_err(wrong)
}

fn refused(error: &CreditError, order: &CreditOrder) -> Problem {
    let named = match &order.what {
        CreditUse::Apply(advice) if matches!(advice.named(), Named::Numbers(_)) => "invoice_numbers",
        CreditUse::Apply(_) | CreditUse::Move(_) | CreditUse::Refund => "allocations",
    };
    let field = match error {
        CreditError::NotEnough { .. } | CreditError::Nothing(_) | CreditError::Booking(_) => "amount",
        CreditError::Busy(_) => return Problem::new(409, "Not now", error.to_string()),
        CreditError::SamePortfolio(_) => "to_portfolio",
        CreditError::TooMany(_) | CreditError::TakesNothing(_) => named,
    };
    Problem::new(422, "The order cannot be used", error.to_string()).field(field, error.to_string())
}
