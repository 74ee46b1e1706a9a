//! Previews of what is handed in: nothing is written, and what is shown is what is booked then.

use dunlin_testkit::build::draft;
use serde_json::{Value, json};

use crate::world::{World, call_to};

const INVOICES: &str = "POST /v1/invoices";
const PAYMENTS: &str = "POST /v1/payments";

async fn hand_in(world: &World, route: &str, what: &Value, query: Value) -> (i64, Value) {
    let call = call_to(route, Some("demo"), &json!({}), &query, &what.to_string());
    if route == INVOICES { world.call_ingest(call).await } else { world.call_webhook(call).await }
}

/// Shows it, and then books it; the answer is what was shown.
async fn shown_and_booked(world: &World, route: &str, what: Value) -> Value {
    let before = world.table.items().await;
    let booked = world.past("C1", "ENTRY").await.len();
    let (status, shown) = hand_in(world, route, &what, json!({ "preview": "true" })).await;
    assert_eq!((status, &shown["preview"]), (200, &json!(true)), "{shown}");
    assert_eq!(world.table.items().await, before, "nothing is written");
    let (status, answer) = hand_in(world, route, &what, json!({})).await;
    assert_eq!((status, &answer["results"]), (200, &shown["results"]), "{answer}");
    let amounts = |entries: &[Value]| {
        let minor = |entry: &Value| entry["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        entries.iter().map(minor).collect::<Vec<_>>()
    };
    let entries = world.past("C1", "ENTRY").await.split_off(booked);
    let entries: Vec<i64> = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).collect();
    assert_eq!(amounts(shown["entries"].as_array().unwrap()), entries);
    world.assert_ledger().await;
    shown
}

#[tokio::test]
async fn invoices_are_shown_before_they_are_booked_and_voided() {
    let world = World::start().await;
    let row = |kind: &str, number: &str, status: &str| {
        json!({
            "document": kind, "debtor_ref": "C1", "debtor_name": "One", "invoice_number": number,
            "issue_date": "2026-02-01", "currency": "EUR", "amount": "100.00", "status": status,
        })
    };
    let invoice = |number: &str, status: &str| {
        let mut row = row("invoice", number, status);
        row["due_date"] = json!("2026-02-20");
        row
    };
    let all = json!({ "invoices": [invoice("I1", "open"), invoice("I2", ""), row("credit_note", "N1", "")] });
    let shown = shown_and_booked(&world, INVOICES, all).await;
    assert_eq!(shown["created"], 3, "{shown}");
    let note = json!({ "invoices": [row("credit_note", "N1", "void")] });
    assert_eq!(shown_and_booked(&world, INVOICES, note).await["updated"], 1);
    assert_eq!(world.debtor("C1").await.accounts.values().next().unwrap().credit.minor(), 0, "it is taken back");
    let void = json!({ "invoices": [invoice("I1", "void")] });
    assert_eq!(shown_and_booked(&world, INVOICES, void).await["updated"], 1);
    assert_eq!(world.stands("I1").await, (0, "void".to_owned()));
    let (_, again) = hand_in(&world, INVOICES, &json!({ "invoices": [invoice("I1", "open")] }), json!({})).await;
    assert_eq!((&again["unchanged"], world.stands("I1").await.0), (&json!(1), 0), "what is void stays so: {again}");
    let (_, wrong) = hand_in(&world, INVOICES, &json!({ "invoices": [invoice("I3", "paid")] }), json!({})).await;
    assert_eq!(wrong["results"][0]["errors"][0]["field"], "status");
}

#[tokio::test]
async fn a_payment_of_many_commits_is_shown_whole() {
    let world = World::start().await;
    let tenancy = world.tenancy().await;
    let drafts: Vec<_> = (0..100).map(|n| draft("C1", &format!("I{n:03}")).issued("2026-02-01").build()).collect();
    let books = world.table.books();
    books.record_invoices(&tenancy, &drafts[0].debtor.clone(), &drafts, None, world.now()).await.unwrap();
    let paid = json!({
        "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-01", "amount": "10000.00", "currency": "EUR",
    });
    let shown = shown_and_booked(&world, PAYMENTS, json!({ "payments": [paid] })).await;
    let on_invoices = shown["entries"].as_array().unwrap().iter().filter(|entry| entry["invoice_number"].is_string());
    assert_eq!(on_invoices.count(), 100);
    let more = |reference: &str| json!({ "payment_ref": reference, "invoice_number": "N1", "paid_on": "2026-03-01", "amount": "60.00", "currency": "EUR" });
    world.has([draft("C1", "N1").issued("2026-02-01").build()]).await;
    let shown = shown_and_booked(&world, PAYMENTS, json!({ "payments": [more("P2"), more("P3")] })).await;
    assert_eq!(shown["entries"].as_array().unwrap().len(), 4, "the second pays too much: {shown}");
    let (_, problem) = hand_in(&world, PAYMENTS, &json!({ "payments": [] }), json!({ "dry_run": "true" })).await;
    assert_eq!((&problem["status"], &problem["errors"][0]["field"]), (&json!(400), &json!("dry_run")), "{problem}");
}

#[tokio::test]
async fn what_time_books_with_an_order_is_shown_with_it() {
    let world = World::start().await;
    let call = |route: &str, key: &str, query: Value, body: Value| {
        let mut call = call_to(route, Some("demo"), &json!({ "id": "C1" }), &query, &body.to_string());
        call["headers"]["idempotency-key"] = key.into();
        world.call_api(call)
    };
    let paid = json!({ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-01", "amount": "120.00", "currency": "EUR" });
    world.post_payments(json!([paid])).await;
    world.has([draft("C1", "I1").issued("2026-02-01").build(), draft("C1", "I2").issued("2026-02-01").build()]).await;
    let accepts = json!({ "currency": "EUR", "accepts": "120.00", "by": "2026-03-31" });
    let (status, made) = call("POST /v1/debtors/{id}/settlements", "s", json!({}), accepts).await;
    assert_eq!(status, 201, "{made}");
    let order = json!({ "currency": "EUR", "amount": "120.00" });
    let apply = "POST /v1/debtors/{id}/credit/applications";
    let (_, shown) = call(apply, "a", json!({ "preview": "true" }), order.clone()).await;
    let (_, done) = call(apply, "a", json!({}), order).await;
    assert_eq!((&shown["entries"], &done["status"]), (&done["entries"], &json!("done")));
    let kinds: Vec<&str> =
        done["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"write_off"), "the settlement is paid: {done}");
    assert_eq!((world.stands("I1").await.0, world.stands("I2").await.0), (0, 0));
}

#[tokio::test]
async fn a_payment_that_settled_does_not_fail() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    let told = |status: &str| {
        json!([{
            "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-01", "amount": "100.00", "currency": "EUR",
            "status": status,
        }])
    };
    world.post_payments(told("settled")).await;
    let failed = world.post_payments(told("failed")).await;
    let error = &failed[0]["errors"][0];
    assert_eq!((&failed[0]["status"], &error["field"]), (&json!("rejected"), &json!("status")), "{failed:?}");
    assert!(error["reason"].as_str().unwrap().contains("returned"), "{error}");
    assert_eq!(world.stands("I1").await.0, 0);
    world.post_payments(told("returned")).await;
    assert_eq!(world.stands("I1").await.0, 10_000);
}
