//! Orders about unapplied credit: checked, shown before, carried out once.

use dunlin_testkit::build::draft;
use serde_json::{Value, json};

use crate::world::{World, call_to};

const APPLY: &str = "POST /v1/debtors/{id}/credit/applications";
const MOVE: &str = "POST /v1/debtors/{id}/credit/transfers";
const REFUND: &str = "POST /v1/debtors/{id}/credit/refunds";

/// A debtor with a credit of 150.00, then two invoices of 100.00.
async fn credited() -> World {
    let world = World::start().await;
    let paid = json!({ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-01", "amount": "150.00", "currency": "EUR" });
    world.post_payments(json!([paid])).await;
    world.has(["I1", "I2"].map(|number| draft("C1", number).issued("2026-02-01").build())).await;
    world
}

async fn order(world: &World, route: &str, key: Option<&str>, query: Value, body: Value) -> (i64, Value) {
    let mut call = call_to(route, Some("demo"), &json!({ "id": "C1" }), &query, &body.to_string());
    if let Some(key) = key {
        call["headers"]["idempotency-key"] = json!(key);
    }
    world.call_api(call).await
}

async fn stands(world: &World) -> (i64, i64, i64) {
    world.assert_ledger().await;
    let debtor = world.debtor("C1").await;
    let credit = debtor.accounts.values().next().unwrap().credit.minor();
    (world.stands("I1").await.0, world.stands("I2").await.0, credit)
}

#[tokio::test]
async fn an_order_is_carried_out_once_and_as_it_was_shown() {
    let world = credited().await;
    let body = json!({ "currency": "EUR", "amount": "120.00" });
    let before = world.table.items().await;
    let (status, shown) = order(&world, APPLY, Some("k1"), json!({ "preview": "true" }), body.clone()).await;
    assert_eq!((status, &shown["status"]), (200, &json!("preview")));
    assert_eq!(world.table.items().await, before, "a preview writes nothing");
    let entries = world.past("C1", "ENTRY").await.len();
    assert_eq!(order(&world, APPLY, Some("k1"), json!({}), body.clone()).await.1["status"], "done");
    assert_eq!(stands(&world).await, (0, 8_000, 3_000));
    let posted = world.past("C1", "ENTRY").await.split_off(entries);
    let amounts = |entries: &[Value]| entries.iter().map(|entry| entry["amount"].clone()).collect::<Vec<_>>();
    assert_eq!(amounts(shown["entries"].as_array().unwrap()), [json!("-100.00"), json!("-20.00"), json!("120.00")]);
    let posted: Vec<i64> = posted.iter().map(|entry| entry["amount"].as_i64().unwrap()).collect();
    assert_eq!(posted, [-10_000, -2_000, 12_000]);
    let (_, again) = order(&world, APPLY, Some("k1"), json!({}), body).await;
    assert_eq!((&again["status"], &again["repeated"]), (&json!("done"), &json!(true)));
    assert_eq!(stands(&world).await, (0, 8_000, 3_000));
}

/// The invoice is closed by then.
#[tokio::test]
async fn credit_makes_good_what_was_given_up_where_it_is_named() {
    let world = credited().await;
    let given_up = json!({ "invoice_number": "I1", "currency": "EUR", "reason": "bankrupt" });
    assert_eq!(order(&world, "POST /v1/debtors/{id}/write-offs", Some("w1"), json!({}), given_up).await.0, 201);
    let named = json!({ "currency": "EUR", "invoice_numbers": "I1" });
    let (status, done) = order(&world, APPLY, Some("k1"), json!({}), named.clone()).await;
    assert_eq!((status, done["entries"].as_array().unwrap().len()), (200, 3), "{done}");
    assert_eq!(stands(&world).await, (0, 10_000, 5_000));
    assert_eq!(world.stands("I1").await.1, "paid");
    let (status, problem) = order(&world, APPLY, Some("k2"), json!({}), named).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("invoice_numbers")), "it takes no more");
}

#[tokio::test]
async fn credit_is_moved_and_paid_back() {
    let world = credited().await;
    let moved = json!({ "currency": "EUR", "amount": "40.00", "to_portfolio": "other" });
    assert_eq!(order(&world, MOVE, Some("k1"), json!({}), moved).await.0, 200);
    assert_eq!(order(&world, REFUND, Some("k2"), json!({}), json!({ "currency": "EUR" })).await.0, 200);
    assert_eq!(stands(&world).await, (10_000, 10_000, 0));
    let debtor = world.debtor("C1").await;
    let credits: Vec<i64> = debtor.accounts.values().map(|account| account.credit.minor()).collect();
    assert_eq!(credits, [0, 4_000]);
    assert_eq!(world.past("C1", "ENTRY").await.iter().filter(|entry| entry["kind"] == "refund").count(), 1);
}

#[tokio::test]
async fn an_order_that_is_wrong_says_where() {
    let world = credited().await;
    let before = world.table.items().await;
    let part = json!([{ "invoice_number": "I1", "amount": "x" }]);
    let unknown = json!([{ "invoice_number": "I9", "amount": "5.00" }]);
    for (route, key, query, body, status, field) in [
        (APPLY, None, json!({}), json!({ "currency": "EUR" }), 400, "Idempotency-Key"),
        (APPLY, Some("k"), json!({ "preview": "perhaps" }), json!({ "currency": "EUR" }), 400, "preview"),
        (APPLY, Some("k"), json!({}), json!({}), 422, "currency"),
        (APPLY, Some("k"), json!({}), json!({ "currency": "EUR", "amount": "150.01" }), 422, "amount"),
        (APPLY, Some("k"), json!({}), json!({ "currency": "USD" }), 422, "amount"),
        (APPLY, Some("k"), json!({}), json!({ "currency": "EUR", "allocations": part }), 422, "allocations[0].amount"),
        (APPLY, Some("k"), json!({}), json!({ "currency": "EUR", "to_portfolio": "x" }), 422, "to_portfolio"),
        (APPLY, Some("k"), json!({}), json!({ "currency": "EUR", "invoice_numbers": "I1;I9" }), 422, "invoice_numbers"),
        (APPLY, Some("k"), json!({}), json!({ "currency": "EUR", "allocations": unknown }), 422, "allocations"),
        (MOVE, Some("k"), json!({}), json!({ "currency": "EUR" }), 422, "to_portfolio"),
        (MOVE, Some("k"), json!({}), json!({ "currency": "EUR", "to_portfolio": "main" }), 422, "to_portfolio"),
        (REFUND, Some("k"), json!({}), json!({ "currency": "EUR", "allocations": [] , "on": "soon" }), 422, "on"),
        (REFUND, Some("k"), json!({}), json!({ "currency": "EUR", "on": "2999-01-01" }), 422, "on"),
    ] {
        let (got, problem) = order(&world, route, key, query, body.clone()).await;
        assert_eq!((got, &problem["errors"][0]["field"]), (status, &json!(field)), "{route} {body}: {problem}");
    }
    let nobody = call_to(REFUND, Some("demo"), &json!({ "id": "C9" }), &json!({}), r#"{"currency":"EUR"}"#);
    let mut nobody = nobody;
    nobody["headers"]["idempotency-key"] = json!("k");
    assert_eq!(world.call_api(nobody).await.0, 404);
    assert_eq!(world.table.items().await, before);
}
