//! Imports that are interrupted, repeated, overtaken or throttled.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use serde_json::json;

use super::{HEADER, file, in_four_parts, invoice, invoices};
use crate::world::{World, far_from_now, killed_after, sqs};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Three invoices of two debtors, one of them broken, and the last one saying again what the first one says.
fn small(prefix: &str) -> Vec<u8> {
    let row = |debtor: &str, number: &str, amount| {
        invoice(&format!("{prefix}{debtor}"), &format!("{prefix}{number}"), amount)
    };
    file(HEADER, [row("C1", "I1", "10.00"), row("C2", "I2", "x"), row("C3", "I3", "30.00"), row("C1", "I1", "11.00")])
}

#[tokio::test]
async fn an_import_whose_worker_dies_anywhere_ends_as_if_it_had_not() {
    let world = World::start().await;
    let mut interrupted = true;
    let mut polls = 0;
    while interrupted {
        (polls, interrupted) = (polls + 1, false);
        let name = format!("{polls}.csv");
        let event = in_four_parts(world.put(&format!("imports/demo/{name}"), &small(&format!("{polls}-"))));
        interrupted |= killed_after(polls, world.ingest_event(event.clone())).await.is_none();
        world.ingest_event(event).await.unwrap();
        loop {
            // What waits may be there several times, sent again by those that came after the dead.
            let waiting: BTreeSet<String> = world.outside.take_import_work().into_iter().collect();
            if waiting.is_empty() {
                break;
            }
            for body in waiting {
                let event = sqs(std::slice::from_ref(&body));
                interrupted |= killed_after(polls, world.ingest_event(event)).await.is_none();
                assert!(world.import_step(&body).await, "{body} after {polls} polls");
            }
        }
        let (rejected, told) = world.results(&name);
        // A batch that was booked and not counted is unchanged when it is booked again.
        assert_eq!(told["created"].as_u64().unwrap() + told["unchanged"].as_u64().unwrap(), 2, "{polls}: {told}");
        assert_eq!((&told["rows"], &told["rejected"]), (&json!(4), &json!(2)), "{polls}");
        let lines: Vec<&str> = rejected.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(lines, ["line", "3", "5"], "{polls}");
        assert_eq!(world.stands(&format!("{polls}-I1")).await, (1_000, "open".to_owned()), "{polls}");
        assert_eq!(world.list_imports(json!({ "limit": "100" })).await["imports"][0]["state"], "done");
    }
    assert!(polls > 10, "a step has more awaits than {polls}");
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn a_part_that_runs_out_of_time_sends_itself_on() {
    let world = World::start().await;
    let event = world.put("imports/demo/a.csv", &invoices(20, 3));
    world.ingest_event(event).await.unwrap();
    let split = world.outside.take_import_work();
    world.import_step(&split[0]).await;
    let part = world.outside.take_import_work();
    let before = world.table.items().await.len();
    for _ in 0..3 {
        let answer = world.ingest_until(sqs(&part), SystemTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(answer["batchItemFailures"], json!([]), "it is not handed back");
        assert_eq!(world.outside.take_import_work(), part, "it goes on where it was");
    }
    assert_eq!(world.table.items().await.len(), before);
    world.import_step(&part[0]).await;
    world.run_imports().await;
    assert_eq!(world.results("a.csv").1["created"], 18);
}

#[tokio::test]
async fn what_is_delivered_twice_is_done_once() {
    let world = World::start().await;
    let event = in_four_parts(world.put("imports/demo/a.csv", &invoices(40, 9)));
    for _ in 0..3 {
        world.ingest_event(event.clone()).await.unwrap();
    }
    let mut sent = 0;
    loop {
        let waiting: BTreeSet<String> = world.outside.take_import_work().into_iter().collect();
        if waiting.is_empty() {
            break;
        }
        for body in waiting {
            sent += 1;
            assert!(world.import_step(&body).await && world.import_step(&body).await, "{body}");
        }
    }
    assert!(sent >= 5, "a step for the file, three parts or more, and the end: {sent}");
    world.ingest_event(event).await.unwrap();
    assert!(world.outside.take_import_work().is_empty(), "a notification that comes when all is done says nothing");
    let (_, told) = world.results("a.csv");
    assert_eq!(told, json!({ "rows": 40, "created": 36, "updated": 0, "unchanged": 0, "rejected": 4 }));
}

#[tokio::test]
async fn two_workers_at_once_on_one_part_end_as_one_would() {
    let world = World::start().await;
    let event = world.put("imports/demo/a.csv", &invoices(60, 4));
    world.ingest_event(event).await.unwrap();
    let split = world.outside.take_import_work();
    let (one, other) = tokio::join!(world.import_step(&split[0]), world.import_step(&split[0]));
    assert!(one && other);
    let parts: BTreeSet<String> = world.outside.take_import_work().into_iter().collect();
    for part in &parts {
        let (one, other) = tokio::join!(world.import_step(part), world.import_step(part));
        assert!(one && other);
    }
    world.run_imports().await;
    let (rejected, told) = world.results("a.csv");
    assert_eq!(told["created"].as_u64().unwrap() + told["unchanged"].as_u64().unwrap(), 54, "{told}");
    assert_eq!((&told["rejected"], rejected.lines().count()), (&json!(6), 7));
    for n in [0, 8, 58] {
        assert_eq!(world.stands(&format!("I{n}")).await.0, 100 * (n + 1));
    }
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn a_file_that_is_uploaded_again_replaces_the_one_under_way() {
    let world = World::start().await;
    let old = file(HEADER, [invoice("C1", "OLD", "1.00"), invoice("C1", "BOTH", "1.00")]);
    let new = file(HEADER, [invoice("C1", "NEW", "2.00"), invoice("C1", "BOTH", "2.00")]);
    let first = world.put("imports/demo/a.csv", &old);
    world.ingest_event(first.clone()).await.unwrap();
    let split = world.outside.take_import_work();
    world.import_step(&split[0]).await;
    let stale = world.outside.take_import_work();

    let second = world.put("imports/demo/a.csv", &new);
    world.ingest_event(second).await.unwrap();
    // What comes late of the first upload, its notification and its messages, finds that its time is over.
    world.ingest_event(first).await.unwrap();
    for body in split.iter().chain(&stale) {
        assert!(world.import_step(body).await);
    }
    world.run_imports().await;
    let (_, told) = world.results("a.csv");
    assert_eq!(told, json!({ "rows": 2, "created": 2, "updated": 0, "unchanged": 0, "rejected": 0 }));
    assert_eq!(world.stands("BOTH").await.0, 200);
    assert!(world.table.items().await.iter().all(|item| item.get("invoice") != Some(&json!("main/OLD"))));
    assert_eq!(world.list_imports(json!({})).await["imports"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_file_that_changes_before_it_is_read_waits_for_its_own_notification() {
    let world = World::start().await;
    let first = world.put("imports/demo/a.csv", &invoices(10, 2));
    world.ingest_event(first).await.unwrap();
    let second = world.put("imports/demo/a.csv", &invoices(20, 2));
    world.run_imports().await;
    assert_eq!(world.list_imports(json!({})).await["imports"][0]["state"], "splitting");
    world.ingest_event(second).await.unwrap();
    world.run_imports().await;
    assert_eq!(world.results("a.csv").1["rows"], 20);
}

/// Has the table refuse transactions as too many: of `one_in` in a row it takes one.
#[derive(Debug, Clone)]
struct Throttle {
    calls: Arc<AtomicUsize>,
    one_in: usize,
}

/// A call that did not reach the table.
#[derive(Debug)]
struct Refused;

impl Storable for Refused {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Throttle {
    fn name(&self) -> &'static str {
        "throttle"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let writes =
            request.headers().get("x-amz-target").is_some_and(|target| target.ends_with(".TransactWriteItems"));
        if writes && !self.calls.fetch_add(1, Ordering::SeqCst).is_multiple_of(self.one_in) {
            let length = request.body().bytes().unwrap().len();
            *request.body_mut() = SdkBody::from("x".repeat(length));
            config.interceptor_state().store_put(Refused);
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if config.load::<Refused>().is_some() {
            let refused = SdkBody::from("{\"__type\":\"com.amazonaws.dynamodb#ThrottlingException\"}");
            *context.response_mut() = HttpResponse::new(400.try_into().unwrap(), refused);
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_table_that_is_busy_slows_an_import_down_and_does_not_stop_it() {
    let world = World::start().await;
    let event = world.put("imports/demo/a.csv", &invoices(60, 30));
    world.ingest_event(event).await.unwrap();
    let split = world.outside.take_import_work();
    world.import_step(&split[0]).await;
    let part = world.outside.take_import_work();

    let calls = Arc::new(AtomicUsize::new(1));
    let throttled = world.ingest_with(Throttle { calls: Arc::clone(&calls), one_in: 3 });
    let answer = throttled.handle(serde_json::from_value(sqs(&part)).unwrap(), far_from_now()).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]), "it is slower, and no more");
    assert!(calls.load(Ordering::SeqCst) > 60, "most of the writes were refused");
    world.run_imports().await;
    let (_, told) = world.results("a.csv");
    assert_eq!(told, json!({ "rows": 60, "created": 54, "updated": 0, "unchanged": 0, "rejected": 6 }));
}

#[tokio::test]
async fn a_table_that_stays_busy_has_the_part_handed_back_and_costs_no_row() {
    let world = World::start().await;
    let event = world.put("imports/demo/a.csv", &invoices(10, 3));
    world.ingest_event(event).await.unwrap();
    let split = world.outside.take_import_work();
    world.import_step(&split[0]).await;
    let part = world.outside.take_import_work();
    let throttled = world.ingest_with(Throttle { calls: Arc::new(AtomicUsize::new(1)), one_in: usize::MAX });
    let answer = throttled.handle(serde_json::from_value(sqs(&part)).unwrap(), far_from_now()).await.unwrap();
    assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], "message-0");
    world.import_step(&part[0]).await;
    world.run_imports().await;
    assert_eq!(world.results("a.csv").1["created"], 9);
}
