//! Taking invoices in by `POST /v1/invoices`.

use dunlin_testkit::build::{draft, eur};
use serde_json::{Value, json};

use crate::world::{World, call, call_to, number};

fn invoice(number: &str, changes: Value) -> Value {
    let mut invoice = json!({
        "debtor_ref": "C1", "debtor_name": "Customer 1", "invoice_number": number, "issue_date": "2026-02-01",
        "due_date": "2026-03-03", "currency": "EUR", "amount": "120.00",
    });
    for (field, value) in changes.as_object().unwrap() {
        invoice[field] = value.clone();
    }
    invoice
}

fn counts(answer: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "rejected"].map(|name| answer[name].as_u64().unwrap())
}

#[tokio::test]
async fn each_invoice_gets_its_answer() {
    let world = World::start().await;
    let first = json!([
        invoice("I1", json!({})),
        invoice("I2", json!({ "amount": "1.005" })),
        invoice("I3", json!({ "debtor_ref": "C2" }))
    ]);
    let answer = world.post_invoices(first.clone()).await;
    assert_eq!(counts(&answer), [2, 0, 0, 1]);
    assert_eq!(answer["results"][1]["errors"][0]["field"], "amount");
    assert!(answer["results"][1]["errors"][0]["reason"].as_str().unwrap().contains("2 decimals of EUR"));
    let second =
        json!([invoice("I1", json!({ "due_date": "2026-04-01" })), invoice("I3", json!({ "debtor_ref": "C2" }))]);
    assert_eq!(counts(&world.post_invoices(second).await), [0, 1, 1, 0]);
    assert_eq!(world.invoice("I1").await["due_date"], "2026-04-01");
}

#[tokio::test]
async fn sending_again_changes_nothing() {
    let world = World::start().await;
    let note = json!({
        "document": "credit_note", "debtor_ref": "C1", "invoice_number": "CN1", "issue_date": "2026-02-05",
        "currency": "EUR", "amount": "20.00", "applies_to": "I1",
    });
    let all: Vec<Value> = (1..=60).map(|n| invoice(&format!("I{n}"), json!({}))).chain([note]).collect();
    assert_eq!(counts(&world.post_invoices(json!(all)).await), [61, 0, 0, 0]);
    let before = world.table.items().await;
    assert_eq!(counts(&world.post_invoices(json!(all)).await), [0, 0, 61, 0]);
    assert_eq!(world.table.items().await.len(), before.len());
    assert_eq!(world.table.items().await, before, "not even a version has moved");
    assert_eq!(world.stands("I1").await, (10_000, "open".to_owned()));
}

#[tokio::test]
async fn every_kind_of_broken_invoice_is_rejected_with_its_field() {
    let world = World::start().await;
    let broken = [
        ("issue_date", json!({ "issue_date": "01.02.2026" })),
        ("due_date", json!({ "due_date": "2026-02-30" })),
        ("due_date", json!({ "due_date": "2026-01-31" })),
        ("currency", json!({ "currency": "EURO" })),
        ("amount", json!({ "amount": "12.345" })),
        ("amount", json!({ "amount": "-5.00" })),
        ("amount", json!({ "amount": "0" })),
        ("amount", json!({ "amount": 12.5 })),
        ("amount", json!({ "currency": "JPY", "amount": "12.5" })),
        ("debtor_ref", json!({ "debtor_ref": "" })),
        ("email", json!({ "email": "nobody" })),
        ("phone", json!({ "phone": "0123" })),
        ("time_zone", json!({ "time_zone": "Mars/Olympus" })),
        ("country", json!({ "country": "Germany" })),
        ("portfolio", json!({ "portfolio": "Main Street" })),
        ("amuont", json!({ "amuont": "5" })),
        ("document", json!({ "document": "order" })),
    ];
    let all: Vec<Value> = broken.iter().map(|(_, changes)| invoice("I1", changes.clone())).collect();
    let answer = world.post_invoices(json!(all)).await;
    assert_eq!(counts(&answer), [0, 0, 0, u64::try_from(broken.len()).unwrap()]);
    for ((field, changes), result) in broken.iter().zip(answer["results"].as_array().unwrap()) {
        assert_eq!(result["errors"][0]["field"], *field, "{changes}: {result}");
        assert!(!result["errors"][0]["reason"].as_str().unwrap().is_empty());
    }
    assert_eq!(world.table.items().await.len(), 1, "nothing but the tenant is in the table");
}

#[tokio::test]
async fn a_number_means_one_thing_in_a_call_and_belongs_to_one_debtor() {
    let world = World::start().await;
    let all = json!([invoice("I1", json!({})), invoice("I1", json!({ "amount": "99.00" })), invoice("I1", json!({}))]);
    let answer = world.post_invoices(all).await;
    assert_eq!(counts(&answer), [1, 0, 1, 1], "the first stands, its repetition is no news");
    assert_eq!(world.stands("I1").await.0, 12_000);
    let answer = world.post_invoices(json!([invoice("I1", json!({ "debtor_ref": "C2" }))])).await;
    assert_eq!(answer["results"][0]["errors"][0]["field"], "invoice_number", "{answer}");
    let answer = world.post_invoices(json!([invoice("I1", json!({ "currency": "USD" }))])).await;
    assert_eq!(answer["results"][0]["errors"][0]["field"], "currency", "{answer}");
}

#[tokio::test]
async fn a_call_that_cannot_be_read_is_a_problem() {
    let world = World::start().await;
    let bodies = ["", "[]", "{\"invoices\":{}}", "{\"invoice\":[]}", "{\"invoices\":[{]}"];
    for body in bodies {
        let request = call_to("POST /v1/invoices", Some("demo"), &json!({}), &json!({}), body);
        let (status, problem) = world.call_ingest(request).await;
        assert_eq!((status, &problem["title"]), (400, &json!("The request cannot be read")), "{body}");
    }
    let answer = world.post_invoices(json!([7, "x", null])).await;
    assert_eq!(counts(&answer), [0, 0, 0, 3]);
    let many: Vec<Value> = (0..501).map(|n| invoice(&format!("I{n}"), json!({}))).collect();
    let (status, _) = world.call_ingest(call("POST /v1/invoices", Some("demo"), &json!({ "invoices": many }))).await;
    assert_eq!(status, 413);
    assert_eq!(world.table.items().await.len(), 1);
}

#[tokio::test]
async fn a_body_in_base64_is_the_same_body() {
    let world = World::start().await;
    let mut request = call("POST /v1/invoices", Some("demo"), &json!({}));
    request["isBase64Encoded"] = json!(true);
    request["body"] = json!("eyJpbnZvaWNlcyI6W119"); // {"invoices":[]}
    assert_eq!(world.call_ingest(request.clone()).await.0, 200);
    request["body"] = json!("!");
    assert_eq!(world.call_ingest(request).await.0, 400);
}

#[tokio::test]
async fn five_hundred_invoices_of_one_debtor_are_cut_into_commits() {
    let world = World::start().await;
    let day = |n: u32| format!("2026-{:02}-{:02}", 4 + n / 28, 1 + n % 28);
    let all: Vec<Value> = (0..150).map(|n| invoice(&format!("I{n}"), json!({ "due_date": day(n) }))).collect();
    assert_eq!(counts(&world.post_invoices(json!(all)).await), [150, 0, 0, 0]);
    let debtor = world.debtor("C1").await;
    assert_eq!(debtor.invoices.len(), 150);
    world.pump().await;
    assert_eq!(world.told("invoice.created"), 150);
}

#[tokio::test]
async fn a_changed_total_is_booked_as_the_difference() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    world.has([draft("C1", "I1").total(eur("80.00")).build()]).await;
    assert_eq!(world.stands("I1").await, (8_000, "open".to_owned()));
    let entries = world.past("C1", "ENTRY").await;
    let amounts: Vec<i64> = entries.iter().map(|entry| number(entry, "amount")).collect();
    assert_eq!(amounts, [10_000, -2_000]);
}

#[tokio::test]
async fn a_credit_note_may_come_before_its_invoice() {
    let world = World::start().await;
    let note = json!([{
        "document": "credit_note", "debtor_ref": "C1", "invoice_number": "CN1", "issue_date": "2026-02-05",
        "currency": "EUR", "amount": "120.00", "applies_to": "I1",
    }]);
    assert_eq!(counts(&world.post_invoices(note).await), [1, 0, 0, 0]);
    world.post_invoices(json!([invoice("I1", json!({}))])).await;
    assert_eq!(world.stands("I1").await, (0, "credited".to_owned()));
}
