//! `/v1/imports`: an address to upload to, and how far an import is.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use dunlin_aws::http::{Problem, json_response, path_parameter, query_parameter, raw_body, told_time};
use dunlin_aws::store::{
    Import, ImportCounts, ImportId, ImportKind, ImportMark, ImportRun, ImportState, StoreError, Tenancy,
};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::arrival::UPLOADS;
use crate::IngestError;
use crate::bucket::ADDRESS_LASTS;
use crate::handler::{Answer, Handler, failed};
use crate::intake::short_hash;
use crate::results;

const IMPORTS_DEFAULT: i32 = 20;
const IMPORTS_MAX: i32 = 100;
const FILE_NAME_CHARACTERS_MAX: usize = 200;

/// The body of `POST /v1/imports`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    kind: String,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    file_name: Option<String>,
}

impl Handler {
    pub(crate) async fn post_import(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let wanted = wanted(request)?;
        let kind = ImportKind::parse(&wanted.kind).ok_or_else(|| {
            Problem::bad_request("a field is wrong").field("kind", "must be invoices, payments or plans")
        })?;
        let now = self.clock.now(None);
        let id = new_id(request, now)?;
        let object = format!("imports/{}/{UPLOADS}/{id}.csv", tenancy.tenant);
        let file_name = wanted.file_name.unwrap_or_else(|| format!("{id}.csv"));
        let mut import = Import {
            id,
            kind,
            dry_run: wanted.dry_run,
            file_name,
            object,
            state: ImportState::AwaitingUpload,
            created_at: now,
            told: told_time(request),
            run: None,
            version: 0,
        };
        match self.books.store().put_import(&tenancy.tenant, &mut import).await {
            // The gateway's own id of the call is in ours: it is the same call, delivered again.
            Ok(()) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(failed(&error, error.is_transient())),
        }
        let address = self.bucket.address_to_put(&import.object).await.map_err(|error| unavailable(&error))?;
        let headers: serde_json::Map<String, Value> =
            address.headers().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let mut answer = view(&import, None, now);
        answer["upload_url"] = address.uri().into();
        answer["upload_headers"] = headers.into();
        answer["upload_expires_at"] = expiry(now).into();
        Ok(json_response(201, &answer))
    }

    pub(crate) async fn show_import(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let unknown = |id: &str| Problem::not_found(format!("there is no import {id}"));
        let id = path_parameter(request, "id")?;
        let id = ImportId::parse(id).map_err(|_| unknown(id))?;
        let found = self.books.store().import(&tenancy.tenant, &id).await;
        let import =
            found.map_err(|error| failed(&error, error.is_transient()))?.ok_or_else(|| unknown(id.as_str()))?;
        let now = self.clock.now(None);
        let counts = self.counts(&tenancy, &import).await?;
        let mut answer = view(&import, counts, now);
        if matches!(import.state, ImportState::Done | ImportState::Failed) {
            let key = format!("{}.csv", results::stem(&import.object));
            let address = self.bucket.address_to_get(&key).await.map_err(|error| unavailable(&error))?;
            answer["rejected_file"] = json!({ "key": key, "url": address.uri(), "expires_at": expiry(now) });
        }
        Ok(json_response(200, &answer))
    }

    pub(crate) async fn list_imports(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let tenancy = self.tenancy(request).await?;
        let wrong = |field, reason: String| Problem::bad_request("a parameter is wrong").field(field, reason);
        let limit = match query_parameter(request, "limit") {
            None => IMPORTS_DEFAULT,
            Some(text) => {
                let limit = text.parse().ok().filter(|limit| (1..=IMPORTS_MAX).contains(limit));
                limit.ok_or_else(|| wrong("limit", format!("must be 1 to {IMPORTS_MAX}")))?
            }
        };
        let after = query_parameter(request, "after")
            .map(|text| ImportMark::parse(&text).ok_or_else(|| wrong("after", "must be a page's `next`".to_owned())))
            .transpose()?;
        let page = self.books.store().imports(&tenancy.tenant, limit, after.as_ref()).await;
        let page = page.map_err(|error| failed(&error, error.is_transient()))?;
        let now = self.clock.now(None);
        let mut imports = Vec::with_capacity(page.imports.len());
        for import in &page.imports {
            imports.push(view(import, self.counts(&tenancy, import).await?, now));
        }
        Ok(json_response(200, &json!({ "imports": imports, "next": page.next })))
    }

    /// How many rows have come to what so far.
    async fn counts(&self, tenancy: &Tenancy, import: &Import) -> Result<Option<ImportCounts>, Problem> {
        let Some(run) = &import.run else { return Ok(None) };
        if run.counts.is_some() || import.state != ImportState::Booking {
            return Ok(run.counts);
        }
        let parts = self.books.store().import_parts(&tenancy.tenant, &import.id, &run.id).await;
        let parts = parts.map_err(|error| failed(&error, error.is_transient()))?;
        Ok(Some(parts.iter().fold(ImportCounts::default(), |sum, part| sum.plus(part.counts))))
    }
}

fn wanted(request: &ApiGatewayV2httpRequest) -> Result<Wanted, Problem> {
    let form =
        "send {\"kind\": \"invoices\", \"payments\" or \"plans\", \"dry_run\": true or false, \"file_name\": \"...\"}";
    let wanted: Wanted = serde_json::from_slice(&raw_body(request)?)
        .map_err(|error| Problem::bad_request(format!("the body cannot be read ({error}); {form}")))?;
    let long = |name: &String| name.chars().count() > FILE_NAME_CHARACTERS_MAX || name.chars().any(char::is_control);
    if wanted.file_name.as_ref().is_some_and(long) {
        let reason = format!("must be at most {FILE_NAME_CHARACTERS_MAX} characters without control characters");
        return Err(Problem::bad_request("a field is wrong").field("file_name", reason));
    }
    Ok(wanted)
}

/// An id that sorts by time. The gateway's id of the call makes it unique, and the same for the same call.
fn new_id(request: &ApiGatewayV2httpRequest, now: Timestamp) -> Result<ImportId, Problem> {
    let call = request.request_context.request_id.as_deref().unwrap_or_default();
    let id = format!("{:011x}-{:016x}", now.as_millisecond(), short_hash(call));
    ImportId::parse(&id).map_err(|_| Problem::internal())
}

fn unavailable(error: &IngestError) -> Problem {
    failed(error, true)
}

fn expiry(now: Timestamp) -> String {
    let lasts = SignedDuration::try_from(ADDRESS_LASTS).unwrap_or_default();
    format!("{:.0}", now.saturating_add(lasts).unwrap_or(now))
}

/// An import as the API shows it.
fn view(import: &Import, counts: Option<ImportCounts>, now: Timestamp) -> Value {
    let run = import.run.as_ref();
    let cut = matches!(import.state, ImportState::Booking | ImportState::Done);
    let ImportCounts { rows: settled, created, updated, unchanged, rejected } = counts.unwrap_or_default();
    let rows = run.filter(|_| cut).map(|run| run.split.rows);
    let rate = run.and_then(|run| rate(run, settled, now));
    let left = rows.map(|rows| rows.saturating_sub(settled)).filter(|_| import.state == ImportState::Booking);
    json!({
        "id": import.id,
        "kind": import.kind,
        "state": import.state,
        "dry_run": import.dry_run,
        "file_name": import.file_name,
        "created_at": import.created_at,
        "started_at": run.map(|run| run.started_at),
        "finished_at": run.and_then(|run| run.finished_at),
        "bytes": run.map(|run| run.bytes),
        "rows": rows,
        "rows_read": run.map_or(0, |run| run.split.rows),
        "applied": created.saturating_add(updated),
        "created": created,
        "updated": updated,
        "unchanged": unchanged,
        "rejected": rejected,
        "rows_per_second": rate,
        "seconds_left": left.zip(rate).and_then(|(left, rate)| left.checked_div(rate)),
        "problem": run.and_then(|run| run.problem.as_ref()),
    })
}

/// Rows a second, since the first of them were booked; `None` where that cannot be said yet.
fn rate(run: &ImportRun, settled: u64, now: Timestamp) -> Option<u64> {
    let until = run.finished_at.unwrap_or(now);
    let spent = until.duration_since(run.booking_since?).as_millis();
    settled.saturating_mul(1000).checked_div(u64::try_from(spent).ok()?)
}
