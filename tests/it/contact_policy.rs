//! What a tenant decides about contact: shown, replaced by who has seen the latest, and in force at once.

use dunlin_audit::Actor;
use dunlin_aws::store::{Author, StoreError};
use dunlin_domain::gate::ContactPolicy;
use dunlin_testkit::build::tenant;
use serde_json::{Value, json};

use crate::world::{TENANT, World, call_to};

async fn policy(world: &World, method: &str, body: &Value) -> (i64, Value) {
    let route = format!("{method} /v1/contact-policy");
    world.call_api(call_to(&route, Some(TENANT), &json!({}), &json!({}), &body.to_string())).await
}

fn loosened(rule: &str, changes: &Value) -> Value {
    let mut one = json!({
        "rule": rule, "basis": "Opinion of counsel of 1 March 2026", "reason": "business debtors on night shift",
        "role": "compliance_officer", "expires_at": "2026-09-02T00:00:00Z",
    });
    for (field, value) in changes.as_object().unwrap() {
        one[field] = value.clone();
    }
    json!({ "version": 0, "loosened": [one] })
}

/// Whether a person in Germany may be written to by a machine on a Sunday.
async fn on_sunday(world: &World) -> Value {
    let asked = json!({
        "medium": "email", "at": "2026-03-08T12:00:00Z", "kind": "consumer", "automated": true,
        "collector": "first_party", "places": [{ "jurisdiction": "GB-EAW" }],
    });
    let route = "POST /v1/contacts/check";
    let (status, answer) =
        world.call_api(call_to(route, Some(TENANT), &json!({}), &json!({}), &asked.to_string())).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn a_default_is_loosened_at_once_shown_and_in_force_again_when_it_expires() {
    let world = World::start().await;
    let (status, shown) = policy(&world, "GET", &json!({})).await;
    assert_eq!((status, &shown["version"], &shown["loosened"]), (200, &json!(0), &json!([])), "{shown}");
    assert_eq!(shown["attorney_silence_days"], json!(30));
    let defaults = shown["defaults"].as_array().unwrap();
    assert!(defaults.iter().any(|one| one["rule"] == "PLATFORM.REST.EAW" && one["source"].is_string()), "{shown}");

    assert_eq!(on_sunday(&world).await["refusals"][0]["rule"], json!("PLATFORM.REST.EAW"));
    let mut wanted = loosened("PLATFORM.REST.EAW", &json!({}));
    wanted["gap_minutes"] = json!(180);
    let (status, shown) = policy(&world, "PUT", &wanted).await;
    assert_eq!((status, &shown["version"], &shown["gap_minutes"]), (200, &json!(1), &json!(180)), "{shown}");
    let expected = ("2026-03-02T00:00:00Z", false);
    assert_eq!(
        (&shown["loosened"][0]["decided_at"], &shown["loosened"][0]["expired"]),
        (&json!(expected.0), &json!(expected.1))
    );
    let allowed = on_sunday(&world).await;
    assert_eq!((&allowed["allowed"], &allowed["loosened"]), (&json!(true), &json!(["PLATFORM.REST.EAW"])));

    // What is wanted unchanged stays as it was decided, also when it has expired.
    world.set_clock("2026-10-01T00:00:00Z");
    wanted["version"] = json!(1);
    let (status, shown) = policy(&world, "PUT", &wanted).await;
    assert_eq!((status, &shown["loosened"][0]["expired"]), (200, &json!(true)), "{shown}");
    assert_eq!(shown["loosened"][0]["decided_at"], json!("2026-03-02T00:00:00Z"));
    assert_eq!(policy(&world, "GET", &json!({})).await.1, shown);
    // What is left out is as the platform has it again.
    let (_, shown) = policy(&world, "PUT", &json!({ "version": 2 })).await;
    assert_eq!((&shown["loosened"], &shown["gap_minutes"]), (&json!([]), &Value::Null), "{shown}");
}

#[tokio::test]
async fn what_may_not_be_decided_is_named_by_field_and_rule() {
    let world = World::start().await;
    let eaw = |changes: Value| loosened("PLATFORM.REST.EAW", &changes);
    let mut twice = eaw(json!({}));
    let one = twice["loosened"][0].clone();
    twice["loosened"].as_array_mut().unwrap().push(one);
    for (body, status, field, says) in [
        (loosened("US.REGF.HOURS", &json!({})), 422, "loosened[0].rule", "US.REGF.HOURS"),
        (loosened("PLATFORM.PACE.GAP", &json!({})), 422, "loosened[0].rule", "PLATFORM.PACE.GAP"),
        (loosened("PLATFORM.MARS", &json!({})), 422, "loosened[0].rule", "PLATFORM.MARS"),
        (twice, 422, "loosened[1].rule", "twice"),
        (eaw(json!({ "role": "manager" })), 422, "loosened[0].role", "compliance officer"),
        (eaw(json!({ "reason": "because" })), 422, "loosened[0].reason", "10 to 500"),
        (eaw(json!({ "expires_at": "2026-03-01T00:00:00Z" })), 422, "loosened[0].expires_at", "after"),
        (eaw(json!({ "expires_at": "2027-03-04T00:00:00Z" })), 422, "loosened[0].expires_at", "a year"),
        (eaw(json!({ "role": "king" })), 400, "loosened[0].role", "owner"),
        (eaw(json!({ "basis": null })), 400, "loosened[0].basis", "required"),
        (json!({}), 400, "version", "required"),
        (json!({ "version": 0, "attorney_silence_days": 29 }), 400, "attorney_silence_days", "from 30"),
        (json!({ "version": 0, "gap_minutes": 0 }), 400, "gap_minutes", "from 1"),
        (json!({ "version": 0, "calls_a_day": 0 }), 400, "calls_a_day", "from 1"),
        (json!({ "version": 0, "margin_minutes": -1 }), 400, "margin_minutes", "from 0"),
        (json!({ "version": 0, "mode": "statute_only" }), 400, "mode", "not a field"),
        (json!({ "version": 1 }), 409, "version", "is 0"),
    ] {
        let (got, answer) = policy(&world, "PUT", &body).await;
        assert_eq!((got, &answer["errors"][0]["field"]), (status, &json!(field)), "{body}: {answer}");
        assert!(answer["errors"][0]["reason"].as_str().unwrap().contains(says), "{body}: {answer}");
    }
    assert_eq!(policy(&world, "GET", &json!({})).await.1["version"], json!(0), "nothing was decided");
}

#[tokio::test]
async fn two_who_decide_at_once_do_not_undo_one_another() {
    let world = World::start().await;
    let (store, demo) = (world.table.store(), tenant(TENANT));
    let by = Author { actor: Actor::system("tests"), at: world.now() };
    let tighter = ContactPolicy { gap_minutes: Some(240), ..ContactPolicy::default() };
    assert_eq!(store.put_contact_policy(&demo, &tighter, 0, &by).await.unwrap(), 1);
    let late = store.put_contact_policy(&demo, &ContactPolicy::default(), 0, &by).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(store.put_contact_policy(&demo, &tighter, 1, &by).await.unwrap(), 2);
    let late = store.put_contact_policy(&demo, &ContactPolicy::default(), 1, &by).await;
    assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    assert_eq!(store.contact_policy(&demo).await.unwrap(), Some((tighter, 2)));
    let nobody = store.put_contact_policy(&tenant("nobody"), &ContactPolicy::default(), 0, &by).await;
    assert!(matches!(nobody, Err(StoreError::Conflict)), "{nobody:?}");
    assert_eq!(store.contact_policy(&tenant("nobody")).await.unwrap(), None);
}
