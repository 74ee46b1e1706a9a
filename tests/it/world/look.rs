//! Handing things in as callers do, and looking at what came of them.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use dunlin_domain::contact::Channel;
use dunlin_domain::debtor::Debtor;
use dunlin_domain::intake::InvoiceDraft;
use dunlin_domain::reach::{ContactPoint, StopReason};
use dunlin_testkit::build::{debtor, tenant};
use serde_json::{Map, Value, json};

use super::{Outside, TENANT, World};

impl World {
    /// Books invoices through the store.
    pub(crate) async fn has(&self, drafts: impl IntoIterator<Item = InvoiceDraft>) {
        let tenancy = self.tenancy().await;
        for draft in drafts {
            let books = self.table.books();
            let one = std::slice::from_ref(&draft);
            let recorded = books.record_invoices(&tenancy, &draft.debtor, one, None, self.now()).await.unwrap();
            assert!(recorded.iter().all(Result::is_ok), "{recorded:?}");
        }
    }

    /// `POST /v1/invoices` of the tenant `demo`.
    pub(crate) async fn post_invoices(&self, invoices: Value) -> Value {
        let call = call("POST /v1/invoices", Some(TENANT), &json!({ "invoices": invoices }));
        let (status, body) = self.call_ingest(call).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) async fn call_ingest(&self, request: Value) -> (i64, Value) {
        let answer = self.ingest_event(request).await.unwrap();
        let body = answer["body"].as_str().unwrap_or("null");
        (answer["statusCode"].as_i64().unwrap(), serde_json::from_str(body).unwrap())
    }

    /// `POST /v1/payments` of the tenant `demo`: what became of each.
    pub(crate) async fn post_payments(&self, payments: Value) -> Vec<Value> {
        let call = call("POST /v1/payments", Some(TENANT), &json!({ "payments": payments }));
        let (status, body) = self.call_webhook(call).await;
        assert_eq!(status, 200, "{body}");
        body["results"].as_array().unwrap().clone()
    }

    pub(crate) async fn call_webhook(&self, request: Value) -> (i64, Value) {
        let Ok(response) = self.invoke(self.webhook.handle(serde_json::from_value(request).unwrap())).await;
        answer(&response)
    }

    /// A call of `collections-api`.
    pub(crate) async fn call_api(&self, request: Value) -> (i64, Value) {
        // On the heap: a test that makes many calls would carry room for each of them.
        let Ok(response) = Box::pin(self.api.handle(serde_json::from_value(request).unwrap())).await;
        answer(&response)
    }

    /// A debtor of the tenant `demo` with its live invoices.
    pub(crate) async fn debtor(&self, id: &str) -> Debtor {
        self.table.store().load(&tenant(TENANT), &debtor(id)).await.unwrap().unwrap().debtor
    }

    /// Whether every mailbox of a debtor was stopped by its holder.
    pub(crate) async fn is_unsubscribed(&self, id: &str) -> bool {
        let profile = self.debtor(id).await.profile;
        let stopped =
            |point: &ContactPoint| point.stopped.map(|stopped| stopped.reason) == Some(StopReason::Unsubscribed);
        let mut mailboxes = profile.contacts.iter().filter(|point| point.address.channel() == Channel::Email);
        mailboxes.all(stopped)
    }

    /// An invoice of the tenant `demo`, live or closed, as it stands in the table.
    pub(crate) async fn invoice(&self, number: &str) -> Map<String, Value> {
        let prefix = format!("T#{TENANT}#D#");
        let wanted = format!("main/{number}");
        let mut found = self.table.items().await;
        found.retain(|item| text(item, "PK").starts_with(&prefix) && item.get("invoice") == Some(&json!(wanted)));
        found.retain(|item| item.contains_key("standing"));
        assert_eq!(found.len(), 1, "{number} lies in {} places", found.len());
        found.pop().unwrap()
    }

    /// Balance in minor units, and status.
    pub(crate) async fn stands(&self, number: &str) -> (i64, String) {
        let invoice = self.invoice(number).await;
        (number_of(&invoice, "balance"), text(&invoice, "status").to_owned())
    }

    /// What is in the history of a debtor, of one kind, oldest first.
    pub(crate) async fn past(&self, id: &str, kind: &str) -> Vec<Map<String, Value>> {
        let (pk, kind) = (format!("T#{TENANT}#D#{id}"), format!("#{kind}#"));
        let mut items = self.table.items().await;
        items.retain(|item| {
            text(item, "PK") == pk && text(item, "SK").starts_with("PAST#") && text(item, "SK").contains(&kind)
        });
        items.sort_by(|a, b| text(a, "SK").cmp(text(b, "SK")));
        items
    }

    /// Step and status of each message that is over, oldest first.
    pub(crate) async fn messages(&self, id: &str) -> Vec<(String, String)> {
        let messages = self.past(id, "MESSAGE").await;
        messages.iter().map(|one| (text(one, "step").to_owned(), text(one, "status").to_owned())).collect()
    }

    /// Every rule that spoke against contact in the latest decision about a debtor.
    pub(crate) async fn rules_against(&self, id: &str) -> Vec<String> {
        let decisions = self.past(id, "DECISION").await;
        let accounts = decisions.last().unwrap()["accounts"].as_array().unwrap().clone();
        let reasons = accounts.iter().flat_map(|account| account["reasons"].as_array().unwrap().clone());
        let against = reasons.filter(|reason| reason["for"] == false);
        against.map(|reason| reason["rule"].as_str().unwrap().to_owned()).collect()
    }

    /// Everything in the table that matters: the projector's own items, times, versions and history left out.
    pub(crate) async fn state(&self) -> BTreeMap<(String, String), Map<String, Value>> {
        let mut state = BTreeMap::new();
        for mut item in self.table.items().await {
            let key = (text(&item, "PK").to_owned(), text(&item, "SK").to_owned());
            let group_sums = key.0.contains("#GROUP#") && (key.1.starts_with("SUM#") || key.1.starts_with("DUE#"));
            let derived = group_sums || key.0.contains("#METRIC#") || key.0.contains("#RECEIPT#") || key.1 == "CURSOR";
            let history = key.1.starts_with("PAST#") && !key.1.contains("#INVOICE#");
            let import = key.0.contains("#IMPORT");
            if derived || history || import || key.1.starts_with("ACCOUNT#") {
                continue;
            }
            for passing in [
                "version",
                "sequence",
                "committed_at",
                "deltas",
                "events",
                "trace",
                "due_at",
                "digest",
                "awaiting",
                "log",
            ] {
                item.remove(passing);
            }
            state.insert(key, item);
        }
        state
    }
}

/// A call of the HTTP API, as API Gateway hands it over (payload format 2.0).
pub(crate) fn call(route: &str, tenant: Option<&str>, body: &Value) -> Value {
    call_to(route, tenant, &json!({}), &json!({}), &body.to_string())
}

/// The same with parameters of the path and the query.
pub(crate) fn call_to(route: &str, tenant: Option<&str>, path: &Value, query: &Value, body: &str) -> Value {
    let (method, raw_path) = route.split_once(' ').unwrap();
    let claims = match tenant {
        Some(tenant) => json!({ "sub": "user-1", "custom:tenant": tenant }),
        None => json!({ "sub": "user-1" }),
    };
    json!({
        "version": "2.0", "routeKey": route, "rawPath": raw_path, "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "pathParameters": path, "queryStringParameters": query,
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.example", "requestId": "request",
            "authorizer": { "jwt": { "claims": claims, "scopes": null } },
            "http": { "method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test" },
            "routeKey": route, "stage": "$default", "time": "02/Mar/2026:00:00:00 +0000", "timeEpoch": 1_772_409_600_000_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// S3's notification that an object of this content was put.
pub(crate) fn object_created(key: &str, object: &[u8], sequencer: u32) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "2026-03-02T00:00:00.000Z",
        "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "user" },
        "requestParameters": { "sourceIPAddress": "192.0.2.1" }, "responseElements": {},
        "s3": {
            "s3SchemaVersion": "1.0", "configurationId": "import",
            "bucket": { "name": "dunlin-import", "ownerIdentity": { "principalId": "owner" }, "arn": "arn:aws:s3:::dunlin-import" },
            "object": {
                "key": key, "size": object.len(), "eTag": Outside::etag(object), "sequencer": format!("{sequencer:018X}"),
            },
        },
    }] })
}

fn answer(response: &ApiGatewayV2httpResponse) -> (i64, Value) {
    let body = match &response.body {
        Some(Body::Text(text)) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => Value::Null,
    };
    (response.status_code, body)
}

pub(crate) fn text<'a>(item: &'a Map<String, Value>, name: &str) -> &'a str {
    item.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("{name} in {item:?}"))
}

pub(crate) fn number(item: &Map<String, Value>, name: &str) -> i64 {
    item.get(name).and_then(Value::as_i64).unwrap_or_else(|| panic!("{name} in {item:?}"))
}

fn number_of(item: &Map<String, Value>, name: &str) -> i64 {
    number(item, name)
}
