//! The read side, and whose time counts.

use dunlin_testkit::build::{draft, money};
use serde_json::{Value, json};

use crate::world::{World, call_to};

async fn get(world: &World, route: &str, id: &str, query: Value) -> (i64, Value) {
    world.call_api(call_to(route, Some("demo"), &json!({ "id": id }), &query, "")).await
}

#[tokio::test]
async fn a_debtor_is_shown_as_it_is_now() {
    let world = World::start().await;
    world.has([draft("C 1/ä", "I1").issued("2026-03-01").build()]).await;
    let (status, debtor) = get(&world, "GET /v1/debtors/{id}", "C 1/ä", json!({})).await;
    assert_eq!(status, 200);
    let account = &debtor["accounts"][0];
    assert_eq!(
        (&account["balance"], &account["overdue"], &account["cycle"]),
        (&json!("100.00"), &json!(false), &Value::Null)
    );
    assert_eq!(debtor["next_look_at"], "2026-03-03T08:00:00Z");
    world.set_clock("2026-03-04T10:00:00Z");
    let (_, debtor) = get(&world, "GET /v1/debtors/{id}", "C 1/ä", json!({})).await;
    assert_eq!(debtor["accounts"][0]["overdue"], true);
    let (status, problem) = get(&world, "GET /v1/debtors/{id}", "C9", json!({})).await;
    assert_eq!((status, &problem["title"]), (404, &json!("Not found")));
}

#[tokio::test]
async fn a_timeline_can_be_read_page_by_page() {
    let world = World::start().await;
    world.has((0..5).map(|n| draft("C1", &format!("I{n}")).issued("2026-03-01").build())).await;
    world.days("2026-03-03", "2026-03-09").await;
    let route = "GET /v1/debtors/{id}/timeline";
    let (_, whole) = get(&world, route, "C1", json!({ "limit": "200" })).await;
    let (mut entries, mut query) = (Vec::new(), json!({ "limit": "2" }));
    loop {
        let (status, page) = get(&world, route, "C1", query).await;
        assert_eq!(status, 200);
        entries.extend(page["entries"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        query = json!({ "limit": "2", "after": next });
    }
    assert_eq!(json!(entries), whole["entries"]);
    let message = entries.iter().find(|entry| entry["kind"] == "message").unwrap();
    assert_eq!((&message["body"]["amount_due"], &message["body"]["status"]), (&json!("500.00"), &json!("sent")));
    for limit in ["0", "201", "many"] {
        let (status, problem) = get(&world, route, "C1", json!({ "limit": limit })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!("limit")));
    }
}

#[tokio::test]
async fn the_aging_report_sorts_what_is_open() {
    let world = World::start().await;
    let late = |number: &str, due: &str| draft("C1", number).issued("2025-10-01").due(due);
    world
        .has([
            late("I1", "2026-03-02").build(),
            late("I2", "2026-02-20").build(),
            late("I3", "2025-12-01").build(),
            late("I4", "2026-01-15").total(money("50", "USD")).build(),
            late("I5", "2026-01-15").portfolio("second").build(),
        ])
        .await;
    world.pump().await;
    let (_, all) = get(&world, "GET /v1/reports/aging", "", json!({})).await;
    assert_eq!(all["reports"].as_array().unwrap().len(), 3);
    let (_, report) = get(&world, "GET /v1/reports/aging", "", json!({ "portfolio": "main", "currency": "EUR" })).await;
    let report = &report["reports"][0];
    assert_eq!((&report["as_of"], &report["total"]), (&json!("2026-03-02"), &json!("300.00")));
    let amounts: Vec<&str> =
        report["buckets"].as_array().unwrap().iter().map(|bucket| bucket["amount"].as_str().unwrap()).collect();
    assert_eq!(amounts, ["100.00", "100.00", "0.00", "0.00", "100.00"]);
    let query = json!({ "portfolio": "main", "currency": "EUR", "as_of": "2026-03-23", "bounds": "0,7,21" });
    let (_, report) = get(&world, "GET /v1/reports/aging", "", query).await;
    let amounts: Vec<&Value> =
        report["reports"][0]["buckets"].as_array().unwrap().iter().map(|bucket| &bucket["amount"]).collect();
    assert_eq!(amounts, ["0.00", "0.00", "100.00", "200.00"]);
    for (field, value) in [("as_of", "today"), ("bounds", "30,10"), ("bounds", "x"), ("currency", "EURO")] {
        let (status, problem) = get(&world, "GET /v1/reports/aging", "", json!({ field: value })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!(field)), "{value}");
    }
}

#[tokio::test]
async fn a_route_that_is_not_there_is_a_problem_of_the_right_type() {
    let world = World::start().await;
    let request = call_to("GET /v1/nothing", Some("demo"), &json!({}), &json!({}), "");
    let Ok(response) = world.api.handle(serde_json::from_value(request).unwrap()).await;
    assert_eq!(response.status_code, 404);
    assert_eq!(response.headers["content-type"], "application/problem+json");
    assert_eq!(response.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn told_time_counts_only_where_time_is_simulated() {
    for (simulated, overdue) in [(false, false), (true, true)] {
        let world = World::with_simulated_time(simulated).await;
        world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
        let mut request = call_to("GET /v1/debtors/{id}", Some("demo"), &json!({ "id": "C1" }), &json!({}), "");
        request["headers"]["dunlin-simulated-time"] = json!("2026-03-10T10:00:00Z");
        let (_, debtor) = world.call_api(request).await;
        assert_eq!(debtor["accounts"][0]["overdue"], overdue, "simulated: {simulated}");

        let payment = json!({ "payments": [{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-05", "amount": "100", "currency": "EUR" }] });
        let mut request = call_to("POST /v1/payments", Some("demo"), &json!({}), &json!({}), &payment.to_string());
        request["headers"]["dunlin-simulated-time"] = json!("2026-03-10T10:00:00Z");
        world.call_webhook(request).await;
        let status = if simulated { (0, "paid") } else { (10_000, "open") };
        assert_eq!(world.stands("I1").await, (status.0, status.1.to_owned()), "simulated: {simulated}");
    }
}

#[tokio::test]
async fn a_files_told_time_counts_only_where_time_is_simulated() {
    for (simulated, at) in [(false, "2026-03-02T00:00:00Z"), (true, "2026-03-10T10:00:00Z")] {
        let world = World::with_simulated_time(simulated).await;
        *world.outside.metadata.lock().unwrap() =
            Some(("simulated-time".to_owned(), "2026-03-10T10:00:00Z".to_owned()));
        let file =
            "debtor_ref,invoice_number,issue_date,due_date,currency,amount\nC1,I1,2026-03-01,2026-03-05,EUR,5.00\n";
        world.import("a.csv", file.as_bytes()).await;
        let head = world.table.items().await.into_iter().find(|item| item["SK"] == "LIVE#DEBTOR").unwrap();
        assert_eq!(head["committed_at"], at);
    }
}

#[tokio::test]
async fn a_planned_messages_time_counts_only_where_time_is_simulated() {
    for (simulated, sent) in [(false, 0), (true, 1)] {
        let world = World::with_simulated_time(simulated).await;
        world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
        world.scan_at("2026-03-03T08:00:00Z").await;
        // By the clock it is night when the message is dispatched.
        world.set_clock("2026-03-03T22:00:00Z");
        world.pump().await;
        assert_eq!(world.mails().len(), sent, "simulated: {simulated}");
    }
}
