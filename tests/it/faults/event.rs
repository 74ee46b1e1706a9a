//! Events as AWS and callers hand them over, and hand over again until they are taken.

use dunlin_providers::stripe::sign;
use serde_json::{Value, json};

use crate::world::{TENANT, WEBHOOK_SECRET, World, call, call_to, killed_after, object_created, stream_event};

/// What a function is woken with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// `POST /v1/invoices`.
    Invoices(Value),
    /// A file in the import bucket, by its name.
    File(String),
    /// `POST /v1/payments`.
    Payments(Value),
    /// `POST /v1/debtors/{id}/credit/applications`, by debtor and key.
    Credit(String, String, Value),
    /// `PATCH /v1/debtors/{id}`, by debtor and key.
    Amended(String, String, Value),
    /// `POST /v1/debtors/{id}/holds`, by debtor and key.
    Held(String, String, Value),
    /// One click on the link of an e-mail, by its token.
    Unsubscribed(String),
    /// Stripe's event.
    Stripe(Value),
    /// The scheduler's event, or a batch of the scan's queue.
    Scan(Value),
    /// Bodies of the dispatch queue's messages.
    Planned(Vec<String>),
    /// Bodies of the feedback queue's messages.
    Heard(Vec<String>),
    /// Records of the table's stream.
    Stream(Vec<Value>),
}

impl World {
    /// Hands an event over once: what comes back, to be handed over again.
    pub(super) async fn hand(&self, event: &Event) -> Option<Event> {
        let again = |taken: bool| (!taken).then(|| event.clone());
        match event {
            Event::Invoices(invoices) => {
                let call = call("POST /v1/invoices", Some(TENANT), &json!({ "invoices": invoices }));
                again(is_taken(&self.call_ingest(call).await))
            }
            Event::Payments(payments) => {
                let call = call("POST /v1/payments", Some(TENANT), &json!({ "payments": payments }));
                again(is_taken(&self.call_webhook(call).await))
            }
            Event::Credit(debtor, key, order) => {
                again(self.order("POST /v1/debtors/{id}/credit/applications", debtor, key, order).await)
            }
            Event::Amended(debtor, key, patch) => again(self.order("PATCH /v1/debtors/{id}", debtor, key, patch).await),
            Event::Held(debtor, key, hold) => again(self.order("POST /v1/debtors/{id}/holds", debtor, key, hold).await),
            Event::Unsubscribed(token) => {
                let path = json!({ "token": token });
                let call = call_to("POST /unsubscribe/{token}", None, &path, &json!({}), "List-Unsubscribe=One-Click");
                again(is_taken(&self.call_api(call).await))
            }
            Event::Stripe(event) => {
                let (body, path) = (event.to_string(), json!({ "tenant": TENANT }));
                let mut call = call_to("POST /webhooks/stripe/{tenant}", None, &path, &json!({}), &body);
                call["headers"]["stripe-signature"] = json!(sign(body.as_bytes(), WEBHOOK_SECRET, self.now()));
                again(is_taken(&self.call_webhook(call).await))
            }
            Event::File(name) => {
                let key = format!("imports/{TENANT}/{name}");
                let object = self.outside.objects.lock().unwrap()[&key].clone();
                again(self.ingest_event(object_created(&key, &object, 1)).await.is_ok() && self.run_steps().await)
            }
            Event::Scan(trigger) => again(self.scan_event(trigger.clone()).await.is_ok()),
            Event::Planned(bodies) => {
                let returned = self.deliver(bodies).await;
                (!returned.is_empty()).then_some(Event::Planned(returned))
            }
            Event::Heard(bodies) => {
                let returned = self.feed(bodies).await;
                (!returned.is_empty()).then_some(Event::Heard(returned))
            }
            Event::Stream(records) => again(self.invoke(self.projector.handle(stream_event(records))).await.is_ok()),
        }
    }

    /// A call about a debtor under a key. Whether it was taken.
    async fn order(&self, route: &str, debtor: &str, key: &str, body: &Value) -> bool {
        let mut call = call_to(route, Some(TENANT), &json!({ "id": debtor }), &json!({}), &body.to_string());
        call["headers"]["idempotency-key"] = json!(key);
        is_taken(&self.call_api(call).await)
    }

    /// Delivers messages of the import queue, each of which stays there until it is done. Whether all are.
    async fn run_steps(&self) -> bool {
        while let Some(body) = self.outside.next_import_work() {
            if !self.import_step(&body).await {
                return false;
            }
            self.outside.drop_import_work(&body);
        }
        true
    }

    /// The same, but the function dies after so many polls, if it takes that many: whether it was done by then, and what
    /// comes back. Whoever handed the event over to one that died knows nothing, and hands it over again.
    pub(super) async fn hand_and_kill(&self, event: &Event, polls: usize) -> (bool, Option<Event>) {
        match killed_after(polls, self.hand(event)).await {
            Some(again) => (true, again),
            None => (false, Some(event.clone())),
        }
    }
}

/// Whether an answer is one: a failure that passes asks for the call again, and nothing else may go wrong.
fn is_taken((status, body): &(i64, Value)) -> bool {
    assert!([200, 201, 404, 409, 422, 503].contains(status), "{status}: {body}");
    *status != 503
}
