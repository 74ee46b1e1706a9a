//! Finding what is due.

use dunlin_testkit::build::draft;
use serde_json::json;

use crate::world::{World, killed_after, sqs};

const MORNING: &str = "2026-03-03T08:00:00Z";
/// More than a page of 50 in each of the two shards.
const LARGE: u32 = 140;

/// A world in which so many debtors will be late on Tuesday.
async fn late(debtors: u32) -> World {
    let world = World::start().await;
    let invoice = |n: u32| {
        json!({
            "debtor_ref": format!("C{n}"), "email": format!("c{n}@customers.example"), "invoice_number": format!("I{n}"),
            "issue_date": "2026-03-01", "due_date": "2026-03-02", "currency": "EUR", "amount": "100.00",
        })
    };
    world.post_invoices(json!((0..debtors).map(invoice).collect::<Vec<_>>())).await;
    world
}

#[tokio::test]
async fn an_hour_in_which_nothing_is_due_sends_nothing() {
    let world = late(5).await;
    world.scan_event(json!({ "time": "2026-03-03T07:00:00Z" })).await.unwrap();
    assert!(world.outside.take_scan_work().is_empty());
}

#[tokio::test]
async fn only_shards_that_hold_something_due_are_looked_at() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    world.scan_event(json!({ "time": MORNING })).await.unwrap();
    let work = world.outside.take_scan_work();
    assert_eq!(work.len(), 1);
    let work: serde_json::Value = serde_json::from_str(&work[0]).unwrap();
    assert_eq!(work["scheduled_time"], MORNING);
    assert!(work["shard"].is_u64(), "{work}");
}

#[tokio::test]
async fn a_run_that_comes_late_decides_as_it_would_have_in_time() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    world.set_clock("2026-03-03T23:00:00Z");
    world.scan_event(json!({ "time": MORNING })).await.unwrap();
    for body in world.outside.take_scan_work() {
        world.scan_event(sqs(&[body])).await.unwrap();
    }
    assert_eq!(world.past("C1", "DECISION").await[0]["at"], MORNING);
}

#[tokio::test]
async fn a_scan_that_is_killed_anywhere_is_resumed_without_a_message_lost_or_doubled() {
    for polls in [1, 5, 12, 25, 50] {
        let world = late(12).await;
        world.scan_event(json!({ "time": MORNING })).await.unwrap();
        world.set_clock(MORNING);
        let work = world.outside.take_scan_work();
        for body in &work {
            // Killed in the middle; the queue delivers it again, and then once more.
            killed_after(polls, world.scan_event(sqs(std::slice::from_ref(body)))).await;
            world.scan_event(sqs(std::slice::from_ref(body))).await.unwrap();
            world.scan_event(sqs(std::slice::from_ref(body))).await.unwrap();
        }
        world.pump().await;
        let mut to: Vec<String> = world.mails().into_iter().map(|mail| mail.to).collect();
        to.sort();
        to.dedup();
        assert_eq!((world.mails().len(), to.len()), (12, 12), "killed after {polls} polls");
    }
}

#[tokio::test]
async fn a_page_is_not_the_end() {
    let world = late(LARGE).await;
    world.hour(MORNING).await;
    assert_eq!(world.mails().len(), usize::try_from(LARGE).unwrap());
    world.scan_event(json!({ "time": "2026-03-03T09:00:00Z" })).await.unwrap();
    assert!(world.outside.take_scan_work().is_empty(), "nobody who was decided is due again");
}

#[tokio::test]
async fn a_shard_without_time_left_sends_itself_on() {
    let world = late(LARGE).await;
    world.scan_event(json!({ "time": MORNING })).await.unwrap();
    world.set_clock(MORNING);
    let mut invocations = 0;
    loop {
        let work = world.outside.take_scan_work();
        if work.is_empty() {
            break;
        }
        for body in work {
            invocations += 1;
            let trigger = serde_json::from_value(sqs(&[body])).unwrap();
            // The deadline is long past, so a page is all that fits into an invocation.
            world.scan.handle(trigger, std::time::SystemTime::UNIX_EPOCH).await.unwrap();
        }
    }
    assert!(invocations > 2, "{invocations}");
    world.pump().await;
    assert_eq!(world.mails().len(), usize::try_from(LARGE).unwrap());
}

#[tokio::test]
async fn one_debtor_that_cannot_be_decided_does_not_stop_the_others() {
    let world = late(12).await;
    // Someone has written nonsense into C7's head.
    let client = world.table.client();
    let key = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let update = client
        .update_item()
        .table_name(dunlin_testkit::table::TABLE)
        .key("PK", key("T#demo#D#C7"))
        .key("SK", key("LIVE#DEBTOR"));
    let update =
        update.update_expression("SET accounts[0].currency = :x").expression_attribute_values(":x", key("???"));
    update.send().await.unwrap();
    world.set_clock(MORNING);
    world.scan_event(json!({ "time": MORNING })).await.unwrap();
    let mut failed = 0;
    for body in world.outside.take_scan_work() {
        failed += usize::from(world.scan_event(sqs(&[body])).await.is_err());
    }
    assert_eq!(failed, 1, "its shard's message goes back to the queue, and ends where people look");
    let planned = world.table.items().await.iter().filter(|item| item.contains_key("unsettled")).count();
    assert_eq!(planned, 11);
}

#[tokio::test]
async fn a_body_that_is_no_work_goes_back_to_the_queue() {
    let world = World::start().await;
    assert!(matches!(world.scan_event(sqs(&["{}".to_owned()])).await, Err(aging_scan::ScanError::BadEvent(_))));
}
