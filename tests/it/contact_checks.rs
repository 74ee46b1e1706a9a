//! Whether a contact may be made, asked through the API before it is.

use serde_json::{Value, json};

use crate::world::{World, call_to};

async fn check(world: &World, body: &Value) -> (i64, Value) {
    world.call_api(call_to("POST /v1/contacts/check", Some("demo"), &json!({}), &json!({}), &body.to_string())).await
}

async fn check_debtor(world: &World, debtor: &str, body: &Value) -> (i64, Value) {
    let route = "POST /v1/debtors/{id}/contacts/check";
    world.call_api(call_to(route, Some("demo"), &json!({ "id": debtor }), &json!({}), &body.to_string())).await
}

fn with(body: &Value, changes: &Value) -> Value {
    let mut body = body.clone();
    for (field, value) in changes.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// A third party's call to a consumer in California at two in the afternoon there.
fn call() -> Value {
    json!({
        "medium": "call", "at": "2026-03-04T22:00:00Z", "collector": "third_party", "kind": "consumer",
        "places": [{ "jurisdiction": "US-CA" }], "debts": ["D-1"],
    })
}

fn rules(answer: &Value) -> Vec<&str> {
    answer["refusals"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

/// Seven calls, one a day, the last two hours ago.
fn seven_calls() -> Value {
    let calls = (26..=32).map(|day| {
        let (month, day) = if day > 28 { (3, day - 28) } else { (2, day) };
        json!({ "at": format!("2026-{month:02}-{day:02}T20:00:00Z"), "medium": "call", "debts": ["D-1"] })
    });
    calls.collect()
}

#[tokio::test]
async fn the_gate_answers_with_every_rule_its_source_and_the_earliest_moment() {
    let world = World::start().await;
    let (status, answer) = check(&world, &call()).await;
    assert_eq!((status, &answer["allowed"], &answer["refusals"]), (200, &json!(true), &json!([])), "{answer}");
    assert_eq!((&answer["earliest"], &answer["loosened"]), (&json!("2026-03-04T22:00:00Z"), &json!([])));
    assert!(answer["packs"].as_array().unwrap().contains(&json!({ "name": "platform", "version": 1 })), "{answer}");

    // Seven in the evening in New York is four in California; eleven at night there is not.
    let late = with(&call(), &json!({ "at": "2026-03-05T02:30:00Z", "phones": ["+1 212 555 0100"] }));
    let (_, answer) = check(&world, &late).await;
    assert_eq!(answer["allowed"], json!(false), "{answer}");
    let hours = answer["refusals"].as_array().unwrap().iter().find(|one| one["rule"] == "US.REGF.HOURS").unwrap();
    assert!(hours["source"].as_str().unwrap().contains("1006.6"), "{hours}");
    assert!(hours["why"].as_str().unwrap().contains("hours"), "{hours}");
    // Eight in the morning in California, which is eleven in New York.
    assert_eq!(
        (&hours["until"], &answer["earliest"]),
        (&json!("2026-03-05T16:00:00Z"), &json!("2026-03-05T16:00:00Z"))
    );
}

#[tokio::test]
async fn each_thing_that_is_told_can_refuse() {
    let world = World::start().await;
    for (changes, refused_by) in [
        (json!({ "contacts": seven_calls() }), "US.REGF.FREQ"),
        (
            json!({ "contacts": [{ "at": "2026-03-02T20:00:00Z", "medium": "call", "outcome": "conversation" }] }),
            "US.REGF.FREQ.TALK",
        ),
        (json!({ "contacts": [{ "at": "2026-03-04T21:30:00Z", "medium": "call" }] }), "PLATFORM.PACE.GAP"),
        (json!({ "stops": { "ceases": [{ "received_at": "2026-03-01T00:00:00Z" }] } }), "US.REGF.CEASE"),
        (json!({ "stops": { "attorneys": [{}] } }), "US.REGF.ATTY"),
        (json!({ "stops": { "deceased": true } }), "PLATFORM.STOP.DECEASED"),
        (
            json!({ "refused": { "media": [{ "medium": "calls", "since": "2026-03-01T00:00:00Z" }] } }),
            "PLATFORM.MEDIUM",
        ),
        (json!({ "inconvenient": [{ "from": "13:00", "to": "15:00" }] }), "PLATFORM.INCONV"),
        (json!({ "content": { "opt_out": "simple" } }), "US.REGF.MIRANDA"),
        (json!({ "addressee": { "kind": "third_party" } }), "PLATFORM.3P"),
    ] {
        let (status, answer) = check(&world, &with(&call(), &changes)).await;
        assert_eq!((status, &answer["allowed"]), (200, &json!(false)), "{changes}: {answer}");
        assert!(rules(&answer).contains(&refused_by), "{changes}: {:?}", rules(&answer));
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_field() {
    let world = World::start().await;
    for (changes, field) in [
        (json!({ "medium": "telegraph" }), "medium"),
        (json!({ "medium": null }), "medium"),
        (json!({ "at": "noon" }), "at"),
        (json!({ "places": [] }), "places"),
        (json!({ "places": [{ "jurisdiction": "California" }] }), "places[0].jurisdiction"),
        (json!({ "places": [{ "jurisdiction": "US", "zones": ["Pacific"] }] }), "places[0].zones"),
        (json!({ "places": [{ "jurisdiction": "US", "evidence": "stated" }] }), "places[0].stated_at"),
        (json!({ "phones": ["212"] }), "phones"),
        (json!({ "collector": "second_party" }), "collector"),
        (json!({ "kind": "person" }), "kind"),
        (json!({ "automated": "yes" }), "automated"),
        (json!({ "credit": { "aggregate": { "amount": "1.234", "currency": "USD" } } }), "credit.aggregate.amount"),
        (json!({ "credit": { "regulated": 1 } }), "credit.regulated"),
        (json!({ "stops": { "ceases": [{ "written": true }] } }), "stops.ceases[0].received_at"),
        (json!({ "stops": { "decased": true } }), "stops.decased"),
        (json!({ "consents": [{ "kind": "marriage" }] }), "consents[0].kind"),
        (json!({ "consents": [{ "kind": "hours", "from": "9 am" }] }), "consents[0].from"),
        (json!({ "inconvenient": [{ "days": ["Monday"], "from": "09:00", "to": "10:00" }] }), "inconvenient[0].days"),
        (json!({ "contacts": [{ "at": "2026-03-01T00:00:00Z" }] }), "contacts[0].medium"),
        (json!({ "to": { "line": "fax" } }), "to.line"),
        (json!({ "content": { "opt_out": "hidden" } }), "content.opt_out"),
        (json!({ "debts": [7] }), "debts"),
        (json!({ "channel": "call" }), "channel"),
    ] {
        let (status, problem) = check(&world, &with(&call(), &changes)).await;
        assert_eq!(status, 400, "{changes}: {problem}");
        let named: Vec<&str> =
            problem["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
        assert_eq!(named, [field], "{changes}");
    }
}

async fn world_with_a_consumer() -> World {
    let world = World::start().await;
    let invoices = json!([
        { "debtor_ref": "C-1", "debtor_name": "Ana", "debtor_kind": "consumer", "country": "DE", "time_zone": "Europe/Berlin",
          "invoice_number": "A", "issue_date": "2026-01-01", "due_date": "2026-02-01", "currency": "EUR", "amount": "100.00" },
        { "debtor_ref": "C-1", "invoice_number": "B", "issue_date": "2026-01-01", "due_date": "2026-02-01",
          "currency": "EUR", "amount": "50.00" },
    ]);
    world.post_invoices(invoices).await;
    world
}

/// At noon in Berlin.
fn noon() -> Value {
    json!({ "medium": "call", "at": "2026-03-04T11:00:00Z" })
}

#[tokio::test]
async fn a_debtors_own_facts_count_and_what_the_caller_adds() {
    let world = world_with_a_consumer().await;
    let (status, answer) = check_debtor(&world, "C-1", &noon()).await;
    assert_eq!((status, &answer["allowed"]), (200, &json!(true)), "{answer}");

    let early = with(&noon(), &json!({ "at": "2026-03-04T06:00:00Z" }));
    let (_, answer) = check_debtor(&world, "C-1", &early).await;
    assert_eq!(answer["earliest"], json!("2026-03-04T07:00:00Z"), "eight in Berlin: {answer}");

    // Where else the debtor may be is the caller's to add.
    let also = with(&noon(), &json!({ "phones": ["+1 213 555 0100"] }));
    let (_, answer) = check_debtor(&world, "C-1", &also).await;
    assert_eq!(answer["allowed"], json!(false), "it is three in the morning in California: {answer}");
}

#[tokio::test]
async fn a_hold_of_the_law_stops_contact_about_what_it_is_about() {
    let world = world_with_a_consumer().await;
    let hold = json!({ "reason": "attorney", "currency": "EUR", "invoice_number": "A" });
    let route = "POST /v1/debtors/{id}/holds";
    let (status, answer) =
        world.call_api(call_to(route, Some("demo"), &json!({ "id": "C-1" }), &json!({}), &hold.to_string())).await;
    assert_eq!(status, 201, "{answer}");
    for (about, allowed) in
        [(json!(null), false), (json!(["A"]), false), (json!(["A", "B"]), false), (json!(["B"]), true)]
    {
        let (_, answer) = check_debtor(&world, "C-1", &with(&noon(), &json!({ "invoice_numbers": about }))).await;
        assert_eq!(answer["allowed"], json!(allowed), "{about}: {answer}");
        assert_eq!(rules(&answer), if allowed { vec![] } else { vec!["PLATFORM.STOP.ATTORNEY"] });
    }
    let (status, problem) = check_debtor(&world, "C-1", &with(&noon(), &json!({ "invoice_numbers": ["C"] }))).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("invoice_numbers")), "{problem}");
    let (status, _) = check_debtor(&world, "C-9", &noon()).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn only_a_tenant_may_ask() {
    let world = World::start().await;
    let asked = call_to("POST /v1/contacts/check", None, &json!({}), &json!({}), &call().to_string());
    assert_eq!(world.call_api(asked).await.0, 403);
}
