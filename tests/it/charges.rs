//! Charging late invoices through the API: previews equal postings, everything once, everything with its authority.

use dunlin_domain::contact::DebtorKind;
use dunlin_testkit::build::{draft, money};
use serde_json::{Value, json};

use crate::world::{TENANT, World, call_to, killed_after};

/// `C1`, a business, owes 2,500.00 GBP on `I1`, agreed for 15 June 2025.
async fn late() -> World {
    let world = World::start().await;
    world.set_clock("2025-05-01T12:00:00Z");
    let mut invoice = draft("C1", "I1").issued("2025-05-01").due("2025-06-15").total(money("2500.00", "GBP")).build();
    invoice.profile.kind = Some(DebtorKind::Business);
    world.has([invoice]).await;
    world.set_clock("2025-08-15T12:00:00Z");
    world
}

async fn post(world: &World, what: &str, body: Value, query: Value) -> (i64, Value) {
    let route = format!("POST /v1/debtors/{{id}}/{what}");
    world.call_api(call_to(&route, Some(TENANT), &json!({ "id": "C1" }), &query, &body.to_string())).await
}

async fn charge(world: &World, body: Value) -> (i64, Value) {
    post(world, "charges", body, json!({})).await
}

/// Kind and amount of each entry.
fn entries(answer: &Value) -> Vec<(String, String)> {
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    answer["entries"].as_array().unwrap().iter().map(|entry| (text(entry, "kind"), text(entry, "amount"))).collect()
}

#[tokio::test]
async fn interest_and_the_fixed_sum_are_charged_as_previewed_once_and_with_their_authority() {
    let world = late().await;
    let body = || json!({ "invoice_number": "I1", "jurisdiction": "GB-EAW", "as_of": "2025-08-15" });
    let before = world.table.items().await;
    let (status, preview) = post(&world, "charges", body(), json!({ "preview": "true" })).await;
    assert_eq!((status, world.table.items().await == before), (200, true), "{preview}");
    let (status, charged) = charge(&world, body()).await;
    assert_eq!((status, &charged["entries"]), (201, &preview["entries"]), "{charged}");
    // 61 days at 12.75 %, and the fixed sum of a debt between 1,000 and 10,000.
    assert_eq!(entries(&charged), [("interest".into(), "53.27".into()), ("fee".into(), "70.00".into())]);
    assert!(
        charged["entries"]
            .as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["note"].as_str().unwrap().starts_with("statute "))
    );
    assert_eq!(charged["balances"][0]["balance"], "2623.27");
    let (status, problem) = charge(&world, body()).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("as_of")), "charged once: {problem}");
    // What runs up later is charged beyond that, and the fixed sum is not again.
    world.set_clock("2025-09-15T12:00:00Z");
    let (_, later) =
        charge(&world, json!({ "invoice_number": "I1", "jurisdiction": "GB-EAW", "as_of": "2025-09-15" })).await;
    assert_eq!(entries(&later), [("interest".into(), "27.07".into())], "31 more days: {later}");
}

#[tokio::test]
async fn a_payment_changes_the_slope_from_its_day_and_interest_outlives_the_principal() {
    let world = late().await;
    let payment = json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2025-07-15", "amount": "2500.00", "currency": "GBP" }]);
    world.post_payments(payment).await;
    let (status, charged) =
        charge(&world, json!({ "invoice_number": "I1", "jurisdiction": "GB-EAW", "as_of": "2025-08-15" })).await;
    assert_eq!(status, 201, "{charged}");
    // 30 days at 12.75 % on the whole, and nothing after; the invoice is closed and owed again.
    assert_eq!(entries(&charged), [("interest".into(), "26.20".into()), ("fee".into(), "70.00".into())]);
    assert_eq!(charged["balances"][0]["balance"], "96.20");
}

#[tokio::test]
async fn a_late_fee_is_charged_once_for_invoice_rule_and_period() {
    let world = late().await;
    let fee = |period: &str| {
        let late_fee = json!({ "rule": "late", "period": period, "currency": "GBP", "percent": "2", "at_most": "40.00", "clause": "7.2" });
        json!({ "invoice_number": "I1", "late_fee": late_fee })
    };
    let (status, charged) = charge(&world, fee("2025-07")).await;
    assert_eq!((status, entries(&charged)), (201, vec![("fee".into(), "40.00".into())]), "{charged}");
    assert_eq!(charge(&world, fee("2025-07")).await.0, 422);
    assert_eq!(charge(&world, fee("2025-08")).await.0, 201);
    let (status, problem) = charge(
        &world,
        json!({ "invoice_number": "I1", "late_fee": { "rule": "late", "currency": "GBP", "amount": "5.00" } }),
    )
    .await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (400, &json!("late_fee.clause")),
        "no charge without authority"
    );
}

#[tokio::test]
async fn what_cannot_be_charged_names_the_field() {
    let world = late().await;
    for (body, field) in [
        (json!({ "invoice_number": "I9", "jurisdiction": "GB-EAW" }), "invoice_number"),
        (json!({ "invoice_number": "I1", "jurisdiction": "XX" }), "jurisdiction"),
        (json!({ "invoice_number": "I1", "jurisdiction": "GB-EAW", "as_of": "soon" }), "as_of"),
        (json!({ "invoice_number": "I1", "jurisdiction": "GB-EAW", "as_of": "2025-06-15" }), "as_of"),
        (json!({ "invoice_number": "I1", "jurisdiction": "GB-EAW", "as_of": "2025-08-16" }), "as_of"),
        (
            json!({ "invoice_number": "I1", "as_of": "2025-08-16", "late_fee": { "rule": "late", "currency": "GBP", "amount": "5.00", "clause": "7.2" } }),
            "as_of",
        ),
        (json!({ "jurisdiction": "GB-EAW" }), "invoice_number"),
    ] {
        let (status, problem) = charge(&world, body.clone()).await;
        assert!((400..=422).contains(&status) && problem["errors"][0]["field"] == field, "{body}: {problem}");
    }
}

#[tokio::test]
async fn a_part_is_given_up_or_all_that_is_open() {
    let world = late().await;
    let (status, first) = post(
        &world,
        "write-offs",
        json!({ "invoice_number": "I1", "currency": "GBP", "amount": "500.00", "reason": "goodwill" }),
        json!({}),
    )
    .await;
    assert_eq!((status, &first["balances"][0]["balance"]), (201, &json!("2000.00")), "{first}");
    let (status, problem) = post(
        &world,
        "write-offs",
        json!({ "invoice_number": "I1", "currency": "GBP", "amount": "2000.01", "reason": "x" }),
        json!({}),
    )
    .await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("amount")));
    let (_, rest) = post(
        &world,
        "write-offs",
        json!({ "invoice_number": "I1", "currency": "GBP", "reason": "uncollectible" }),
        json!({}),
    )
    .await;
    assert_eq!(entries(&rest), [("write_off".into(), "-2000.00".into())], "{rest}");
}

/// The bank takes the money back while a person gives the invoice up: between the look at what is open and the look at what
/// is closed, the invoice moves from one to the other.
#[tokio::test]
async fn an_invoice_that_is_reopened_meanwhile_is_looked_for_again() {
    let payment = |status: &str| {
        json!([{
            "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2025-08-01", "amount": "2500.00", "currency": "GBP",
            "status": status,
        }])
    };
    let mut answers = Vec::new();
    for polls in 1..40 {
        let world = late().await;
        world.post_payments(payment("settled")).await;
        assert_eq!(world.stands("I1").await.0, 0);
        let order = json!({ "invoice_number": "I1", "currency": "GBP", "reason": "uncollectible" });
        let mut order = Box::pin(post(&world, "write-offs", order, json!({})));
        let begun = killed_after(polls, order.as_mut()).await;
        let bank = world.beside();
        bank.post_payments(payment("returned")).await;
        let (status, answer) = match begun {
            Some(answer) => answer,
            None => order.await,
        };
        let open = world.stands("I1").await.0;
        assert!(matches!((status, open), (201, 0) | (422, 250_000)), "{polls}: {open} {answer}");
        assert_ne!(answer["errors"][0]["field"], "invoice_number", "{polls}: it is known all the time");
        answers.push(status);
    }
    assert!(answers.contains(&201) && answers.contains(&422), "{answers:?}");
}
