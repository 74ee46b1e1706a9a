//! What comes back of messages, and what debtors answer. `I1` of `C1` is late on 3 March 2026.

use dunlin_domain::reach::StopReason;
use dunlin_testkit::build::{draft, tenant};
use serde_json::{Value, json};

use crate::world::{SentMail, SesAnswer, World, call, call_to, text};

const MORNING: &str = "2026-03-03T08:00:00Z";
const PHONE: &str = "+441632960123";

/// What SES says of an e-mail, as EventBridge hands it on. `kind` names the event and the part that is about it.
fn ses(mail: &SentMail, (event_type, part): (&str, &str), at: &str, about: Value) -> String {
    let tags: serde_json::Map<String, Value> =
        mail.tags.iter().map(|(tag, value)| (tag.clone(), json!([value]))).collect();
    let mut detail = json!({
        "eventType": event_type,
        "mail": {
            "timestamp": MORNING, "messageId": "ses-1", "source": mail.from, "destination": [mail.to], "tags": tags,
        },
    });
    let mut about = about;
    about["timestamp"] = json!(at);
    detail[part] = about;
    json!({ "version": "0", "id": "e", "detail-type": "Email", "source": "aws.ses", "time": at, "detail": detail })
        .to_string()
}

pub(crate) fn bounced(mail: &SentMail, bounce_type: &str, at: &str) -> String {
    let bounced = json!([{ "emailAddress": mail.to, "action": "failed", "status": "5.1.1" }]);
    ses(mail, ("Bounce", "bounce"), at, json!({ "bounceType": bounce_type, "bouncedRecipients": bounced }))
}

pub(crate) fn delivered(mail: &SentMail, at: &str) -> String {
    ses(mail, ("Delivery", "delivery"), at, json!({}))
}

pub(crate) fn complained(mail: &SentMail, at: &str) -> String {
    ses(mail, ("Complaint", "complaint"), at, json!({ "complaintFeedbackType": "abuse" }))
}

/// What a carrier says of a text, as EventBridge hands it on.
pub(crate) fn text_delivered(provider_id: &str, at: jiff::Timestamp) -> String {
    json!({
        "version": "0", "source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
        "detail": {
            "eventType": "TEXT_DELIVERED", "eventTimestamp": at.as_millisecond(), "messageId": provider_id,
        },
    })
    .to_string()
}

/// A text that came back, as SNS hands it on.
pub(crate) fn replied(phone: &str, id: &str, words: &str, at: &str) -> String {
    let message = json!({
        "originationNumber": phone, "destinationNumber": "+12125550101", "messageKeyword": "KEYWORD",
        "messageBody": words, "inboundMessageId": id, "previousPublishedMessageId": "sns-1",
    });
    let topic = "arn:aws:sns:us-east-1:000000000000:replies";
    json!({ "Type": "Notification", "MessageId": "m", "TopicArn": topic, "Message": message.to_string(), "Timestamp": at })
        .to_string()
}

async fn hear(world: &World, at: &str, said: &[String]) {
    world.set_clock(at);
    assert!(world.feed(said).await.is_empty());
    world.pump().await;
}

fn texts(world: &World) -> Vec<(String, String)> {
    world.outside.texts.lock().unwrap().iter().map(|sent| (sent.to.clone(), sent.text.clone())).collect()
}

/// A debtor who has a mailbox and a phone was written to by e-mail.
async fn written_to() -> (World, SentMail) {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").phone(PHONE, true).build()]).await;
    world.hour(MORNING).await;
    let mail = world.mails().pop().unwrap();
    (world, mail)
}

/// A debtor who has only a phone was written to by text.
async fn texted() -> World {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").without_email().phone(PHONE, true).build()]).await;
    world.hour(MORNING).await;
    assert_eq!(texts(&world).len(), 1);
    world
}

async fn stopped(world: &World, debtor: &str) -> Vec<Option<StopReason>> {
    let contacts = world.debtor(debtor).await.profile.contacts;
    contacts.iter().map(|point| point.stopped.map(|stopped| stopped.reason)).collect()
}

/// A bounce leads to the next channel for the same step, once, and then to a person.
#[tokio::test]
async fn a_bounce_is_followed_by_a_text_and_then_by_a_task() {
    let (world, mail) = written_to().await;
    let bounce = bounced(&mail, "Permanent", "2026-03-03T08:01:00Z");
    hear(&world, "2026-03-03T08:01:00Z", &[bounce.clone(), bounce.clone()]).await;
    world.hour("2026-03-03T09:00:00Z").await;
    let sent = texts(&world);
    assert_eq!((world.mails().len(), sent.len()), (1, 1));
    assert_eq!(sent[0].0, PHONE);
    let messages = world.past("C1", "MESSAGE").await;
    assert_eq!(world.messages("C1").await, vec![("reminder-1".to_owned(), "sent".to_owned()); 2]);
    assert_ne!(text(&messages[0], "message_id"), text(&messages[1], "message_id"), "the second is another message");
    assert_eq!(text(&messages[1], "to"), PHONE, "where it went is on record");

    hear(&world, "2026-03-03T09:01:00Z", &[bounce]).await;
    world.hour("2026-03-03T10:00:00Z").await;
    assert_eq!(texts(&world).len(), 1, "what is said again changes nothing");

    let invalid = json!({
        "version": "0", "source": "aws.sms-voice", "detail-type": "Text Message Delivery Status Updated",
        "detail": { "eventType": "TEXT_INVALID", "eventTimestamp": 1_772_532_120_000_i64, "messageId": "sns-1" },
    });
    hear(&world, "2026-03-03T10:02:00Z", &[invalid.to_string()]).await;
    world.hour("2026-03-03T11:00:00Z").await;
    assert_eq!((world.mails().len(), texts(&world).len()), (1, 1));
    let tasks = world.past("C1", "TASK").await;
    assert_eq!(tasks.iter().map(|task| text(task, "kind")).collect::<Vec<_>>(), ["find_contact"]);
    assert_eq!(stopped(&world, "C1").await, [Some(StopReason::HardBounce); 2]);
    assert_eq!((world.told("message.bounced"), world.told("contact.suppressed")), (2, 2));
    world.assert_counted().await;
}

#[tokio::test]
async fn a_soft_bounce_is_tried_again_later_and_given_up_after_the_third() {
    let (world, mail) = written_to().await;
    hear(&world, "2026-03-03T08:01:00Z", &[bounced(&mail, "Transient", "2026-03-03T08:01:00Z")]).await;
    world.hour("2026-03-03T09:00:00Z").await;
    assert_eq!((world.mails().len(), texts(&world).len()), (1, 0), "it rests, and no other channel is taken");
    world.hour("2026-03-03T13:00:00Z").await;
    assert_eq!(world.mails().len(), 2);
    let again = world.mails().pop().unwrap();
    assert_ne!(again.message_id, mail.message_id);
    hear(&world, "2026-03-03T13:01:00Z", &[bounced(&again, "Undetermined", "2026-03-03T13:01:00Z")]).await;
    world.hour("2026-03-04T12:00:00Z").await;
    assert_eq!(world.mails().len(), 2);
    world.hour("2026-03-04T14:00:00Z").await;
    let third = world.mails().pop().unwrap();
    hear(&world, "2026-03-04T14:01:00Z", &[bounced(&third, "Transient", "2026-03-04T14:01:00Z")]).await;
    assert_eq!(stopped(&world, "C1").await, [Some(StopReason::SoftBounces), None]);
    world.hour("2026-03-04T15:00:00Z").await;
    assert_eq!((world.mails().len(), texts(&world).len()), (3, 1), "the channel is dead, the next one takes over");
}

#[tokio::test]
async fn an_answering_machine_after_delivery_is_no_bounce() {
    for order in [[0, 1], [1, 0]] {
        let (world, mail) = written_to().await;
        let at = "2026-03-03T08:01:00Z";
        let said = [delivered(&mail, at), bounced(&mail, "Transient", at)];
        hear(&world, at, &order.map(|index| said[index].clone())).await;
        world.days("2026-03-03", "2026-03-06").await;
        assert_eq!((world.mails().len(), texts(&world).len()), (1, 0), "{order:?}");
        assert_eq!(world.debtor("C1").await.profile.contacts.iter().next().unwrap().rest, None, "{order:?}");
    }
}

#[tokio::test]
async fn a_complaint_stops_the_address_for_another_debtor_who_has_it_too() {
    let world = World::start().await;
    let shared = |debtor: &str, number: &str, due: &str| {
        json!({
            "debtor_ref": debtor, "email": if debtor == "C1" { "Ap@shared.example" } else { "ap@shared.example" },
            "invoice_number": number, "issue_date": "2026-03-01", "due_date": due, "currency": "EUR", "amount": "100.00",
        })
    };
    world.post_invoices(json!([shared("C1", "I1", "2026-03-02")])).await;
    world.hour(MORNING).await;
    let mail = world.mails().pop().unwrap();
    world.post_invoices(json!([shared("C2", "I2", "2026-03-02")])).await;
    world.scan_at("2026-03-03T09:00:00Z").await;
    world.project().await;
    let planned = world.take_queue();
    let at = "2026-03-03T09:01:00Z";
    hear(&world, at, &[complained(&mail, at)]).await;
    assert!(world.deliver(&planned).await.is_empty());
    world.days("2026-03-04", "2026-03-10").await;
    assert_eq!(world.mails().len(), 1, "what was planned before the complaint does not leave after it");
    assert_eq!(stopped(&world, "C2").await, [Some(StopReason::Complaint)]);
    assert_eq!(world.past("C2", "TASK").await.len(), 2);

    let page =
        world.call_api(call_to("GET /v1/suppressions", Some("demo"), &json!({}), &json!({ "limit": "1" }), "")).await;
    let listed = &page.1["suppressions"][0];
    assert_eq!((&listed["reason"], &listed["debtor_refs"]), (&json!("complaint"), &json!(["C1", "C2"])), "{listed}");
    let lift = json!({ "email": "ap@shared.example", "note": "they asked for it by phone" });
    let lifted = world.call_api(call("POST /v1/suppressions/lifts", Some("demo"), &lift)).await;
    assert_eq!(lifted.0, 200, "{}", lifted.1);
    assert_eq!((stopped(&world, "C1").await, stopped(&world, "C2").await), (vec![None], vec![None]));
    assert_eq!(world.call_api(call("POST /v1/suppressions/lifts", Some("demo"), &lift)).await.0, 404);
    world.days("2026-03-17", "2026-03-17").await;
    assert_eq!(world.mails().len(), 3, "both are written to again");
}

#[tokio::test]
async fn an_address_that_is_stopped_by_hand_is_not_written_to() {
    let world = World::start().await;
    world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
    let stop = json!({ "email": "c1@customers.example", "note": "moved away" });
    assert_eq!(world.call_api(call("POST /v1/suppressions", Some("demo"), &stop)).await.0, 201);
    world.days("2026-03-03", "2026-03-04").await;
    assert_eq!(world.mails().len(), 0);
    assert_eq!(stopped(&world, "C1").await, [Some(StopReason::Manual)]);
    for wrong in [
        json!({}),
        json!({ "email": "x", "note": "why" }),
        json!({ "email": "a@b.example" }),
        json!({ "phone": PHONE, "email": "a@b.example", "note": "why" }),
    ] {
        assert_eq!(world.call_api(call("POST /v1/suppressions", Some("demo"), &wrong)).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn stop_ends_texts_at_once_and_is_confirmed_once() {
    let world = texted().await;
    let at = "2026-03-03T08:02:00Z";
    hear(&world, at, &[replied(PHONE, "r1", "Stop please", at), replied(PHONE, "r1", "Stop please", at)]).await;
    hear(&world, at, &[replied(PHONE, "r2", "STOP", at)]).await;
    let sent = texts(&world);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_eq!(
        sent[1],
        (PHONE.to_owned(), "demo Ltd: you are unsubscribed and will get no more text messages.".to_owned())
    );
    world.days("2026-03-03", "2026-03-20").await;
    assert_eq!(texts(&world).len(), 2);
    assert_eq!(stopped(&world, "C1").await, [Some(StopReason::Stop)]);
    assert_eq!(world.past("C1", "REPLY").await.len(), 2, "what was said is kept");
    assert_eq!((world.told("reply.received"), world.told("contact.suppressed")), (2, 1));
}

#[tokio::test]
async fn a_refusal_that_is_heard_too_late_is_not_confirmed() {
    let world = texted().await;
    hear(
        &world,
        "2026-03-03T08:08:00Z",
        &[replied(PHONE, "r1", "pls leave me alone no more texts", "2026-03-03T08:02:00Z")],
    )
    .await;
    assert_eq!(texts(&world).len(), 1);
    assert_eq!(stopped(&world, "C1").await, [Some(StopReason::Refused)]);
}

#[tokio::test]
async fn a_stop_between_plan_and_dispatch_withholds_the_text() {
    let world = texted().await;
    world.scan_at("2026-03-09T08:00:00Z").await;
    world.project().await;
    let planned = world.take_queue();
    assert_eq!(planned.len(), 1);
    let at = "2026-03-09T08:00:30Z";
    hear(&world, at, &[replied(PHONE, "r1", "STOP", at)]).await;
    assert!(world.deliver(&planned).await.is_empty());
    assert_eq!(texts(&world).len(), 2, "the first reminder and the confirmation");
}

#[tokio::test]
async fn help_is_answered_and_other_words_are_kept() {
    let world = texted().await;
    let at = "2026-03-03T08:02:00Z";
    hear(
        &world,
        at,
        &[
            replied(PHONE, "r1", "HELP", at),
            replied(PHONE, "r2", "I stopped by the office", at),
            replied(PHONE, "r1", "HELP", at),
        ],
    )
    .await;
    let sent = texts(&world);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent[1].1.contains("demo Ltd, accounts@demo.example") && sent[1].1.contains("STOP"), "{sent:?}");
    assert_eq!(stopped(&world, "C1").await, [None]);
    let kept = world.past("C1", "REPLY").await;
    assert_eq!(kept.iter().map(|reply| text(reply, "means")).collect::<Vec<_>>(), ["help", "other"]);
}

#[tokio::test]
async fn an_unknown_send_is_settled_by_a_late_word_and_never_sent_again() {
    for silence in [SesAnswer::Lost, SesAnswer::TimedOut] {
        let world = World::start().await;
        world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
        // The mail as it would have been, for its tags.
        world.outside.answer(SesAnswer::Lost);
        world.hour(MORNING).await;
        world.outside.answer(silence);
        assert_eq!(world.messages("C1").await, [("reminder-1".to_owned(), "unknown".to_owned())]);
        let mail = world.mails().pop().unwrap();
        hear(&world, "2026-03-05T10:00:00Z", &[delivered(&mail, "2026-03-03T08:00:05Z")]).await;
        assert_eq!(world.messages("C1").await, [("reminder-1".to_owned(), "sent".to_owned())]);
        assert_eq!(text(&world.past("C1", "MESSAGE").await[1], "provider_id"), "ses-1");
        world.assert_audited().await;
        world.assert_replayed().await;
        assert_eq!((world.told("message.sent"), world.told("message.delivered")), (1, 1));
        world.outside.answer(SesAnswer::Taken);
        world.days("2026-03-05", "2026-03-08").await;
        assert_eq!(world.mails().len(), 1);
        world.assert_counted().await;
    }
}

#[tokio::test]
async fn a_word_that_overtakes_its_attempt_waits_for_it() {
    let (world, queue) = {
        let world = World::start().await;
        world.has([draft("C1", "I1").issued("2026-03-01").build()]).await;
        world.scan_at(MORNING).await;
        world.project().await;
        let queue = world.take_queue();
        (world, queue)
    };
    let mut polls = 1;
    while world.mails().is_empty() {
        // Killed right after SES took it, so that the attempt never says how it ended.
        crate::world::killed_after(polls, world.deliver(&queue)).await;
        polls += 1;
    }
    let said = [delivered(&world.mails()[0], "2026-03-03T08:00:01Z")];
    assert_eq!(world.feed(&said).await, said, "the attempt may still live");
    hear(&world, "2026-03-03T08:06:00Z", &said).await;
    assert!(world.deliver(&queue).await.is_empty());
    assert_eq!(world.messages("C1").await, [("reminder-1".to_owned(), "sent".to_owned())]);
    assert_eq!(world.mails().len(), 1);
}

#[tokio::test]
async fn strange_words_change_nothing_and_unreadable_ones_come_back() {
    let (world, mail) = written_to().await;
    let before = world.state().await;
    let stranger = SentMail { tags: std::collections::BTreeMap::new(), ..mail.clone() };
    let mut elsewhere = mail.clone();
    elsewhere.tags.insert("tenant".to_owned(), "nobody".to_owned());
    let at = "2026-03-03T08:01:00Z";
    let unknown_text = json!({ "source": "aws.sms-voice", "detail": { "eventType": "TEXT_INVALID", "eventTimestamp": 1, "messageId": "x" } });
    let not_spam = ses(&mail, ("Complaint", "complaint"), at, json!({ "complaintFeedbackType": "not-spam" }));
    let said =
        [bounced(&stranger, "Permanent", at), bounced(&elsewhere, "Permanent", at), unknown_text.to_string(), not_spam];
    hear(&world, at, &said).await;
    let broken = ["{}".to_owned(), json!({ "source": "aws.s3", "detail": {} }).to_string()];
    assert_eq!(world.feed(&broken).await, broken);
    assert_eq!(world.state().await, before);
    let store = world.table.store();
    assert!(store.suppressions(&tenant("demo"), 10, None).await.unwrap().suppressions.is_empty());
}
