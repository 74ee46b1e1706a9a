//! Contacts that people make: they share one budget with messages, and what came of them is told and kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use dunlin_testkit::build::{draft, eur};
use serde_json::{Value, json};

use crate::world::{TENANT, World, call_to};

const MORNING: &str = "2026-03-02T09:00:00Z";

/// API Gateway gives no two calls the same id.
static CALLS: AtomicUsize = AtomicUsize::new(0);

/// A call of the API about contacts of `C1`.
async fn contacts(world: &World, method: &str, id: Option<&str>, query: Value, body: &Value) -> (i64, Value) {
    let (route, path) = match id {
        None => (format!("{method} /v1/debtors/{{id}}/contacts"), json!({ "id": "C1" })),
        Some(id) => (format!("{method} /v1/debtors/{{id}}/contacts/{{contact}}"), json!({ "id": "C1", "contact": id })),
    };
    let mut request = call_to(&route, Some(TENANT), &path, &query, &body.to_string());
    request["requestContext"]["requestId"] = json!(CALLS.fetch_add(1, Ordering::Relaxed).to_string());
    world.call_api(request).await
}

async fn post(world: &World, body: Value) -> (i64, Value) {
    contacts(world, "POST", None, json!({}), &body).await
}

async fn tell(world: &World, id: &str, body: Value) -> (i64, Value) {
    contacts(world, "PATCH", Some(id), json!({}), &body).await
}

async fn listed(world: &World) -> Vec<Value> {
    let (status, answer) = contacts(world, "GET", None, json!({}), &json!({})).await;
    assert_eq!(status, 200, "{answer}");
    answer["contacts"].as_array().unwrap().clone()
}

fn id(answer: &Value) -> String {
    answer["contact"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn rules(answer: &Value) -> Vec<&str> {
    answer["refusals"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect()
}

/// `C1` is a consumer in Germany who owes 100.00 EUR; it is ten in the morning there.
async fn owing() -> World {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-02-01").due("2026-03-01").total(eur("100.00")).build()]).await;
    let person = json!({ "kind": "consumer", "country": "DE", "time_zone": "Europe/Berlin" });
    let patch =
        call_to("PATCH /v1/debtors/{id}", Some(TENANT), &json!({ "id": "C1" }), &json!({}), &person.to_string());
    let (status, answer) = world.call_api(patch).await;
    assert_eq!(status, 200, "{answer}");
    world.set_clock(MORNING);
    world
}

#[tokio::test]
async fn a_call_takes_its_slot_before_it_is_made_and_a_conversation_starts_its_days_after() {
    let world = owing().await;
    let (status, reserved) =
        post(&world, json!({ "medium": "call", "note": "about I1", "invoice_numbers": ["I1"] })).await;
    assert_eq!((status, &reserved["check"]["allowed"]), (201, &json!(true)), "{reserved}");
    assert_eq!((&reserved["contact"]["reserved"], &reserved["contact"]["outcome"]), (&json!(true), &Value::Null));
    assert_eq!(reserved["contact"]["debts"], json!(["main/I1"]));

    // The slot is taken at once: nobody else may call within the two hours.
    let (status, refused) = post(&world, json!({ "medium": "call" })).await;
    assert_eq!((status, &refused["title"]), (409, &json!("The contact may not be made")), "{refused}");
    assert_eq!(rules(&refused), ["PLATFORM.PACE.GAP"]);
    assert_eq!(refused["earliest"], json!("2026-03-02T11:00:00Z"));
    assert!(refused["refusals"][0]["source"].is_string() && refused["refusals"][0]["until"].is_string(), "{refused}");

    world.set_clock("2026-03-02T09:10:00Z");
    let told = json!({ "outcome": "conversation", "at": "2026-03-02T09:05:00Z", "note": "will pay on Friday" });
    let (status, answer) = tell(&world, &id(&reserved), told.clone()).await;
    assert_eq!((status, &answer["contact"]["outcome"]), (200, &json!("conversation")), "{answer}");
    assert_eq!(answer["contact"]["at"], json!("2026-03-02T09:05:00Z"));
    // What is told again says nothing new.
    let (_, again) = tell(&world, &id(&reserved), told).await;
    assert_eq!(again["events"], json!([]));

    let counted = listed(&world).await;
    assert_eq!(counted.len(), 1);
    let rules_of = counted[0]["counted_by"].as_array().unwrap();
    assert!(rules_of.len() > 1 && rules_of.iter().any(|one| one["rule"] == "PLATFORM.PACE.GAP"), "{counted:?}");

    let steps: Vec<_> = world.past("C1", "CONTACT").await.iter().map(|one| one["step"].clone()).collect();
    assert_eq!(steps, ["reserved", "made"]);
    world.pump().await;
    assert_eq!((world.told("contact.reserved"), world.told("contact.made")), (1, 1));
    world.assert_audited().await;
}

#[tokio::test]
async fn what_was_made_counts_whatever_the_rules_say_and_they_are_on_record() {
    let world = owing().await;
    for (at, allowed) in [("2026-03-02T08:30:00Z", true), ("2026-03-02T08:45:00Z", false)] {
        let body =
            json!({ "medium": "call", "at": at, "made": true, "outcome": "reached", "to": { "line": "wireless" } });
        let (status, answer) = post(&world, body).await;
        assert_eq!((status, &answer["check"]["allowed"]), (201, &json!(allowed)), "{answer}");
        assert_eq!(answer["contact"]["line"], json!("wireless"));
    }
    let notes = world.past("C1", "CONTACT").await;
    assert_eq!(notes[0].get("against"), None);
    assert_eq!(notes[1]["against"], json!(["PLATFORM.PACE.GAP"]));
    assert_eq!(listed(&world).await.len(), 2);
    // One who calls is answered, and is left alone as if we had called.
    let body = json!({ "medium": "call", "made": true, "begun_by": "debtor", "outcome": "conversation" });
    let (status, answer) = post(&world, body).await;
    assert_eq!((status, &answer["check"]["allowed"]), (201, &json!(true)), "{answer}");
    // One that never connected frees its slot.
    let first = listed(&world).await.pop().unwrap();
    let (status, _) = tell(&world, first["id"].as_str().unwrap(), json!({ "outcome": "not_connected" })).await;
    assert_eq!(status, 200);
    assert!(!listed(&world).await.iter().any(|one| one["id"] == first["id"]));
    world.assert_audited().await;
}

#[tokio::test]
async fn a_slot_that_is_not_used_is_given_back_with_a_reason_and_what_was_made_is_not() {
    let world = owing().await;
    let (_, reserved) = post(&world, json!({ "medium": "call" })).await;
    let release = |query: Value, id: String| {
        let world = &world;
        async move { contacts(world, "DELETE", Some(&id), query, &json!({})).await }
    };
    let (status, answer) = release(json!({}), id(&reserved)).await;
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("reason")), "{answer}");
    let (status, answer) = release(json!({ "reason": "the debtor has paid" }), id(&reserved)).await;
    assert_eq!((status, &answer["contact"]["over"]), (200, &json!(true)), "{answer}");
    let (status, again) = post(&world, json!({ "medium": "call" })).await;
    assert_eq!(status, 201, "{again}");
    let (_, _) = tell(&world, &id(&again), json!({ "outcome": "reached" })).await;
    let (status, _) = release(json!({ "reason": "no" }), id(&again)).await;
    assert_eq!(status, 409);
    assert_eq!(release(json!({ "reason": "no" }), "unknown".to_owned()).await.0, 404);
    let log = world.past("C1", "CONTACT").await;
    assert_eq!((&log[1]["step"], &log[1]["note"]), (&json!("released"), &json!("the debtor has paid")));
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_field() {
    let world = owing().await;
    for (body, status, field) in [
        (json!({}), 400, "medium"),
        (json!({ "medium": "pigeon" }), 400, "medium"),
        (json!({ "medium": "call", "outcome": "reached" }), 400, "outcome"),
        (json!({ "medium": "call", "begun_by": "debtor" }), 400, "begun_by"),
        (json!({ "medium": "call", "contacts": [] }), 400, "contacts"),
        (json!({ "medium": "call", "email": "ap@c1.example" }), 400, "medium"),
        (json!({ "medium": "call", "at": "2026-03-02T08:59:59Z" }), 422, "at"),
        (json!({ "medium": "call", "at": "2026-03-09T09:00:01Z" }), 422, "at"),
        (json!({ "medium": "call", "at": "2026-03-02T09:00:01Z", "made": true }), 422, "at"),
        (json!({ "medium": "call", "invoice_numbers": ["I9"] }), 422, "invoice_numbers"),
    ] {
        let (got, answer) = post(&world, body.clone()).await;
        assert_eq!((got, &answer["errors"][0]["field"]), (status, &json!(field)), "{body}: {answer}");
    }
    assert!(listed(&world).await.is_empty());
    let (_, reserved) = post(&world, json!({ "medium": "letter", "at": "2026-03-02T10:00:00Z" })).await;
    for (body, field) in
        [(json!({ "outcome": "reached" }), "at"), (json!({ "outcome": "reached", "at": "2026-03-02T09:00:00Z" }), "at")]
    {
        let (status, answer) = tell(&world, &id(&reserved), body.clone()).await;
        assert_eq!((status, &answer["errors"][0]["field"]), (422, &json!(field)), "{body}: {answer}");
    }
    assert_eq!(tell(&world, "unknown", json!({ "outcome": "reached" })).await.0, 404);
}

#[tokio::test]
async fn a_call_with_a_key_takes_one_slot_and_a_preview_none() {
    let world = owing().await;
    let (status, seen) =
        contacts(&world, "POST", None, json!({ "preview": "true" }), &json!({ "medium": "call" })).await;
    assert_eq!((status, &seen["preview"], &seen["check"]["allowed"]), (200, &json!(true), &json!(true)), "{seen}");
    assert!(listed(&world).await.is_empty());
    for _ in 0..2 {
        let route = "POST /v1/debtors/{id}/contacts";
        let body = json!({ "medium": "call" }).to_string();
        let mut request = call_to(route, Some(TENANT), &json!({ "id": "C1" }), &json!({}), &body);
        request["headers"]["idempotency-key"] = json!("one");
        let (status, answer) = world.call_api(request).await;
        assert_eq!((status, &answer["contact"]["reserved"]), (201, &json!(true)), "{answer}");
    }
    assert_eq!(listed(&world).await.len(), 1);
}
