//! Which call it is, and answers.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::backtests::BacktestQueue;
use dunlin_aws::books::{Books, BooksError};
use dunlin_aws::clock::Clock;
use dunlin_aws::http::{Problem, caller, tenant, told_time};
use dunlin_aws::parameters;
use dunlin_aws::secrets::Secrets;
use dunlin_aws::store::{Author, StoreError, Tenancy};
use dunlin_aws::templates::Templates;
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::intake::CreditAction;
use dunlin_packs::Packs;

use crate::charges::Way;
use crate::terms::Kind;

/// Handles calls.
#[derive(Debug)]
pub struct Handler {
    pub(crate) books: Books,
    pub(crate) tenancies: Tenancies,
    pub(crate) secrets: Secrets,
    pub(crate) unsubscribe_secret: String,
    pub(crate) clock: Clock,
    pub(crate) texts: Templates,
    pub(crate) backtests: BacktestQueue,
}

/// An answer, or why there is none.
pub(crate) type Answer = Result<ApiGatewayV2httpResponse, Problem>;

impl Handler {
    /// Reads these books; what is to be tried goes to `backtests`.
    #[must_use]
    pub fn new(
        books: Books,
        secrets: Secrets,
        unsubscribe_secret: String,
        backtests: BacktestQueue,
        clock: Clock,
    ) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        let texts = Templates::new(books.store().clone());
        Self { books, tenancies, secrets, unsubscribe_secret, clock, texts, backtests }
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
        let answer = match parameters::check(&request) {
            Ok(()) => self.route(&route, &request).await,
            Err(problem) => Err(problem),
        };
        let response = answer.unwrap_or_else(|problem| problem.response());
        tracing::info!(route, status = response.status_code, "answered");
        Ok(response)
    }

    /// What answers a route. Each answer is on the heap: together they would be a future of many kilobytes on the stack.
    fn route<'a>(
        &'a self,
        route: &str,
        request: &'a ApiGatewayV2httpRequest,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        match route {
            "GET /v1/debtors" => Box::pin(self.debtors(request)),
            "GET /v1/debtors/{id}" => Box::pin(self.debtor(request)),
            "GET /v1/debtors/{id}/audit" => Box::pin(self.audit(request)),
            "GET /v1/audit" => Box::pin(self.settings_audit(request)),
            "GET /v1/debtors/{id}/decisions" => Box::pin(self.decisions(request)),
            "GET /v1/debtors/{id}/decisions/{decision}" => Box::pin(self.decision(request)),
            "POST /v1/decisions/replays" => Box::pin(self.replay_decision(request)),
            "PATCH /v1/debtors/{id}" => Box::pin(self.patch_debtor(request)),
            "PUT /v1/debtors/{id}" => Box::pin(self.put_debtor(request)),
            "GET /v1/debtors/{id}/group" => Box::pin(self.group(request)),
            "GET /v1/debtors/{id}/statement" => Box::pin(self.statement(request)),
            "POST /v1/debtors/{id}/contacts/check" => Box::pin(self.check_debtor_contact(request)),
            "GET /v1/debtors/{id}/timeline" => Box::pin(self.timeline(request)),
            "POST /v1/debtors/{id}/promises" => Box::pin(self.agree(request, Kind::Promise)),
            "POST /v1/debtors/{id}/plans" => Box::pin(self.agree(request, Kind::Plan)),
            "POST /v1/debtors/{id}/settlements" => Box::pin(self.agree(request, Kind::Settlement)),
            "POST /v1/debtors/{id}/disputes" => Box::pin(self.agree(request, Kind::Dispute)),
            "POST /v1/debtors/{id}/disputes/{dispute}/resolution" => Box::pin(self.resolve(request)),
            "DELETE /v1/debtors/{id}/agreements/{agreement}" => Box::pin(self.cancel(request)),
            "POST /v1/debtors/{id}/charges" => Box::pin(self.charge(request)),
            "POST /v1/debtors/{id}/write-offs" => Box::pin(self.write_off(request, Way::Up)),
            "POST /v1/debtors/{id}/write-offs/reversals" => Box::pin(self.write_off(request, Way::Back)),
            "POST /v1/debtors/{id}/refund-reviews" => Box::pin(self.review_refunds(request)),
            "POST /v1/debtors/{id}/holds" => Box::pin(self.set_hold(request)),
            "DELETE /v1/debtors/{id}/holds/{hold}" => Box::pin(self.lift_hold(request)),
            "POST /v1/debtors/{id}/contacts" => Box::pin(self.post_contact(request)),
            "GET /v1/debtors/{id}/contacts" => Box::pin(self.contacts(request)),
            "PATCH /v1/debtors/{id}/contacts/{contact}" => Box::pin(self.conclude_contact(request)),
            "DELETE /v1/debtors/{id}/contacts/{contact}" => Box::pin(self.release_contact(request)),
            "PUT /v1/debtors/{id}/addresses" => Box::pin(self.put_address(request)),
            "DELETE /v1/debtors/{id}/addresses/{address}" => Box::pin(self.remove_address(request)),
            "PUT /v1/debtors/{id}/addresses/{address}/consents/{consent}" => Box::pin(self.put_consent(request)),
            "DELETE /v1/debtors/{id}/addresses/{address}/consents/{consent}" => {
                Box::pin(self.withdraw_consent(request))
            }
            "PUT /v1/debtors/{id}/preferences" => Box::pin(self.put_preferences(request)),
            "GET /v1/suppressions" => Box::pin(self.suppressions(request)),
            "POST /v1/suppressions" => Box::pin(self.suppress(request)),
            "POST /v1/suppressions/lifts" => Box::pin(self.lift_suppression(request)),
            "POST /v1/debtors/{id}/credit/applications" => Box::pin(self.credit(request, CreditAction::Apply)),
            "POST /v1/debtors/{id}/credit/transfers" => Box::pin(self.credit(request, CreditAction::Move)),
            "POST /v1/debtors/{id}/credit/refunds" => Box::pin(self.credit(request, CreditAction::Refund)),
            "GET /v1/contact-policy" => Box::pin(self.contact_policy(request)),
            "PUT /v1/contact-policy" => Box::pin(self.put_contact_policy(request)),
            "POST /v1/policies" => Box::pin(self.put_policy(request)),
            "POST /v1/policies/{name}/backtest" => Box::pin(self.post_backtest(request)),
            "GET /v1/policies/{name}/backtests/{id}" => Box::pin(self.backtest(request)),
            "GET /v1/payments/{ref}" => Box::pin(self.payment(request)),
            "GET /v1/reports/aging" => Box::pin(self.aging(request)),
            "GET /v1/reports/agreements" => Box::pin(self.agreed(request)),
            "GET /v1/unmatched" => Box::pin(self.unmatched(request)),
            "GET /v1/templates" => Box::pin(self.templates(request)),
            "GET /v1/templates/{name}" => Box::pin(self.template(request)),
            "PUT /v1/templates/{name}" => Box::pin(self.save_template(request)),
            "POST /v1/templates/{name}/preview" => Box::pin(self.preview_template(request)),
            "GET /v1/debtors/{id}/messages/{message}" => Box::pin(self.message(request)),
            "POST /v1/contacts/check" => Box::pin(self.check_contact(request)),
            "POST /v1/quotes/interest" => Box::pin(self.quote(request)),
            "GET /unsubscribe/{token}" => Box::pin(self.unsubscribe_page(request)),
            "POST /unsubscribe/{token}" => Box::pin(self.unsubscribe(request)),
            _ => Box::pin(ready(Err(Problem::not_found(format!("there is no {route}"))))),
        }
    }

    /// Who changes settings by a call, and when.
    pub(crate) fn author(&self, request: &ApiGatewayV2httpRequest) -> Author {
        Author { actor: caller(request), at: self.clock.now(told_time(request)) }
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
