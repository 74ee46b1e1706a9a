//! Events and items that cannot be read. They come back with the reason until they are set aside, everything else goes
//! on, and once the item is mended the same event finishes the job.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_testkit::build::{debtor, tenant};
use dunlin_testkit::table::TABLE;
use serde_json::{Value, json};

use super::event::Event;
use super::scenario::{Scenario, document, payment};
use crate::world::{TENANT, World, call, call_to, object_created, sqs, stream_event};

const HEAD: &str = "LIVE#DEBTOR";

/// An item that somebody has damaged by hand, and what it was.
struct Damaged(std::collections::HashMap<String, AttributeValue>);

impl World {
    /// Writes nonsense into an attribute of an item.
    async fn damage(&self, pk: &str, sk: &str, attribute: &str) -> Damaged {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let get = self.table.client().get_item().table_name(TABLE).key("PK", text(pk)).key("SK", text(sk));
        let item = get.send().await.unwrap().item.unwrap_or_else(|| panic!("there is no {pk} / {sk}"));
        assert!(item.contains_key(attribute), "{item:?}");
        let mut damaged = item.clone();
        damaged.insert(attribute.to_owned(), AttributeValue::L(vec![text("???")]));
        self.mend_item(&Damaged(damaged)).await;
        Damaged(item)
    }

    /// Puts it back as it was.
    async fn mend_item(&self, item: &Damaged) {
        let put = self.table.client().put_item().table_name(TABLE).set_item(Some(item.0.clone()));
        put.send().await.unwrap();
    }

    /// Nobody gets over it: handed over again, the same event comes back.
    async fn comes_back(&self, event: &Event) {
        for _ in 0..2 {
            assert_eq!(self.hand(event).await, Some(event.clone()));
        }
    }

    /// The stream as AWS reads it: a batch that fails is halved, and a record that fails by itself is given up.
    async fn read_stream(&self) -> Vec<Value> {
        let (mut batches, mut given_up) = (vec![self.table.new_heads()], Vec::new());
        while let Some(batch) = batches.pop().filter(|batch| !batch.is_empty()) {
            match (self.projector.handle(stream_event(&batch)).await, batch.as_slice()) {
                (Ok(()), _) => {}
                (Err(_), [record]) => given_up.push(record.clone()),
                (Err(_), batch) => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
        given_up
    }

    async fn rests(&self) {
        // What was damaged by hand is on the stream, too; the mended item comes after it.
        self.read_stream().await;
        for hour in ["2026-03-03T09:00:00Z", "2026-03-03T17:00:00Z"] {
            self.hour(hour).await;
        }
        self.assert_at_rest().await;
        self.assert_invariants().await;
    }
}

fn of(debtor: &str) -> String {
    format!("T#demo#D#{debtor}")
}

#[tokio::test]
async fn a_message_to_a_damaged_debtor_waits_and_the_others_go_out() {
    for (sk, attribute) in [(HEAD, "accounts"), ("LIVE#INVOICE#main/I1", "balance"), (HEAD, "version")] {
        let world = World::start().await;
        let Event::Planned(queue) = Scenario::Dispatch.prepare(&world).await else { panic!() };
        let damaged = world.damage(&of("C1"), sk, attribute).await;
        let Some(left) = world.hand(&Event::Planned(queue)).await else { panic!("{attribute} was not missed") };
        assert_eq!(world.mails().len(), 1, "{attribute}: C3 has its message");
        // What stands in the log of each attempt, and so beside the message in the dead-letter queue.
        let reason = world.table.store().load(&tenant(TENANT), &debtor("C1")).await.unwrap_err().to_string();
        assert!(reason.starts_with(&format!("T#demo#D#C1 / {sk}: ")), "{reason}");
        world.comes_back(&left).await;
        world.mend_item(&damaged).await;
        assert_eq!(world.hand(&left).await, None, "redriven, it is dispatched");
        assert_eq!(world.mails().len(), 2);
        world.rests().await;
    }
}

/// The attempt wrote down how it ended and died before the head learned of it; then someone damaged the record.
#[tokio::test]
async fn what_an_attempt_left_that_cannot_be_read_is_for_a_person() {
    for polls in 1..60 {
        let world = World::start().await;
        let event = Scenario::Text.prepare(&world).await;
        let (done, left) = world.hand_and_kill(&event, polls).await;
        assert!(!done, "no number of polls ends between the two writes");
        let items = world.table.items().await;
        let Some(record) = items.iter().find(|item| item.get("status") == Some(&json!("sent"))) else { continue };
        let sk = record["SK"].as_str().unwrap();
        let damaged = world.damage(&of("C1"), sk, "settled_at").await;
        world.set_clock("2026-03-03T08:06:00Z");
        world.comes_back(&left.clone().unwrap()).await;
        world.mend_item(&damaged).await;
        assert_eq!(world.hand(&left.unwrap()).await, None);
        assert_eq!(world.messages("C1").await, [("reminder-1".to_owned(), "sent".to_owned())]);
        world.rests().await;
        return;
    }
}

#[tokio::test]
async fn a_damaged_debtor_holds_up_nobody_else_and_is_named() {
    for (sk, attribute) in [(HEAD, "accounts"), (HEAD, "profile"), ("LIVE#INVOICE#main/I2", "due_date")] {
        let world = World::start().await;
        let shards = Scenario::Shards.prepare(&world).await;
        let damaged = world.damage(&of("C2"), sk, attribute).await;
        let Event::Scan(trigger) = &shards else { panic!() };
        let error = world.scan_event(trigger.clone()).await.unwrap_err().to_string();
        assert!(error.contains("C2 of demo: ") && error.contains(&format!("T#demo#D#C2 / {sk}: ")), "{error}");
        world.comes_back(&shards).await;
        world.mend_item(&damaged).await;
        assert_eq!(world.hand(&shards).await, None);
        world.rests().await;
        assert_eq!(world.mails().len(), 3, "{attribute}");
    }
}

/// Covers: one entry of the index that was no debtor's kept its whole shard from being scanned.
#[tokio::test]
async fn an_entry_of_the_index_that_is_no_debtor_holds_up_nobody() {
    let world = World::start().await;
    let shards = Scenario::Shards.prepare(&world).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let stranger = [("PK", "STRANGER"), ("SK", "X"), ("due_shard", "DUE#0"), ("due_at", "2026-03-01T00:00:00Z")];
    let item = stranger
        .iter()
        .fold(world.table.client().put_item().table_name(TABLE), |put, (name, value)| put.item(*name, text(value)));
    item.send().await.unwrap();
    let Event::Scan(trigger) = &shards else { panic!() };
    let error = world.scan_event(trigger.clone()).await.unwrap_err().to_string();
    assert!(error.contains("STRANGER / X: is listed as due and is no debtor"), "{error}");
    let delete = world.table.client().delete_item().table_name(TABLE);
    delete.key("PK", text("STRANGER")).key("SK", text("X")).send().await.unwrap();
    assert_eq!(world.hand(&shards).await, None);
    world.rests().await;
    assert_eq!(world.mails().len(), 3);
}

#[tokio::test]
async fn damaged_settings_stop_their_tenant_and_no_other() {
    let world = World::start().await;
    world.table.add_tenant("other", &[]).await;
    let invoices = |of: &str| json!({ "invoices": [document(of, "I7", "2026-03-02", "10.00")] });
    world.call_ingest(call("POST /v1/invoices", Some("other"), &invoices("C7"))).await;
    let shards = Scenario::Shards.prepare(&world).await;
    let damaged = world.damage("T#demo", "SETTINGS", "time_zone").await;
    let Event::Scan(trigger) = &shards else { panic!() };
    // Another instance: this one has the settings in memory.
    let fresh = world.beside();
    let error = fresh.scan_event(trigger.clone()).await.unwrap_err().to_string();
    assert!(error.contains("3 of 4 debtors") && error.contains("T#demo / SETTINGS"), "{error}");
    let (status, _) = fresh.call_webhook(call("POST /v1/payments", Some(TENANT), &json!({ "payments": [] }))).await;
    assert_eq!(status, 500);
    world.mend_item(&damaged).await;
    assert_eq!(fresh.hand(&shards).await, None);
    fresh.rests().await;
    assert_eq!(fresh.mails().len(), 4);
}

#[tokio::test]
async fn what_a_payment_needs_and_cannot_read_holds_up_only_that_payment() {
    let (remittance, reference) = ("T#demo#REMITTANCE#payment/books/P1", "T#demo#REF#INVOICE#main/I1");
    for (pk, sk, attribute) in [
        (remittance, "REMITTANCE", "amount"),
        (reference, "REF", "version"),
        ("T#demo#D#C1", HEAD, "accounts"),
        ("T#demo#D#C1", "LIVE#INVOICE#main/I1", "total"),
    ] {
        let world = World::start().await;
        let Event::Payments(payments) = Scenario::Payments.prepare(&world).await else { panic!() };
        if pk == remittance {
            world.post_payments(json!([payment("P1", "invoice_number", "I1", "40.00")])).await;
        }
        let damaged = world.damage(pk, sk, attribute).await;
        let all = call("POST /v1/payments", Some(TENANT), &json!({ "payments": payments }));
        assert_eq!(world.call_webhook(all).await.0, 500, "{pk} / {sk}");
        assert_eq!(world.stands("I2").await.1, "paid", "{pk}: the others are booked");
        world.mend_item(&damaged).await;
        assert_eq!(world.hand(&Event::Payments(payments)).await, None);
        assert_eq!(world.stands("I1").await, (6_000, "open".to_owned()));
        world.rests().await;
    }
}

#[tokio::test]
async fn a_damaged_debtor_holds_up_no_other_debtors_invoices() {
    for file in [false, true] {
        let world = World::start().await;
        world.post_invoices(json!([document("C1", "I0", "2026-03-02", "5.00")])).await;
        let scenario = if file { Scenario::File } else { Scenario::Invoices };
        let event = scenario.prepare(&world).await;
        let damaged = world.damage(&of("C1"), HEAD, "accounts").await;
        if let Event::Invoices(invoices) = &event {
            let all = call("POST /v1/invoices", Some(TENANT), &json!({ "invoices": invoices }));
            assert_eq!(world.call_ingest(all).await.0, 500);
        } else {
            world.comes_back(&event).await;
        }
        assert_eq!(world.stands("I3").await.0, 7_000);
        world.mend_item(&damaged).await;
        assert_eq!(world.hand(&event).await, None);
        assert_eq!((world.stands("I1").await.0, world.stands("I2").await.0), (6_000, 3_000));
        world.rests().await;
    }
}

/// Three debtors' commits on the stream; the place of the first one of C1, which others follow.
async fn commits() -> (World, Vec<Value>, usize) {
    let world = World::start().await;
    let Event::Stream(records) = Scenario::Stream.prepare(&world).await else { panic!() };
    let place = records.iter().position(|record| record["dynamodb"]["Keys"]["PK"]["S"] == "T#demo#D#C1").unwrap();
    (world, records, place)
}

/// Covers: the others of a batch were neither told nor counted until the stream had halved it down to the damaged one;
/// and once that was given up, every later commit of its debtor failed, for ever.
#[tokio::test]
async fn a_record_that_cannot_be_read_holds_up_nobody_and_is_counted_when_it_is_redriven() {
    let (world, records, place) = commits().await;
    let mut batch = records.clone();
    batch[place]["dynamodb"]["NewImage"]["deltas"] = json!({ "S": "???" });
    let error = world.projector.handle(stream_event(&batch)).await.unwrap_err().to_string();
    assert!(error.starts_with("T#demo#D#C1 / LIVE#DEBTOR: "), "{error}");
    let told = world.outside.take_bus().into_iter().filter(|(kind, _)| kind == "invoice.created").count();
    assert_eq!(told, 2, "the others' events are told");
    // The stream halves the batch until the record is alone, and gives it up; all else goes on.
    for half in [&batch[..place], &batch[place + 1..]] {
        world.projector.handle(stream_event(half)).await.unwrap();
    }
    assert!(world.projector.handle(stream_event(&batch[place..=place])).await.is_err());
    world.post_payments(json!([payment("P7", "invoice_number", "I2", "10.00")])).await;
    assert_eq!(world.read_stream().await, Vec::<Value>::new(), "what follows is no poison");
    // Once a newer version understands it, or someone has mended it, it is handed to the function again, without the
    // time that command lines print as text.
    let mut redriven = records[place].clone();
    redriven["dynamodb"].as_object_mut().unwrap().remove("ApproximateCreationDateTime").unwrap();
    for _ in 0..2 {
        world.projector.handle(stream_event(&[redriven.clone()])).await.unwrap();
        world.assert_counted().await;
    }
    world.projector.handle(stream_event(&records)).await.unwrap();
    world.rests().await;
}

#[tokio::test]
async fn a_change_that_never_came_is_told_once_and_holds_up_nothing() {
    let (world, mut records, place) = commits().await;
    let lost = records.remove(place);
    let error = world.projector.handle(stream_event(&records)).await.unwrap_err().to_string();
    assert!(error.contains("T#demo#D#C1: changes [1] were not delivered"), "{error}");
    world.projector.handle(stream_event(&records)).await.unwrap();
    world.projector.handle(stream_event(&[lost])).await.unwrap();
    world.rests().await;
}

#[tokio::test]
async fn a_damaged_cursor_holds_up_nobody_else() {
    let (world, records, _) = commits().await;
    world.projector.handle(stream_event(&records)).await.unwrap();
    world.post_payments(json!([payment("P7", "debtor_ref", "C1", "10.00")])).await;
    world.post_payments(json!([payment("P8", "invoice_number", "I2", "10.00")])).await;
    let later = world.table.new_heads();
    let damaged = world.damage(&of("C1"), "CURSOR", "version").await;
    let error = world.projector.handle(stream_event(&later)).await.unwrap_err().to_string();
    assert!(error.contains("T#demo#D#C1 / CURSOR: version is not a number"), "{error}");
    world.mend_item(&damaged).await;
    world.projector.handle(stream_event(&later)).await.unwrap();
    world.rests().await;
}

#[tokio::test]
async fn events_that_are_none_are_answered_or_come_back() {
    let world = World::start().await;
    for body in ["", "{}", "null", "{\"detail\":{}}", "\u{0}"] {
        let bodies = [body.to_owned()];
        assert_eq!(world.deliver(&bodies).await, bodies, "{body:?}");
        assert!(world.scan_event(sqs(&bodies)).await.is_err(), "{body:?}");
    }
    for body in ["", "null", "[]", "{\"payments\":7}", "{\"payments\":[7]}"] {
        let asked = call_to("POST /v1/payments", Some(TENANT), &json!({}), &json!({}), body);
        let (status, answer) = world.call_webhook(asked).await;
        let rejected = answer["results"][0]["status"] == "rejected";
        assert!(status == 400 || status == 200 && rejected, "{body:?}: {answer}");
        let asked = call_to("POST /v1/invoices", Some(TENANT), &json!({}), &json!({}), &body.replace("pay", "x"));
        assert_eq!(world.call_ingest(asked).await.0, 400, "{body:?}");
    }
    assert_eq!(world.hand(&Event::Stripe(json!({ "id": "evt_1" }))).await, None, "refused, and Stripe shows it");
    for key in ["", "imports", "imports/demo", "%", "results/demo/x.csv"] {
        let refused = world.ingest_event(object_created(key, b"", 1)).await;
        let Err(error) = refused else { panic!("{key:?}") };
        assert!(error.to_string().contains(&format!("{key:?}")), "{error}");
    }
    assert_eq!(world.table.items().await.len(), 1, "nothing was written");
    let (world, mut records, _) = commits().await;
    records[0]["dynamodb"]["NewImage"] = json!({ "SK": { "S": HEAD } });
    let error = world.projector.handle(stream_event(&records)).await.unwrap_err().to_string();
    assert!(error.starts_with("a record of the stream: "), "{error}");
}
