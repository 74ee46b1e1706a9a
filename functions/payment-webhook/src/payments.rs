//! Payments that a tenant reports from its own books.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::books::{Books, Reported};
use dunlin_aws::http::{
    Problem, caller, complaints, elements, json_response, tenant, text_fields_and_parts, told_time,
};
use dunlin_aws::metrics::{self, Metric, Source};
use dunlin_aws::parameters::preview;
use dunlin_aws::shown;
use dunlin_aws::store::Tenancy;
use dunlin_domain::ids::SourceName;
use dunlin_domain::intake::{FieldError, Intake, RawPayment};
use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Handler;
use crate::handler::failed;

/// Payments booked at the same time.
const CONCURRENCY: usize = 6;
/// What became of a payment that was not taken in.
const REJECTED: &str = "rejected";

impl Handler {
    pub(crate) async fn payments(
        &self,
        request: &ApiGatewayV2httpRequest,
    ) -> Result<ApiGatewayV2httpResponse, Problem> {
        let tenant = tenant(request)?;
        let now = self.clock.now(told_time(request));
        let tenancy = self.tenancies.get(&tenant).await.map_err(|error| failed(&error.into()))?;
        let tenancy = tenancy.ok_or_else(|| Problem::new(403, "Not allowed", "this tenant is not set up"))?;
        let source = SourceName::parse("api").map_err(|_| Problem::internal())?;
        let intake = Intake { default_portfolio: tenancy.default_portfolio.clone(), source, now };
        let payments = elements(request, "payments")?;
        let books = self.books.by(caller(request));
        // In a preview one after the other: each finds what those before it would have done.
        let (books, at_once) = if preview(request)? { (books.dry(), 1) } else { (books, CONCURRENCY) };
        let booked = stream::iter(&payments).map(|payment| book(&books, &tenancy, &intake, payment, now));
        let booked: Vec<Result<(&str, Vec<Value>), Problem>> = booked.buffered(at_once).collect().await;
        let mut results = Vec::with_capacity(payments.len());
        for (index, (payment, booked)) in payments.iter().zip(booked).enumerate() {
            let (status, errors) = booked?;
            if status == REJECTED {
                metrics::count(&tenant, Metric::Rejected(Source::Books), 1);
            }
            let reference = payment.get("payment_ref").cloned().unwrap_or_default();
            results.push(json!({ "index": index, "payment_ref": reference, "status": status, "errors": errors }));
        }
        let mut answer = json!({ "results": results });
        if let Some(entries) = books.would_book() {
            answer["preview"] = true.into();
            answer["entries"] = entries.iter().map(shown::entry).collect();
        }
        Ok(json_response(200, &answer))
    }
}

/// What became of one payment, or that the call should be sent again.
async fn book(
    books: &Books,
    tenancy: &Tenancy,
    intake: &Intake,
    payment: &Value,
    now: Timestamp,
) -> Result<(&'static str, Vec<Value>), Problem> {
    let rejected = |errors: &[FieldError]| Ok((REJECTED, complaints(errors)));
    let report = match raw_payment(payment).and_then(|raw| raw.parse(intake)) {
        Ok(report) => report,
        Err(errors) => return rejected(&errors),
    };
    let answer = books.record_report(tenancy, &report, None, now).await;
    let status = match answer.map_err(|error| failed(&error))? {
        Ok(Reported::Booked) => "booked",
        Ok(Reported::Updated) => "updated",
        Ok(Reported::Awaiting) => "awaiting",
        Ok(Reported::Unchanged) => "unchanged",
        Err(rejection) => {
            return rejected(&[FieldError { field: rejection.field.into(), reason: rejection.reason }]);
        }
    };
    Ok((status, Vec::new()))
}

/// The fields of a payment as text; the parts that it names are the one field that is a list.
fn raw_payment(payment: &Value) -> Result<RawPayment, Vec<FieldError>> {
    let (fields, allocations) = text_fields_and_parts(payment, &RawPayment::FIELDS)?;
    Ok(RawPayment { allocations, ..RawPayment::from_fields(|name| fields.get(name).cloned()) })
}
