//! The debtors of a tenant, by name: every one of them once, as it stands.

use std::collections::BTreeMap;
use std::time::SystemTime;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::directory::NamePlace;
use dunlin_testkit::build::{draft, eur};
use dunlin_testkit::table::TABLE;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::debtors::{patch, put};
use crate::properties::block_on;
use crate::world::{World, call_to, far_from_now, killed_after, text};

async fn list(world: &World, query: Value) -> (i64, Value) {
    world.call_api(call_to("GET /v1/debtors", Some("demo"), &json!({}), &query, "")).await
}

fn refs(page: &Value) -> Vec<String> {
    page["debtors"].as_array().unwrap().iter().map(|one| one["debtor_ref"].as_str().unwrap().to_owned()).collect()
}

/// Every debtor that is looked for, page by page.
async fn all(world: &World, mut query: Value) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let (status, page) = list(world, query.clone()).await;
        assert_eq!(status, 200, "{page}");
        found.extend(refs(&page));
        match page["next"].as_str() {
            Some(next) => query["after"] = json!(next),
            None => return found,
        }
    }
}

impl World {
    /// The directory has one row for each debtor, and it says what the debtor is.
    pub(crate) async fn assert_listed(&self) {
        let items = self.table.items().await;
        let mut rows = BTreeMap::new();
        for row in items.iter().filter(|item| text(item, "PK").contains("#DEBTORS#")) {
            let tenant = text(row, "PK").split('#').nth(1).unwrap();
            let key = format!("T#{tenant}#D#{}", text(row, "debtor"));
            assert!(rows.insert(key.clone(), row).is_none(), "two rows of {key}");
        }
        for head in items.iter().filter(|item| item["SK"] == "LIVE#DEBTOR") {
            let key = text(head, "PK");
            let row = rows.remove(key).unwrap_or_else(|| panic!("{key} is not listed"));
            assert_eq!(row["name"], head["profile"]["name"], "{key}");
            for account in row["accounts"].as_array().unwrap() {
                let of = items.iter().filter(|item| item["PK"] == head["PK"] && item.contains_key("standing"));
                let of =
                    of.filter(|invoice| invoice["currency"] == account[1] && invoice["balance"].as_i64() > Some(0));
                let of =
                    of.filter(|one| text(one, "invoice").starts_with(&format!("{}/", account[0].as_str().unwrap())));
                let oldest = of.map(|invoice| text(invoice, "due_date")).min();
                assert_eq!(account[2].as_str(), oldest, "{key} {account}");
            }
        }
        assert!(rows.is_empty(), "rows of nobody: {rows:?}");
    }
}

#[tokio::test]
async fn debtors_are_found_by_name_creditor_and_how_they_stand() {
    let world = World::start().await;
    world
        .has([
            draft("C1", "I1").issued("2026-02-01").due("2026-03-01").total(eur("70.00")).build(),
            draft("C1", "I2").issued("2026-02-01").due("2026-03-20").total(eur("30.00")).build(),
            draft("C2", "I3").issued("2026-02-01").due("2026-03-20").portfolio("second").build(),
        ])
        .await;
    let named = |id: &str, name: &str| (id.to_owned(), json!({ "name": name }));
    for (id, body) in
        [named("C1", "Zebra Ltd"), named("C2", "ACME  GmbH"), named("C3", "acme Trading"), named("C4", "Ärzte")]
    {
        put(&world, &id, body).await;
    }
    for (query, found) in [
        (json!({}), vec!["C2", "C3", "C1", "C4"]),
        (json!({ "name": " Acme" }), vec!["C2", "C3"]),
        (json!({ "name": "acme g" }), vec!["C2"]),
        (json!({ "name": "nobody" }), vec![]),
        (json!({ "state": "overdue" }), vec!["C1"]),
        (json!({ "state": "open" }), vec!["C2"]),
        (json!({ "state": "clear" }), vec!["C3", "C4"]),
        (json!({ "portfolio": "main" }), vec!["C1"]),
        (json!({ "portfolio": "second", "state": "open" }), vec!["C2"]),
        (json!({ "portfolio": "second", "state": "clear" }), vec![]),
    ] {
        for limit in ["1", "2", "50"] {
            let mut query = query.clone();
            query["limit"] = json!(limit);
            assert_eq!(all(&world, query.clone()).await, found, "{query}");
        }
    }
    let (_, page) = list(&world, json!({ "name": "zebra" })).await;
    let (one, account) = (&page["debtors"][0], &page["debtors"][0]["accounts"][0]);
    assert_eq!(
        (&one["name"], &one["state"], &page["as_of"]),
        (&json!("Zebra Ltd"), &json!("overdue"), &json!("2026-03-02"))
    );
    assert_eq!((&account["balance"], &account["oldest_due"]), (&json!("100.00"), &json!("2026-03-01")));
}

#[tokio::test]
async fn a_row_follows_its_debtor() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-02-01").due("2026-03-02").total(eur("100.00")).build()]).await;
    assert_eq!(all(&world, json!({ "state": "open" })).await, ["C1"]);
    world.set_clock("2026-03-03T00:00:00Z");
    assert_eq!(all(&world, json!({ "state": "overdue" })).await, ["C1"], "a day passes, and nothing is written");
    let rows = |items: Vec<serde_json::Map<String, Value>>| {
        items.into_iter().filter(|item| text(item, "PK").contains("#DEBTORS#")).collect::<Vec<_>>()
    };
    let before = rows(world.table.items().await);
    world.hour("2026-03-03T08:00:00Z").await;
    assert_eq!(world.mails().len(), 1);
    assert_eq!(rows(world.table.items().await), before, "a reminder leaves the directory alone");
    let (_, page) = list(&world, json!({})).await;
    assert!(page["debtors"][0]["accounts"][0]["step"].is_string(), "{page}");
    patch(&world, "C1", json!({ "name": "Another Name" })).await;
    assert_eq!(all(&world, json!({ "name": "another" })).await, ["C1"]);
    world.assert_listed().await;
    let paid = json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-03", "amount": "100.00", "currency": "EUR" }]);
    world.post_payments(paid).await;
    assert_eq!(all(&world, json!({ "state": "clear" })).await, ["C1"]);
    world.assert_listed().await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let world = World::start().await;
    put(&world, "C1", json!({ "name": "Zebra" })).await;
    for (query, field) in [
        (json!({ "state": "late" }), "state"),
        (json!({ "portfolio": "No Slug" }), "portfolio"),
        (json!({ "limit": "0" }), "limit"),
        (json!({ "after": "C2" }), "after"),
        (json!({ "after": "C1", "name": "acme" }), "after"),
    ] {
        let (status, problem) = list(&world, query.clone()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (400, &json!(field)), "{query}: {problem}");
    }
}

/// Leaves debtors as they were before there was a directory.
async fn before_the_directory(world: &World) {
    for row in world.table.items().await.iter().filter(|item| text(item, "PK").contains("#DEBTORS#")) {
        let key = |name: &str| AttributeValue::S(text(row, name).to_owned());
        let call = world.table.client().delete_item().table_name(TABLE);
        call.key("PK", key("PK")).key("SK", key("SK")).send().await.unwrap();
    }
}

async fn migrate(world: &World, deadline: SystemTime) {
    let tick = serde_json::from_value(json!({ "time": "2026-03-02T00:00:00Z" })).unwrap();
    world.migration.handle(tick, deadline).await.unwrap();
}

#[tokio::test]
async fn debtors_from_before_are_listed_by_the_migration_wherever_it_dies() {
    for polls in [1, 8, 34, 55] {
        let world = World::start().await;
        for n in 0..12 {
            world.has([draft(&format!("C{n}"), &format!("I{n}")).build()]).await;
        }
        before_the_directory(&world).await;
        assert_eq!(all(&world, json!({})).await, Vec::<String>::new());
        patch(&world, "C3", json!({ "name": "Named anew" })).await;
        assert_eq!(all(&world, json!({})).await, ["C3"], "a commit that changes what is listed lists it");
        let tick = serde_json::from_value(json!({ "time": "2026-03-02T00:00:00Z" })).unwrap();
        killed_after(polls, world.migration.handle(tick, far_from_now())).await;
        patch(&world, "C5", json!({ "name": "Another" })).await;
        migrate(&world, far_from_now()).await;
        assert_eq!(all(&world, json!({})).await.len(), 12);
        world.assert_listed().await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_debtor_is_listed_once_in_order(
        names in prop::collection::vec("[a-cA-C ]{0,3}[x#]", 1..40),
        limit in 1_u32..12,
        begins in "[a-c]{0,1}",
    ) {
        block_on(async {
            let world = World::start().await;
            let mut expected = Vec::new();
            for (n, name) in names.iter().enumerate() {
                put(&world, &format!("C{n}"), json!({ "name": name })).await;
                let place = NamePlace::of(name);
                if place.as_str().starts_with(&begins) {
                    expected.push((place, format!("C{n}")));
                }
            }
            expected.sort_by_key(|(place, id)| format!("{}\t{id}", place.as_str()));
            let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
            assert_eq!(all(&world, json!({ "limit": limit.to_string(), "name": begins })).await, expected);
            world.assert_listed().await;
        });
    }
}
