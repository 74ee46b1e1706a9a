//! The log of a tenant's settings: policies, which of them are in use, and templates.

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_audit::{Anchor, Anchors, Flaw, Verified, verify};
use dunlin_testkit::table::TABLE;
use serde_json::{Value, json};

use crate::templates::{mail, save};
use crate::world::{TENANT, World, call};

async fn put_policy(world: &World, version: u16) -> i64 {
    let policy = json!({ "name": "patient", "version": version, "use_for": "debts" });
    world.call_api(call("POST /v1/policies", Some(TENANT), &policy)).await.0
}

async fn log(world: &World) -> String {
    let (status, log) = world.call_api(call("GET /v1/audit", Some(TENANT), &json!({}))).await;
    assert_eq!(status, 200, "{log}");
    log.as_str().unwrap().to_owned()
}

fn verified(log: &str, anchors: &Anchors) -> Result<Verified, Flaw> {
    verify(log.as_bytes(), anchors).map_err(|fault| fault.flaw)
}

/// Who did what, record by record.
fn story(log: &str) -> Vec<(String, Vec<String>, String)> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let records = lines.filter_map(|line| line.get("record").cloned());
    let told = |record: Value| {
        let what = record["what"].as_array().unwrap().iter().map(text).collect();
        (text(&record["actor"]["id"]), what, text(&record["why"]))
    };
    records.map(told).collect()
}

fn told(who: &str, what: &[&str], why: &str) -> (String, Vec<String>, String) {
    (who.to_owned(), what.iter().map(|one| (*one).to_owned()).collect(), why.to_owned())
}

#[tokio::test]
async fn it_tells_who_changed_what_and_is_anchored() {
    let world = World::start().await;
    assert_eq!(verified(&log(&world).await, &Anchors::default()).unwrap().head.seq, 0);
    assert_eq!(put_policy(&world, 1).await, 201);
    assert_eq!(put_policy(&world, 1).await, 409, "it is taken, and nothing is recorded");
    assert_eq!(put_policy(&world, 2).await, 201);
    let is_used = |n: u16| format!("patient@{n} is used for debts");
    let policy = |n| told("user-1", &["policy.recorded", "policy.chosen"], &is_used(n));
    assert_eq!(story(&log(&world).await), [policy(1), policy(2)]);
    world.note().await;
    world.anchor_at("2026-03-03T01:15:00Z").await.unwrap();
    let anchor = world.outside.objects.lock().unwrap()["anchors/demo/2026-03-02.json"].clone();
    let anchors = Anchors::new([Anchor::read(&anchor).unwrap()]).unwrap();
    let found = verified(&log(&world).await, &anchors).unwrap();
    assert_eq!((found.debtor, found.items, found.anchors), (None, 2, 1));
}

#[tokio::test]
async fn a_template_is_recorded_with_its_texts() {
    let world = World::start().await;
    assert_eq!(save(&world, "early", &mail("Hello")).await.0, 201);
    let log = log(&world).await;
    assert_eq!(story(&log), [told("user-1", &["template.saved"], "")]);
    assert!(log.contains("Hello, {{ debtor }}"), "{log}");
    assert_eq!(verified(&log, &Anchors::default()).unwrap().items, 2);
}

#[tokio::test]
async fn who_loosens_a_rule_is_told_with_it() {
    let world = World::start().await;
    let loosened = json!([{
        "rule": "PLATFORM.REST.EAW", "basis": "Opinion of counsel of 1 March 2026", "role": "owner",
        "reason": "business debtors work on bank holidays", "expires_at": "2026-09-01T00:00:00Z",
    }]);
    let body = json!({ "version": 0, "loosened": loosened });
    let (status, answer) = world.call_api(call("PUT /v1/contact-policy", Some(TENANT), &body)).await;
    assert_eq!(status, 200, "{answer}");
    let why = "loosened: PLATFORM.REST.EAW until 2026-09-01T00:00:00Z";
    let log = log(&world).await;
    assert_eq!(story(&log), [told("user-1", &["contact_policy.decided"], why)]);
    assert_eq!(verified(&log, &Anchors::default()).unwrap().head.seq, 1);
}

#[tokio::test]
async fn an_edit_by_hand_is_told_with_the_next_change_and_one_of_what_never_changes_is_found() {
    let world = World::start().await;
    put_policy(&world, 1).await;
    world.table.add_tenant(TENANT, &[("pay_url", "https://elsewhere.example")]).await;
    put_policy(&world, 2).await;
    let story = story(&log(&world).await);
    assert_eq!(story[1], told("unknown", &["settings.edited"], "found to be edited in the table, by hand"));
    assert_eq!((story.len(), verified(&log(&world).await, &Anchors::default()).unwrap().head.seq), (3, 3));

    let update = world.table.client().update_item().table_name(TABLE);
    let update = update.key("PK", AttributeValue::S(format!("T#{TENANT}")));
    let update = update.key("SK", AttributeValue::S("POLICY#patient#1".to_owned()));
    let update = update.update_expression("SET minimums = :none");
    update.expression_attribute_values(":none", AttributeValue::M([].into())).send().await.unwrap();
    assert_eq!(verified(&log(&world).await, &Anchors::default()), Err(Flaw::History(1)));
}

#[tokio::test]
async fn changes_at_once_are_all_recorded() {
    let world = World::start().await;
    let statuses = tokio::join!(put_policy(&world, 1), put_policy(&world, 2), put_policy(&world, 2));
    assert_eq!(statuses.0, 201);
    assert_eq!(statuses.1 + statuses.2, 201 + 409);
    assert_eq!(verified(&log(&world).await, &Anchors::default()).unwrap().head.seq, 2);
}
