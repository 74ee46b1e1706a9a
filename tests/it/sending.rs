//! Handing a message over exactly once, whatever happens on the way. `I1` of `C1` is late on 3 March 2026.

use dunlin_aws::unsubscribe;
use dunlin_testkit::build::{debtor, draft, tenant};
use serde_json::json;

use crate::world::{SesAnswer, UNSUBSCRIBE_KEY, World, killed_after};

const MORNING: &str = "2026-03-03T08:00:00Z";

/// A world in which a message was planned and waits in the queue.
async fn planned() -> (World, Vec<String>) {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    world.scan_at(MORNING).await;
    world.project().await;
    let queue = world.take_queue();
    assert_eq!(queue.len(), 1);
    (world, queue)
}

fn pay(amount: &str) -> serde_json::Value {
    json!([{ "payment_ref": "P1", "invoice_number": "I1", "paid_on": "2026-03-03", "amount": amount, "currency": "EUR" }])
}

async fn outcome(world: &World) -> Vec<(String, String)> {
    world.messages("C1").await
}

fn reminder(status: &str) -> [(String, String); 1] {
    [("reminder-1".to_owned(), status.to_owned())]
}

#[tokio::test]
async fn a_message_carries_what_leads_back_to_it() {
    let (world, queue) = planned().await;
    assert!(world.deliver(&queue).await.is_empty());
    let mail = world.mails().pop().unwrap();
    assert_eq!(mail.from, "\"demo Ltd\" <billing@dunlin.example>");
    assert_eq!((mail.reply_to.as_str(), mail.configuration_set.as_str()), ("accounts@demo.example", "dunlin-mail"));
    assert_eq!((mail.tags["tenant"].as_str(), mail.tags["debtor"].as_str()), ("demo", "QzE"));
    let token = unsubscribe::Keys::parse(UNSUBSCRIBE_KEY).unwrap().token(&tenant("demo"), &debtor("C1")).unwrap();
    assert_eq!(mail.headers["List-Unsubscribe"], format!("<https://api.example/unsubscribe/{token}>"));
    assert_eq!(mail.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    assert!(mail.html.contains("Pay online") && mail.text.contains("Pay online: https://pay.example/demo"));
    assert_eq!(world.past("C1", "MESSAGE").await[0]["provider_id"], "ses-1");
}

#[tokio::test]
async fn a_message_delivered_twice_is_sent_once() {
    let (world, queue) = planned().await;
    let twice = [queue[0].clone(), queue[0].clone()];
    let returned = world.deliver(&twice).await;
    assert!(world.deliver(&returned).await.is_empty(), "one that was under way comes back once");
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(world.mails().len(), 1);
    assert_eq!(outcome(&world).await, reminder("sent"));
    world.set_clock("2026-03-30T08:00:00Z");
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(world.mails().len(), 1, "weeks later, too");
}

#[tokio::test]
async fn a_scan_that_runs_twice_plans_once() {
    let (world, queue) = planned().await;
    world.scan_at(MORNING).await;
    world.project().await;
    assert!(world.take_queue().is_empty());
    world.deliver(&queue).await;
    world.hour(MORNING).await;
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn a_payment_between_plan_and_dispatch_withholds_the_message() {
    let (world, queue) = planned().await;
    world.post_payments(pay("100.00")).await;
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(world.mails().len(), 0);
    assert_eq!(outcome(&world).await, reminder("withheld"));
    let reasons = world.past("C1", "MESSAGE").await[0]["reasons"].to_string();
    assert!(reasons.contains("nothing_due") || reasons.contains("no_longer_due"), "{reasons}");
    world.days("2026-03-03", "2026-03-10").await;
    assert_eq!(world.mails().len(), 0);
}

#[tokio::test]
async fn a_changed_amount_withholds_the_message_and_the_right_one_follows() {
    let (world, queue) = planned().await;
    world.set_clock("2026-03-03T08:01:00Z");
    world.post_payments(pay("40.00")).await;
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(world.mails().len(), 0);
    world.hour("2026-03-03T09:00:00Z").await;
    assert_eq!(world.mails().len(), 1);
    assert!(world.mails()[0].text.contains("Total: EUR 60.00"), "{}", world.mails()[0].text);
    let statuses: Vec<String> = outcome(&world).await.into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, ["withheld", "sent"]);
    assert_eq!(world.mails()[0].message_id, world.past("C1", "MESSAGE").await[0]["message_id"].as_str().unwrap());
}

#[tokio::test]
async fn a_message_dispatched_in_quiet_hours_waits_for_the_morning() {
    let (world, queue) = planned().await;
    world.set_clock("2026-03-03T21:00:00Z");
    world.deliver(&queue).await;
    assert_eq!(world.mails().len(), 0);
    world.days("2026-03-04", "2026-03-04").await;
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn one_click_ends_email_even_after_the_message_was_planned() {
    let (world, queue) = planned().await;
    let token = unsubscribe::Keys::parse(UNSUBSCRIBE_KEY).unwrap().token(&tenant("demo"), &debtor("C1")).unwrap();
    let click = |method: &str| {
        let route = format!("{method} /unsubscribe/{{token}}");
        crate::world::call_to(&route, None, &json!({ "token": token }), &json!({}), "")
    };
    assert_eq!(world.call_api(click("GET")).await.0, 200);
    assert!(!world.is_unsubscribed("C1").await, "a link that is only followed does nothing");
    assert_eq!(world.call_api(click("POST")).await.0, 200);
    assert_eq!(world.call_api(click("POST")).await.0, 200);
    world.deliver(&queue).await;
    world.days("2026-03-03", "2026-03-10").await;
    assert_eq!(world.mails().len(), 0);
    assert_eq!(world.told("contact.suppressed"), 1);
    assert_eq!(world.past("C1", "TASK").await.len(), 2, "a person is asked to find another way, once for each step");
}

#[tokio::test]
async fn throttling_puts_the_message_back_and_it_is_sent_once() {
    let (world, queue) = planned().await;
    world.outside.answer(SesAnswer::Throttled);
    let returned = world.deliver(&queue).await;
    assert_eq!(returned, queue, "the message comes back");
    assert!(world.debtor("C1").await.contacts.is_empty(), "it was no contact");
    world.outside.answer(SesAnswer::Taken);
    world.set_clock("2026-03-03T08:05:00Z");
    assert!(world.deliver(&returned).await.is_empty());
    assert!(world.deliver(&returned).await.is_empty());
    assert_eq!(world.mails().len(), 1);
    assert_eq!(world.debtor("C1").await.contacts.len(), 1);
    assert_eq!(outcome(&world).await, reminder("sent"));
}

#[tokio::test]
async fn a_refusal_is_written_down_and_not_tried_again() {
    let (world, queue) = planned().await;
    world.outside.answer(SesAnswer::Refused);
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(outcome(&world).await, reminder("failed"));
    let failure = world.past("C1", "MESSAGE").await[0]["failure"].to_string();
    assert!(failure.contains("MessageRejected"), "{failure}");
    world.outside.answer(SesAnswer::Taken);
    world.deliver(&queue).await;
    world.days("2026-03-03", "2026-03-08").await;
    assert_eq!(world.mails().len(), 0);
}

/// Covers: an answer of 200 that cannot be read, and a gateway's time-out, were taken for "not taken" and sent again.
#[tokio::test]
async fn a_message_without_a_clear_answer_becomes_unknown_and_is_never_sent_again() {
    for (silence, taken) in [(SesAnswer::Lost, 1), (SesAnswer::TimedOut, 0)] {
        let (world, queue) = planned().await;
        world.outside.answer(silence);
        assert!(world.deliver(&queue).await.is_empty(), "{silence:?}: sending it again is not for the queue");
        world.outside.answer(SesAnswer::Taken);
        assert_eq!(outcome(&world).await, reminder("unknown"), "{silence:?}");
        world.deliver(&queue).await;
        world.days("2026-03-03", "2026-03-08").await;
        assert_eq!(world.mails().len(), taken, "{silence:?}");
        world.hour("2026-03-09T08:00:00Z").await;
        assert_eq!(world.mails().len(), taken + 1, "{silence:?}: the next step comes on its day");
    }
}

#[tokio::test]
async fn text_messages_know_the_same_answers() {
    for (answer, status) in
        [(SesAnswer::Refused, "failed"), (SesAnswer::Lost, "unknown"), (SesAnswer::TimedOut, "unknown")]
    {
        let world = World::start().await;
        let draft = draft("C1", "I1").issued("2026-03-01").without_email().phone("+441632960123", true);
        world.has([draft.build()]).await;
        world.outside.answer(answer);
        world.hour(MORNING).await;
        world.outside.answer(SesAnswer::Taken);
        world.hour("2026-03-03T09:00:00Z").await;
        assert_eq!(outcome(&world).await, reminder(status), "{answer:?}");
    }
}

#[tokio::test]
async fn a_planned_message_that_turns_up_late_is_planned_again() {
    let (world, queue) = planned().await;
    world.hour("2026-03-03T13:00:00Z").await;
    world.set_clock("2026-03-03T14:00:00Z");
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(world.mails().len(), 0);
    world.hour("2026-03-03T15:00:00Z").await;
    assert_eq!(world.mails().len(), 1);
    world.deliver(&queue).await;
    assert_eq!(world.mails().len(), 1);
    let statuses: Vec<String> = outcome(&world).await.into_iter().map(|(_, status)| status).collect();
    assert_eq!(statuses, ["withheld", "sent"]);
}

#[tokio::test]
async fn a_planned_message_that_is_lost_gives_way_to_the_next_step() {
    let (world, _lost) = planned().await;
    world.days("2026-03-04", "2026-03-10").await;
    let steps: Vec<(String, String)> = outcome(&world).await;
    assert_eq!(steps[0], ("reminder-1".to_owned(), "withheld".to_owned()));
    assert_eq!(steps[1], ("reminder-7".to_owned(), "sent".to_owned()));
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn an_attempt_that_died_is_found_by_the_messages_next_delivery() {
    let (mut world, mut queue) = planned().await;
    let mut polls = 1;
    while killed_after(polls, world.deliver(&queue)).await.is_none() && world.mails().is_empty() {
        polls += 1;
        (world, queue) = planned().await;
    }
    world.set_clock("2026-03-03T08:01:00Z");
    assert_eq!(world.deliver(&queue).await, queue, "it stays in the queue while its attempt may live");
    world.set_clock("2026-03-03T08:06:00Z");
    assert!(world.deliver(&queue).await.is_empty());
    assert!(["unknown", "sent"].contains(&outcome(&world).await[0].1.as_str()));
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn one_bad_message_does_not_keep_the_others() {
    let (world, queue) = planned().await;
    let stranger = queue[0].replace("\"tenant\":\"demo\"", "\"tenant\":\"nobody\"");
    let batch = ["{}".to_owned(), queue[0].clone(), stranger.clone()];
    let mut returned = world.deliver(&batch).await;
    returned.sort();
    assert_eq!(returned, [stranger, "{}".to_owned()]);
    assert_eq!(world.mails().len(), 1);
}
