//! A call that changes a debtor: once for each `Idempotency-Key`, or only looked at, and what it came to.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use dunlin_audit::Actor;
use dunlin_aws::books::{Books, BooksError, Changed, Repeated};
use dunlin_aws::http::{Problem, caller, header, json_response, raw_body};
use dunlin_aws::parameters::preview;
use dunlin_aws::shown;
use dunlin_aws::store::{Kept, Receipt};
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
        let receipt = key.as_ref().map(|key| receipt(request, key)).transpose()?;
        Ok(Self { debtor, now, preview, caller: caller(request), receipt, id })
    }

    /// The same of an order about money whose entries have no other natural key: it counts once for good.
    pub(crate) fn counted_for_good(mut self) -> Self {
        self.receipt = self.receipt.map(|receipt| Receipt { kept: Kept::ForGood, ..receipt });
        self
    }

    pub(crate) fn books(&self, books: &Books) -> Books {
        let books = books.by(self.caller.clone());
        if self.preview { books.dry() } else { books }
    }
}

/// The receipt of a call under its key, which means one call within the tenant.
fn receipt(request: &ApiGatewayV2httpRequest, key: &OutsideId) -> Result<Receipt, Problem> {
    let parameters: BTreeMap<&String, &String> = request.path_parameters.iter().collect();
    let mut query: Vec<(&str, &str)> = request.query_string_parameters.iter().collect();
    query.retain(|(name, _)| *name != "preview");
    query.sort_unstable();
    let asked = json!([request.route_key, parameters, query, hex(&Sha256::digest(raw_body(request)?))]);
    let digest = Some(short_hash(&[&asked.to_string()]));
    Ok(Receipt { digest, ..Receipt::of("api", key.to_string()) })
}

/// The caller's own name for a call: sent again under it, the call is carried out once.
pub(crate) fn key(request: &ApiGatewayV2httpRequest) -> Result<Option<OutsideId>, Problem> {
    let wrong = |error: IdError| Problem::bad_request("a header is wrong").field("Idempotency-Key", error.to_string());
    header(request, "idempotency-key").map(OutsideId::parse).transpose().map_err(wrong)
}

/// What a change came to.
pub(crate) struct Done {
    pub(crate) debtor: Box<Debtor>,
    /// What it did; where it was done before, only the entries that it booked then.
    pub(crate) journal: Box<Journal>,
    /// Where it was done before, by the same call.
    pub(crate) before: Option<Before>,
}

/// What is known of a call that was carried out before.
pub(crate) struct Before {
    pub(crate) made_debtor: bool,
}

impl Done {
    /// Whether the same call did it before.
    pub(crate) fn is_repeated(&self) -> bool {
        self.before.is_some()
    }
}

/// What a change came to, or the problem that it met.
pub(crate) fn made<T, E>(
    changed: Result<Changed<T, E>, BooksError>,
    call: &Call,
    refused: impl Fn(&E) -> Problem,
) -> Result<Done, Problem> {
    match changed.map_err(|error| cut_short(&error))? {
        Changed::Made { debtor, journal, .. } => Ok(Done { debtor, journal, before: None }),
        Changed::Repeated(before) => {
            let Repeated { debtor, entries, made_debtor } = *before;
            let journal = Box::new(Journal { entries, ..Journal::default() });
            Ok(Done { debtor: Box::new(debtor), journal, before: Some(Before { made_debtor }) })
        }
        Changed::OtherCall => Err(other_call()),
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
    done: &Done,
) -> ApiGatewayV2httpResponse {
    let Done { debtor, journal, .. } = done;
    let events = journal.told().iter().map(|event| event.kind.as_str()).collect::<Vec<_>>();
    let status = if call.preview { 200 } else { status };
    json_response(
        status,
        &json!({
            "preview": call.preview,
            "repeated": done.is_repeated(),
            name: made,
            "entries": journal.entries.iter().map(shown::entry).collect::<Vec<_>>(),
            "events": events,
            "balances": view::balances(debtor),
        }),
    )
}

pub(crate) fn refused(field: &str, error: &impl ToString) -> Problem {
    Problem::new(422, "It cannot be done so", error.to_string()).field(field, error.to_string())
}

/// The status is that of draft-ietf-httpapi-idempotency-key-header, section 2.7.
fn other_call() -> Problem {
    let reason =
        "another call was made under this key: its path, query or body differ; use a key of its own for each call";
    Problem::new(422, "The key was used for another call", reason).field("Idempotency-Key", reason)
}

/// What was made and is over by now: nothing but its id is left to show.
pub(crate) fn over(id: &str) -> Value {
    json!({ "id": id, "over": true })
}

fn no_debtor(id: &DebtorId) -> Problem {
    Problem::not_found(format!("there is no debtor {id}"))
}

/// 24 hexadecimal digits.
pub(crate) fn short_hash(parts: &[&str]) -> String {
    hex(Sha256::digest(parts.join("\u{1f}")).get(..12).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
