//! DynamoDB in this process: the real client's requests are answered without a network, counted, and made to fail.
//!
//! Each request waits twice, before it takes effect and before its answer is heard, so that whoever drops the future
//! at any wait finds both sides of every request.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::actions::transact_write_items::TransactWriteItemsRequest;
use dynoxide::types::ConsumedCapacity;
use dynoxide::{Database, DynoxideError};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::bill::{Bill, Tally, units};
use crate::faults::{Fault, Faults};

/// The database and what is known of the requests to it. Cheap to clone.
#[derive(Clone)]
pub struct Dynamo(Arc<Inner>);

struct Inner {
    database: Database,
    bill: Mutex<Bill>,
    /// How long the database took, which stands in for a service elsewhere.
    elsewhere: Mutex<Duration>,
    faults: Mutex<Faults>,
    befallen: Mutex<BTreeMap<Fault, u64>>,
    asked: Mutex<Vec<String>>,
    /// The latest answer about each partition of the index.
    index_answers: Mutex<HashMap<String, String>>,
    /// Whether a transaction's token is kept from the database.
    forgets_tokens: AtomicBool,
}

/// An answer: its status and body.
type Answer = (u16, String);

impl Dynamo {
    pub(crate) fn new(database: Database) -> Self {
        let (bill, faults, asked, befallen) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        let (index_answers, forgets_tokens, elsewhere) = (Mutex::default(), AtomicBool::new(false), Mutex::default());
        Self(Arc::new(Inner { database, bill, elsewhere, faults, befallen, asked, index_answers, forgets_tokens }))
    }

    pub(crate) fn forget_tokens(&self) {
        self.0.forgets_tokens.store(true, Ordering::Relaxed);
    }

    /// What was asked since the last call of this.
    #[must_use]
    pub fn take_bill(&self) -> Bill {
        std::mem::take(&mut self.0.bill.lock().unwrap())
    }

    /// How long the database took for what was asked since the last call of this; on AWS others spend that time.
    #[must_use]
    pub fn take_elsewhere(&self) -> Duration {
        std::mem::take(&mut self.0.elsewhere.lock().unwrap())
    }

    /// Every request since the last call of this, as [`Fault::befalls`] names them.
    #[must_use]
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.asked.lock().unwrap())
    }

    /// How many requests failed since the last call of this, by how.
    #[must_use]
    pub fn take_befallen(&self) -> BTreeMap<Fault, u64> {
        std::mem::take(&mut self.0.befallen.lock().unwrap())
    }

    /// From now on requests fail so.
    pub fn fail(&self, faults: Faults) {
        *self.0.faults.lock().unwrap() = faults;
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        tokio::task::yield_now().await;
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = std::str::from_utf8(request.body().bytes().unwrap()).unwrap();
        let is_index = operation == "Query" && body.contains("\"IndexName\"");
        let asked = if is_index { "Query index".to_owned() } else { operation.clone() };
        let fault = self.0.faults.lock().unwrap().next_fault().filter(|fault| fault.befalls(&asked));
        self.0.asked.lock().unwrap().push(asked);
        if let Some(fault) = fault {
            *self.0.befallen.lock().unwrap().entry(fault).or_default() += 1;
        }
        let answered = self.0.meet(fault, &operation, body);
        tokio::task::yield_now().await;
        let (status, body) = answered?;
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynamo")
    }
}

impl HttpConnector for Dynamo {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().answer(request))
    }
}

impl HttpClient for Dynamo {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl Inner {
    /// Answers, or fails as the fault says.
    fn meet(&self, fault: Option<Fault>, operation: &str, body: &str) -> Result<Answer, ConnectorError> {
        Ok(match fault {
            Some(Fault::Throttled) => refusal(400, "ThrottlingException"),
            Some(Fault::Failed) => refusal(500, "InternalServerError"),
            Some(Fault::Unreachable) => return Err(ConnectorError::io("connection refused".into())),
            Some(Fault::AnswerLost) => {
                self.execute(operation, body);
                return Err(ConnectorError::timeout("the answer was lost".into()));
            }
            Some(Fault::Conflict) if operation == "TransactWriteItems" => cancelled(body, &["TransactionConflict"]),
            Some(Fault::Conflict) => refusal(400, "TransactionConflictException"),
            Some(Fault::Cancelled) => cancelled(body, &["ThrottlingError", "TransactionConflict"]),
            Some(Fault::Part) => self.part(body),
            Some(Fault::Stale) => {
                let stale = self.index_answers.lock().unwrap().get(&partition(body)).cloned();
                stale.map_or_else(|| self.execute(operation, body), |stale| (200, stale))
            }
            None => self.execute(operation, body),
        })
    }

    /// Half of the keys are answered, the others come back.
    fn part(&self, body: &str) -> Answer {
        let mut request: serde_json::Value = serde_json::from_str(body).unwrap();
        let (table, wanted) = request["RequestItems"].as_object_mut().unwrap().iter_mut().next().unwrap();
        let (table, keys) = (table.clone(), wanted["Keys"].as_array_mut().unwrap());
        let rest = keys.split_off(keys.len() / 2);
        let mut unprocessed = wanted.clone();
        unprocessed["Keys"] = rest.into();
        let nothing_asked = wanted["Keys"].as_array().unwrap().is_empty();
        let (status, answer) =
            if nothing_asked { (200, "{}".to_owned()) } else { self.execute("BatchGetItem", &request.to_string()) };
        let mut answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["UnprocessedKeys"] = json!({ table: unprocessed });
        (status, answer.to_string())
    }

    fn execute(&self, operation: &str, body: &str) -> Answer {
        let db = &self.database;
        /// Runs an operation of the database, which states once, or for each table, what it consumed.
        macro_rules! run {
            ($name:literal, $method:ident, $request:ident, once) => {
                run!($name, $method, $request, |answer| answer.consumed_capacity.iter().collect())
            };
            ($name:literal, $method:ident, $request:ident, each) => {
                run!($name, $method, $request, |answer| answer.consumed_capacity.iter().flatten().collect())
            };
            ($name:literal, $method:ident, $request:ident, $consumed:expr) => {{
                let execute = |mut request: dynoxide::actions::$method::$request| {
                    request.return_consumed_capacity = Some("TOTAL".to_owned());
                    db.$method(request)
                };
                self.run($name, body, execute, $consumed)
            }};
        }
        match operation {
            "GetItem" => run!("GetItem", get_item, GetItemRequest, once),
            "Query" => {
                let answer = run!("Query", query, QueryRequest, once);
                if body.contains("\"IndexName\"") {
                    self.index_answers.lock().unwrap().insert(partition(body), answer.1.clone());
                }
                answer
            }
            "Scan" => run!("Scan", scan, ScanRequest, once),
            "BatchGetItem" => run!("BatchGetItem", batch_get_item, BatchGetItemRequest, each),
            "PutItem" => run!("PutItem", put_item, PutItemRequest, once),
            "UpdateItem" => run!("UpdateItem", update_item, UpdateItemRequest, once),
            "DeleteItem" => run!("DeleteItem", delete_item, DeleteItemRequest, once),
            "TransactWriteItems" => {
                let execute = |mut request: TransactWriteItemsRequest| {
                    request.return_consumed_capacity = Some("TOTAL".to_owned());
                    request.client_request_token.take_if(|_| self.forgets_tokens.load(Ordering::Relaxed));
                    db.transact_write_items(request)
                };
                self.run("TransactWriteItems", body, execute, |answer| {
                    answer.consumed_capacity.iter().flatten().collect()
                })
            }
            "CreateTable" => said(&db.create_table(serde_json::from_str(body).unwrap())),
            other => refusal(400, &format!("UnknownOperationException ({other})")),
        }
    }

    fn run<Q: DeserializeOwned, A: Serialize>(
        &self,
        operation: &'static str,
        body: &str,
        execute: impl FnOnce(Q) -> Result<A, DynoxideError>,
        consumed: impl FnOnce(&A) -> Vec<&ConsumedCapacity>,
    ) -> Answer {
        let since = Instant::now();
        let answer =
            serde_json::from_str(body).map_err(|error| DynoxideError::SerializationException(error.to_string()));
        let answer = answer.and_then(execute);
        let units = answer.as_ref().map_or(Decimal::ZERO, |answer| units(consumed(answer)));
        let answer = said(&answer);
        let reads = matches!(operation, "GetItem" | "Query" | "Scan" | "BatchGetItem");
        let (read_units, write_units) = if reads { (units, Decimal::ZERO) } else { (Decimal::ZERO, units) };
        let bytes = |text: &str| u64::try_from(text.len()).unwrap();
        let (bytes_sent, bytes_received) = (bytes(body), bytes(&answer.1));
        let tally = Tally { requests: 1, read_units, write_units, bytes_sent, bytes_received };
        self.bill.lock().unwrap().add(operation, tally);
        *self.elsewhere.lock().unwrap() += since.elapsed();
        answer
    }
}

/// What the database says, as the service would.
fn said<A: Serialize>(answer: &Result<A, DynoxideError>) -> Answer {
    match answer {
        Ok(answer) => (200, serde_json::to_string(answer).unwrap()),
        Err(error) => (error.status_code(), error.to_json()),
    }
}

fn refusal(status: u16, kind: &str) -> Answer {
    (status, json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "injected" }).to_string())
}

/// A cancelled transaction: the reasons stand at its last items, the others have none.
fn cancelled(body: &str, codes: &[&str]) -> Answer {
    let request: serde_json::Value = serde_json::from_str(body).unwrap();
    let items = request["TransactItems"].as_array().map_or(0, Vec::len);
    let clear = std::iter::repeat_n("None", items.saturating_sub(codes.len()));
    let reasons: Vec<_> = clear.chain(codes.iter().copied()).map(|code| json!({ "Code": code })).collect();
    let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
    (400, json!({ "__type": kind, "Message": "injected", "CancellationReasons": reasons }).to_string())
}

/// The partition of the index that a query asks about.
fn partition(body: &str) -> String {
    let request: serde_json::Value = serde_json::from_str(body).unwrap();
    request["ExpressionAttributeValues"][":shard"].to_string()
}
