//! A debtor as a record of its own: made, and changed.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::books::{Changed, Unknown};
use dunlin_aws::http::{Problem, json_response, told_time};
use dunlin_domain::debtor::{DebtorPatch, GroupError, Patch};
use dunlin_domain::intake::RawDebtor;
use serde_json::{Value, json};

use crate::Handler;
use crate::body::Body;
use crate::call::{Call, Done, made, refused};
use crate::handler::Answer;

impl Handler {
    /// Changes what is said, and nothing else (RFC 7396).
    pub(crate) async fn patch_debtor(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        self.amend(request, Unknown::Missing).await
    }

    /// Makes a debtor, or brings it into this state: what is not said is as if it had never been.
    pub(crate) async fn put_debtor(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        self.amend(request, Unknown::Made).await
    }

    async fn amend(&self, request: &ApiGatewayV2httpRequest, unknown: Unknown) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let call = Call::of(request, self.clock.now(told_time(request)))?;
        let patch = patch(Body::of(request)?, unknown)?;
        let books = call.books(&self.books);
        let amended = books.amend(&tenancy, (&call.debtor, unknown), &patch, call.receipt.as_ref(), call.now).await;
        let new = matches!(amended, Ok(Changed::Made { answer: true, .. }));
        let done = made(amended, &call, |error: &GroupError| refused("parent_ref", error))?;
        let new = new || done.before.as_ref().is_some_and(|before| before.made_debtor);
        let (repeated, Done { debtor, journal, .. }) = (done.is_repeated(), done);
        let changed: Vec<&str> = journal.changes.iter().map(|change| change.field).collect();
        let events: Vec<&str> = journal.told().iter().map(|event| event.kind.as_str()).collect();
        let status = if new && !call.preview { 201 } else { 200 };
        let page = self.page(&tenancy, &debtor, call.now).await?;
        let answer = json!({
            "preview": call.preview, "repeated": repeated, "changed": changed, "events": events, "debtor": page,
        });
        Ok(json_response(status, &answer))
    }
}

fn patch(mut body: Body, unknown: Unknown) -> Result<DebtorPatch, Problem> {
    let unsaid = if unknown == Unknown::Made { Patch::Clear } else { Patch::Keep };
    let fields = RawDebtor::FIELDS.map(|field| (field, said(&mut body, field, unsaid.clone())));
    let field = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, said)| said.clone());
    let mut raw = RawDebtor::from_fields(|name| field(name).unwrap_or_default());
    raw.lifts_other_limits = match body.said(RawDebtor::LIMITS) {
        None => unknown == Unknown::Made,
        Some(Value::Null) => true,
        Some(Value::Object(limits)) => {
            for (currency, limit) in limits {
                limit_said(&mut body, &mut raw, currency, limit);
            }
            unknown == Unknown::Made
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
            body.complain(
                RawDebtor::LIMITS,
                "must be an object of amounts by currency, such as {\"EUR\": \"5000.00\"}",
            );
            false
        }
    };
    let patch = raw.parse().map_err(|errors| {
        errors.iter().for_each(|error| body.complain(&error.field, &error.reason));
    });
    body.finish(patch.ok())
}

/// A field as text. Consent may be a truth value and days a number, as they are shown.
fn said(body: &mut Body, field: &'static str, unsaid: Patch<String>) -> Patch<String> {
    match (field, body.said(field)) {
        (_, None) => unsaid,
        (_, Some(Value::Null)) => Patch::Clear,
        (_, Some(Value::String(text))) => Patch::Set(text),
        ("sms_consent", Some(Value::Bool(consent))) => Patch::Set(if consent { "yes" } else { "no" }.to_owned()),
        ("payment_terms_days", Some(Value::Number(days))) => Patch::Set(days.to_string()),
        (_, Some(_)) => {
            body.complain(field, "must be a string, or null to clear it");
            Patch::Keep
        }
    }
}

fn limit_said(body: &mut Body, raw: &mut RawDebtor, currency: String, limit: Value) {
    let limit = match limit {
        Value::Null => None,
        Value::String(amount) => Some(amount),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            let field = format!("{}.{currency}", RawDebtor::LIMITS);
            return body.complain(&field, "must be a string, so that no digit is lost, or null to lift it");
        }
    };
    raw.credit_limits.insert(currency, limit);
}
