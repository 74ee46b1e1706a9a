//! Payments on account: where they go, what is remembered of it, and how they come back.

use dunlin_testkit::build::draft;
use serde_json::{Value, json};

use crate::world::{World, call_to};

fn payment(changes: Value) -> Value {
    let mut payment = json!({
        "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-01", "amount": "250.00", "currency": "EUR",
    });
    for (field, value) in changes.as_object().unwrap() {
        payment[field] = value.clone();
    }
    payment
}

/// Three invoices of 100.00, I1 the oldest, and a payment told in these words, one after the other.
async fn told(words: &[Value]) -> World {
    let world = World::start().await;
    let due = ["2026-02-26", "2026-02-27", "2026-02-28"];
    world
        .has((1..=3).zip(due).map(|(n, due)| draft("C1", &format!("I{n}")).issued("2026-02-01").due(due).build()))
        .await;
    for word in words {
        let results = world.post_payments(json!([payment(word.clone())])).await;
        assert_ne!(results[0]["status"], "rejected", "{results:?}");
    }
    world
}

/// Balances of the three, and the account's unapplied credit.
async fn stands(world: &World) -> ([i64; 3], i64) {
    let balances = [world.stands("I1").await.0, world.stands("I2").await.0, world.stands("I3").await.0];
    world.assert_ledger().await;
    let debtor = world.debtor("C1").await;
    let account = debtor.accounts.values().next().unwrap();
    assert!(account.allocating.is_empty(), "nothing is left to do");
    (balances, account.credit.minor())
}

async fn shown(world: &World, query: Value) -> Value {
    let route = "GET /v1/payments/{ref}";
    let (status, payment) = world.call_api(call_to(route, Some("demo"), &json!({ "ref": "P1" }), &query, "")).await;
    assert_eq!(status, 200, "{payment}");
    payment
}

#[tokio::test]
async fn a_payment_goes_where_it_says_and_the_rest_by_the_method() {
    let part = |number: &str, amount: &str| json!({ "invoice_number": number, "amount": amount });
    for (word, expected, credit) in [
        (json!({}), [0, 0, 5_000], 0),
        (json!({ "allocations": [part("I3", "100"), part("I9", "50"), part("I2", "60")] }), [6_000, 4_000, 0], 5_000),
        (json!({ "invoice_numbers": "I3; I2" }), [5_000, 0, 0], 0),
        (json!({ "allocate_by": "proportional" }), [1_666, 1_667, 1_667], 0),
    ] {
        let world = told(std::slice::from_ref(&word)).await;
        assert_eq!(stands(&world).await, (expected, credit), "{word}");
    }
}

/// Covers: money for an invoice that came later had settled another.
#[tokio::test]
async fn what_is_meant_for_an_invoice_waits_for_it() {
    let part = |number: &str, amount: &str| json!({ "invoice_number": number, "amount": amount });
    let late = |number: &str| draft("C1", number).issued("2026-02-01").due("2026-02-28").build();
    for (word, before, after) in [
        (json!({ "allocations": [part("I9", "100")] }), ([0, 5_000, 10_000], 10_000), ([0, 5_000, 10_000], 0)),
        (json!({ "allocations": [part("I9", "130")] }), ([0, 8_000, 10_000], 13_000), ([0, 5_000, 10_000], 0)),
        (json!({ "invoice_numbers": "I2; I9" }), ([10_000, 0, 10_000], 15_000), ([5_000, 0, 10_000], 0)),
    ] {
        let world = told(std::slice::from_ref(&word)).await;
        assert_eq!(stands(&world).await, before, "{word}");
        world.has([late("I9")]).await;
        assert_eq!((stands(&world).await, world.stands("I9").await.0), (after, 0), "{word}");
        world.has([late("I8")]).await;
        assert_eq!(world.stands("I8").await.0, 10_000, "nobody meant this one");
        let mut returned = payment(word);
        returned["status"] = json!("returned");
        world.post_payments(json!([returned])).await;
        assert_eq!((stands(&world).await, world.stands("I9").await.0), (([10_000; 3], 0), 10_000));
    }
}

/// Covers: a payment that named an invoice which was given up became unapplied credit.
#[tokio::test]
async fn a_payment_makes_good_what_was_given_up_where_it_is_named() {
    let world = told(&[]).await;
    let order = json!({ "invoice_number": "I1", "currency": "EUR", "reason": "bankrupt" }).to_string();
    let mut order =
        call_to("POST /v1/debtors/{id}/write-offs", Some("demo"), &json!({ "id": "C1" }), &json!({}), &order);
    order["headers"]["idempotency-key"] = json!("w1");
    assert_eq!(world.call_api(order).await.0, 201);
    let named = json!([{ "invoice_number": "I1", "amount": "60.00" }]);
    world.post_payments(json!([payment(json!({ "amount": "60.00", "allocations": named }))])).await;
    assert_eq!(
        (stands(&world).await, world.stands("I1").await.1),
        (([0, 10_000, 10_000], 0), "written_off".to_owned())
    );
    assert_eq!(world.invoice("I1").await["paid"], json!(6_000));
}

#[tokio::test]
async fn a_file_names_invoices_too() {
    let world = told(&[]).await;
    let file = "payment_ref,debtor_ref,invoice_numbers,paid_on,amount,currency\nP1,C1,I3;I2,2026-03-01,150.00,EUR\n";
    let event = world.put("imports/demo/payments/a.csv", file.as_bytes());
    world.ingest_event(event).await.unwrap();
    world.run_imports().await;
    assert_eq!(stands(&world).await, ([10_000, 0, 5_000], 0));
}

#[tokio::test]
async fn the_tenants_own_method_is_a_setting() {
    let world = told(&[]).await;
    world.table.add_tenant("demo", &[("allocation_method", "proportional")]).await;
    world.post_payments(json!([payment(json!({ "amount": "30.00" }))])).await;
    assert_eq!(stands(&world).await, ([9_000, 9_000, 9_000], 0));
}

#[tokio::test]
async fn a_payment_shows_what_it_settled_and_what_came_back() {
    let world = told(&[json!({ "amount": "310.00" }), json!({ "amount": "310.00", "refunded": "130.00" })]).await;
    let payment = shown(&world, json!({})).await;
    assert_eq!((&payment["status"], &payment["debtor_ref"]), (&json!("settled"), &json!("C1")));
    let allocation = &payment["allocations"][0];
    assert_eq!(allocation["credit"], "10.00");
    let line =
        |n: usize| (allocation["invoices"][n]["invoice_number"].clone(), allocation["invoices"][n]["left"].clone());
    assert_eq!(
        [line(0), line(1), line(2)],
        [("I1", "100.00"), ("I2", "80.00"), ("I3", "0.00")].map(|(number, left)| (json!(number), json!(left)))
    );
    assert_eq!(allocation["invoices"][2]["refunded"], "100.00");
    let missing = call_to("GET /v1/payments/{ref}", Some("demo"), &json!({ "ref": "P9" }), &json!({}), "");
    assert_eq!(world.call_api(missing).await.0, 404);
}

#[tokio::test]
async fn a_returned_debit_reopens_and_is_chased_a_contest_is_not() {
    let world = told(&[json!({}), json!({ "status": "returned", "reversed_on": "2026-03-02" })]).await;
    assert_eq!(stands(&world).await, ([10_000; 3], 0));
    world.hour("2026-03-03T08:00:00Z").await;
    assert!(world.mails()[0].text.contains("Total: EUR 300.00"), "{:?}", world.mails());
    let back: Vec<Value> = world.past("C1", "ENTRY").await.into_iter().map(Value::Object).collect();
    let back = back.iter().filter(|entry| entry["kind"] == "chargeback");
    assert!(back.clone().all(|entry| entry["on"] == "2026-03-02") && back.count() == 3);

    let contested = json!({ "chargeback": "open", "chargeback_amount": "120.00" });
    let world = told(&[json!({}), contested.clone()]).await;
    assert_eq!(stands(&world).await, ([0, 7_000, 10_000], 0));
    world.hour("2026-03-03T08:00:00Z").await;
    assert!(world.mails().is_empty(), "what is contested is not asked for: {:?}", world.mails());
    let won =
        world.post_payments(json!([payment(json!({ "chargeback": "won", "chargeback_amount": "120.00" }))])).await;
    assert_eq!(won[0]["status"], "updated");
    assert_eq!(stands(&world).await, ([0, 0, 5_000], 0));
}

/// Covers: what came back of a payment on account before it was said to have settled was forgotten.
#[tokio::test]
async fn what_is_told_early_counts_when_the_payment_comes() {
    let world = told(&[json!({ "status": "pending", "refunded": "40.00" }), json!({ "status": "settled" })]).await;
    assert_eq!(stands(&world).await, ([0, 0, 9_000], 0));
    assert_eq!(world.invoice("I3").await["refunded"], json!(4_000));
}
