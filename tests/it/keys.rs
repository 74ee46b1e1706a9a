//! `Idempotency-Key`: it means one call, for as long as it has to.

use dunlin_testkit::build::draft;
use serde_json::{Value, json};

use crate::world::{World, call_to};

/// `C1` owes 100.00 on `I1` and on `I2`, and so does `C2` on `J1`.
async fn world() -> World {
    let world = World::start().await;
    world.has([("C1", "I1"), ("C1", "I2"), ("C2", "J1")].map(|(whose, number)| draft(whose, number).build())).await;
    world
}

async fn keyed(world: &World, route: &str, path: Value, body: Value, (key, query): (&str, Value)) -> (i64, Value) {
    let mut request = call_to(route, Some("demo"), &path, &query, &body.to_string());
    request["headers"]["idempotency-key"] = key.into();
    world.call_api(request).await
}

fn of(debtor: &str) -> Value {
    json!({ "id": debtor })
}

const HOLDS: &str = "POST /v1/debtors/{id}/holds";
const LIFT: &str = "DELETE /v1/debtors/{id}/holds/{hold}";
const PROMISES: &str = "POST /v1/debtors/{id}/promises";
const WRITE_OFFS: &str = "POST /v1/debtors/{id}/write-offs";
const REVERSALS: &str = "POST /v1/debtors/{id}/write-offs/reversals";
const APPLY: &str = "POST /v1/debtors/{id}/credit/applications";
const REFUND: &str = "POST /v1/debtors/{id}/credit/refunds";

#[tokio::test]
async fn another_call_under_a_key_is_refused_and_does_nothing() {
    let world = world().await;
    let given_up = |number: &str| json!({ "invoice_number": number, "currency": "EUR", "reason": "goodwill" });
    let mut holds = Vec::new();
    for key in ["h1", "h2"] {
        holds.push(keyed(&world, HOLDS, of("C1"), json!({ "reason": "manual" }), (key, json!({}))).await.1);
    }
    let hold = |n: usize| json!({ "id": "C1", "hold": holds[n]["hold"]["id"] });
    assert_eq!(keyed(&world, LIFT, hold(0), json!(null), ("k", json!({}))).await.0, 200);
    let before = world.table.items().await;
    let manual = json!({ "reason": "manual" });
    for (route, path, body) in [
        (LIFT, hold(1), json!(null)),
        (LIFT, hold(0), json!({})),
        (HOLDS, of("C1"), manual.clone()),
        (HOLDS, of("C2"), manual),
        (WRITE_OFFS, of("C1"), given_up("I1")),
        (REFUND, of("C1"), json!({ "currency": "EUR" })),
    ] {
        let (status, problem) = keyed(&world, route, path, body.clone(), ("k", json!({}))).await;
        let field = &problem["errors"][0]["field"];
        assert_eq!((status, field), (422, &json!("Idempotency-Key")), "{route} {body}: {problem}");
    }
    assert_eq!(world.table.items().await, before);
    assert_eq!(keyed(&world, WRITE_OFFS, of("C1"), given_up("I1"), ("w", json!({}))).await.0, 201);
    assert_eq!(keyed(&world, WRITE_OFFS, of("C1"), given_up("I2"), ("w", json!({}))).await.0, 422, "another invoice");
    assert_eq!(world.stands("I2").await.0, 10_000);
}

#[tokio::test]
async fn a_repeat_answers_what_the_first_answered() {
    let world = world().await;
    let body = json!({ "invoice_number": "I1", "currency": "EUR", "amount": "30.00", "reason": "goodwill" });
    let (status, first) = keyed(&world, WRITE_OFFS, of("C1"), body.clone(), ("k", json!({}))).await;
    assert_eq!((status, &first["repeated"]), (201, &json!(false)), "{first}");
    let (status, again) = keyed(&world, WRITE_OFFS, of("C1"), body, ("k", json!({}))).await;
    assert_eq!((status, &again["repeated"]), (201, &json!(true)), "{again}");
    assert_eq!((&again["entries"], &again["write_off"]), (&first["entries"], &first["write_off"]));
    assert_eq!(first["entries"][0]["reference"], first["write_off"]["id"], "the entry refers to its order");
    assert_eq!(world.stands("I1").await.0, 7_000);

    let promise = json!({ "currency": "EUR", "amount": "10.00", "by": "2026-03-31" });
    let (_, made) = keyed(&world, PROMISES, of("C1"), promise.clone(), ("p", json!({}))).await;
    let id = &made["promise"]["id"];
    let route = "DELETE /v1/debtors/{id}/agreements/{agreement}";
    let call = call_to(route, Some("demo"), &json!({ "id": "C1", "agreement": id }), &json!({}), "");
    assert_eq!(world.call_api(call).await.0, 200);
    let (status, again) = keyed(&world, PROMISES, of("C1"), promise, ("p", json!({}))).await;
    let told = (status, &again["promise"]["id"], &again["promise"]["over"]);
    assert_eq!(told, (201, id, &json!(true)), "{again}");
    let route = "PUT /v1/debtors/{id}";
    for repeated in [false, true] {
        let (status, answer) = keyed(&world, route, of("C9"), json!({ "name": "Nine" }), ("n", json!({}))).await;
        assert_eq!((status, &answer["repeated"]), (201, &json!(repeated)), "{answer}");
    }
}

#[tokio::test]
async fn a_dispute_is_decided_once_for_its_key() {
    let world = world().await;
    let dispute = json!({ "currency": "EUR", "invoice_number": "I1", "amount": "40.00", "reason": "defective" });
    let (_, opened) = keyed(&world, "POST /v1/debtors/{id}/disputes", of("C1"), dispute, ("d", json!({}))).await;
    let path = json!({ "id": "C1", "dispute": opened["dispute"]["id"] });
    let route = "POST /v1/debtors/{id}/disputes/{dispute}/resolution";
    let mut entries = Vec::new();
    for repeated in [false, true] {
        let (status, decided) =
            keyed(&world, route, path.clone(), json!({ "outcome": "accepted" }), ("r", json!({}))).await;
        assert_eq!((status, &decided["repeated"]), (200, &json!(repeated)), "{decided}");
        entries.push(decided["entries"].clone());
    }
    assert_eq!(entries[0], entries[1]);
    assert_eq!(world.stands("I1").await.0, 6_000, "credited once");
    let other = json!({ "outcome": "rejected" });
    assert_eq!(keyed(&world, route, path.clone(), other.clone(), ("r", json!({}))).await.0, 422);
    assert_eq!(keyed(&world, route, path, other, ("r2", json!({}))).await.0, 404, "it is decided");
}

#[tokio::test]
async fn orders_about_money_count_once_for_good() {
    let world = world().await;
    let paid = json!({ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-01", "amount": "260.00", "currency": "EUR" });
    world.post_payments(json!([paid])).await;
    let order = json!({ "currency": "EUR", "amount": "20.00" });
    let (status, first) = keyed(&world, REFUND, of("C1"), order.clone(), ("c", json!({}))).await;
    assert_eq!((status, &first["status"], &first["repeated"]), (200, &json!("done"), &json!(false)), "{first}");
    let owed = json!({ "invoice_number": "J1", "currency": "EUR", "amount": "10.00", "reason": "goodwill" });
    keyed(&world, WRITE_OFFS, of("C2"), owed.clone(), ("w", json!({}))).await;
    keyed(&world, HOLDS, of("C1"), json!({ "reason": "manual" }), ("h", json!({}))).await;
    // Nothing in the table says of them when they end, as it does of what is harmless when it is done again.
    let receipts = world.table.items().await.into_iter().filter(|item| item["SK"] == "RECEIPT");
    let kept: Vec<(Value, bool)> = receipts.map(|item| (item["PK"].clone(), item.contains_key("expires_at"))).collect();
    let receipt = |key: &str| json!(format!("T#demo#RECEIPT#api#{key}"));
    for (key, expires) in [("c", false), ("w", false), ("h", true)] {
        assert!(kept.contains(&(receipt(key), expires)), "{key}: {kept:?}");
    }
    world.set_clock("2026-04-15T00:00:00Z");
    let (status, again) = keyed(&world, REFUND, of("C1"), order.clone(), ("c", json!({}))).await;
    assert_eq!((status, &again["status"], &again["repeated"]), (200, &json!("done"), &json!(true)), "{again}");
    assert_eq!(again["entries"], first["entries"]);
    assert_eq!(keyed(&world, APPLY, of("C1"), order, ("c", json!({}))).await.0, 422, "another order");
    assert_eq!(keyed(&world, WRITE_OFFS, of("C2"), owed, ("w", json!({}))).await.1["repeated"], true);
    assert_eq!(world.stands("J1").await.0, 9_000);
    let credit = world.debtor("C1").await.accounts.values().next().unwrap().credit.minor();
    assert_eq!(credit, 4_000, "paid back once");
    world.assert_ledger().await;
}

#[tokio::test]
async fn a_write_off_is_taken_back_with_a_reason() {
    let world = world().await;
    let body = |reason: &str| json!({ "invoice_number": "I1", "currency": "EUR", "reason": reason });
    keyed(&world, WRITE_OFFS, of("C1"), body("uncollectible"), ("w", json!({}))).await;
    assert_eq!(world.stands("I1").await, (0, "written_off".to_owned()));
    let mut too_much = body("x");
    too_much["amount"] = json!("100.01");
    let (status, problem) = keyed(&world, REVERSALS, of("C1"), too_much, ("r", json!({}))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("amount")), "{problem}");
    let mistake = body("the wrong invoice");
    let preview = json!({ "preview": "true" });
    let (_, shown) = keyed(&world, REVERSALS, of("C1"), mistake.clone(), ("r", preview)).await;
    let (status, made) = keyed(&world, REVERSALS, of("C1"), mistake, ("r", json!({}))).await;
    assert_eq!(
        (status, &made["entries"][0]["amount"], &made["entries"][0]["note"]),
        (201, &json!("100.00"), &json!("the wrong invoice"))
    );
    assert_eq!(shown["entries"], made["entries"]);
    assert!(made["events"].as_array().unwrap().contains(&json!("invoice.reopened")), "{made}");
    assert_eq!(world.stands("I1").await, (10_000, "open".to_owned()));
    world.assert_ledger().await;
}
