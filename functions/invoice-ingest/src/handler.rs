//! Calls of the API, and which files to import.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_aws::books::Books;
use dunlin_aws::clock::Clock;
use dunlin_aws::http::{Problem, complaints, elements, json_response, tenant, text_fields, told_time};
use dunlin_aws::metrics::{self, Metric, Source};
use dunlin_aws::tenancies::Tenancies;
use dunlin_domain::ids::SourceName;
use dunlin_domain::intake::{Document, FieldError, Intake, RawDocument};
use serde_json::{Value, json};

use crate::intake::{Numbers, Status, book};
use crate::{ImportBucket, IngestError, Trigger};

/// Handles calls and files.
#[derive(Debug)]
pub struct Handler {
    pub(crate) books: Books,
    pub(crate) tenancies: Tenancies,
    pub(crate) bucket: ImportBucket,
    pub(crate) clock: Clock,
}

impl Handler {
    /// Keeps these books.
    #[must_use]
    pub fn new(books: Books, bucket: ImportBucket, clock: Clock) -> Self {
        let tenancies = Tenancies::new(books.store().clone());
        Self { books, tenancies, bucket, clock }
    }

    /// Handles one event: a call gets an answer, a notification none.
    ///
    /// # Errors
    /// [`IngestError`] for a file that could not be imported in full; Lambda hands it in again. A call's failures are
    /// answers.
    pub async fn handle(&self, trigger: Trigger) -> Result<Value, IngestError> {
        match trigger {
            Trigger::Bucket(event) => {
                for record in &event.records {
                    let bucket = record.s3.bucket.name.as_deref().unwrap_or_default();
                    let key = record.s3.object.key.as_deref().unwrap_or_default();
                    self.import(bucket, &form_decoded(key)).await?;
                }
                Ok(Value::Null)
            }
            Trigger::Call(request) => {
                let response = self.call(&request).await.unwrap_or_else(|problem| problem.response());
                tracing::info!(route = request.route_key, status = response.status_code, "answered");
                Ok(serde_json::to_value(response).unwrap_or_default())
            }
        }
    }

    async fn call(&self, request: &ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpResponse, Problem> {
        let tenant = tenant(request)?;
        let now = self.clock.now(told_time(request));
        let failed = |error: &dyn std::fmt::Display, transient: bool| {
            tracing::error!(%tenant, %error, transient, "the books could not be kept");
            if transient { Problem::unavailable() } else { Problem::internal() }
        };
        let tenancy = self.tenancies.get(&tenant).await.map_err(|error| failed(&error, error.is_transient()))?;
        let tenancy = tenancy.ok_or_else(|| Problem::new(403, "Not allowed", "this tenant is not set up"))?;
        let source = SourceName::parse("api").map_err(|_| Problem::internal())?;
        let intake = Intake { default_portfolio: tenancy.default_portfolio.clone(), source, now };
        let invoices = elements(request, "invoices")?;
        let mut numbers = Numbers::default();
        let read: Vec<Result<Document, Vec<FieldError>>> =
            invoices.iter().map(|invoice| read(invoice, &intake).and_then(|one| numbers.admit(one))).collect();
        let sound: Vec<Document> = read.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
        let booked = book(&self.books, &tenancy, sound, now).await;
        let mut booked = booked.map_err(|error| failed(&error, error.is_transient()))?.into_iter();
        let statuses = read.into_iter().map(|one| match one {
            Ok(_) => booked.next().unwrap_or(Status::Unchanged),
            Err(errors) => Status::Rejected(errors),
        });
        let answer = answer(&invoices, statuses);
        let rejected = answer["rejected"].as_u64().unwrap_or(0);
        metrics::count(&tenancy.tenant, Metric::Rejected(Source::Books), rejected);
        Ok(json_response(200, &answer))
    }
}

/// S3 encodes keys in notifications as forms do: a blank is a plus sign.
fn form_decoded(key: &str) -> String {
    form_urlencoded::parse(key.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

fn read(invoice: &Value, intake: &Intake) -> Result<Document, Vec<FieldError>> {
    let fields = text_fields(invoice, &RawDocument::FIELDS)?;
    RawDocument::from_fields(|name| fields.get(name).cloned()).parse(intake)
}

/// An answer for each invoice, and how many there are of each kind.
fn answer(invoices: &[Value], statuses: impl Iterator<Item = Status>) -> Value {
    let mut counts = json!({ "created": 0, "updated": 0, "unchanged": 0, "rejected": 0 });
    let mut results = Vec::with_capacity(invoices.len());
    for (index, (invoice, status)) in invoices.iter().zip(statuses).enumerate() {
        let errors = match &status {
            Status::Rejected(errors) => complaints(errors),
            Status::Created | Status::Updated | Status::Unchanged => Vec::new(),
        };
        let number = invoice.get("invoice_number").cloned().unwrap_or_default();
        results.push(json!({
            "index": index, "invoice_number": number, "status": status.as_str(), "errors": errors,
        }));
        let count = counts[status.as_str()].as_u64().unwrap_or(0).saturating_add(1);
        counts[status.as_str()] = count.into();
    }
    counts["results"] = Value::Array(results);
    counts
}
