//! Items of the shape before: read as they are, rewritten page by page.

use std::time::SystemTime;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_testkit::build::{debtor, draft, tenant};
use dunlin_testkit::table::TABLE;
use serde_json::{Value, json};

use crate::world::{World, far_from_now, killed_after, text};

const MORNING: &str = "2026-03-03T08:00:00Z";
/// More than two pages of items.
const DEBTORS: u32 = 150;

/// A world of late debtors whose heads are as schema 2 had them.
async fn of_schema_2(debtors: u32) -> World {
    let world = World::start().await;
    let invoice = |n: u32| {
        json!({
            "debtor_ref": format!("C{n}"), "email": format!("c{n}@customers.example"), "invoice_number": format!("I{n}"),
            "issue_date": "2026-03-01", "due_date": "2026-03-02", "currency": "EUR", "amount": "100.00",
        })
    };
    world.post_invoices((0..debtors).map(invoice).collect()).await;
    world.project().await;
    for n in 0..debtors {
        as_schema_2(&world, &format!("C{n}")).await;
    }
    world.table.new_heads();
    world
}

async fn change_head(world: &World, debtor: &str, expression: &str, number: &str) {
    let key = |value: String| AttributeValue::S(value);
    let call = world.table.client().update_item().table_name(TABLE);
    let call = call.key("PK", key(format!("T#demo#D#{debtor}"))).key("SK", key("LIVE#DEBTOR".to_owned()));
    let call = call.update_expression(expression).expression_attribute_names("#schema", "schema");
    let call =
        if expression.contains("#sequence") { call.expression_attribute_names("#sequence", "sequence") } else { call };
    call.expression_attribute_values(":n", AttributeValue::N(number.to_owned())).send().await.unwrap();
}

fn tick() -> table_migration::Tick {
    serde_json::from_value(json!({ "time": MORNING })).unwrap()
}

/// Writes a head as schema 2 had it: one mailbox, and whether it has opted out.
async fn as_schema_2(world: &World, debtor: &str) {
    let text = |value: String| AttributeValue::S(value);
    let call = world.table.client().update_item().table_name(TABLE);
    let call = call.key("PK", text(format!("T#demo#D#{debtor}"))).key("SK", text("LIVE#DEBTOR".to_owned()));
    let email = format!("{}@customers.example", debtor.to_lowercase());
    let shape = "SET #schema = :two, profile.email = :email, profile.phone = :phone, profile.sms_consent = :yes, \
                 profile.email_opted_out = :no REMOVE profile.contacts";
    call.update_expression(shape)
        .expression_attribute_names("#schema", "schema")
        .expression_attribute_values(":two", AttributeValue::N("2".to_owned()))
        .expression_attribute_values(":email", text(email))
        .expression_attribute_values(":phone", text("+441632960123".to_owned()))
        .expression_attribute_values(":yes", AttributeValue::Bool(true))
        .expression_attribute_values(":no", AttributeValue::Bool(false))
        .send()
        .await
        .unwrap();
}

/// Heads by the schema that they say.
async fn heads_of(world: &World, schema: i64) -> usize {
    let items = world.table.items().await;
    items.iter().filter(|item| item["SK"] == "LIVE#DEBTOR" && item["schema"] == schema).count()
}

async fn progress(world: &World) -> Value {
    let items = world.table.items().await;
    items.into_iter().find(|item| text(item, "PK") == "DEPLOYMENT").map(Value::Object).unwrap()
}

#[tokio::test]
async fn heads_of_the_shape_before_are_read_counted_and_written_in_the_latest() {
    let world = of_schema_2(3).await;
    world.hour(MORNING).await;
    assert_eq!(world.mails().len(), 3);
    assert_eq!(heads_of(&world, 3).await, 3);
    let now = world.now();
    let contacts = world.debtor("C1").await.profile.contacts;
    assert_eq!(contacts.phone().unwrap().as_str(), "+441632960123");
    assert!(contacts.sms_consent(now), "what was agreed to is agreed to still");
    world.assert_counted().await;
}

#[tokio::test]
async fn a_migration_goes_on_where_its_time_ran_out_and_changes_nothing_else() {
    let world = of_schema_2(DEBTORS).await;
    let before = world.state().await;
    let mut runs = 0;
    while heads_of(&world, 2).await > 0 {
        // The deadline is long past, so a page is all that fits into an invocation.
        world.migration.handle(tick(), SystemTime::UNIX_EPOCH).await.unwrap();
        runs += 1;
        assert!(runs < 20);
    }
    assert!(runs > 2, "{runs}");
    world.migration.handle(tick(), far_from_now()).await.unwrap();
    let done = progress(&world).await;
    assert_eq!((&done["rewritten"], &done["failed"]), (&json!(DEBTORS), &json!(0)));
    assert_eq!(done["finished_at"], MORNING);
    let mut after = world.state().await;
    let mut before = before;
    after.retain(|(pk, _), _| pk != "DEPLOYMENT");
    for item in after.values_mut().chain(before.values_mut()) {
        item.remove("schema");
        if let Some(profile) = item.get_mut("profile").and_then(Value::as_object_mut) {
            for reshaped in ["contacts", "email", "phone", "sms_consent", "email_opted_out"] {
                profile.remove(reshaped);
            }
        }
    }
    assert_eq!(after, before);
    assert!(!world.project().await || world.told("message.planned") == 0, "nothing is told again");
    world.pump().await;
    world.assert_counted().await;
    world.hour(MORNING).await;
    world.assert_counted().await;
    let reads = progress(&world).await["read"].clone();
    world.migration.handle(tick(), far_from_now()).await.unwrap();
    assert_eq!(progress(&world).await["read"], reads, "what is done is not begun again");
}

#[tokio::test]
async fn a_migration_may_be_killed_anywhere_and_run_twice_at_once() {
    for polls in [1, 2, 3, 5, 8, 13, 21, 34] {
        let world = of_schema_2(12).await;
        killed_after(polls, world.migration.handle(tick(), far_from_now())).await;
        let (one, other) = tokio::join!(
            world.migration.handle(tick(), far_from_now()),
            world.migration.handle(tick(), far_from_now())
        );
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(heads_of(&world, 3).await, 12, "{polls}");
    }
}

#[tokio::test]
async fn a_commit_in_between_is_kept() {
    let world = of_schema_2(1).await;
    let mut commits = 0;
    // Twice as far each time, because every invoice more is read on the way.
    while killed_after(1 + 2 * commits, world.migration.handle(tick(), far_from_now())).await.is_none() {
        world.has([draft("C0", &format!("N{commits}")).build()]).await;
        commits += 1;
    }
    assert_eq!(world.debtor("C0").await.invoices.len(), 1 + commits);
    world.pump().await;
    world.assert_counted().await;
}

#[tokio::test]
async fn a_shape_that_is_too_new_or_damaged_is_named_and_does_not_stop_the_others() {
    let world = of_schema_2(4).await;
    change_head(&world, "C1", "SET #schema = :n", "4").await;
    change_head(&world, "C2", "SET accounts = :n, #schema = #schema", "7").await;
    let error = world.table.store().load(&tenant("demo"), &debtor("C1")).await.unwrap_err().to_string();
    assert!(error.contains("T#demo#D#C1") && error.contains("schema 4"), "{error}");
    world.migration.handle(tick(), far_from_now()).await.unwrap();
    let done = progress(&world).await;
    assert_eq!((&done["rewritten"], &done["failed"]), (&json!(2), &json!(2)));
}
