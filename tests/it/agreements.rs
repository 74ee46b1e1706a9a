//! Holds and agreements through the API: made once, ended, refused with the field at fault, and what they stop.

use dunlin_testkit::build::{draft, eur};
use serde_json::{Value, json};

use crate::world::{TENANT, World, call_to};

/// `C1` owes 100.00 EUR on `I1`, due on 2 March 2026, and 50.00 EUR on `I2`, due on the same day.
async fn late() -> World {
    let world = World::start().await;
    let invoice = |number| draft("C1", number).issued("2026-02-01").due("2026-03-02");
    world.has([invoice("I1").total(eur("100.00")).build(), invoice("I2").total(eur("50.00")).build()]).await;
    world.set_clock("2026-03-02T12:00:00Z");
    world
}

/// A call about `C1`, with its idempotency key and its query.
async fn call(world: &World, route: &str, path: Value, body: Value, (key, query): (&str, Value)) -> (i64, Value) {
    let mut parameters = json!({ "id": "C1" });
    parameters.as_object_mut().unwrap().extend(path.as_object().unwrap().clone());
    let mut request = call_to(route, Some(TENANT), &parameters, &query, &body.to_string());
    if !key.is_empty() {
        request["headers"]["idempotency-key"] = key.into();
    }
    world.call_api(request).await
}

async fn post(world: &World, what: &str, body: Value, key: &str) -> (i64, Value) {
    call(world, &format!("POST /v1/debtors/{{id}}/{what}"), json!({}), body, (key, json!({}))).await
}

/// What the timeline says of a kind, newest first.
async fn happened(world: &World, kind: &str) -> Vec<String> {
    let query = json!({ "kind": kind });
    let (_, told) = call(world, "GET /v1/debtors/{id}/timeline", json!({}), json!(null), ("", query)).await;
    let entries = told["entries"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let detail = |body: &Value| text(if body["detail"].is_null() { &body["amount"] } else { &body["detail"] });
    entries.map(|one| format!("{} {}: {}", text(&one["kind"]), detail(&one["body"]), text(&one["words"]))).collect()
}

async fn debtor(world: &World) -> Value {
    call(world, "GET /v1/debtors/{id}", json!({}), json!(null), ("", json!({}))).await.1
}

#[tokio::test]
async fn a_hold_is_set_once_shown_obeyed_and_lifted() {
    let world = late().await;
    let body = json!({ "reason": "hardship", "note": "asked for time" });
    let (status, set) = post(&world, "holds", body.clone(), "k1").await;
    assert_eq!(
        (status, &set["hold"]["reason"], &set["events"]),
        (201, &json!("hardship"), &json!(["hold.set"])),
        "{set}"
    );
    assert_eq!(post(&world, "holds", body, "k1").await.1["events"], json!([]), "sent again, it is carried out once");
    let shown = debtor(&world).await;
    assert_eq!(shown["holds"][0]["scope"]["of"], "debtor");
    let not_chased = json!([{ "reason": "hardship", "amount": null, "until": null }]);
    assert_eq!(shown["accounts"][0]["invoices"][0]["not_chased"], not_chased, "{shown}");
    assert_eq!(happened(&world, "hold").await, ["hold.set hardship: a hold was set: what it covers is not chased"]);
    world.days("2026-03-03", "2026-03-09").await;
    assert!(world.mails().is_empty(), "nothing goes out while it stands");
    let id = set["hold"]["id"].clone();
    let lift =
        || call(&world, "DELETE /v1/debtors/{id}/holds/{hold}", json!({ "hold": id }), json!(null), ("", json!({})));
    let (status, lifted) = lift().await;
    assert_eq!((status, lifted["events"].as_array().unwrap().contains(&json!("hold.ended"))), (200, true), "{lifted}");
    assert_eq!(lift().await.0, 404, "it stands no more");
    world.days("2026-03-10", "2026-03-10").await;
    assert_eq!(world.mails().len(), 1);
    let past = world.past("C1", "HOLD").await;
    assert_eq!((&past[0]["ended"], &past[0]["ended_by"]), (&json!("lifted"), &json!("api")));
    world.assert_replayed().await;
}

#[tokio::test]
async fn a_hold_that_comes_between_plan_and_sending_stops_the_message() {
    let world = late().await;
    world.scan_at("2026-03-03T08:00:00Z").await;
    while world.project().await {}
    post(&world, "holds", json!({ "reason": "attorney" }), "").await;
    let queue = world.queue.lock().unwrap().clone();
    assert!(!queue.is_empty());
    world.deliver(&queue).await;
    assert!(world.mails().is_empty());
    assert!(world.past("C1", "MESSAGE").await[0]["reasons"].to_string().contains("on_hold"));
    world.assert_replayed().await;
}

#[tokio::test]
async fn a_preview_says_what_would_be_and_does_nothing() {
    let world = late().await;
    let before = world.table.items().await;
    let body = json!({ "currency": "EUR", "schedule": { "total": "150.00", "first": "2026-03-31", "every": "1 month", "count": 4 } });
    let preview = json!({ "preview": "true" });
    let (status, answer) = call(&world, "POST /v1/debtors/{id}/plans", json!({}), body.clone(), ("k", preview)).await;
    assert_eq!((status, &answer["preview"]), (200, &json!(true)));
    assert_eq!(world.table.items().await, before);
    let (status, made) = post(&world, "plans", body, "k").await;
    assert_eq!((status, &made["plan"]["instalments"]), (201, &answer["plan"]["instalments"]), "{made}");
    let amounts: Vec<&Value> =
        made["plan"]["instalments"].as_array().unwrap().iter().map(|one| &one["amount"]).collect();
    assert_eq!(amounts, ["37.50", "37.50", "37.50", "37.50"]);
}

#[tokio::test]
async fn a_plan_is_chased_by_its_instalments_and_ends_with_the_last() {
    let world = late().await;
    let instalments = json!([{ "due": "2026-03-16", "amount": "100.00" }, { "due": "2026-04-16", "amount": "50.00" }]);
    let (status, made) = post(&world, "plans", json!({ "currency": "EUR", "instalments": instalments }), "k").await;
    assert_eq!(status, 201, "{made}");
    world.days("2026-03-03", "2026-03-17").await;
    let asked = |mail: &crate::world::SentMail| mail.text.contains("100.00") && !mail.text.contains("150.00");
    let mails = world.mails();
    assert!(
        mails.len() == 2 && mails.iter().all(asked),
        "a courtesy, and a reminder of the first instalment: {mails:?}"
    );
    world.post_payments(json!([{ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-17", "amount": "150.00", "currency": "EUR" }])).await;
    world.pump().await;
    assert!(world.told.lock().unwrap().iter().any(|(kind, _)| kind == "plan.completed"));
    assert_eq!(world.past("C1", "AGREEMENT").await[0]["ended"], "completed");
    world.assert_replayed().await;
}

#[tokio::test]
async fn what_stands_and_how_it_ended_is_reported() {
    let world = late().await;
    let promise = json!({ "currency": "EUR", "amount": "100.00", "by": "2026-03-05", "invoice_numbers": ["I1"] });
    assert_eq!(post(&world, "promises", promise, "k1").await.0, 201);
    assert_eq!(post(&world, "holds", json!({ "reason": "hardship" }), "k2").await.0, 201);
    world.pump().await;
    let query = |from: &str| json!({ "from": from, "to": "2026-03-31" });
    let report = async |from: &str| {
        let call = call_to("GET /v1/reports/agreements", Some(TENANT), &json!({}), &query(from), "");
        world.call_api(call).await.1
    };
    let now = report("2026-03-01").await["reports"][0].clone();
    let tally = |count: i64, amount: &str| json!({ "count": count, "amount": amount });
    assert_eq!(
        (&now["standing"]["promise"], &now["standing"]["hold"]),
        (&tally(1, "100.00"), &tally(1, "150.00")),
        "{now}"
    );
    world.post_payments(json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-02", "amount": "100.00", "currency": "EUR" }])).await;
    world.pump().await;
    let now = report("2026-03-01").await["reports"][0].clone();
    assert_eq!(
        (&now["standing"]["promise"], &now["standing"]["hold"]),
        (&tally(0, "0.00"), &tally(1, "50.00")),
        "{now}"
    );
    let ended = json!({ "made": tally(1, "100.00"), "kept": tally(1, "100.00") });
    assert_eq!((&now["months"][0]["month"], &now["months"][0]["promise"]), (&json!("2026-03"), &ended), "{now}");
    assert_eq!(now["kept_rate"], "1.0000");
    assert_eq!(report("2026-04-01").await["errors"][0]["field"], "from");
}

#[tokio::test]
async fn a_settlement_that_is_paid_gives_the_rest_up_at_once() {
    let world = late().await;
    let (status, made) =
        post(&world, "settlements", json!({ "currency": "EUR", "accepts": "120.00", "by": "2026-03-31" }), "k").await;
    assert_eq!(status, 201, "{made}");
    world.post_payments(json!([{ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-02", "amount": "120.00", "currency": "EUR" }])).await;
    let shown = debtor(&world).await;
    assert_eq!((&shown["accounts"][0]["balance"], &shown["agreements"]), (&json!("0.00"), &json!([])));
    let entries = world.past("C1", "ENTRY").await;
    let written_off: i64 =
        entries.iter().filter(|one| one["kind"] == "write_off").map(|one| one["amount"].as_i64().unwrap()).sum();
    assert_eq!(written_off, -3_000);
}

#[tokio::test]
async fn a_dispute_is_decided_and_what_is_accepted_is_credited_in_the_same_commit() {
    let world = late().await;
    let body = json!({ "currency": "EUR", "invoice_number": "I1", "amount": "40.00", "reason": "defective" });
    let (status, opened) = post(&world, "disputes", body, "k").await;
    assert_eq!(status, 201, "{opened}");
    world.days("2026-03-03", "2026-03-03").await;
    assert!(world.mails()[0].text.contains("110.00"), "the rest stays collectable");
    let id = json!({ "dispute": opened["dispute"]["id"] });
    let route = "POST /v1/debtors/{id}/disputes/{dispute}/resolution";
    let decide = |body, key| call(&world, route, id.clone(), body, (key, json!({})));
    let (status, problem) = decide(json!({ "outcome": "partly_accepted", "amount": "40.01" }), "").await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("amount")), "{problem}");
    for nothing in ["0", "-15.00"] {
        let (status, problem) = decide(json!({ "outcome": "partly_accepted", "amount": nothing }), "").await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("amount")), "{problem}");
    }
    let (status, decided) = decide(json!({ "outcome": "partly_accepted", "amount": "15.00" }), "r1").await;
    assert_eq!(
        (status, &decided["entries"][0]["kind"], &decided["entries"][0]["amount"]),
        (200, &json!("credit"), &json!("-15.00")),
        "{decided}"
    );
    assert_eq!(decided["balances"][0]["balance"], "135.00");
    let promise = json!({ "currency": "EUR", "amount": "10.00", "by": "2026-03-12" });
    let (_, promised) = post(&world, "promises", promise, "p").await;
    let id_of_promise = json!({ "dispute": promised["promise"]["id"] });
    let rejected = json!({ "outcome": "rejected" });
    assert_eq!(call(&world, route, id_of_promise, rejected, ("", json!({}))).await.0, 404, "it is no dispute");
    assert_eq!(decide(json!({ "outcome": "rejected" }), "").await.0, 404, "it is decided");
}

#[tokio::test]
async fn what_cannot_be_agreed_is_refused_with_the_field_at_fault() {
    let world = late().await;
    for (what, body, fields) in [
        ("promises", json!({ "currency": "EUR", "amount": "10", "by": "tomorrow" }), vec!["by"]),
        ("promises", json!({ "amount": 10, "by": "2026-03-12", "till": "x" }), vec!["currency", "amount", "till"]),
        ("promises", json!({ "currency": "EUR", "amount": "150.01", "by": "2026-03-12" }), vec!["amount"]),
        ("promises", json!({ "currency": "EUR", "amount": "10.00", "by": "2026-03-01" }), vec!["by"]),
        ("promises", json!({ "currency": "USD", "amount": "10.00", "by": "2026-03-12" }), vec!["currency"]),
        ("plans", json!({ "currency": "EUR" }), vec!["instalments"]),
        (
            "plans",
            json!({ "currency": "EUR", "instalments": [{ "due": "2026-03-31", "amount": "1.005" }] }),
            vec!["instalments[0].amount"],
        ),
        (
            "plans",
            json!({ "currency": "EUR", "schedule": { "total": "150.00", "first": "2026-03-31", "every": "often", "count": 2 } }),
            vec!["schedule.every"],
        ),
        (
            "plans",
            json!({ "currency": "EUR", "instalments": [{ "due": "2026-03-31", "amount": "149.00" }] }),
            vec!["instalments"],
        ),
        ("settlements", json!({ "currency": "EUR", "accepts": "150.01", "by": "2026-03-12" }), vec!["accepts"]),
        ("disputes", json!({ "currency": "EUR", "reason": "ugly" }), vec!["invoice_number", "reason"]),
        (
            "disputes",
            json!({ "currency": "EUR", "invoice_number": "I9", "reason": "duplicate" }),
            vec!["invoice_number"],
        ),
        (
            "plans",
            json!({ "currency": "EUR", "schedule": { "total": "150.00", "first": "2026-04-29", "every": "1 month", "day": "last", "count": 2 } }),
            vec!["schedule.first"],
        ),
        (
            "plans",
            json!({ "currency": "EUR", "schedule": { "total": "150.00", "first": "2026-04-30", "every": "1 month", "amount": "0.00" } }),
            vec!["schedule.amount"],
        ),
        (
            "plans",
            json!({ "currency": "EUR", "schedule": { "total": "150.00", "first": "2026-04-30", "every": "1 month", "count": 2, "down_payment": { "due": "2026-04-01", "amount": "150.00" } } }),
            vec!["schedule.down_payment"],
        ),
        (
            "promises",
            json!({ "currency": "EUR", "amount": "10.00", "by": "2026-03-12", "invoice_numbers": [] }),
            vec!["invoice_numbers"],
        ),
        (
            "disputes",
            json!({ "currency": "EUR", "invoice_number": "I1", "reason": "duplicate", "evidence": ["ok", "x".repeat(501)] }),
            vec!["evidence[1]"],
        ),
        (
            "disputes",
            json!({ "currency": "EUR", "invoice_number": "I1", "reason": "duplicate", "evidence": vec!["x"; 21] }),
            vec!["evidence"],
        ),
        ("holds", json!({ "reason": "moratorium", "since": "2026-03-04" }), vec!["since"]),
        ("holds", json!({ "reason": "manual", "currency": "USD" }), vec!["currency"]),
        ("holds", json!({ "reason": "manual", "ends_with": "agreement" }), vec!["ends_with"]),
        ("holds", json!({ "reason": "manual", "ends_with": "agreement", "agreement": "a-9" }), vec!["agreement"]),
        ("holds", json!({ "reason": "promise" }), vec!["reason"]),
        ("holds", json!({ "reason": "manual", "until": "2026-03-01" }), vec!["until"]),
        (
            "holds",
            json!({ "reason": "manual", "invoice_number": "I1", "currency": "USD", "amount": "5.00" }),
            vec!["currency"],
        ),
        ("holds", json!({ "reason": "manual", "amount": "5.00" }), vec!["currency", "invoice_number"]),
    ] {
        let (status, problem) = post(&world, what, body.clone(), "").await;
        // What cannot be read is told apart from what can be, and cannot be done.
        let wanted = if problem["title"] == "It cannot be done so" { 422 } else { 400 };
        assert_eq!(status, wanted, "{what} {body}: {problem}");
        let told: Vec<&Value> = problem["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
        for field in fields {
            assert!(told.contains(&&json!(field)), "{what} {body}: {problem}");
        }
    }
    assert!(debtor(&world).await["agreements"].as_array().unwrap().is_empty());
    let unknown = call_to(
        "POST /v1/debtors/{id}/holds",
        Some(TENANT),
        &json!({ "id": "C9" }),
        &json!({}),
        "{\"reason\":\"manual\"}",
    );
    assert_eq!(world.call_api(unknown).await.0, 404);
}

#[tokio::test]
async fn a_broken_promise_is_told_and_the_ladder_goes_on() {
    let world = late().await;
    world.days("2026-03-03", "2026-03-03").await;
    post(
        &world,
        "promises",
        json!({ "currency": "EUR", "amount": "150.00", "by": "2026-03-11", "grace_days": 0 }),
        "k",
    )
    .await;
    world.days("2026-03-04", "2026-03-11").await;
    assert_eq!(world.mails().len(), 1);
    world.days("2026-03-12", "2026-03-12").await;
    assert!(world.told.lock().unwrap().iter().any(|(kind, _)| kind == "promise.broken"));
    assert_eq!(world.mails().len(), 2, "reminder-7, on the day after");
    world.assert_replayed().await;
}

/// One of the invoices was given up wholly and is closed when the money goes back.
#[tokio::test]
async fn a_settlement_falls_with_its_money_on_all_of_its_invoices_and_comes_back_with_it() {
    let world = late().await;
    let third = draft("C1", "I3").issued("2026-02-01").due("2026-03-02").total(eur("70.00")).build();
    world.has([third]).await;
    let terms = json!({ "currency": "EUR", "accepts": "120.00", "by": "2026-03-31" });
    assert_eq!(post(&world, "settlements", terms, "k").await.0, 201);
    let payment = |more: Value| {
        let mut payment = json!({ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-02", "amount": "120.00", "currency": "EUR" });
        payment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([payment])
    };
    let stand = async || [world.stands("I1").await.0, world.stands("I2").await.0, world.stands("I3").await.0];
    world.post_payments(payment(json!({}))).await;
    assert_eq!(stand().await, [0, 0, 0]);
    world.post_payments(payment(json!({ "chargeback": "open", "chargeback_amount": "20.00" }))).await;
    assert_eq!(stand().await, [0, 5_000, 7_000]);
    world.hour("2026-03-03T08:00:00Z").await;
    assert!(world.mails().is_empty(), "nothing of it is chased while the payment is contested");
    world.post_payments(payment(json!({ "chargeback": "won", "chargeback_amount": "20.00" }))).await;
    assert_eq!(stand().await, [0, 0, 0]);
    let told = world.told.lock().unwrap().clone();
    let settlements = told.iter().filter(|(kind, _)| kind.starts_with("settlement.")).map(|(kind, _)| kind.as_str());
    let both = |kind| [kind, kind];
    let expected = [vec!["settlement.offered", "settlement.kept"], both("settlement.lapsed").to_vec()].concat();
    assert!(settlements.collect::<Vec<_>>().starts_with(&expected), "{told:?}");
    world.assert_ledger().await;
    world.assert_replayed().await;
}

#[tokio::test]
async fn a_hold_ends_with_the_payment_that_it_waits_for() {
    let world = late().await;
    let body = json!({ "reason": "manual", "ends_with": "payment", "invoice_number": "I1" });
    let (status, set) = post(&world, "holds", body, "k").await;
    assert_eq!((status, &set["hold"]["ends_with"]), (201, &json!("payment")), "{set}");
    let pay = |payment, number| json!([{ "payment_ref": payment, "invoice_number": number, "paid_on": "2026-03-02", "amount": "20.00", "currency": "EUR" }]);
    world.post_payments(pay("P1", "I2")).await;
    assert_eq!(debtor(&world).await["holds"].as_array().unwrap().len(), 1, "it was for another invoice");
    world.post_payments(pay("P2", "I1")).await;
    assert_eq!(debtor(&world).await["holds"], json!([]));
    assert_eq!(world.past("C1", "HOLD").await[0]["ended"], "paid");
}

#[tokio::test]
async fn a_settlement_that_is_paid_too_late_has_lapsed_though_no_scan_was_there() {
    let world = late().await;
    let offer = json!({ "currency": "EUR", "accepts": "120.00", "by": "2026-03-05", "grace_days": 1 });
    post(&world, "settlements", offer, "k").await;
    world.set_clock("2026-03-07T12:00:00Z");
    world.post_payments(json!([{ "payment_ref": "P1", "debtor_ref": "C1", "paid_on": "2026-03-05", "amount": "120.00", "currency": "EUR" }])).await;
    assert_eq!(debtor(&world).await["accounts"][0]["balance"], "30.00");
    assert_eq!(world.past("C1", "AGREEMENT").await[0]["ended"], "lapsed");
}
