//! Payments that a tenant reports by `POST /v1/payments`.

use dunlin_testkit::build::{draft, eur};
use serde_json::{Value, json};

use crate::world::{World, killed_after, number};

fn payment(reference: &str, changes: Value) -> Value {
    let mut payment =
        json!({ "payment_ref": reference, "paid_on": "2026-03-01", "amount": "100.00", "currency": "EUR" });
    for (field, value) in changes.as_object().unwrap() {
        payment[field] = value.clone();
    }
    payment
}

fn statuses(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_reference_counts_once() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    let all = json!([
        payment("P1", json!({ "invoice_number": "I1", "amount": "30" })),
        payment("P1", json!({ "invoice_number": "I1", "amount": "30" }))
    ]);
    assert_eq!(
        statuses(&world.post_payments(all.clone()).await).iter().filter(|status| **status == "booked").count(),
        1
    );
    let before = world.table.items().await;
    assert_eq!(statuses(&world.post_payments(all).await), ["unchanged", "unchanged"]);
    assert_eq!(world.table.items().await, before);
    assert_eq!(world.stands("I1").await, (7_000, "open".to_owned()));
}

/// Covers: the same words counted as news when they came later; they cost a commit, and what waited for its invoice went
/// to the end of the list.
#[tokio::test]
async fn what_is_handed_in_again_later_changes_nothing() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build(), draft("C1", "I2").build()]).await;
    let all = json!([
        payment("P1", json!({ "invoice_number": "I1", "amount": "30" })),
        payment("P2", json!({ "invoice_number": "I2", "amount": "30", "status": "pending" })),
        payment("P3", json!({ "invoice_number": "I9" })),
    ]);
    world.post_payments(all.clone()).await;
    let before = world.table.items().await;
    world.set_clock("2026-03-02T09:00:00Z");
    assert_eq!(statuses(&world.post_payments(all).await), ["unchanged"; 3]);
    assert_eq!(world.table.items().await, before);
}

#[tokio::test]
async fn a_reference_that_contradicts_itself_is_rejected() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build(), draft("C1", "I2").build()]).await;
    world.post_payments(json!([payment("P1", json!({ "invoice_number": "I1" }))])).await;
    let before = world.table.items().await;
    let results = world
        .post_payments(json!([
            payment("P1", json!({ "invoice_number": "I1", "amount": "90" })),
            payment("P1", json!({ "invoice_number": "I1", "currency": "USD" })),
            payment("P1", json!({ "invoice_number": "I2" })),
            payment("P1", json!({ "debtor_ref": "C1" })),
        ]))
        .await;
    assert_eq!(statuses(&results), ["rejected"; 4]);
    let fields: Vec<&str> = results.iter().map(|result| result["errors"][0]["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["amount", "amount", "invoice_number", "invoice_number"]);
    assert_eq!(world.table.items().await, before);
}

#[tokio::test]
async fn broken_payments_are_rejected_one_by_one() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    let broken = [
        ("payment_ref", json!({ "payment_ref": " ", "invoice_number": "I1" })),
        ("invoice_number", json!({})),
        ("paid_on", json!({ "invoice_number": "I1", "paid_on": "yesterday" })),
        ("amount", json!({ "invoice_number": "I1", "amount": "-1" })),
        ("amount", json!({ "invoice_number": "I1", "amount": "1.234" })),
        ("currency", json!({ "invoice_number": "I1", "currency": "eur" })),
        ("currency", json!({ "invoice_number": "I1", "currency": "USD" })),
        ("status", json!({ "invoice_number": "I1", "status": "maybe" })),
        ("note", json!({ "invoice_number": "I1", "note": "hello" })),
    ];
    let all: Vec<Value> =
        broken.iter().enumerate().map(|(n, (_, changes))| payment(&format!("P{n}"), changes.clone())).collect();
    let results = world.post_payments(json!(all)).await;
    for ((field, changes), result) in broken.iter().zip(&results) {
        assert_eq!(
            (&result["status"], &result["errors"][0]["field"]),
            (&json!("rejected"), &json!(field)),
            "{changes}"
        );
    }
    assert_eq!(world.stands("I1").await.0, 10_000);
}

#[tokio::test]
async fn a_payment_before_its_invoice_waits_where_people_see_it() {
    let world = World::start().await;
    let results = world.post_payments(json!([payment("P1", json!({ "invoice_number": "I1", "amount": "40" }))])).await;
    assert_eq!(statuses(&results), ["awaiting"]);
    let unmatched = || crate::world::call("GET /v1/unmatched", Some("demo"), &json!({}));
    let (_, waiting) = world.call_api(unmatched()).await;
    assert_eq!(waiting["unmatched"][0]["id"], "payment/books/P1");
    assert_eq!(waiting["unmatched"][0]["amount"], "40.00");
    world.has([draft("C1", "I1").build()]).await;
    assert_eq!(world.stands("I1").await, (6_000, "open".to_owned()));
    assert_eq!(world.call_api(unmatched()).await.1["unmatched"], json!([]));
    let again = world.post_payments(json!([payment("P1", json!({ "invoice_number": "I1", "amount": "40" }))])).await;
    assert_eq!(statuses(&again), ["unchanged"]);
}

#[tokio::test]
async fn an_overpayment_becomes_credit() {
    let world = World::start().await;
    world.has([draft("C1", "I1").build()]).await;
    world.post_payments(json!([payment("P1", json!({ "invoice_number": "I1", "amount": "130" }))])).await;
    assert_eq!(world.stands("I1").await, (0, "paid".to_owned()));
    let debtor = world.debtor("C1").await;
    assert_eq!(debtor.accounts.values().next().unwrap().credit, eur("30"));
    assert!(debtor.invoices.is_empty(), "a closed invoice is out of the live range");
}

#[tokio::test]
async fn a_payment_of_a_debtor_settles_the_oldest_first() {
    let world = World::start().await;
    world.has([draft("C1", "I2").due("2026-03-10").build(), draft("C1", "I1").due("2026-03-05").build()]).await;
    world.post_payments(json!([payment("P1", json!({ "debtor_ref": "C1", "amount": "150" }))])).await;
    assert_eq!(world.stands("I1").await, (0, "paid".to_owned()));
    assert_eq!(world.stands("I2").await, (5_000, "open".to_owned()));
}

#[tokio::test]
async fn a_payment_over_many_invoices_is_resumed_by_the_scan_wherever_it_died() {
    for polls in [9, 30, 80] {
        let world = World::start().await;
        let numbers: Vec<String> = (0..120).map(|n| format!("I{n:03}")).collect();
        let all: Vec<Value> = numbers
            .iter()
            .map(|number| json!({ "debtor_ref": "C1", "email": "c1@customers.example", "invoice_number": number, "issue_date": "2026-02-01", "due_date": "2026-03-02", "currency": "EUR", "amount": "10.00" }))
            .collect();
        world.post_invoices(json!(all)).await;
        let paid = json!([payment("P1", json!({ "debtor_ref": "C1", "amount": "1195.00" }))]);
        let died = killed_after(polls, world.post_payments(paid.clone())).await.is_none();
        assert!(died, "{polls}");
        world.scan_at("2026-03-02T00:00:00Z").await;
        // If nothing had been committed, the caller had no answer and sends it again.
        let again = world.post_payments(paid).await;
        assert!(["booked", "unchanged"].contains(&statuses(&again)[0]));
        world.hour("2026-03-03T08:00:00Z").await;
        let debtor = world.debtor("C1").await;
        assert_eq!(debtor.invoices.len(), 1, "{polls}: one is left open");
        assert!(debtor.accounts.values().all(|account| account.allocating.is_empty() && account.credit.is_zero()));
        assert_eq!(world.stands("I119").await, (500, "open".to_owned()));
        let mails = world.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].text.contains("I119") && mails[0].text.contains("Total: EUR 5.00"), "{}", mails[0].text);
        let entries = world.past("C1", "ENTRY").await;
        let sum: i64 = entries.iter().map(|entry| number(entry, "amount")).sum();
        assert_eq!(sum, 500, "{polls}: the ledger holds the payment once");
    }
}
