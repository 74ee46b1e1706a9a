//! A call that changes a debtor: once for each `Idempotency-Key`, or only looked at, and what it came to.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_audit::Actor;
use dunlin_aws::books::{Books, BooksError, Changed};
use dunlin_aws::http::{Problem, caller, header, json_response, query_parameter};
use dunlin_aws::store::Receipt;
use dunlin_domain::debtor::{Debtor, Journal};
use dunlin_domain::ids::{DebtorId, IdError, OutsideId};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::debtor::debtor_id;
use crate::handler::cut_short;
use crate::view;

/// What every call of this kind says.
pub(crate) struct Call {
    pub(crate) debtor: DebtorId,
    pub(crate) now: Timestamp,
    pub(crate) preview: bool,
    caller: Actor,
    pub(crate) receipt: Option<Receipt>,
    /// The id of what the call makes: the same for the same call.
    pub(crate) id: String,
}

impl Call {
    pub(crate) fn of(request: &ApiGatewayV2httpRequest, now: Timestamp) -> Result<Self, Problem> {
        let debtor = debtor_id(request)?;
        let preview = preview(request)?;
        let key = key(request)?;
        let route = request.route_key.as_deref().unwrap_or_default();
        let given = key.as_ref().map(OutsideId::as_str);
        let unique = given.or(request.request_context.request_id.as_deref()).unwrap_or_default();
        let id = short_hash(&[debtor.as_str(), route, unique]);
        let receipt = given.map(|_| Receipt { provider: "api", event_id: id.clone() });
        Ok(Self { debtor, now, preview, caller: caller(request), receipt, id })
    }

    pub(crate) fn books(&self, books: &Books) -> Books {
        let books = books.by(self.caller.clone());
        if self.preview { books.dry() } else { books }
    }
}

/// The caller's own name for a call: sent again under it, the call is carried out once.
pub(crate) fn key(request: &ApiGatewayV2httpRequest) -> Result<Option<OutsideId>, Problem> {
    let wrong = |error: IdError| Problem::bad_request("a header is wrong").field("Idempotency-Key", error.to_string());
    header(request, "idempotency-key").map(OutsideId::parse).transpose().map_err(wrong)
}

/// Whether a call only asks what it would do.
pub(crate) fn preview(request: &ApiGatewayV2httpRequest) -> Result<bool, Problem> {
    match query_parameter(request, "preview").as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::bad_request("a parameter is wrong").field("preview", "must be true or false")),
    }
}

/// What a change came to, or the problem that it met.
pub(crate) fn made<T, E>(
    changed: Result<Changed<T, E>, BooksError>,
    call: &Call,
    refused: impl Fn(&E) -> Problem,
) -> Result<(Box<Debtor>, Box<Journal>), Problem> {
    match changed.map_err(|error| cut_short(&error))? {
        Changed::Made { debtor, journal, .. } => Ok((debtor, journal)),
        Changed::Repeated(debtor) => Ok((debtor, Box::default())),
        Changed::Refused(error) => Err(refused(&error)),
        Changed::NoDebtor => Err(no_debtor(&call.debtor)),
    }
}

/// What was made, what it did to the ledger, and what is told of it.
pub(crate) fn answer(
    call: &Call,
    status: u16,
    name: &str,
    made: Option<Value>,
    debtor: &Debtor,
    journal: &Journal,
) -> ApiGatewayV2httpResponse {
    let events = journal.told().iter().map(|event| event.kind.as_str()).collect::<Vec<_>>();
    let status = if call.preview { 200 } else { status };
    json_response(
        status,
        &json!({
            "preview": call.preview,
            name: made,
            "entries": journal.entries.iter().map(view::entry).collect::<Vec<_>>(),
            "events": events,
            "balances": view::balances(debtor),
        }),
    )
}

pub(crate) fn refused(field: &str, error: &impl ToString) -> Problem {
    Problem::new(422, "It cannot be done so", error.to_string()).field(field, error.to_string())
}

fn no_debtor(id: &DebtorId) -> Problem {
    Problem::not_found(format!("there is no debtor {id}"))
}

/// 24 hexadecimal digits.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\u{1f}"));
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}
