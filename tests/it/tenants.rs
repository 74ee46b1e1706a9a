//! Tenants cannot meet (I6).

use serde_json::{Value, json};

use crate::world::{World, call, call_to, text};

fn invoices(amount: &str) -> Value {
    json!({ "invoices": [{
        "debtor_ref": "C1", "debtor_name": "Customer", "invoice_number": "I1", "issue_date": "2026-03-01",
        "due_date": "2026-03-02", "currency": "EUR", "amount": amount, "email": "c1@customers.example",
    }] })
}

fn payments(amount: &str) -> Value {
    json!({ "payments": [{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-01", "amount": amount, "currency": "EUR" }] })
}

async fn two() -> World {
    let world = World::start().await;
    world.table.add_tenant("other", &[("time_zone", "UTC")]).await;
    for (tenant, amount) in [("demo", "100.00"), ("other", "7.00")] {
        let (status, answer) = world.call_ingest(call("POST /v1/invoices", Some(tenant), &invoices(amount))).await;
        assert_eq!((status, &answer["created"]), (200, &json!(1)), "{tenant}: {answer}");
    }
    world
}

#[tokio::test]
async fn equal_references_of_two_tenants_are_two_things() {
    let world = two().await;
    let (_, answer) = world.call_webhook(call("POST /v1/payments", Some("other"), &payments("7.00"))).await;
    assert_eq!(answer["results"][0]["status"], "booked");
    assert_eq!(world.stands("I1").await, (10_000, "open".to_owned()), "the other one's payment");
    let (_, answer) = world.call_webhook(call("POST /v1/payments", Some("demo"), &payments("60.00"))).await;
    assert_eq!(answer["results"][0]["status"], "booked", "the same reference, and another payment");
    assert_eq!(world.stands("I1").await, (4_000, "open".to_owned()));
    world.hour("2026-03-03T08:00:00Z").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].tags["tenant"].as_str(), mails[0].reply_to.as_str()), ("demo", "accounts@demo.example"));
    world.assert_counted().await;
}

#[tokio::test]
async fn the_tenant_comes_from_the_token_and_from_nowhere_else() {
    let world = two().await;
    world.pump().await;
    let get = |route: &str, tenant: Option<&str>| {
        call_to(route, tenant, &json!({ "id": "C1", "tenant": "demo" }), &json!({}), "{\"tenant\":\"demo\"}")
    };
    let (_, theirs) = world.call_api(get("GET /v1/debtors/{id}", Some("other"))).await;
    assert_eq!(theirs["accounts"][0]["balance"], "7.00");
    let (_, theirs) = world.call_api(get("GET /v1/debtors", Some("other"))).await;
    assert_eq!(theirs["debtors"][0]["accounts"][0]["balance"], "7.00");
    let (_, theirs) = world.call_api(get("GET /v1/reports/aging", Some("other"))).await;
    assert_eq!(theirs["reports"][0]["total"], "7.00");
    let (_, theirs) = world.call_api(get("GET /v1/debtors/{id}/timeline", Some("other"))).await;
    assert_eq!(theirs["entries"][0]["body"]["amount"], "7.00");
    assert!(!theirs.to_string().contains("100.00"));
    let asked = call_to("GET /v1/debtors", Some("other"), &json!({}), &json!({ "tenant": "demo" }), "");
    assert_eq!(world.call_api(asked).await.0, 400, "no call has such a parameter");
    let mut sly = invoices("1.00");
    sly["tenant"] = json!("demo");
    sly["invoices"][0]["tenant"] = json!("demo");
    let (_, answer) = world.call_ingest(call("POST /v1/invoices", Some("other"), &sly)).await;
    assert_eq!(answer["results"][0]["errors"][0]["field"], "tenant", "{answer}");
}

#[tokio::test]
async fn a_token_without_a_tenant_opens_nothing() {
    let world = two().await;
    let before = world.table.items().await;
    for tenant in [None, Some(""), Some("nobody"), Some("demo#D#C1"), Some("Demo")] {
        let (status, problem) = world.call_ingest(call("POST /v1/invoices", tenant, &invoices("1.00"))).await;
        assert_eq!((status, &problem["status"]), (403, &json!(403)), "{tenant:?}");
        assert_eq!(world.call_webhook(call("POST /v1/payments", tenant, &payments("1.00"))).await.0, 403, "{tenant:?}");
        for route in [
            "GET /v1/debtors/{id}",
            "GET /v1/debtors/{id}/timeline",
            "GET /v1/payments/{ref}",
            "GET /v1/reports/aging",
            "GET /v1/reports/agreements",
            "GET /v1/unmatched",
        ] {
            let (status, _) =
                world.call_api(call_to(route, tenant, &json!({ "id": "C1", "ref": "P1" }), &json!({}), "")).await;
            assert_eq!(status, 403, "{route} as {tenant:?}");
        }
    }
    let mut without = call("POST /v1/invoices", Some("demo"), &invoices("1.00"));
    without["requestContext"].as_object_mut().unwrap().remove("authorizer");
    assert_eq!(world.call_ingest(without).await.0, 403);
    assert_eq!(world.table.items().await, before);
}

#[tokio::test]
async fn a_file_goes_to_the_tenant_in_its_key() {
    let world = two().await;
    let file = "debtor_ref,invoice_number,issue_date,due_date,currency,amount\nC1,I2,2026-03-01,2026-03-02,EUR,5.00\n";
    let event = world.put("imports/other/a.csv", file.as_bytes());
    world.ingest_event(event).await.unwrap();
    world.run_imports().await;
    let items = world.table.items().await;
    let of: Vec<&str> = items
        .iter()
        .filter(|item| item.get("invoice") == Some(&json!("main/I2")))
        .map(|item| text(item, "PK"))
        .collect();
    assert!(!of.is_empty() && of.iter().all(|pk| pk.starts_with("T#other#")), "{of:?}");
}

#[tokio::test]
async fn one_tenants_unsubscribe_link_is_no_use_with_another() {
    let world = two().await;
    let key = crate::world::UNSUBSCRIBE_KEY;
    let debtor = dunlin_testkit::build::debtor("C1");
    let token = dunlin_aws::unsubscribe::Keys::parse(key)
        .unwrap()
        .token(&dunlin_testkit::build::tenant("other"), &debtor)
        .unwrap();
    let click = call_to("POST /unsubscribe/{token}", None, &json!({ "token": token }), &json!({}), "");
    assert_eq!(world.call_api(click).await.0, 200);
    assert!(!world.is_unsubscribed("C1").await, "the demo tenant's C1 is someone else");
    let forged = call_to("POST /unsubscribe/{token}", None, &json!({ "token": format!("{token}x") }), &json!({}), "");
    assert_eq!(world.call_api(forged).await.0, 404);
}

#[tokio::test]
async fn every_item_of_the_table_begins_with_its_tenant() {
    let world = two().await;
    world.days("2026-03-03", "2026-03-05").await;
    for item in world.table.items().await {
        let pk = text(&item, "PK");
        assert!(pk == "T#demo" || pk == "T#other" || pk.starts_with("T#demo#") || pk.starts_with("T#other#"), "{pk}");
    }
}
