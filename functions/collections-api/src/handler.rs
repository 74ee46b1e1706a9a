//! Which call it is, and answers.

use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::books::{Books, BooksError};
use dunlin_aws::clock::Clock;
use dunlin_aws::http::{Problem, tenant};
use dunlin_aws::secrets::Secrets;
use dunlin_aws::store::{StoreError, Tenancy};
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::intake::CreditAction;
use dunlin_packs::Packs;

use crate::terms::Kind;

/// Handles calls.
#[derive(Debug)]
pub struct Handler {
    pub(crate) books: Books,
    pub(crate) tenancies: Tenancies,
    pub(crate) secrets: Secrets,
    pub(crate) unsubscribe_secret: String,
    pub(crate) clock: Clock,
}

/// An answer, or why there is none.
pub(crate) type Answer = Result<ApiGatewayV2httpResponse, Problem>;

impl Handler {
    /// Reads these books.
    #[must_use]
    pub fn new(books: Books, secrets: Secrets, unsubscribe_secret: String, clock: Clock) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, secrets, unsubscribe_secret, clock }
    }

    /// Answers one call.
    ///
    /// # Errors
    /// None: every failure is an answer.
    pub async fn handle(
        &self,
        request: ApiGatewayV2httpRequest,
    ) -> Result<ApiGatewayV2httpResponse, std::convert::Infallible> {
        let route = request.route_key.clone().unwrap_or_default();
        let answer = match route.as_str() {
            "GET /v1/debtors/{id}" => self.debtor(&request).await,
            "GET /v1/debtors/{id}/audit" => self.audit(&request).await,
            "PATCH /v1/debtors/{id}" => self.patch_debtor(&request).await,
            "PUT /v1/debtors/{id}" => self.put_debtor(&request).await,
            "GET /v1/debtors/{id}/group" => self.group(&request).await,
            "GET /v1/debtors/{id}/statement" => self.statement(&request).await,
            "GET /v1/debtors/{id}/timeline" => self.timeline(&request).await,
            "POST /v1/debtors/{id}/contacts/check" => self.check_debtor_contact(&request).await,
            "POST /v1/debtors/{id}/promises" => self.agree(&request, Kind::Promise).await,
            "POST /v1/debtors/{id}/plans" => self.agree(&request, Kind::Plan).await,
            "POST /v1/debtors/{id}/settlements" => self.agree(&request, Kind::Settlement).await,
            "POST /v1/debtors/{id}/disputes" => self.agree(&request, Kind::Dispute).await,
            "POST /v1/debtors/{id}/disputes/{dispute}/resolution" => self.resolve(&request).await,
            "DELETE /v1/debtors/{id}/agreements/{agreement}" => self.cancel(&request).await,
            "POST /v1/debtors/{id}/charges" => self.charge(&request).await,
            "POST /v1/debtors/{id}/write-offs" => self.write_off(&request).await,
            "POST /v1/debtors/{id}/refund-reviews" => self.review_refunds(&request).await,
            "POST /v1/debtors/{id}/holds" => self.set_hold(&request).await,
            "DELETE /v1/debtors/{id}/holds/{hold}" => self.lift_hold(&request).await,
            "POST /v1/debtors/{id}/credit/applications" => self.credit(&request, CreditAction::Apply).await,
            "POST /v1/debtors/{id}/credit/transfers" => self.credit(&request, CreditAction::Move).await,
            "POST /v1/debtors/{id}/credit/refunds" => self.credit(&request, CreditAction::Refund).await,
            "POST /v1/policies" => self.put_policy(&request).await,
            "GET /v1/payments/{ref}" => self.payment(&request).await,
            "GET /v1/reports/aging" => self.aging(&request).await,
            "GET /v1/unmatched" => self.unmatched(&request).await,
            "POST /v1/contacts/check" => self.check_contact(&request).await,
            "POST /v1/quotes/interest" => self.quote(&request).await,
            "GET /unsubscribe/{token}" => self.unsubscribe_page(&request).await,
            "POST /unsubscribe/{token}" => self.unsubscribe(&request).await,
            _ => Err(Problem::not_found(format!("there is no {route}"))),
        };
        let response = answer.unwrap_or_else(|problem| problem.response());
        tracing::info!(route, status = response.status_code, "answered");
        Ok(response)
    }

    /// The caller's tenant.
    pub(crate) async fn tenancy(&self, request: &ApiGatewayV2httpRequest) -> Result<Arc<Tenancy>, Problem> {
        let tenancy = self.tenancies.get(&tenant(request)?).await.map_err(|error| failed(&error))?;
        tenancy.ok_or_else(|| Problem::new(403, "Not allowed", "this tenant is not set up"))
    }
}

/// Why a change of the books was not made, as the caller should see it; the log has the rest.
pub(crate) fn cut_short(error: &BooksError) -> Problem {
    tracing::error!(%error, transient = error.is_transient(), "a change was not made");
    if error.is_transient() { Problem::unavailable() } else { Problem::internal() }
}

/// The law of this build.
pub(crate) fn packs() -> Result<&'static Packs, Problem> {
    dunlin_packs::packs().map_err(|error| {
        tracing::error!(%error, "the packs cannot be read");
        Problem::internal()
    })
}

/// The table's failures, as the caller should see them; the log has the rest.
pub(crate) fn failed(error: &StoreError) -> Problem {
    tracing::error!(%error, transient = error.is_transient(), "the table failed");
    if error.is_transient() { Problem::unavailable() } else { Problem::internal() }
}
