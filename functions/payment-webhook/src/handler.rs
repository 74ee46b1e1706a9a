//! Which call it is, and answers.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::books::{Books, BooksError};
use dunlin_aws::clock::Clock;
use dunlin_aws::http::Problem;
use dunlin_aws::parameters;
use dunlin_aws::tenancies::Tenancies;

use crate::SigningSecrets;

/// Handles calls.
#[derive(Debug)]
pub struct Handler {
    pub(crate) books: Books,
    pub(crate) tenancies: Tenancies,
    pub(crate) secrets: SigningSecrets,
    pub(crate) clock: Clock,
}

impl Handler {
    /// Keeps these books.
    #[must_use]
    pub fn new(books: Books, secrets: SigningSecrets, clock: Clock) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, secrets, clock }
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
        let answer = match (parameters::check(&request), route.as_str()) {
            (Err(problem), _) => Err(problem),
            (Ok(()), "POST /webhooks/stripe/{tenant}") => self.stripe(&request).await,
            (Ok(()), "POST /v1/payments") => self.payments(&request).await,
            (Ok(()), _) => Err(Problem::not_found(format!("there is no {route}"))),
        };
        let response = answer.unwrap_or_else(|problem| problem.response());
        tracing::info!(route, status = response.status_code, "answered");
        Ok(response)
    }
}

/// The table's failures, as the caller should see them; the log has the rest.
pub(crate) fn failed(error: &BooksError) -> Problem {
    tracing::error!(%error, transient = error.is_transient(), "the books could not be kept");
    if error.is_transient() { Problem::unavailable() } else { Problem::internal() }
}
