//! `POST /v1/invoices`.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, caller, complaints, elements, json_response, text_fields, told_time};
use dunlin_aws::metrics::{self, Metric, Source};
use dunlin_aws::parameters::preview;
use dunlin_aws::shown;
use dunlin_domain::ids::SourceName;
use dunlin_domain::intake::{FieldError, Intake, RawDocument};
use serde_json::{Value, json};

use crate::handler::{Answer, Handler, failed};
use crate::intake::{Entry, Numbers, Status, book};
use crate::pace::Pace;

impl Handler {
    pub(crate) async fn invoices(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let now = self.clock.now(told_time(request));
        let source = SourceName::parse("api").map_err(|_| Problem::internal())?;
        let intake = Intake { default_portfolio: tenancy.default_portfolio.clone(), source, now };
        let invoices = elements(request, "invoices")?;
        let mut numbers = Numbers::default();
        let read: Vec<Result<Entry, Vec<FieldError>>> =
            invoices.iter().map(|invoice| numbers.admit(read(invoice, &intake)?).map(|(entry, _)| entry)).collect();
        let sound: Vec<Entry> = read.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
        let books = self.books.by(caller(request));
        let books = if preview(request)? { books.dry() } else { books };
        let booked = book(&books, &tenancy, &sound, &mut Pace::new(self.pauses), now).await;
        let mut booked = booked.map_err(|error| failed(&error, error.is_transient()))?.into_iter();
        let statuses = read.into_iter().map(|one| match one {
            Ok(_) => booked.next().unwrap_or(Status::Unchanged),
            Err(errors) => Status::Rejected(errors),
        });
        let mut answer = answer(&invoices, statuses);
        if let Some(entries) = books.would_book() {
            answer["preview"] = true.into();
            answer["entries"] = entries.iter().map(shown::entry).collect();
            return Ok(json_response(200, &answer));
        }
        metrics::count(&tenancy.tenant, Metric::Rejected(Source::Books), answer["rejected"].as_u64().unwrap_or(0));
        Ok(json_response(200, &answer))
    }
}

fn read(invoice: &Value, intake: &Intake) -> Result<Entry, Vec<FieldError>> {
    let fields = text_fields(invoice, &RawDocument::FIELDS)?;
    RawDocument::from_fields(|name| fields.get(name).cloned()).parse(intake).map(Entry::from)
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
