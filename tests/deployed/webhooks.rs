//! Who is let in, and Stripe's events in the wrong order.

use dunlin_local::client::{Answer, Client};
use dunlin_local::stack::Options;
use dunlin_providers::stripe::sign;
use serde_json::{Value, json};

use crate::{assert_no_dead_letters, json as body, start};

fn event(id: &str, event_type: &str, object: Value) -> Value {
    json!({ "id": id, "object": "event", "type": event_type, "created": 1_767_225_600, "data": { "object": object } })
}

fn send(client: &Client, event: &Value, secret: &str) -> Answer {
    let bytes = serde_json::to_vec(event).unwrap();
    let now = dunlin_aws::config::clock().unwrap().now(None);
    let headers = [("stripe-signature", sign(&bytes, secret, now)), ("content-type", "application/json".to_owned())];
    client.api_anonymous("POST", "/webhooks/stripe/demo", &headers, &bytes).unwrap()
}

#[test]
fn stripe_may_speak_in_any_order_and_strangers_may_not() {
    let stack = start(&Options::for_test("webhooks").with_real_time());
    let client = stack.client();
    let secret = client.stack().stripe_signing_secret.clone();
    let payment = event(
        "evt_2",
        "payment_intent.succeeded",
        json!({
            "id": "pi_1", "amount": 5000, "amount_received": 5000, "currency": "usd", "customer": "cus_1", "invoice": "in_1",
        }),
    );
    let invoice = event(
        "evt_1",
        "invoice.finalized",
        json!({
            "id": "in_1", "number": "S-1", "customer": "cus_1", "customer_name": "Cus", "currency": "usd", "total": 9000,
            "amount_due": 9000, "amount_paid": 0, "status": "open", "created": 1_767_225_000, "due_date": 1_769_904_000,
        }),
    );

    assert_eq!(send(&client, &payment, "whsec_wrong").status, 400);
    for event in [&payment, &payment, &invoice, &payment, &invoice] {
        body(send(&client, event, &secret));
    }
    assert_eq!(
        body(send(&client, &event("evt_3", "customer.created", json!({})), &secret))["outcome"],
        "type not used"
    );
    let debtor = body(client.api_get("/v1/debtors/cus_1").unwrap());
    assert_eq!(debtor["accounts"][0]["balance"], "40.00");
    assert_eq!(body(client.api_get("/v1/unmatched").unwrap())["unmatched"], json!([]));

    for path in ["/v1/debtors/cus_1", "/v1/debtors/cus_1/timeline", "/v1/reports/aging", "/v1/unmatched"] {
        assert_eq!(client.api_anonymous("GET", path, &[], b"").unwrap().status, 401, "{path}");
    }
    for path in ["/v1/invoices", "/v1/payments"] {
        assert_eq!(client.api_anonymous("POST", path, &[], b"{}").unwrap().status, 401, "{path}");
    }
    assert_no_dead_letters(&client);
}
