//! Subscriptions whose payment failed: Stripe tries again, and the debtor is asked for a card that works.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_testkit::table::TABLE;
use serde_json::{Value, json};

use crate::stripe::{NOON, event, invoice};
use crate::world::World;

const DAY: i64 = 86_400;
/// `&` must be escaped, and survive.
const PAGE: &str = "https://invoice.stripe.com/i/acct_1/live_A1?s=ap&t=1";

/// Invoice `in_1` of a subscription, of the day before the tests begin, after so many tries.
fn charged(made: u32, next: Option<i64>) -> Value {
    let mut object = invoice(1, "open", 0);
    let fields = json!({
        "collection_method": "charge_automatically", "billing_reason": "subscription_cycle", "attempt_count": made,
        "attempted": made > 0, "next_payment_attempt": next, "hosted_invoice_url": PAGE, "created": NOON - DAY,
        "due_date": null,
    });
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    object
}

fn failed(id: &str, at: i64, made: u32, next: Option<i64>) -> Value {
    event(id, "invoice.payment_failed", at, charged(made, next))
}

#[tokio::test]
async fn a_card_is_asked_for_until_stripe_gives_up_and_the_money_after_that() {
    let world = World::start().await;
    world.stripe_all(&[failed("evt_1", NOON - DAY + 60, 1, Some(NOON + 3 * DAY))]).await;
    world.days("2026-03-02", "2026-03-04").await;
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "the next morning, and once");
    let mail = &mails[0];
    assert_eq!(mail.subject, "Your payment to demo Ltd did not go through");
    assert!(mail.text.contains("try once more on 5 March 2026"), "{}", mail.text);
    assert!(mail.text.contains(PAGE) && !mail.text.contains("pay.example"), "{}", mail.text);
    assert!(mail.html.contains("?s=ap&amp;t=1") && !mail.html.contains("?s=ap&t"), "{}", mail.html);
    world.set_clock("2026-03-05T00:30:00Z");
    world.stripe_all(&[failed("evt_2", NOON + 3 * DAY, 2, Some(NOON + 14 * DAY))]).await;
    world.days("2026-03-05", "2026-03-15").await;
    assert_eq!(world.messages("cus_1").await.last().unwrap().0, "payment-failed-10");
    world.set_clock("2026-03-16T00:30:00Z");
    world.stripe_all(&[failed("evt_3", NOON + 14 * DAY, 3, None)]).await;
    world.days("2026-03-16", "2026-03-18").await;
    let steps: Vec<String> = world.messages("cus_1").await.into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, ["payment-failed-1", "payment-failed-10", "reminder-1"]);
    let asked = world.mails().pop().unwrap().text;
    assert!(asked.contains("16 March 2026") && asked.contains("https://pay.example/demo"), "{asked}");
}

#[tokio::test]
async fn a_payment_ends_a_recovery_even_when_it_is_told_of_first() {
    let world = World::start().await;
    let mut paid = charged(2, None);
    (paid["status"], paid["amount_paid"]) = (json!("paid"), json!(10_000));
    let paid = event("evt_2", "invoice.paid", NOON + 60, paid);
    world.stripe_all(&[failed("evt_1", NOON - DAY + 60, 1, Some(NOON + 3 * DAY))]).await;
    world.scan_at("2026-03-02T08:00:00Z").await;
    // The message is planned; the payment overtakes it.
    world.stripe_all(std::slice::from_ref(&paid)).await;
    world.pump().await;
    assert_eq!(world.messages("cus_1").await, [("payment-failed-1".to_owned(), "withheld".to_owned())]);
    assert_eq!((world.mails().len(), world.stands("S-1").await.1.as_str()), (0, "paid"));

    let world = World::start().await;
    world.stripe_all(&[paid, failed("evt_1", NOON - DAY + 60, 1, Some(NOON + 3 * DAY))]).await;
    world.days("2026-03-02", "2026-03-10").await;
    assert_eq!(world.mails().len(), 0);
}

#[tokio::test]
async fn whoever_asks_sees_that_stripe_tries_again() {
    let world = World::start().await;
    world.stripe_all(&[failed("evt_1", NOON - DAY + 60, 1, Some(NOON + 3 * DAY))]).await;
    world.set_clock("2026-03-02T09:00:00Z");
    let path = json!({ "id": "cus_1" });
    let call = crate::world::call_to("GET /v1/debtors/{id}", Some("demo"), &path, &json!({}), "");
    let (status, shown) = world.call_api(call).await;
    let account = &shown["accounts"][0];
    assert_eq!((status, &account["cycle"]["policy"]), (200, &json!("recovery@1")), "{shown}");
    let stopped = json!([{ "reason": "provider_retry", "amount": null, "until": "2026-03-06T00:00:00Z" }]);
    assert_eq!(account["invoices"][0]["not_chased"], stopped);
}

/// A policy `cards@1` that writes on the third day, and the settings that choose it.
async fn choose_own_policy(world: &World) {
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: u32| AttributeValue::N(value.to_string());
    let step = HashMap::from([
        ("name".to_owned(), text("card-3")),
        ("offset_days".to_owned(), number(3)),
        ("stage".to_owned(), text("early")),
        ("channels".to_owned(), AttributeValue::L(vec![text("email")])),
    ]);
    let client = world.table.client();
    let policy = client.put_item().table_name(TABLE).item("PK", text("T#demo")).item("SK", text("POLICY#cards#1"));
    let policy = policy.item("name", text("cards")).item("version", number(1));
    policy.item("steps", AttributeValue::L(vec![AttributeValue::M(step)])).send().await.unwrap();
    let settings = client.update_item().table_name(TABLE).key("PK", text("T#demo")).key("SK", text("SETTINGS"));
    let settings = settings.update_expression("SET recovery_policy = :name, recovery_policy_version = :version");
    let settings = settings.expression_attribute_values(":name", text("cards"));
    settings.expression_attribute_values(":version", number(1)).send().await.unwrap();
}

#[tokio::test]
async fn a_tenant_may_have_a_policy_of_its_own_for_it() {
    let world = World::start().await;
    choose_own_policy(&world).await;
    world.stripe_all(&[failed("evt_1", NOON - DAY + 60, 1, Some(NOON + 9 * DAY))]).await;
    world.days("2026-03-02", "2026-03-03").await;
    assert_eq!(world.mails().len(), 0);
    world.days("2026-03-04", "2026-03-05").await;
    assert_eq!(world.messages("cus_1").await, [("card-3".to_owned(), "sent".to_owned())]);
}

#[tokio::test]
async fn a_page_that_is_not_encrypted_is_left_out() {
    let world = World::start().await;
    let mut told = failed("evt_1", NOON - DAY + 60, 1, Some(NOON + 3 * DAY));
    told["data"]["object"]["hosted_invoice_url"] = json!("javascript:alert(1)");
    world.stripe_all(&[told]).await;
    world.days("2026-03-02", "2026-03-02").await;
    let mail = world.mails().pop().unwrap();
    assert!(!mail.html.contains("javascript") && mail.text.contains("can be charged"), "{}", mail.text);
}
