//! Importing files: what the bucket and the import queue do.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use dunlin_aws::books::Books;
use dunlin_aws::clock::Clock;
use invoice_ingest::{Handler, ImportBucket, ImportQueue, IngestError, Pauses};
use serde_json::{Value, json};

use super::outside::IMPORT_QUEUE;
use super::{Outside, TENANT, World, call, call_to, far_from_now, now, object_created, sqs};

impl World {
    /// An event of `invoice-ingest`, with all the time in the world.
    pub(crate) async fn ingest_event(&self, event: Value) -> Result<Value, IngestError> {
        self.ingest_until(event, far_from_now()).await
    }

    pub(crate) async fn ingest_until(&self, event: Value, deadline: SystemTime) -> Result<Value, IngestError> {
        self.invoke(self.ingest.handle(serde_json::from_value(event).unwrap(), deadline)).await
    }

    /// Puts a file into the import bucket; what S3 says then.
    pub(crate) fn put(&self, key: &str, file: &[u8]) -> Value {
        self.outside.objects.lock().unwrap().insert(key.to_owned(), file.to_vec());
        self.requests.set(self.requests.get() + 1);
        object_created(key, file, self.requests.get())
    }

    /// Delivers messages of the import queue, those that they lead to as well, until none is left. What comes back is
    /// delivered again, a few times.
    pub(crate) async fn run_imports(&self) {
        for _ in 0..50 {
            let bodies = self.outside.take_import_work();
            if bodies.is_empty() {
                return;
            }
            for body in bodies {
                if !self.import_step(&body).await {
                    self.outside.send_back(&body);
                }
            }
        }
        panic!("imports do not come to an end: {:?}", self.outside.take_import_work());
    }

    /// Delivers a message of the import queue. Whether it is done.
    pub(crate) async fn import_step(&self, body: &str) -> bool {
        let answer = self.ingest_event(sqs(&[body.to_owned()])).await.unwrap();
        answer["batchItemFailures"].as_array().unwrap().is_empty()
    }

    /// Puts a file into the import bucket and has it imported: the rejected rows as CSV, and the counts.
    pub(crate) async fn import(&self, name: &str, file: &[u8]) -> (String, Value) {
        let event = self.put(&format!("imports/{TENANT}/{name}"), file);
        self.ingest_event(event).await.unwrap();
        self.run_imports().await;
        self.results(name)
    }

    /// The rejected rows of a file as CSV, and its counts.
    pub(crate) fn results(&self, name: &str) -> (String, Value) {
        let objects = self.outside.objects.lock().unwrap();
        let stem = format!("results/{TENANT}/{}", name.strip_suffix(".csv").unwrap());
        let rejected = String::from_utf8(objects[&format!("{stem}.csv")].clone()).unwrap();
        (rejected, serde_json::from_slice(&objects[&format!("{stem}.json")]).unwrap())
    }

    /// `invoice-ingest` with a table behind it that something comes between.
    pub(crate) fn ingest_with(&self, between: impl Intercept + 'static) -> Handler {
        let config = self
            .table
            .client()
            .config()
            .to_builder()
            .retry_config(RetryConfig::disabled())
            .interceptor(between)
            .build();
        let books = Books::new(self.table.store_through(aws_sdk_dynamodb::Client::from_conf(config)), "tests");
        Self::ingest(books, &self.outside, Clock::new(now, false))
    }

    pub(super) fn ingest(books: Books, outside: &Arc<Outside>, clock: Clock) -> Handler {
        let bucket = ImportBucket::new(outside.s3(), "dunlin-imports".to_owned());
        let queue = ImportQueue::new(outside.sqs(), IMPORT_QUEUE.to_owned());
        let pauses = Pauses { first: Duration::from_micros(50), longest: Duration::from_micros(200) };
        Handler::new(books, bucket, queue, clock, pauses)
    }

    /// `POST /v1/imports` of the tenant `demo`.
    pub(crate) async fn post_import(&self, wanted: Value) -> Value {
        let mut request = call("POST /v1/imports", Some(TENANT), &wanted);
        self.requests.set(self.requests.get() + 1);
        request["requestContext"]["requestId"] = json!(format!("request-{:06}", self.requests.get()));
        let (status, body) = self.call_ingest(request).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    /// Posts an import, puts the file to its address and has it imported: how it is shown at the end.
    pub(crate) async fn import_posted(&self, wanted: Value, file: &[u8]) -> Value {
        let posted = self.post_import(wanted).await;
        let id = posted["id"].as_str().unwrap();
        let event = self.put(&format!("imports/{TENANT}/uploads/{id}.csv"), file);
        self.ingest_event(event).await.unwrap();
        self.run_imports().await;
        self.show_import(id).await
    }

    /// `GET /v1/imports/{id}` of the tenant `demo`.
    pub(crate) async fn show_import(&self, id: &str) -> Value {
        let request = call_to("GET /v1/imports/{id}", Some(TENANT), &json!({ "id": id }), &json!({}), "");
        let (status, body) = self.call_ingest(request).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// `GET /v1/imports` of the tenant `demo`.
    pub(crate) async fn list_imports(&self, query: Value) -> Value {
        let (status, body) = self.call_ingest(call_to("GET /v1/imports", Some(TENANT), &json!({}), &query, "")).await;
        assert_eq!(status, 200, "{body}");
        body
    }
}
