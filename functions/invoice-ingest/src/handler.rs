//! What woke us, and answers to calls.

use std::fmt::Display;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::books::Books;
use dunlin_aws::clock::Clock;
use dunlin_aws::http::{Problem, tenant};
use dunlin_aws::parameters;
use dunlin_aws::store::Tenancy;
use dunlin_aws::tenancies::Tenancies;
use serde_json::Value;

use crate::{ImportBucket, ImportQueue, IngestError, Pauses, Trigger};

/// Handles calls, files and the steps of imports.
#[derive(Debug)]
pub struct Handler {
    pub(crate) books: Books,
    pub(crate) tenancies: Tenancies,
    pub(crate) bucket: ImportBucket,
    pub(crate) queue: ImportQueue,
    pub(crate) clock: Clock,
    pub(crate) pauses: Pauses,
}

/// An answer, or why there is none.
pub(crate) type Answer = Result<ApiGatewayV2httpResponse, Problem>;

impl Handler {
    /// Keeps these books; a table that is busy gets `pauses`.
    #[must_use]
    pub fn new(books: Books, bucket: ImportBucket, queue: ImportQueue, clock: Clock, pauses: Pauses) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, bucket, queue, clock, pauses }
    }

    /// Handles one event: a call gets an answer, the queue is told which messages come back, a notification gets nothing.
    /// `deadline` is when Lambda ends the invocation.
    ///
    /// # Errors
    /// [`IngestError`] for a notification whose import could not be begun; Lambda delivers it again. A call's failures are
    /// answers.
    pub async fn handle(&self, trigger: Trigger, deadline: SystemTime) -> Result<Value, IngestError> {
        match trigger {
            Trigger::Bucket(event) => self.notice(&event).await.map(|()| Value::Null),
            Trigger::Queue(event) => Ok(serde_json::to_value(self.take(event, deadline).await)?),
            Trigger::Call(request) => {
                let response = self.call(&request).await.unwrap_or_else(|problem| problem.response());
                tracing::info!(route = request.route_key, status = response.status_code, "answered");
                Ok(serde_json::to_value(response)?)
            }
        }
    }

    async fn call(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        parameters::check(request)?;
        match request.route_key.as_deref().unwrap_or_default() {
            "POST /v1/invoices" => self.invoices(request).await,
            "POST /v1/imports" => self.post_import(request).await,
            "GET /v1/imports" => self.list_imports(request).await,
            "GET /v1/imports/{id}" => self.show_import(request).await,
            route => Err(Problem::not_found(format!("there is no {route}"))),
        }
    }

    /// The caller's tenant.
    pub(crate) async fn tenancy(&self, request: &ApiGatewayV2httpRequest) -> Result<Arc<Tenancy>, Problem> {
        let found = self.tenancies.get(&tenant(request)?).await;
        let tenancy = found.map_err(|error| failed(&error, error.is_transient()))?;
        tenancy.ok_or_else(|| Problem::new(403, "Not allowed", "this tenant is not set up"))
    }
}

/// A failure behind the API, as the caller should see it; the log has the rest.
pub(crate) fn failed(error: &dyn Display, transient: bool) -> Problem {
    tracing::error!(%error, transient, "a call could not be carried out");
    if transient { Problem::unavailable() } else { Problem::internal() }
}
