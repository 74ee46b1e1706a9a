//! Stripe's events.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_audit::Actor;
use dunlin_aws::http::{Problem, header, json_response, path_parameter, raw_body, told_time};
use dunlin_aws::metrics::{self, Metric, Source};
use dunlin_aws::store::{Receipt, Tenancy};
use dunlin_domain::ids::TenantId;
use dunlin_providers::stripe::{Mapping, SOURCE, Said, StripeEvent, verify};
use jiff::Timestamp;
use serde_json::json;

use crate::Handler;
use crate::handler::failed;

impl Handler {
    pub(crate) async fn stripe(&self, request: &ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpResponse, Problem> {
        let unknown = || Problem::not_found("there is no such webhook: check the tenant in its address");
        let tenant = TenantId::parse(path_parameter(request, "tenant")?).map_err(|_| unknown())?;
        let body = raw_body(request)?;
        let now = self.clock.now(told_time(request));
        let secrets = self.secrets.of_stripe(&tenant).await.map_err(|error| {
            tracing::error!(%tenant, %error, "signing secrets not read");
            Problem::unavailable()
        })?;
        let signature = header(request, "stripe-signature").unwrap_or_default();
        // An unknown tenant has no secrets, and is answered like a wrong signature: who is a tenant is nobody's business.
        verify(&body, signature, &secrets, now).map_err(|error| {
            metrics::count_for_nobody(Metric::BadSignature);
            Problem::new(400, "The signature is not accepted", error.to_string())
        })?;
        let tenancy = self.tenancies.get(&tenant).await.map_err(|error| failed(&error.into()))?.ok_or_else(unknown)?;
        let mapping = Mapping { zone: tenancy.zone.clone(), portfolio: tenancy.default_portfolio.clone() };
        let event = StripeEvent::read(&body, &mapping).map_err(|error| {
            tracing::error!(%tenant, %error, "signed event cannot be read");
            metrics::count(&tenant, Metric::Rejected(Source::Stripe), 1);
            Problem::new(422, "The event cannot be used", error.to_string())
        })?;
        let receipt = Receipt::of(SOURCE, event.id.clone());
        let known = self.books.store().has_receipt(&tenant, &receipt).await.map_err(|error| failed(&error.into()))?;
        let outcome = if known { "duplicate" } else { self.take_in(&tenancy, &event, &receipt, now).await? };
        tracing::info!(%tenant, event_id = %event.id, event_type = %event.event_type, outcome, "stripe event taken in");
        Ok(json_response(200, &json!({ "received": true, "outcome": outcome })))
    }

    async fn take_in(
        &self,
        tenancy: &Tenancy,
        event: &StripeEvent,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<&'static str, Problem> {
        let rejected = |field: &str, reason: &str| {
            tracing::error!(event_id = %event.id, field, reason, "signed event contradicts the books");
            metrics::count(&tenancy.tenant, Metric::Rejected(Source::Stripe), 1);
            Problem::new(422, "The event contradicts the books", reason).field(field, reason)
        };
        let books = self.books.by(Actor::new("provider", "stripe"));
        match &event.said {
            Said::Invoice(draft) => {
                let drafts = std::slice::from_ref(draft.as_ref());
                let recorded = books.record_invoices(tenancy, &draft.debtor, drafts, Some(receipt), now).await;
                match recorded.map_err(|error| failed(&error))?.into_iter().next() {
                    Some(Err(rejection)) => Err(rejected(rejection.field, &rejection.reason)),
                    Some(Ok(_)) | None => Ok("booked"),
                }
            }
            Said::Report(report) => {
                let answer = books.record_report(tenancy, report, Some(receipt), now).await;
                match answer.map_err(|error| failed(&error))? {
                    Err(rejection) => Err(rejected(rejection.field, &rejection.reason)),
                    Ok(_) => Ok("booked"),
                }
            }
            Said::Nothing => Ok("nothing to book"),
            Said::Unknown => {
                let counted = self.books.count_unknown(tenancy, receipt, &event.event_type, now).await;
                counted.map(|()| "type not used").map_err(|error| failed(&error.into()))
            }
        }
    }
}
