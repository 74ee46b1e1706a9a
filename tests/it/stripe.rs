//! Stripe's webhooks: every type, in any order, any number of times.

use dunlin_providers::stripe::sign;
use dunlin_testkit::build::eur;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{TENANT, WEBHOOK_SECRET, World, call_to};

/// Monday, 2 March 2026, 00:00 UTC, in Stripe's seconds: when the tests' clock stands.
pub(crate) const NOON: i64 = 1_772_409_600;

/// An event of Stripe's.
pub(crate) fn event(id: &str, kind: &str, created: i64, object: Value) -> Value {
    json!({ "id": id, "object": "event", "type": kind, "created": created, "data": { "object": object } })
}

/// Invoice `in_<n>` with the number `S-<n>`, over 100.00 EUR, due on 20 March 2026.
pub(crate) fn invoice(n: u32, status: &str, paid: i64) -> Value {
    json!({
        "id": format!("in_{n}"), "object": "invoice", "number": format!("S-{n}"), "customer": "cus_1",
        "customer_name": "Customer", "customer_email": "c@customers.example", "currency": "eur", "total": 10_000,
        "amount_due": 10_000, "amount_paid": paid, "status": status, "created": NOON - 86_400 * 30,
        "due_date": NOON + 86_400 * 18,
    })
}

pub(crate) fn intent(id: &str, n: u32, amount: i64, received: i64) -> Value {
    json!({
        "id": id, "object": "payment_intent", "amount": amount, "amount_received": received, "currency": "eur",
        "customer": "cus_1", "invoice": format!("in_{n}"),
    })
}

pub(crate) fn charge(intent: &str, n: u32, amount: i64, refunded: i64) -> Value {
    json!({
        "id": format!("ch_{intent}"), "object": "charge", "payment_intent": intent, "amount": amount,
        "amount_captured": amount, "amount_refunded": refunded, "currency": "eur", "customer": "cus_1",
        "invoice": format!("in_{n}"),
    })
}

pub(crate) fn dispute(intent: &str, amount: i64, status: &str) -> Value {
    json!({
        "id": format!("dp_{intent}"), "object": "dispute", "charge": format!("ch_{intent}"), "payment_intent": intent,
        "amount": amount, "currency": "eur", "status": status,
    })
}

pub(crate) fn note(id: &str, n: u32, amount: i64, status: &str) -> Value {
    json!({
        "id": id, "object": "credit_note", "invoice": format!("in_{n}"), "amount": amount, "currency": "eur",
        "status": status, "created": NOON - 86_400,
    })
}

impl World {
    /// Delivers an event, signed now: the status, and what became of it.
    pub(crate) async fn stripe(&self, event: &Value) -> (i64, String) {
        let body = event.to_string();
        let (status, answer) = self.signed(&body, &sign(body.as_bytes(), WEBHOOK_SECRET, self.now()), "demo").await;
        (status, answer["outcome"].as_str().unwrap_or_default().to_owned())
    }

    /// Delivers events and expects each to be taken in.
    pub(crate) async fn stripe_all(&self, events: &[Value]) {
        for event in events {
            let (status, _) = self.stripe(event).await;
            assert_eq!(status, 200, "{event}");
        }
    }

    /// Delivers a body with a signature, whatever they are: the status, and the answer.
    pub(crate) async fn signed(&self, body: &str, signature: &str, tenant: &str) -> (i64, Value) {
        let path = json!({ "tenant": tenant });
        let mut request = call_to("POST /webhooks/stripe/{tenant}", None, &path, &json!({}), body);
        request["headers"]["stripe-signature"] = json!(signature);
        self.call_webhook(request).await
    }
}

fn finalized() -> Value {
    event("evt_1", "invoice.finalized", NOON - 900, invoice(1, "open", 0))
}

fn succeeded() -> Value {
    event("evt_2", "payment_intent.succeeded", NOON - 500, intent("pi_1", 1, 10_000, 10_000))
}

#[tokio::test]
async fn an_invoice_is_taken_in_with_what_stripe_knows_of_the_customer() {
    let world = World::start().await;
    assert_eq!(world.stripe(&finalized()).await, (200, "booked".to_owned()));
    assert_eq!(world.stripe(&finalized()).await, (200, "duplicate".to_owned()));
    let debtor = world.debtor("cus_1").await;
    assert_eq!(debtor.profile.contacts.email().unwrap().as_str(), "c@customers.example");
    let invoice = debtor.invoices.values().next().unwrap();
    assert_eq!((invoice.balance(), invoice.due_date.to_string()), (eur("100"), "2026-03-20".to_owned()));
}

#[tokio::test]
async fn each_way_an_invoice_can_end_is_known() {
    for (kind, status, end) in [
        ("invoice.paid", "paid", (0, "paid")),
        ("invoice.voided", "void", (0, "void")),
        ("invoice.marked_uncollectible", "uncollectible", (0, "written_off")),
        ("invoice.payment_failed", "open", (10_000, "open")),
        ("invoice.updated", "open", (10_000, "open")),
    ] {
        let world = World::start().await;
        let ended = event("evt_9", kind, NOON - 100, invoice(1, status, 0));
        world.stripe_all(&[finalized(), ended.clone()]).await;
        let forth = world.stands("S-1").await;
        assert_eq!(forth, (end.0, end.1.to_owned()), "{kind}");
        let world = World::start().await;
        world.stripe_all(&[ended, finalized()]).await;
        assert_eq!(world.stands("S-1").await, forth, "{kind}, told before the invoice was finalized");
    }
}

#[tokio::test]
async fn a_payment_under_way_stops_the_chase_and_its_end_decides() {
    let world = World::start().await;
    let processing = event("evt_3", "payment_intent.processing", NOON - 600, intent("pi_1", 1, 10_000, 0));
    world.stripe_all(&[finalized(), processing.clone()]).await;
    let invoices = world.debtor("cus_1").await.invoices;
    assert_eq!(invoices.values().next().unwrap().in_flight.len(), 1);
    world
        .stripe_all(&[event("evt_4", "payment_intent.payment_failed", NOON - 500, intent("pi_1", 1, 10_000, 0))])
        .await;
    assert!(world.debtor("cus_1").await.invoices.values().next().unwrap().in_flight.is_empty());
    world
        .stripe_all(&[
            event("evt_5", "payment_intent.succeeded", NOON - 400, intent("pi_1", 1, 10_000, 10_000)),
            processing,
        ])
        .await;
    assert_eq!(world.stands("S-1").await, (0, "paid".to_owned()));
}

#[tokio::test]
async fn a_payment_may_come_before_its_invoice() {
    let world = World::start().await;
    world.stripe_all(&[succeeded()]).await;
    world
        .stripe_all(&[event("evt_3", "invoice.paid", NOON - 400, invoice(1, "paid", 10_000)), finalized(), succeeded()])
        .await;
    assert_eq!(world.stands("S-1").await, (0, "paid".to_owned()));
    let state = world.state().await;
    assert_eq!(state.keys().filter(|(pk, _)| pk.contains("#REMITTANCE#")).count(), 1);
    assert!(world.debtor("cus_1").await.accounts.values().all(|account| account.credit.is_zero()), "it counts once");
}

#[tokio::test]
async fn a_refund_reopens_and_leaves_the_rest_to_a_person() {
    let world = World::start().await;
    let refunded = |id: &str, cents| event(id, "charge.refunded", NOON - 300, charge("pi_1", 1, 10_000, cents));
    world
        .stripe_all(&[
            refunded("evt_6", 2_500),
            finalized(),
            succeeded(),
            refunded("evt_7", 4_000),
            refunded("evt_6", 2_500),
        ])
        .await;
    assert_eq!(world.stands("S-1").await, (4_000, "open".to_owned()));
    world.days("2026-03-20", "2026-03-25").await;
    assert_eq!(world.mails().len(), 0, "what the creditor paid back is not chased");
    let review = |reason: &str| {
        let body = json!({ "invoice_number": "S-1", "reason": reason });
        let route = "POST /v1/debtors/{id}/refund-reviews";
        call_to(route, Some(TENANT), &json!({ "id": "cus_1" }), &json!({}), &body.to_string())
    };
    let (status, told) = world.call_api(review("one of two payments went back, the debt stands")).await;
    assert_eq!((status, &told["events"][1]), (201, &json!("refund.reviewed")), "{told}");
    assert_eq!(world.call_api(review("again")).await.0, 422, "there is nothing left to review");
    world.days("2026-03-25", "2026-03-26").await;
    assert_eq!(world.mails().len(), 1, "it is chased on");
    world.stripe_all(&[refunded("evt_10", 5_000)]).await;
    world.days("2026-04-01", "2026-04-20").await;
    assert_eq!(world.mails().len(), 1, "a further refund is looked at again");
}

#[tokio::test]
async fn a_dispute_takes_the_money_back_until_it_is_decided() {
    let told = |status: &str| {
        (
            event("evt_8", "charge.dispute.created", NOON - 300, dispute("pi_1", 10_000, "needs_response")),
            event("evt_9", "charge.dispute.closed", NOON - 200, dispute("pi_1", 10_000, status)),
        )
    };
    for (status, balance) in [("won", 0), ("lost", 10_000)] {
        let world = World::start().await;
        let (created, closed) = told(status);
        // The dispute is heard of before the payment, and that before the invoice.
        world.stripe_all(&[created.clone(), succeeded(), finalized()]).await;
        assert_eq!(world.stands("S-1").await.0, 10_000);
        world.days("2026-03-20", "2026-03-23").await;
        assert_eq!(world.mails().len(), 0, "a contested debt is not chased");
        world.set_clock("2026-03-24T00:00:00Z");
        world.stripe_all(&[closed, created]).await;
        assert_eq!(world.stands("S-1").await.0, balance, "{status}");
        world.days("2026-03-24", "2026-03-24").await;
        assert_eq!(world.mails().len(), usize::from(balance > 0), "{status}");
    }
}

#[tokio::test]
async fn a_credit_note_counts_until_it_is_voided() {
    let world = World::start().await;
    let created = event("evt_6", "credit_note.created", NOON - 300, note("cn_1", 1, 3_000, "issued"));
    let voided = event("evt_7", "credit_note.voided", NOON - 200, note("cn_1", 1, 3_000, "void"));
    world.stripe_all(&[created.clone(), finalized()]).await;
    assert_eq!(world.stands("S-1").await.0, 7_000);
    world.stripe_all(&[voided, created]).await;
    assert_eq!(world.stands("S-1").await.0, 10_000);
}

/// Covers: a payment that waits for its customer and, later, for its invoice, was written twice in one transaction.
#[tokio::test]
async fn a_payment_that_first_named_only_its_customer_does_not_block_its_invoice() {
    let world = World::start().await;
    let mut nameless = intent("pi_1", 1, 10_000, 0);
    nameless["invoice"] = Value::Null;
    world
        .stripe_all(&[
            event("evt_3", "payment_intent.processing", NOON - 600, nameless.clone()),
            succeeded(),
            finalized(),
        ])
        .await;
    assert_eq!(world.stands("S-1").await, (0, "paid".to_owned()));
}

/// Covers: since Stripe's version 2025-03-31 payments and charges name no invoice, and what went back of one reached none.
#[tokio::test]
async fn what_goes_back_of_a_payment_reaches_the_invoice_that_its_link_names_in_any_order() {
    let nameless = |mut object: Value| {
        object["invoice"] = Value::Null;
        object
    };
    let link = |is_default: bool| {
        json!({
            "id": "inpay_1", "object": "invoice_payment", "amount_paid": 10_000, "currency": "eur", "invoice": "in_1",
            "is_default": is_default, "status": "paid", "payment": { "type": "payment_intent", "payment_intent": "pi_1" },
        })
    };
    let paid = event("evt_2", "payment_intent.succeeded", NOON - 500, nameless(intent("pi_1", 1, 10_000, 10_000)));
    let settled = event("evt_3", "invoice.paid", NOON - 499, invoice(1, "paid", 10_000));
    let linked = event("evt_4", "invoice_payment.paid", NOON - 498, link(true));
    let refunded = event("evt_5", "charge.refunded", NOON - 100, nameless(charge("pi_1", 1, 10_000, 4_000)));
    let events = [finalized(), paid, settled, linked, refunded];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 0, 4, 1, 2], [1, 4, 3, 2, 0]] {
        let world = World::start().await;
        world.stripe_all(&order.map(|n| events[n].clone())).await;
        assert_eq!(world.stands("S-1").await, (4_000, "open".to_owned()), "{order:?}");
        world.assert_ledger().await;
    }
    let world = World::start().await;
    let shared = event("evt_4", "invoice_payment.paid", NOON - 498, link(false));
    let [finalized, paid, settled, _, refunded] = events;
    world.stripe_all(&[finalized, paid, settled, shared, refunded]).await;
    assert_eq!(world.stands("S-1").await, (0, "paid".to_owned()), "whose part went back is not known");
}

#[tokio::test]
async fn a_customers_payment_under_way_stops_the_chase_of_all_it_owes() {
    let world = World::start().await;
    let mut nameless = intent("pi_1", 1, 10_000, 0);
    nameless["invoice"] = Value::Null;
    world.stripe_all(&[event("evt_3", "payment_intent.processing", NOON - 600, nameless.clone()), finalized()]).await;
    world.days("2026-03-20", "2026-03-21").await;
    assert_eq!(world.mails().len(), 0);
    world.set_clock("2026-03-22T00:00:00Z");
    world.stripe_all(&[event("evt_4", "payment_intent.payment_failed", NOON + 1, nameless)]).await;
    world.days("2026-03-22", "2026-03-23").await;
    assert_eq!(world.mails().len(), 1);
}

/// Covers: an old snapshot that came late took the customer's new address away.
#[tokio::test]
async fn a_late_snapshot_does_not_bring_an_old_address_back() {
    let world = World::start().await;
    let mut moved = invoice(1, "open", 0);
    moved["customer_email"] = json!("new@customers.example");
    let old = event("evt_5", "invoice.updated", NOON - 800, invoice(1, "open", 0));
    world.stripe_all(&[finalized(), event("evt_6", "invoice.updated", NOON - 100, moved), old]).await;
    assert_eq!(world.debtor("cus_1").await.profile.contacts.email().unwrap().as_str(), "new@customers.example");
}

/// Covers: of two snapshots of one second, the second to arrive was taken for a repetition of the first.
#[tokio::test]
async fn snapshots_of_one_second_count_each() {
    let (none, some) = (invoice(1, "open", 0), invoice(1, "open", 4_000));
    let events =
        [event("evt_1", "invoice.finalized", NOON - 900, none), event("evt_2", "invoice.updated", NOON - 900, some)];
    for order in [[0, 1], [1, 0]] {
        let world = World::start().await;
        world.stripe_all(&order.map(|index| events[index].clone())).await;
        assert_eq!(world.stands("S-1").await.0, 6_000, "{order:?}");
    }
}

#[tokio::test]
async fn unknown_types_are_acknowledged_and_counted_once() {
    let world = World::start().await;
    let strange = event("evt_1", "customer.created", NOON, json!({ "id": "cus_1" }));
    assert_eq!(world.stripe(&strange).await, (200, "type not used".to_owned()));
    assert_eq!(world.stripe(&strange).await, (200, "duplicate".to_owned()));
    let items = world.table.items().await;
    let counted: Vec<_> = items.iter().filter(|item| item["SK"] == "UNKNOWN#customer.created").collect();
    assert_eq!((counted.len(), &counted[0]["events"]), (1, &json!(1)));
    let draft = event("evt_2", "invoice.updated", NOON, invoice(1, "draft", 0));
    assert_eq!(world.stripe(&draft).await, (200, "nothing to book".to_owned()));
}

#[tokio::test]
async fn only_what_stripe_signed_is_taken_in() {
    let world = World::start().await;
    let body = finalized().to_string();
    let at = |seconds| world.now().saturating_add(SignedDuration::from_secs(seconds)).unwrap();
    let good = sign(body.as_bytes(), WEBHOOK_SECRET, world.now());
    for (signature, tenant) in [
        (sign(body.as_bytes(), "whsec_other", world.now()), "demo"),
        (sign(body.as_bytes(), WEBHOOK_SECRET, at(-301)), "demo"),
        (sign(body.as_bytes(), WEBHOOK_SECRET, at(301)), "demo"),
        (sign(b"{}", WEBHOOK_SECRET, world.now()), "demo"),
        (String::new(), "demo"),
        (good.clone(), "nobody"),
    ] {
        let (status, _) = world.signed(&body, &signature, tenant).await;
        assert_eq!(status, 400, "{signature} for {tenant}");
    }
    assert_eq!(world.signed(&body, &good, "No Tenant").await.0, 404);
    assert_eq!(world.table.items().await.len(), 1);
    let rotated = sign(body.as_bytes(), "whsec_next", at(300));
    assert_eq!(world.signed(&body, &rotated, "demo").await.0, 200, "while a key is rotated, both sign");
    let unusable = event("evt_2", "invoice.finalized", NOON, json!({ "id": "in_1" }));
    assert_eq!(world.stripe(&unusable).await.0, 422);
    let other_currency = event("evt_3", "invoice.updated", NOON, {
        let mut invoice = invoice(1, "open", 0);
        invoice["currency"] = json!("usd");
        invoice
    });
    assert_eq!(world.stripe(&other_currency).await.0, 422, "what contradicts the books fails where Stripe shows it");
}
