//! What operators see: numbers, traces, and the alarm that must never ring. `I1` of `C1` is late on 3 March 2026.

use std::pin::Pin;
use std::task::Poll;

use aws_sdk_dynamodb::types::AttributeValue;
use dunlin_domain::message::PendingState;
use dunlin_testkit::build::draft;
use dunlin_testkit::table::TABLE;
use serde_json::{Value, json};

use crate::world::{SesAnswer, TRACE, TRACE_OF_MESSAGES, World, call, call_to, sqs, stream_event};

const MORNING: &str = "2026-03-03T08:00:00Z";
/// What `infra/README.md` does to a message of a restored table that went out all the same.
const GONE: &str =
    "SET accounts[0].pending.attempt = :gone, version = version + :one, deltas = :none, events = :nothing";

impl World {
    /// The sum of a metric over all tenants and labels, as an alarm of the stack sees it.
    pub(crate) fn counted_metric(&self, name: &str) -> u64 {
        self.outside.metrics().iter().filter_map(|line| line[name].as_u64()).sum()
    }

    /// The same for one value of its dimension.
    fn counted_label(&self, name: &str, dimension: &str, value: &str) -> u64 {
        let lines = self.outside.metrics().into_iter().filter(|line| line[dimension] == value);
        lines.filter_map(|line| line[name].as_u64()).sum()
    }
}

/// A world in which a message was planned and waits in the queue.
async fn planned() -> (World, Vec<String>) {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    world.scan_at(MORNING).await;
    world.project().await;
    let queue = world.take_queue();
    (world, queue)
}

fn pay(amount: &str) -> Value {
    json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-03", "amount": amount, "currency": "EUR" }])
}

#[tokio::test]
async fn a_messages_life_is_counted_as_the_stream_tells_it() {
    let (world, queue) = planned().await;
    assert_eq!((world.counted_metric("HourScanned"), world.counted_metric("Planned")), (1, 1));
    assert_eq!(world.counted_metric("Sent"), 0);
    world.deliver(&queue).await;
    assert_eq!(world.counted_metric("Sent"), 0, "not before the stream tells it");
    world.project().await;
    assert_eq!(world.counted_metric("Sent"), 1);
    let line = world.outside.metrics().into_iter().find(|line| line["Sent"] == 1).unwrap();
    assert_eq!((line["Stack"].as_str(), line["tenant"].as_str()), (Some("dunlin"), Some("demo")));
    let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
    assert_eq!(dimensions, &json!([["Stack"]]), "a tenant is no dimension: each would be paid for");
    for name in ["Withheld", "Failed", "Unknown", "WrongSend", "Crossed", "Rejected", "Unreadable"] {
        assert_eq!(world.counted_metric(name), 0, "{name}");
    }
}

#[tokio::test]
async fn a_batch_that_the_projector_hands_back_is_counted_when_it_is_through() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    world.scan_at(MORNING).await;
    let heads = world.table.new_heads();
    *world.outside.bus_failures.lock().unwrap() = 1;
    assert!(world.invoke(world.projector.handle(stream_event(&heads))).await.is_err());
    assert_eq!(world.counted_metric("Planned"), 0);
    world.invoke(world.projector.handle(stream_event(&heads))).await.unwrap();
    assert_eq!(world.counted_metric("Planned"), 1);
}

#[tokio::test]
async fn what_is_withheld_is_counted_by_the_rule_that_withheld_it() {
    let (world, queue) = planned().await;
    world.set_clock("2026-03-03T08:01:00Z");
    world.post_payments(pay("40.00")).await;
    world.deliver(&queue).await;
    assert_eq!((world.counted_metric("Withheld"), world.counted_label("Withheld", "Rule", "changed")), (1, 1));

    let (world, queue) = planned().await;
    world.set_clock("2026-03-03T14:00:00Z");
    world.deliver(&queue).await;
    assert_eq!(world.counted_label("Withheld", "Rule", "not_dispatched"), 1);
}

#[tokio::test]
async fn failures_and_unclear_answers_of_providers_are_counted() {
    for (answer, name) in [(SesAnswer::Refused, "Failed"), (SesAnswer::Lost, "Unknown")] {
        let (world, queue) = planned().await;
        world.outside.answer(answer);
        world.deliver(&queue).await;
        world.outside.answer(SesAnswer::Taken);
        world.hour("2026-03-03T09:00:00Z").await;
        assert_eq!((world.counted_metric(name), world.counted_metric("Sent")), (1, 0), "{answer:?}");
    }
}

#[tokio::test]
async fn money_is_counted_by_who_said_it_and_what_is_refused_too() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    world.set_clock(MORNING);
    world.post_payments(pay("40.00")).await;
    world.post_payments(pay("40.00")).await;
    world.project().await;
    assert_eq!(world.counted_label("Applied", "Source", "books"), 1, "a repetition is no second payment");
    assert_eq!(world.counted_metric("Rejected"), 0);

    world.post_payments(json!([{ "payment_ref": "P2" }, { "payment_ref": "P3" }])).await;
    world.post_invoices(json!([{ "invoice_number": "I2" }])).await;
    assert_eq!(world.counted_label("Rejected", "Source", "books"), 3);
}

#[tokio::test]
async fn a_signature_that_is_not_accepted_is_counted_for_nobody() {
    let world = World::start().await;
    for tenant in ["demo", "nobody"] {
        let parameters = json!({ "tenant": tenant });
        let forged = call_to("POST /webhooks/stripe/{tenant}", None, &parameters, &json!({}), "{}");
        assert_eq!(world.call_webhook(forged).await.0, 400);
    }
    assert_eq!(world.counted_metric("BadSignature"), 2);
    let line = world.outside.metrics().pop().unwrap();
    assert_eq!(line.get("tenant"), None, "anybody can write a tenant's name into an address");
    assert_eq!(world.call_webhook(call("POST /v1/nothing", None, &json!({}))).await.0, 404);
    assert_eq!(world.outside.metrics().len(), 2, "what counts nothing writes nothing");
}

#[tokio::test]
async fn what_is_none_of_ours_is_counted_each_time_it_comes() {
    let world = World::start().await;
    world.deliver(&["{}".to_owned()]).await;
    assert!(world.scan_event(sqs(&["{}".to_owned()])).await.is_err());
    assert_eq!(world.counted_metric("Unreadable"), 2);
}

#[tokio::test]
async fn the_trace_of_a_commit_goes_out_with_its_events_and_comes_in_with_messages() {
    let (world, queue) = planned().await;
    let id = "1-67891233-abcdef012345678912345678";
    assert!(TRACE.contains(id));
    let planned = world.told.lock().unwrap().iter().find(|(kind, _)| kind == "message.planned").cloned().unwrap();
    assert_eq!(planned.1["trace_id"], id, "the trace of who committed, not of who reads the stream");
    let header = Some(format!("Root={id}"));
    assert!(world.outside.traces.lock().unwrap().iter().flatten().all(|trace| header.as_ref() == Some(trace)));
    world.deliver(&queue).await;
    assert_eq!(world.mails()[0].trace.as_deref(), Some(TRACE_OF_MESSAGES), "each message of a batch has its own");
}

/// Runs a dispatch up to where the message is claimed and has not left, and no further.
async fn until_claimed<T>(world: &World, dispatch: &mut Pin<Box<impl Future<Output = T>>>) {
    loop {
        let polled = std::future::poll_fn(|context| Poll::Ready(dispatch.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "it was claimed before it was over");
        let debtor = world.debtor("C1").await;
        let mut pending = debtor.accounts.values().filter_map(|account| account.pending.as_ref());
        if pending.any(|pending| matches!(pending.state, PendingState::Sending { .. })) {
            assert_eq!(world.mails().len(), 0);
            return;
        }
    }
}

#[tokio::test]
async fn a_message_that_leaves_after_its_lease_is_a_wrong_send() {
    let (world, queue) = planned().await;
    let mut dispatch = Box::pin(world.deliver(&queue));
    until_claimed(&world, &mut dispatch).await;
    world.set_clock("2026-03-03T08:06:00Z");
    world.deliver(&queue).await;
    dispatch.await;
    assert_eq!((world.mails().len(), world.counted_metric("WrongSend"), world.counted_metric("Crossed")), (1, 1, 0));
    assert_eq!(world.messages("C1").await[0].1, "unknown");
}

#[tokio::test]
async fn a_change_that_goes_round_the_version_makes_a_wrong_send() {
    let (world, queue) = planned().await;
    let mut dispatch = Box::pin(world.deliver(&queue));
    until_claimed(&world, &mut dispatch).await;
    let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    let call = world.table.client().update_item().table_name(TABLE);
    let call = call.set_key(Some([key("PK", "T#demo#D#C1"), key("SK", "LIVE#DEBTOR")].into()));
    let call = call.update_expression("SET profile.contacts[0].stopped = :stopped");
    let parts = ["manual", "2026-03-03T08:00:00Z"].map(|part| AttributeValue::S(part.to_owned()));
    call.expression_attribute_values(":stopped", AttributeValue::L(parts.to_vec())).send().await.unwrap();
    dispatch.await;
    assert_eq!((world.counted_metric("WrongSend"), world.counted_metric("Crossed")), (1, 0));
    assert_eq!(world.messages("C1").await[0].1, "sent", "what happened is written down all the same");
}

#[tokio::test]
async fn a_payment_that_crosses_the_message_is_told_apart_from_a_wrong_send() {
    let (world, queue) = planned().await;
    let mut dispatch = Box::pin(world.deliver(&queue));
    until_claimed(&world, &mut dispatch).await;
    world.post_payments(pay("100.00")).await;
    dispatch.await;
    assert_eq!((world.mails().len(), world.counted_metric("WrongSend"), world.counted_metric("Crossed")), (1, 0, 1));
}

#[tokio::test]
async fn a_commit_in_between_that_changes_nothing_about_the_message_is_no_finding() {
    let (world, queue) = planned().await;
    let mut dispatch = Box::pin(world.deliver(&queue));
    until_claimed(&world, &mut dispatch).await;
    world.has([draft("C1", "I9").issued("2026-03-03").due("2026-06-30").build()]).await;
    dispatch.await;
    assert_eq!((world.mails().len(), world.counted_metric("WrongSend"), world.counted_metric("Crossed")), (1, 0, 0));
}

#[tokio::test]
async fn a_message_that_left_after_the_point_of_a_restore_is_not_sent_again() {
    let (lost, queue) = planned().await;
    lost.deliver(&queue).await;
    let sent = lost.past("C1", "MESSAGE").await[0]["message_id"].as_str().unwrap().to_owned();

    let (restored, queue) = planned().await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let key = [("PK".to_owned(), text("T#demo#D#C1")), ("SK".to_owned(), text("LIVE#DEBTOR"))];
    let call = restored.table.client().update_item().table_name(TABLE).set_key(Some(key.into()));
    let call = call.update_expression(GONE).condition_expression("accounts[0].pending.#plan.message_id = :id");
    let call = call.expression_attribute_names("#plan", "plan");
    let call = call.expression_attribute_values(":id", text(&sent));
    let gone = AttributeValue::L(vec![text("restored"), text("1970-01-01T00:00:00Z")]);
    let call = call.expression_attribute_values(":gone", gone);
    let call = call.expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    let call = call.expression_attribute_values(":none", AttributeValue::M([].into()));
    call.expression_attribute_values(":nothing", AttributeValue::L(Vec::new())).send().await.unwrap();

    restored.deliver(&queue).await;
    restored.days("2026-03-03", "2026-03-08").await;
    assert_eq!(restored.mails().len(), 0);
    assert_eq!(restored.messages("C1").await, [("reminder-1".to_owned(), "unknown".to_owned())]);
    restored.assert_counted().await;
    restored.hour("2026-03-09T08:00:00Z").await;
    assert_eq!(restored.mails().len(), 1, "the next step comes on its day");
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/README.md")).unwrap();
    assert!(readme.contains(&GONE.replace("[0]", "[$i]")), "the runbook says it as it is tried here");
}
