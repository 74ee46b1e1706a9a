//! The deployment in this process: the real handlers around one table, joined as the template joins them.

mod bucket;
mod files;
mod look;
mod outside;

pub(crate) use look::{call, call_to, number, object_created, text};
pub(crate) use outside::{Outside, SentMail, SentText, Service, SesAnswer, UNSUBSCRIBE_KEY, WEBHOOK_SECRET};

use std::cell::Cell;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use outside::{BACKTEST_QUEUE, SCAN_QUEUE};

use aws_lambda_events::dynamodb;
use aws_lambda_events::sqs::SqsEvent;
use dunlin_aws::backtests::BacktestQueue;
use dunlin_aws::bus::Bus;
use dunlin_aws::clock::Clock;
use dunlin_aws::mail::Mailer;
use dunlin_aws::secrets::Secrets;
use dunlin_aws::sms::TextSender;
use dunlin_aws::store::{HEAD, SETTINGS_LOG, Tenancy};
use dunlin_aws::telemetry::Telemetry;
use dunlin_testkit::TestTable;
use dunlin_testkit::build::{at, tenant};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The tenant that most tests are about.
pub(crate) const TENANT: &str = "demo";
/// The trace of every invocation but the projector's.
pub(crate) const TRACE: &str = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0";
/// The trace that the stream is read in.
const TRACE_OF_STREAM: &str = "Root=1-69a54181-0f1e2d3c4b5a69788796a5b4;Sampled=0";
/// The trace that messages of queues come with.
pub(crate) const TRACE_OF_MESSAGES: &str = "Root=1-69a54181-1b3f5c7d9e0a2b4c6d8e0f12;Sampled=0";
/// Lambda gives a function this many stream records at once.
const RECORDS_PER_BATCH: usize = 100;

thread_local! {
    /// Each test has a thread, and so a clock, of its own.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

fn now() -> Timestamp {
    NOW.get()
}

/// The deployment.
pub(crate) struct World {
    pub(crate) table: Arc<TestTable>,
    pub(crate) outside: Arc<Outside>,
    pub(crate) ingest: invoice_ingest::Handler,
    pub(crate) scan: aging_scan::Handler,
    pub(crate) dispatch: reminder_dispatch::Handler,
    pub(crate) webhook: payment_webhook::Handler,
    pub(crate) api: collections_api::Handler,
    pub(crate) feedback: delivery_feedback::Handler,
    pub(crate) projector: projector::Handler,
    pub(crate) anchoring: audit_anchor::Handler,
    pub(crate) backtesting: policy_backtest::Handler,
    pub(crate) migration: table_migration::Handler,
    telemetry: Telemetry,
    /// Bodies of the dispatch queue's messages.
    pub(crate) queue: Mutex<Vec<String>>,
    /// What the stream told, until it is noted.
    pub(crate) to_note: Mutex<Vec<Value>>,
    /// Every domain event so far: type and detail.
    pub(crate) told: Mutex<Vec<(String, Value)>>,
    /// No two invocations have the same id, in whatever deployment.
    name: usize,
    requests: Cell<u32>,
}

/// How many deployments there were.
static WORLDS: AtomicUsize = AtomicUsize::new(0);

impl World {
    /// A deployment with the tenant `demo`, on Monday, 2 March 2026, at midnight.
    pub(crate) async fn start() -> Self {
        Self::with_simulated_time(false).await
    }

    pub(crate) async fn with_simulated_time(simulated: bool) -> Self {
        Self::on(TestTable::start().await, simulated).await
    }

    /// The same with a client of the table that repeats nothing by itself, so that every fault reaches the functions.
    pub(crate) async fn without_retries() -> Self {
        Self::on(TestTable::without_retries().await, false).await
    }

    /// A deployment on this table.
    pub(crate) async fn on(table: TestTable, simulated: bool) -> Self {
        table.add_tenant(TENANT, &[("pay_url", "https://pay.example/demo")]).await;
        let world = Self::around(Arc::new(table), Arc::default(), simulated);
        world.set_clock("2026-03-02T00:00:00Z");
        world
    }

    /// A second deployment of the same functions around the same table and services.
    pub(crate) fn beside(&self) -> Self {
        Self::around(Arc::clone(&self.table), Arc::clone(&self.outside), false)
    }

    fn anchor_bucket(outside: &Arc<Outside>) -> audit_anchor::AnchorBucket {
        audit_anchor::AnchorBucket::new(outside.s3(), "dunlin-anchors".to_owned())
    }

    fn around(table: Arc<TestTable>, outside: Arc<Outside>, simulated: bool) -> Self {
        let clock = Clock::new(now, simulated);
        let (books, store) = (table.books(), table.store());
        let secrets = || Secrets::new(outside.secrets());
        let post = reminder_dispatch::Post {
            mailer: Mailer::new(outside.ses(), "dunlin-mail".to_owned()),
            texts: TextSender::new(outside.sns()),
            secrets: secrets(),
            unsubscribe_secret: "unsubscribe".to_owned(),
            public_url: "https://api.example/".to_owned(),
            mail_from: "billing@dunlin.example".to_owned(),
        };
        let signing = payment_webhook::SigningSecrets::new(secrets(), "dunlin/tenant/".to_owned());
        let backtests = || BacktestQueue::new(outside.sqs(), BACKTEST_QUEUE.to_owned());
        let scan_queue = aging_scan::ScanQueue::new(outside.sqs(), SCAN_QUEUE.to_owned());
        Self {
            ingest: Self::ingest(books.clone(), &outside, clock),
            scan: aging_scan::Handler::new(books.clone(), scan_queue),
            dispatch: reminder_dispatch::Handler::new(books.clone(), post, clock),
            webhook: payment_webhook::Handler::new(books.clone(), signing, clock),
            feedback: delivery_feedback::Handler::new(books.clone(), TextSender::new(outside.sns()), clock),
            api: collections_api::Handler::new(books, secrets(), "unsubscribe".to_owned(), backtests(), clock),
            backtesting: policy_backtest::Handler::new(store.clone(), backtests()),
            telemetry: Telemetry::new("dunlin".to_owned(), 100, clock, outside.metrics_sink()),
            anchoring: audit_anchor::Handler::new(store.clone(), Self::anchor_bucket(&outside), clock),
            migration: table_migration::Handler::new(store.clone()),
            projector: projector::Handler::new(store, Bus::new(outside.eventbridge(), "dunlin-bus".to_owned())),
            queue: Mutex::default(),
            to_note: Mutex::default(),
            told: Mutex::default(),
            name: WORLDS.fetch_add(1, Ordering::Relaxed),
            requests: Cell::new(0),
            table,
            outside,
        }
    }

    /// Sets this test's clock.
    pub(crate) fn set_clock(&self, time: &str) {
        NOW.set(at(time));
    }

    pub(crate) fn now(&self) -> Timestamp {
        now()
    }

    pub(crate) async fn tenancy(&self) -> Tenancy {
        self.table.tenancy(&tenant(TENANT)).await
    }

    /// Runs a handler as its function does: watched, in a trace. On the heap: a story that hands over many events would
    /// have each handler on its stack.
    pub(crate) fn invoke<'a, F: Future + 'a>(&'a self, work: F) -> Pin<Box<dyn Future<Output = F::Output> + 'a>> {
        let work = Box::pin(work);
        Box::pin(self.telemetry.invocation("request", Some(TRACE), work))
    }

    /// An hour of the deployment: the scan with its shards, then the stream and the queue until both are empty.
    pub(crate) async fn hour(&self, time: &str) {
        self.scan_at(time).await;
        self.pump().await;
    }

    /// Hours of each day from `from` to `to`, both included, at 00:00, 08:00, 12:00 and 22:00.
    pub(crate) async fn days(&self, from: &str, to: &str) {
        let (from, to) = (dunlin_testkit::build::day(from), dunlin_testkit::build::day(to));
        for day in from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to) {
            for hour in ["00:00", "08:00", "12:00", "22:00"] {
                self.hour(&format!("{day}T{hour}:00Z")).await;
            }
        }
    }

    /// The scheduler's event, then every message that the scan sends itself.
    pub(crate) async fn scan_at(&self, time: &str) {
        self.set_clock(time);
        self.scan_event(json!({ "version": "0", "source": "aws.scheduler", "time": time, "detail": {} }))
            .await
            .unwrap();
        for body in self.outside.take_scan_work() {
            self.scan_event(sqs(&[body])).await.unwrap();
        }
    }

    pub(crate) async fn scan_event(&self, event: Value) -> Result<(), aging_scan::ScanError> {
        let trigger = serde_json::from_value(event).unwrap();
        self.invoke(self.scan.handle(trigger, far_from_now())).await
    }

    /// Moves on whatever hangs off the table, until nothing moves. What comes back to the queue waits there for the next
    /// call, as it would for its visibility timeout.
    pub(crate) async fn pump(&self) {
        let mut returned = Vec::new();
        loop {
            let moved = self.project().await;
            let waiting = self.take_queue();
            if !moved && waiting.is_empty() {
                self.queue.lock().unwrap().extend(returned);
                return;
            }
            returned.extend(self.deliver(&waiting).await);
        }
    }

    /// Gives new stream records to the projector; what it says on the bus reaches the dispatch queue.
    pub(crate) async fn project(&self) -> bool {
        let heads = self.table.new_heads();
        let sort_key = |record: &Value| record["dynamodb"]["Keys"]["SK"]["S"].clone();
        let logs = heads.iter().filter(|record| [HEAD, SETTINGS_LOG].iter().any(|one| sort_key(record) == *one));
        self.to_note.lock().unwrap().extend(logs.cloned());
        let heads: Vec<Value> = heads.into_iter().filter(|record| sort_key(record) != SETTINGS_LOG).collect();
        for batch in heads.chunks(RECORDS_PER_BATCH) {
            let work = self.projector.handle(stream_event(batch));
            self.telemetry.invocation("request", Some(TRACE_OF_STREAM), work).await.unwrap();
        }
        for (kind, detail) in self.outside.take_bus() {
            if kind == "message.planned" {
                self.queue.lock().unwrap().push(envelope(&kind, &detail));
            }
            self.told.lock().unwrap().push((kind, detail));
        }
        !heads.is_empty()
    }

    /// Delivers messages of the dispatch queue in batches of ten, and returns those that come back.
    pub(crate) async fn deliver(&self, bodies: &[String]) -> Vec<String> {
        let mut returned = Vec::new();
        for batch in bodies.chunks(10) {
            self.requests.set(self.requests.get() + 1);
            // As long as any other, for it is counted among the bytes that things cost.
            let request = format!("request-{:06}-{:06}", self.name, self.requests.get());
            let event: SqsEvent = serde_json::from_value(sqs(batch)).unwrap();
            let Ok(response) = self.invoke(self.dispatch.handle(event, request)).await;
            for failure in response.batch_item_failures {
                let index: usize = failure.item_identifier.strip_prefix("message-").unwrap().parse().unwrap();
                returned.push(batch.get(index).unwrap().clone());
            }
        }
        returned
    }

    /// Delivers messages of the feedback queue, and returns those that come back.
    pub(crate) async fn feed(&self, bodies: &[String]) -> Vec<String> {
        let event: SqsEvent = serde_json::from_value(sqs(bodies)).unwrap();
        let Ok(response) = self.invoke(self.feedback.handle(event)).await;
        let index = |id: &str| id.strip_prefix("message-").unwrap().parse::<usize>().unwrap();
        let failed = response.batch_item_failures.iter().map(|failure| index(&failure.item_identifier));
        failed.map(|index| bodies[index].clone()).collect()
    }

    /// What waits in the dispatch queue.
    pub(crate) fn take_queue(&self) -> Vec<String> {
        std::mem::take(&mut self.queue.lock().unwrap())
    }

    pub(crate) fn mails(&self) -> Vec<SentMail> {
        self.outside.mails.lock().unwrap().clone()
    }

    /// How many events of a kind were told so far.
    pub(crate) fn told(&self, kind: &str) -> usize {
        self.told.lock().unwrap().iter().filter(|(one, _)| one == kind).count()
    }
}

/// The handlers read the real clock only to see how long they may still run.
pub(crate) fn far_from_now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(10_000_000_000)
}

/// A batch of an SQS queue.
pub(crate) fn sqs(bodies: &[String]) -> Value {
    let record = |(index, body): (usize, &String)| {
        json!({
            "messageId": format!("message-{index}"), "receiptHandle": "handle", "body": body,
            "attributes": { "ApproximateReceiveCount": "1", "AWSTraceHeader": TRACE_OF_MESSAGES }, "messageAttributes": {}, "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:queue", "awsRegion": "us-east-1",
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// What EventBridge puts around a domain event before SQS gets it.
pub(crate) fn envelope(kind: &str, detail: &Value) -> String {
    json!({
        "version": "0", "id": detail["id"], "detail-type": kind, "source": "dunlin", "account": "000000000000",
        "time": detail["occurred_at"], "region": "us-east-1", "resources": [], "detail": detail,
    })
    .to_string()
}

/// A batch of the table's stream.
pub(crate) fn stream_event(records: &[Value]) -> dynamodb::Event {
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Runs a future for so many polls and then drops it, as Lambda does with a function that is killed; `None` where it was
/// not done.
pub(crate) async fn killed_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        let polled = future.as_mut().poll(context);
        left = left.saturating_sub(1);
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
